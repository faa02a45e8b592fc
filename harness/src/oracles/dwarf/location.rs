//! Locations in a normal form, and whether one says what the assignment says.

use super::expect::Judgement;
use goabi_cases::arch::{Arch, RegClass};
use goabi_cases::assignment::{Assignment, Slot, SlotPlace};
use goabi_cases::layout::Layout;
use goabi_cases::types::GoType;
use goabi_runners::observe::dwarf::{Piece, Place, words};
use std::fmt::Write;

/// Where some bytes of a value are, as abstract slots: the same text on every
/// architecture that assigns the same slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    Register(RegClass, usize),
    /// Bytes from the argument area's start; below it are the frame's locals.
    Memory(i64),
    /// Not described.
    Nowhere,
    Other(String),
}

/// Bytes `offset..offset + len` of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub offset: u64,
    pub len: u64,
    pub spot: Spot,
}

/// The pieces as segments, one behind the other, memory that goes on joined.
pub(super) fn segments(pieces: &[Piece], size: u64, arch: &Arch) -> Vec<Segment> {
    let mut out: Vec<Segment> = Vec::new();
    let mut offset = 0u64;
    for p in pieces {
        let spot = spot(&p.place, arch);
        let len = match (p.size, &spot) {
            (Some(n), _) => n,
            // A register alone holds no more than itself.
            (None, Spot::Register(class, _)) => size.min(width(*class, arch)),
            (None, Spot::Memory(_) | Spot::Nowhere | Spot::Other(_)) => size,
        };
        match (out.last_mut(), &spot) {
            (Some(Segment { offset: o, len: l, spot: Spot::Memory(m) }), Spot::Memory(next))
                if i64::try_from(offset - *o).is_ok_and(|d| m.checked_add(d) == Some(*next)) =>
            {
                *l = l.saturating_add(len);
            }
            _ => out.push(Segment { offset, len, spot }),
        }
        offset = offset.saturating_add(len);
    }
    out
}

/// Bytes that an argument register of a class holds.
fn width(class: RegClass, arch: &Arch) -> u64 {
    match class {
        RegClass::Integer => arch.word_size,
        RegClass::Float => 8,
    }
}

fn spot(place: &Place, arch: &Arch) -> Spot {
    // The canonical frame address is the stack pointer before the call; the
    // argument area lies above the words reserved there.
    let memory = |off: i64| Spot::Memory(off.saturating_sub_unsigned(arch.min_frame_size));
    match place {
        Place::Register(n) => match arch.argument_register(*n) {
            Some((class, index)) => Spot::Register(class, index),
            None => Spot::Other(arch.register_name(*n).map_or_else(|| format!("DWARF register {n}"), str::to_string)),
        },
        Place::FrameBase(off) | Place::CallFrameCfa(off) => memory(*off),
        Place::EmptyPiece => Spot::Nowhere,
        Place::Address(a) => Spot::Other(format!("address {a:#x}")),
        Place::Constant(c) => Spot::Other(format!("constant {c:#x}")),
        Place::Implicit(b) => Spot::Other(format!("constant bytes {b:02x?}")),
        Place::Other { text: s, .. } => Spot::Other(s.clone()),
    }
}

/// The normal form: `I1[1] -[3] F0[4] = 8 bytes`, registers in the compiler's
/// notation, `stack+16[8]` in the argument area, `local-24[8]` in the frame.
pub(super) fn text(segments: &[Segment]) -> String {
    let mut out = String::new();
    for s in segments {
        match &s.spot {
            Spot::Register(RegClass::Integer, i) => write!(out, "I{i}"),
            Spot::Register(RegClass::Float, i) => write!(out, "F{i}"),
            Spot::Memory(m) if *m < 0 => write!(out, "local{m}"),
            Spot::Memory(m) => write!(out, "stack+{m}"),
            Spot::Nowhere => write!(out, "-"),
            Spot::Other(o) => write!(out, "<{o}>"),
        }
        .and_then(|()| write!(out, "[{}] ", s.len))
        // Writing to a String cannot fail.
        .unwrap_or_default();
    }
    out + &format!("= {} bytes", total(segments))
}

