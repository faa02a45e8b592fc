//! Generate, build, run, observe, judge: one toolchain, target and build at a
//! time. A case that does not compile, or breaks the compiler, is found and
//! left out, so that it costs no other case its result.

use crate::abi_check::abi_facts;
use crate::c_compilers::{CCompilers, ENVIRONMENT};
use crate::chunks::Picked;
use crate::exhibits::{self, Exhibit, Inside, Picks, Seen};
use crate::judge::{emulator_died, end_words, judge, vector_seen};
use crate::oracles::{Subject, VectorSeen};
use crate::peers::Open;
use crate::plan::{Job, PlannedCell};
use crate::unbuilt::{broken, empty_builds, no_c, not_built, unjudged};
use crate::unwinding;
use crate::witness::{Machine, Observers, View, watch};
use goabi_cases::case::{CaseFile, Expected};
use goabi_generators::call::Port;
use goabi_generators::program::{Program, Selected, Unit, UnitKind, generate};
use goabi_reports::record::{OracleSummary, Problem, ProblemKind};
use goabi_reports::verdict::Finding;
use goabi_runners::abi_files::AbiFiles;
use goabi_runners::build::{Artifact, BuildSpec, Built, Sources, build};
use goabi_runners::c_compiler::CCompiler;
use goabi_runners::cache::CacheDirs;
use goabi_runners::cancel::Cancel;
use goabi_runners::error::RunnerError;
use goabi_runners::observe::records::{self, Fact};
use goabi_runners::observe::variable::byte_variable;
use goabi_runners::process::Limits;
use goabi_runners::provision::Exec;
use goabi_runners::reuse::RunKey;
use goabi_runners::run::{RunFacts, RunSpec, UnitFacts, run_program};
use goabi_runners::toolchain::Toolchain;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// The word under which a build that fails is found and expected.
pub const BUILD: &str = "build";

/// How long a call is repeated under `preempt` where nobody says otherwise: a
/// chance at little cost, since a run has thousands of calls.
pub const REPEAT: Duration = Duration::from_millis(20);

/// What all jobs share.
pub struct Shared<'a> {
    pub files: &'a [CaseFile],
    pub toolchains: &'a [Toolchain],
    pub cache: &'a CacheDirs,
    pub cancel: &'a Cancel,
    pub build_limits: Limits,
    pub run_limits: Limits,
    /// For a program under a debugger; its time is that of one unit.
    pub watch_limits: Limits,
    /// How many cases share a program, at most.
    pub cases_per_program: usize,
    /// Whether programs run again that already ran, and did nothing that failed.
    pub fresh: bool,
    /// How long each call is repeated where its goroutine is preempted all the time.
    pub repeat: Duration,
    /// What builds programs with C.
    pub c: &'a CCompilers,
    /// How programs are watched, by GOARCH; empty for not at all.
    pub observers: &'a Observers,
    /// The cells to run and judge; `None` for all. Programs are built for all
    /// cells of a job alike, so that any choice finds them in the cache.
    pub wanted: Option<&'a BTreeSet<String>>,
    /// Called after each stage with the number of cells it finished.
    pub progress: &'a (dyn Fn(&str, usize) + Sync),
}

/// What became of one cell.
pub struct CellResult {
    pub cell: String,
    pub oracles: BTreeMap<String, OracleSummary>,
    pub findings: Vec<Finding>,
    /// Why something should have been seen and was not.
    pub unobserved: Vec<String>,
    pub open: Vec<Open>,
    /// Whether the machine was seen to stand in the function under test.
    pub watched: bool,
}

/// What became of a program's cells.
#[derive(Default)]
pub struct JobResult {
    pub cells: Vec<CellResult>,
    pub problems: Vec<Problem>,
    /// The functions under test that it built.
    pub exhibits: Vec<Exhibit>,
    pub timings: BTreeMap<&'static str, Duration>,
    /// Whether it was interrupted before its end.
    pub interrupted: bool,
    /// Where what the programs did is kept.
    pub runs: Vec<RunKey>,
    /// How many cells were judged by what a program did in an earlier run.
    pub reused: u64,
    /// How often programs were stopped to read registers and memory.
    pub stops: u64,
}

