//! Hostile programs, run by the real `goabi`: each is recorded as what it did,
//! and costs no other case its result.
#![cfg(target_os = "linux")]

mod common;

use common::{Place, Running, cell, eventually, fails, findings, fixtures, toolchain};
use goabi_reports::outcome::Outcome;
use goabi_reports::record::{ProblemKind, Record};
use std::path::Path;
use std::process::Stdio;

#[track_caller]
fn passes(record: &Record, cases: &[&str]) {
    for case in cases {
        let cell = cell(record, case);
        assert_eq!(cell.outcome, Outcome::Pass, "{case}: {:#?}", findings(record, case));
        for (oracle, o) in &cell.oracles {
            // What has no parameters and results to look at would pass, too.
            assert!(o.agree > 0, "{case}: {oracle} agreed with nothing");
        }
    }
}

#[track_caller]
fn counts(record: &Record, pass: u32, fail: u32) {
    assert_eq!((record.totals.pass, record.totals.fail, record.totals.all()), (pass, fail, pass + fail));
    assert!(!record.interrupted);
}

const OUTCOME: &str = "vectors[0].outcome";

#[test]
fn each_does_what_it_does_and_the_others_pass() {
    toolchain();
    let place = Place::new();
    // A limit on time is for those that hang: these are not to depend on it.
    let limits = ["--timeout", "120", "--max-output", "4", "--max-memory", "300"];
    let done = place.run(&fixtures("hostile"), &limits);
    done.failed(1, &[]);
    place.is_clean();
    let record = place.record();
    counts(&record, 13, 15);

    passes(&record, &["builds/rejected/before", "builds/rejected/after"]);
    let file = |case: &str| format!("c/builds-rejected/c_{case}_case.go");
    let built = |case: &str| {
        let found = findings(&record, &format!("builds/rejected/{case}"));
        assert_eq!((found.len(), found[0].oracle.as_str(), found[0].path.as_str()), (1, "build", "build"));
        assert!(found[0].actual.starts_with(&file(case)), "{}", found[0].actual);
        std::iter::once(&found[0].actual).chain(&found[0].evidence).cloned().collect::<Vec<_>>().join("\n")
    };
    assert!(built("type_error").contains("cannot use n (variable of type int64) as string value"));
    let both = built("unused");
    assert!(both.contains("declared and not used") && both.contains("undefined: missing"), "{both}");
    let problems: Vec<_> = record.problems.iter().map(|p| (p.kind, p.cell.clone())).collect();
    let rejected =
        |case: &str| (ProblemKind::NotBuilt, Some(cell(&record, &format!("builds/rejected/{case}")).cell.clone()));
    assert_eq!(problems, [rejected("type_error"), rejected("unused")]);

    let fails = |case: &str, path: &str, actual: &str| fails(&record, case, "panics", path, actual);
    passes(&record, &["ends/exits/first", "ends/exits/between", "ends/exits/last"]);
    passes(&record, &["ends/exits/child_left", "ends/exits/litters"]);
    fails("ends/exits/exit_zero", OUTCOME, "died: exited with status 0, nothing on stderr");
    fails("ends/exits/exit_three", OUTCOME, "died: exited with status 3, nothing on stderr");
    fails("ends/exits/closes", OUTCOME, "died: exited with status 75, nothing on stderr");
    fails("ends/exits/killed", OUTCOME, "died: was ended by signal 9, nothing on stderr");
    let asleep = "died: exited with status 2, fatal error: all goroutines are asleep - deadlock!";
    fails("ends/exits/deadlock", OUTCOME, asleep);
    // Not its first vector, and not its last.
    fails("ends/exits/surprise", "vectors[1].outcome", "died: exited with status 2, panic: surprise");
    fails("ends/exits/survives", OUTCOME, "returned");

    passes(&record, &["floods/output/first", "floods/output/last"]);
    passes(&record, &["floods/output/a_megabyte", "floods/output/a_megabyte_then_dead"]);
    fails("floods/output/stdout", OUTCOME, "stopped: more output than its limit");
    fails("floods/output/events", OUTCOME, "stopped: more output than its limit");
    fails("floods/output/memory", OUTCOME, "stopped: more memory than its limit");

    passes(&record, &["values/planted/right", "values/planted/right_again"]);
    common::fails(&record, "values/planted/wrong_result", "values", "vectors[1].results[1]", "\"a!\"");
    fails("values/planted/wrong_panic", "vectors[0].recovered.dynamic", "7");
    fails("values/planted/wrong_order", "vectors[0].trace", "two, one");
}

#[test]
fn what_hangs_is_stopped_with_its_children() {
    toolchain();
    let place = Place::new();
    place.run(&fixtures("hangs"), &["--timeout", "2"]).failed(1, &[]);
    place.is_clean();
    let record = place.record();
    counts(&record, 3, 2);
    passes(&record, &["hangs/forever/before", "hangs/forever/after", "hangs/forever/last"]);
    for case in ["hangs/forever/spin", "hangs/forever/waits_for_a_child"] {
        fails(&record, case, "panics", OUTCOME, "stopped: no progress within the time limit");
    }
    assert_eq!(record.limits["run_seconds"], 2);
}

