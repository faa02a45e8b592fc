//! `registers`: what registers and memory really hold at each entry and each
//! return of a function under test, where the ABI assigns it, against the case.

use super::dwarf::verdicts;
use super::{Oracle, Subject};
use crate::witness::{How, Machine, Said, View, Watched, hear};
use goabi_cases::assignment::{Abi, Slot, SlotPlace, assign_abi};
use goabi_cases::case::{Expected, Outcome};
use goabi_cases::signature::Signature;
use goabi_cases::value::{Value, differences, identify, show};
use goabi_generators::call::Meanwhile;
use goabi_generators::program::Function;
use goabi_reports::verdict::{Basis, Verdict};
use goabi_runners::observe::machine::{CallSeen, Cut, SlotSeen, Unread, may_be_too_large};

pub(super) struct Kind;

impl Oracle for Kind {
    fn id(&self) -> &'static str {
        "registers"
    }
    fn about(&self) -> &'static str {
        "registers and memory at each entry and return, by the ABI assignment"
    }
    fn judge(&self, s: &Subject) -> Vec<Verdict> {
        // A model of other registers than the toolchain's would be no measure.
        let mut out = verdicts(s, "registers", s.abi.to_vec(), str::to_string);
        let Some(m) = s.machine else {
            out.push(Verdict::Inapplicable("the machine was not watched".into()));
            return out;
        };
        let witnesses: Vec<(How, Vec<(String, Said)>)> = m
            .views
            .iter()
            .map(|v| (v.how, (0..m.expected.len()).flat_map(|i| vector_said(s, m, v, i)).collect()))
            .collect();
        out.extend(hear(s, "registers", &witnesses));
        out
    }
}

/// Which side a wrong value comes from: whether the machine held the wanted one
/// where it was handed over. `None` where that was not seen.
pub(crate) fn handed_over(s: &Subject, path: &str) -> Option<bool> {
    let m = s.machine?;
    // `vectors[2].args[0].elems[1]`.
    let (vector, rest) = path.strip_prefix("vectors[")?.split_once("].")?;
    let i: usize = vector.parse().ok()?;
    let (word, number) = rest.split_once('[')?;
    let number = number.split(']').next()?;
    let at = match word {
        "args" => format!("vectors[{i}].entry.args[{number}]"),
        "results" => format!("vectors[{i}].return.results[{number}]"),
        _ => return None,
    };
    let said = m.views.iter().flat_map(|v| vector_said(s, m, v, i)).filter(|(p, _)| *p == at);
    let answers: Vec<bool> = said
        .filter_map(|(_, said)| match said {
            Said::Agree => Some(true),
            Said::Disagree { .. } => Some(false),
            Said::NotDescribed | Said::Inapplicable(_) | Said::Unobserved(_) => None,
        })
        .collect();
    let first = *answers.first()?;
    answers.iter().all(|a| *a == first).then_some(first)
}

/// Whether any call under test was seen while the machine stood still.
pub(crate) fn watched(s: &Subject) -> bool {
    let seen = |m: &Machine, v: &View| (0..m.expected.len()).any(|i| call_of(s, v, i).is_ok());
    s.machine.is_some_and(|m| m.views.iter().any(|v| seen(m, v)))
}

/// Which call of a vector is the one under test; or what is to be said instead.
pub(super) fn call_of<'a>(s: &Subject<'a>, view: &'a View, i: usize) -> Result<(&'a Function, &'a CallSeen), Said> {
    match &view.watched {
        Watched::Skipped(why) => return Err(Said::Inapplicable(why.clone())),
        Watched::Unavailable(why) => return Err(Said::Unobserved(why.clone())),
        Watched::Seen(_) => {}
    }
    if let Some(first) = s.machine.and_then(|m| m.repeats.get(i).copied().flatten()) {
        return Err(Said::Inapplicable(format!("it is the same as vectors[{first}], which is watched")));
    }
    let Some(f) = s.functions.iter().find(|f| f.vectors.contains(&i)) else {
        return Err(match s.no_function() {
            Verdict::Inapplicable(why) if s.functions.is_empty() => Said::Inapplicable(why),
            _ => Said::Unobserved("no function under test is known".into()),
        });
    };
    let Some(unit) = view.unit(i) else {
        return Err(Said::Unobserved("the unit was not watched".into()));
    };
    match (view.call(i, &f.symbol), &unit.cut) {
        (Some(call), _) => Ok((f, call)),
        (None, Some(Cut::NotRun(why) | Cut::Lost(why))) => Err(Said::Unobserved(why.clone())),
        (None, _) if f.inlinable => Err(Said::Inapplicable("the call was inlined: the function is not entered".into())),
        (None, Some(Cut::Died(why))) => Err(Said::Unobserved(format!("{why} before the function was entered"))),
        (None, None) => Err(Said::Unobserved("the function was never entered".into())),
    }
}

