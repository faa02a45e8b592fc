//! Calls through C: what crosses, on each port that has a compiler; and what is
//! said where there is none, or none that does it.
#![cfg(target_os = "linux")]

mod common;

use common::{Place, fixtures, host, toolchain};
use goabi_reports::outcome::Outcome;
use goabi_reports::record::Record;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const KINDS: &str = "c_caller,c_callback";

/// The outcomes by case and call, of one target.
fn outcomes<'a>(record: &'a Record, goarch: &str) -> BTreeMap<(&'a str, &'a str), &'a Outcome> {
    let place = format!("/linux-{goarch}/");
    let of = record.cells.iter().filter(|c| c.cell.contains(&place));
    of.map(|c| {
        let (case, _) = c.cell.split_once('@').unwrap();
        ((case.rsplit('/').next().unwrap(), c.cell.rsplit('/').next().unwrap()), &c.outcome)
    })
    .collect()
}

/// The host natively, and a port under its emulator that is not the host's.
#[test]
fn values_cross_c_both_ways() {
    let other = if host() == "arm64" { "riscv64" } else { "arm64" };
    let place = Place::new();
    let targets = format!("{},{other}", host());
    let cases = fixtures("cgo");
    let done = place.goabi(&[
        "run",
        "--quiet",
        "--cases",
        cases.to_str().unwrap(),
        "--target",
        &targets,
        "--build",
        "opt,noopt",
        "--call",
        KINDS,
        "--observe",
        "none",
        "--out",
        "out",
    ]);
    let record = place.record();
    assert!(record.findings.is_empty(), "{:#?}\n{done:?}", record.findings);
    for goarch in [host(), other] {
        let all = outcomes(&record, goarch);
        assert_eq!(all.len(), 20, "{all:#?}");
        let compiler = record.c_compilers.iter().find(|c| c.goarch == goarch);
        if compiler.is_none() && goarch == other && std::env::var_os("CI").is_none() {
            eprintln!("skipped: no C compiler for {other}");
            continue;
        }
        assert!(compiler.is_some_and(|c| !c.version.is_empty()), "{goarch}: {all:#?}");
        for ((case, call), outcome) in all {
            let reason = match (case, call) {
                ("structs", _) => Some("exports no function that takes or returns a struct by value"),
                ("by_the_caller" | "goexit", "c_caller") => Some("cannot leave it"),
                _ => None,
            };
            match (outcome, reason) {
                (Outcome::Pass, None) => {}
                (Outcome::Skipped { reason: said }, Some(why)) => assert!(said.contains(why), "{case} {call}: {said}"),
                _ => panic!("{goarch} {case} {call}: {outcome:?}\n{done:?}"),
            }
        }
    }
    place.is_clean();
}

/// A PATH of its own with such commands, and a cache without C compilers.
fn bare(commands: &[(&str, &str)]) -> (Place, String) {
    let mut place = Place::new();
    let (provision, toolchain) = toolchain();
    let cache = place.dir.path().join("cache");
    std::fs::create_dir(&cache).unwrap();
    for part in ["toolchains", "gocache", "fingerprints"] {
        std::os::unix::fs::symlink(provision.cache.root().join(part), cache.join(part)).unwrap();
    }
    place.cache = Some(cache);
    for (name, text) in commands {
        let path = place.write(&format!("bin/{name}"), &format!("#!/bin/sh\n{text}\n"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    (place, toolchain.goroot.to_str().unwrap().to_string())
}

fn run_bare(commands: &[(&str, &str)]) -> Record {
    let (place, go) = bare(commands);
    let call = format!("direct,{KINDS}");
    let cases = fixtures("cgo");
    let args =
        ["run", "--quiet", "--cases", cases.to_str().unwrap(), "--target", host(), "--build", "opt", "--go", &go];
    let mut cmd = place.command(&args);
    let cmd = cmd.args(["--call", &call, "--observe", "none", "--out", "out"]).env("PATH", place.path("bin"));
    common::Done::of(cmd).passed();
    place.record()
}

/// Why cells of a case that does cross are skipped; `direct` is not.
#[track_caller]
fn reason(record: &Record) -> String {
    let all = outcomes(record, host());
    assert_eq!(all[&("named", "direct")], &Outcome::Pass);
    assert_eq!(all[&("named", "c_caller")], all[&("named", "c_callback")]);
    assert!(record.c_compilers.is_empty());
    match all[&("named", "c_caller")] {
        Outcome::Skipped { reason } => reason.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_a_compiler_cells_are_skipped_with_the_remedy() {
    let said = reason(&run_bare(&[]));
    let want = format!("no C compiler for linux-{0}: `goabi setup --cgo --target {0}` brings one, or install", host());
    assert!(said.starts_with(&want), "{said}");
}

#[test]
fn a_compiler_that_builds_nothing_is_told_with_its_own_words() {
    let fails = "case $1 in --version) echo false-gcc 1;; *) echo 'cannot find -lc' >&2; exit 1;; esac";
    let said = reason(&run_bare(&[("gcc", fails)]));
    assert!(said.contains("false-gcc 1 does not: ") && said.contains("goabi setup --cgo"), "{said}");
}

#[test]
fn setup_brings_a_compiler_once() {
    let wheel = "while [ $# -gt 1 ]; do [ \"$1\" = --target ] && t=$2; shift; done\n\
        /bin/mkdir -p $t/ziglang; printf '#!/bin/sh\\necho 0.99.0\\n' > $t/ziglang/zig; /bin/chmod +x $t/ziglang/zig";
    let (place, go) = bare(&[("python3", wheel)]);
    let setup = || {
        let mut cmd = place.command(&["setup", "--cgo", "--target", host(), "--go", &go]);
        common::Done::of(cmd.env("PATH", place.path("bin")))
    };
    let first = setup();
    first.passed();
    assert!(first.stdout.contains("zig cc -target") && first.stdout.contains("(zig 0.99.0)"), "{first:?}");
    assert!(first.stderr.contains("fetching Zig"), "{first:?}");
    // The second one asks nobody.
    std::fs::remove_file(place.path("bin/python3")).unwrap();
    let second = setup();
    second.passed();
    assert_eq!((&first.stdout, second.stderr.contains("fetching Zig")), (&second.stdout, false));
    assert!(Path::new(&place.path("cache/compilers/zig/ziglang/zig")).is_file());
}
