//! What a job says of cells that were never judged: what does not build, cannot be run, or
//! has no C compiler.

use crate::chunks::Picked;
use crate::job::{BUILD, CellResult, JobResult, Shared, build_spec, port};
use crate::plan::{Job, PlannedCell};
use goabi_generators::program::generate;
use goabi_reports::record::{OracleSummary, Problem, ProblemKind, RUN};
use goabi_reports::verdict::{Basis, Finding, Verdict};
use goabi_runners::build::{Built, Sources, build};
use goabi_runners::error::RunnerError;
use std::collections::{BTreeMap, BTreeSet};

/// Something that is no case's fault: all cells of the group stay unjudged.
pub(crate) fn broken(job: &Job, s: &Shared, group: &[Picked], e: &RunnerError, out: &mut JobResult) {
    let kind = match e {
        RunnerError::CannotExecute { .. } | RunnerError::Spawn { .. } => ProblemKind::NotExecuted,
        RunnerError::GoTool { .. }
        | RunnerError::GoStopped { .. }
        | RunnerError::NoOutput { .. }
        | RunnerError::NotAnElf { .. } => ProblemKind::NotBuilt,
        _ => ProblemKind::Harness,
    };
    let help = e.help().map(|h| format!("\n{h}")).unwrap_or_default();
    let toolchain = s.toolchains[job.toolchain].label.clone();
    let place = format!("{}/{}/{}{}", toolchain, job.target, job.build, job.stress);
    out.problems.push(Problem { kind, toolchain: Some(toolchain), cell: None, message: format!("{place}: {e}{help}") });
    // What was judged, or did not build, before this happened stays as it is.
    let done: BTreeSet<String> = out.cells.iter().map(|c| c.cell.clone()).collect();
    for i in group.iter().flat_map(|p| &p.cells).filter(|i| s.wants(&job.cells[**i])) {
        if done.contains(&job.cells[*i].cell.to_string()) {
            continue;
        }
        let why = format!("{}: {}", kind.words(), e.to_string().lines().next().unwrap_or_default());
        out.cells.push(unjudged(&job.cells[*i], why));
    }
}

pub(crate) fn unjudged(c: &PlannedCell, why: String) -> CellResult {
    let mut summary = OracleSummary::default();
    summary.add(&Verdict::Unobserved(why.clone()));
    CellResult {
        cell: c.cell.to_string(),
        oracles: BTreeMap::from([(RUN.to_string(), summary)]),
        findings: vec![],
        unobserved: vec![why],
        open: vec![],
        watched: false,
    }
}

/// Builds a program without any case, as the job builds its own.
///
/// # Errors
/// As those of any build.
pub(crate) fn empty_program(job: &Job, s: &Shared) -> Result<Built, RunnerError> {
    let sources = Sources { files: generate(&[], port(job)).files };
    build(s.cache, &build_spec(job, s, &sources, None), s.cancel)
}

/// That there is no C compiler is known before anything is built.
pub(crate) fn no_c(why: String) -> RunnerError {
    RunnerError::GoTool { command: "go build".into(), how: why, packages: vec![], output: String::new() }
}

pub(crate) fn empty_builds(job: &Job, s: &Shared) -> Result<bool, RunnerError> {
    match empty_program(job, s) {
        Ok(Built::Artifact(_)) => Ok(true),
        Ok(Built::Rejected { .. }) => Ok(false),
        Err(RunnerError::Cancelled) => Err(RunnerError::Cancelled),
        Err(_) => Ok(false),
    }
}

pub(crate) fn not_built(job: &Job, s: &Shared, p: &Picked, lines: &[String], out: &mut JobResult) {
    let label = &s.toolchains[job.toolchain].label;
    for i in p.cells.iter().filter(|i| s.wants(&job.cells[**i])) {
        let cell = job.cells[*i].cell.to_string();
        let finding = Finding {
            oracle: BUILD.into(),
            cells: vec![cell.clone()],
            path: BUILD.into(),
            expected: "the case builds".into(),
            basis: Basis::Case,
            actual: lines.first().cloned().unwrap_or_else(|| "it does not build".into()),
            evidence: lines.iter().skip(1).take(20).cloned().collect(),
            rerun: goabi_reports::coordinate::rerun(&cell),
        };
        let mut summary = OracleSummary::default();
        summary.add(&Verdict::Disagree(finding.clone()));
        out.problems.push(Problem {
            kind: ProblemKind::NotBuilt,
            toolchain: Some(label.clone()),
            cell: Some(cell.clone()),
            message: finding.actual.clone(),
        });
        let oracles = BTreeMap::from([(BUILD.to_string(), summary)]);
        let findings = vec![finding];
        out.cells.push(CellResult { cell, oracles, findings, unobserved: vec![], open: vec![], watched: false });
        (s.progress)("judged", 1);
    }
}
