//! arm64, by the instruction word: which instructions touch general registers or
//! lead elsewhere, by the tables of the Arm Architecture Reference Manual,
//! chapter C4, "A64 Instruction Set Encoding". Whether a word is an instruction
//! at all, yaxpeax tells.

use super::arm64_memory::memory;
use super::effect::{Effect, Flow, Lines, NONE, Register, Roles};
use super::facts::Condition;
use yaxpeax_arch::{Decoder, U8Reader};
use yaxpeax_arm::armv8::a64::{InstDecoder, Opcode};

pub(super) const SP: Register = 31;
pub(super) const LR: Register = 30;

/// C's callees keep R19 to R28.
pub(super) const ROLES: Roles = Roles {
    word: 8,
    sp: SP,
    fp: 29,
    lr: LR,
    g: 28,
    handed: 3,
    callee_saved: 0x1ff8_0000,
    on_stack: false,
    falls_into_morestack: false,
};

/// What Go's assembler made of UNDEF before it was `UDF #0`.
const UNDEF: u32 = 0xbea7_1700;

/// How many words' validity is remembered: code repeats itself.
const REMEMBERED: usize = 1 << 14;

/// Decodes code one instruction behind the other.
#[derive(Debug)]
pub(super) struct Arm64 {
    decoder: InstDecoder,
    /// By a digest of the word: the word, and whether it is an instruction.
    seen: Vec<(u32, bool)>,
}

impl Default for Arm64 {
    fn default() -> Self {
        // Zero is no instruction but traps.
        Arm64 { decoder: InstDecoder::default(), seen: vec![(0, true); REMEMBERED] }
    }
}

impl Arm64 {
    pub(super) fn decode(&mut self, code: &[u8], address: u64, lines: &mut Lines) {
        for (i, bytes) in code.chunks(4).enumerate() {
            let (offset, first) = (i * 4, lines.effects.len());
            let (flow, filling) = match <[u8; 4]>::try_from(bytes) {
                Ok(word) => {
                    let word = u32::from_le_bytes(word);
                    let flow = if self.valid(word) {
                        lower(word, address.wrapping_add(offset as u64), offset as u32, lines)
                    } else {
                        Flow::Undecoded { writes: !simd(word) }
                    };
                    (flow, word == 0 || matches!(flow, Flow::Nop | Flow::Trap))
                }
                Err(_) => (Flow::Undecoded { writes: true }, false),
            };
            lines.line(offset as u32, bytes.len() as u8, first, flow, filling);
        }
    }

    fn valid(&mut self, word: u32) -> bool {
        // `UDF`, and what Go took for one before.
        if word >> 16 == 0 || word == UNDEF {
            return true;
        }
        let place = (word.wrapping_mul(0x9e37_79b1) >> 18) as usize;
        let Some(seen) = self.seen.get_mut(place) else { return false };
        if seen.0 != word {
            let decoded = self.decoder.decode(&mut U8Reader::new(&word.to_le_bytes()));
            *seen = (word, decoded.is_ok_and(|d| d.opcode != Opcode::Invalid));
        }
        seen.1
    }
}

/// Data processing of scalar floating point and SIMD, which no word writes SP in,
/// and few a general register.
fn simd(word: u32) -> bool {
    word >> 25 & 0b111 == 0b111 && !to_general(word)
}

/// The field of a register that is zero as number 31.
pub(super) fn plain(word: u32, at: u32) -> Register {
    match (word >> at & 31) as Register {
        31 => NONE,
        n => n,
    }
}

/// The field of a register that is SP as number 31.
pub(super) fn or_sp(word: u32, at: u32) -> Register {
    (word >> at & 31) as Register
}

/// A signed field of so many bits.
pub(super) fn signed(word: u32, at: u32, bits: u32) -> i64 {
    i64::from((word << (32 - at - bits)) as i32 >> (32 - bits))
}

