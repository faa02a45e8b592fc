//! The rules of panics, one by one: for each of the suite's cases what a Go
//! that breaks the case's rule would show is made, and `panics` must notice.

use super::{int_bits, suite, transcript};
use crate::oracles::{ORACLES, Subject, VectorSeen};
use goabi_cases::arch::Arch;
use goabi_cases::case::{Case, CaseFile, Expected, Frame, Outcome, RecoveredBy};
use goabi_cases::cell::{Build, Cell, Target};
use goabi_cases::value::{Dynamic, Value};
use goabi_cases::version::GoVersion;
use goabi_generators::call::{Meanwhile, Results};
use goabi_generators::names;
use goabi_generators::program::Site;
use goabi_generators::traced::Traced;
use goabi_reports::verdict::Verdict;
use goabi_runners::observe::records::{self, CallRecords, Fact, Recovered};
use goabi_runners::process::Ended;
use goabi_runners::run::{Death, UnitEnd};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What one cell of one vector shows.
#[derive(Clone)]
struct Shown {
    site: Site,
    records: CallRecords,
    end: UnitEnd,
}

/// Whether `panics` finds fault with it.
fn noticed(file: &CaseFile, case: &Case, expected: &Expected, shown: &Shown) -> bool {
    let cell = Cell {
        case: case.id.clone(),
        toolchain: "go1.27.3".into(),
        target: Target { goarch: "amd64".into() },
        build: Build::Opt,
        stress: goabi_cases::stress::Stress::NONE,
        call: "direct".into(),
    };
    let subject = Subject {
        cell: &cell,
        file,
        case,
        arch: Arch::get("amd64").unwrap(),
        version: GoVersion::new(1, 27, 3),
        vectors: &[VectorSeen {
            expected: expected.clone(),
            site: shown.site.clone(),
            records: Fact::Seen(shown.records.clone()),
            end: shown.end.clone(),
        }],
        types: &Fact::NotRequested,
        dwarf: &Fact::NotRequested,
        functions: &[],
        machine: None,
        unwinding: None,
        abi: &[],
    };
    let oracle = ORACLES.iter().find(|o| o.id() == "panics").unwrap();
    oracle.judge(&subject).iter().any(|v| matches!(v, Verdict::Disagree(_) | Verdict::Unobserved(_)))
}

/// The functions that the wanted frames name, a line for each statement, and
/// the traceback in which they are.
fn traceback(package: &str, frames: &[Frame]) -> (Site, String) {
    let mut functions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let full = |f: &Frame| match f.function == Frame::CALLEE {
        true => format!("{package}.GoabiFunc"),
        false => format!("{package}.{}", f.function),
    };
    for f in frames {
        let lines = functions.entry(full(f)).or_insert_with(|| vec!["func".to_string()]);
        lines.push(f.statement.clone().unwrap_or_default());
    }
    let mut site = Site { callee: Some(format!("{package}.GoabiFunc")), ..Site::default() };
    for (i, (name, mut lines)) in (1..).zip(functions) {
        lines.push("}".into());
        site.traced.push(Traced { name, file: format!("{package}/c.go"), first: i * 100, lines });
    }
    let mut text = "\ngoroutine 7 [running]:\n".to_string();
    let mut used: BTreeMap<String, u32> = BTreeMap::new();
    for f in frames {
        let name = full(f);
        let first = site.traced.iter().find(|t| t.name == name).map(|t| t.first).unwrap();
        let nth = used.entry(name.clone()).and_modify(|n| *n += 1).or_insert(1);
        let _ = write!(text, "runtime.between(0x1)\n\truntime/x.go:3 +0x1\n");
        let _ = write!(text, "{name}(0x1)\n\t{package}/c.go:{} +0x2\n", first + *nth);
    }
    (site, text)
}

/// What a sound program shows.
fn sound(case: &Case, expected: &Expected) -> Shown {
    let records = records::call(&transcript::whole(expected)).unwrap_or_else(|e| panic!("{}: {e}", case.id));
    let Outcome::Dies { line, exit, chain, frames } = &expected.outcome else {
        return Shown { site: Site::default(), records, end: UnitEnd::Finished };
    };
    let (site, traceback) = traceback(&names::package_path(&case.id.topic, &case.id.file), frames);
    let lines: Vec<String> = chain.clone().unwrap_or_else(|| vec![line.clone()]);
    let message = lines.join("\n\t").replace('*', "any");
    let ended = Ended::Exited(i32::try_from(*exit).unwrap());
    let stderr = format!("{message}\n{traceback}");
    let end =
        UnitEnd::Died(Death { ended, stopped: None, stderr, stdout: String::new(), emulator: None, stood: vec![] });
    Shown { site, records, end }
}

