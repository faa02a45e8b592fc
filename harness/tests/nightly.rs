//! `goabi nightly` with tips made for it: GOROOTs of links to the real one,
//! whose VERSION says devel and whose go command does what the test wants.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/tip.rs"]
mod made;

use common::{Done, Place, fixtures, host, toolchain};
use goabi_runners::provision::Exec;
use made::{VERSION, place, script, tip};
use serde_json::Value;
use std::path::Path;

fn nightly(place: &Place, tip: &Path, more: &[&str]) -> (Done, Value, String) {
    let release = toolchain().1.goroot;
    let args = place.run_args(&fixtures("sabotage"), more);
    let mut all = vec!["nightly", "--release", release.to_str().unwrap(), "--tip", tip.to_str().unwrap()];
    all.extend(args.iter().skip(1).map(String::as_str));
    let done = place.goabi(&all);
    let json = std::fs::read_to_string(place.path("out/nightly.json")).unwrap_or_default();
    let page = std::fs::read_to_string(place.path("out/nightly.md")).unwrap_or_default();
    (done, serde_json::from_str(&json).unwrap_or_default(), page)
}

#[test]
fn a_sound_tip() {
    let place = place();
    let tip = tip(&place, ":");
    let (done, night, page) = nightly(&place, &tip, &[]);
    done.passed();
    assert_eq!((&night["word"], &night["tip"]), (&"sound".into(), &VERSION.into()));
    assert_eq!(night["counts"]["same"], 3);
    assert!(page.contains("# goabi nightly: sound") && page.contains(VERSION), "{page}");
    // Both are in the record, and what changed between them is beside it.
    assert_eq!(place.record().toolchains.len(), 2);
    assert!(place.path("out/compatibility.md").exists() && place.path("out/record.json").exists());
}

#[test]
fn a_tip_that_miscompiles_has_regressed() {
    let place = Place::without_artifacts();
    // Another constant in the program than in its sources.
    let tip = tip(&place, "find . -name '*.go' -exec sed -i 's/patch me if you can/patch me if you dare/' {} +");
    let (done, night, page) = nightly(&place, &tip, &[]);
    done.failed(1, &[]);
    assert_eq!(night["word"], "regressed");
    let list = night["regressions"].as_array().unwrap();
    // The caller saw it, and the machine held it at the return.
    let mut oracles: Vec<&str> = list.iter().map(|f| f["oracle"].as_str().unwrap()).collect();
    oracles.sort_unstable();
    assert_eq!(oracles, ["registers", "values"], "{list:#?}");
    assert!(list.iter().all(|f| f["cells"].as_array().unwrap().len() == 1));
    assert!(list[0]["actual"].as_str().unwrap().contains("dare"), "{list:#?}");
    let rerun = list[0]["rerun"].as_str().unwrap();
    assert!(rerun.contains("sabotage/plain/text@tip/"), "{rerun}");
    // With the very tip, and the very cases.
    assert!(rerun.starts_with(&format!("GOABI_TIP='{}' goabi run ", tip.display())), "{rerun}");
    assert!(rerun.contains(" --cases "), "{rerun}");
    assert!(page.contains("## What tip has and the release has not") && page.contains("dare"), "{page}");
    let title = std::fs::read_to_string(place.path("out/nightly.title")).unwrap();
    assert!(title.contains("Go tip has 2 findings"), "{title}");
}

#[test]
fn a_tip_that_does_not_build_is_no_regression() {
    let place = place();
    let tip = tip(&place, "echo go: internal mischief >&2; exit 3");
    let (done, night, page) = nightly(&place, &tip, &[]);
    done.failed(3, &[]);
    assert_eq!(night["word"], "tip_does_not_build");
    assert_eq!(night["regressions"].as_array().unwrap().len(), 0);
    assert!(page.contains("did not build") && page.contains("mischief"), "{page}");
    // What the release did is judged all the same.
    let passed = place.record().cells.iter().filter(|c| c.outcome == goabi_reports::outcome::Outcome::Pass).count();
    assert_eq!(passed, 3);
}

#[test]
fn an_emulator_that_dies_is_no_regression() {
    let place = place();
    let tip = tip(&place, ":");
    // An architecture that is not the host's, whose emulator fails half way.
    let (goarch, qemu) = if host() == "arm64" { ("riscv64", "riscv64") } else { ("arm64", "aarch64") };
    let emulator = place.path("bin").join(format!("qemu-{qemu}-static"));
    let Exec::Emulated { path: real, .. } = toolchain().0.emulator(goarch, qemu).unwrap() else { panic!("native") };
    let real = real.display();
    let dies = format!(
        "case $1 in --version) exec '{real}' --version ;; esac\n'{real}' \"$@\"\n\
         sed -i '3,$d' \"$GOABI_TRANSCRIPT\"\necho 'qemu: fatal: planted by a test' >&2\nkill -ABRT $$"
    );
    script(&emulator, &dies);
    let path = format!("{}:{}", place.path("bin").display(), std::env::var("PATH").unwrap());
    let release = toolchain().1.goroot;
    let out = Done::of(
        place
            .command(&["nightly", "--quiet", "--build", "opt", "--call", "direct", "--target", goarch, "--out", "out"])
            .arg("--cases")
            .arg(fixtures("sabotage"))
            .arg("--release")
            .arg(&release)
            .arg("--tip")
            .arg(&tip)
            .env("PATH", path),
    );
    out.failed(3, &[]);
    let night: Value = serde_json::from_str(&std::fs::read_to_string(place.path("out/nightly.json")).unwrap()).unwrap();
    assert_eq!(night["word"], "emulator_died", "{night:#}");
    assert_eq!(night["regressions"].as_array().unwrap().len(), 0);
}

#[test]
fn no_tip_is_said_and_not_passed_over() {
    let place = place();
    let (done, night, page) = nightly(&place, &place.path("nowhere"), &[]);
    done.failed(2, &["nowhere"]);
    assert_eq!(night["word"], "tip_missing");
    assert!(page.contains("there is no tip"), "{page}");
    let (done, ..) = nightly(&place, &place.path("nowhere"), &["--go", "1.27.3"]);
    done.failed(2, &["--release and --tip"]);
}
