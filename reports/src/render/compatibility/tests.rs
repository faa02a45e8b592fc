//! A record of two toolchains, made by hand: a finding of each fate, a port that
//! moves to registers, and functions that grow, shrink and vanish.

use super::*;
use crate::environment::Toolchain;
use crate::function::{CodeRecord, FunctionRecord};
use crate::outcome::Outcome;
use crate::record::{CellRecord, FindingRecord, OracleSummary, Record};
use crate::render::example;
use crate::verdict::{Basis, Finding};
use std::collections::BTreeMap;

const OLD: &str = "go1.24.11";
const NEW: &str = "go1.26.6";

fn toolchain(label: &str, version: &str) -> Toolchain {
    Toolchain { label: label.into(), version: version.into(), fingerprint: "5eed".into(), origin: "PATH".into() }
}

/// A cell's findings: path, what was seen, the issue where it is known.
type Found<'a> = &'a [(&'a str, &'a str, Option<&'a str>)];

fn cell(record: &mut Record, case: &str, toolchain: &str, rest: &str, oracle: &str, silent: u32, found: Found<'_>) {
    let cell = format!("{case}@{toolchain}/{rest}");
    let known = |issue: &str| Outcome::Known { issue: issue.into() };
    let outcome = match found {
        [] => Outcome::Pass,
        [(_, _, Some(issue)), ..] => known(issue),
        [(_, _, None), ..] => Outcome::Fail,
    };
    let disagree = u32::try_from(found.len()).unwrap();
    let summary = OracleSummary { agree: 7, disagree, not_described: silent, ..OracleSummary::default() };
    let oracles = BTreeMap::from([("panics".to_string(), OracleSummary::default()), (oracle.to_string(), summary)]);
    for (path, actual, issue) in found {
        let finding = Finding {
            oracle: oracle.into(),
            cells: vec![cell.clone()],
            path: (*path).into(),
            expected: "as stated".into(),
            basis: Basis::Spec,
            actual: (*actual).into(),
            evidence: vec![],
            rerun: String::new(),
        };
        record.findings.push(FindingRecord { finding, outcome: issue.map_or(Outcome::Fail, known), expectation: None });
    }
    record.cells.push(CellRecord { cell, outcome, oracles, seconds: None });
}

fn function(case: &str, toolchain: &str, target: &str, place: &str, code: Option<(u64, u64, u64)>) -> FunctionRecord {
    FunctionRecord {
        case: case.into(),
        toolchain: toolchain.into(),
        target: target.into(),
        build: "opt".into(),
        symbol: format!("goabi.test/c/{}.GoabiFunc", case.replacen('/', "-", 1)),
        calls: vec!["direct".into()],
        assignment: vec![format!("IN 0: {place} typ: int"), "offsetToSpillArea: 0 spillAreaSize: 8".into()],
        code: code.map(|(text, frame, n)| CodeRecord {
            text_bytes: text,
            frame_bytes: Some(frame),
            instructions: Some(n),
        }),
        variables: vec![],
        instructions: vec![],
        not_disassembled: None,
    }
}

fn record() -> Record {
    let mut r = example::record();
    (r.cells, r.findings, r.functions, r.problems) = (vec![], vec![], vec![], vec![]);
    // Out of their order.
    r.toolchains = vec![toolchain(NEW, NEW), toolchain(OLD, OLD)];
    let (amd64, s390x) = ("linux-amd64/opt/direct", "linux-s390x/opt/direct");
    let pieces = "vectors[0].dwarf.params[1].location";
    for (toolchain, silent) in [(OLD, 3), (NEW, 1)] {
        cell(&mut r, "results/a/same", toolchain, amd64, "values", 0, &[]);
        cell(&mut r, "results/a/silent", toolchain, amd64, "dwarf", silent, &[]);
    }
    // Known before and after, with another symptom.
    cell(&mut r, "structs/a/moved", OLD, amd64, "dwarf", 0, &[(pieces, "13 bytes", Some("golang/go#72053"))]);
    cell(&mut r, "structs/a/moved", NEW, amd64, "dwarf", 0, &[(pieces, "15 bytes", Some("golang/go#72053"))]);
    // Gone, and new in two cells that tell it alike.
    cell(&mut r, "panics/a/gone", OLD, amd64, "values", 0, &[("vectors[0].results[0]", "nil", Some("golang/go#73916"))]);
    cell(&mut r, "panics/a/gone", NEW, amd64, "values", 0, &[]);
    for (n, case) in ["results/a/one", "results/a/two"].into_iter().enumerate() {
        cell(&mut r, case, OLD, s390x, "values", 0, &[]);
        cell(&mut r, case, NEW, s390x, "values", 0, &[(&format!("vectors[{n}].results[2].dynamic"), "`x` | y", None)]);
    }
    // Asked of the new one only.
    cell(&mut r, "results/a/young", NEW, amd64, "dwarf", 9, &[("dwarf.order", "b a", None)]);
    let (stack, register) = ("R{ } offset: 8", "R{ I0 } spilloffset: 0");
    r.functions = vec![
        function("results/a/one", OLD, "linux-s390x", stack, Some((100, 24, 20))),
        function("results/a/one", NEW, "linux-s390x", register, Some((80, 16, 16))),
        function("results/a/two", OLD, "linux-s390x", stack, None),
        function("results/a/two", NEW, "linux-s390x", register, Some((40, 8, 9))),
        function("results/a/same", OLD, "linux-amd64", register, Some((60, 0, 12))),
        function("results/a/same", NEW, "linux-amd64", register, Some((66, 0, 13))),
        function("results/a/silent", OLD, "linux-amd64", register, Some((10, 0, 2))),
        function("results/a/silent", NEW, "linux-amd64", register, None),
        function("results/a/young", NEW, "linux-amd64", register, Some((999, 0, 2))),
    ];
    r.seal();
    r
}

#[test]
fn snapshot() {
    insta::assert_snapshot!(render(&record()).unwrap());
}

#[test]
fn one_toolchain_has_nothing_to_be_compared_with() {
    let mut r = record();
    assert!(compares(&r));
    r.toolchains.retain(|t| t.label == NEW);
    assert!(!compares(&r));
    let text = render(&r).unwrap();
    assert!(text.contains("There is nothing to compare: the record holds one toolchain, go1.26.6."), "{text}");
    assert!(text.contains("goabi run --go "), "{text}");
    r.toolchains.clear();
    assert!(render(&r).unwrap().contains("the record holds no toolchain."));
}

#[test]
fn versions_are_in_their_own_order() {
    let mut r = record();
    r.toolchains = [
        ("odd", "no version"),
        ("tip", "go1.28-devel_0123abc"),
        ("go1.9.7", "go1.9.7"),
        ("go1.27rc1", "go1.27rc1"),
        ("go1.27.0", "go1.27.0"),
        ("go1.10.1", "go1.10.1"),
        ("go1.10.1-x", "go1.10.1 X:noregabi"),
    ]
    .map(|(label, version)| toolchain(label, version))
    .to_vec();
    let order: Vec<&str> = ordered(&r).into_iter().map(|t| t.label.as_str()).collect();
    assert_eq!(order, ["go1.9.7", "go1.10.1", "go1.10.1-x", "go1.27rc1", "go1.27.0", "tip", "odd"]);
    assert_eq!(render(&r).unwrap().matches("\n#### ").count(), 6);
}

#[test]
fn what_did_not_change_is_said_in_a_sentence() {
    let mut r = record();
    r.cells.retain(|c| c.cell.starts_with("results/a/same"));
    r.findings.clear();
    r.functions.retain(|f| f.case == "results/a/same");
    for f in &mut r.functions {
        f.code = Some(CodeRecord { text_bytes: 1, frame_bytes: None, instructions: None });
    }
    let text = render(&r).unwrap();
    for said in [
        "\n1 cell: 1 same\n",
        "\nNone. Judged were panics and values.\n",
        "As before: 0 places left empty.",
        "None of 1 signature on 1 target is assigned in another way.",
        "| linux-amd64 | opt | 1 | 0 | 0 | 0 | 1 | 0 | 0 | 0 | 0 |",
    ] {
        assert!(text.contains(said), "no {said:?} in {text}");
    }
    assert!(!text.contains("<details>") && !text.contains("came to something else"));
    // Interrupted before a function was read.
    r.functions.clear();
    let text = render(&r).unwrap();
    assert!(text.contains("No function was seen with both") && text.contains("No function has code with both"));
}

#[test]
fn nothing_breaks_out_of_a_table_and_it_stays_short() {
    let nasty = "</details>|`x`|\n# @everyone <script>\x1b[2J\u{202e}**".repeat(30);
    let mut r = record();
    let (found, one) = (r.findings[0].clone(), r.cells[0].clone());
    for i in 0..300 {
        for t in [OLD, NEW] {
            let mut c = one.clone();
            c.cell = format!("{i}{nasty}@{t}/{i}{nasty}/{nasty}/{nasty}").replace("</", "<|");
            c.outcome = Outcome::Known { issue: format!("{i}{t}{nasty}") };
            let mut f = found.clone();
            f.finding.cells = vec![c.cell.clone()];
            (f.finding.oracle, f.finding.path) = (format!("{i}{nasty}"), nasty.clone());
            f.finding.actual = format!("{t}{nasty}");
            f.outcome = c.outcome.clone();
            r.findings.push(f);
            let mut f = function(&nasty, t, &format!("{i}{nasty}"), &format!("{t}{nasty}"), Some((t.len() as u64, 1, 1)));
            f.symbol.clone_from(&nasty);
            r.functions.push(f);
            r.cells.push(c);
        }
    }
    r.seal();
    let text = render(&r).unwrap();
    assert!(text.len() < 1_000_000, "{}", text.len());
    assert!(!text.contains(['\x1b', '\u{202e}']));
    // In lists it stands in a code span.
    assert!(text.lines().filter(|l| !l.starts_with("- `")).all(|l| !l.contains("<script")));
    let mut columns = 0;
    for line in text.lines() {
        columns = match (line.starts_with('|'), line.matches('|').count()) {
            (false, _) => 0,
            (true, n) => {
                assert!(columns == 0 || columns == n, "{line}");
                n
            }
        };
    }
    let count = |tag: &str| text.lines().filter(|l| l.starts_with(tag)).count();
    assert!(count("<details>") == count("</details>") && count("<details>") <= ROWS_SHOWN);
}