fn recovered(by: &str, text: &str) -> Recovered {
    let value = Value::Interface(Some(Dynamic { ty: "string".into(), value: Box::new(Value::String(text.into())) }));
    Recovered { by: by.into(), text: Some(text.into()), value }
}

/// What `edit` makes of the death.
fn died(shown: &Shown, edit: impl FnOnce(&mut Death)) -> Shown {
    let mut out = shown.clone();
    let UnitEnd::Died(d) = &mut out.end else { panic!("it did not die") };
    edit(d);
    out
}

/// What a Go shows that breaks a rule, and which rule.
fn broken(case: &Case, expected: &Expected, sound: &Shown) -> Vec<(&'static str, Shown)> {
    let with = |edit: &dyn Fn(&mut CallRecords)| {
        let mut out = sound.clone();
        edit(&mut out.records);
        out
    };
    let results = || Some(vec![Value::Int(0); case.signature.results.len()]);
    let mut out = Vec::new();
    match &expected.outcome {
        Outcome::Returns(_) => {
            out.push((
                "a goroutine ends instead of returning",
                with(&|r| {
                    (r.results, r.returned, r.goexit) = (None, false, true);
                }),
            ));
            out.push((
                "a panic comes out",
                with(&|r| {
                    (r.results, r.returned) = (None, false);
                    r.recovered.push(recovered("unit", "out"));
                }),
            ));
        }
        Outcome::Recovered { by: RecoveredBy::Callee, .. } => {
            out.push((
                "nobody recovers",
                with(&|r| {
                    r.recovered.clear();
                    (r.results, r.returned) = (None, false);
                }),
            ));
            out.push((
                "the caller recovers instead of the callee",
                with(&|r| {
                    r.recovered.iter_mut().for_each(|x| x.by = "caller".into());
                    r.results = None;
                }),
            ));
            out.push((
                "recover gives nil",
                with(&|r| {
                    r.recovered.iter_mut().for_each(|x| (x.text, x.value) = (None, Value::Interface(None)));
                }),
            ));
            out.push(("another value is recovered", with(&|r| r.recovered = vec![recovered("callee", "another")])));
            out.push(("the results are lost", with(&|r| r.results = None)));
        }
        Outcome::Recovered { .. } => {
            out.push((
                "the callee recovers instead of the caller",
                with(&|r| {
                    r.recovered.iter_mut().for_each(|x| x.by = "callee".into());
                    r.results = results();
                }),
            ));
            out.push((
                "another value reaches the caller",
                with(&|r| r.recovered = vec![recovered("caller", "another")]),
            ));
            out.push(("the call returns all the same", with(&|r| r.results = results())));
        }
        Outcome::Goexit => {
            out.push((
                "Goexit is forgotten",
                with(&|r| {
                    (r.results, r.returned, r.goexit) = (results(), true, false);
                }),
            ));
            out.push((
                "Goexit becomes a panic",
                with(&|r| {
                    r.goexit = false;
                    r.recovered.push(recovered("unit", "left"));
                }),
            ));
        }
        Outcome::Dies { chain, frames, .. } => {
            let mut alive = with(&|r| (r.results, r.returned) = (results(), true));
            alive.end = UnitEnd::Finished;
            out.push(("the process lives", alive));
            out.push(("another exit status", died(sound, |d| d.ended = Ended::Exited(1))));
            out.push(("a signal", died(sound, |d| d.ended = Ended::Signalled(11))));
            out.push(("another message", died(sound, |d| d.stderr.insert_str(0, "panic: else\n\n"))));
            if chain.is_some() {
                let end = |d: &Death| d.stderr.find("\n\n").unwrap();
                out.push(("a panic too many is told", died(sound, |d| d.stderr.insert_str(end(d), "\n\tpanic: else"))));
                // A text that the case leaves open at its end may say that, too.
                if chain.as_ref().and_then(|c| c.last()).is_some_and(|l| !l.ends_with('*')) {
                    let more = |d: &mut Death| d.stderr.insert_str(end(d), " [recovered]");
                    out.push(("another panic is told to be recovered", died(sound, more)));
                }
            }
            if !frames.is_empty() {
                let other =
                    |d: &mut Death| d.stderr = d.stderr.replacen("(0x1)\n\tgoabi.test", "X(0x1)\n\tgoabi.test", 1);
                out.push(("a frame of another function", died(sound, other)));
                let line = |d: &mut Death| d.stderr = d.stderr.replace("/c.go:", "/c.go:9");
                out.push(("a line outside of the function", died(sound, line)));
            }
            if let Some(f) = frames.iter().find(|f| f.statement.is_some()) {
                // The line of its `func`, which has no such statement.
                let first = sound.site.traced.iter().find(|t| t.lines.iter().any(|l| f.statement.as_ref() == Some(l)));
                let first = first.unwrap().first;
                let line = |d: &mut Death| {
                    for n in 1..9 {
                        d.stderr = d.stderr.replace(&format!("/c.go:{} ", first + n), &format!("/c.go:{first} "));
                    }
                };
                out.push(("another line of the function", died(sound, line)));
            }
        }
    }
    if let Some(trace) = &expected.trace {
        out.push(("an event too many", with(&|r| r.trace.push("unasked".into()))));
        if !trace.is_empty() {
            out.push(("a deferred call is left out", with(&|r| drop(r.trace.pop()))));
        }
        if trace.iter().rev().ne(trace.iter()) {
            out.push(("deferred calls in another order", with(&|r| r.trace.reverse())));
        }
    }
    if sound.end == UnitEnd::Finished {
        let n = expected.goroutines;
        out.push(("a goroutine is left behind", with(&|r| r.goroutines = Some(n + 1))));
    }
    out
}

