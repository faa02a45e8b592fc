//! Stress brings to light what a program gets away with without it, and nothing
//! else: patients that break a rule of package unsafe, and a sound one.
#![cfg(target_os = "linux")]

mod common;

use common::{Place, cell, findings, fixtures, toolchain};
use goabi_reports::outcome::Outcome;

/// The patients, without those that are named.
const ALL: [&str; 7] = [
    "sound",
    "hidden_from_the_collector",
    "hidden_in_a_panic",
    "hidden_between_events",
    "hidden_in_a_reflect_call",
    "little_room",
    "undisturbed",
];

/// Those that a collection harms, wherever it is made.
const HIDDEN: [&str; 4] =
    ["hidden_from_the_collector", "hidden_in_a_panic", "hidden_between_events", "hidden_in_a_reflect_call"];

/// Runs the patients under some stress: these fail, in their values; all others pass.
#[track_caller]
fn harms(place: &Place, stress: &str, patients: &[&str]) {
    harms_or(place, stress, patients, &[]);
}

/// The same, where of some patients it hangs on the moment whether they fail.
#[track_caller]
fn harms_or(place: &Place, stress: &str, patients: &[&str], by_chance: &[&str]) {
    let more = ["--observe", "none", "--stress", stress];
    let more = if stress.is_empty() { &more[..2] } else { &more[..] };
    let done = place.run(&fixtures("stress"), more);
    if patients.is_empty() {
        done.passed();
    } else {
        done.failed(1, &[]);
    }
    let record = place.record();
    for case in ALL {
        let case = format!("patients/rules/{case}");
        let outcome = &cell(&record, &case).outcome;
        if by_chance.iter().any(|p| case.ends_with(p)) && *outcome == Outcome::Pass {
            continue;
        }
        if patients.iter().chain(by_chance).any(|p| case.ends_with(p)) {
            let found = findings(&record, &case);
            assert_eq!(outcome, &Outcome::Fail, "{stress}: {case}");
            // How much room is left differs from call to call: not all grow their stack.
            let wrong = |f: &&goabi_reports::verdict::Finding| {
                ["values", "panics"].contains(&f.oracle.as_str()) && f.path.ends_with(".results[0]")
            };
            assert!(!found.is_empty() && found.iter().all(wrong), "{stress}: {case}: {found:#?}");
        } else {
            assert_eq!(outcome, &Outcome::Pass, "{stress}: {case}: {:#?}", findings(&record, &case));
        }
    }
}

#[test]
fn each_stress_harms_its_patient_and_no_other() {
    toolchain();
    let place = Place::new();
    harms(&place, "", &[]);
    harms(&place, "move", &["little_room"]);
    harms(&place, "small", &["little_room"]);
    harms(&place, "gc", &HIDDEN);
    harms(&place, "checkmark", &HIDDEN);
    // Garbage is collected there too, at some time.
    harms_or(&place, "preempt", &["undisturbed"], &HIDDEN);
    for harmless in ["clobberdead", "noopendefer", "noinline", "nooptimise", "noasyncpreempt", "procs1"] {
        harms(&place, harmless, &[]);
    }
}

#[test]
fn what_cannot_be_had_is_skipped_with_the_reason() {
    toolchain();
    let place = Place::new();
    let reason = |stress: &str, more: &[&str]| {
        let mut args = vec!["--observe", "none", "--stress", stress];
        args.extend(more);
        let done = place.run(&fixtures("stress"), &args);
        // Nothing was judged, and that is said.
        done.failed(4, &[]);
        match &cell(&place.record(), "patients/rules/sound").outcome {
            Outcome::Skipped { reason } => reason.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert!(reason("singlestep", &[]).contains("only an emulator can do it"));
    let other = if common::host() == "amd64" { "lse" } else { "v2" };
    assert!(reason(other, &[]).contains("means something on"));
    let done = place.run(&fixtures("stress"), &["--stress", "mvoe"]);
    done.failed(2, &["`mvoe` is no word of stress"]);
    let done = place.run(&fixtures("stress"), &["--stress", "procs1+procs2"]);
    done.failed(2, &["`procs1` and `procs2` exclude each other"]);
}
