//! Expectations turn findings into outcomes: what is known is forgiven, what
//! was known and is gone is reported, everything else fails.

use crate::job::{BUILD, CellResult};
use crate::permitted;
use goabi_cases::cell::Cell;
use goabi_cases::expectation::{Expectation, Expectations, NOT_DESCRIBED};
use goabi_cases::version::GoVersion;
use goabi_generators::call::{self, Results};
use goabi_reports::outcome::Outcome;
use goabi_reports::record::{CellRecord, FindingRecord, OracleSummary, RUN};

use goabi_reports::verdict::{Basis, Finding};
use std::collections::BTreeMap;

/// The oracles that ask the transcript.
const VALUES: &str = "values";
const PANICS: &str = "panics";
/// The oracle that reads registers and memory.
const REGISTERS: &str = "registers";
/// How the paths begin of what it says of a toolchain's files.
const ABI: &str = "abi.";

/// A judged cell with its coordinate.
pub struct Judged<'a> {
    pub cell: &'a Cell,
    pub version: GoVersion,
    pub result: CellResult,
}

/// Applies the expectations; `peers` are findings over several cells.
#[must_use]
pub fn reconcile(
    judged: Vec<Judged>,
    peers: Vec<Finding>,
    expectations: &Expectations,
) -> (Vec<CellRecord>, Vec<FindingRecord>) {
    let (mut cells, mut findings) = (Vec::new(), Vec::new());
    for mut j in judged {
        let applying: Vec<&Expectation> = expectations.known.iter().filter(|e| e.covers(j.cell, j.version)).collect();
        let mut shown = vec![false; applying.len()];
        let mut worst = Outcome::Pass;
        let text = j.cell.to_string();
        let mut own = std::mem::take(&mut j.result.findings);
        own.extend(peers.iter().filter(|f| f.cells.contains(&text)).cloned());
        let describes = |e: &Expectation, f: &Finding| e.describes(&f.oracle, &f.path, &f.expected, &f.actual);
        // What is only counted is a finding where somebody says that it is one.
        own.extend(silent(&text, &j.result.oracles).filter(|f| applying.iter().any(|e| describes(e, f))));
        for f in own {
            // One finding may show what several expectations describe.
            for (e, shown) in applying.iter().zip(&mut shown) {
                *shown |= describes(e, &f);
            }
            let rule = permitted::of(&expectations.permitted, &j.cell.case.to_string(), &f);
            let (outcome, expectation) = match (rule, applying.iter().find(|e| describes(e, &f))) {
                (Some(r), _) => (Outcome::Permitted { rule: r.operation.id().into() }, Some(r.id.clone())),
                (None, Some(e)) => (Outcome::Known { issue: e.issue.clone() }, Some(e.id.clone())),
                (None, None) => (Outcome::Fail, None),
            };
            worst = worse(worst, outcome.clone());
            findings.push(FindingRecord { finding: f, outcome, expectation });
        }
        if !j.result.unobserved.is_empty() {
            worst = worse(worst, Outcome::Fail);
        }
        // An expectation is gone only where its oracle did judge the cell.
        for (e, _) in applying.iter().zip(&shown).filter(|(_, shown)| !**shown) {
            // Stress may hide a bug that it is not named with.
            if e.by_chance || !e.demands(j.cell) || !could_show(&j.result, e) || drops(j.cell, e) {
                continue;
            }
            let outcome = Outcome::Fixed { issue: e.issue.clone() };
            worst = worse(worst, outcome.clone());
            let finding = Finding {
                oracle: e.oracle.clone(),
                cells: vec![text.clone()],
                path: e.path.clone(),
                expected: format!("the finding of {} ({}): {}", e.issue, e.id, e.actual),
                basis: Basis::Case,
                actual: "no such finding any more".into(),
                evidence: vec![format!("say in {} until which Go version it shows, or narrow its `select`", e.id)],
                rerun: goabi_reports::coordinate::rerun(&text),
            };
            findings.push(FindingRecord { finding, outcome, expectation: Some(e.id.clone()) });
        }
        cells.push(CellRecord { cell: text, outcome: worst, oracles: j.result.oracles, seconds: None });
    }
    (cells, findings)
}

/// Whether what is expected of results cannot be seen since nobody gets them.
fn drops(cell: &Cell, e: &Expectation) -> bool {
    let dropped = call::by_id(&cell.call).is_some_and(|c| c.results() == Results::Dropped);
    dropped && [VALUES, PANICS].contains(&e.oracle.as_str()) && e.path.contains("results")
}

/// The places that an oracle found to be described by nothing, as findings.
fn silent(cell: &str, judged: &BTreeMap<String, OracleSummary>) -> impl Iterator<Item = Finding> {
    judged.iter().filter(|(_, o)| o.not_described > 0).map(move |(oracle, o)| Finding {
        oracle: oracle.clone(),
        cells: vec![cell.to_string()],
        path: NOT_DESCRIBED.into(),
        expected: "every place is described".into(),
        basis: Basis::Spec,
        actual: format!("{} of them not", o.not_described),
        evidence: vec![],
        rerun: goabi_reports::coordinate::rerun(cell),
    })
}