/// The same call, deferred by a caller that panics; `itself`: whether the
/// function under test is what is deferred.
fn while_panicking(case: &Case, expected: &Expected, sound: &Shown, itself: bool) -> Option<(Shown, Shown)> {
    match &expected.outcome {
        Outcome::Returns(_) | Outcome::Recovered { by: RecoveredBy::Callee, .. } => {}
        Outcome::Recovered { .. } | Outcome::Dies { .. } | Outcome::Goexit => return None,
    }
    let ended = |recovered_before: bool| {
        let mut out = sound.clone();
        out.site.meanwhile = Meanwhile::Panicking;
        out.site.results = Results::Dropped;
        out.site.deferred_itself = Some(itself);
        (out.records.results, out.records.dropped) = (None, true);
        let mut told = recovered("outer", "goabi: a panic of the caller's");
        if recovered_before {
            told.value = Value::Interface(None);
        }
        out.records.recovered.push(told);
        out
    };
    let ends = case.recovers && itself;
    Some((ended(ends), ended(!ends)))
}

#[test]
fn what_breaks_a_rule_of_panics_is_noticed_in_each_case() {
    let arch = Arch::get("amd64").unwrap();
    let mut rules: BTreeMap<&'static str, u32> = BTreeMap::new();
    for file in suite().iter().filter(|f| f.topic == "panics" || f.topic == "fatal") {
        for case in &file.cases {
            for (i, vector) in case.vectors.iter().enumerate() {
                let expected = case.expected(&file.scope, vector, int_bits(arch) / 8).unwrap();
                let sound = sound(case, &expected);
                let at = format!("{}, vector {i}", case.id);
                assert!(!noticed(file, case, &expected, &sound), "{at}: a sound program");
                for (rule, shown) in broken(case, &expected, &sound) {
                    assert!(noticed(file, case, &expected, &shown), "{at}: {rule}");
                    *rules.entry(rule).or_default() += 1;
                }
                for itself in [true, false] {
                    let Some((right, wrong)) = while_panicking(case, &expected, &sound, itself) else { continue };
                    assert!(!noticed(file, case, &expected, &right), "{at}: deferred, {itself}");
                    assert!(noticed(file, case, &expected, &wrong), "{at}: deferred, {itself}");
                    let rule = match (case.recovers, itself) {
                        (true, true) => "the caller's panic goes on though it was recovered",
                        (true, false) => "a function that a deferred one calls recovers",
                        (false, _) => "a panic of the caller's ends by itself",
                    };
                    *rules.entry(rule).or_default() += 1;
                }
            }
        }
    }
    // No rule is without a case that it was broken in.
    assert_eq!(rules.len(), 28, "{rules:#?}");
}
