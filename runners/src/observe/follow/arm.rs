//! arm: A32, by the instruction word, by the tables of the ARM Architecture Reference
//! Manual for ARMv7-A, chapter A5, "ARM Instruction Set Encoding". Go makes no Thumb.
//!
//! The program counter is followed as a register of its own, since what returns may
//! load it from the stack.

use super::arm_memory::{extra, one, several};
use super::arm64::{condition, signed};
use super::code::Code;
use super::effect::{Effect, Flow, Lines, NONE, Register, Roles};

pub(super) const SP: Register = 13;
pub(super) const LR: Register = 14;
pub(super) const PC: Register = 15;

/// C's callees keep R4 to R11.
pub(super) const ROLES: Roles = Roles {
    word: 4,
    sp: SP,
    fp: NONE,
    lr: LR,
    g: 10,
    handed: 3,
    callee_saved: 0x0ff0,
    on_stack: true,
    falls_into_morestack: false,
};

/// What Go's assembler makes of UNDEF.
const UNDEF: u32 = 0xf7fa_bcfd;
/// A jump to itself: Go's assembler puts one before the literals behind a function.
const JUMP_TO_ITSELF: u32 = 0xeaff_fffe;
/// The condition that always holds, and the one that is none.
const ALWAYS: u32 = 14;
const NEVER: u32 = 15;

/// One instruction, and what it is part of.
pub(super) struct At<'a> {
    pub word: u32,
    pub offset: u32,
    pub code: &'a Code<'a>,
}

pub(super) fn decode(code: &Code<'_>, lines: &mut Lines) {
    // The register that the instruction before subtracted into from SP, with flags.
    let mut lowered = NONE;
    for (i, bytes) in code.bytes.chunks(4).enumerate() {
        let (offset, first) = ((i * 4) as u32, lines.effects.len());
        let Ok(word) = <[u8; 4]>::try_from(bytes).map(u32::from_le_bytes) else {
            lines.line(offset, bytes.len() as u8, first, Flow::Undecoded { writes: true }, false);
            return;
        };
        let flow = whole(&At { word, offset, code }, first, lowered, lines);
        let filling = word == JUMP_TO_ITSELF || matches!(flow, Flow::Nop | Flow::Trap);
        lines.line(offset, 4, first, flow, filling);
        // SUB.S from SP, of a number or a register.
        let subtracts = word & 0xfdff_0000 == 0xe05d_0000;
        lowered = if subtracts { field(word, 12) } else { NONE };
    }
}

/// An instruction with its condition.
fn whole(at: &At<'_>, first: usize, lowered: Register, out: &mut Lines) -> Flow {
    let word = at.word;
    if word == UNDEF {
        return Flow::Trap;
    }
    // AND.EQ of R0 with itself: what stands behind calls that do not return.
    if word == 0 {
        return Flow::Nop;
    }
    if word >> 28 == NEVER {
        return unconditional(word, out);
    }
    let flow = lower(at, out);
    if word >> 28 == ALWAYS {
        return flow;
    }
    let guarded = word >> 28 == 2;
    let kept = out.effects.split_off(first);
    for effect in kept {
        match effect {
            // The stack check of huge frames compares if the subtraction did not run below
            // zero, and jumps on the flags of the one or the other: `stacksplit` of
            // cmd/internal/obj/arm/obj5.go.
            Effect::Compare { left, right } if guarded && left == lowered && lowered != NONE => {
                out.effect(Effect::CompareUnlessBelowZero { left, right });
            }
            other => maybe(other, out),
        }
    }
    match flow {
        Flow::Jump(to) => Flow::JumpIf(to, condition(word >> 28)),
        Flow::Next | Flow::Nop | Flow::Trap | Flow::Call(_) | Flow::Undecoded { .. } => flow,
        // Assembly alone returns and jumps away so; what matters is where it does not.
        Flow::CallRegister(_) | Flow::CallMemory => flow,
        Flow::Return
        | Flow::ReturnThrough(_)
        | Flow::JumpIf(..)
        | Flow::JumpRegister(_)
        | Flow::JumpEntry { .. }
        | Flow::JumpMemory => Flow::Next,
    }
}

