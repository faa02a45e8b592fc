//! `goabi diff` from outside, with records that the tests write themselves.
#![cfg(target_os = "linux")]

mod common;

use common::{Done, Place};
use goabi_reports::compare::model::Comparison;
use goabi_reports::compare::word::Word;
use goabi_reports::environment::{Host, Toolchain};
use goabi_reports::outcome::{Outcome, Totals};
use goabi_reports::record::{CellRecord, Record, SCHEMA_VERSION};
use std::collections::BTreeMap;

/// Writes a record of one toolchain with these cases.
fn record(place: &Place, name: &str, label: &str, cases: &[(&str, Outcome)]) {
    let cell = |case: &str| format!("results/classic/{case}@{label}/linux-arm64/opt/direct");
    let toolchain = Toolchain {
        label: label.into(),
        version: label.into(),
        fingerprint: "sha256:5eed".into(),
        origin: "PATH".into(),
    };
    let mut record = Record {
        schema_version: SCHEMA_VERSION,
        goabi_version: "0.1.0".into(),
        started: "2026-11-05T10:00:00Z".into(),
        finished: "2026-11-05T10:00:12Z".into(),
        interrupted: false,
        reused: 0,
        stops: 0,
        command: vec!["goabi".into(), "run".into()],
        host: Host { os: "linux".into(), goarch: "amd64".into(), cpus: 2 },
        toolchains: vec![toolchain],
        emulators: vec![],
        c_compilers: vec![],
        targets: vec!["linux-arm64".into()],
        limits: BTreeMap::new(),
        totals: Totals::default(),
        problems: vec![],
        cells: cases
            .iter()
            .map(|(case, outcome)| CellRecord {
                cell: cell(case),
                outcome: outcome.clone(),
                oracles: BTreeMap::new(),
                seconds: None,
            })
            .collect(),
        findings: vec![],
        functions: vec![],
        sources: vec![],
        timings: BTreeMap::new(),
    };
    record.seal();
    place.write(name, &goabi_reports::render::json::render(&record).unwrap());
}

/// A place with a sound old record and a new one of another toolchain, in which
/// `add` has this outcome.
fn two(add: Outcome) -> Place {
    let place = Place::new();
    record(&place, "old.json", "go1.26.6", &[("add", Outcome::Pass), ("sub", Outcome::Pass)]);
    record(&place, "new.json", "go1.27.3", &[("add", add), ("sub", Outcome::Pass)]);
    place
}

fn diff(place: &Place, more: &[&str]) -> Done {
    place.goabi(&[&["diff", "old.json", "new.json"], more].concat())
}

#[test]
fn a_regression_is_exit_code_1_in_every_format() {
    let place = two(Outcome::Fail);
    let add = "results/classic/add@*/linux-arm64/opt/direct";
    for format in ["text", "markdown", "html", "json"] {
        let done = diff(&place, &["--format", format]);
        assert_eq!((done.code, done.stderr.as_str()), (Some(1), ""), "{done:#?}");
        assert!(done.stdout.contains(add) && !done.stdout.contains("classic/sub"), "{}", done.stdout);
    }
    let done = diff(&place, &[]);
    assert!(done.stdout.ends_with("REGRESSED: 2 cells: 1 regressed, 1 same\n"), "{}", done.stdout);
}

#[test]
fn no_regression_is_exit_code_0() {
    for outcome in [Outcome::Pass, Outcome::Flaky, Outcome::Known { issue: "golang/go#1".into() }] {
        diff(&two(outcome), &[]).passed();
    }
    // The other way round it is fixed.
    let place = two(Outcome::Fail);
    let done = place.goabi(&["diff", "new.json", "old.json"]);
    done.passed();
    assert!(done.stdout.contains("FIXED (1 cell)"), "{}", done.stdout);
}

#[test]
fn all_shows_what_is_the_same_too() {
    let place = two(Outcome::Fail);
    for (more, rows) in [(&["--format", "json"][..], 1), (&["--format", "json", "--all"], 2)] {
        let c: Comparison = serde_json::from_str(&diff(&place, more).stdout).unwrap();
        assert_eq!((c.rows.len(), c.counts.same, c.rows[0].word), (rows, 1, Word::Regressed));
    }
    assert!(diff(&place, &["--all"]).stdout.contains("SAME (1 cell)"));
}

#[test]
fn toolchains_can_be_matched() {
    let place = two(Outcome::Fail);
    let done = diff(&place, &["--toolchains", "match"]);
    done.passed();
    assert!(done.stdout.ends_with("NO REGRESSION: 4 cells: 2 added, 2 removed\n"), "{}", done.stdout);
}

#[test]
fn what_cannot_be_read_is_exit_code_2() {
    let place = two(Outcome::Pass);
    place.write("broken.json", "{");
    place.write("newer.json", r#"{"schema_version": 99}"#);
    for (bad, says) in [
        ("absent.json", "cannot read the record absent.json: No such file"),
        ("broken.json", "broken.json is no goabi record"),
        ("newer.json", "use a newer goabi"),
    ] {
        for args in [["diff", bad, "new.json"], ["diff", "old.json", bad]] {
            let done = place.goabi(&args);
            done.failed(2, &[says]);
            assert_eq!(done.stdout, "");
        }
    }
    diff(&place, &["--format", "yaml"]).failed(2, &["markdown"]);
}

#[test]
fn the_schema_can_be_printed() {
    let done = Place::new().goabi(&["schema", "comparison"]);
    done.passed();
    assert!(done.stdout.contains("toolchains_ignored"), "{}", done.stdout);
}
