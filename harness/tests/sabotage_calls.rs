//! Sabotage of calls: for each call kind programs in which the call goes wrong,
//! all of them caught, and sound ones beside them that pass.
#![cfg(target_os = "linux")]

mod common;

use common::{host, toolchain};
use goabi::oracles::{ORACLES, Subject, VectorSeen};
use goabi_cases::arch::Arch;
use goabi_cases::case::CaseFile;
use goabi_cases::cell::{Build, Cell, Target};
use goabi_cases::load::load_text;
use goabi_cases::mistake::Source;
use goabi_cases::stress::Stress;
use goabi_generators::call::{self, Call, Meanwhile, Port, Results};
use goabi_generators::names;
use goabi_generators::program::{Program, Selected, Unit, UnitKind, generate};
use goabi_reports::verdict::Verdict;
use goabi_runners::build::{Artifact, BuildSpec, Built, Sources, build};
use goabi_runners::cancel::Cancel;
use goabi_runners::observe::records::{self, Fact};
use goabi_runners::process::Limits;
use goabi_runners::provision::Exec;
use goabi_runners::run::{RunSpec, UnitFacts, run_program};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// A way in which any call may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// None: what must not be flagged.
    Sound,
    /// The caller gives another argument.
    Argument,
    /// The caller gets another result.
    Result,
    /// The caller invents the right results, or goes on without a call.
    NotCalled,
    /// Nobody is told of the end.
    Lost,
    /// The receiver, the captured variable or the type argument is another.
    Context,
    /// What the call kind makes of the function does something else: see [`made`].
    Made,
    /// It leaves a goroutine behind.
    Left,
}

const FAULTS: [Fault; 8] = [
    Fault::Sound,
    Fault::Argument,
    Fault::Result,
    Fault::NotCalled,
    Fault::Lost,
    Fault::Context,
    Fault::Made,
    Fault::Left,
];

/// For the kinds whose code stands between caller and callee: what to replace
/// in it by what, and which path shows it. `$` is the last part of its names.
fn made(kind: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match kind {
        // The arguments are evaluated when the deferred call runs.
        "defer_args" => (
            "\tdefer GoabiFunc_$(goabiP0, goabiP1)\n",
            "\tdefer func() { GoabiFunc_$(goabiP0, goabiP1) }()\n",
            "vectors[0].args[0]",
        ),
        // They are evaluated where the defer statement is.
        "defer_late" => ("\tgoabiL0 = goabiP0\n", "\t_ = goabiL0\n", "vectors[0].args[0]"),
        "defer_loop" => ("= GoabiFunc_$(goabiP0,", "= GoabiFunc_$(goabiP0+int64(goabi.One),", "vectors[0].args[0]"),
        // Somebody else recovers.
        "defer_panicking" => (
            "\tdefer GoabiFunc_$(goabiP0, goabiP1)\n",
            "\tdefer func() { GoabiFunc_$(goabiP0, goabiP1); recover() }()\n",
            "vectors[0].underway",
        ),
        // What the goroutine got does not come back.
        "go_statement" => ("goabiAll.R0, goabiAll.R1 = ", "_, _ = ", "vectors[0].results[0]"),
        "reflect_call" => ("[]any{&goabiP0, ", "[]any{new(int64), ", "vectors[0].args[0]"),
        "reflect_method" => ("[]any{&goabiR0, ", "[]any{new(int64), ", "vectors[0].results[0]"),
        "reflect_make_func" => (
            ", GoabiFunc_$)",
            ", func(n int64, s string) (int64, string) { return GoabiFunc_$(n, s[1:]) })",
            "vectors[0].args[1]",
        ),
        "range_func" => ("goabiR0, goabiR1 = ", "_, goabiR1 = ", "vectors[0].results[0]"),
        // C gives Go another argument, and hands on another member of the struct.
        "c_caller" => ("_exported(a.r0, a.r1)", "_exported(a.r0 ^ 1, a.r1)", "vectors[0].args[0]"),
        "c_callback" => ("{ r.r0, ", "{ p0, ", "vectors[0].results[0]"),
        // The closure holds a copy of the variable.
        "closure_by_reference" => ("\tgoabiK ^= ", "\tgoabiCopy := goabiK\n\t_ = goabiCopy\n\tgoabiCopy ^= ", CONTEXT),
        _ => return None,
    })
}

