//! arm64: loads and stores.

use super::arm64::{or_sp, plain, signed};
use super::effect::{Effect, Lines, NONE, Register};

/// How a load or store finds its place.
#[derive(Clone, Copy)]
enum Mode {
    Offset,
    /// The base is moved before, or after.
    Before,
    After,
}

/// One load or store of one or two registers.
struct Access {
    load: bool,
    simd: bool,
    /// Bytes of each.
    size: u16,
    registers: [Register; 2],
    base: Register,
    by: i64,
    mode: Mode,
}

impl Access {
    fn note(&self, out: &mut Lines) {
        let mut at = match self.mode {
            Mode::Offset | Mode::Before => self.by as i32,
            Mode::After => 0,
        };
        let mut loads = Vec2::default();
        for register in self.registers {
            if register == NO_OPERAND {
                continue;
            }
            // The zero register, and those of SIMD, hold nothing that is followed.
            let whole = if self.simd || self.size != 8 { NONE } else { register };
            if !self.load {
                out.effect(Effect::Store { base: self.base, at, size: self.size, from: whole });
            } else if whole != NONE {
                loads.push(Effect::Load { to: register, base: self.base, at });
            } else if !self.simd {
                out.clobber(register);
            }
            at = at.wrapping_add(i32::from(self.size));
        }
        // What overwrites its own base comes last.
        for last in [false, true] {
            for load in loads.0.iter().flatten() {
                if matches!(load, Effect::Load { to, .. } if (*to == self.base) == last) {
                    out.effect(*load);
                }
            }
        }
        match self.mode {
            Mode::Offset => {}
            Mode::Before | Mode::After => out.effect(Effect::Add { to: self.base, from: self.base, value: self.by }),
        }
    }
}

/// Up to two effects.
#[derive(Default)]
struct Vec2([Option<Effect>; 2]);

impl Vec2 {
    fn push(&mut self, effect: Effect) {
        if let Some(free) = self.0.iter_mut().find(|e| e.is_none()) {
            *free = Some(effect);
        }
    }
}

/// That there is no second register; the zero register is `NONE`.
const NO_OPERAND: Register = 0xfe;

pub(super) fn memory(word: u32, offset: u32, out: &mut Lines) {
    let simd = word >> 26 & 1 == 1;
    let (size, opc, base) = (word >> 30, word >> 22 & 3, or_sp(word, 5));
    if word & 0x3b00_0000 == 0x1800_0000 {
        return literal(word, offset, simd, out);
    }
    if word & 0x3a00_0000 == 0x2800_0000 {
        return pair(word, simd, out);
    }
    // One register: bytes, and whether it is loaded.
    let bytes = if simd && opc & 2 != 0 { 16 } else { 1 << size };
    let load = if simd { opc & 1 != 0 } else { opc != 0 };
    let hint = !simd && size == 3 && opc == 2;
    let extended = !simd && opc & 2 != 0;
    let one = |by, mode| Access {
        load,
        simd,
        // An extended one is not the word as it was.
        size: if extended && bytes == 8 { 4 } else { bytes },
        registers: [if hint { NO_OPERAND } else { plain(word, 0) }, NO_OPERAND],
        base,
        by,
        mode,
    };
    if word & 0x3b00_0000 == 0x3900_0000 {
        let by = i64::from(word >> 10 & 0xfff) * i64::from(bytes);
        return one(by, Mode::Offset).note(out);
    }
    if word & 0x3b20_0000 == 0x3800_0000 {
        let mode = match word >> 10 & 3 {
            1 => Mode::After,
            3 => Mode::Before,
            _ => Mode::Offset,
        };
        return one(signed(word, 12, 9), mode).note(out);
    }
    if word & 0x3b20_0000 == 0x3820_0000 {
        return indexed(word, simd, load && !hint, out);
    }
    others(word, simd, out);
}

