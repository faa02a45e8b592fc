//! Where things are, in words: by the ABI assignment, and by DWARF.

use goabi_cases::arch::{Arch, RegClass};
use goabi_cases::assignment::{Slot, SlotPlace};
use goabi_reports::function::LocationRecord;
use goabi_runners::observe::dwarf::{LocationFact, Piece, Place};

/// The place that the assignment gives: `R{ I0 I1 }` in the compiler's
/// notation, `stack+8` in bytes from the argument area's start.
pub(super) fn assigned(slot: &Slot) -> String {
    match slot.place {
        SlotPlace::Stack { offset } => format!("stack+{offset}"),
        SlotPlace::Registers { .. } => {
            let name = |class| match class {
                RegClass::Integer => 'I',
                RegClass::Float => 'F',
            };
            slot.pieces().iter().fold("R{".to_string(), |text, p| format!("{text} {}{}", name(p.class), p.index)) + " }"
        }
    }
}

/// What DWARF says, a line for each range of the function that starts at `low`.
pub(super) fn located(fact: &LocationFact, low: u64, arch: &Arch) -> Vec<LocationRecord> {
    let always = |place: String| vec![LocationRecord { range: None, place }];
    match fact {
        LocationFact::Absent | LocationFact::Empty => vec![],
        LocationFact::Unreadable(why) => always(format!("unreadable: {why}")),
        LocationFact::Expr(pieces) => always(place(pieces, arch)),
        LocationFact::List(ranges) => ranges
            .iter()
            .map(|r| LocationRecord {
                range: Some((r.low.saturating_sub(low), r.high.saturating_sub(low))),
                place: place(&r.pieces, arch),
            })
            .collect(),
    }
}

/// `RAX:8 RBX:8`: each piece with its bytes, where DWARF states them.
fn place(pieces: &[Piece], arch: &Arch) -> String {
    let one = |p: &Piece| {
        let place = match &p.place {
            Place::Register(n) => arch.register_name(*n).map_or_else(|| format!("reg{n}"), str::to_string),
            Place::FrameBase(o) => format!("fbreg({o})"),
            Place::CallFrameCfa(o) => format!("cfa({o})"),
            Place::Address(a) => format!("addr({a:#x})"),
            Place::Constant(c) => format!("constant({c:#x})"),
            Place::Implicit(b) => b.iter().fold("bytes(".to_string(), |text, b| format!("{text}{b:02x}")) + ")",
            Place::EmptyPiece => "nowhere".to_string(),
            Place::Other { text: s, .. } => s.clone(),
        };
        p.size.map_or_else(|| place.clone(), |n| format!("{place}:{n}"))
    };
    if pieces.is_empty() { "nowhere".to_string() } else { pieces.iter().map(one).collect::<Vec<_>>().join(" ") }
}