pub(super) fn total(segments: &[Segment]) -> u64 {
    segments.iter().fold(0, |n, s| n.saturating_add(s.len))
}

/// Where the assignment puts a slot, in segments with the padding between.
pub(super) fn assigned(slot: &Slot) -> Vec<Segment> {
    match &slot.place {
        SlotPlace::Stack { offset } => {
            vec![Segment { offset: 0, len: slot.size, spot: Spot::Memory(i64::try_from(*offset).unwrap_or(i64::MAX)) }]
        }
        SlotPlace::Registers { pieces, .. } => {
            let mut out = Vec::new();
            let mut at = 0;
            let gap = |from: u64, to: u64| Segment { offset: from, len: to - from, spot: Spot::Nowhere };
            for p in pieces {
                if p.offset > at {
                    out.push(gap(at, p.offset));
                }
                out.push(Segment { offset: p.offset, len: p.size, spot: Spot::Register(p.class, p.index) });
                at = p.offset + p.size;
            }
            if slot.size > at {
                out.push(gap(at, slot.size));
            }
            out
        }
    }
}

/// The parts of a value that count: `(offset, length)`, padding left out.
fn solid(ty: &GoType, at: u64, arch: &Arch, out: &mut Vec<(u64, u64)>) {
    let Ok(Layout { size, offsets, .. }) = ty.layout(arch) else { return };
    match ty.underlying() {
        GoType::Struct(s) => {
            for (f, o) in s.fields.iter().zip(offsets) {
                solid(&f.ty, at + o, arch, out);
            }
        }
        // Longer arrays are never split into pieces.
        GoType::Array(n, e) if *n <= 16 => {
            let step = size.checked_div(*n).unwrap_or(0);
            for i in 0..*n {
                solid(e, at + i * step, arch, out);
            }
        }
        GoType::Array(..)
        | GoType::Basic(_)
        | GoType::Slice(_)
        | GoType::Pointer(_)
        | GoType::Map(..)
        | GoType::Chan(..)
        | GoType::Func(_)
        | GoType::Interface(_)
        | GoType::Named(_) => {
            if size > 0 {
                out.push((at, size));
            }
        }
    }
}

/// The parts of a slot that must be described, each with its place.
fn required(slot: &Slot, arch: &Arch) -> Vec<Segment> {
    match &slot.place {
        SlotPlace::Registers { pieces, .. } => pieces
            .iter()
            .map(|p| Segment { offset: p.offset, len: p.size, spot: Spot::Register(p.class, p.index) })
            .collect(),
        SlotPlace::Stack { offset } => {
            let mut parts = Vec::new();
            solid(&slot.ty, 0, arch, &mut parts);
            let memory = |at: u64| Spot::Memory(i64::try_from(offset + at).unwrap_or(i64::MAX));
            parts.into_iter().map(|(at, len)| Segment { offset: at, len, spot: memory(at) }).collect()
        }
    }
}

/// How much of a part some segments describe rightly.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cover {
    Right,
    Missing,
    Wrong,
}

fn cover(part: &Segment, actual: &[Segment]) -> Cover {
    let end = part.offset.saturating_add(part.len);
    let mut at = part.offset;
    let mut missing = false;
    for s in actual {
        let s_end = s.offset.saturating_add(s.len);
        if s_end <= at || s.offset >= end {
            continue;
        }
        let right = match (&part.spot, &s.spot) {
            (Spot::Register(..), got @ Spot::Register(..)) => {
                s.offset == part.offset && s_end >= end && *got == part.spot
            }
            (Spot::Memory(want), Spot::Memory(got)) => {
                // Both as the address of the value's byte 0.
                let start = |m: i64, o: u64| m.checked_sub_unsigned(o);
                start(*want, part.offset) == start(*got, s.offset)
            }
            (_, Spot::Nowhere) => {
                missing = true;
                true
            }
            (
                Spot::Register(..) | Spot::Memory(_) | Spot::Nowhere | Spot::Other(_),
                Spot::Register(..) | Spot::Memory(_) | Spot::Other(_),
            ) => false,
        };
        if !right {
            return Cover::Wrong;
        }
        at = s_end;
        if at >= end {
            break;
        }
    }
    if at < end {
        Cover::Wrong
    } else if missing {
        Cover::Missing
    } else {
        Cover::Right
    }
}

