//! Watching real programs under real debug stubs, by the real `goabi`: calls
//! that are hard to follow are followed, what ends under the debugger costs no
//! other case anything, and nothing is left behind.
#![cfg(target_os = "linux")]

mod common;

use common::{Place, Running, cell, eventually, findings, fixtures, host, toolchain};
use goabi_reports::outcome::Outcome;
use goabi_reports::record::{CellRecord, ProblemKind, Record};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Both oracles that the machine feeds agreed with something, and nothing was
/// left unobserved.
#[track_caller]
fn watched(c: &CellRecord) {
    assert_eq!(c.outcome, Outcome::Pass, "{c:#?}");
    for oracle in ["registers", "dwarf_live"] {
        let o = &c.oracles[oracle];
        assert!(o.agree > 0 && o.disagree == 0 && o.unobserved == 0, "{}: {oracle}: {o:#?}", c.cell);
    }
}

/// Whether programs of the host's port can be watched in that way here; on the
/// CI they must be.
fn can(way: &str) -> bool {
    let name = match way {
        "native" => "gdbserver".to_string(),
        _ => {
            let arch = goabi_cases::arch::Arch::get(host()).unwrap();
            format!("qemu-{}-static", arch.emulator)
        }
    };
    let there = which::which(&name).is_ok();
    assert!(there || std::env::var_os("CI").is_none(), "the CI has {name}");
    if !there {
        eprintln!("skipped: there is no {name}");
    }
    there
}

const WAYS: [&str; 2] = ["native", "emulated"];

#[test]
fn what_is_hard_to_follow_is_followed() {
    toolchain();
    let place = Place::new();
    // 386 keeps no goroutine in a register: there calls are told apart in
    // another way. The machine that runs amd64 programs runs those of 386.
    let natively = if host() == "amd64" { "amd64,386" } else { host() };
    for (way, targets) in WAYS.into_iter().zip([natively, host()]).filter(|(w, _)| can(w)) {
        for build in ["opt", "noopt"] {
            follow(&place, way, targets, build);
        }
    }
}

fn follow(place: &Place, way: &str, targets: &str, build: &str) {
    let cases = fixtures("watched");
    let mut args = vec!["run", "--quiet", "--fresh", "--cases", cases.to_str().unwrap(), "--call", "direct"];
    args.extend(["--out", "out", "--target", targets, "--build", build, "--observe", way]);
    place.goabi(&args).passed();
    place.is_clean();
    let record = place.record();
    record.cells.iter().for_each(watched);
    // A function that begins anew on a larger stack is looked at again: its three
    // arguments. That its time was up, and it began anew for that, is not counted.
    for target in targets.split(',') {
        let oracle = |case: &str, oracle: &str| {
            let start = format!("watched/calls/{case}@");
            let cell =
                record.cells.iter().find(|c| c.cell.starts_with(&start) && c.cell.contains(&format!("-{target}/")));
            cell.unwrap().oracles[oracle].clone()
        };
        let agree = |case: &str| oracle(case, "registers").agree;
        assert_eq!(agree("large_frame"), agree("small_frame") + 3, "{target} {way} {build}");
        // What DWARF says is heard at each place all the same after the stack moved,
        // but where it cannot be told that it did.
        if target != "386" || build == "opt" {
            let heard = |case: &str| {
                let o = oracle(case, "dwarf_live");
                (o.agree, o.not_described, o.inapplicable)
            };
            assert_eq!(heard("grows_below"), heard("stays_below"), "{target} {way} {build}");
        }
    }
}

/// What was not observed of a case, by which oracle.
fn unobserved(record: &Record, case: &str) -> Vec<(String, String)> {
    let c = cell(record, case);
    c.unobserved().map(|(oracle, why)| (oracle.to_string(), why.to_string())).collect()
}

