//! arm: floating point, SIMD and coprocessors, as far as they touch general registers
//! and memory.

use super::arm::{PC, field};
use super::effect::{Effect, Flow, Lines, NONE};

/// Whether it is of floating point or SIMD: coprocessors 10 and 11.
fn is_float(word: u32) -> bool {
    word >> 9 & 7 == 5
}

/// Whether it is of the system's coprocessor, 15.
fn is_system(word: u32) -> bool {
    word >> 8 & 15 == 15
}

/// Loads, stores, and moves of two general registers.
pub(super) fn memory(word: u32, out: &mut Lines) -> Flow {
    // VMOV of a pair, MRRC and MCRR.
    if word & 0x0fe0_0000 == 0x0c40_0000 {
        if !is_float(word) && !is_system(word) {
            return Flow::Undecoded { writes: true };
        }
        if word >> 20 & 1 == 1 {
            out.clobber(field(word, 12));
            out.clobber(field(word, 16));
        }
        return Flow::Next;
    }
    if !is_float(word) {
        return Flow::Undecoded { writes: true };
    }
    let (base, load, up) = (field(word, 16), word >> 20 & 1 == 1, word >> 23 & 1 == 1);
    let bytes = (word & 0xff).cast_signed() * 4;
    let (by, moves) = (if up { bytes } else { -bytes }, word >> 21 & 1 == 1);
    match (word >> 24 & 1 == 1, moves) {
        // VLDR and VSTR.
        (true, false) => {
            if !load {
                let size = if word >> 8 & 1 == 1 { 8 } else { 4 };
                out.effect(Effect::Store { base, at: by, size, from: NONE });
            }
        }
        // VLDM and VSTM.
        (_, moves) => {
            if !load {
                let at = if up { 0 } else { by };
                out.effect(Effect::Store { base, at, size: bytes as u16, from: NONE });
            }
            if moves {
                out.effect(Effect::Add { to: base, from: base, value: by.into() });
            }
        }
    }
    Flow::Next
}

/// Arithmetic, and moves of one general register.
pub(super) fn registers(word: u32, out: &mut Lines) -> Flow {
    let moves = word >> 4 & 1 == 1;
    let known = is_float(word) || moves && is_system(word);
    if !known {
        return Flow::Undecoded { writes: true };
    }
    // Where it is number 15, flags are written.
    if moves && word >> 20 & 1 == 1 && field(word, 12) != PC {
        out.clobber(field(word, 12));
    }
    Flow::Next
}
