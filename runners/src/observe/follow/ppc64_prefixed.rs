//! ppc64: instructions of two words, of which the first has primary opcode 1. Go
//! makes them with `GOPPC64=power10` alone.

use super::effect::{Flow, Lines};
use super::ppc64::{add, ra, rt};
use super::ppc64_memory::{What, access};

/// What kinds there are, by the prefix's field `type`.
enum Kind {
    /// Loads and stores, and an addition, with a large displacement.
    Memory(Memory),
    /// Of vectors: no general register has a part in it.
    Vector,
    Nop,
}

enum Memory {
    Add,
    Access(What),
}

/// Whether these two words are one instruction.
pub(super) fn is_prefix(prefix: u32, suffix: u32) -> bool {
    prefix >> 26 == 1 && kind(prefix, suffix).is_some()
}

fn kind(prefix: u32, suffix: u32) -> Option<Kind> {
    let opcode = suffix >> 26;
    let what = match (prefix >> 24 & 3, prefix >> 23 & 1, opcode) {
        (0, 0, 41) => What::LoadPart(1),
        // PLXSD, PLXSSP, PLXV, PLXVP.
        (0, 0, 42 | 43 | 50 | 51 | 58) => What::LoadOther,
        (0, 0, 46) => What::StorePart(8),
        (0, 0, 47) => What::StorePart(4),
        (0, 0, 54 | 55) => What::StorePart(16),
        (0, 0, 56) => What::LoadPart(2),
        (0, 0, 57) => What::Load,
        (0, 0, 60) => What::StorePart(16),
        (0, 0, 61) => What::Store,
        (0, 0, 62) => What::StorePart(32),
        (1, 0, 32..=34) => return Some(Kind::Vector),
        (2, 0, 14) => return Some(Kind::Memory(Memory::Add)),
        // PLWZ, PLBZ, PLHZ, PLHA.
        (2, 0, 32 | 34 | 40 | 42) => What::LoadPart(1),
        (2, 0, 36) => What::StorePart(4),
        (2, 0, 38) => What::StorePart(1),
        (2, 0, 44) => What::StorePart(2),
        // PLFS, PLFD.
        (2, 0, 48 | 50) => What::LoadOther,
        (2, 0, 52) => What::StorePart(4),
        (2, 0, 54) => What::StorePart(8),
        (3, 0, _) if prefix == 0x0700_0000 => return Some(Kind::Nop),
        // Products of matrices, masked.
        (3, 1, 59) => return Some(Kind::Vector),
        _ => return None,
    };
    Some(Kind::Memory(Memory::Access(what)))
}

/// What both words do, as noted at the second one.
pub(super) fn lower(prefix: u32, suffix: u32, out: &mut Lines) -> Flow {
    let upper = i64::from((prefix << 14) as i32 >> 14);
    let at = upper << 16 | i64::from(suffix & 0xffff);
    // Relative to the instruction, there is no base.
    let relative = prefix >> 20 & 1 == 1;
    match kind(prefix, suffix) {
        Some(Kind::Memory(Memory::Add)) if relative => out.clobber(rt(suffix)),
        Some(Kind::Memory(Memory::Add)) => add(rt(suffix), ra(suffix), at, out),
        Some(Kind::Memory(Memory::Access(what))) => {
            let base = if relative { 0 } else { ra(suffix) };
            access(what, rt(suffix), base, at, false, out);
        }
        Some(Kind::Vector) => {}
        Some(Kind::Nop) => return Flow::Nop,
        None => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}
