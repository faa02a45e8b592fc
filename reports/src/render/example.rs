//! A record made by hand, with a cell of every outcome, for the tests.

use crate::coordinate::rerun;
use crate::environment::{Emulator, Host, Toolchain};
use crate::function::{CodeRecord, FunctionRecord, InstructionRecord, LocationRecord, SourceRecord, VariableRecord};
use crate::outcome::{Outcome, Totals};
use crate::record::{CellRecord, FindingRecord, OracleSummary, Problem, ProblemKind, Record, SCHEMA_VERSION};
use crate::verdict::{Basis, Finding, Verdict};
use std::collections::BTreeMap;

fn finding(oracle: &str, cells: &[&str], path: &str, want: &str, basis: Basis, got: &str) -> Finding {
    Finding {
        oracle: oracle.into(),
        cells: cells.iter().map(ToString::to_string).collect(),
        path: path.into(),
        expected: want.into(),
        basis,
        actual: got.into(),
        evidence: vec![
            "vector 0: args 7, Pair{A: -1}".into(),
            "func(n int, p Pair) (v any, b []byte, err error)".into(),
        ],
        rerun: rerun(cells[0]),
    }
}

fn cell(cell: &str, outcome: Outcome, oracles: &[(&str, &[Verdict])]) -> CellRecord {
    let mut summaries: BTreeMap<String, OracleSummary> = BTreeMap::new();
    for (id, verdicts) in oracles {
        let summary = summaries.entry((*id).into()).or_default();
        verdicts.iter().for_each(|v| summary.add(v));
    }
    CellRecord { cell: cell.into(), outcome, oracles: summaries, seconds: None }
}

fn function(target: &str, code: &[(&str, Option<&str>)], locations: &[&str]) -> FunctionRecord {
    let instructions = (0..).step_by(4).zip(code).map(|(offset, (text, mark))| InstructionRecord {
        offset,
        text: (*text).into(),
        line: Some(3),
        mark: mark.map(str::to_string),
    });
    FunctionRecord {
        case: "results/mixed/any_bytes_error".into(),
        toolchain: "go1.27.3".into(),
        target: target.into(),
        build: "opt".into(),
        symbol: "goabi/c/results/mixed.F".into(),
        calls: vec!["direct".into(), "func_value".into()],
        assignment: vec!["IN 0: R{ I0 } spilloffset: 0 typ: int".into()],
        code: Some(CodeRecord { text_bytes: 8, frame_bytes: Some(0), instructions: Some(2) }),
        variables: vec![VariableRecord {
            name: "v".into(),
            result: true,
            ty: "interface {}".into(),
            assigned: "R{ I0 I1 }".into(),
            locations: locations.iter().map(|p| LocationRecord { range: Some((0, 8)), place: (*p).into() }).collect(),
            described: None,
        }],
        instructions: instructions.collect(),
        not_disassembled: None,
    }
}