#[test]
fn what_harms_the_machine_is_stopped_and_leaves_nothing() {
    toolchain();
    let place = Place::new();
    let limits = ["--timeout", "2", "--max-output", "4", "--max-memory", "300"];
    place.run(&fixtures("storms"), &limits).failed(1, &[]);
    place.is_clean();
    let record = place.record();
    counts(&record, 4, 5);
    passes(
        &record,
        &["first", "sessions", "storm", "last"].map(|c| format!("storms/unruly/{c}")).each_ref().map(|s| &**s),
    );
    let fails = |case: &str, actual: &str| fails(&record, &format!("storms/unruly/{case}"), "panics", OUTCOME, actual);
    fails("deaf", "stopped: no progress within the time limit");
    fails("dumps_core", "died: was ended by signal 6, panic: dumped");
    fails("stderr", "stopped: more output than its limit");
    fails("files", "stopped: more output than its limit");
    fails("children_with_memory", "stopped: more memory than its limit");
}

/// Whether a case wrote a file of that name into its working folder.
fn wrote(place: &Place, name: &str) -> Option<()> {
    let folders = std::fs::read_dir(place.tmp()).unwrap().flatten();
    folders.map(|e| e.path().join("work").join(name)).any(|p| p.exists()).then_some(())
}

/// The temporary things that a process has in a cache.
fn left_in(cache: &Path, process: u32) -> Vec<String> {
    let start = format!("{process}-");
    // The folder is not there before the first goabi.
    let names = std::fs::read_dir(cache.join("tmp")).into_iter().flatten().flatten();
    names.map(|e| e.file_name().to_string_lossy().into_owned()).filter(|n| n.starts_with(&start)).collect()
}

#[test]
fn an_interrupted_run_leaves_reports_and_nothing_else() {
    let (provision, _) = toolchain();
    let place = Place::new();
    let args = place.run_args(&fixtures("hangs"), &["--timeout", "100000", "hangs/forever/spin"]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut running = Running(place.command(&args).stdout(Stdio::null()).spawn().unwrap());
    eventually("the case to begin", || wrote(&place, "begun"));
    assert!(!left_in(provision.cache.root(), running.0.id()).is_empty(), "the check below would see nothing");
    assert!(place.processes().len() > 1, "the check below would see nothing");
    running.interrupt();
    assert_eq!(running.end(), Some(130));
    place.is_clean();
    assert_eq!(left_in(provision.cache.root(), running.0.id()), [""; 0]);
    let record = place.record();
    assert!(record.interrupted);
    // Nothing is said of a case that did not come to its end.
    assert!(record.cells.is_empty() && record.findings.is_empty(), "{:#?}", record.cells);
    let junit = std::fs::read_to_string(place.path("out/junit.xml")).unwrap();
    assert!(junit.contains("<testsuites"), "{junit}");
}

#[test]
fn an_interrupted_build_leaves_nothing() {
    toolchain();
    let mut place = Place::without_artifacts();
    // The standard library is to be compiled, which takes its time.
    let cache = place.path("cache");
    std::fs::remove_file(cache.join("gocache")).unwrap();
    place.cache = Some(cache.clone());
    let args = place.run_args(&fixtures("hangs"), &[]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut running = Running(place.command(&args).stdout(Stdio::null()).spawn().unwrap());
    // Before that, goabi asks the toolchain some questions.
    let builds = || {
        let mine = left_in(&cache, running.0.id()).into_iter().find(|n| !n.ends_with(".lock"))?;
        let scratch = cache.join("tmp").join(mine).join("build-");
        (!processes_of(&scratch).is_empty()).then_some(())
    };
    eventually("the compiler to run", builds);
    running.interrupt();
    assert_eq!(running.end(), Some(130));
    place.is_clean();
    assert_eq!(processes_of(&cache), [""; 0]);
    assert_eq!(left_in(&cache, running.0.id()), [""; 0]);
    let programs = std::fs::read_dir(cache.join("artifacts")).unwrap().flatten();
    let programs: Vec<_> = programs
        .flat_map(|shelf| std::fs::read_dir(shelf.path()).unwrap().flatten())
        .filter(|e| e.path().is_dir())
        .collect();
    assert!(programs.is_empty(), "{programs:?}");
    assert!(place.record().interrupted);
}

/// Command lines of go tools that work for a folder: its path, or the start of
/// it, is in their arguments or environment.
fn processes_of(start: &Path) -> Vec<String> {
    let mark = start.as_os_str().as_encoded_bytes();
    let mut out = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(mut text) = std::fs::read(entry.path().join("environ")) else { continue };
        // goabi itself names the cache in its environment.
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        text.extend_from_slice(line.as_bytes());
        if !line.starts_with(env!("CARGO_BIN_EXE_goabi")) && text.windows(mark.len()).any(|w| w == mark) {
            out.push(line);
        }
    }
    out
}