/// What an effect leaves where it may have happened or not.
fn maybe(effect: Effect, out: &mut Lines) {
    match effect {
        Effect::Clobber(_) => out.effect(effect),
        Effect::Set { to, .. }
        | Effect::Insert { to, .. }
        | Effect::Add { to, .. }
        | Effect::AddRegister { to, .. }
        | Effect::AddWord { to, .. }
        | Effect::Or { to, .. }
        | Effect::Align { to }
        | Effect::Load { to, .. }
        | Effect::LoadEntry { to, .. }
        | Effect::LoadLocal { to }
        | Effect::LoadLocals { to } => {
            // That control goes elsewhere is not followed.
            if to != PC {
                out.clobber(to);
            }
        }
        Effect::Swap(a, b) => {
            out.clobber(a);
            out.clobber(b);
        }
        Effect::Store { base, at, size, .. } | Effect::StoreSum { base, at, size, .. } => {
            out.effect(Effect::Store { base, at, size, from: NONE });
        }
        Effect::Compare { .. }
        | Effect::CompareUnlessBelowZero { .. }
        | Effect::CompareValue { .. }
        | Effect::CompareMemory { .. } => {}
    }
}

/// A register's field.
pub(super) fn field(word: u32, at: u32) -> Register {
    (word >> at & 15) as Register
}

/// A number as a register of 32 bits holds it, with its sign.
pub(super) fn number(value: u32) -> i64 {
    i64::from(value.cast_signed())
}

fn lower(at: &At<'_>, out: &mut Lines) -> Flow {
    let word = at.word;
    match word >> 25 & 7 {
        0 if word & 0x90 == 0x90 && word >> 5 & 3 == 0 => multiply(word, out),
        0 if word & 0x90 == 0x90 => extra(word, out),
        0 if word & 0x0190_0000 == 0x0100_0000 => miscellaneous(word, out),
        1 if word & 0x0190_0000 == 0x0100_0000 => half_or_hint(word, out),
        0 | 1 => data(at, out),
        2 => one(at, out),
        3 if word >> 4 & 1 == 0 => one(at, out),
        3 => media(word, out),
        4 => several(word, out),
        5 => {
            let to = at.pc().wrapping_add_signed(signed(word, 0, 24) << 2);
            if word >> 24 & 1 == 1 { Flow::Call(to) } else { Flow::Jump(to) }
        }
        6 => super::arm_vector::memory(word, out),
        _ if word >> 24 & 1 == 1 => {
            // A call of the system.
            out.clobber(0);
            Flow::Next
        }
        _ => super::arm_vector::registers(word, out),
    }
}

impl At<'_> {
    /// What the program counter reads as: two instructions ahead.
    pub(super) fn pc(&self) -> u64 {
        self.code.address.wrapping_add(u64::from(self.offset) + 8)
    }
}

