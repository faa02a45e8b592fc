//! ppc64: loads and stores with a displacement, which have primary opcodes of their own.

use super::effect::{Effect, Flow, Lines, NONE, Register};
use super::ppc64::{ra, rt, signed};

/// What is loaded or stored.
#[derive(Clone, Copy)]
pub(super) enum What {
    /// A doubleword to a general register.
    Load,
    /// Anything else to so many general registers, from that on.
    LoadPart(u8),
    /// To none.
    LoadOther,
    /// A doubleword from a general register.
    Store,
    /// So many bytes from anywhere else.
    StorePart(u16),
}

/// A load or store of `register` at `base + at`; a base of number 0 is nothing.
pub(super) fn access(what: What, register: Register, base: Register, at: i64, updates: bool, out: &mut Lines) {
    let place = i32::try_from(at).ok().filter(|_| base != 0);
    match (what, place) {
        (What::Load, Some(at)) => out.effect(Effect::Load { to: register, base, at }),
        (What::Load, None) => out.clobber(register),
        (What::LoadPart(count), _) => {
            for one in register..register.saturating_add(count).min(32) {
                out.clobber(one);
            }
        }
        (What::LoadOther, _) | (What::Store | What::StorePart(_), None) => {}
        (What::Store, Some(at)) => out.effect(Effect::Store { base, at, size: 8, from: register }),
        (What::StorePart(size), Some(at)) => out.effect(Effect::Store { base, at, size, from: NONE }),
    }
    if updates {
        out.effect(Effect::Add { to: base, from: base, value: at });
    }
}

/// The primary opcodes 6, 32 to 58, 61 and 62.
pub(super) fn lower(word: u32, out: &mut Lines) -> Flow {
    let opcode = word >> 26;
    let (register, base, at) = (rt(word), ra(word), signed(word));
    // Those whose lowest bits tell them apart have multiples of 4 or 16.
    let (by_four, by_sixteen) = (at & !3, at & !15);
    let plain = |what| (what, at, opcode < 56 && opcode & 1 == 1);
    let (what, at, updates) = match (opcode, word & 3) {
        // LWZ, LBZ, LHZ, LHA, and with update.
        (32..=35 | 40..=43, _) => plain(What::LoadPart(1)),
        (36 | 37, _) => plain(What::StorePart(4)),
        (38 | 39, _) => plain(What::StorePart(1)),
        (44 | 45, _) => plain(What::StorePart(2)),
        // LMW, STMW: up to the last register.
        (46, _) => (What::LoadPart(32 - register), at, false),
        (47, _) => (What::StorePart(4 * (32 - u16::from(register))), at, false),
        // LFS, LFD, and with update.
        (48..=51, _) => plain(What::LoadOther),
        (52 | 53, _) => plain(What::StorePart(4)),
        (54 | 55, _) => plain(What::StorePart(8)),
        // LQ.
        (56, _) => (What::LoadPart(2), by_sixteen, false),
        // LFDP, LXSD, LXSSP.
        (57, 0 | 2 | 3) => (What::LoadOther, by_four, false),
        // LD, LDU, LWA.
        (58, 0) => (What::Load, by_four, false),
        (58, 1) => (What::Load, by_four, true),
        (58, 2) => (What::LoadPart(1), by_four, false),
        // STFDP, STXSD, STXSSP.
        (61, 0) => (What::StorePart(16), by_four, false),
        (61, 2) => (What::StorePart(8), by_four, false),
        (61, 3) => (What::StorePart(4), by_four, false),
        // LXV, STXV.
        (61, 1) if word & 4 == 0 => (What::LoadOther, by_sixteen, false),
        (61, 1) => (What::StorePart(16), by_sixteen, false),
        // STD, STDU, STQ.
        (62, 0) => (What::Store, by_four, false),
        (62, 1) => (What::Store, by_four, true),
        (62, 2) => (What::StorePart(16), by_four, false),
        // LXVP, STXVP.
        (6, 0) if word & 15 == 0 => (What::LoadOther, by_sixteen, false),
        (6, 1) if word & 15 == 1 => (What::StorePart(32), by_sixteen, false),
        _ => return Flow::Undecoded { writes: true },
    };
    // With update, there must be a base, and it is not what is loaded.
    let loads = matches!(what, What::Load | What::LoadPart(_));
    if updates && (base == 0 || loads && base == register) {
        return Flow::Undecoded { writes: true };
    }
    access(what, register, base, at, updates, out);
    Flow::Next
}
