//! riscv64, by the instruction word: The RISC-V Instruction Set Manual, Volume I,
//! chapter "RV32/64G Instruction Set Listings", with Zba, Zbb, Zbc, Zbs, Zicond,
//! Zacas, Zfa, Zfh, the cryptographic ones, and vectors. What is 16 bits long is
//! turned into the instruction of 32 bits that it stands for.

use super::code::Code;
use super::effect::{Effect, Flow, Lines, NONE, Register, Roles};
use super::facts::Condition;
use super::riscv64_compressed::expand;
use super::riscv64_known as known;

pub(super) const SP: Register = 2;
pub(super) const LR: Register = 1;
/// Where calls leave the return address that do not touch the link register: of
/// `runtime.morestack`, and of what C's compilers save registers by.
const OTHER_LR: Register = 5;
/// No register of the machine: where a jump through one leads, which may be some bytes
/// from what that holds.
const TARGET: Register = 32;

/// C's callees keep X8, X9, and X18 to X27.
pub(super) const ROLES: Roles = Roles {
    word: 8,
    sp: SP,
    fp: NONE,
    lr: LR,
    g: 27,
    handed: OTHER_LR,
    callee_saved: 0x0ffc_0300,
    on_stack: false,
    falls_into_morestack: true,
};

pub(super) fn decode(code: &Code<'_>, lines: &mut Lines) {
    let mut at = 0;
    while let Some(rest) = code.bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let first = lines.effects.len();
        let pc = code.address.wrapping_add(at as u64);
        let (flow, len, filling) = one(rest, pc, lines);
        lines.line(at as u32, len, first, flow, filling);
        at += usize::from(len);
    }
}

/// The first instruction of some bytes, how long it is, and whether it may be a filling.
fn one(bytes: &[u8], pc: u64, out: &mut Lines) -> (Flow, u8, bool) {
    let undecoded = Flow::Undecoded { writes: true };
    let half = match bytes {
        [low, high, ..] => u16::from_le_bytes([*low, *high]),
        _ => return (undecoded, bytes.len() as u8, false),
    };
    if half & 3 != 3 {
        // All zeros is defined to be illegal.
        let flow = if half == 0 { Flow::Trap } else { expand(half).map_or(undecoded, |word| lower(word, pc, out)) };
        return (flow, 2, matches!(flow, Flow::Nop | Flow::Trap));
    }
    match bytes {
        [a, b, c, d, ..] => {
            let flow = lower(u32::from_le_bytes([*a, *b, *c, *d]), pc, out);
            (flow, 4, matches!(flow, Flow::Nop | Flow::Trap))
        }
        _ => (undecoded, bytes.len() as u8, false),
    }
}

/// The register in that field; the zero register is `NONE`.
pub(super) fn register(word: u32, at: u32) -> Register {
    match (word >> at & 31) as Register {
        0 => NONE,
        n => n,
    }
}

fn rd(word: u32) -> Register {
    register(word, 7)
}

fn rs1(word: u32) -> Register {
    register(word, 15)
}

fn rs2(word: u32) -> Register {
    register(word, 20)
}

/// The field that tells instructions of one opcode apart.
pub(super) fn kind(word: u32) -> u32 {
    word >> 12 & 7
}

/// The twelve bits of a number.
fn immediate(word: u32) -> i64 {
    i64::from(word as i32 >> 20)
}

/// The twelve bits of a store's distance.
fn distance(word: u32) -> i32 {
    (word as i32 >> 25 << 5) | (word >> 7 & 31) as i32
}

/// Where a conditional branch leads.
fn branch_target(word: u32, pc: u64) -> u64 {
    let by = (word as i32 >> 31 << 12) | (word << 4 & 0x800 | word >> 20 & 0x7e0 | word >> 7 & 0x1e) as i32;
    pc.wrapping_add_signed(by.into())
}

/// Where a jump leads.
fn jump_target(word: u32, pc: u64) -> u64 {
    let by = (word as i32 >> 31 << 20) | (word & 0xf_f000 | word >> 9 & 0x800 | word >> 20 & 0x7fe) as i32;
    pc.wrapping_add_signed(by.into())
}

fn lower(word: u32, pc: u64, out: &mut Lines) -> Flow {
    let undecoded = Flow::Undecoded { writes: true };
    match word & 0x7f {
        0x03 if kind(word) < 7 => load(word, out),
        // Of floating point, and vectors.
        0x07 if known::float_memory(word, true) => {}
        0x27 if known::float_memory(word, false) => float_store(word, out),
        0x0f if known::fence(word) => {}
        0x13 if known::immediate(word) => return numbers(word, out),
        0x1b if known::immediate_half(word) => add_half(word, out),
        0x17 => set(rd(word), (pc as i64).wrapping_add(upper(word)), out),
        0x37 => set(rd(word), upper(word), out),
        0x23 if kind(word) < 4 => {
            let (size, at) = (1 << kind(word), distance(word));
            out.effect(Effect::Store { base: rs1(word), at, size, from: whole(size, rs2(word)) });
        }
        0x2f if known::atomic(word) => atomic(word, out),
        0x33 if known::registers(word) => add(word, out),
        0x3b if known::registers_half(word) => out.clobber(rd(word)),
        0x43 | 0x47 | 0x4b | 0x4f if known::rounding(word) => {}
        0x53 => match known::float(word) {
            Some(to_general) => out.clobber(if to_general { rd(word) } else { NONE }),
            None => return undecoded,
        },
        0x57 => match known::vector(word) {
            Some(to_general) => out.clobber(if to_general { rd(word) } else { NONE }),
            None => return undecoded,
        },
        0x77 if known::vector_crypto(word) => {}
        0x63 => return branch(word, pc, out),
        0x67 if kind(word) == 0 => return jump_register(word, out),
        0x6f => {
            let to = jump_target(word, pc);
            if rd(word) == NONE {
                return Flow::Jump(to);
            }
            links(word, out);
            return Flow::Call(to);
        }
        0x73 => return system(word, out),
        _ => return undecoded,
    }
    Flow::Next
}