impl Shared<'_> {
    pub(crate) fn wants(&self, cell: &PlannedCell) -> bool {
        self.wanted.is_none_or(|w| w.contains(&cell.cell.to_string()))
    }
}

/// Takes one program's cases to their end, or until it is cancelled.
#[must_use]
pub fn run_job(job: &Job, exec: &Exec, s: &Shared, chunk: &[Picked]) -> JobResult {
    let mut out = JobResult::default();
    match run_group(job, exec, s, chunk.iter().collect(), &mut out) {
        Ok(()) => {}
        Err(RunnerError::Cancelled) => out.interrupted = true,
        Err(e) => broken(job, s, chunk, &e, &mut out),
    }
    out
}

pub(crate) fn timed<T>(out: &mut JobResult, stage: &'static str, f: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = f();
    *out.timings.entry(stage).or_default() += start.elapsed();
    value
}

/// How a job's programs are built.
pub(crate) fn build_spec<'a>(
    job: &'a Job,
    s: &Shared<'a>,
    sources: &'a Sources,
    c: Option<&'a CCompiler>,
) -> BuildSpec<'a> {
    BuildSpec {
        toolchain: &s.toolchains[job.toolchain],
        target: &job.target,
        build: job.build,
        stress: job.stress,
        sources,
        extra_env: &[],
        c,
        limits: s.build_limits,
    }
}

/// What a job's programs are generated for.
pub(crate) fn port(job: &Job) -> Port {
    let takes = job.stress.words().any(|w| w.program.contains(&"gc"));
    let profiled = job.stress.words().any(|w| w.profiled);
    Port { arch: job.arch, version: job.version, takes, profiled }
}

/// The program of some of a job's cases.
#[must_use]
pub fn program_of(job: &Job, s: &Shared, group: &[&Picked]) -> Program {
    let selection: Vec<Selected> = group
        .iter()
        .map(|p| Selected {
            file: &s.files[p.case.0],
            case: &s.files[p.case.0].cases[p.case.1],
            calls: p.cells.iter().map(|i| job.cells[*i].call).collect(),
        })
        .collect();
    generate(&selection, port(job))
}

