//! Hostile toolchains, given to the real `goabi`: each is told from a case's
//! fault, with exit code 3, and costs nothing that was judged with it.
#![cfg(target_os = "linux")]

mod common;

use common::{Done, Place, host, toolchain};
use goabi_reports::outcome::Outcome;
use goabi_reports::record::ProblemKind;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

const CASES: &str = r#"about: Two small cases.
cases:
  - name: one
    why: the least that there is
    func: "func(n int64) (m int64)"
    vectors: [{args: ['7'], returns: ['8']}]
  - name: two
    why: another one
    func: "func(n int64) (m int64)"
    vectors: [{args: ['7'], returns: ['8']}]
"#;

/// A GOROOT whose `bin/go` is a script; `$GO` in it is a true one. It has
/// nothing to build with: it is soon read, and never needed.
fn hollow(place: &Place, at: &str, script: &str) -> PathBuf {
    let (_, toolchain) = toolchain();
    let root = place.path(at);
    for part in ["src/runtime", "pkg/tool"] {
        fs::create_dir_all(root.join(part)).unwrap();
    }
    let go = place.write(&format!("{at}/bin/go"), &format!("#!/bin/sh\nGO='{}'\n{script}\n", toolchain.go().display()));
    fs::set_permissions(&go, fs::Permissions::from_mode(0o755)).unwrap();
    root
}

/// A GOROOT of links to the true one, with such a script; and with what Go
/// keeps for the true one, so that the standard library is not compiled.
fn goroot(place: &Place, at: &str, script: &str) -> PathBuf {
    let root = hollow(place, at, script);
    let (provision, real) = toolchain();
    for part in ["src", "pkg"] {
        fs::remove_dir_all(root.join(part)).unwrap();
        fs::create_dir(root.join(part)).unwrap();
        for entry in fs::read_dir(real.goroot.join(part)).unwrap().flatten() {
            symlink(entry.path(), root.join(part).join(entry.file_name())).unwrap();
        }
    }
    for part in ["VERSION", "go.env"] {
        symlink(real.goroot.join(part), root.join(part)).unwrap();
    }
    let fingerprint = provision.toolchain(root.to_str().unwrap()).unwrap().fingerprint;
    let gocache = place.cache.as_ref().unwrap().join("gocache");
    fs::remove_file(&gocache).unwrap();
    fs::create_dir(&gocache).unwrap();
    symlink(provision.cache.gocache(&real.fingerprint), gocache.join(fingerprint)).unwrap();
    root
}

/// A run with that GOROOT, in optimised and unoptimised builds.
fn run(place: &Place, root: &Path, more: &[&str]) -> Done {
    place.write("suite/small/two.yaml", CASES);
    let args = ["run", "--quiet", "--cases", "suite", "--target", host(), "--call", "direct", "--out", "out", "--go"];
    place.goabi(&[&args[..], &[root.to_str().unwrap()], more].concat())
}

#[track_caller]
fn left_nothing(place: &Place) {
    place.is_clean();
    let cache = place.cache.as_ref().unwrap().join("tmp");
    assert_eq!(fs::read_dir(cache).unwrap().count(), 0);
}

#[test]
fn a_go_that_does_not_say_its_version_is_no_toolchain() {
    let place = Place::without_artifacts();
    for (script, said) in [
        ("exec sleep 1000", "was killed: no progress within the time limit"),
        ("trap '' TERM INT; sleep 1000 & wait", "was killed: no progress within the time limit"),
        ("echo rubbish; echo more rubbish >&2", "says what is no Go version"),
        ("head -c 3000000 /dev/urandom", "says what is no Go version"),
        ("exit 0", "says what is no Go version"),
        ("echo 'go: cannot find GOROOT' >&2; exit 2", "exited with status 2:\n  go: cannot find GOROOT"),
        ("kill -SEGV $$", "was ended by signal 11"),
        ("while :; do echo flood; done", "was killed: "),
    ] {
        let root = hollow(&place, "root", script);
        let done = run(&place, &root, &["--build-timeout", "1"]);
        done.failed(3, &["root/bin/go version`", said]);
        assert!(done.stderr.len() < 20_000, "{script}: {} bytes", done.stderr.len());
        assert!(!place.path("out/record.json").exists());
        left_nothing(&place);
        fs::remove_dir_all(root).unwrap();
    }
}

#[test]
fn a_goroot_with_a_part_missing_says_which() {
    let place = Place::without_artifacts();
    let root = hollow(&place, "root", "exec $GO \"$@\"");
    for (part, help) in [("src", "install its sources"), ("pkg", "install it anew")] {
        let aside = root.join("aside");
        fs::rename(root.join(part), &aside).unwrap();
        run(&place, &root, &[]).failed(3, &["is incomplete: it has no ", part, help]);
        fs::rename(&aside, root.join(part)).unwrap();
    }
    // The folders are there, and nothing is in them.
    let done = run(&place, &root, &[]);
    assert_eq!(done.code, Some(3), "{done:#?}");
    assert!(done.stdout.contains("try this Go by hand"), "{}", done.stdout);
    let record = place.record();
    assert!(
        record.problems.iter().all(|p| p.kind == ProblemKind::NotBuilt && p.cell.is_none()),
        "{:#?}",
        record.problems
    );
    assert!(!record.problems.is_empty() && record.findings.is_empty());
    left_nothing(&place);
}

