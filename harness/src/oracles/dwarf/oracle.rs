//! The oracle itself: which functions of a cell are judged, and how their
//! checks become verdicts.

use super::{Check, Expect, Judgement, abstract_slots, check};
use crate::oracles::{OpenFact, Oracle, Subject};
use goabi_cases::assignment::{Abi, assign};
use goabi_cases::signature::Signature;
use goabi_generators::program::Function;
use goabi_reports::verdict::{Basis, Verdict};
use goabi_runners::observe::dwarf::DwarfFacts;
use goabi_runners::observe::records::Fact;

pub(in crate::oracles) struct Kind;

/// A check's path with the vectors that the function serves before it: `vectors[0].dwarf.params[1].type`.
fn path(f: &Function, path: &str) -> String {
    match f.vectors.as_slice() {
        [one] => format!("vectors[{one}].{path}"),
        _ => path.to_string(),
    }
}

/// Verdicts of checks that some oracle made.
pub(in crate::oracles) fn verdicts(
    s: &Subject,
    oracle: &str,
    checks: Vec<Check>,
    place: impl Fn(&str) -> String,
) -> Vec<Verdict> {
    let verdict = |c: Check| match c.judgement {
        Judgement::Agree => Verdict::Agree,
        Judgement::NotDescribed => Verdict::NotDescribed,
        Judgement::Disagree { expected, actual, evidence } => {
            s.finding(oracle, place(&c.path), Basis::Spec, expected, actual, evidence)
        }
        Judgement::Unobserved(why) => Verdict::Unobserved(format!("{}: {why}", place(&c.path))),
    };
    checks.into_iter().map(verdict).collect()
}

fn with_expect<T>(s: &Subject, f: &Function, run: impl FnOnce(&Expect) -> T) -> T {
    let signature = Signature { receiver: f.receiver.clone(), ..s.case.signature.clone() };
    run(&Expect {
        symbol: &f.symbol,
        signature: &signature,
        build: s.cell.build,
        version: s.version,
        arch: s.arch,
        package_path: &f.package,
        decl_line: Some(f.line),
        inlinable: f.inlinable,
    })
}

fn facts<'a>(s: &'a Subject) -> Result<&'a DwarfFacts, String> {
    match s.dwarf {
        Fact::Seen(facts) => Ok(facts),
        Fact::NotRequested => Err("the program's DWARF was not read".into()),
        Fact::Unavailable(why) => Err(why.clone()),
    }
}

/// What must be alike for two architectures to be compared: the model assigns
/// alike on both, and everything but the architecture is the same.
fn class(s: &Subject, f: &Function) -> Option<String> {
    if Abi::of(s.arch, s.version, s.cell.build) == Abi::Abi0 {
        return None;
    }
    let signature = Signature { receiver: f.receiver.clone(), ..s.case.signature.clone() };
    let assignment = assign(&signature, s.arch, s.version, s.cell.build).ok()?;
    Some(format!("{} {} {} {} {assignment}", s.cell.toolchain, s.cell.build, s.cell.call, s.arch.word_size))
}

impl Oracle for Kind {
    fn id(&self) -> &'static str {
        "dwarf"
    }
    fn about(&self) -> &'static str {
        "what DWARF says of functions, parameters, results, types and locations"
    }
    fn judge(&self, s: &Subject) -> Vec<Verdict> {
        let own: Vec<_> = match s.own() {
            Ok(own) => own,
            Err(verdict) => return vec![*verdict],
        };
        let facts = match facts(s) {
            Ok(f) => f,
            Err(why) => return vec![Verdict::Unobserved(why)],
        };
        own.iter().flat_map(|f| verdicts(s, "dwarf", with_expect(s, f, |e| check(facts, e)), |p| path(f, p))).collect()
    }
    /// The abstract slots ("I3") in which DWARF puts each
    /// parameter, for comparison with other architectures.
    fn open(&self, s: &Subject) -> Vec<OpenFact> {
        let Ok(facts) = facts(s) else { return vec![] };
        let mut out = Vec::new();
        for f in s.own().unwrap_or_default() {
            let Some(class) = class(s, f) else { continue };
            let slots = with_expect(s, f, |e| abstract_slots(facts, e));
            out.extend(slots.into_iter().map(|(p, text)| OpenFact { path: path(f, &p), class: class.clone(), text }));
        }
        out
    }
}
