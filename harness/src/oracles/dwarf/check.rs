//! The questions, one after the other.

use super::expect::{Check, Expect, Judgement};
use super::location::{Spot, incomplete, judge, segments, text, total};
use super::names::{Entry, Role, entries};
use super::types;
use goabi_cases::assignment::{Assignment, Slot, SlotPlace, assign};
use goabi_cases::cell::Build;
use goabi_cases::signature::Signature;
use goabi_cases::version::GoVersion;
use goabi_runners::observe::dwarf::{DwarfFacts, Function, LocationFact, Piece, Place, Variable, words};
use goabi_runners::observe::machine::SlotAt;

/// Judges one function: that it is there, and for the receiver, each parameter
/// and each result its name, flag, line, type and location.
#[must_use]
pub fn check(facts: &DwarfFacts, e: &Expect<'_>) -> Vec<Check> {
    let function = match found(facts, e) {
        Ok(f) => f,
        Err(judgement) => return vec![Check::new("dwarf.function", judgement)],
    };
    let mut out = vec![Check::new("dwarf.function", Judgement::Agree)];
    if function.low_pc >= function.high_pc {
        let got = format!("{:#x} to {:#x}", function.low_pc, function.high_pc);
        out.push(Check::new("dwarf.function.pc", Judgement::differ("a range of addresses", got)));
    }
    if let Some(line) = e.decl_line {
        out.push(Check::equal("dwarf.function.line", line, line_text(function.decl_line)));
    }
    let cfa = LocationFact::Expr(vec![Piece { size: None, place: Place::CallFrameCfa(0) }]);
    if function.frame_base != cfa {
        let got = format!("{:?}", function.frame_base);
        out.push(Check::new("dwarf.function.frame_base", Judgement::differ("DW_OP_call_frame_cfa", got)));
    }
    let assignment = match assign(e.signature, e.arch, e.version, e.build) {
        Ok(a) => a,
        Err(why) => {
            out.push(Check::new("dwarf.function", Judgement::Unobserved(why.to_string())));
            return out;
        }
    };
    let described = |name: &str| function.params.iter().any(|v| v.name == name);
    let wanted = entries(e.signature, e.version);
    let names: Vec<&str> =
        wanted.iter().filter(|w| !w.optional || described(&w.name)).map(|w| w.name.as_str()).collect();
    // An entry that comes twice is a finding of its own, not one of order.
    let mut got: Vec<&str> = Vec::new();
    for v in &function.params {
        if !got.contains(&v.name.as_str()) {
            got.push(&v.name);
        }
    }
    out.push(Check::equal("dwarf.order", names.join(" "), got.join(" ")));
    let mut homes: Vec<(i64, i64, Role)> = Vec::new();
    for Entry { role, name, param, optional } in &wanted {
        let path = role.path();
        // By name, so that a swapped order does not also swap everything else;
        // by position where there is no such name.
        let by_name = function.params.iter().find(|v| v.name == *name);
        let position = names.iter().position(|n| n == name).filter(|_| names.len() == function.params.len());
        let by_place = position.and_then(|i| function.params.get(i)).filter(|v| !names.contains(&v.name.as_str()));
        let Some(v) = by_name.or(by_place) else {
            if *optional {
                out.push(Check::new(path, Judgement::NotDescribed));
                continue;
            }
            out.push(Check::new(path, Judgement::differ(format!("an entry for {name}"), "none")));
            continue;
        };
        let times = function.params.iter().filter(|other| other.name == v.name).count();
        if times > 1 {
            let got = format!("{times} entries");
            out.push(Check::new(format!("{path}.entries"), Judgement::differ("1 entry", got)));
        }
        let is_result = matches!(role, Role::Result(_));
        out.push(Check::equal(format!("{path}.name"), name, &v.name));
        out.push(Check::equal(format!("{path}.variable_parameter"), is_result, v.variable_parameter));
        if let Some(line) = e.decl_line {
            out.push(Check::equal(format!("{path}.line"), line, line_text(v.decl_line)));
        }
        let ty = types::judge(facts, v.ty, &param.ty, e);
        out.push(Check::new(format!("{path}.type"), ty));
        let Some(slot) = slot(&assignment, *role) else { continue };
        let location = if is_result {
            result_location(v, slot, &assignment, e, *role, &mut homes)
        } else {
            param_location(v, slot, &assignment, e, function)
        };
        out.push(Check::new(format!("{path}.location"), location));
    }
    out
}