/// The results that the function itself is to return, if it is to return.
fn wanted_results(e: &Expected) -> Option<&[Value]> {
    match &e.outcome {
        Outcome::Returns(r) | Outcome::Recovered { results: Some(r), .. } => Some(r),
        Outcome::Recovered { results: None, .. } | Outcome::Dies { .. } | Outcome::Goexit => None,
    }
}

fn vector_said(s: &Subject, m: &Machine, view: &View, i: usize) -> Vec<(String, Said)> {
    let path = |rest: &str| format!("vectors[{i}].{rest}");
    let Some(want) = m.expected.get(i) else { return vec![] };
    let (f, call) = match call_of(s, view, i) {
        Ok(found) => found,
        Err(said) => return vec![(path("entry"), said)],
    };
    let signature = Signature { receiver: f.receiver.clone(), ..s.case.signature.clone() };
    let abi = Abi::of(s.arch, s.version, s.cell.build);
    let Ok(assignment) = assign_abi(&signature, s.arch, abi) else {
        return vec![(path("entry"), Said::Unobserved("the model has no assignment".into()))];
    };
    let skip = usize::from(assignment.has_receiver);
    let mut out = Vec::new();
    for (n, entry) in call.entries.iter().enumerate() {
        let moved = if n > 0 { "entry, begun anew on a larger stack" } else { "entry" };
        let at = |rest: String| path(&format!("{}.{rest}", if n > 0 { "entry_again" } else { "entry" }));
        if let (Some(seen), Some(want), Some(slot), 0) =
            (entry.inputs.first().filter(|_| skip == 1), &f.receiver_value, assignment.receiver(), n)
        {
            let (mut want, mut seen) = (want.clone(), seen.clone());
            identify([&mut want]);
            identify(seen.iter_mut());
            out.push((at("receiver".into()), compare(s, slot, &want, &seen, moved)));
        }
        let mut seen: Vec<SlotSeen> = entry.inputs.get(skip..).unwrap_or_default().to_vec();
        let mut blanks = vec![Value::Unstated; seen.len()];
        identify(seen.iter_mut().zip(&mut blanks).map(|(s, b)| s.as_mut().unwrap_or(b)));
        for (k, (want, slot)) in want.args.iter().zip(assignment.params()).enumerate() {
            // What the body never reads need not outlive the growth of the stack.
            let read = s.case.record_args && s.case.signature.params.get(k).is_some_and(|p| p.visible_name().is_some());
            let said = match seen.get(k) {
                Some(_) if n > 0 && !read => Said::Inapplicable("begun anew, and the body does not read it".into()),
                Some(seen) => compare(s, slot, want, seen, moved),
                None => Said::Unobserved("it was not read".into()),
            };
            out.push((at(format!("args[{k}]")), said));
        }
    }
    if want.args.is_empty() && skip == 0 {
        out.push((path("entry"), if call.entries.is_empty() { unseen("entry") } else { Said::Agree }));
    } else if call.entries.is_empty() {
        out.push((path("entry"), unseen("entry")));
    }
    if let (Some(why), true) = (recovering(s, i), wanted_results(want).is_some()) {
        out.push((path("return"), Said::Inapplicable(why.into())));
        return out;
    }
    out.extend(results(s, view, i, want, call, &assignment.results));
    out
}

/// Why nothing is known of the results, if a body that recovers is called while
/// its caller panics: the case states them for a call in which nothing panics,
/// and nobody receives these.
fn recovering(s: &Subject, i: usize) -> Option<&'static str> {
    let site = &s.vectors.get(i)?.site;
    let may = s.case.recovers && site.meanwhile == Meanwhile::Panicking && site.deferred_itself != Some(false);
    may.then_some("the body recovers the caller's panic, which may change what it returns")
}

fn unseen(what: &str) -> Said {
    Said::Unobserved(format!("the {what} was not seen"))
}