fn literal(word: u32, offset: u32, simd: bool, out: &mut Lines) {
    let (opc, distance) = (word >> 30, signed(word, 5, 19) << 2);
    let size = match (simd, opc) {
        (true, _) => 4 << opc,
        (false, 1) => 8,
        (false, _) => 4,
    };
    if !simd && opc == 3 {
        // A hint.
        return;
    }
    if let Ok(place) = u32::try_from(i64::from(offset) + distance) {
        out.literals.push((place, size));
    }
    if !simd {
        out.clobber(plain(word, 0));
    }
}

fn pair(word: u32, simd: bool, out: &mut Lines) {
    let opc = word >> 30;
    let size: u16 = match (simd, opc) {
        (true, _) => 4 << opc,
        (false, 2) => 8,
        (false, _) => 4,
    };
    let mode = match word >> 23 & 3 {
        1 => Mode::After,
        3 => Mode::Before,
        _ => Mode::Offset,
    };
    // Tags are stored for 16 bytes.
    let tags = !simd && opc == 1 && word >> 22 & 1 == 0;
    let scale = if tags { 16 } else { i64::from(size) };
    Access {
        load: word >> 22 & 1 == 1,
        simd,
        size: if tags { 8 } else { size },
        registers: [plain(word, 0), plain(word, 10)],
        base: or_sp(word, 5),
        by: signed(word, 15, 7) * scale,
        mode,
    }
    .note(out);
}

/// With a register for the distance, atomic, or with a signed base.
fn indexed(word: u32, simd: bool, load: bool, out: &mut Lines) {
    let (to, base, index) = (plain(word, 0), or_sp(word, 5), plain(word, 16));
    match word >> 10 & 3 {
        2 => {
            let (option, scaled) = (word >> 13 & 7, word >> 12 & 1 == 1);
            let entry = word >> 30 == 3 && word >> 22 & 3 == 1 && matches!(option, 3 | 7) && scaled;
            if entry && !simd && to != NONE && index != NONE {
                out.effect(Effect::LoadEntry { to, base, index });
            } else if load && !simd {
                out.clobber(to);
            }
        }
        0 => out.clobber(to),
        _ => {
            if word >> 11 & 1 == 1 {
                out.clobber(base);
            }
            out.clobber(to);
        }
    }
}

/// Exclusive, ordered, tags, structures of SIMD, copies of memory: rare, and read
/// coarsely. What they may write is clobbered.
fn others(word: u32, simd: bool, out: &mut Lines) {
    let (to, base, status) = (plain(word, 0), or_sp(word, 5), plain(word, 16));
    let load = word >> 22 & 1 == 1;
    if simd {
        // Structures; those that move their base have bit 23.
        if word >> 23 & 1 == 1 {
            match structure(word) {
                Some(value) => out.effect(Effect::Add { to: base, from: base, value }),
                None => out.clobber(base),
            }
        }
        return;
    }
    if word & 0x3f00_0000 == 0x0800_0000 {
        out.clobber(status);
        if word >> 21 & 1 == 1 && status != NONE {
            // A pair is compared and swapped.
            out.clobber((status + 1).min(30));
        }
        if load {
            out.clobber(to);
            out.clobber(plain(word, 10));
        }
        return;
    }
    if word & 0xff20_0000 == 0xd920_0000 {
        if word >> 10 & 1 == 1 {
            out.clobber(base);
        }
        return out.clobber(to);
    }
    if word & 0x3f20_0c00 == 0x1900_0000 {
        if word >> 22 & 3 != 0 {
            out.clobber(to);
        }
        return;
    }
    // Copies of memory count in all three.
    for register in [to, base, status] {
        out.clobber(register);
    }
}

/// By how much a load or store of multiple structures moves its base, where that
/// is a number.
fn structure(word: u32) -> Option<i64> {
    let registers = match word >> 12 & 0xf {
        0b0000 | 0b0010 => 4,
        0b0100 | 0b0110 => 3,
        0b1000 | 0b1010 => 2,
        0b0111 => 1,
        _ => return None,
    };
    let multiple = word & 0xbf00_0000 == 0x0c00_0000 && word >> 16 & 31 == 31;
    let bytes = if word >> 30 & 1 == 1 { 16 } else { 8 };
    multiple.then_some(registers * bytes)
}
