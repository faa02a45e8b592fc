//! `dwarf_live`: what a debugger would show of each parameter and result while
//! the machine stands still, against what is really there. Whether that is what
//! the case states is the question of `registers`.

use super::registers::{call_of, cut};
use super::{Oracle, Subject};
use crate::oracles::dwarf::{Symptom, slot_numbers, symptom};
use crate::witness::{How, Said, View, hear};
use goabi_cases::assignment::{Abi, assign_abi};
use goabi_cases::signature::Signature;
use goabi_cases::value::identify;
use goabi_reports::verdict::{Basis, Verdict};
use goabi_runners::observe::dwarf::DwarfFacts;
use goabi_runners::observe::machine::{CallSeen, EntrySeen, PlaceKind, Sight, SlotAt, SlotSeen};
use goabi_runners::observe::records::Fact;

pub(super) struct Kind;

impl Oracle for Kind {
    fn id(&self) -> &'static str {
        "dwarf_live"
    }
    fn about(&self) -> &'static str {
        "what a debugger would show of parameters and results, against the machine"
    }
    fn judge(&self, s: &Subject) -> Vec<Verdict> {
        let Some(m) = s.machine else {
            return vec![Verdict::Inapplicable("the machine was not watched".into())];
        };
        if let Err(verdict) = s.own() {
            return vec![*verdict];
        }
        let facts = match s.dwarf {
            Fact::Seen(facts) => facts,
            Fact::NotRequested => return vec![Verdict::Unobserved("the program's DWARF was not read".into())],
            Fact::Unavailable(why) => return vec![Verdict::Unobserved(why.clone())],
        };
        let witnesses: Vec<(How, Vec<(String, Said)>)> = m
            .views
            .iter()
            .map(|v| (v.how, (0..m.expected.len()).flat_map(|i| vector(s, facts, v, i)).collect()))
            .collect();
        hear(s, "dwarf_live", &witnesses)
    }
}

fn vector(s: &Subject, facts: &DwarfFacts, view: &View, i: usize) -> Vec<(String, Said)> {
    let path = |rest: &str| format!("vectors[{i}].{rest}");
    let (f, call) = match call_of(s, view, i) {
        Ok(found) => found,
        Err(said) => return vec![(path("entry"), said)],
    };
    let signature = Signature { receiver: f.receiver.clone(), ..s.case.signature.clone() };
    let slots = slot_numbers(&signature, s.version);
    let variables: Vec<&str> = match facts.functions.get(&f.symbol) {
        Some(d) => d.params.iter().map(|v| v.name.as_str()).collect(),
        None => return vec![(path("entry"), Said::Unobserved("DWARF has no such function".into()))],
    };
    let Ok(assignment) = assign_abi(&signature, s.arch, Abi::of(s.arch, s.version, s.cell.build)) else {
        return vec![(path("entry"), Said::Unobserved("the model has no assignment".into()))];
    };
    let receiver = usize::from(f.receiver.is_some());
    // A variable by its number: its path, and which slot it is.
    let known = |n: usize| -> Option<(String, SlotAt)> {
        let name = variables.get(n)?;
        let (_, at) = slots.iter().find(|(slot, _)| slot == name)?;
        let word = match at {
            SlotAt::Input(0) if receiver == 1 => "receiver".to_string(),
            SlotAt::Input(k) => format!("args[{}]", k - receiver),
            SlotAt::Result(k) => format!("results[{k}]"),
        };
        Some((word, *at))
    };
    let mut out: Vec<(String, Said)> = Vec::new();
    // What the location is that shows something else.
    let symptom = |n: usize, at: SlotAt, offset: u64| {
        let d = facts.functions.get(&f.symbol)?;
        let slot = match at {
            SlotAt::Input(k) => assignment.inputs.get(k),
            SlotAt::Result(k) => assignment.results.get(k),
        };
        Some(symptom(d.params.get(n)?.location.at(d.low_pc + offset).ok()?, slot?, &assignment, s.arch))
    };
    let mut add = |place: &str, words: &str, offset: u64, (n, sight): (usize, &Sight), entry: Option<&EntrySeen>| {
        let Some((word, at)) = known(n) else { return };
        let said = said(sight, truth(call, entry, at), words, || symptom(n, at, offset));
        let path = path(&format!("{place}.{word}"));
        // At many statements one lie is one finding.
        let again = |(p, before): &(String, Said)| match (before, &said) {
            (Said::Disagree { actual: a, .. }, Said::Disagree { actual: b, .. }) => *p == path && a == b,
            _ => false,
        };
        if !out.iter().any(again) {
            out.push((path, said));
        }
    };
    for entry in &call.entries {
        for (n, sight) in &entry.variables {
            add("entry", "at the entry", 0, (*n, sight), Some(entry));
        }
    }
    for place in &call.places {
        let (word, words) = match place.kind {
            PlaceKind::AfterPrologue => ("prologue", format!("after the prologue, at +{:#x}", place.offset)),
            PlaceKind::Statement(line) => ("statement", format!("at line {line}, +{:#x}", place.offset)),
            PlaceKind::Return => ("return", format!("at the return instruction, +{:#x}", place.offset)),
        };
        for (n, sight) in &place.variables {
            add(word, &words, place.offset, (*n, sight), call.entries.last());
        }
    }
    if out.is_empty() {
        let nothing = if slots.is_empty() {
            Said::Agree
        } else {
            Said::Inapplicable("DWARF has no entry for any parameter or result".into())
        };
        out.push((path("entry"), nothing));
    }
    out
}

/// The value that is really there: of a parameter as that entry had it.
fn truth<'a>(call: &'a CallSeen, entry: Option<&'a EntrySeen>, at: SlotAt) -> Option<&'a SlotSeen> {
    match at {
        SlotAt::Input(n) => entry?.inputs.get(n),
        SlotAt::Result(n) => call.at_return.as_ref()?.get(n),
    }
}

fn text(seen: &SlotSeen) -> String {
    match seen {
        Ok(v) => {
            let mut v = v.clone();
            identify([&mut v]);
            // What is read by a wrong length may be the whole heap.
            cut(&v)
        }
        Err(why) => format!("nothing readable: {why}"),
    }
}

fn said(sight: &Sight, truth: Option<&SlotSeen>, words: &str, symptom: impl FnOnce() -> Option<Symptom>) -> Said {
    let expected = || truth.map_or_else(|| "the value".to_string(), text);
    match sight {
        Sight::True => Said::Agree,
        Sight::NotDescribed | Sight::Partly => Said::NotDescribed,
        Sight::Unknown(why) => Said::Inapplicable(format!("there is nothing to compare with: {why}")),
        Sight::Other { shown, location, described } => Said::Disagree {
            expected: expected(),
            basis: Basis::Case,
            actual: match symptom() {
                Some(Symptom::Shifted(words)) => format!("{}{words}", text(shown)),
                // By chance something else each time.
                Some(Symptom::Elsewhere(words)) => words.to_string(),
                None => text(shown),
            },
            evidence: vec![
                match described {
                    Some((n, size)) => format!("{words}: DWARF says {location}: {n} bytes of {size}"),
                    None => format!("{words}: DWARF says {location}"),
                },
                format!("a debugger shows {}", text(shown)),
            ],
        },
        Sight::Unreadable(why) => Said::Disagree {
            expected: expected(),
            basis: Basis::Case,
            actual: "a location that cannot be evaluated".into(),
            evidence: vec![format!("{words}: {why}")],
        },
    }
}