/// Judges the pieces that describe a parameter at its function's entry.
pub(super) fn judge(pieces: &[Piece], slot: &Slot, assignment: &Assignment, arch: &Arch) -> Judgement {
    let actual = segments(pieces, slot.size, arch);
    if slot.size == 0 {
        // Nothing to find: any place in memory will do.
        return match actual.as_slice() {
            [] => Judgement::Agree,
            [Segment { spot: Spot::Memory(_) | Spot::Nowhere, .. }] => Judgement::Agree,
            [..] => Judgement::differ("no bytes", text(&actual)),
        };
    }
    let parts = required(slot, arch);
    let covers: Vec<Cover> = parts.iter().map(|p| cover(p, &actual)).collect();
    // A register where the value has padding is a part that was shifted.
    let stray = |s: &Segment| {
        matches!(s.spot, Spot::Register(..)) && !parts.iter().any(|p| p.spot == s.spot && p.offset == s.offset)
    };
    if total(&actual) == slot.size && !covers.contains(&Cover::Wrong) && !actual.iter().any(stray) {
        return if covers.contains(&Cover::Missing) { Judgement::NotDescribed } else { Judgement::Agree };
    }
    let mut shown = text(&actual);
    if total(&actual) != slot.size {
        write!(shown, ", type has {}", slot.size).unwrap_or_default();
    }
    if let (SlotPlace::Registers { .. }, Some(home), [Segment { spot: Spot::Memory(m), .. }]) =
        (&slot.place, assignment.home(slot), actual.as_slice())
        && u64::try_from(*m) == Ok(home)
    {
        shown.push_str(", the spill space before anything is stored there");
    }
    if let Some(symptom) = pieces_only(slot, &actual) {
        shown.push_str(symptom);
    }
    Judgement::Disagree {
        expected: text(&assigned(slot)),
        actual: shown,
        evidence: vec![
            format!("type {} of {} bytes on {}", slot.ty, slot.size, arch.goarch),
            format!("DWARF: {}", words(pieces, arch)),
        ],
    }
}

/// In which way the pieces of a description err that are the right ones
/// otherwise.
fn pieces_only(slot: &Slot, actual: &[Segment]) -> Option<&'static str> {
    let want = assigned(slot);
    let repeats = || repeats_only(&want, actual).then_some(": the right pieces, some of them repeated");
    gaps_only(&want, actual).or_else(repeats)
}

/// The first operation of a location behind a pointer in the frame, and the last (DWARF 5, 7.7.1).
const DW_OP_FBREG: u8 = 0x91;
const DW_OP_DEREF: u8 = 0x06;