const CONTEXT: &str = "vectors[0].context[0]";

/// What changes the value that comes with a call, by the text it is made with.
const CONTEXTS: [(&str, &str); 6] = [
    ("(0xb1b2b3b4b5b6b7b8)", "(0xb1b2b3b4b5b6b7b9)"),
    ("goabiK ^= 0xb1", "goabiK ^= 0x1 ^ 0xb1"),
    ("{0xa1a2a3a4a5a6a7a8", "{0xa1a2a3a4a5a6a7a9"),
    ("[int32](", "[int16]("),
    ("GoabiMark_$](", "GoabiOther_$]("),
    ("&GoabiBox_$[string]{}", "&GoabiBox_$[*string]{}"),
];

/// A program of one case for each kind and fault that go together.
struct Ward {
    file: CaseFile,
    /// Of each case.
    patients: Vec<(&'static Call, Fault)>,
    program: Program,
}

impl Ward {
    /// Of all kinds that need C, or of all that do not.
    fn new(port: Port, needs_c: bool) -> Ward {
        let mut patients = Vec::new();
        let mut text = "about: Calls that go wrong.\ncases:\n".to_string();
        for call in call::singles().iter().filter(|c| c.needs_c() == needs_c) {
            for fault in FAULTS {
                if fault == Fault::Result && call.results() == Results::Dropped {
                    continue;
                }
                if fault == Fault::Made && made(call.id()).is_none() {
                    continue;
                }
                let _ = write!(
                    text,
                    "  - name: {}_{}\n    why: it goes wrong\n    func: \"func(n int64, s string) (m int64, t string)\"\n    \
                     vectors:\n      - args: ['0x1112131415161718', '\"text\"']\n        \
                     returns: ['0x2122232425262728', '\"back\"']\n",
                    call.id(),
                    format!("{fault:?}").to_lowercase()
                );
                patients.push((call, fault));
            }
        }
        let (file, mistakes) = load_text(&Source::new(Path::new("sabotage/calls.yaml"), &text), &call::ids());
        assert!(mistakes.is_empty(), "{:#?}", mistakes.iter().map(|m| m.one_line()).collect::<Vec<_>>());
        let file = file.unwrap();
        let selected = |(case, (call, _)): (_, &(&'static Call, Fault))| {
            call.applies(case, &port).unwrap_or_else(|why| panic!("{}: {why}", call.id()));
            Selected { file: &file, case, calls: vec![*call] }
        };
        let selection: Vec<Selected> = file.cases.iter().zip(&patients).map(selected).collect();
        let program = generate(&selection, port);
        Ward { file, patients, program }
    }

    fn unit(&self, case: usize) -> (usize, &Unit) {
        let call = |u: &Unit| u.case == case && matches!(u.kind, UnitKind::Call { .. });
        self.program.units.iter().enumerate().find(|(_, u)| call(u)).unwrap()
    }

    /// Replaces a text in the one of the case's files that has it.
    fn edit(&mut self, case: usize, from: &str, to: &str) {
        let stem = format!("{}_V0", self.file.cases[case].id.name);
        let (from, to) = (from.replace('$', &stem), to.replace('$', &stem));
        let owned = |path: &&String| self.program.owners.get(*path) == Some(&case);
        let found = self.program.files.iter().find(|(path, text)| owned(path) && text.contains(&from));
        // The C of all cases stands in one file: from the case's own on.
        let c = || self.program.files.iter().find(|(path, _)| path.as_str() == "cgo/goabi.c");
        let at = |text: &str| text.find(&stem).and_then(|own| Some(own + text[own..].find(&from)?)).unwrap_or(0);
        let (path, text) = found.or_else(c).unwrap_or_else(|| panic!("{stem}: no file has {from:?}"));
        let at = if found.is_some() { 0 } else { at(text) };
        assert!(text[at..].contains(&from), "{stem}: {path} has no {from:?}");
        let (path, text) = (path.clone(), text[..at].to_string() + &text[at..].replacen(&from, &to, 1));
        self.program.files.insert(path, text);
    }

    /// Lets the case's call go wrong.
    fn doctor(&mut self, case: usize) {
        let (call, fault) = self.patients[case];
        let name = self.file.cases[case].id.name.clone();
        let own = if call.same_package() { "" } else { "p." };
        let arg = format!("({own}GoabiArg_{name}_0_0");
        match fault {
            Fault::Sound => {}
            Fault::Argument => {
                // A method expression has its receiver before it.
                let text = self.program.files.values().find(|t| t.contains(&arg));
                let arg = if text.is_some() { arg } else { arg.replacen('(', ", ", 1) };
                self.edit(case, &arg, &format!("{arg}+1"));
            }
            Fault::Result => self.edit(case, "\tgoabi.Results(&r0", "\tr0++\n\tgoabi.Results(&r0"),
            Fault::NotCalled => {
                let line = self.call_line(case);
                let instead = match call.results() {
                    Results::Returned => "\tr0, r1 := int64(0x2122232425262728), \"back\"\n",
                    Results::Dropped => "",
                };
                self.edit(case, &line, instead);
            }
            Fault::Lost => {
                let report = match call.results() {
                    Results::Returned => "\tgoabi.Results(&r0, &r1)\n",
                    Results::Dropped => "\tgoabi.Dropped()\n",
                };
                self.edit(case, report, &format!("\tif goabi.One != 1 {{\n\t{report}\t}}\n"));
            }
            Fault::Context => {
                let text: String = {
                    let owned = |p: &String| self.program.owners.get(p) == Some(&case);
                    let files = self.program.files.iter().filter(|(p, _)| owned(p));
                    files.map(|(_, t)| t.as_str()).collect()
                };
                let stem = format!("{name}_V0");
                let has = |(from, _): &&(&str, &str)| text.contains(&from.replace('$', &stem));
                let (from, to) = CONTEXTS.iter().find(has).unwrap_or_else(|| panic!("{stem}: nothing to change"));
                if from.contains("Mark") {
                    let mark = format!("type GoabiMark_{stem} struct");
                    self.edit(case, &mark, &format!("type GoabiOther_{stem} struct{{}}\n\n{mark}"));
                }
                self.edit(case, from, to);
            }
            Fault::Made => {
                let (from, to, _) = made(call.id()).unwrap();
                self.edit(case, from, to);
            }
            Fault::Left => {
                let line = self.call_line(case);
                self.edit(case, &line, &format!("\tgo func() {{ <-make(chan int) }}()\n{line}"));
            }
        }
    }

    /// The line of the unit's function that calls.
    fn call_line(&self, case: usize) -> String {
        let name = &self.file.cases[case].id.name;
        let file = names::go_file(&self.file.cases[case]);
        let own = self.program.files.iter().filter(|(p, _)| p.ends_with(&file));
        let line = own.flat_map(|(_, t)| t.lines()).find(|l| {
            let called = l.contains(&format!("GoabiArg_{name}_0_0")) && l.contains('(');
            called && !l.contains(" = ")
        });
        format!("{}\n", line.unwrap())
    }
}

/// What two oracles say of a case: `oracle path` of findings, `oracle: why` of what was not observed.
fn judge(ward: &Ward, case: usize, facts: &UnitFacts, port: Port) -> Vec<String> {
    let (call, _) = ward.patients[case];
    let c = &ward.file.cases[case];
    let cell = Cell {
        case: c.id.clone(),
        toolchain: "sabotaged".into(),
        target: Target { goarch: host().into() },
        build: Build::Opt,
        stress: Stress::NONE,
        call: call.id().into(),
    };
    let expected = c.expected(&ward.file.scope, &c.vectors[0], u32::try_from(port.arch.word_size).unwrap()).unwrap();
    let records = records::call(&facts.records).map_or_else(Fact::Unavailable, Fact::Seen);
    let site = ward.unit(case).1.site.clone();
    let subject = Subject {
        cell: &cell,
        file: &ward.file,
        case: c,
        arch: port.arch,
        version: port.version,
        vectors: &[VectorSeen { expected, site, records, end: facts.end.clone() }],
        types: &Fact::NotRequested,
        dwarf: &Fact::NotRequested,
        functions: &[],
        machine: None,
        unwinding: None,
        abi: &[],
    };
    let mut out = Vec::new();
    for oracle in ORACLES.iter().filter(|o| ["values", "panics"].contains(&o.id())) {
        for v in oracle.judge(&subject) {
            match v {
                Verdict::Disagree(f) => out.push(format!("{} {}", oracle.id(), f.path)),
                Verdict::Unobserved(why) => out.push(format!("{}: {why}", oracle.id())),
                Verdict::Agree | Verdict::Inapplicable(_) | Verdict::NotDescribed => {}
            }
        }
    }
    out
}

#[test]
fn each_call_kind_that_goes_wrong_is_caught() {
    let caught = caught(false);
    assert_eq!(caught.len(), call::singles().iter().filter(|c| !c.needs_c()).count());
}

#[test]
fn each_call_through_c_that_goes_wrong_is_caught() {
    let caught = caught(true);
    assert_eq!(caught, BTreeSet::from(["c_caller", "c_callback"]));
}

/// The kinds whose faults were caught, each of them, while what is sound was not flagged.
fn caught(needs_c: bool) -> BTreeSet<&'static str> {
    let (provision, toolchain) = toolchain();
    let arch = Arch::get(host()).unwrap();
    let port = Port { arch, version: toolchain.version, takes: false, profiled: false };
    let mut ward = Ward::new(port, needs_c);
    let c = needs_c.then(|| {
        let found = provision.c_compilers(&goabi::c_compilers::names(arch)).unwrap();
        found.into_iter().next().expect("a C compiler for the host, which Rust's linker is, too")
    });
    for case in 0..ward.patients.len() {
        let (_, fault) = ward.patients[case];
        if fault != Fault::Context || !ward.unit(case).1.site.context.is_empty() {
            ward.doctor(case);
        }
    }
    let sources = Sources { files: ward.program.files.clone() };
    let spec = BuildSpec {
        toolchain: &toolchain,
        target: &Target { goarch: host().into() },
        build: Build::Opt,
        stress: Stress::NONE,
        sources: &sources,
        extra_env: &[],
        c: c.as_ref(),
        limits: Limits::BUILD,
    };
    let artifact: Artifact = match build(&provision.cache, &spec, &Cancel::new()).unwrap() {
        Built::Artifact(a) => a,
        Built::Rejected { output, .. } => panic!("{output}"),
    };
    let run = RunSpec {
        artifact: &artifact,
        exec: &Exec::Native,
        program: &ward.program.id,
        units: u32::try_from(ward.program.units.len()).unwrap(),
        isolated: &BTreeSet::new(),
        only: None,
        limits: Limits::RUN,
        env: &[("GODEBUG".into(), "cgocheck=0".into())],
    };
    let facts = run_program(&run, &Cancel::new()).unwrap();
    let mut caught = BTreeSet::new();
    for case in 0..ward.patients.len() {
        let (call, fault) = ward.patients[case];
        let (number, unit) = ward.unit(case);
        let said = judge(&ward, case, &facts.units[number], port);
        let has = |text: &str| said.iter().any(|s| s == text);
        let id = call.id();
        let seen = match fault {
            Fault::Sound => said.is_empty(),
            Fault::Argument => has("values vectors[0].args[0]"),
            Fault::Result => said == ["values vectors[0].results[0]"],
            Fault::NotCalled => has("values: vectors[0].args: the callee did not report that it was entered"),
            Fault::Lost => said == ["panics vectors[0].outcome"],
            // Nothing comes with the call: nothing was changed.
            Fault::Context if unit.site.context.is_empty() => said.is_empty(),
            Fault::Context => said.iter().all(|s| s.starts_with(&format!("values {CONTEXT}"))) && !said.is_empty(),
            Fault::Made => {
                let path = made(id).unwrap().2;
                let meanwhile = unit.site.meanwhile != Meanwhile::Nothing;
                let oracle = if meanwhile { "panics" } else { "values" };
                said.iter().any(|s| s.starts_with(&format!("{oracle} {path}")))
            }
            Fault::Left => said == ["panics vectors[0].goroutines"],
        };
        assert!(seen, "{id}, {fault:?}: {said:#?}");
        if fault != Fault::Sound {
            caught.insert(id);
        }
    }
    caught
}
