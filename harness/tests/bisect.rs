//! `goabi bisect` with releases made for it: GOROOTs of links to the real one,
//! whose go command says another version and does what the test wants.
#![cfg(target_os = "linux")]

mod common;

use common::{Done, Place, fixtures, host, toolchain};
use std::os::unix::fs::{PermissionsExt, symlink};

/// Does nothing to the sources.
const GOOD: &str = ":";
/// Builds another constant into the program than its sources have.
const BAD: &str = "find . -name '*.go' -exec sed -i 's/patch me if you can/patch me if you dare/' {} +";
/// Builds everything but this case.
const REJECTS: &str = "find . -name '*.go' -exec sed -i 's/\"patch me if you can\"/1/' {} +";

/// A place whose cache has these releases, and no other.
fn place(releases: &[(&str, &str)]) -> Place {
    let place = Place::without_artifacts();
    let (provision, real) = toolchain();
    let cache = place.cache.clone().unwrap();
    for part in ["toolchains", "gocache"] {
        std::fs::remove_file(cache.join(part)).unwrap();
        std::fs::create_dir(cache.join(part)).unwrap();
    }
    // The compiler is the real one's, and so is what it made of the standard library.
    let gocache = provision.cache.gocache(&real.fingerprint);
    for (version, before) in releases {
        let root = cache.join("toolchains").join(format!("go{version}"));
        std::fs::create_dir_all(root.join("bin")).unwrap();
        for part in ["src", "pkg", "lib", "go.env"].iter().filter(|p| real.goroot.join(p).exists()) {
            symlink(real.goroot.join(part), root.join(part)).unwrap();
        }
        std::fs::write(root.join("VERSION"), format!("go{version}\n")).unwrap();
        let text = format!(
            "#!/bin/sh\ncase $1 in\nversion) echo go version go{version} linux/amd64; exit ;;\nbuild) {before} ;;\nesac\n\
             GOCACHE='{}' GOROOT='{}' exec '{}' \"$@\"\n",
            gocache.display(),
            root.display(),
            real.go().display()
        );
        std::fs::write(root.join("bin/go"), text).unwrap();
        std::fs::set_permissions(root.join("bin/go"), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    place
}

fn bisect(place: &Place, more: &[&str]) -> Done {
    let cases = fixtures("sabotage");
    let cases = cases.to_str().unwrap();
    let fixed = ["bisect", "--offline", "--cases", cases, "--target", host(), "--build", "opt", "--call", "direct"];
    let oracle: &[&str] = if more.contains(&"--oracle") { &[] } else { &["--oracle", "values"] };
    place.goabi(&[&fixed[..], &["--observe", "none", "--out", "out"], oracle, more].concat())
}

/// Versions and states in the order in which they were tried.
fn tried(done: &Done) -> Vec<(String, String)> {
    let words = |l: &str| l.split_whitespace().take(2).map(str::to_string).collect::<Vec<_>>();
    let lines = done.stdout.lines().map(words).filter(|w| w.len() == 2);
    lines
        .filter(|w| ["good", "bad", "skipped"].contains(&w[1].as_str()))
        .map(|w| (w[0].clone(), w[1].clone()))
        .collect()
}

fn is(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(v, s)| ((*v).to_string(), (*s).to_string())).collect()
}

#[test]
fn the_first_bad_release_is_found_in_a_range() {
    let place = place(&[("1.91.1", GOOD), ("1.91.2", REJECTS), ("1.91.3", BAD), ("1.92.1", BAD), ("1.93.0", GOOD)]);
    // What is known is no excuse here.
    let known = place.write(
        "known.yaml",
        "about: Known.\nexpectations:\n  - {select: [sabotage/plain/text], oracle: values, path: '*', actual: '*', issue: unreported, why: planted}\n",
    );
    let known = known.to_str().unwrap();
    // A cell's own text, of whatever toolchain.
    let cell = format!("sabotage/plain/text@go1.27.3/linux-{}/opt/direct", host());
    let done = bisect(&place, &[&cell, "--go", "1.91..1.92", "--expectations", known]);
    done.passed();
    let order = is(&[("1.91.1", "good"), ("1.92.1", "bad"), ("1.91.2", "skipped"), ("1.91.3", "bad")]);
    assert_eq!(tried(&done), order, "{}", done.stdout);
    for said in [
        "4 versions, 1.91.1 to 1.92.1",
        "values vectors[0].results[1]: want \"patch me if you can\", got \"patch me if you dare\"  sabotage/plain/text@go1.91.3/",
        "does not build: ",
        "first bad: 1.91.3; last good: 1.91.1",
        "  skipped between them: 1.91.2",
    ] {
        assert!(done.stdout.contains(said), "nothing of {said:?} in {}", done.stdout);
    }
    assert!(!done.stdout.contains("not to be had"), "{}", done.stdout);
    // The reports are those of the bad one next to the change.
    let labels: Vec<_> = place.record().toolchains.into_iter().map(|t| t.label).collect();
    assert_eq!(labels, ["go1.91.3"]);
    place.is_clean();
}

#[test]
fn what_comes_and_goes_is_seen_where_every_version_is_tried() {
    let place = place(&[("1.91.1", GOOD), ("1.91.3", BAD), ("1.92.1", GOOD)]);
    let goroot = place.cache.as_ref().unwrap().join("toolchains/go1.91.1");
    let list = format!("1.92.1,1.91.3,{}", goroot.display());
    let done = bisect(&place, &["sabotage/plain/text", "--go", &list]);
    done.failed(1, &[]);
    assert_eq!(tried(&done), is(&[("1.91.1", "good"), ("1.92.1", "good")]));
    assert!(done.stdout.contains("no change: 2 tried, all good") && done.stdout.contains("--every"), "{}", done.stdout);
    let done = bisect(&place, &["sabotage/plain/text", "--go", &list, "--every"]);
    done.passed();
    for said in [
        "first bad: 1.91.3; last good: 1.91.1\n  not to be had between them: 1.91.2\n",
        "first good: 1.92.1; last bad: 1.91.3\n  not to be had between them: patches of 1.91 after 1.91.3",
        "it comes and goes: 2 changes",
    ] {
        assert!(done.stdout.contains(said), "nothing of {said:?} in {}", done.stdout);
    }
    // One that cannot be had is passed over, and said.
    let done = bisect(&place, &["sabotage/plain/text", "--go", "1.91.1,1.91.2,1.91.3"]);
    done.passed();
    assert!(done.stdout.contains("1.91.2     skipped  cannot be had: "), "{}", done.stdout);
    // The bug is in no other oracle.
    let done = bisect(&place, &["sabotage/plain/text", "--go", "1.91.1,1.91.3", "--oracle", "panics"]);
    assert_eq!(done.code, Some(1), "{done:#?}");
    assert_eq!(tried(&done), is(&[("1.91.1", "good"), ("1.91.3", "good")]));
}

#[test]
fn mistakes_are_told_and_nothing_is_tried() {
    let place = place(&[("1.91.1", GOOD), ("1.91.2", REJECTS)]);
    for (more, said) in [
        (&["sabotage/plain/text"][..], "bisect takes its versions by --go"),
        (&["--go", "1.91..1.92"], "bisect takes a selector"),
        (&["sabotage/plain/text", "--go", "1.92..1.91"], "goes backwards"),
        (&["sabotage/plain/text", "--go", "1.91.x..1.92"], "no Go version"),
        (&["sabotage/plain/text", "--go", "1.91.1"], "two are needed, and there is 1.91.1"),
        (&["sabotage/plain/text", "--go", "1.93..1.94"], "two are needed, and there is none"),
        (&["sabotage/plain/test", "--go", "1.91..1.92"], "selects no case"),
        (&["sabotage/plain/text", "--go", "1.91..1.92", "--oracle", "value"], "`value` is no oracle"),
    ] {
        let done = bisect(&place, more);
        done.failed(2, &[said]);
        assert_eq!(tried(&done), [], "{more:?}");
    }
    // Neither good nor bad: that is no answer.
    let done = bisect(&place, &["sabotage/plain/text", "--go", "1.91.2,1.91.3"]);
    assert_eq!(done.code, Some(4), "{done:#?}");
    assert!(done.stdout.contains("no version could be told good or bad"), "{}", done.stdout);
}
