//! `goabi run`.

use super::{CommandError, Common, load, reports, request};
use crate::c_compilers::CCompilers;
use crate::cli::{Observe, Run};
use crate::job::{self, Shared};
use crate::plan::{PlannedToolchain, Request, expand};
use crate::progress::Progress;
use crate::setup::Execs;
use crate::witness::Observers;
use crate::{session, setup};
use goabi_cases::case::CaseFile;
use goabi_cases::expectation::Expectations;
use goabi_reports::coordinate::Coordinate;
use goabi_reports::record::Record;
use goabi_reports::render::summary;
use goabi_reports::store;
use goabi_runners::process::Limits;
use goabi_runners::provision::Provision;
use goabi_runners::toolchain::{Origin, Toolchain};
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::Path;
use std::time::{Duration, Instant};

/// Which toolchains a run uses.
pub(super) type Pick<'a> = &'a mut dyn FnMut(&mut Provision, &Request) -> Result<Vec<Toolchain>, CommandError>;

pub(super) fn run(common: &Common, args: &Run) -> Result<u8, CommandError> {
    let mut pick = |p: &mut Provision, r: &Request| Ok(setup::toolchains(p, &args.selection.go, &r.selectors)?);
    Ok(session::exit_code(&execute(common, args, &mut pick)?))
}

/// What a run is made of, once everything was read and found.
pub(super) struct Ready {
    pub request: Request,
    pub files: Vec<CaseFile>,
    pub expectations: Expectations,
    pub provision: Provision,
    pub execs: Execs,
    pub observers: Observers,
    pub c: CCompilers,
}

/// Opens the cache, and finds or brings what runs and watches programs.
pub(super) fn open(common: &Common, args: &Run) -> Result<Provision, CommandError> {
    let mut provision = setup::provision(common.cache.clone(), common.offline, &common.cancel)?;
    provision.ask.time = provision.ask.time.min(Duration::from_secs(args.build_timeout));
    Ok(provision)
}

/// Runs everything, writes the reports and prints the summary.
pub(super) fn execute(common: &Common, args: &Run, pick: Pick<'_>) -> Result<Record, CommandError> {
    let start = Instant::now();
    let request = request(&args.selection)?;
    let (files, expectations) = load(&request)?;
    let loaded = start.elapsed();
    reports::prepare(&args.out)?;
    let start = Instant::now();
    let mut provision = open(common, args)?;
    let toolchains = pick(&mut provision, &request)?;
    let execs = setup::execs(&provision, &request.targets)?;
    let observers = setup::observers(&provision, &execs, &Observe::ways(&args.observe))?;
    let c = CCompilers::find(&provision, &request.targets)?;
    let times = [("load", loaded), ("setup", start.elapsed())];
    let ready = Ready { request, files, expectations, provision, execs, observers, c };
    let record = judged(common, args, &ready, &toolchains, &times);
    let written = reports::write(&record, &args.out);
    let colour = if std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        summary::Colour::Ansi
    } else {
        summary::Colour::Never
    };
    print!("{}", summary::summary(&record, colour));
    match written {
        Ok(()) => println!("reports: {}", args.out.display()),
        // A finding outranks what went wrong beside it.
        Err(e) if session::exit_code(&record) == crate::exit::FINDINGS => e.print(),
        Err(e) => return Err(e),
    }
    Ok(record)
}

/// Runs and judges with these toolchains; says nothing but how far it is.
pub(super) fn judged(
    common: &Common,
    args: &Run,
    ready: &Ready,
    toolchains: &[Toolchain],
    times: &[(&str, Duration)],
) -> Record {
    let planned: Vec<PlannedToolchain> =
        toolchains.iter().map(|t| PlannedToolchain { label: t.label.clone(), version: t.version }).collect();
    let jobs = expand(&ready.files, &ready.request, &planned);
    let cells = jobs.iter().map(|j| j.cells.len()).sum();
    let progress = Progress::new(cells, args.quiet);
    if !args.quiet {
        let labels: Vec<_> = toolchains.iter().map(|t| t.label.as_str()).collect();
        progress.say(&format!("goabi: {cells} cells with {}", labels.join(", ")));
    }
    let mebi = |n: u64| n.saturating_mul(1 << 20);
    let shared = Shared {
        files: &ready.files,
        toolchains,
        cache: &ready.provision.cache,
        cancel: &common.cancel,
        build_limits: Limits { time: Duration::from_secs(args.build_timeout), ..Limits::BUILD },
        run_limits: Limits {
            time: Duration::from_secs(args.timeout),
            output: mebi(args.max_output),
            memory: mebi(args.max_memory),
        },
        watch_limits: Limits {
            time: Duration::from_secs(args.watch_timeout),
            output: mebi(args.max_output),
            memory: mebi(args.max_memory),
        },
        cases_per_program: args.cases_per_program,
        fresh: args.fresh,
        repeat: Duration::from_millis(args.repeat),
        c: &ready.c,
        observers: &ready.observers,
        wanted: None,
        progress: &|stage, n| progress.advance(stage, n),
    };
    let mut record = session::run(&jobs, &ready.execs, &ready.expectations, &shared, times);
    progress.finish();
    complete_reruns(&mut record, args, toolchains);
    record
}

/// Adds to each command that repeats a finding what it takes beside the cell:
/// the case files, how long calls are repeated, and toolchains that a label does not name well enough.
fn complete_reruns(record: &mut Record, args: &Run, toolchains: &[Toolchain]) {
    let quoted = |p: &Path| format!("'{}'", p.display().to_string().replace('\'', r"'\''"));
    let mut common = String::new();
    for c in &args.selection.cases {
        common += &format!(" --cases {}", quoted(c));
    }
    for e in &args.selection.expectations {
        common += &format!(" --expectations {}", quoted(e));
    }
    if Duration::from_millis(args.repeat) != job::REPEAT {
        common += &format!(" --repeat {}", args.repeat);
    }
    for f in &mut record.findings {
        f.finding.rerun += &common;
        let labels: BTreeSet<&str> = f.finding.cells.iter().map(|c| Coordinate::of(c).toolchain).collect();
        for t in toolchains.iter().filter(|t| t.origin == Origin::Goroot && labels.contains(t.label.as_str())) {
            f.finding.rerun += &format!(" --go {}", quoted(&t.goroot));
        }
        for t in toolchains.iter().filter(|t| t.origin == Origin::Tip && labels.contains(t.label.as_str())) {
            f.finding.rerun = format!("GOABI_TIP={} {}", quoted(&t.goroot), f.finding.rerun);
        }
    }
}

pub(super) fn write_text(path: &Path, text: &str) -> Result<(), CommandError> {
    store::write(path, text).map_err(|e| CommandError::Output(super::with_causes(&e)))
}
