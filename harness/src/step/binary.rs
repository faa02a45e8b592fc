//! A binary whose functions are stepped through, each in a process of its own.

use super::function::{Detail, judged};
use super::report::{FunctionReport, Report, SCHEMA_VERSION};
use goabi_cases::arch::Arch;
use goabi_runners::cancel::Cancel;
use goabi_runners::error::RunnerError;
use goabi_runners::gdbremote::DebugExec;
use goabi_runners::observe::step::{StepError, StepSpec, Stepped, step as observe};
use goabi_runners::observe::unwind::{Binary, BuildInfo, Func, FuncTable, UnwindError};
use goabi_runners::process::Limits;
use goabi_runners::provision::Provision;
use std::path::{Path, PathBuf};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub binary: &'a Path,
    /// As the function table has them.
    pub functions: &'a [String],
    /// `time` is that without progress.
    pub limits: Limits,
    /// Instructions executed in a function, at most.
    pub steps: u64,
}

/// Why nothing was stepped through.
#[derive(Debug, thiserror::Error)]
pub enum StepFailed {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{} is no Go binary that can be stepped through: {source}", path.display())]
    Binary { path: PathBuf, source: UnwindError },
    /// It is for another system, or loaded where it likes.
    #[error("{} cannot be stepped through: {why}", path.display())]
    Form { path: PathBuf, why: String },
    #[error("{} has no function {name}: it may be inlined wherever it is called, or be called nowhere", path.display())]
    NoFunction { path: PathBuf, name: String },
    /// The emulator or gdbserver lacks something.
    #[error("not observed: {0}")]
    NotObserved(String),
    #[error(transparent)]
    Runner(#[from] RunnerError),
}

/// Steps through the first activation of each function.
///
/// # Errors
///
/// A mistake of who asks, or what is needed and is not here. What the program
/// does is in the report.
pub fn step(wanted: &Wanted<'_>, provision: &Provision, cancel: &Cancel) -> Result<Report, StepFailed> {
    let path = wanted.binary.to_path_buf();
    let read = |source| StepFailed::Read { path: path.clone(), source };
    let bytes = std::fs::read(&path).map_err(read)?;
    let program = path.canonicalize().map_err(read)?;
    let not_go = |source| StepFailed::Binary { path: path.clone(), source };
    let binary = Binary::open(&bytes).map_err(not_go)?;
    let table = binary.functions().map_err(not_go)?;
    let arch = runnable(&binary).map_err(|why| StepFailed::Form { path: path.clone(), why })?;
    let mut funcs = Vec::new();
    for name in wanted.functions {
        let all = named(&table, name);
        if all.is_empty() {
            return Err(StepFailed::NoFunction { path, name: name.clone() });
        }
        funcs.extend(all);
    }
    let sections = binary.cfi().map_err(not_go)?;
    let cfi = sections.read();
    let exec = provision.debugger(&arch.goarch, &arch.emulator)?;
    let spec = StepSpec {
        program: &program,
        binary: &binary,
        cfi: &cfi,
        arch,
        exec: &exec,
        limits: wanted.limits,
        steps: wanted.steps,
    };
    let mut functions = Vec::new();
    for func in funcs {
        let seen = match observe(&spec, &func, cancel) {
            Ok(seen) => seen,
            Err(StepError::Unsupported(why)) => return Err(StepFailed::NotObserved(why)),
            Err(StepError::Program(why)) => return Err(StepFailed::Form { path, why }),
            Err(StepError::Unwind(source)) => return Err(not_go(source)),
            Err(StepError::Runner(e)) => return Err(e.into()),
        };
        functions.push(judged(&binary, &table, func, arch, &seen, Detail::All).map_err(not_go)?);
    }
    Ok(Report {
        schema_version: SCHEMA_VERSION,
        path: wanted.binary.display().to_string(),
        goarch: arch.goarch.clone(),
        go: binary.build_info().map(|b| b.version.to_string()),
        by: match &exec {
            DebugExec::Emulator { version, .. } => format!("qemu {version}"),
            DebugExec::Gdbserver { version, .. } => format!("gdbserver {version}"),
        },
        functions,
    })
}

/// Judges what was seen of a function of a generated program.
///
/// # Errors
///
/// If its tables cannot be read.
pub(crate) fn judged_in<'t>(
    binary: &Binary<'_>,
    table: &'t FuncTable<'t>,
    arch: &Arch,
    seen: &'t Stepped,
) -> Result<FunctionReport, UnwindError> {
    match table.find(seen.entry)? {
        Some(func) if func.entry() == seen.entry => judged(binary, table, func, arch, seen, Detail::IfWrong),
        Some(_) | None => Ok(FunctionReport::missing(seen)),
    }
}

/// The port of a binary that can be run here, and is loaded where it was linked.
fn runnable(binary: &Binary<'_>) -> Result<&'static Arch, String> {
    let goarch = binary.goarch().ok_or("it is for a port that Go has not")?;
    let arch = Arch::get(goarch).ok_or_else(|| format!("the port {goarch} is not known"))?;
    let goos = binary.build_info().and_then(|b| BuildInfo::setting(b, "GOOS")).unwrap_or("linux");
    if !binary.is_elf() || goos != "linux" {
        return Err("only programs for linux are run".to_string());
    }
    if binary.is_position_independent() {
        return Err("it is position independent; build it with -buildmode=exe".to_string());
    }
    Ok(arch)
}

/// The functions of that name: of one written in assembly also the wrapper.
fn named<'t>(table: &'t FuncTable<'_>, name: &str) -> Vec<Func<'t>> {
    let is = |f: &Func<'_>| f.name().is_ok_and(|n| n == name) && !f.pcsp().is_absent();
    table.functions().flatten().filter(is).collect()
}
