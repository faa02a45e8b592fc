//! What a record is worth as an exit code.

use super::*;
use crate::exit;
use goabi_reports::record::FindingRecord;
use goabi_reports::verdict::{Basis, Finding};

/// A record of a cell for each of these.
pub(crate) fn record(outcomes: &[Outcome]) -> Record {
    let cell = |(i, outcome): (usize, &Outcome)| CellRecord {
        cell: format!("t/f/c{i}@go1.27.3/linux-amd64/opt/direct"),
        outcome: outcome.clone(),
        oracles: BTreeMap::new(),
        seconds: None,
    };
    let mut record = Record {
        schema_version: SCHEMA_VERSION,
        goabi_version: String::new(),
        started: String::new(),
        finished: String::new(),
        interrupted: false,
        reused: 0,
        stops: 0,
        command: vec![],
        host: Host { os: "linux".into(), goarch: "amd64".into(), cpus: 1 },
        toolchains: vec![],
        emulators: vec![],
        c_compilers: vec![],
        targets: vec![],
        limits: BTreeMap::new(),
        totals: Totals::default(),
        problems: vec![],
        cells: outcomes.iter().enumerate().map(cell).collect(),
        findings: vec![],
        functions: vec![],
        sources: vec![],
        timings: BTreeMap::new(),
    };
    record.seal();
    record
}

fn finding(outcome: Outcome) -> FindingRecord {
    let finding = Finding {
        oracle: "values".into(),
        cells: vec!["t/f/c0@go1.27.3/linux-amd64/opt/direct".into()],
        path: "vectors[0].results[0]".into(),
        expected: "7".into(),
        basis: Basis::Case,
        actual: "8".into(),
        evidence: vec![],
        rerun: String::new(),
    };
    FindingRecord { finding, outcome, expectation: None }
}

fn problem(kind: ProblemKind, cell: Option<&str>) -> Problem {
    Problem { kind, toolchain: None, cell: cell.map(str::to_string), message: String::new() }
}

fn known() -> Outcome {
    Outcome::Known { issue: "golang/go#1".into() }
}

fn skipped() -> Outcome {
    Outcome::Skipped { reason: "it is a test".into() }
}

fn code(change: impl FnOnce(&mut Record), outcomes: &[Outcome]) -> u8 {
    let mut r = record(outcomes);
    change(&mut r);
    exit_code(&r)
}

#[test]
fn what_is_as_expected_is_success() {
    assert_eq!(code(|_| {}, &[Outcome::Pass]), exit::OK);
    assert_eq!(code(|r| r.findings.push(finding(known())), &[known(), Outcome::Pass, skipped()]), exit::OK);
}

#[test]
fn nothing_judged_is_no_success() {
    assert_eq!(code(|_| {}, &[]), exit::NOTHING);
    assert_eq!(code(|_| {}, &[skipped(), skipped()]), exit::NOTHING);
}

#[test]
fn each_kind_of_finding_fails() {
    for outcome in [Outcome::Fail, Outcome::Flaky, Outcome::Fixed { issue: "golang/go#1".into() }] {
        assert_eq!(code(|r| r.findings.push(finding(outcome.clone())), std::slice::from_ref(&outcome)), exit::FINDINGS);
        // A cell that fails by silence has no finding.
        assert_eq!(code(|_| {}, &[Outcome::Pass, outcome]), exit::FINDINGS);
    }
}

#[test]
fn what_is_broken_is_told_from_what_is_found() {
    let own = Some("t/f/c0@go1.27.3/linux-amd64/opt/direct");
    for kind in [
        ProblemKind::Missing,
        ProblemKind::NotExecuted,
        ProblemKind::EmulatorDied,
        ProblemKind::Unreadable,
        ProblemKind::Harness,
    ] {
        assert_eq!(code(|r| r.problems.push(problem(kind, None)), &[Outcome::Pass]), exit::BROKEN);
        assert_eq!(code(|r| r.problems.push(problem(kind, None)), &[Outcome::Fail]), exit::BROKEN);
        assert_eq!(code(|r| r.problems.push(problem(kind, None)), &[]), exit::BROKEN);
    }
    // A whole program that does not build is no case's fault; a case that does not is.
    assert_eq!(code(|r| r.problems.push(problem(ProblemKind::NotBuilt, None)), &[Outcome::Fail]), exit::BROKEN);
    assert_eq!(code(|r| r.problems.push(problem(ProblemKind::NotBuilt, own)), &[Outcome::Fail]), exit::FINDINGS);
    // One that is known not to build is as expected.
    assert_eq!(code(|r| r.problems.push(problem(ProblemKind::NotBuilt, own)), &[known()]), exit::OK);
}

#[test]
fn a_finding_outranks_what_is_broken_and_an_interruption_both() {
    let both = |r: &mut Record| {
        r.findings.push(finding(Outcome::Fail));
        r.problems.push(problem(ProblemKind::Missing, None));
    };
    assert_eq!(code(both, &[Outcome::Fail]), exit::FINDINGS);
    let interrupted = |r: &mut Record| {
        both(r);
        r.interrupted = true;
    };
    assert_eq!(code(interrupted, &[Outcome::Fail]), exit::INTERRUPTED);
    assert_eq!(code(|r| r.interrupted = true, &[]), exit::INTERRUPTED);
}
