//! Preemption all the time: a function whose table lies in its body kills the
//! program, and the finding has the instruction at which it stood.
#![cfg(target_os = "linux")]

mod common;

use common::planted::{plant_depth, with_func};
use common::{Place, cell, findings, fixtures, replace, toolchain};
use goabi_reports::outcome::Outcome;
use std::path::{Path, PathBuf};

const SPINS: &str = "patients/frames/spins";
const NEIGHBOUR: &str = "patients/frames/neighbour";

/// The programs in the place's own cache.
fn programs(root: &Path) -> Vec<PathBuf> {
    let inside = |dir: &Path| -> Vec<PathBuf> { std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect() };
    let folders = inside(&root.join("artifacts")).into_iter().filter(|p| p.is_dir());
    let all = folders.flat_map(|f| inside(&f)).filter(|p| p.is_dir()).flat_map(|f| inside(&f));
    all.filter(|p| p.file_name().is_some_and(|n| n == "program")).collect()
}

fn symbol(bytes: &[u8], case: &str) -> String {
    let file = object::File::parse(bytes).unwrap();
    let end = format!(".GoabiFunc_{case}");
    use object::{Object, ObjectSymbol};
    file.symbols().filter_map(|s| s.name().ok()).find(|n| n.ends_with(&end)).unwrap().to_string()
}

#[test]
fn a_wrong_table_shows_where_the_goroutine_is_preempted() {
    toolchain();
    let place = Place::without_artifacts();
    let run = |more: &[&str]| {
        let mut args = vec!["--observe", "none", "--fresh"];
        args.extend(more);
        place.run(&fixtures("preempt"), &args)
    };
    // Long enough for any machine: it ends at the first preemption in the function.
    let preempted = ["--stress", "preempt", "--repeat", "3000"];
    run(&[]).passed();
    run(&["--stress", "preempt"]).passed();
    let cache = place.cache.clone().unwrap();
    let all = programs(&cache);
    assert!(!all.is_empty());
    let mut row = None;
    let mut name = String::new();
    for program in &all {
        let mut bytes = std::fs::read(program).unwrap();
        name = symbol(&bytes, "spins");
        row = Some(plant_depth(&mut bytes, &name));
        replace(program, &bytes);
    }
    let row = row.unwrap();
    // Nobody looks at the table but who reads the code.
    assert_eq!(run(&[]).code, Some(1));
    let record = place.record();
    let found = findings(&record, SPINS);
    assert!(found.iter().all(|f| f.oracle == "unwind"), "{found:#?}");
    let done = run(&preempted);
    let says = |text: &str| done.stdout.contains(text);
    assert!(done.code == Some(1) && says("could not be unwound") && says(&name), "{done:?}");
    let record = place.record();
    let found = findings(&record, SPINS);
    let [f] = found[..] else { panic!("{found:#?}") };
    assert_eq!((f.oracle.as_str(), f.path.as_str(), f.expected.as_str()), ("panics", "vectors[0].outcome", "returned"));
    assert!(f.actual.contains("fatal error: "), "{}", f.actual);
    // The instruction is one of the planted row's.
    let bytes = std::fs::read(&all[0]).unwrap();
    let entry = with_func(&bytes, &name, |_, func, _| func.entry());
    let at = f.evidence[0].split_once(" +0x").unwrap().1.split(' ').next().unwrap();
    let pc = entry + u64::from_str_radix(at, 16).unwrap();
    assert!((row.from..row.to).contains(&pc), "{row:x?} {pc:#x} {:#?}", f.evidence);
    let marked = f.evidence.iter().filter(|l| l.trim_start().starts_with('>')).count();
    assert_eq!(marked, 1, "{:#?}", f.evidence);
    assert!(f.rerun.contains("--repeat 3000"), "{}", f.rerun);
    assert_eq!(cell(&record, NEIGHBOUR).outcome, Outcome::Pass);
}

/// What a repeated call does is not judged: neither its panic, nor that it never
/// returns, nor the goroutine that it leaves behind.
#[test]
fn only_the_first_call_is_judged() {
    toolchain();
    let place = Place::new();
    let done = place.run(&fixtures("repeated"), &["--observe", "none", "--fresh", "--stress", "preempt"]);
    done.passed();
    assert!(place.record().cells.iter().all(|c| c.outcome == Outcome::Pass), "{}", done.stdout);
}
