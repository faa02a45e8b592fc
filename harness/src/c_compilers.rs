//! Which C compiler builds the programs that need one. What is found on a
//! machine need not link static programs, so the first whose trial can be built
//! is used, and its cells are skipped with the reason where none can.

use crate::job::{Shared, port};
use crate::plan::Job;
use goabi_cases::arch::Arch;
use goabi_cases::cell::{Build, Target};
use goabi_cases::stress::Stress;
use goabi_generators::program::trial_of_c;
use goabi_reports::environment::CCompiler as CCompilerRecord;
use goabi_runners::build::{BuildSpec, Built, Sources, build};
use goabi_runners::c_compiler::{CCompiler, CTarget};
use goabi_runners::error::RunnerError;
use goabi_runners::host;
use goabi_runners::provision::Provision;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What programs with C get in their environment: the runtime's check of
/// pointers would reject what the values under test are made of. They stay
/// alive while C has them, and nothing of Go's moves but stacks.
pub(crate) const ENVIRONMENT: (&str, &str) = ("GODEBUG", "cgocheck=0");

/// The C compilers of a run.
#[derive(Default)]
pub struct CCompilers {
    /// By GOARCH, the best first.
    found: BTreeMap<String, Vec<CCompiler>>,
    /// By toolchain and GOARCH: which one does it, or why none does.
    tried: Mutex<BTreeMap<(usize, String), Result<CCompiler, String>>>,
}

/// What C compilers call an architecture.
#[must_use]
pub fn names(arch: &Arch) -> CTarget<'_> {
    CTarget { goarch: &arch.goarch, gnu: arch.c_compiler.gnu.as_deref(), zig: arch.c_compiler.zig.as_deref() }
}

/// What to do about a C compiler that is missing.
#[must_use]
pub fn remedy(goarch: &str) -> String {
    let names = Arch::get(goarch).map(|a| &a.c_compiler);
    let gnu = names.and_then(|n| n.gnu.as_ref()).map(|g| g.replace('_', "-"));
    let setup = names.is_some_and(|n| n.zig.is_some());
    let package =
        if host::goarch() == Some(goarch) { Some("gcc".to_string()) } else { gnu.map(|g| format!("gcc-{g}")) };
    let setup = setup.then(|| format!("`goabi setup --cgo --target {goarch}` brings one"));
    let package = package.map(|p| format!("install a package such as {p}"));
    match (setup, package) {
        (Some(setup), Some(package)) => format!("{setup}, or {package}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "none is known".to_string(),
    }
}

impl CCompilers {
    /// Those that are here, for these targets.
    ///
    /// # Errors
    /// Only an interruption.
    pub fn find(p: &Provision, targets: &[Target]) -> Result<CCompilers, RunnerError> {
        let mut out = CCompilers::default();
        for arch in targets.iter().filter_map(|t| Arch::get(&t.goarch)) {
            out.found.insert(arch.goarch.clone(), p.c_compilers(&names(arch))?);
        }
        Ok(out)
    }

    /// The compiler for a job's programs; or why there is none. Tried once for
    /// each toolchain and target.
    ///
    /// # Errors
    /// The reason.
    pub(crate) fn of(&self, job: &Job, s: &Shared) -> Result<CCompiler, String> {
        let key = (job.toolchain, job.target.goarch.clone());
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = tried.get(&key) {
            return known.clone();
        }
        let answer = self.choose(job, s);
        if !s.cancel.is_cancelled() {
            tried.insert(key, answer.clone());
        }
        answer
    }

    fn choose(&self, job: &Job, s: &Shared) -> Result<CCompiler, String> {
        let goarch = &job.target.goarch;
        let found = self.found.get(goarch).map(Vec::as_slice).unwrap_or_default();
        let mut refused = Vec::new();
        for c in found {
            match trial(job, s, c) {
                Ok(()) => return Ok(c.clone()),
                Err(why) => refused.push(format!("{} does not: {why}", c.version)),
            }
        }
        Err(match refused.as_slice() {
            [] => format!("no C compiler for {}: {}", job.target, remedy(goarch)),
            all => format!(
                "no C compiler here builds static programs for {}: {}; {}",
                job.target,
                all.join("; "),
                remedy(goarch)
            ),
        })
    }

    /// Those that were found to do it.
    pub(crate) fn used(&self) -> Vec<CCompilerRecord> {
        let tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out: Vec<CCompilerRecord> = tried
            .values()
            .flatten()
            .map(|c| CCompilerRecord { goarch: c.goarch.clone(), command: c.command(), version: c.version.clone() })
            .collect();
        out.sort();
        out.dedup();
        out
    }
}

/// Builds a program that calls C, and is called by it.
fn trial(job: &Job, s: &Shared, c: &CCompiler) -> Result<(), String> {
    let sources = Sources { files: trial_of_c(port(&job.without_stress())).files };
    let spec = BuildSpec {
        toolchain: &s.toolchains[job.toolchain],
        target: &job.target,
        build: Build::Opt,
        stress: Stress::NONE,
        sources: &sources,
        extra_env: &[],
        c: Some(c),
        limits: s.build_limits,
    };
    let said = match build(s.cache, &spec, s.cancel) {
        Ok(Built::Artifact(_)) => return Ok(()),
        Ok(Built::Rejected { output, .. }) => output,
        Err(RunnerError::GoTool { output, .. }) => output,
        Err(e) => e.to_string(),
    };
    // The last line of a linker is its summary; the go command's begin with a hash.
    let telling = |l: &&str| !l.is_empty() && !l.starts_with('#');
    Err(said.lines().map(str::trim).find(telling).unwrap_or("it says nothing").to_string())
}
