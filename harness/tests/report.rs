//! `goabi report` from outside, on a record made here: it needs no Go.

use goabi_reports::environment::Host;
use goabi_reports::outcome::{Outcome, Totals};
use goabi_reports::record::{CellRecord, FindingRecord, Record, SCHEMA_VERSION};
use goabi_reports::render::RENDERERS;
use goabi_reports::verdict::{Basis, Finding};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const CELL: &str = "results/mixed/any@go1.27.3/linux-arm64/opt/direct";

fn record() -> Record {
    let finding = Finding {
        oracle: "values".into(),
        cells: vec![CELL.into()],
        path: "vectors[0].results[1]".into(),
        expected: "`a` | b".into(),
        basis: Basis::Case,
        actual: "nil".into(),
        evidence: vec!["vector 0".into()],
        rerun: format!("goabi run '{CELL}'"),
    };
    let cell = |cell: &str, outcome| CellRecord { cell: cell.into(), outcome, oracles: BTreeMap::new(), seconds: None };
    let mut record = Record {
        schema_version: SCHEMA_VERSION,
        goabi_version: "0.1.0".into(),
        started: "2026-11-05T10:00:00Z".into(),
        finished: "2026-11-05T10:00:12Z".into(),
        interrupted: false,
        reused: 0,
        stops: 0,
        command: vec!["/usr/bin/goabi".into(), "run".into(), "results".into()],
        host: Host { os: "linux".into(), goarch: "amd64".into(), cpus: 2 },
        toolchains: vec![],
        emulators: vec![],
        c_compilers: vec![],
        targets: vec!["linux-arm64".into()],
        limits: BTreeMap::new(),
        totals: Totals::default(),
        problems: vec![],
        cells: vec![
            cell(CELL, Outcome::Fail),
            cell("a/b/c@go1.27.3/linux-arm64/opt/inline", Outcome::Known { issue: "golang/go#72053".into() }),
        ],
        findings: vec![FindingRecord { finding, outcome: Outcome::Fail, expectation: None }],
        functions: vec![],
        sources: vec![],
        timings: BTreeMap::from([("wall".into(), 6.5)]),
    };
    record.seal();
    record
}

fn with_record() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("old record.json");
    fs::write(&path, serde_json::to_string(&record()).unwrap()).unwrap();
    (dir, path)
}

fn goabi(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_goabi")).current_dir(dir).args(args).output().unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// It ends with this code, says this, and prints nothing else.
fn fails(done: &Output, code: i32, says: &[&str]) {
    let stderr = said(&done.stderr);
    assert_eq!(done.status.code(), Some(code), "{stderr}");
    assert!(done.stdout.is_empty());
    for text in says {
        assert!(stderr.contains(text), "no `{text}` in: {stderr}");
    }
}

#[test]
fn one_format_is_printed() {
    let (dir, path) = with_record();
    for r in RENDERERS {
        let done = goabi(dir.path(), &["report", "old record.json", "--format", r.id]);
        assert_eq!((done.status.code(), said(&done.stderr)), (Some(0), String::new()));
        assert_eq!(said(&done.stdout), (r.render)(&record()).unwrap(), "{}", r.id);
    }
    let done = goabi(dir.path(), &["report", path.to_str().unwrap(), "--format", "md"]);
    let text = said(&done.stdout);
    assert!(text.starts_with("### ❌ goabi: FAILED: 1 of 2 judged cells fail\n"), "{text}");
    assert!(text.contains("want      `a` | b  (the case says so)\n"), "{text}");
    assert!(text.contains("[golang/go#72053](https://github.com/golang/go/issues/72053): 1 cell\n"), "{text}");
    assert!(text.ends_with("```sh\ngoabi run results\n```\n"), "{text}");
}

#[test]
fn several_go_to_files() {
    let (dir, _) = with_record();
    let done = goabi(
        dir.path(),
        &["report", "old record.json", "--format", "md,junit", "--format", "markdown", "--out", "new/er"],
    );
    assert_eq!(done.status.code(), Some(0), "{}", said(&done.stderr));
    assert_eq!(said(&done.stdout), "new/er/report.md\nnew/er/junit.xml\n");
    assert_eq!(fs::read_dir(dir.path().join("new/er")).unwrap().count(), 2);
    let done = goabi(dir.path(), &["report", "old record.json", "--out", "all"]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done.stderr));
    for r in RENDERERS {
        let text = fs::read_to_string(dir.path().join("all").join(r.file)).unwrap();
        assert_eq!(text, (r.render)(&record()).unwrap(), "{}", r.id);
    }
    fails(&goabi(dir.path(), &["report", "old record.json", "--format", "md,json"]), 2, &["--out"]);
    fails(
        &goabi(dir.path(), &["report", "old record.json"]),
        2,
        &["--format", "json, junit, summary, markdown, html, compatibility", "--out"],
    );
}

#[test]
fn the_record_itself_is_left_alone() {
    let (dir, path) = with_record();
    let own = dir.path().join("record.json");
    fs::rename(path, &own).unwrap();
    let before = fs::read(&own).unwrap();
    let done = goabi(dir.path(), &["report", "record.json", "--out", "."]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done.stderr));
    assert!(said(&done.stdout).contains("left alone"));
    assert_eq!(fs::read(&own).unwrap(), before);
    assert!(dir.path().join("report.md").is_file());
}

#[test]
fn mistakes_are_named() {
    let (dir, path) = with_record();
    let report = |file: &str, format: &str| goabi(dir.path(), &["report", file, "--format", format]);
    fails(
        &report("old record.json", "pdf"),
        2,
        &["no format `pdf`", "json, junit, summary, markdown, html, compatibility"],
    );
    fails(&report("missing.json", "md"), 2, &["cannot read the record missing.json: ", "No such file"]);
    let whole = fs::read_to_string(path).unwrap();
    for (text, says) in [
        (&whole[..whole.len() / 2], "broken.json is no goabi record, or it is broken: EOF"),
        ("[]", "broken.json is no goabi record"),
        (r#"{"schema_version": 99}"#, "use a newer goabi"),
    ] {
        fs::write(dir.path().join("broken.json"), text).unwrap();
        fails(&report("broken.json", "md"), 2, &[says]);
    }
}

#[test]
fn what_cannot_be_written_is_said() {
    let (dir, _) = with_record();
    fs::write(dir.path().join("file"), "").unwrap();
    let done = goabi(dir.path(), &["report", "old record.json", "--format", "md", "--out", "file/below"]);
    fails(&done, 3, &["cannot write file/below/report.md: "]);
    #[cfg(target_os = "linux")]
    {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_goabi"))
            .current_dir(dir.path())
            .args(["report", "old record.json", "--format", "md"])
            .stdout(full)
            .output()
            .unwrap();
        fails(&done, 3, &["cannot write the report: ", "No space left"]);
    }
}
