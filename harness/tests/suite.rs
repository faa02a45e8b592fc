//! The suite, case by case: one trial a cell, named by it. `GOARCH` (a list)
//! narrows the targets, `GOABI_GO` chooses the toolchain. Everything that is
//! not filtered out is built and run once, when the first trial asks for it;
//! programs hold all cells of a toolchain, target and build, so that a runner
//! that starts a process for each trial finds them in the cache.

use goabi::c_compilers::CCompilers;
use goabi::job::Shared;
use goabi::plan::{self, Job, PlannedToolchain, Request, expand};
use goabi::witness::{How, Observers};
use goabi::{oracles, session, setup};
use goabi_cases::cell::Build;
use goabi_cases::expectation;
use goabi_reports::outcome::Outcome;
use goabi_reports::record::Record;
use goabi_runners::cancel::Cancel;
use goabi_runners::process::Limits;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn request() -> Result<Request> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases");
    let arches: Vec<String> = std::env::var("GOARCH")
        .unwrap_or_default()
        .split([',', ' '])
        .filter(|w| !w.is_empty())
        .map(str::to_string)
        .collect();
    let arches = if arches.is_empty() { vec!["amd64,arm64".to_string()] } else { arches };
    let chains: Vec<&str> = goabi_generators::call::chains().iter().map(|c| c.id()).collect();
    let profile = goabi_cases::profile::load("default", &goabi_generators::call::ids(), &chains);
    let profile = profile.map_err(|l| l.iter().map(|m| m.one_line()).collect::<Vec<_>>().join("\n"))?;
    Ok(Request {
        cases: vec![cases.join("suite")],
        expectations: vec![cases.join("expectations")],
        selectors: vec![],
        targets: plan::targets(&arches)?,
        builds: Build::DEFAULT.to_vec(),
        calls: goabi_generators::call::ids().into_iter().map(str::to_string).collect(),
        stress: vec![goabi_cases::stress::Stress::NONE],
        profile: Some(profile),
    })
}

/// Everything that a run needs, kept for the whole process.
struct World {
    files: Vec<goabi_cases::case::CaseFile>,
    expectations: expectation::Expectations,
    provision: goabi_runners::provision::Provision,
    toolchains: Vec<goabi_runners::toolchain::Toolchain>,
    execs: setup::Execs,
    observers: Observers,
    c: CCompilers,
    jobs: Vec<Job>,
    cancel: Cancel,
}

fn world() -> Result<World> {
    let request = request()?;
    let (files, mut mistakes) = plan::load(&request.cases)?;
    let (expectations, more) = expectation::load(
        &plan::yaml_files(&request.expectations)?,
        &files,
        &oracles::ids(),
        &goabi_generators::call::ids(),
    );
    mistakes.extend(more);
    if !mistakes.is_empty() {
        return Err(mistakes.iter().map(|m| m.one_line()).collect::<Vec<_>>().join("\n").into());
    }
    let cancel = Cancel::new();
    let provision = setup::provision(None, std::env::var_os("GOABI_OFFLINE").is_some(), &cancel)?;
    let toolchains = setup::toolchains(&provision, &[], &[])?;
    let execs = setup::execs(&provision, &request.targets)?;
    let observers = setup::observers(&provision, &execs, &[How::Native, How::Emulated])?;
    // Where all is to be there, nothing is skipped.
    for (goarch, ways) in observers.iter().filter(|_| std::env::var_os("CI").is_some()) {
        if let Some((how, Err(why))) = ways.iter().find(|(_, exec)| exec.is_err()) {
            return Err(format!("{goarch} programs cannot be watched {how}: {why}").into());
        }
    }
    let c = CCompilers::find(&provision, &request.targets)?;
    let planned: Vec<_> =
        toolchains.iter().map(|t| PlannedToolchain { label: t.label.clone(), version: t.version }).collect();
    let jobs = expand(&files, &request, &planned);
    Ok(World { files, expectations, provision, toolchains, execs, observers, c, jobs, cancel })
}

fn run(w: &World, wanted: &BTreeSet<String>) -> Record {
    let shared = Shared {
        files: &w.files,
        toolchains: &w.toolchains,
        cache: &w.provision.cache,
        cancel: &w.cancel,
        build_limits: Limits::BUILD,
        run_limits: Limits::RUN,
        watch_limits: Limits::WATCH,
        cases_per_program: goabi::chunks::CASES_PER_PROGRAM,
        c: &w.c,
        observers: &w.observers,
        fresh: std::env::var_os("GOABI_FRESH").is_some(),
        repeat: goabi::job::REPEAT,
        wanted: Some(wanted),
        progress: &|_, _| {},
    };
    session::run(&w.jobs, &w.execs, &w.expectations, &shared, &[])
}

/// The outcome of one cell; for a failure all that is known of it.
fn outcome(record: &Record, cell: &str) -> std::result::Result<Completion, Failed> {
    // Sealed records are sorted by cell.
    let found = record.cells.binary_search_by(|c| c.cell.as_str().cmp(cell)).map(|i| &record.cells[i]);
    let Ok(found) = found else { return Err(format!("nothing is known of {cell}: {:?}", record.problems).into()) };
    match &found.outcome {
        Outcome::Pass | Outcome::Permitted { .. } | Outcome::Known { .. } => Ok(Completion::Completed),
        Outcome::Skipped { reason } => Ok(Completion::ignored_with(reason)),
        Outcome::Fail | Outcome::Fixed { .. } | Outcome::Flaky => {
            let mut text = String::new();
            for f in record.findings.iter().filter(|f| f.outcome.fails() && f.finding.cells.iter().any(|c| c == cell)) {
                let f = &f.finding;
                text += &format!("{} {}\n  want {}\n  got  {}\n", f.oracle, f.path, f.expected, f.actual);
                f.evidence.iter().for_each(|e| text += &format!("  {e}\n"));
                text += &format!("  rerun: {}\n", f.rerun);
            }
            for (oracle, why) in found.unobserved() {
                text += &format!("{oracle}: not observed: {why}\n");
            }
            Err(text.into())
        }
    }
}

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let world = match world() {
        Ok(w) => Arc::new(w),
        Err(e) => {
            eprintln!("the suite cannot run: {e}");
            return ExitCode::FAILURE;
        }
    };
    type State = (OnceLock<BTreeSet<String>>, OnceLock<Record>);
    let state: Arc<State> = Arc::default();
    let trial = |cell: String| {
        let (world, state) = (Arc::clone(&world), Arc::clone(&state));
        Trial::ignorable_test(cell.clone(), move || {
            let none = BTreeSet::new();
            let record = state.1.get_or_init(|| run(&world, state.0.get().unwrap_or(&none)));
            outcome(record, &cell)
        })
    };
    let trials: Vec<Trial> = world.jobs.iter().flat_map(|j| &j.cells).map(|c| trial(c.cell.to_string())).collect();
    let wanted = trials.iter().filter(|t| !args.is_filtered_out(t)).map(|t| t.name().to_string()).collect();
    // Set before any trial runs, and nowhere else.
    let _ = state.0.set(wanted);
    libtest_mimic::run(&args, trials).exit_code()
}
