//! A whole run: jobs on all processors, cells against each other, expectations,
//! and the record.

use crate::chunks::{Picked, chunks};
use crate::exhibits;
use crate::job::{JobResult, Shared, run_job};
use crate::peers;
use crate::permitted;
use crate::plan::{Job, PlannedCell};
use crate::reconcile::{Judged, reconcile};
use crate::setup::Execs;
use crate::stressable::refusal;
use goabi_cases::cell::Cell;
use goabi_cases::expectation::Expectations;
use goabi_cases::version::GoVersion;
use goabi_reports::environment::{Emulator, Host, Toolchain as ToolchainRecord};
use goabi_reports::outcome::{Outcome, Totals};
use goabi_reports::record::{CellRecord, Problem, ProblemKind, Record, SCHEMA_VERSION};
use goabi_runners::error::RunnerError;
use goabi_runners::host;
use goabi_runners::provision::Exec;
use goabi_runners::reuse::RunKey;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

/// Runs all jobs and makes the record. `stages` are the times of the stages
/// before: load, setup.
#[must_use]
pub fn run(
    jobs: &[Job],
    execs: &Execs,
    expectations: &Expectations,
    shared: &Shared,
    stages: &[(&str, Duration)],
) -> Record {
    let started = SystemTime::now();
    let wall = Instant::now();
    let mut problems = not_watched(shared, execs);
    let refused = refused(jobs, execs, shared, &mut problems);
    let without_c = without_c(jobs, execs, shared, &refused);
    let results = run_jobs(jobs, execs, shared, &refused);
    let mut cells = Vec::new();
    let mut timings: BTreeMap<String, f64> = stages.iter().map(|(k, v)| ((*k).to_string(), v.as_secs_f64())).collect();
    let mut known: HashMap<String, (&Cell, GoVersion)> = HashMap::new();
    for (j, job) in jobs.iter().enumerate() {
        let version = shared.toolchains[job.toolchain].version;
        let missing = execs.get(&job.target.goarch).and_then(|e| e.as_ref().err());
        if let Some(why) = missing {
            problems.push(Problem {
                kind: ProblemKind::Missing,
                toolchain: None,
                cell: None,
                message: format!("{}: {why}", job.target),
            });
        }
        for c in &job.cells {
            let skip = c.skip.clone().or_else(|| refused.get(&j).cloned());
            let reason = skip.or_else(|| missing.map(|why| why.lines().next().unwrap_or_default().to_string()));
            let reason = reason.or_else(|| without_c.get(&j).filter(|_| c.call.needs_c()).cloned());
            match reason {
                Some(reason) => cells.push(CellRecord {
                    cell: c.cell.to_string(),
                    outcome: Outcome::Skipped { reason },
                    oracles: BTreeMap::new(),
                    seconds: None,
                }),
                None => {
                    known.insert(c.cell.to_string(), (&c.cell, version));
                }
            }
        }
    }
    let reused = results.iter().map(|r| r.reused).sum();
    let stops = results.iter().map(|r| r.stops).sum();
    let runs: Vec<(Vec<RunKey>, Vec<String>)> =
        results.iter().map(|r| (r.runs.clone(), r.cells.iter().map(|c| c.cell.clone()).collect())).collect();
    let interrupted = shared.cancel.is_cancelled() || results.iter().any(|r| r.interrupted);
    let mut judged = Vec::new();
    let mut open = Vec::new();
    let mut exhibits = Vec::new();
    for r in results {
        problems.extend(r.problems);
        exhibits.extend(r.exhibits);
        for (stage, t) in r.timings {
            *timings.entry(stage.to_string()).or_default() += t.as_secs_f64();
        }
        for mut c in r.cells {
            open.append(&mut c.open);
            if let Some((cell, version)) = known.get(&c.cell) {
                judged.push(Judged { cell, version: *version, result: c });
            }
        }
    }
    let start = Instant::now();
    // What may differ, and how, is settled before cells are compared.
    let (open, mut peers) = permitted::sift(open, &expectations.permitted);
    peers.extend(peers::judge(&open));
    let (records, findings) = reconcile(judged, peers, expectations);
    forget_failed(&records, &runs);
    cells.extend(records);
    timings.insert("reconcile".into(), start.elapsed().as_secs_f64());
    let start = Instant::now();
    let shown = exhibits::collect(jobs, exhibits, &findings, shared, processors());
    problems.extend(shown.problems);
    timings.insert("exhibit".into(), start.elapsed().as_secs_f64());
    timings
        .insert("wall".into(), wall.elapsed().as_secs_f64() + stages.iter().map(|(_, t)| t.as_secs_f64()).sum::<f64>());
    let mut record = Record {
        schema_version: SCHEMA_VERSION,
        goabi_version: env!("CARGO_PKG_VERSION").into(),
        started: humantime::format_rfc3339_seconds(started).to_string(),
        finished: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        interrupted,
        reused,
        stops,
        command: std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect(),
        host: Host {
            os: host::goos().into(),
            goarch: host::goarch().unwrap_or("unknown").into(),
            cpus: u32::try_from(processors()).unwrap_or(1),
        },
        toolchains: toolchains(shared),
        emulators: emulators(execs),
        c_compilers: shared.c.used(),
        targets: targets(jobs),
        limits: limits(shared),
        totals: Totals::default(),
        problems,
        cells,
        findings,
        functions: shown.functions,
        sources: shown.sources,
        timings,
    };
    record.seal();
    record
}