#[test]
fn what_ends_under_the_debugger_costs_no_other_case_anything() {
    toolchain();
    let place = Place::new();
    for (way, words) in WAYS.into_iter().zip(["natively", "under the emulator"]).filter(|(w, _)| can(w)) {
        let more = ["--fresh", "--observe", way, "--watch-timeout", "2", "--max-output", "4"];
        place.run(&fixtures("unwatchable"), &more).failed(1, &[]);
        place.is_clean();
        let record = place.record();
        assert_eq!(record.limits["watch_seconds"], 2);
        for case in ["first", "second", "third", "last"] {
            watched(cell(&record, &format!("unwatchable/only_there/{case}")));
        }
        for (case, why) in [
            ("hangs", "under the debugger it took longer than 2 s"),
            ("exits", "the process exited with status 3"),
            ("panics", "the process exited with status 2"),
            ("floods", "the process under the debugger was stopped: more output than its limit"),
        ] {
            let id = format!("unwatchable/only_there/{case}");
            assert_eq!(findings(&record, &id), [] as [&_; 0], "{case}");
            assert_eq!(cell(&record, &id).outcome, Outcome::Fail);
            let want = format!("vectors[0].return: {why} ({words})");
            let said = unobserved(&record, &id);
            let [registers, (oracle, why)] = said.as_slice() else { panic!("{case}: {said:?}") };
            assert_eq!(*registers, ("registers".to_string(), want), "{case}");
            // It ends there as well when it is stepped through.
            assert!(oracle == "unwind" && why.contains("lost before it returned"), "{case}: {why}");
        }
        let id = "unwatchable/only_there/kills_the_debugger";
        let said = unobserved(&record, id);
        let ended = ["the debug stub went away", "the process was ended by signal 9", "ended by signal 9 before"];
        assert_eq!(said.iter().map(|(oracle, _)| oracle.as_str()).collect::<Vec<_>>(), ["registers", "unwind"]);
        assert!(said.iter().all(|(_, why)| ended.iter().any(|e| why.contains(e))), "{said:?}");
        assert_eq!(cell(&record, id).outcome, Outcome::Fail);
        assert_eq!(record.findings, []);
    }
}

/// A folder for PATH that holds these programs and nothing else.
fn path_of(place: &Place, programs: &[&str]) -> PathBuf {
    let folder = place.path("path");
    fs::create_dir(&folder).unwrap();
    for p in programs {
        std::os::unix::fs::symlink(which::which(p).unwrap(), folder.join(p)).unwrap();
    }
    folder
}

