//! What ran once and did nothing that failed does not run again, and says so;
//! what failed does, and everything does where one asks for it.
#![cfg(target_os = "linux")]

mod common;

use common::{Place, fixtures, toolchain};

const WRONG: &str = r#"
about: A case that is wrong about its function.
cases:
  - name: sum
    why: what fails is to be seen again
    func: "func(n int64) int64"
    body: return n + 1
    vectors:
      - args: ['7']
        returns: ['9']
"#;

/// Whether programs ran, and how many cells were judged without that.
fn ran(place: &Place) -> (bool, u64) {
    let record = place.record();
    (record.timings.contains_key("run"), record.reused)
}

#[test]
fn a_program_that_did_nothing_wrong_runs_once() {
    toolchain();
    let place = Place::without_artifacts();
    let cases = fixtures("sabotage");
    let first = place.run(&cases, &[]);
    first.passed();
    assert_eq!(ran(&place), (true, 0));
    assert!(!first.stdout.contains("reused"), "{}", first.stdout);
    let seen = place.record();

    let second = place.run(&cases, &[]);
    second.passed();
    assert_eq!(ran(&place), (false, 3));
    assert!(second.stdout.contains("reused: 3 cells"), "{}", second.stdout);
    assert_eq!(seen.without_times(), place.record().without_times());

    place.run(&cases, &["--fresh"]).passed();
    assert_eq!(ran(&place), (true, 0));
    // One case of several is another program, which did not run yet.
    place.run(&cases, &["sabotage/plain/text"]).passed();
    assert_eq!(ran(&place), (true, 0));
    place.is_clean();
}

#[test]
fn what_failed_runs_again() {
    toolchain();
    let place = Place::without_artifacts();
    let cases = place.write("cases/mine/wrong.yaml", WRONG);
    for _ in 0..2 {
        place.run(&cases, &[]).failed(1, &[]);
        assert_eq!(ran(&place), (true, 0));
    }
    let right = place.write("cases/mine/wrong.yaml", &WRONG.replace("'9'", "'8'"));
    for reused in [0, 1] {
        place.run(&right, &[]).passed();
        assert_eq!(ran(&place), (reused == 0, reused));
    }
}
