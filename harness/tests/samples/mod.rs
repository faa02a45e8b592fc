//! Records made by hand, of any size, for the tests of what shows them.

use goabi_reports::environment::{Host, Toolchain};
use goabi_reports::function::{
    CodeRecord, FunctionRecord, InstructionRecord, LocationRecord, SourceRecord, VariableRecord,
};
use goabi_reports::outcome::{Outcome, Totals};
use goabi_reports::record::{CellRecord, FindingRecord, OracleSummary, Record, SCHEMA_VERSION};
use goabi_reports::verdict::{Basis, Finding, Verdict};
use std::collections::BTreeMap;

pub const TOOLCHAIN: &str = "go1.27.3";
pub const TARGETS: [&str; 2] = ["linux-amd64", "linux-arm64"];
pub const BUILDS: [&str; 2] = ["opt", "noopt"];
pub const CALLS: [&str; 4] = ["direct", "func_value", "inline", "interface_method"];
/// The case whose results fail on arm64, optimised, called directly.
pub const FAILING: &str = "results/mixed/case_1";
/// The case that is known to fail everywhere.
pub const KNOWN: &str = "structs/padding/case_2";
/// Tries to be markup wherever it stands.
pub const HOSTILE: &str = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>\"'`&amp;";

/// A record of so many cases in three topics, each on two targets, in two
/// builds, called in four ways.
pub fn record(cases: usize) -> Record {
    let topics = ["panics/order", "results/mixed", "structs/padding"];
    let mut record = empty();
    for number in 0..cases {
        let case = format!("{}/case_{number}", topics[number % topics.len()]);
        for target in TARGETS {
            for build in BUILDS {
                for call in CALLS {
                    add(&mut record, &case, target, build, call);
                }
                for calls in [&["direct", "func_value"][..], &["inline"], &["interface_method"]] {
                    record.functions.push(function(&case, target, build, calls));
                }
            }
        }
    }
    record.sources.push(SourceRecord {
        case: FAILING.into(),
        files: BTreeMap::from([("c/case.go".into(), format!("package p\n\n// {HOSTILE}\nfunc F() (v any)\n"))]),
    });
    record.seal();
    record
}

fn add(record: &mut Record, case: &str, target: &str, build: &str, call: &str) {
    let cell = format!("{case}@{TOOLCHAIN}/{target}/{build}/{call}");
    let mut values = OracleSummary::default();
    values.add(&Verdict::Agree);
    let mut outcome = Outcome::Pass;
    if case == FAILING && (target, build, call) == ("linux-arm64", "opt", "direct") {
        outcome = Outcome::Fail;
        let path = "vectors[0].results[2].dynamic";
        record.findings.push(finding("values", &cell, path, "*errors.errorString: boom", HOSTILE, &outcome));
    } else if case == KNOWN {
        outcome = Outcome::Known { issue: "golang/go#72053".into() };
        let path = "vectors[0].dwarf.params[0].location";
        record.findings.push(finding("dwarf", &cell, path, "I0[1] -[3] I1[4] = 8", "I0[1] I1[4] = 5", &outcome));
    }
    let oracles = BTreeMap::from([("values".to_string(), values)]);
    record.cells.push(CellRecord { cell, outcome, oracles, seconds: None });
}

fn finding(oracle: &str, cell: &str, path: &str, want: &str, got: &str, outcome: &Outcome) -> FindingRecord {
    let finding = Finding {
        oracle: oracle.into(),
        cells: vec![cell.into()],
        path: path.into(),
        expected: want.into(),
        basis: Basis::Case,
        actual: got.into(),
        evidence: vec!["vector 0: args 7".into(), HOSTILE.into()],
        rerun: format!("goabi run '{cell}'"),
    };
    FindingRecord { finding, outcome: outcome.clone(), expectation: None }
}

fn function(case: &str, target: &str, build: &str, calls: &[&str]) -> FunctionRecord {
    let register = if target == "linux-amd64" { "RAX RBX" } else { "R0 R1" };
    let variable = |name: &str, result: bool, assigned: &str, opt: &[&str]| VariableRecord {
        name: name.into(),
        result,
        ty: "interface {}".into(),
        assigned: assigned.into(),
        locations: opt.iter().map(|p| LocationRecord { range: Some((0, 31)), place: (*p).into() }).collect(),
        described: None,
    };
    let frame: &[&str] = if build == "opt" { &[] } else { &["fbreg(-24)"] };
    let instruction = |offset: u64, text: &str, mark: Option<&str>| InstructionRecord {
        offset,
        text: text.into(),
        line: Some(4),
        mark: mark.map(str::to_string),
    };
    let instructions = if case == FAILING {
        vec![
            instruction(0, &format!("MOV {register}"), Some("entry")),
            instruction(4, "NOP", None),
            instruction(8, "RET", Some("return")),
        ]
    } else {
        vec![]
    };
    FunctionRecord {
        case: case.into(),
        toolchain: TOOLCHAIN.into(),
        target: target.into(),
        build: build.into(),
        symbol: format!("goabi.test/c/{case}.F"),
        calls: calls.iter().map(ToString::to_string).collect(),
        assignment: vec!["IN 0: R{ I0 I1 } spilloffset: 0 typ: interface {}".into()],
        code: Some(CodeRecord { text_bytes: 31, frame_bytes: Some(16), instructions: Some(3) }),
        variables: vec![
            variable("a", false, "R{ I0 I1 }", &[register]),
            variable("~r0", true, "R{ I0 I1 }", frame),
            variable("~r1", true, "R{ I2 }", frame),
        ],
        instructions,
        not_disassembled: None,
    }
}

fn empty() -> Record {
    Record {
        schema_version: SCHEMA_VERSION,
        goabi_version: "0.1.0".into(),
        started: "2026-11-05T10:00:00Z".into(),
        finished: "2026-11-05T10:00:12Z".into(),
        interrupted: false,
        reused: 0,
        stops: 0,
        command: vec!["goabi".into(), "run".into()],
        host: Host { os: "linux".into(), goarch: "amd64".into(), cpus: 2 },
        toolchains: vec![Toolchain {
            label: TOOLCHAIN.into(),
            version: TOOLCHAIN.into(),
            fingerprint: "sha256:5eed".into(),
            origin: "PATH".into(),
        }],
        emulators: vec![],
        c_compilers: vec![],
        targets: TARGETS.map(str::to_string).to_vec(),
        limits: BTreeMap::new(),
        totals: Totals::default(),
        problems: vec![],
        cells: vec![],
        findings: vec![],
        functions: vec![],
        sources: vec![],
        timings: BTreeMap::from([("wall".into(), 6.5)]),
    }
}
