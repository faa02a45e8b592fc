//! The floor: what Go itself takes for the same programs, without goabi.

use crate::measure::{Bench, Result, processors};
use goabi::c_compilers::CCompilers;
use goabi::chunks::{CASES_PER_PROGRAM, chunks};
use goabi::job::{Shared, program_of};
use goabi::plan::{self, PlannedToolchain, Request, expand};
use goabi_cases::cell::Build;
use goabi_runners::cancel::Cancel;
use goabi_runners::process::Limits;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

/// The programs that a run builds.
pub struct Plan {
    pub programs: Vec<Planned>,
    pub cases: usize,
    /// Cases times calls, once and not for each target and build.
    pub calls: usize,
    /// Lines of Go that were generated for them.
    pub lines: usize,
}

/// One program.
pub struct Planned {
    goarch: String,
    build: Build,
    files: BTreeMap<String, String>,
}

pub fn plan(b: &Bench, cases: &Path) -> Result<Plan> {
    plan_of(b, cases, &["amd64", "arm64"], &["opt", "noopt"])
}

/// The plan for targets (`host` is this machine's) and builds.
pub fn plan_of(b: &Bench, cases: &Path, targets: &[&str], builds: &[&str]) -> Result<Plan> {
    let targets: Vec<String> = targets.iter().map(|t| if *t == "host" { b.host() } else { t }.to_string()).collect();
    let chains: Vec<&str> = goabi_generators::call::chains().iter().map(|c| c.id()).collect();
    let profile = goabi_cases::profile::load("default", &goabi_generators::call::ids(), &chains)
        .map_err(|_| "the default profile")?;
    let request = Request {
        cases: vec![cases.to_path_buf()],
        expectations: vec![],
        selectors: vec![],
        targets: plan::targets(&targets)?,
        builds: Build::ALL.iter().copied().filter(|x| builds.contains(&x.id())).collect(),
        calls: goabi_generators::call::ids().into_iter().map(str::to_string).collect(),
        stress: vec![goabi_cases::stress::Stress::NONE],
        profile: Some(profile),
    };
    let (files, mistakes) = plan::load(&request.cases)?;
    if let Some(m) = mistakes.first() {
        return Err(m.one_line().into());
    }
    let toolchains = std::slice::from_ref(&b.toolchain);
    let planned = [PlannedToolchain { label: b.toolchain.label.clone(), version: b.toolchain.version }];
    let jobs = expand(&files, &request, &planned);
    let cancel = Cancel::new();
    let shared = Shared {
        files: &files,
        toolchains,
        cache: &b.provision.cache,
        cancel: &cancel,
        build_limits: Limits::BUILD,
        run_limits: Limits::RUN,
        watch_limits: Limits::WATCH,
        cases_per_program: CASES_PER_PROGRAM,
        fresh: true,
        repeat: goabi::job::REPEAT,
        c: &CCompilers::default(),
        observers: &Default::default(),
        wanted: None,
        progress: &|_, _| {},
    };
    let mut out = Plan { programs: vec![], cases: files.iter().map(|f| f.cases.len()).sum(), calls: 0, lines: 0 };
    for (n, job) in jobs.iter().enumerate() {
        for chunk in chunks(job, &shared) {
            let program = program_of(job, &shared, &chunk.iter().collect::<Vec<_>>());
            if n == 0 {
                out.calls += chunk.iter().map(|p| p.cells.len()).sum::<usize>();
                let ours = program.files.iter().filter(|(name, _)| name.as_str() != "rt/rt.go");
                out.lines += ours.map(|(_, text)| text.lines().count()).sum::<usize>();
            }
            let goarch = job.target.goarch.clone();
            out.programs.push(Planned { goarch, build: job.build, files: program.files });
        }
    }
    Ok(out)
}

/// Seconds that plain `go build` takes for all programs, as many at once as
/// goabi builds.
pub fn go_build(b: &Bench, plan: &Plan) -> Result<f64> {
    let gocache = b.provision.cache.gocache(&b.toolchain.fingerprint);
    let root = tempfile::tempdir_in(b.dir.path())?;
    for (n, p) in plan.programs.iter().enumerate() {
        for (name, text) in &p.files {
            let path = root.path().join(n.to_string()).join(name);
            std::fs::create_dir_all(path.parent().unwrap_or(root.path()))?;
            std::fs::write(path, text)?;
        }
    }
    let queue: Mutex<VecDeque<(usize, &Planned)>> = Mutex::new(plan.programs.iter().enumerate().collect());
    let failed = Mutex::new(Vec::new());
    let work = || {
        while let Some((n, p)) = queue.lock().ok().and_then(|mut q| q.pop_front()) {
            let done = b.go(&gocache, &p.goarch).and_then(|mut cmd| {
                cmd.arg("build").args(["-trimpath", "-buildvcs=false"]).args(p.build.go_flags());
                Ok(cmd.args(["-o", "program", "."]).current_dir(root.path().join(n.to_string())).output()?)
            });
            let problem = match done {
                Ok(o) if o.status.success() => continue,
                Ok(o) => String::from_utf8_lossy(&o.stderr).into_owned(),
                Err(e) => e.to_string(),
            };
            if let Ok(mut f) = failed.lock() {
                f.push(problem);
            }
        }
    };
    let start = Instant::now();
    std::thread::scope(|s| {
        for _ in 0..processors() {
            s.spawn(work);
        }
    });
    let wall = start.elapsed().as_secs_f64();
    match failed.into_inner().ok().and_then(|f| f.into_iter().next()) {
        Some(problem) => Err(problem.into()),
        None => Ok(wall),
    }
}