/// What a location is that shows something else than the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symptom {
    /// The value's own parts in another order: what is shown follows from it.
    Shifted(&'static str),
    /// A place that does not hold the value: what is shown is chance.
    Elsewhere(&'static str),
}

/// What a location is that shows something else than the value, in the same
/// words on every port and for every value.
pub(crate) fn symptom(pieces: &[Piece], slot: &Slot, assignment: &Assignment, arch: &Arch) -> Symptom {
    let actual = segments(pieces, slot.size, arch);
    if actual == assigned(slot) {
        return Symptom::Elsewhere(match slot.place {
            SlotPlace::Registers { .. } => "the registers in which it travels, which hold something else here",
            SlotPlace::Stack { .. } => "its stack slot, which holds something else here",
        });
    }
    if let Some(symptom) = pieces_only(slot, &actual) {
        return Symptom::Shifted(symptom);
    }
    // Wherever they are: more bytes than the value has, and just as many without
    // the pieces that say the one before them again.
    let bytes = |l: &[Piece]| l.iter().fold(0u64, |n, p| n.saturating_add(p.size.unwrap_or(slot.size)));
    let mut once = pieces.to_vec();
    once.dedup();
    if bytes(pieces) > slot.size && bytes(&once) == slot.size {
        return Symptom::Shifted(": some of its pieces repeated");
    }
    // All of its parts were spilled, each by itself, and its padding was not.
    let parts = |l: &mut dyn Iterator<Item = u64>| l.collect::<Vec<_>>();
    let named = parts(&mut assigned(slot).iter().filter(|s| s.spot != Spot::Nowhere).map(|s| s.len));
    let spilled = |p: &Piece| matches!(p.place, Place::FrameBase(_) | Place::CallFrameCfa(_));
    let sizes = parts(&mut pieces.iter().filter(|p| spilled(p)).filter_map(|p| p.size));
    if sizes.len() == pieces.len() && sizes == named && bytes(pieces) < slot.size {
        return Symptom::Shifted(": its padding is left out");
    }
    if let [Piece { place: Place::Other { code, .. }, .. }] = pieces
        && let ([DW_OP_FBREG, ..], [.., DW_OP_DEREF]) = (code.as_slice(), code.as_slice())
    {
        return Symptom::Elsewhere("behind an address in the frame, where none is stored");
    }
    let home = assignment.home(slot);
    Symptom::Elsewhere(match actual.as_slice() {
        [Segment { spot: Spot::Memory(m), .. }] if *m < 0 => "a local of the frame, where it is not stored",
        [Segment { spot: Spot::Memory(m), .. }] if home.is_some() && u64::try_from(*m).ok() == home => {
            "its spill space, where it is not stored"
        }
        [Segment { spot: Spot::Memory(_), .. }] => "another place in the argument area",
        [..] => "other places than its own",
    })
}

/// If two descriptions name the same places in the same order, and differ in
/// nothing but the padding between them: in which way. These are the symptoms
/// of golang/go#72053, told apart from every other wrong location.
fn gaps_only(want: &[Segment], got: &[Segment]) -> Option<&'static str> {
    // What is named, each with the bytes of padding before it; the last one is the tail's.
    let parse = |l: &[Segment]| {
        let (mut named, mut gaps) = (Vec::new(), vec![0u64]);
        for s in l {
            match (&s.spot, gaps.last_mut()) {
                (Spot::Nowhere, Some(gap)) => *gap = gap.saturating_add(s.len),
                (spot, _) => {
                    named.push((s.len, spot.clone()));
                    gaps.push(0);
                }
            }
        }
        (named, gaps)
    };
    let ((want, want_gaps), (got, got_gaps)) = (parse(want), parse(got));
    if want.is_empty() || want != got {
        return None;
    }
    let left_out = want_gaps.iter().zip(&got_gaps).all(|(w, g)| w == g || *g == 0);
    Some(if left_out { ": its padding is left out" } else { ": its padding is in the wrong place" })
}

/// Whether the description is the wanted one with some pieces said again right
/// behind themselves.
fn repeats_only(want: &[Segment], got: &[Segment]) -> bool {
    let named = |l: &[Segment]| -> Vec<(u64, Spot)> {
        l.iter().filter(|s| s.spot != Spot::Nowhere).map(|s| (s.len, s.spot.clone())).collect()
    };
    let (want, mut got) = (named(want), named(got));
    got.dedup();
    !want.is_empty() && want == got
}

/// The finding that a parameter is not wholly described where it has to be.
pub(super) fn incomplete(pieces: Option<&[Piece]>, slot: &Slot, arch: &Arch) -> Judgement {
    let actual = pieces.map_or("nothing".to_string(), |p| text(&segments(p, slot.size, arch)));
    Judgement::differ(text(&assigned(slot)), actual)
}