fn lower(word: u32, pc: u64, offset: u32, out: &mut Lines) -> Flow {
    if word == UNDEF {
        return Flow::Trap;
    }
    match word >> 25 & 0xf {
        0b1000 | 0b1001 => immediate(word, pc, out),
        0b1010 | 0b1011 => return branch(word, pc, out),
        0b0100 | 0b0110 | 0b1100 | 0b1110 => memory(word, offset, out),
        0b0101 | 0b1101 => registers(word, out),
        0b0111 | 0b1111 => {
            if to_general(word) {
                out.clobber(plain(word, 0));
            }
        }
        // Reserved, and SVE: what writes a general register has it in the lowest
        // five bits, but so have those that write others; nothing that Go emits.
        _ if word >> 16 == 0 => return Flow::Trap,
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

/// Whether an instruction of floating point or SIMD writes a general register.
fn to_general(word: u32) -> bool {
    let opcode = word >> 16 & 7;
    let converts = word & 0x5f20_fc00 == 0x1e20_0000 && matches!(opcode, 0 | 1 | 4 | 5 | 6);
    let fixed = word & 0x5f20_0000 == 0x1e00_0000 && matches!(opcode, 0 | 1);
    // UMOV and SMOV.
    let moves = matches!(word & 0xbfe0_fc00, 0x0e00_3c00 | 0x0e00_2c00);
    converts || fixed || moves
}

fn immediate(word: u32, pc: u64, out: &mut Lines) {
    let (wide, opc) = (word >> 31 == 1, word >> 29 & 3);
    match word >> 23 & 7 {
        // ADR and ADRP.
        0 | 1 => {
            let distance = signed(word, 5, 19) << 2 | i64::from(opc);
            let value =
                if wide { (pc & !0xfff).wrapping_add_signed(distance << 12) } else { pc.wrapping_add_signed(distance) };
            set(plain(word, 0), value as i64, out);
        }
        2 => {
            let (minus, flags) = (opc & 2 != 0, opc & 1 != 0);
            let number = i64::from(word >> 10 & 0xfff) << if word >> 22 & 1 == 1 { 12 } else { 0 };
            let value = if minus { -number } else { number };
            let (to, from) = (if flags { plain(word, 0) } else { or_sp(word, 0) }, or_sp(word, 5));
            if flags && minus {
                out.effect(Effect::CompareValue { left: from, value: number });
            }
            match to {
                NONE => {}
                to if wide => out.effect(Effect::Add { to, from, value }),
                to => out.clobber(to),
            }
        }
        // With tags.
        3 => out.clobber(or_sp(word, 0)),
        4 => {
            let to = if opc == 3 { plain(word, 0) } else { or_sp(word, 0) };
            let from_zero = word >> 5 & 31 == 31;
            match bitmask(word) {
                Some(value) if opc == 1 && from_zero => set(to, value, out),
                Some(_) | None if opc == 0 && to != NONE => out.effect(Effect::Align { to }),
                Some(_) | None => out.clobber(to),
            }
        }
        5 => {
            let (bits, shift, to) = ((word >> 5 & 0xffff) as u16, (word >> 21 & 3) as u8 * 16, plain(word, 0));
            let value = i64::from(bits) << shift;
            // A half register is zero above.
            let cut = |value: i64| if wide { value } else { value & 0xffff_ffff };
            match opc {
                0 => set(to, cut(!value), out),
                2 => set(to, cut(value), out),
                3 if wide && to != NONE => out.effect(Effect::Insert { to, bits, shift }),
                _ => out.clobber(to),
            }
        }
        _ => out.clobber(plain(word, 0)),
    }
}

fn set(to: Register, value: i64, out: &mut Lines) {
    if to != NONE {
        out.effect(Effect::Set { to, value });
    }
}

/// What a logical instruction's immediate stands for: a run of ones, turned, and
/// repeated. `None` where it stands for nothing.
fn bitmask(word: u32) -> Option<i64> {
    let (n, turn, ones) = (word >> 22 & 1, word >> 16 & 0x3f, word >> 10 & 0x3f);
    let length = 31u32.checked_sub((n << 6 | !ones & 0x3f).leading_zeros())?;
    let size = 1u32 << length;
    let (turn, ones) = (turn & (size - 1), (ones & (size - 1)) + 1);
    if length == 0 || ones == size {
        return None;
    }
    let run = u64::MAX >> (64 - ones);
    let all = u64::MAX >> (64 - size);
    let turned = if turn == 0 { run } else { (run >> turn | run << (size - turn)) & all };
    let copies = (0..64 / size).fold(0u64, |value, i| value | turned << (i * size));
    Some(if word >> 31 == 1 { copies } else { copies & 0xffff_ffff } as i64)
}

fn branch(word: u32, pc: u64, out: &mut Lines) -> Flow {
    let to = |at, bits| pc.wrapping_add_signed(signed(word, at, bits) << 2);
    if word & 0x7c00_0000 == 0x1400_0000 {
        return if word >> 31 == 1 { Flow::Call(to(0, 26)) } else { Flow::Jump(to(0, 26)) };
    }
    if word >> 24 == 0x54 {
        return match word & 0xf {
            14 | 15 => Flow::Jump(to(5, 19)),
            code => Flow::JumpIf(to(5, 19), condition(code)),
        };
    }
    match word & 0x7e00_0000 {
        0x3400_0000 => {
            let condition = if word >> 24 & 1 == 1 { Condition::NotEqual } else { Condition::Equal };
            return Flow::JumpIf(to(5, 19), condition);
        }
        0x3600_0000 => return Flow::JumpIf(to(5, 14), Condition::Other),
        _ => {}
    }
    if word >> 25 == 0x6b {
        // Bit 3 of the opcode is set where the target is signed with a modifier.
        return match word >> 21 & 7 {
            0 => Flow::JumpRegister(plain(word, 5)),
            1 => Flow::CallRegister(plain(word, 5)),
            2 | 4 => Flow::Return,
            _ => Flow::Undecoded { writes: true },
        };
    }
    match (word >> 24, word >> 21 & 7) {
        (0xd4, 1 | 2) => return Flow::Trap,
        // A call of the system.
        (0xd4, _) => out.clobber(0),
        _ if word == 0xd503_201f => return Flow::Nop,
        // Reads of system registers.
        _ if word & 0xffe0_0000 == 0xd520_0000 => out.clobber(plain(word, 0)),
        _ => {}
    }
    Flow::Next
}

/// What a condition of arm and arm64 is of unsigned numbers.
pub(super) fn condition(code: u32) -> Condition {
    match code {
        0 => Condition::Equal,
        1 => Condition::NotEqual,
        2 => Condition::AboveOrEqual,
        3 => Condition::Below,
        8 => Condition::Above,
        9 => Condition::BelowOrEqual,
        _ => Condition::Other,
    }
}

/// Data processing of registers.
fn registers(word: u32, out: &mut Lines) {
    let wide = word >> 31 == 1;
    let (minus, flags) = (word >> 30 & 1 == 1, word >> 29 & 1 == 1);
    let amount = (word >> 10 & 0x3f) as u8;
    if word & 0x1f00_0000 == 0x0a00_0000 {
        let moves = word >> 29 & 3 == 1 && word >> 21 & 1 == 0 && word >> 5 & 31 == 31 && amount == 0 && wide;
        return match (plain(word, 0), plain(word, 16)) {
            (NONE, _) => {}
            (to, NONE) if moves => set(to, 0, out),
            (to, from) if moves => out.effect(Effect::Add { to, from, value: 0 }),
            (to, _) => out.clobber(to),
        };
    }
    if word & 0x1f00_0000 == 0x0b00_0000 {
        let extended = word >> 21 & 1 == 1;
        let (left, right) = (if extended { or_sp(word, 5) } else { plain(word, 5) }, plain(word, 16));
        let to = if extended && !flags { or_sp(word, 0) } else { plain(word, 0) };
        let kind = word >> 22 & 3;
        // Of the extensions, those that leave a whole register as it is.
        let whole = if extended { matches!(word >> 13 & 7, 3 | 7) && kind == 0 } else { kind == 0 };
        let shift = if extended { amount & 7 } else { amount };
        if flags && minus && shift == 0 && whole && wide {
            out.effect(Effect::Compare { left, right });
        }
        return match to {
            NONE => {}
            to if whole && wide && right != NONE && left != NONE => {
                out.effect(Effect::AddRegister { to, left, right, shift, minus });
            }
            to => out.clobber(to),
        };
    }
    match word & 0x1fe0_0000 {
        // Conditional comparisons.
        0x1a40_0000 => {}
        // With carry; beside it, what writes flags alone.
        0x1a00_0000 if amount != 0 => {}
        // A tag for an address, the one here that may write SP.
        0x1ac0_0000 if amount == 4 && wide && !minus => out.clobber(or_sp(word, 0)),
        _ => out.clobber(plain(word, 0)),
    }
}
