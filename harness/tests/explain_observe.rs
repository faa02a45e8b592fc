//! `goabi explain --observe`: a tick is an observation, and nothing else is.
#![cfg(target_os = "linux")]

mod common;

use common::{Place, toolchain};
use goabi::c_compilers::CCompilers;
use goabi::explain::case::staged;
use goabi::explain::make::{Column, Subject, explain};
use goabi::explain::observe::observe;
use goabi::job::Shared;
use goabi::setup;
use goabi::witness::How;
use goabi_cases::arch::Arch;
use goabi_cases::cell::{Build, Target};
use goabi_cases::resolve;
use goabi_cases::scope::Scope;
use goabi_reports::explain::model::{Answer, Explanation, Place as At};
use goabi_runners::cancel::Cancel;
use goabi_runners::process::Limits;

const SIGNATURE: &str = "func(n int16, s string, x [2]uint32, p struct{ A bool; B float32 }, m map[int]bool) \
                         (v any, b []int64, z complex128, err error)";

fn observed(args: &[&str]) -> common::Done {
    toolchain();
    let place = Place::new();
    let mut all = vec!["explain", "--observe", "--offline"];
    all.extend(args);
    let done = common::Done::of(place.command(&all).env("COLUMNS", "110"));
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:#?}");
    done
}

/// How many words got which answer.
fn answers(e: &Explanation, port: usize) -> [usize; 3] {
    let words = e.ports[port].values.iter().flat_map(|v| &v.words).filter_map(|w| w.confirmed.as_ref());
    let all: Vec<Answer> = words.map(|c| c.answer).collect();
    [Answer::Held, Answer::HeldOther, Answer::NotObserved].map(|a| all.iter().filter(|b| **b == a).count())
}

#[test]
fn each_word_is_ticked_where_a_machine_held_it() {
    insta::assert_snapshot!("observed", observed(&[SIGNATURE, "--target", "amd64,arm64,386,s390x"]).stdout);
    let done = observed(&[SIGNATURE, "--target", "amd64,mips", "--build", "noopt", "--json"]);
    let e: Explanation = serde_json::from_str(&done.stdout).unwrap();
    for port in [0, 1] {
        assert_eq!(answers(&e, port), [16, 0, 1], "{:#?}", e.ports[port]);
    }
    let at = e.ports[0].values[0].words[0].confirmed.as_ref().unwrap();
    assert_eq!(at.seen, "0x1011");
}

#[test]
fn functions_of_packages_are_observed_too() {
    toolchain();
    let place = Place::new();
    place.write("go.mod", "module example.com/m\n\ngo 1.21\n");
    let text = "package m\n\nimport \"time\"\n\ntype Tree struct{ Left *Tree; N int }\n\
                type Shape interface{ Area() int }\n\
                func (t Tree) Walk(d time.Duration, f func(*Tree) bool, s Shape, rest ...string) (*Tree, error) { return &t, nil }\n";
    place.write("m.go", text);
    let done = place.goabi(&["explain", "--from", "./.Tree.Walk", "--observe", "--target", "amd64,386", "--offline"]);
    assert_eq!(done.code, Some(0), "{done:#?}");
    insta::assert_snapshot!("observed_method", done.stdout);
}

#[test]
fn what_was_not_observed_says_why() {
    toolchain();
    let place = Place::new();
    // Neither an emulator nor gdbserver is to be found.
    let mut cmd = place.command(&["explain", "func(int)", "--observe", "--offline", "--target", "amd64,riscv64"]);
    let done = common::Done::of(cmd.env("PATH", place.path("nothing")));
    assert_eq!(done.code, Some(0), "{done:#?}");
    assert!(!done.stdout.contains("I0  RAX ✓") && done.stdout.contains("not observed, and why"), "{}", done.stdout);
    // A version that nobody has is explained all the same.
    let done = place.goabi(&["explain", "func(int)", "--observe", "--offline", "--go", "1.20.99", "--target", "amd64"]);
    assert!(
        done.code == Some(0) && done.stdout.contains("not observed") && !done.stdout.contains("RAX ✓"),
        "{done:#?}"
    );
}

/// A model that has two registers exchanged is not ticked.
#[test]
fn a_wrong_model_is_crossed_out() {
    let (provision, toolchain) = toolchain();
    let mut wrong = Arch::get("arm64").unwrap().clone();
    wrong.integer_registers.swap(0, 1);
    wrong.float_registers.swap(0, 1);
    let wrong: &'static Arch = Box::leak(Box::new(wrong));
    let signature = "func(s string, a int8, x, y float64) (n int, err error)";
    let signature = resolve::signature(&Scope::empty().unwrap(), signature).unwrap();
    let staged = staged(&signature, "").unwrap();
    let cancel = Cancel::new();
    let execs = setup::execs(&provision, &[Target { goarch: "arm64".into() }]).unwrap();
    let observers = setup::observers(&provision, &execs, &[How::Native, How::Emulated]).unwrap();
    let toolchains = [toolchain];
    let shared = Shared {
        files: std::slice::from_ref(&staged.file),
        toolchains: &toolchains,
        cache: &provision.cache,
        cancel: &cancel,
        build_limits: Limits::BUILD,
        run_limits: Limits::BUILD,
        watch_limits: Limits::WATCH,
        cases_per_program: 1,
        fresh: false,
        repeat: goabi::job::REPEAT,
        c: &CCompilers::default(),
        observers: &observers,
        wanted: None,
        progress: &|_, _| {},
    };
    let subject = Subject { name: String::new(), signature, text: String::new(), declarations: String::new() };
    let column = Column { arch: wrong, version: toolchains[0].version, build: Build::Opt };
    let mut e = explain(&subject, &[column]).unwrap();
    observe(&mut e.ports[0], (&column, 0), &staged.untold, &execs, &shared).unwrap();
    assert_eq!(e.ports[0].not_observed, None);
    let words = e.ports[0].values.iter().flat_map(|v| v.words.iter().map(move |w| (v, w)));
    let told = words.map(|(v, w)| {
        let At::Register { slot, .. } = &w.place else { panic!("{w:?}") };
        (format!("{}{} {slot}", v.name, w.part), w.confirmed.as_ref().unwrap().answer)
    });
    let (held, other, not) = (Answer::Held, Answer::HeldOther, Answer::NotObserved);
    let want = [
        ("s.ptr I0", other),
        ("s.len I1", other),
        ("a I2", held),
        ("x F0", other),
        ("y F1", other),
        ("n I0", other),
        // What is no itab leads nowhere, and so nothing is known of what lies beside it.
        ("err.itab I1", not),
        ("err.data I2", not),
    ];
    assert_eq!(told.collect::<Vec<_>>(), want.map(|(w, a)| (w.to_string(), a)), "{e:#?}");
    let text =
        goabi_reports::explain::text::render(&e, goabi_reports::explain::text::Style { colour: false, width: 100 });
    assert_eq!(text.matches('✕').count(), 5 + 1, "{text}");
}
