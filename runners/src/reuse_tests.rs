//! Facts are kept whole, under everything that had a part in them, or not at all.

use super::*;
use crate::build::Artifact;
use crate::process::{Ended, Limits, Stop};
use crate::run::{Death, UnitFacts};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

fn artifact(digest: &str) -> Artifact {
    Artifact { path: "/p".into(), digest: digest.into(), cached: true, wall: Duration::ZERO }
}

fn key(cache: &CacheDirs, digest: &str, exec: &Exec, change: impl Fn(&mut RunSpec<'_>)) -> Option<RunKey> {
    let artifact = artifact(digest);
    let isolated = BTreeSet::from([1]);
    let mut spec = RunSpec {
        artifact: &artifact,
        exec,
        program: "id",
        units: 2,
        isolated: &isolated,
        only: None,
        limits: Limits::RUN,
        env: &[],
    };
    change(&mut spec);
    RunKey::of(cache, &spec)
}

fn emulator(path: &Path) -> Exec {
    Exec::Emulated { goarch: "arm64".into(), path: path.into(), version: "7.2".into(), options: vec![] }
}

fn facts(end: UnitEnd) -> RunFacts {
    let unit = UnitFacts { unit: 0, records: vec!["res 0 [\"i\",\"1\"]".into()], complete: true, end };
    RunFacts { units: vec![unit], processes: 1, wall: Duration::from_millis(3) }
}

#[test]
fn everything_that_has_a_part_is_in_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let cache = CacheDirs::open(dir.path()).unwrap();
    let qemu = dir.path().join("qemu");
    fs::write(&qemu, "one").unwrap();
    let emulated = emulator(&qemu);
    let same = |k: &mut RunSpec<'_>| k.program = "id";
    let mut seen = vec![
        key(&cache, "a", &Exec::Native, same).unwrap(),
        key(&cache, "b", &Exec::Native, same).unwrap(),
        key(&cache, "a", &emulated, same).unwrap(),
        key(&cache, "a", &Exec::Native, |s| s.units = 3).unwrap(),
        key(&cache, "a", &Exec::Native, |s| s.limits.memory += 1).unwrap(),
        key(&cache, "a", &Exec::Native, |s| s.program = "other").unwrap(),
    ];
    assert_eq!(key(&cache, "a", &Exec::Native, same).unwrap(), seen[0]);
    fs::write(&qemu, "another").unwrap();
    seen.push(key(&cache, "a", &emulated, same).unwrap());
    for (i, a) in seen.iter().enumerate() {
        assert!(seen[i + 1..].iter().all(|b| a != b), "{i}");
    }
    // Whoever asks for some units wants to see them run.
    let some: BTreeSet<u32> = BTreeSet::from([0]);
    assert_eq!(key(&cache, "a", &Exec::Native, |s| s.only = Some(leaked(&some))), None);
}

/// The closure cannot name the lifetime of what it puts in: leak a test's few bytes.
fn leaked(set: &BTreeSet<u32>) -> &'static BTreeSet<u32> {
    Box::leak(Box::new(set.clone()))
}

#[test]
fn what_is_kept_comes_back_until_it_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let cache = CacheDirs::open(dir.path()).unwrap();
    let key = key(&cache, "a", &Exec::Native, |_| {}).unwrap();
    assert_eq!(key.recall::<RunFacts>(), None);
    let kept = facts(UnitEnd::Finished);
    key.keep(&cache, &kept).unwrap();
    assert_eq!(key.recall(), Some(kept.clone()));
    key.forget();
    assert_eq!(key.recall::<RunFacts>(), None);
    // And cleaning the cache takes it away.
    key.keep(&cache, &kept).unwrap();
    cache.clean().unwrap();
    assert_eq!(key.recall::<RunFacts>(), None);
}

#[test]
fn damaged_facts_are_none() {
    let dir = tempfile::tempdir().unwrap();
    let cache = CacheDirs::open(dir.path()).unwrap();
    let key = key(&cache, "a", &Exec::Native, |_| {}).unwrap();
    key.keep(&cache, &facts(UnitEnd::Finished)).unwrap();
    let text = fs::read_to_string(&key.0).unwrap();
    for damaged in [text.replace("\\\"1\\\"", "\\\"2\\\""), text[..text.len() - 3].to_string(), String::new()] {
        assert_ne!(damaged, text);
        fs::write(&key.0, damaged).unwrap();
        assert_eq!(key.recall::<RunFacts>(), None);
    }
}

#[test]
fn what_may_pass_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let cache = CacheDirs::open(dir.path()).unwrap();
    let key = key(&cache, "a", &Exec::Native, |_| {}).unwrap();
    let died = |stopped| {
        UnitEnd::Died(Death {
            ended: Ended::Exited(2),
            stopped,
            stderr: "panic: x".into(),
            stdout: String::new(),
            emulator: None,
            stood: vec![],
        })
    };
    for end in [died(Some(Stop::Time)), UnitEnd::Untrusted("it lies".into()), UnitEnd::NotRun("never begun".into())] {
        key.keep(&cache, &facts(end)).unwrap();
        assert_eq!(key.recall::<RunFacts>(), None);
    }
    key.keep(&cache, &facts(died(None))).unwrap();
    assert_eq!(key.recall(), Some(facts(died(None))));
}