/// What failed is run again next time, with all that shares its program.
fn forget_failed(records: &[CellRecord], runs: &[(Vec<RunKey>, Vec<String>)]) {
    let failed: BTreeSet<&str> = records.iter().filter(|c| c.outcome.fails()).map(|c| c.cell.as_str()).collect();
    let concerned = runs.iter().filter(|(_, cells)| cells.iter().any(|c| failed.contains(c.as_str())));
    concerned.flat_map(|(keys, _)| keys).for_each(RunKey::forget);
}

/// The ways of watching programs that were asked for and cannot be had.
fn not_watched(shared: &Shared, execs: &Execs) -> Vec<Problem> {
    let wanted = shared.observers.iter().filter(|(goarch, _)| execs.contains_key(*goarch));
    let all = wanted.flat_map(|(goarch, ways)| ways.iter().map(move |(how, exec)| (goarch, how, exec)));
    all.filter_map(|(goarch, how, exec)| {
        let why = exec.as_ref().err()?;
        let message = format!("linux-{goarch}, {how}: {why}");
        Some(Problem { kind: ProblemKind::NotWatched, toolchain: None, cell: None, message })
    })
    .collect()
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// By a job's index: why its stress cannot be had.
fn refused(jobs: &[Job], execs: &Execs, shared: &Shared, problems: &mut Vec<Problem>) -> BTreeMap<usize, String> {
    let mut out = BTreeMap::new();
    for (j, job) in jobs.iter().enumerate().filter(|(_, job)| !job.stress.is_none()) {
        let Some(Ok(exec)) = execs.get(&job.target.goarch) else { continue };
        if job.cells.iter().all(|c| c.skip.is_some()) {
            continue;
        }
        match refusal(job, exec, shared) {
            Ok(None) => {}
            Ok(Some(why)) => drop(out.insert(j, why)),
            // The jobs themselves will see it, too.
            Err(RunnerError::Cancelled) => break,
            Err(e) => problems.push(Problem {
                kind: ProblemKind::Harness,
                toolchain: shared.toolchains.get(job.toolchain).map(|t| t.label.clone()),
                cell: None,
                message: format!("{}{}: {e}", job.target, job.stress),
            }),
        }
    }
    out
}

/// By a job's index: why its cells that need a C compiler have none.
fn without_c(
    jobs: &[Job],
    execs: &Execs,
    shared: &Shared,
    refused: &BTreeMap<usize, String>,
) -> BTreeMap<usize, String> {
    let runs = |(j, job): &(usize, &Job)| {
        let needs = |c: &PlannedCell| c.call.needs_c() && c.skip.is_none() && shared.wants(c);
        let here = matches!(execs.get(&job.target.goarch), Some(Ok(_))) && !refused.contains_key(j);
        here && job.cells.iter().any(needs)
    };
    let jobs = jobs.iter().enumerate().filter(runs);
    let why = jobs.filter_map(|(j, job)| Some((j, shared.c.of(job, shared).err()?)));
    // What was interrupted says nothing about compilers.
    why.filter(|_| !shared.cancel.is_cancelled()).collect()
}

fn run_jobs(jobs: &[Job], execs: &Execs, shared: &Shared, refused: &BTreeMap<usize, String>) -> Vec<JobResult> {
    // Jobs take turns, so that the first programs of two jobs bring two
    // standard libraries into Go's cache side by side.
    let mut tasks: Vec<(usize, &Job, Vec<Picked>)> = Vec::new();
    let wanted = jobs.iter().enumerate().filter(|(j, _)| !refused.contains_key(j)).map(|(_, job)| job);
    for job in wanted.filter(|j| matches!(execs.get(&j.target.goarch), Some(Ok(_)))) {
        tasks.extend(chunks(job, shared).into_iter().enumerate().map(|(n, chunk)| (n, job, chunk)));
    }
    tasks.sort_by_key(|(n, _, _)| *n);
    let workers = processors().min(tasks.len());
    let queue = Mutex::new(VecDeque::from(tasks));
    let done = Mutex::new(Vec::new());
    let work = || {
        while !shared.cancel.is_cancelled() {
            let next = queue.lock().ok().and_then(|mut q| q.pop_front());
            let Some((_, job, chunk)) = next else { break };
            let Some(Ok(exec)) = execs.get(&job.target.goarch) else { continue };
            let result = run_job(job, exec, shared, &chunk);
            if let Ok(mut d) = done.lock() {
                d.push(result);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
    done.into_inner().unwrap_or_default()
}

fn toolchains(shared: &Shared) -> Vec<ToolchainRecord> {
    let word = |t: &goabi_runners::toolchain::Toolchain| match serde_json::to_value(t.origin) {
        Ok(serde_json::Value::String(s)) => s,
        _ => String::new(),
    };
    let list = shared.toolchains.iter().map(|t| ToolchainRecord {
        label: t.label.clone(),
        version: t.version_text.clone(),
        fingerprint: t.fingerprint.clone(),
        origin: word(t),
    });
    list.collect()
}

fn emulators(execs: &Execs) -> Vec<Emulator> {
    let emulator = |e: &Result<Exec, String>| match e {
        Ok(Exec::Emulated { goarch, path, version, options: _ }) => {
            Some(Emulator { goarch: goarch.clone(), path: path.display().to_string(), version: version.clone() })
        }
        Ok(Exec::Native) | Err(_) => None,
    };
    execs.values().filter_map(emulator).collect()
}

fn targets(jobs: &[Job]) -> Vec<String> {
    let mut out: Vec<String> = jobs.iter().map(|j| j.target.to_string()).collect();
    out.sort();
    out.dedup();
    out
}

fn limits(shared: &Shared) -> BTreeMap<String, u64> {
    BTreeMap::from([
        ("build_seconds".into(), shared.build_limits.time.as_secs()),
        ("run_seconds".into(), shared.run_limits.time.as_secs()),
        ("watch_seconds".into(), shared.watch_limits.time.as_secs()),
        ("output_bytes".into(), shared.run_limits.output),
        ("memory_bytes".into(), shared.run_limits.memory),
    ])
}

/// The exit code that a record stands for.
#[must_use]
pub fn exit_code(record: &Record) -> u8 {
    // A finding is worth more than what went wrong beside it; an expectation
    // that no longer holds is one.
    let findings = record.findings.iter().any(|f| f.outcome.fails());
    let broken = record.problems.iter().any(Problem::fails);
    if record.interrupted {
        crate::exit::INTERRUPTED
    } else if findings {
        crate::exit::FINDINGS
    } else if broken {
        crate::exit::BROKEN
    } else if record.totals.judged() == 0 {
        crate::exit::NOTHING
    } else if record.totals.failing() > 0 {
        crate::exit::FINDINGS
    } else {
        crate::exit::OK
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
pub(crate) mod tests;