/// Products, and what synchronises.
fn multiply(word: u32, out: &mut Lines) -> Flow {
    let (high, low) = (field(word, 16), field(word, 12));
    match word >> 20 & 0x1f {
        // MUL, MLA, MLS.
        0..=3 | 6 => out.clobber(high),
        // UMAAL; UMULL, UMLAL, SMULL and SMLAL.
        4 | 8..=15 => {
            out.clobber(high);
            out.clobber(low);
        }
        // SWP; the exclusive stores write whether they did.
        0x10 | 0x14 | 0x18 | 0x1a | 0x1c | 0x1e => out.clobber(low),
        0x19 | 0x1d | 0x1f => out.clobber(low),
        // LDREXD.
        0x1b => {
            out.clobber(low);
            out.clobber(low + 1);
        }
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

fn miscellaneous(word: u32, out: &mut Lines) -> Flow {
    let (kind, register) = (word >> 21 & 3, field(word, 0));
    // Products of halves.
    if word >> 7 & 1 == 1 {
        out.clobber(field(word, 16));
        if kind == 2 {
            out.clobber(field(word, 12));
        }
        return Flow::Next;
    }
    match (word >> 4 & 7, kind) {
        // MRS.
        (0, 0 | 2) => out.clobber(field(word, 12)),
        // MSR.
        (0, _) => {}
        (1, 1) if register == LR => return Flow::Return,
        (1, 1) => return Flow::JumpRegister(register),
        // CLZ, and sums that saturate.
        (1, 3) | (5, _) => out.clobber(field(word, 12)),
        (3, 1) => return Flow::CallRegister(register),
        (7, 1) => return Flow::Trap,
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

/// MOVW and MOVT; hints, and MSR of a number.
fn half_or_hint(word: u32, out: &mut Lines) -> Flow {
    let (bits, to) = ((word >> 4 & 0xf000 | word & 0xfff) as u16, field(word, 12));
    match word >> 21 & 3 {
        0 => out.effect(Effect::Set { to, value: bits.into() }),
        // Beyond that, the word has a sign.
        2 if bits < 0x8000 => out.effect(Effect::Insert { to, bits, shift: 16 }),
        2 => out.clobber(to),
        1 if word & 0x0fff_ffff == 0x0320_f000 => return Flow::Nop,
        _ => {}
    }
    Flow::Next
}

/// Data processing of registers and numbers.
fn data(at: &At<'_>, out: &mut Lines) -> Flow {
    let word = at.word;
    let (kind, left, to) = (word >> 21 & 15, field(word, 16), field(word, 12));
    let is_number = word >> 25 & 1 == 1;
    let value = number((word & 0xff).rotate_right(word >> 7 & 0x1e));
    let right = field(word, 0);
    // How far the register on the right is shifted to the left, if it is only that.
    let shift = (word & 0x70 == 0).then_some((word >> 7 & 31) as u8);
    let minus = kind == 2;
    if to == PC && !(8..=11).contains(&kind) {
        return match (kind, is_number, value, shift) {
            (13, false, _, Some(0)) => through(right),
            // As `ADD $0, R14, R15`.
            (2 | 4, true, 0, _) => through(left),
            _ => Flow::JumpMemory,
        };
    }
    match kind {
        2 | 4 if is_number && left == PC => {
            let place = at.pc().wrapping_add_signed(if minus { -value } else { value });
            out.effect(Effect::Set { to, value: place.cast_signed() });
        }
        2 | 4 if is_number => out.effect(Effect::Add { to, from: left, value: if minus { -value } else { value } }),
        2 | 4 => match shift {
            Some(shift) if left != PC && right != PC => {
                out.effect(Effect::AddRegister { to, left, right, shift, minus });
            }
            Some(_) | None => out.clobber(to),
        },
        // TST, TEQ and CMN.
        8 | 9 | 11 => {}
        10 if is_number => out.effect(Effect::CompareValue { left, value }),
        10 if shift == Some(0) => out.effect(Effect::Compare { left, right }),
        10 => {}
        13 if is_number => out.effect(Effect::Set { to, value }),
        13 if shift == Some(0) && right != PC => out.effect(Effect::Add { to, from: right, value: 0 }),
        15 if is_number => out.effect(Effect::Set { to, value: !value }),
        // AND and BIC.
        0 | 14 => out.effect(Effect::Align { to }),
        _ => out.clobber(to),
    }
    Flow::Next
}

/// To where a register says.
fn through(register: Register) -> Flow {
    if register == LR { Flow::Return } else { Flow::JumpRegister(register) }
}

/// Parallel sums, packing, extension, reversal, bit fields, and division.
fn media(word: u32, out: &mut Lines) -> Flow {
    let kind = word >> 20 & 0x1f;
    match kind {
        // UDF.
        0x1f if word >> 5 & 7 == 7 => return Flow::Trap,
        // Products and quotients, and USAD8.
        0x10..=0x15 | 0x17 | 0x18 => {
            out.clobber(field(word, 16));
            // SMLALD and SMLSLD.
            if kind == 0x14 {
                out.clobber(field(word, 12));
            }
        }
        1..=3 | 5..=15 | 0x1a..=0x1f => out.clobber(field(word, 12)),
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

/// What has no condition.
fn unconditional(word: u32, out: &mut Lines) -> Flow {
    // SIMD of registers.
    if word & 0xfe00_0000 == 0xf200_0000 {
        return Flow::Next;
    }
    // SIMD of memory: the base moves where there is a register to say by what.
    if word & 0xff10_0000 == 0xf400_0000 {
        if field(word, 0) != PC {
            out.clobber(field(word, 16));
        }
        return Flow::Next;
    }
    // CLREX, DSB, DMB and ISB; PLD and PLI.
    let barrier = word == 0xf57f_f01f || matches!(word & 0xffff_fff0, 0xf57f_f040 | 0xf57f_f050 | 0xf57f_f060);
    let ahead = word & 0xfd70_f000 == 0xf550_f000 || word & 0xff70_f000 == 0xf450_f000;
    if barrier || ahead { Flow::Next } else { Flow::Undecoded { writes: true } }
}