#[test]
fn a_go_that_does_not_build_is_no_case_s_fault() {
    let place = Place::without_artifacts();
    let build = |script: &str| format!("case \"$1\" in build) {script};; *) exec $GO \"$@\";; esac");
    let last = "for out; do case \"$before\" in -o) file=$out;; esac; before=$out; done";
    for (script, said) in [
        ("exec sleep 1000".to_string(), "was killed: no progress within the time limit"),
        ("exit 0".to_string(), "ended with success but left no "),
        (format!("{last}; echo rubbish > \"$file\""), "no ELF binary"),
        ("echo rubbish; exit 1".to_string(), "exited with status 1, and its output names no error"),
        ("kill -KILL $$".to_string(), "was ended by signal 9"),
    ] {
        let root = hollow(&place, "root", &build(&script));
        let done = run(&place, &root, &["--build-timeout", "1"]);
        assert_eq!(done.code, Some(3), "{script}: {done:#?}");
        let record = place.record();
        assert!(record.findings.is_empty() && record.totals.fail == 4, "{script}: {:#?}", record.totals);
        assert_eq!(record.problems.len(), 2, "{script}: {:#?}", record.problems);
        for p in &record.problems {
            assert!(
                p.kind == ProblemKind::NotBuilt && p.cell.is_none() && p.message.contains(said),
                "{script}: {p:#?}"
            );
        }
        assert!(done.stdout.contains(said), "{script}: {}", done.stdout);
        left_nothing(&place);
        fs::remove_dir_all(root).unwrap();
    }
}

#[test]
fn a_go_that_dies_half_way_costs_nothing_that_was_judged() {
    let place = Place::without_artifacts();
    let root =
        goroot(&place, "root", "case \"$*\" in *-N*) echo internal failure >&2; exit 7;; *) exec $GO \"$@\";; esac");
    let done = run(&place, &root, &[]);
    assert_eq!(done.code, Some(3), "{done:#?}");
    assert!(done.stdout.contains("exited with status 7") && done.stdout.contains("2 pass"), "{}", done.stdout);
    let record = place.record();
    for c in &record.cells {
        let wanted = if c.cell.contains("/opt/") { Outcome::Pass } else { Outcome::Fail };
        assert_eq!(c.outcome, wanted, "{}", c.cell);
    }
    assert_eq!(record.cells.len(), 4);
    // The next run has it again without running it.
    let done = run(&place, &root, &["--build", "opt"]);
    done.passed();
    assert_eq!(place.record().reused, 2);
    left_nothing(&place);
}

/// All files of a folder, with what changes when somebody writes there.
fn listing(root: &Path) -> BTreeMap<PathBuf, (u64, i64, i64)> {
    let mut out = BTreeMap::new();
    let mut todo = vec![root.to_path_buf()];
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).unwrap().flatten() {
            let meta = entry.metadata().unwrap();
            if meta.is_dir() {
                todo.push(entry.path());
            }
            out.insert(entry.path(), (meta.len(), meta.mtime(), meta.mtime_nsec()));
        }
    }
    out
}

#[test]
fn a_goroot_is_only_read() {
    let place = Place::without_artifacts();
    let (_, real) = toolchain();
    // Of its own, as far as files may be written to: those of the tree are links.
    let root = goroot(&place, "root", "exec $GO \"$@\"");
    let folders = ["", "bin", "src", "pkg"].map(|f| root.join(f));
    let mode = |m: u32| folders.iter().for_each(|f| fs::set_permissions(f, fs::Permissions::from_mode(m)).unwrap());
    mode(0o555);
    if fs::write(root.join("probe"), "").is_ok() {
        eprintln!("who may write everywhere (root) sees no folder that is read-only: only the listings tell");
        fs::remove_file(root.join("probe")).unwrap();
    }
    let before = (listing(&root), listing(&real.goroot));
    run(&place, &root, &[]).passed();
    let after = (listing(&root), listing(&real.goroot));
    mode(0o755);
    assert!(before == after, "something was written below GOROOT");
    left_nothing(&place);
}

#[test]
fn half_a_toolchain_in_the_cache_is_passed_over() {
    let mut place = Place::new();
    let (_, real) = toolchain();
    let cache = place.path("cache");
    for (dir, script) in [("go1.99.7/bin", "exit 1"), ("go1.99.8/bin", "echo rubbish")] {
        let go = place.write(&format!("cache/toolchains/{dir}/go"), &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(go, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::create_dir_all(cache.join("toolchains/go1.99.9")).unwrap();
    fs::create_dir(place.path("nothing")).unwrap();
    place.cache = Some(cache.clone());
    let list = |more: &[&str]| {
        place.write("suite/small/two.yaml", CASES);
        let mut cmd = place.command(&[&["setup", "--offline", "--target", host()], more].concat());
        Done::of(cmd.env("PATH", place.path("nothing")).env_remove("GOABI_GO"))
    };
    let done = list(&["--go", "1.99.7"]);
    done.failed(3, &["go1.99.7 in the cache is not used", "is incomplete: it has no src/runtime", "--offline"]);
    let done = list(&[]);
    done.failed(3, &["go1.99.8 in the cache is not used", "go1.99.7 in the cache is not used", "--offline forbids"]);
    // A sound one beside them is used.
    symlink(&real.goroot, cache.join("toolchains").join(format!("go{}", real.version))).unwrap();
    let done = list(&[]);
    done.passed();
    assert!(done.stdout.contains(&format!("go{}", real.version)), "{}", done.stdout);
}