fn script(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A place whose cache has toolchains, but neither emulators nor gdbserver.
fn bare() -> Place {
    let place = Place::without_artifacts();
    fs::remove_file(place.path("cache/emulators")).unwrap();
    place
}

fn run_with_path(place: &Place, path: &Path, more: &[&str]) -> common::Done {
    let args = place.run_args(&fixtures("sabotage"), more);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let path = format!("{}:/usr/sbin", path.display());
    common::Done::of(Command::env(&mut place.command(&args), "PATH", path))
}

/// All cells passed without the machine, for this reason, which is told.
#[track_caller]
fn skipped(place: &Place, done: &common::Done, why: &str) {
    done.passed();
    assert!(done.stdout.contains(why), "{}", done.stdout);
    let record = place.record();
    assert_eq!(record.totals.pass, 3);
    let told: Vec<_> = record.problems.iter().map(|p| p.kind).collect();
    assert_eq!(told, [ProblemKind::NotWatched]);
    assert!(record.problems[0].message.contains(why), "{:?}", record.problems);
    for c in &record.cells {
        let o = &c.oracles["dwarf_live"];
        assert_eq!((o.agree, o.unobserved), (0, 0));
        assert!(o.inapplicable_because.keys().any(|k| k.contains(why)), "{o:#?}");
        assert!(c.oracles["registers"].inapplicable_because.keys().any(|k| k.contains(why)));
    }
    place.is_clean();
}

#[test]
fn without_a_gdbserver_nothing_is_watched_and_that_is_said() {
    toolchain();
    let place = bare();
    let path = path_of(&place, &[]);
    let done = run_with_path(&place, &path, &["--offline", "--observe", "native"]);
    skipped(&place, &done, "gdbserver");
}

#[test]
fn an_emulator_without_a_debug_stub_says_so() {
    toolchain();
    if !can("emulated") {
        return;
    }
    let place = bare();
    let path = path_of(&place, &[]);
    let name = format!("qemu-{}-static", goabi_cases::arch::Arch::get(host()).unwrap().emulator);
    let real = which::which(&name).unwrap();
    let real = real.display();
    let text = format!(
        "#!/bin/sh\ncase \"$1\" in\n-g) echo \"qemu: unknown option 'g'\" >&2; exit 1;;\n\
         -h) echo usage: qemu; exit 0;;\n*) exec {real} \"$@\";;\nesac\n"
    );
    script(&path.join(&name), &text);
    let done = run_with_path(&place, &path, &["--offline", "--observe", "emulated"]);
    skipped(&place, &done, "has no debug stub");
}

#[test]
fn an_emulator_that_dies_before_it_can_be_spoken_to_is_not_skipped() {
    toolchain();
    if !can("emulated") {
        return;
    }
    let place = bare();
    let path = path_of(&place, &[]);
    let name = format!("qemu-{}-static", goabi_cases::arch::Arch::get(host()).unwrap().emulator);
    let real = which::which(&name).unwrap();
    let real = real.display();
    // It has a stub, and is killed whenever that is to be used.
    let text = format!("#!/bin/sh\ncase \"$1\" in\n-g) kill -KILL $$;;\n*) exec {real} \"$@\";;\nesac\n");
    script(&path.join(&name), &text);
    run_with_path(&place, &path, &["--offline", "--observe", "emulated"]).failed(1, &[]);
    place.is_clean();
    let record = place.record();
    assert_eq!((record.totals.pass, record.totals.fail, record.findings.len()), (0, 3, 0));
    for c in &record.cells {
        let all: Vec<_> = c.unobserved().collect();
        assert!(
            all.iter().all(|(_, why)| why.contains("was ended by signal 9 before it could be spoken to")),
            "{all:?}"
        );
        assert_eq!(all.iter().map(|(o, _)| *o).collect::<Vec<_>>(), ["dwarf_live", "registers", "unwind"]);
    }
}

#[test]
fn an_interruption_leaves_no_debugger_and_no_folder() {
    let (provision, _) = toolchain();
    for way in WAYS.into_iter().filter(|w| can(w)) {
        let place = Place::new();
        let more = ["--fresh", "--observe", way, "--watch-timeout", "100000"];
        let args = place.run_args(&fixtures("interrupted"), &more);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut running = Running(place.command(&args).stdout(Stdio::null()).spawn().unwrap());
        let begun = || {
            let folders = fs::read_dir(place.tmp()).unwrap().flatten();
            let mut debug = folders.filter(|e| e.file_name().to_string_lossy().starts_with("goabi-debug-"));
            debug.any(|e| e.path().join("work/begun").exists()).then_some(())
        };
        eventually("the case to begin", begun);
        let alive = place.processes();
        let stub = if way == "native" { "gdbserver" } else { "qemu-" };
        assert!(alive.iter().any(|p| p.contains(stub)), "the check below would see nothing: {alive:?}");
        assert!(alive.iter().any(|p| p.contains("sleep")), "the check below would see nothing: {alive:?}");
        running.interrupt();
        assert_eq!(running.end(), Some(130));
        place.is_clean();
        let tmp = provision.cache.root().join("tmp");
        let mine = format!("{}-", running.0.id());
        let left = fs::read_dir(tmp).unwrap().flatten().filter(|e| e.file_name().to_string_lossy().starts_with(&mine));
        assert_eq!(left.count(), 0);
        assert!(place.record().interrupted);
    }
}