/// Builds a group of cases, leaving out those that do not build, and runs and
/// judges the rest. A group that breaks the compiler without saying where is
/// halved until the culprit stands alone.
fn run_group(
    job: &Job,
    exec: &Exec,
    s: &Shared,
    mut group: Vec<&Picked>,
    out: &mut JobResult,
) -> Result<(), RunnerError> {
    while !group.is_empty() {
        let program = timed(out, "generate", || program_of(job, s, &group));
        let sources = Sources { files: program.files.clone() };
        let c = program.needs_c.then(|| s.c.of(job, s)).transpose().map_err(no_c)?;
        let spec = build_spec(job, s, &sources, c.as_ref());
        match timed(out, "build", || build(s.cache, &spec, s.cancel)) {
            Ok(Built::Artifact(artifact)) => {
                (s.progress)("built", 0);
                return run_built(job, exec, s, &group, &program, &artifact, out);
            }
            Ok(Built::Rejected { diagnostics, output }) => {
                let mut bad: BTreeMap<usize, Vec<String>> = BTreeMap::new();
                for d in &diagnostics {
                    let text = format!("{}:{}:{}: {}", d.file, d.line, d.column, d.message);
                    for owner in owners(&program, &d.file) {
                        bad.entry(owner).or_default().push(text.clone());
                    }
                }
                // A Go that rejects a program without any case, too, has no say about cases.
                if (bad.is_empty() || bad.len() == group.len()) && !empty_builds(job, s)? {
                    let (command, how) = ("go build".into(), "rejects every program, even one without cases".into());
                    return Err(RunnerError::GoTool { command, how, packages: vec![], output });
                }
                if bad.is_empty() {
                    return split(job, exec, s, group, &output, out, None);
                }
                let mut rest = Vec::new();
                for (i, p) in group.into_iter().enumerate() {
                    match bad.get(&i) {
                        Some(lines) => not_built(job, s, p, lines, out),
                        None => rest.push(p),
                    }
                }
                group = rest;
            }
            Err(e @ (RunnerError::GoTool { .. } | RunnerError::GoStopped { .. })) => {
                // A Go that builds nothing is not to be asked for each case, up to its limit each time.
                if !empty_builds(job, s)? {
                    return Err(e);
                }
                let text = e.to_string();
                return split(job, exec, s, group, &text, out, Some(e));
            }
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Which cases a generated file belongs to: those of its package, where it is
/// the package's common one.
pub(crate) fn owners(program: &Program, file: &str) -> Vec<usize> {
    let file = file.trim_start_matches("./");
    if let Some(i) = program.owners.get(file) {
        return vec![*i];
    }
    let Some((folder, _)) = file.rsplit_once('/') else { return vec![] };
    program
        .owners
        .iter()
        .filter(|(f, _)| f.rsplit_once('/').is_some_and(|(d, _)| d == folder))
        .map(|(_, i)| *i)
        .collect()
}

fn split(
    job: &Job,
    exec: &Exec,
    s: &Shared,
    group: Vec<&Picked>,
    output: &str,
    out: &mut JobResult,
    error: Option<RunnerError>,
) -> Result<(), RunnerError> {
    if let [one] = group.as_slice() {
        // Does a program without any case build? If not, no case is at fault.
        let lines: Vec<String> = output.lines().take(20).map(str::to_string).collect();
        if let (Some(e), false) = (error, empty_builds(job, s)?) {
            return Err(e);
        }
        not_built(job, s, one, &lines, out);
        return Ok(());
    }
    let half = group.len() / 2;
    let (a, b) = (group[..half].to_vec(), group[half..].to_vec());
    run_group(job, exec, s, a, out)?;
    run_group(job, exec, s, b, out)
}

/// The program and the cases that it was made of.
pub(crate) fn inside<'a>(
    job: &'a Job,
    s: &Shared<'a>,
    group: &[&Picked],
    program: &'a Program,
    artifact: &'a Artifact,
) -> Inside<'a> {
    let picks = |p: &&Picked| Picks {
        case: &s.files[p.case.0].cases[p.case.1],
        at: p.case,
        calls: p.cells.iter().map(|c| job.cells[*c].call.id()).collect(),
        wanted: p.cells.iter().filter(|c| s.wants(&job.cells[**c])).map(|c| job.cells[*c].call.id()).collect(),
    };
    let picks = group.iter().map(picks).collect();
    Inside { job, toolchain: &s.toolchains[job.toolchain], program, artifact, picks }
}

/// Where package rt finds the variable by which reflect collects garbage around its
/// calls (`callGC`, which its own tests set): no linkname reaches it since Go 1.23.
/// Without it, as in a program that makes no such call, reflect does not.
fn collecting_reflect(artifact: &Artifact) -> Option<(String, String)> {
    let program = std::fs::read(&artifact.path).ok()?;
    let at = byte_variable(&program, "reflect.callGC")?;
    Some(("GOABI_REFLECT_GC".into(), format!("{at:x}")))
}

fn run_built(
    job: &Job,
    exec: &Exec,
    s: &Shared,
    group: &[&Picked],
    program: &Program,
    artifact: &Artifact,
    out: &mut JobResult,
) -> Result<(), RunnerError> {
    let units = u32::try_from(program.units.len()).unwrap_or(u32::MAX);
    let isolated: BTreeSet<u32> = (0..units).zip(&program.units).filter(|(_, u)| u.isolated).map(|(i, _)| i).collect();
    let only = s.wanted.map(|_| wanted_units(job, s, group, program));
    if only.as_ref().is_some_and(BTreeSet::is_empty) {
        return Ok(());
    }
    let only = only.filter(|o| o.len() < program.units.len());
    let mut env = job.stress.run_env();
    if job.stress.words().any(|w| w.program.contains(&"preempt")) {
        env.push(("GOABI_REPEAT".into(), s.repeat.as_millis().to_string()));
    }
    if job.stress.words().any(|w| w.program.contains(&"gc")) {
        env.extend(collecting_reflect(artifact));
    }
    if program.needs_c {
        env.push((ENVIRONMENT.0.into(), ENVIRONMENT.1.into()));
    }
    let exec = &exec.with_options(&job.stress.emulator());
    let spec = RunSpec {
        artifact,
        exec,
        program: &program.id,
        units,
        isolated: &isolated,
        only: only.as_ref(),
        limits: s.run_limits,
        env: &env,
    };
    let (facts, reused) = ran(s, &spec, out)?;
    (s.progress)("run", 0);
    let before = out.cells.len();
    // Nor with C: there the functions are those of cells without it.
    let plain = job.stress.is_none() && !program.needs_c;
    let seen = timed(out, "observe", || match plain {
        true => exhibits::read(artifact, program, job.arch),
        false => Seen { dwarf: Fact::NotRequested, code: Fact::NotRequested },
    });
    let inside = inside(job, s, group, program, artifact);
    let files = AbiFiles::of(&s.toolchains[job.toolchain]);
    let version = s.toolchains[job.toolchain].version;
    let abi = abi_facts(job.arch, version, job.build, &files.facts(&job.target.goarch, job.build));
    // Under stress only what programs do is looked at.
    let (mut watched, mut unwinding) = (Vec::new(), BTreeMap::new());
    if plain {
        watched = watch(s, &inside, &seen.dwarf, &facts, only.as_ref(), out)?;
        unwinding = unwinding::read(s, &inside, out)?;
        let (exhibits, problems) = timed(out, "observe", || exhibits::describe(&inside, &seen));
        out.exhibits.extend(exhibits);
        out.problems.extend(problems);
    }
    let by_number: BTreeMap<u32, &UnitFacts> = facts.units.iter().map(|u| (u.unit, u)).collect();
    let numbered: Vec<(&Unit, Option<&UnitFacts>)> =
        (0..units).zip(&program.units).map(|(i, u)| (u, by_number.get(&i).copied())).collect();
    let start = Instant::now();
    for (i, p) in group.iter().enumerate() {
        if s.cancel.is_cancelled() {
            return Err(RunnerError::Cancelled);
        }
        let file = &s.files[p.case.0];
        let case = &file.cases[p.case.1];
        let expected = case
            .vectors
            .iter()
            .map(|v| case.expected(&file.scope, v, u32::try_from(job.arch.word_size).unwrap_or(8)))
            .collect::<Result<Vec<Expected>, _>>();
        let mine: Vec<_> = numbered.iter().filter(|(u, _)| u.case == i).collect();
        let types = match mine.iter().find(|(u, _)| u.kind == UnitKind::Types) {
            Some((_, Some(f))) if f.complete => records::types(&f.records).map_or_else(Fact::Unavailable, Fact::Seen),
            Some((_, Some(f))) => Fact::Unavailable(format!("the types were not reported: {}", end_words(&f.end))),
            _ => Fact::NotRequested,
        };
        for c in p.cells.iter().filter(|c| s.wants(&job.cells[**c])) {
            let planned = &job.cells[*c];
            let expected = match &expected {
                Ok(e) => e,
                Err(bad) => {
                    out.cells.push(unjudged(planned, bad.error.message.clone()));
                    continue;
                }
            };
            let vectors: Vec<VectorSeen> = expected
                .iter()
                .enumerate()
                .map(|(n, e)| {
                    let kind = UnitKind::Call { call: planned.call.id(), vector: n };
                    let unit = mine.iter().find(|(u, _)| u.kind == kind);
                    let site = unit.map(|(u, _)| u.site.clone()).unwrap_or_default();
                    vector_seen(e.clone(), site, unit.and_then(|(_, f)| *f))
                })
                .collect();
            if let Some(line) = vectors.iter().find_map(|v| emulator_died(&v.end)) {
                let cell = planned.cell.to_string();
                let kind = ProblemKind::EmulatorDied;
                let toolchain = Some(s.toolchains[job.toolchain].label.clone());
                out.problems.push(Problem { kind, toolchain, cell: Some(cell), message: line.to_string() });
                out.cells.push(unjudged(planned, format!("{}: {line}", kind.words())));
                (s.progress)("judged", 1);
                continue;
            }
            let at_rest = case
                .vectors
                .iter()
                .map(|v| case.expected_at_rest(&file.scope, v, u32::try_from(job.arch.word_size).unwrap_or(8)))
                .collect::<Result<Vec<Expected>, _>>();
            let unit = |vector: usize| {
                let kind = UnitKind::Call { call: planned.call.id(), vector };
                let found = program.units.iter().position(|u| u.case == i && u.kind == kind)?;
                u32::try_from(found).ok()
            };
            // What has a value at all has one at rest.
            let machine = at_rest.ok().filter(|_| !watched.is_empty()).map(|expected| Machine {
                repeats: (0..expected.len()).map(|vector| case.repeats(vector)).collect(),
                views: watched
                    .iter()
                    .map(|(how, program)| View::of(*how, program, (0..expected.len()).map(unit).collect()))
                    .collect(),
                expected,
            });
            let functions: Vec<_> =
                program.functions.iter().filter(|f| f.case == i && f.calls.contains(&planned.call.id())).collect();
            let subject = Subject {
                cell: &planned.cell,
                file,
                case,
                arch: job.arch,
                version: s.toolchains[job.toolchain].version,
                vectors: &vectors,
                types: &types,
                dwarf: &seen.dwarf,
                functions: &functions,
                machine: machine.as_ref(),
                unwinding: unwinding.get(&i),
                abi: &abi,
            };
            out.cells.push(judge(&subject));
            (s.progress)("judged", 1);
        }
    }
    *out.timings.entry("judge").or_default() += start.elapsed();
    if reused {
        out.reused += (out.cells.len() - before) as u64;
    }
    Ok(())
}

/// What the program does, or did when it ran before; and whether it is the latter.
fn ran(s: &Shared, spec: &RunSpec<'_>, out: &mut JobResult) -> Result<(RunFacts, bool), RunnerError> {
    let key = RunKey::of(s.cache, spec);
    let kept = key.as_ref().filter(|_| !s.fresh).and_then(RunKey::recall);
    let reused = kept.is_some();
    let facts = match kept {
        Some(facts) => facts,
        None => timed(out, "run", || run_program(spec, s.cancel))?,
    };
    if let Some(key) = key {
        if !reused {
            // That it could not be kept costs a run next time, and no more.
            let _ = key.keep(s.cache, &facts);
        }
        out.runs.push(key);
    }
    Ok((facts, reused))
}

/// The units that the wanted cells need.
fn wanted_units(job: &Job, s: &Shared, group: &[&Picked], program: &Program) -> BTreeSet<u32> {
    let wanted = |u: &Unit| {
        let mut cells = group[u.case].cells.iter().map(|c| &job.cells[*c]).filter(|c| s.wants(c));
        match &u.kind {
            UnitKind::Types => cells.next().is_some(),
            UnitKind::Call { call, .. } => cells.any(|c| c.call.id() == *call),
        }
    };
    (0u32..).zip(&program.units).filter(|(_, u)| wanted(u)).map(|(i, _)| i).collect()
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