/// The record, sealed.
pub fn record() -> Record {
    const PASS: &str = "results/classic/add@go1.27.3/linux-amd64/opt/direct";
    const PERMITTED: &str = "permitted/operations/fused@go1.27.3/linux-arm64/opt/direct";
    const KNOWN: &str = "structs/padding/tail@go1.27.3/linux-arm64/opt/direct";
    const FIXED: &str = "bodies/hand/caught@go1.27.3/linux-arm64/noopt/direct";
    const FAIL: &str = "results/mixed/any_bytes_error@go1.27.3/linux-arm64/opt/direct";
    const SILENT: &str = "results/mixed/silent@go1.27.3/linux-arm64/opt/inline";
    const FLAKY: &str = "panics/order/twice@go1.27.3/linux-amd64/noopt/direct";
    const SKIPPED: &str = "params/wide/int64@go1.24.3/linux-386/opt/direct";

    let fails =
        finding("values", &[FAIL, PASS], "vectors[0].results[2].dynamic", "*errors.errorString", Basis::Case, "nil");
    let known = finding(
        "dwarf",
        &[KNOWN],
        "params[0].pieces",
        "R0+0:1 R0+4:4 R1+0:8",
        Basis::Spec,
        "1, 4 and 8 bytes: 13 of 16",
    );
    let flaky = finding("panics", &[FLAKY], "vectors[1].trace", "a, b", Basis::Peer, "b, a");
    let permitted = finding("values", &[PERMITTED], "vectors[0].results[0]", "0", Basis::Peer, "5e-17");
    let disagree = |f: &Finding| Verdict::Disagree(f.clone());
    let unseen = || Verdict::Unobserved("the transcript ends after vector 0".into());
    let no_dwarf = || Verdict::Inapplicable("a body without parameters".into());

    let mut cells = vec![
        cell(
            PASS,
            Outcome::Pass,
            &[("values", &[Verdict::Agree, Verdict::Agree]), ("dwarf", &[Verdict::NotDescribed])],
        ),
        cell(
            KNOWN,
            Outcome::Known { issue: "golang/go#72053".into() },
            &[("values", &[Verdict::Agree]), ("dwarf", &[disagree(&known)])],
        ),
        cell(PERMITTED, Outcome::Permitted { rule: "fused_multiply_add".into() }, &[("values", &[Verdict::Agree])]),
        cell(FIXED, Outcome::Fixed { issue: "golang/go#73916".into() }, &[("panics", &[Verdict::Agree])]),
        cell(FAIL, Outcome::Fail, &[("values", &[Verdict::Agree, disagree(&fails)]), ("dwarf", &[no_dwarf()])]),
        cell(SILENT, Outcome::Fail, &[("values", &[Verdict::Agree, unseen()])]),
        cell(FLAKY, Outcome::Flaky, &[("panics", &[disagree(&flaky)])]),
        cell(SKIPPED, Outcome::Skipped { reason: "int is 32 bits wide on 386: 1 << 40 does not fit".into() }, &[]),
    ];
    cells[0].seconds = Some(0.25);
    let finding_record = |finding: Finding, outcome: Outcome, expectation: Option<&str>| FindingRecord {
        finding,
        outcome,
        expectation: expectation.map(str::to_string),
    };
    let toolchain = |label: &str, fingerprint: &str, origin: &str| Toolchain {
        label: label.into(),
        version: label.into(),
        fingerprint: fingerprint.into(),
        origin: origin.into(),
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
        toolchains: vec![
            toolchain("go1.24.3", "sha256:0badc0de", "PyPI"),
            toolchain("go1.27.3", "sha256:5eed", "PATH"),
        ],
        emulators: vec![Emulator {
            goarch: "arm64".into(),
            path: "/usr/bin/qemu-aarch64-static".into(),
            version: "qemu-aarch64 version 7.2.9".into(),
        }],
        c_compilers: vec![],
        targets: vec!["linux-amd64".into(), "linux-arm64".into(), "linux-386".into()],
        limits: BTreeMap::from([("run_seconds".into(), 10), ("output_bytes".into(), 1 << 20)]),
        totals: Totals::default(),
        problems: vec![
            Problem {
                kind: ProblemKind::NotBuilt,
                toolchain: Some("go1.27.3".into()),
                cell: Some("bodies/hand/broken@go1.27.3/linux-amd64/opt/direct".into()),
                message: "go build: exit status 1\n./case.go:7:2: undefined: x".into(),
            },
            Problem {
                kind: ProblemKind::Missing,
                toolchain: None,
                cell: None,
                message: "no emulator for riscv64: install qemu-user-static".into(),
            },
        ],
        cells,
        findings: vec![
            finding_record(fails, Outcome::Fail, None),
            finding_record(known, Outcome::Known { issue: "golang/go#72053".into() }, Some("dwarf-padding-pieces")),
            finding_record(
                permitted,
                Outcome::Permitted { rule: "fused_multiply_add".into() },
                Some("permitted.yaml:3"),
            ),
            finding_record(flaky, Outcome::Flaky, None),
        ],
        functions: vec![
            function("linux-amd64", &[("XORL AX, AX", Some("entry")), ("RET", Some("return"))], &["RAX:8 RBX:8"]),
            function("linux-arm64", &[("MOVD ZR, R0", Some("entry")), ("RET", Some("return"))], &[]),
        ],
        sources: vec![SourceRecord {
            case: "results/mixed/any_bytes_error".into(),
            files: BTreeMap::from([(
                "c/results/mixed/any_bytes_error_case.go".into(),
                "package p\n\nfunc F(n int, p Pair) (v any, b []byte, err error) {\n\treturn\n}\n".into(),
            )]),
        }],
        timings: BTreeMap::from([("build".into(), 8.5), ("run".into(), 3.25), ("wall".into(), 6.5)]),
    };
    record.seal();
    record
}