/// Whether what is expected would show in the cell if it were there. A build that
/// fails leaves nothing to the others: where they judged, it did not fail.
fn could_show(result: &CellResult, e: &Expectation) -> bool {
    let judged = &result.oracles;
    if e.oracle == BUILD {
        return !judged.contains_key(BUILD) && !judged.contains_key(RUN);
    }
    // That oracle also has an opinion of the toolchain's own files, which takes no machine.
    if e.oracle == REGISTERS && !result.watched && !e.path.starts_with(ABI) {
        return false;
    }
    judged.get(&e.oracle).is_some_and(|o| o.agree > 0 && o.unobserved == 0)
}

/// The worse of two outcomes.
fn worse(a: Outcome, b: Outcome) -> Outcome {
    fn rank(o: &Outcome) -> u8 {
        match o {
            Outcome::Skipped { .. } => 0,
            Outcome::Pass => 1,
            Outcome::Permitted { .. } => 2,
            Outcome::Known { .. } => 3,
            Outcome::Fixed { .. } => 4,
            Outcome::Flaky => 5,
            Outcome::Fail => 6,
        }
    }
    if rank(&b) > rank(&a) { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;
    use goabi_cases::cell::{Build, CaseId, Target};

    fn cell() -> Cell {
        Cell {
            case: CaseId { topic: "t".into(), file: "f".into(), name: "c".into() },
            toolchain: "go1.27.3".into(),
            target: Target { goarch: "arm64".into() },
            build: Build::Opt,
            stress: goabi_cases::stress::Stress::NONE,
            call: "direct".into(),
        }
    }

    fn expectation() -> Expectation {
        Expectation {
            id: "known.yaml:3".into(),
            select: vec!["t/f/c".parse().unwrap()],
            targets: vec!["arm64".into()],
            builds: vec![Build::Opt],
            calls: vec![],
            oracle: "dwarf".into(),
            path: "*params[0].location".into(),
            expected: "*".into(),
            actual: "13 bytes*".into(),
            issue: "golang/go#72053".into(),
            why: String::new(),
            since: None,
            until: Some(GoVersion::new(1, 30, 0)),
            by_chance: false,
        }
    }

    fn run(path: &str, actual: Option<&str>, version: GoVersion) -> (Outcome, usize) {
        run_with(&expectation(), path, actual, version, 0)
    }

    fn run_with(
        e: &Expectation,
        path: &str,
        actual: Option<&str>,
        version: GoVersion,
        not_described: u32,
    ) -> (Outcome, usize) {
        let cell = cell();
        let findings: Vec<Finding> = actual
            .iter()
            .map(|a| Finding {
                oracle: "dwarf".into(),
                cells: vec![cell.to_string()],
                path: path.into(),
                expected: "16 bytes".into(),
                basis: Basis::Spec,
                actual: (*a).into(),
                evidence: vec![],
                rerun: String::new(),
            })
            .collect();
        let summary = OracleSummary { agree: 5, not_described, ..OracleSummary::default() };
        let result = CellResult {
            cell: cell.to_string(),
            oracles: BTreeMap::from([("dwarf".to_string(), summary)]),
            findings,
            unobserved: vec![],
            open: vec![],
            watched: false,
        };
        let judged = vec![Judged { cell: &cell, version, result }];
        let (cells, findings) = reconcile(judged, vec![], &Expectations { known: vec![e.clone()], permitted: vec![] });
        (cells[0].outcome.clone(), findings.len())
    }

    #[test]
    fn a_known_symptom_is_known() {
        let v = GoVersion::new(1, 27, 3);
        assert_eq!(run("vectors[0].dwarf.params[0].location", Some("13 bytes of 16"), v).0.id(), "known");
    }

    #[test]
    fn another_symptom_in_the_same_place_fails() {
        let v = GoVersion::new(1, 27, 3);
        assert_eq!(run("vectors[0].dwarf.params[0].location", Some("12 bytes of 16"), v).0.id(), "fail");
        assert_eq!(run("vectors[0].dwarf.params[1].location", Some("13 bytes of 16"), v).0.id(), "fail");
    }

    #[test]
    fn a_symptom_that_is_gone_is_fixed_and_fails() {
        let (outcome, n) = run("", None, GoVersion::new(1, 27, 3));
        assert_eq!((outcome.id(), outcome.fails(), n), ("fixed", true, 1));
    }

    /// What becomes of a cell of a case by findings of its peers.
    fn among_peers(case: &str, found: &[(&str, &str, Basis)]) -> Outcome {
        let mut cell = cell();
        cell.case.name = case.into();
        let peer = |(want, got, basis): &(&str, &str, Basis)| Finding {
            oracle: VALUES.into(),
            cells: vec![cell.to_string()],
            path: "vectors[0].results[0]".into(),
            expected: (*want).into(),
            basis: *basis,
            actual: (*got).into(),
            evidence: vec![],
            rerun: String::new(),
        };
        let peers = found.iter().map(peer).collect();
        let judged = vec![Judged { cell: &cell, version: GoVersion::TIP, result: judged_by(VALUES, false) }];
        let all = Expectations { known: vec![], permitted: permitted::tests::rules() };
        reconcile(judged, peers, &all).0[0].outcome.clone()
    }

    #[test]
    fn what_differs_as_it_may_is_permitted() {
        let is = Outcome::Permitted { rule: "fused_multiply_add".into() };
        assert_eq!(among_peers("fused", &[("0", "5e-17", Basis::Peer)]), is);
        assert!(!is.fails());
        // A third value, a majority that is wrong, and a stated result.
        for (want, got, basis) in [("0", "7", Basis::Peer), ("7", "0", Basis::Peer), ("0", "5e-17", Basis::Case)] {
            assert_eq!(among_peers("fused", &[(want, got, basis)]), Outcome::Fail, "{want} {got}");
        }
        // It hides no other failure of the cell.
        let both = [("0", "5e-17", Basis::Peer), ("one of 0, 5e-17", "7", Basis::Spec)];
        assert_eq!(among_peers("fused", &both), Outcome::Fail);
    }

    #[test]
    fn a_result_that_merely_travels_must_not_differ() {
        assert_eq!(among_peers("travels", &[("0", "5e-17", Basis::Peer)]), Outcome::Fail);
        assert_eq!(among_peers("has_no_body", &[("0", "5e-17", Basis::Peer)]), Outcome::Fail);
    }

    #[test]
    fn what_shows_by_chance_is_never_fixed() {
        let v = GoVersion::new(1, 27, 3);
        let e = Expectation { by_chance: true, ..expectation() };
        assert_eq!(run_with(&e, "", None, v, 0), (Outcome::Pass, 0));
        let path = "vectors[0].dwarf.params[0].location";
        assert_eq!(run_with(&e, path, Some("13 bytes"), v, 0).0.id(), "known");
        assert_eq!(run_with(&e, path, Some("12 bytes"), v, 0).0.id(), "fail");
    }

    #[test]
    fn empty_places_are_a_finding_where_they_are_expected() {
        let v = GoVersion::new(1, 27, 3);
        let e = Expectation { path: NOT_DESCRIBED.into(), actual: "3 of them not".into(), ..expectation() };
        let (outcome, n) = run_with(&e, "", None, v, 3);
        assert_eq!((outcome.id(), n), ("known", 1));
        // Another number is not what is known, and is no failure by itself, either.
        assert_eq!(run_with(&e, "", None, v, 2).0.id(), "fixed");
        assert_eq!(run_with(&e, "", None, v, 0).0.id(), "fixed");
        assert_eq!(run_with(&expectation(), "", None, GoVersion::TIP, 3), (Outcome::Pass, 0));
        // What is wrong beside it still fails.
        let path = "vectors[0].dwarf.params[0].location";
        assert_eq!(run_with(&e, path, Some("13 bytes"), v, 3).0.id(), "fail");
    }

    fn judged_by(oracle: &str, watched: bool) -> CellResult {
        CellResult {
            cell: String::new(),
            oracles: BTreeMap::from([(oracle.into(), OracleSummary { agree: 1, ..OracleSummary::default() })]),
            findings: vec![],
            unobserved: vec![],
            open: vec![],
            watched,
        }
    }

    #[test]
    fn an_expected_build_failure_that_is_gone_is_fixed() {
        let build = Expectation { oracle: BUILD.into(), ..expectation() };
        assert!(could_show(&judged_by("values", false), &build));
        assert!(!could_show(&judged_by(BUILD, false), &build) && !could_show(&judged_by(RUN, false), &build));
        assert!(!could_show(&judged_by("values", false), &expectation()));
    }

    #[test]
    fn what_registers_would_show_is_not_fixed_where_nobody_looked() {
        let e = |path: &str| Expectation { oracle: REGISTERS.into(), path: path.into(), ..expectation() };
        let value = e("vectors[0].return.results[0]");
        assert!(!could_show(&judged_by(REGISTERS, false), &value) && could_show(&judged_by(REGISTERS, true), &value));
        assert!(could_show(&judged_by(REGISTERS, false), &e("abi.integer_registers")));
        assert!(!could_show(&judged_by(REGISTERS, false), &e("*")));
    }

    #[test]
    fn outside_its_versions_an_expectation_is_silent() {
        assert_eq!(run("", None, GoVersion::TIP), (Outcome::Pass, 0));
        assert_eq!(run("vectors[0].dwarf.params[0].location", Some("13 bytes"), GoVersion::TIP).0.id(), "fail");
    }
}