/// Twenty bits and twelve zeros.
fn upper(word: u32) -> i64 {
    i64::from(word.cast_signed() & !0xfff)
}

fn set(to: Register, value: i64, out: &mut Lines) {
    if to != NONE {
        out.effect(Effect::Set { to, value });
    }
}

/// A whole register is eight bytes.
fn whole(size: u16, register: Register) -> Register {
    if size == 8 { register } else { NONE }
}

fn load(word: u32, out: &mut Lines) {
    match rd(word) {
        NONE => {}
        to if kind(word) == 3 => out.effect(Effect::Load { to, base: rs1(word), at: immediate(word) as i32 }),
        to => out.clobber(to),
    }
}

fn float_store(word: u32, out: &mut Lines) {
    let (base, size) = (rs1(word), kind(word));
    let store = match size {
        1..=4 => Effect::Store { base, at: distance(word), size: 1 << size, from: NONE },
        // How long a vector is the machine says; at least sixteen bytes.
        _ => Effect::Store { base, at: 0, size: 16, from: NONE },
    };
    out.effect(store);
}

/// All but loads with a reservation store there.
fn atomic(word: u32, out: &mut Lines) {
    if word >> 27 != 2 {
        out.effect(Effect::Store { base: rs1(word), at: 0, size: 1 << kind(word), from: NONE });
    }
    out.clobber(rd(word));
    if kind(word) == 4 && rd(word) != NONE {
        // Sixteen bytes are in two registers.
        out.clobber((rd(word) + 1).min(31));
    }
}

/// A register and a number.
fn numbers(word: u32, out: &mut Lines) -> Flow {
    let (to, from, value) = (rd(word), rs1(word), immediate(word));
    match (kind(word), to) {
        (0, NONE) if word >> 7 == 0 => return Flow::Nop,
        (_, NONE) => {}
        (0 | 6, _) if from == NONE => set(to, value, out),
        (0, _) => out.effect(Effect::Add { to, from, value }),
        (6, _) if value == 0 => out.effect(Effect::Add { to, from, value }),
        (7, _) if value < 0 => out.effect(Effect::Align { to }),
        _ => out.clobber(to),
    }
    Flow::Next
}

/// The same, of 32 bits.
fn add_half(word: u32, out: &mut Lines) {
    match (rd(word), rs1(word)) {
        (NONE, _) => {}
        (to, NONE) if kind(word) == 0 => set(to, immediate(word), out),
        (to, from) if kind(word) == 0 => out.effect(Effect::AddWord { to, from, value: immediate(word) }),
        (to, _) => out.clobber(to),
    }
}

/// Two registers.
fn add(word: u32, out: &mut Lines) {
    let (to, left, right) = (rd(word), rs1(word), rs2(word));
    let minus = match (word >> 25, kind(word)) {
        (0, 0) => Some(false),
        (0x20, 0) => Some(true),
        _ => None,
    };
    match (minus, left, right) {
        _ if to == NONE => {}
        (Some(_), NONE, NONE) => set(to, 0, out),
        (Some(_), from, NONE) | (Some(false), NONE, from) => out.effect(Effect::Add { to, from, value: 0 }),
        (Some(minus), left, right) if left != NONE => {
            out.effect(Effect::AddRegister { to, left, right, shift: 0, minus });
        }
        // Or with zero moves, too.
        (None, NONE, from) | (None, from, NONE) if word >> 25 == 0 && kind(word) == 6 && from != NONE => {
            out.effect(Effect::Add { to, from, value: 0 });
        }
        _ => out.clobber(to),
    }
}

fn branch(word: u32, pc: u64, out: &mut Lines) -> Flow {
    let condition = match kind(word) {
        0 => Condition::Equal,
        1 => Condition::NotEqual,
        4 | 5 => Condition::Other,
        6 => Condition::Below,
        7 => Condition::AboveOrEqual,
        _ => return Flow::Undecoded { writes: true },
    };
    out.effect(Effect::Compare { left: rs1(word), right: rs2(word) });
    Flow::JumpIf(branch_target(word, pc), condition)
}

/// What a call does to where the return address is: the callee may be one that finds
/// its own in the other register, and puts the link register back.
fn links(word: u32, out: &mut Lines) {
    if rd(word) == OTHER_LR {
        out.effect(Effect::Add { to: OTHER_LR, from: LR, value: 0 });
    }
}

fn jump_register(word: u32, out: &mut Lines) -> Flow {
    let (to, from, value) = (rd(word), rs1(word), immediate(word));
    if (to, from, value) == (NONE, LR, 0) {
        return Flow::Return;
    }
    let through = if value == 0 {
        from
    } else {
        out.effect(Effect::Add { to: TARGET, from, value });
        TARGET
    };
    if to == NONE {
        return Flow::JumpRegister(through);
    }
    links(word, out);
    // The register itself may be overwritten by that.
    Flow::CallRegister(through)
}

fn system(word: u32, out: &mut Lines) -> Flow {
    match (kind(word), word) {
        // A call of the system, which answers in X10.
        (0, 0x0000_0073) => out.clobber(10),
        (0, 0x0010_0073) => return Flow::Trap,
        // Waiting for a reservation, or an interrupt.
        (0, 0x00d0_0073 | 0x01d0_0073 | 0x1050_0073) => {}
        // Control and status registers.
        (1..=3 | 5..=7, _) => out.clobber(rd(word)),
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}
