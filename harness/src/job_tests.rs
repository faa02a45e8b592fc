//! What a unit's facts become for the oracles: never more than was seen.

use super::*;
use goabi_cases::case::Outcome;
use goabi_reports::verdict::Verdict;
use goabi_runners::process::{Ended, Stop};
use goabi_runners::run::{Death, UnitEnd};

const ARG: &str = r#"arg 0 ["i","5"]"#;
const RESULT: &str = r#"res 0 ["i","6"]"#;

fn facts(records: &[&str], complete: bool, end: UnitEnd) -> UnitFacts {
    UnitFacts { unit: 0, records: records.iter().map(|r| (*r).to_string()).collect(), complete, end }
}

fn seen(facts: Option<&UnitFacts>) -> VectorSeen {
    let expected = Expected { args: vec![], outcome: Outcome::Returns(vec![]), trace: None, goroutines: 0 };
    vector_seen(expected, goabi_generators::program::Site::default(), facts)
}

fn died(stopped: Option<Stop>) -> UnitEnd {
    UnitEnd::Died(Death {
        ended: Ended::Signalled(9),
        stopped,
        stderr: String::new(),
        stdout: String::new(),
        emulator: None,
        stood: vec![],
    })
}

#[test]
fn whole_records_are_seen() {
    let f = facts(&["args 1", ARG, "ress 1", RESULT, "returned"], true, UnitEnd::Finished);
    let Fact::Seen(r) = seen(Some(&f)).records else { panic!() };
    assert!(r.args.is_some() && r.results.is_some() && r.returned);
}

#[test]
fn a_unit_that_did_not_run_shows_nothing() {
    let v = seen(None);
    assert_eq!(v.records, Fact::NotRequested);
    assert!(matches!(v.end, UnitEnd::NotRun(_)));
    for end in [UnitEnd::NotRun("never begun".into()), UnitEnd::Untrusted("it lies".into())] {
        // Whatever records it left.
        let f = facts(&["args 1", ARG, "ress 1", RESULT, "returned"], true, end.clone());
        let v = seen(Some(&f));
        assert!(matches!(v.records, Fact::Unavailable(_)), "{:?}", v.records);
        assert_eq!(v.end, end);
    }
}

#[test]
fn records_that_are_cut_short_or_broken_are_not_seen() {
    let incomplete = facts(&["args 1", ARG], false, UnitEnd::Finished);
    assert_eq!(seen(Some(&incomplete)).records, Fact::Unavailable("the unit's records are incomplete".into()));
    for records in [&["args 1", ARG, "ress 2", RESULT, "returned"][..], &["nonsense"], &["res 0 7"]] {
        let broken = facts(records, true, UnitEnd::Finished);
        assert!(matches!(seen(Some(&broken)).records, Fact::Unavailable(_)), "{records:?}");
    }
}

#[test]
fn a_dead_unit_shows_what_it_wrote_but_for_a_torn_last_line() {
    for (records, stopped) in [
        (&["args 1", ARG][..], None),
        (&["args 1", ARG, r#"trace "ha"#], Some(Stop::Output)),
        (&["args 1", ARG, "re"], Some(Stop::Time)),
    ] {
        let Fact::Seen(r) = seen(Some(&facts(records, false, died(stopped)))).records else { panic!("{records:?}") };
        assert!(r.args.is_some() && r.results.is_none() && r.trace.is_empty() && !r.returned);
    }
    // More than the last line is wrong, or results are missing in the middle.
    for records in [&["nonsense", "args 1", ARG][..], &["ress 2", RESULT, "returned"]] {
        let v = seen(Some(&facts(records, false, died(None))));
        assert!(matches!(v.records, Fact::Unavailable(_)), "{:?}", v.records);
    }
    let v = seen(Some(&facts(&[], false, died(None))));
    let Fact::Seen(r) = v.records else { panic!() };
    assert_eq!(r.args, None);
}

#[test]
fn the_end_is_told_in_words() {
    assert_eq!(end_words(&died(None)), "the process was ended by signal 9");
    let stopped = end_words(&died(Some(Stop::Memory)));
    assert_eq!(stopped, "the process was stopped: more memory than its limit");
}

#[test]
fn a_common_file_belongs_to_all_cases_of_its_package() {
    let mut program = generate(
        &[],
        Port {
            arch: goabi_cases::arch::Arch::get("amd64").unwrap(),
            version: goabi_cases::version::GoVersion::TIP,
            takes: false,
            profiled: false,
        },
    );
    for (file, case) in
        [("c/a-b/c_x_case.go", 0), ("u/a-b/c_x_case.go", 0), ("c/a-b/c_y_case.go", 1), ("c/a-c/c_z_case.go", 2)]
    {
        program.owners.insert(file.into(), case);
    }
    assert_eq!(owners(&program, "c/a-b/c_y_case.go"), [1]);
    assert_eq!(owners(&program, "./c/a-b/c_y_case.go"), [1]);
    assert_eq!(owners(&program, "c/a-b/types.go"), [0, 1]);
    assert_eq!(owners(&program, "u/a-b/units.go"), [0]);
    // Goabi's own files are nobody's fault.
    for file in ["main.go", "rt/rt.go", "c/other/types.go"] {
        assert!(owners(&program, file).is_empty(), "{file}");
    }
}

#[test]
fn what_is_not_judged_is_counted_as_unobserved() {
    let cell = goabi_cases::cell::Cell {
        case: goabi_cases::cell::CaseId { topic: "t".into(), file: "f".into(), name: "c".into() },
        toolchain: "go1.27.3".into(),
        target: goabi_cases::cell::Target { goarch: "amd64".into() },
        build: goabi_cases::cell::Build::Opt,
        stress: goabi_cases::stress::Stress::NONE,
        call: "direct".into(),
    };
    let call = goabi_generators::call::by_id("direct").unwrap();
    let result = unjudged(&PlannedCell { cell, case: (0, 0), call, skip: None }, "no such thing".into());
    assert_eq!(result.cell, "t/f/c@go1.27.3/linux-amd64/opt/direct");
    let mut wanted = OracleSummary::default();
    wanted.add(&Verdict::Unobserved("no such thing".into()));
    assert_eq!(result.oracles.values().collect::<Vec<_>>(), [&wanted]);
    assert_eq!((result.findings.len(), result.unobserved.as_slice()), (0, &["no such thing".to_string()][..]));
}