/// The values of the results with those of the arguments before them, so that
/// what shares memory with what can be told.
fn identified(s: &Subject, call: &CallSeen, results: &[SlotSeen], params: usize) -> Vec<SlotSeen> {
    let inputs = call.entries.last().map(|e| e.inputs.as_slice()).unwrap_or_default();
    let args = inputs.get(inputs.len().saturating_sub(params)..).unwrap_or_default();
    let mut args: Vec<Value> = args.iter().map(|a| a.clone().unwrap_or(Value::Unstated)).collect();
    s.case.mask(&mut args);
    let mut results = results.to_vec();
    let mut blanks = vec![Value::Unstated; results.len()];
    let results_too = results.iter_mut().zip(&mut blanks).map(|(s, b)| s.as_mut().unwrap_or(b));
    identify(args.iter_mut().chain(results_too));
    results
}

fn results(
    s: &Subject,
    view: &View,
    i: usize,
    want: &Expected,
    call: &CallSeen,
    slots: &[Slot],
) -> Vec<(String, Said)> {
    let path = |rest: String| format!("vectors[{i}].{rest}");
    let Some(wanted) = wanted_results(want) else {
        return vec![(path("return".into()), Said::Inapplicable("the call is not to return".into()))];
    };
    let mut out = Vec::new();
    let mut places = Vec::new();
    if let Some(seen) = &call.at_return {
        places.push(("return", "return instruction", seen));
    } else if call.in_caller.is_some() {
        let said = match call.given_up {
            true => Said::Inapplicable("too many inner calls return before the one under test".into()),
            false => unseen("return instruction"),
        };
        out.push((path("return".into()), said));
    }
    if let Some(seen) = &call.in_caller {
        places.push(("caller", "return address", seen));
    }
    if places.is_empty() {
        let why = match view.unit(i).and_then(|u| u.cut.as_ref()) {
            Some(Cut::Lost(why) | Cut::NotRun(why) | Cut::Died(why)) => why.clone(),
            None => "the function's return was not seen".into(),
        };
        return vec![(path("return".into()), Said::Unobserved(why))];
    }
    if !call.returned {
        let said = Said::Unobserved("the caller's return address was not reached".into());
        out.push((path("caller".into()), said));
    }
    for (word, words, seen) in places {
        let seen = identified(s, call, seen, want.args.len());
        if wanted.len() != seen.len() {
            out.push((path(word.into()), Said::Unobserved(format!("{} results were read", seen.len()))));
        }
        for (k, ((want, seen), slot)) in wanted.iter().zip(&seen).zip(slots).enumerate() {
            out.push((path(format!("{word}.results[{k}]")), compare(s, slot, want, seen, words)));
        }
        if wanted.is_empty() {
            out.push((path(word.into()), Said::Agree));
        }
    }
    out
}

/// Where the model assigns a slot, with the machine's names of registers.
pub(super) fn place(s: &Subject, slot: &Slot) -> String {
    match &slot.place {
        SlotPlace::Stack { offset } => format!("argument area+{offset}"),
        SlotPlace::Registers { pieces, .. } => {
            let name = |p: &goabi_cases::assignment::Piece| {
                s.arch.registers(p.class).get(p.index).map_or_else(String::new, |r| r.name.clone())
            };
            pieces.iter().map(name).collect::<Vec<_>>().join(" ")
        }
    }
}

fn compare(s: &Subject, slot: &Slot, want: &Value, seen: &SlotSeen, at: &str) -> Said {
    if *want == Value::Unstated {
        return Said::Inapplicable("the case does not state the value".into());
    }
    let place = || format!("at the {at}, in {} ({})", place(s, slot), slot.ty);
    let seen = match seen {
        Ok(seen) => seen,
        Err(Unread::TooMuch(_)) if may_be_too_large(want) => {
            return Said::Inapplicable("the value is too large to be read at a stop".into());
        }
        Err(why) => {
            return Said::Disagree {
                expected: show(want),
                basis: Basis::Case,
                actual: format!("what cannot be such a value: {why}"),
                evidence: vec![place()],
            };
        }
    };
    let all = differences(want, seen);
    let Some(first) = all.first() else { return Said::Agree };
    let mut evidence = vec![place()];
    if !first.path.is_empty() {
        evidence.push(format!("at {}; whole value wanted: {}, got: {}", first.path, cut(want), cut(seen)));
    }
    Said::Disagree { expected: first.want.clone(), basis: Basis::Case, actual: first.got.clone(), evidence }
}

pub(super) fn cut(v: &Value) -> String {
    let text = show(v);
    match text.char_indices().nth(300) {
        Some((at, _)) => format!("{} ...", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
#[path = "../registers_tests.rs"]
mod tests;
