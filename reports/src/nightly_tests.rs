//! Each word has a record that comes to it, and a near miss that does not.

use super::*;
use crate::outcome::Outcome;
use crate::record::{CellRecord, OracleSummary, Problem, RUN};
use crate::render::example;
use crate::verdict::{Basis, Finding, Verdict};

const CASE: &str = "results/mixed/any";

fn cell(label: &str, outcome: Outcome) -> CellRecord {
    CellRecord {
        cell: format!("{CASE}@{label}/linux-arm64/opt/direct"),
        outcome,
        oracles: BTreeMap::from([("values".to_string(), OracleSummary { agree: 1, ..OracleSummary::default() })]),
        seconds: None,
    }
}

fn unjudged(label: &str) -> CellRecord {
    let mut summary = OracleSummary::default();
    summary.add(&Verdict::Unobserved("did not build".into()));
    CellRecord { oracles: BTreeMap::from([(RUN.to_string(), summary)]), ..cell(label, Outcome::Fail) }
}

fn finding(labels: &[&str], outcome: Outcome, actual: &str) -> FindingRecord {
    let finding = Finding {
        oracle: "values".into(),
        cells: labels.iter().map(|l| cell(l, Outcome::Fail).cell).collect(),
        path: "vectors[0].results[1]".into(),
        expected: "7".into(),
        basis: Basis::Case,
        actual: actual.into(),
        evidence: vec![],
        rerun: String::new(),
    };
    FindingRecord { finding, outcome, expectation: None }
}

fn known() -> Outcome {
    Outcome::Known { issue: "golang/go#72053".into() }
}

fn record(cells: Vec<CellRecord>, findings: Vec<FindingRecord>, problems: Vec<Problem>) -> Record {
    let mut r = Record { cells, findings, problems, ..example::record() };
    (r.functions, r.sources) = (vec![], vec![]);
    for (t, (label, version)) in r.toolchains.iter_mut().zip([("old", "go1.27.3"), ("tip", "go1.28-devel_0123abc")]) {
        (t.label, t.version) = (label.into(), version.into());
    }
    r.seal();
    r
}

fn night(cells: Vec<CellRecord>, findings: Vec<FindingRecord>, problems: Vec<Problem>) -> Nightly {
    Nightly::of(&record(cells, findings, problems), "old", "tip").unwrap()
}

fn problem(kind: ProblemKind, toolchain: Option<&str>, cell: Option<&str>) -> Problem {
    Problem {
        kind,
        toolchain: toolchain.map(str::to_string),
        cell: cell.map(str::to_string),
        message: "it says so".into(),
    }
}

#[test]
fn what_both_have_is_no_regression() {
    let pass = night(vec![cell("old", Outcome::Pass), cell("tip", Outcome::Pass)], vec![], vec![]);
    assert_eq!((pass.word, pass.words.len()), (Night::Sound, 0));
    let same = |outcome: fn() -> Outcome| {
        let findings = vec![finding(&["old"], outcome(), "8"), finding(&["tip"], outcome(), "8")];
        night(vec![cell("old", outcome()), cell("tip", outcome())], findings, vec![])
    };
    assert_eq!(same(|| Outcome::Fail).word, Night::Sound);
    assert_eq!(same(known).word, Night::Sound);
    // Known with the release, and the expectation ends before tip: the same finding.
    let ended = vec![finding(&["old"], known(), "8"), finding(&["tip"], Outcome::Fail, "8")];
    assert_eq!(night(vec![cell("old", known()), cell("tip", Outcome::Fail)], ended, vec![]).word, Night::Sound);
}

#[test]
fn what_only_tip_has_is_one() {
    let only = finding(&["tip"], Outcome::Fail, "8");
    let fail = || cell("tip", Outcome::Fail);
    let skipped = || Outcome::Skipped { reason: "too old".into() };
    for old in [vec![cell("old", Outcome::Pass)], vec![cell("old", skipped())], vec![]] {
        let n = night(old.into_iter().chain([fail()]).collect(), vec![only.clone()], vec![]);
        assert_eq!(n.word, Night::Regressed);
        assert_eq!((n.regressions.len(), n.regressions[0].actual.as_str()), (1, "8"));
        assert_eq!(n.regressions[0].cells, [fail().cell]);
        assert!(n.regressions[0].rerun.contains(&fail().cell));
    }
    // Another symptom in the same place.
    let other = vec![finding(&["old"], known(), "9"), only.clone()];
    assert_eq!(night(vec![cell("old", known()), fail()], other, vec![]).word, Night::Regressed);
    // A case that tip alone cannot build is a finding of the case's, too.
    let own = problem(ProblemKind::NotBuilt, Some("tip"), Some(&fail().cell));
    let n = night(vec![cell("old", Outcome::Pass), fail()], vec![only], vec![own]);
    assert_eq!((n.words, n.obstacles.len()), (BTreeSet::from([Night::Regressed]), 0));
}