fn line_text(line: Option<u64>) -> String {
    line.map_or("none".to_string(), |l| l.to_string())
}

/// The function's entry, or what its absence means.
fn found<'f>(facts: &'f DwarfFacts, e: &Expect<'_>) -> Result<&'f Function, Judgement> {
    if let Some(f) = facts.functions.get(e.symbol) {
        return Ok(f);
    }
    match e.build {
        // Every call was inlined and the linker dropped the rest.
        Build::Opt | Build::Noregabi if e.inlinable => Err(Judgement::NotDescribed),
        Build::Opt | Build::Noopt | Build::Noregabi if facts.unreadable.is_empty() => {
            Err(Judgement::differ(format!("an entry for {}", e.symbol), "none"))
        }
        Build::Opt | Build::Noopt | Build::Noregabi => Err(Judgement::Unobserved(facts.unreadable.join("; "))),
    }
}

fn slot(assignment: &Assignment, role: Role) -> Option<&Slot> {
    match role {
        Role::Receiver => assignment.receiver(),
        Role::Param(i) => assignment.params().get(i),
        Role::Result(i) => assignment.results.get(i),
    }
}

/// The receiver, parameters and results of a signature as DWARF should call
/// them, each with the slot that the ABI assignment gives it.
pub(crate) fn named_slots<'a>(
    signature: &Signature,
    version: GoVersion,
    assignment: &'a Assignment,
) -> Vec<(String, &'a Slot)> {
    let entries = entries(signature, version).into_iter();
    entries.filter_map(|Entry { role, name, .. }| Some((name, slot(assignment, role)?))).collect()
}

/// The names that DWARF gives to a signature's entries, and which slot of its
/// assignment each is.
pub(crate) fn slot_numbers(signature: &Signature, version: GoVersion) -> Vec<(String, SlotAt)> {
    let receiver = usize::from(signature.receiver.is_some());
    let number = |role: Role| match role {
        Role::Receiver => SlotAt::Input(0),
        Role::Param(i) => SlotAt::Input(receiver + i),
        Role::Result(i) => SlotAt::Result(i),
    };
    entries(signature, version).into_iter().map(|e| (e.name, number(e.role))).collect()
}

/// What holds at the function's first instruction.
fn at_entry<'v>(v: &'v Variable, function: &Function) -> Result<Option<&'v [Piece]>, String> {
    Ok(Some(v.location.at(function.low_pc)?).filter(|p| !p.is_empty()))
}

fn param_location(v: &Variable, slot: &Slot, a: &Assignment, e: &Expect<'_>, function: &Function) -> Judgement {
    let pieces = match at_entry(v, function) {
        Ok(p) => p,
        Err(why) => return Judgement::Unobserved(why),
    };
    let judgement = pieces.map_or(Judgement::NotDescribed, |p| judge(p, slot, a, e.arch));
    match (e.build, judgement) {
        // Without optimisation every parameter is somewhere.
        (Build::Noopt, Judgement::NotDescribed) if slot.size > 0 => incomplete(pieces, slot, e.arch),
        (_, Judgement::NotDescribed) if slot.size == 0 => Judgement::Agree,
        (Build::Opt | Build::Noopt | Build::Noregabi, j) => j,
    }
}

