//! arm: loads and stores of general registers.

use super::arm::{At, PC, SP, field, number};
use super::effect::{Effect, Flow, Lines, NONE, Register};

/// Whether an access moves its base, and when.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Offset,
    Before,
    After,
}

fn mode(word: u32) -> Mode {
    match (word >> 24 & 1, word >> 21 & 1) {
        (1, 0) => Mode::Offset,
        (1, _) => Mode::Before,
        _ => Mode::After,
    }
}

/// By how much the address differs from the base.
#[derive(Clone, Copy)]
enum By {
    Number(i32),
    /// A register, shifted to the left by so much.
    Register {
        register: Register,
        shift: u8,
        minus: bool,
    },
    /// A register in some other way.
    Other,
}

/// One access.
struct Access {
    load: bool,
    /// Bytes of each register.
    size: u16,
    /// One, or two that follow each other.
    registers: [Register; 2],
    base: Register,
    by: By,
    mode: Mode,
}

impl Access {
    fn note(&self, out: &mut Lines) -> Flow {
        if self.mode == Mode::Before {
            self.moves(out);
        }
        let at = match (self.mode, self.by) {
            (Mode::Before | Mode::After, _) => Some(0),
            (Mode::Offset, By::Number(n)) => Some(n),
            (Mode::Offset, By::Register { .. } | By::Other) => None,
        };
        // A load into the base comes last, and it is not moved then.
        let to_pc = self.load && self.registers.contains(&PC);
        for (i, register) in self.registers.into_iter().filter(|r| *r != NONE).enumerate() {
            let at = at.map(|at| at.wrapping_add(i as i32 * i32::from(self.size)));
            match (self.load, at) {
                (true, Some(at)) if self.size == 4 => out.effect(Effect::Load { to: register, base: self.base, at }),
                (true, _) => out.clobber(register),
                (false, Some(at)) => {
                    let from = if self.size == 4 && register != PC { register } else { NONE };
                    out.effect(Effect::Store { base: self.base, at, size: self.size, from });
                }
                (false, None) => {}
            }
        }
        if self.mode == Mode::After {
            self.moves(out);
        }
        match (to_pc, self.base) {
            (false, _) => Flow::Next,
            (true, SP) => Flow::ReturnThrough(PC),
            (true, _) => Flow::JumpMemory,
        }
    }

    fn moves(&self, out: &mut Lines) {
        let base = self.base;
        match self.by {
            By::Number(n) => out.effect(Effect::Add { to: base, from: base, value: n.into() }),
            By::Register { register, shift, minus } => {
                out.effect(Effect::AddRegister { to: base, left: base, right: register, shift, minus });
            }
            By::Other => out.clobber(base),
        }
    }
}

/// LDR, STR, LDRB and STRB.
pub(super) fn one(at: &At<'_>, out: &mut Lines) -> Flow {
    let word = at.word;
    let (load, up, byte) = (word >> 20 & 1 == 1, word >> 23 & 1 == 1, word >> 22 & 1 == 1);
    let (base, register) = (field(word, 16), field(word, 12));
    let distance = if up { 1 } else { -1 } * (word & 0xfff).cast_signed();
    let by = match (word >> 25 & 1, word & 0x70) {
        (0, _) => By::Number(distance),
        (_, 0) => By::Register { register: field(word, 0), shift: (word >> 7 & 31) as u8, minus: !up },
        _ => By::Other,
    };
    if let (PC, By::Number(n)) = (base, by) {
        return if load { literal(at, n, byte, register, out) } else { Flow::Next };
    }
    let size = if byte { 1 } else { 4 };
    Access { load, size, registers: [register, NONE], base, by, mode: mode(word) }.note(out)
}

/// A word that stands behind the code.
fn literal(at: &At<'_>, distance: i32, byte: bool, to: Register, out: &mut Lines) -> Flow {
    let place = i64::from(at.offset) + 8 + i64::from(distance);
    let word = usize::try_from(place).ok().and_then(|from| at.code.bytes.get(from..from.checked_add(4)?));
    let value = word.and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()).map(u32::from_le_bytes);
    if let Ok(place) = u32::try_from(place) {
        out.literals.push((place, 4));
    }
    match value {
        Some(value) if !byte => out.effect(Effect::Set { to, value: number(value) }),
        Some(_) | None => out.clobber(to),
    }
    if to == PC { Flow::JumpRegister(PC) } else { Flow::Next }
}

/// Halves, bytes with a sign, and pairs.
pub(super) fn extra(word: u32, out: &mut Lines) -> Flow {
    let (up, load) = (word >> 23 & 1 == 1, word >> 20 & 1 == 1);
    let (base, register) = (field(word, 16), field(word, 12));
    let by = if word >> 22 & 1 == 1 {
        let n = (word >> 4 & 0xf0 | word & 15).cast_signed();
        By::Number(if up { n } else { -n })
    } else {
        By::Register { register: field(word, 0), shift: 0, minus: !up }
    };
    let one = [register, NONE];
    let (load, size, registers) = match (word >> 5 & 3, load) {
        (1, load) => (load, 2, one),
        (2, true) => (true, 1, one),
        (3, true) => (true, 2, one),
        // LDRD and STRD, whose bit for loads is not set.
        (kind, _) => (kind == 2, 4, [register, register.saturating_add(1)]),
    };
    if base == PC {
        for register in registers.into_iter().filter(|r| load && *r != NONE) {
            out.clobber(register);
        }
        return Flow::Next;
    }
    Access { load, size, registers, base, by, mode: mode(word) }.note(out)
}

/// LDM and STM: the lowest register at the lowest address.
pub(super) fn several(word: u32, out: &mut Lines) -> Flow {
    let (before, up, moves, load) =
        (word >> 24 & 1 == 1, word >> 23 & 1 == 1, word >> 21 & 1 == 1, word >> 20 & 1 == 1);
    let (base, count) = (field(word, 16), (word & 0xffff).count_ones().cast_signed());
    // With those of another mode: no program does it.
    if word >> 22 & 1 == 1 || count == 0 {
        return Flow::Undecoded { writes: true };
    }
    let mut at = match (up, before) {
        (true, false) => 0,
        (true, true) => 4,
        (false, false) => -4 * (count - 1),
        (false, true) => -4 * count,
    };
    let mut own = None;
    for register in (0..16).filter(|n| word >> n & 1 == 1) {
        let to = register as Register;
        match load {
            true if to == base => own = Some(Effect::Load { to, base, at }),
            true => out.effect(Effect::Load { to, base, at }),
            false => out.effect(Effect::Store { base, at, size: 4, from: if to == PC { NONE } else { to } }),
        }
        at += 4;
    }
    // What overwrites its own base comes last, and is not moved.
    match own {
        Some(load) => out.effect(load),
        None if moves => {
            let value = i64::from(if up { 4 * count } else { -4 * count });
            out.effect(Effect::Add { to: base, from: base, value });
        }
        None => {}
    }
    match (load && word >> PC & 1 == 1, base) {
        (false, _) => Flow::Next,
        (true, SP) => Flow::ReturnThrough(PC),
        (true, _) => Flow::JumpMemory,
    }
}
