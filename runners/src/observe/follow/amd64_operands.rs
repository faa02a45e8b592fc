//! Operands of amd64 instructions: which register, which place in memory.

use super::effect::{Effect, Lines, NONE, Register};
use iced_x86::{CodeSize, Instruction, OpKind, Register as Named};

/// A general register's number, whatever part of it is named; `NONE` for others.
pub(super) fn number(register: Named) -> Register {
    if !register.is_gpr() {
        return NONE;
    }
    // There are sixteen, in the order of their encoding.
    (register.full_register() as u32 - Named::RAX as u32) as Register
}

/// The general register that an operand is, whatever part of it.
pub(super) fn register(i: &Instruction, operand: u32) -> Register {
    if i.op_kind(operand) == OpKind::Register { number(i.op_register(operand)) } else { NONE }
}

/// Whether a general register is as wide as an address.
pub(super) fn is_word(i: &Instruction, register: Named) -> bool {
    if is_386(i) { register.is_gpr32() } else { register.is_gpr64() }
}

pub(super) fn is_386(i: &Instruction) -> bool {
    i.code_size() == CodeSize::Code32
}

/// A distance in memory, if it is no address.
pub(super) fn near(i: &Instruction, displacement: u64) -> Option<i32> {
    // On 386 it has no sign of its own.
    if is_386(i) { Some(displacement as u32 as i32) } else { i32::try_from(displacement as i64).ok() }
}

/// The general register that an operand is as a whole.
pub(super) fn whole(i: &Instruction, operand: u32) -> Register {
    if is_word(i, i.op_register(operand)) { register(i, operand) } else { NONE }
}

/// Where the memory operand is, if that is a register and a distance; with an
/// index only if that is asked for.
pub(super) fn place(i: &Instruction, indexed: bool) -> Option<(Register, i32)> {
    let has_index = i.memory_index() != Named::None;
    if has_index != indexed || i.segment_prefix() != Named::None || !is_word(i, i.memory_base()) {
        return None;
    }
    Some((number(i.memory_base()), near(i, i.memory_displacement64())?))
}

/// The memory operand is written, from a whole register or otherwise.
pub(super) fn store(i: &Instruction, from: Register, out: &mut Lines) {
    if let Some((base, at)) = place(i, false) {
        let size = i.memory_size().size() as u16;
        out.effect(Effect::Store { base, at, size, from });
    }
}

pub(super) fn immediate(i: &Instruction, operand: u32) -> Option<i64> {
    match i.op_kind(operand) {
        OpKind::Immediate8
        | OpKind::Immediate16
        | OpKind::Immediate32
        | OpKind::Immediate64
        | OpKind::Immediate8to16
        | OpKind::Immediate8to32
        | OpKind::Immediate8to64
        | OpKind::Immediate32to64 => {
            let value = i.immediate(operand) as i64;
            Some(if is_386(i) { (value as i32).into() } else { value })
        }
        _ => None,
    }
}

/// The first operand is written with something that is not followed.
pub(super) fn first_operand(i: &Instruction, out: &mut Lines) {
    match i.op0_kind() {
        OpKind::Register => out.clobber(register(i, 0)),
        OpKind::Memory => store(i, NONE, out),
        _ => {}
    }
}
