//! What an amd64 instruction writes, whichever it is, by iced's tables.

use super::amd64::SP;
use super::amd64_operands::{is_word, near, number};
use super::effect::{Effect, Lines, NONE};
use iced_x86::{Instruction, InstructionInfoFactory, InstructionInfoOptions, OpAccess, Register};

/// Notes all that it writes. What it does to SP is kept where iced knows by how
/// much it moves.
pub(super) fn exact(i: &Instruction, factory: &mut InstructionInfoFactory, out: &mut Lines) {
    let info = factory.info_options(i, InstructionInfoOptions::NONE);
    let mut written = 0u64;
    for used in info.used_registers() {
        if writes(used.access()) {
            let register = number(used.register());
            if register != NONE {
                written |= 1 << register;
            }
        }
    }
    for used in info.used_memory() {
        let at = near(i, used.displacement());
        if let (true, Some(at)) = (writes(used.access()), at)
            && used.index() == Register::None
            && is_word(i, used.base())
        {
            let size = used.memory_size().size() as u16;
            // What is pushed is stored below SP as it was.
            out.effect(Effect::Store { base: number(used.base()), at, size, from: NONE });
        }
    }
    let moved = i.stack_pointer_increment();
    if moved != 0 {
        written &= !(1 << SP);
        out.effect(Effect::Add { to: SP, from: SP, value: i64::from(moved) });
    }
    if written != 0 {
        out.effect(Effect::Clobber(written));
    }
}

/// Whether it may write.
fn writes(access: OpAccess) -> bool {
    match access {
        OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite => true,
        OpAccess::None | OpAccess::Read | OpAccess::CondRead | OpAccess::NoMemAccess => false,
    }
}