#[test]
fn a_difference_between_the_two_is_one() {
    let between = finding(&["old", "tip"], Outcome::Fail, "8 with one, 9 with the other");
    let n = night(vec![cell("old", Outcome::Fail), cell("tip", Outcome::Fail)], vec![between], vec![]);
    assert_eq!(n.word, Night::Regressed);
    assert!(n.regressions[0].cells[0].contains("@tip/") && n.regressions[0].cells[1].contains("@old/"));
}

#[test]
fn what_breaks_is_told_apart_and_never_silent() {
    let cells = || vec![cell("old", Outcome::Pass), unjudged("tip")];
    let word = |kind, toolchain| night(cells(), vec![], vec![problem(kind, toolchain, None)]).word;
    assert_eq!(word(ProblemKind::NotBuilt, Some("tip")), Night::TipDoesNotBuild);
    assert_eq!(word(ProblemKind::NotBuilt, Some("old")), Night::Broken);
    assert_eq!(word(ProblemKind::EmulatorDied, Some("tip")), Night::EmulatorDied);
    assert_eq!(word(ProblemKind::NotExecuted, Some("tip")), Night::EmulatorDied);
    assert_eq!(word(ProblemKind::Harness, None), Night::Broken);
    // Even where nobody said why.
    assert_eq!(night(cells(), vec![], vec![]).word, Night::Broken);
    assert_eq!(night(vec![cell("old", Outcome::Pass)], vec![], vec![]).word, Night::Nothing);
    // A release that was not judged shows no regression.
    let n =
        night(vec![unjudged("old"), cell("tip", Outcome::Fail)], vec![finding(&["tip"], Outcome::Fail, "8")], vec![]);
    assert_eq!((n.word, n.regressions.len()), (Night::Broken, 0));
    // Silent on both sides: nobody agreed with anybody.
    let silent = |label: &str| {
        let mut summary = OracleSummary::default();
        summary.add(&Verdict::Unobserved("the transcript ends".into()));
        CellRecord { oracles: BTreeMap::from([("values".to_string(), summary)]), ..cell(label, Outcome::Fail) }
    };
    let n = night(vec![silent("old"), silent("tip")], vec![], vec![]);
    assert_eq!((n.word, n.obstacles[0].message.as_str()), (Night::Broken, "values: the transcript ends"));
    assert_eq!(night(vec![cell("old", Outcome::Pass), silent("tip")], vec![], vec![]).word, Night::Regressed);
    assert_eq!(Nightly::without_tip("go1.27.3", "no gotip").word, Night::TipMissing);
}

#[test]
fn a_regression_comes_first_and_the_rest_is_told() {
    let mut other = unjudged("tip");
    other.cell = other.cell.replace("arm64", "s390x");
    let cells = vec![cell("old", Outcome::Pass), cell("tip", Outcome::Fail), other];
    let n = night(
        cells,
        vec![finding(&["tip"], Outcome::Fail, "`8` | <b>")],
        vec![
            problem(ProblemKind::EmulatorDied, Some("tip"), None),
            problem(ProblemKind::EmulatorDied, Some("tip"), Some("x")),
        ],
    );
    assert_eq!((n.word, n.words.len()), (Night::Regressed, 2));
    insta::assert_snapshot!(format!("{}\n{}", page::title(&n), page::markdown(&n)));
}

#[test]
fn what_tip_mends_is_told() {
    let n = night(
        vec![cell("old", known()), cell("tip", Outcome::Fixed { issue: "golang/go#72053".into() })],
        vec![finding(&["old"], known(), "8")],
        vec![],
    );
    assert_eq!((n.word, n.fixed), (Night::Sound, BTreeMap::from([("golang/go#72053".to_string(), 1)])));
}