/// A result has no place at entry that the ABI fixes, unless it is on the
/// stack: what is judged is that the place claimed can be one.
fn result_location(
    v: &Variable,
    slot: &Slot,
    a: &Assignment,
    e: &Expect<'_>,
    role: Role,
    homes: &mut Vec<(i64, i64, Role)>,
) -> Judgement {
    match (&v.location, e.build) {
        (LocationFact::Absent | LocationFact::Empty, Build::Opt | Build::Noregabi) => Judgement::NotDescribed,
        (LocationFact::Absent | LocationFact::Empty, Build::Noopt) if slot.size == 0 => Judgement::Agree,
        (LocationFact::Absent | LocationFact::Empty, Build::Noopt) => {
            Judgement::differ("a place on the stack", "nothing")
        }
        (LocationFact::Unreadable(why), Build::Opt | Build::Noopt | Build::Noregabi) => {
            Judgement::Unobserved(why.clone())
        }
        (LocationFact::Expr(pieces), Build::Opt | Build::Noopt | Build::Noregabi) => {
            home(pieces, slot, a, e, role, homes)
        }
        (LocationFact::List(ranges), Build::Opt | Build::Noopt | Build::Noregabi) => {
            for r in ranges.iter().filter(|r| !r.pieces.is_empty()) {
                let s = segments(&r.pieces, slot.size, e.arch);
                if total(&s) != slot.size {
                    return Judgement::Disagree {
                        expected: format!("pieces of {} bytes", slot.size),
                        actual: format!("{}, type has {}", text(&s), slot.size),
                        evidence: vec![format!("DWARF: {} at {:#x}", words(&r.pieces, e.arch), r.low)],
                    };
                }
            }
            Judgement::Agree
        }
    }
}

/// One place for the whole function.
fn home(
    pieces: &[Piece],
    slot: &Slot,
    a: &Assignment,
    e: &Expect<'_>,
    role: Role,
    homes: &mut Vec<(i64, i64, Role)>,
) -> Judgement {
    let s = segments(pieces, slot.size, e.arch);
    let actual = text(&s);
    let evidence = vec![format!("DWARF: {}", words(pieces, e.arch))];
    let wrong = |expected: String| Judgement::Disagree { expected, actual: actual.clone(), evidence: evidence.clone() };
    if slot.size == 0 {
        return Judgement::Agree;
    }
    let [one] = s.as_slice() else { return wrong(format!("one place of {} bytes", slot.size)) };
    let Spot::Memory(start) = one.spot else { return wrong("a place on the stack".to_string()) };
    if one.len != slot.size {
        return wrong(format!("one place of {} bytes", slot.size));
    }
    match &slot.place {
        SlotPlace::Stack { offset } => {
            if i64::try_from(*offset) != Ok(start) {
                return wrong(format!("stack+{offset}[{0}] = {0} bytes", slot.size));
            }
        }
        SlotPlace::Registers { .. } => {
            // Below the words that the callee finds above its frame.
            let below = a.min_frame_size.cast_signed();
            if start.saturating_add_unsigned(slot.size) > -below {
                return wrong("a local of the frame".to_string());
            }
        }
    }
    let end = start.saturating_add_unsigned(slot.size);
    if let Some((_, _, other)) = homes.iter().find(|(s, t, _)| *s < end && start < *t) {
        return wrong(format!("a place of its own, not that of {}", other.path()));
    }
    homes.push((start, end, role));
    Judgement::Agree
}

/// Where DWARF puts each parameter at entry, as abstract slots, so that
/// architectures that assign alike can be compared: `(path, "I1[8] I2[8] = 16
/// bytes")`. What is not described is left out.
#[must_use]
pub fn abstract_slots(facts: &DwarfFacts, e: &Expect<'_>) -> Vec<(String, String)> {
    let Some(function) = facts.functions.get(e.symbol) else { return vec![] };
    let Ok(assignment) = assign(e.signature, e.arch, e.version, e.build) else { return vec![] };
    let mut out = Vec::new();
    for Entry { role, name, .. } in entries(e.signature, e.version) {
        let Some(v) = function.params.iter().find(|v| v.name == name) else { continue };
        let (Some(slot), Role::Receiver | Role::Param(_)) = (slot(&assignment, role), role) else { continue };
        if let Ok(Some(pieces)) = at_entry(v, function) {
            out.push((format!("{}.location", role.path()), text(&segments(pieces, slot.size, e.arch))));
        }
    }
    out
}
