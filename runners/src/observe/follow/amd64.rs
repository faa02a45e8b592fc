//! amd64 and 386, by iced. The instructions that compilers emit most are read here; of
//! all others, and there are thousands, iced tells which registers and what
//! memory they write.

use super::amd64_exact::exact;
use super::amd64_operands::{
    first_operand, immediate, is_386, is_word, near as distance, number, place, register, store, whole,
};
use super::code::Code;
use super::effect::{Effect, Flow, Lines, NONE, Register, Roles};
use super::facts::Condition;
use iced_x86::{
    ConditionCode, Decoder, DecoderError, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, Mnemonic,
    OpKind, Register as Named,
};

pub(super) const SP: Register = 4;
const BP: Register = 5;

/// By the order of the encoding. C's callees keep rbx, rbp and r12 to r15.
pub(super) const ROLES: Roles = Roles {
    word: 8,
    sp: SP,
    fp: BP,
    lr: NONE,
    g: 14,
    handed: NONE,
    callee_saved: 0xf008,
    on_stack: false,
    falls_into_morestack: false,
};

/// g is in memory, and BP is a register like others. C's callees keep ebx, ebp, esi and edi.
pub(super) const ROLES_OF_386: Roles = Roles {
    word: 4,
    sp: SP,
    fp: NONE,
    lr: NONE,
    g: NONE,
    handed: NONE,
    callee_saved: 0x00e8,
    on_stack: true,
    falls_into_morestack: false,
};

/// Decodes code one instruction behind the other.
#[derive(Debug)]
pub(super) struct Amd64 {
    factory: InstructionInfoFactory,
}

impl Default for Amd64 {
    fn default() -> Self {
        Amd64 { factory: InstructionInfoFactory::new() }
    }
}

impl Amd64 {
    /// `starts` are offsets, in order, where instructions begin whatever stands
    /// before them: data in the code may look like an instruction that goes beyond.
    pub(super) fn decode(&mut self, bits: u32, code: &Code<'_>, starts: &[u32], lines: &mut Lines) {
        let (code, address) = (code.bytes, code.address);
        let mut decoder = Decoder::with_ip(bits, code, address, DecoderOptions::NONE);
        let mut one = Instruction::default();
        let mut starts = starts.iter().map(|s| *s as usize).peekable();
        while decoder.can_decode() {
            let offset = decoder.position();
            decoder.decode_out(&mut one);
            let first = lines.effects.len();
            while starts.next_if(|s| *s <= offset).is_some() {}
            let (flow, filling) = if let Some(start) = starts.peek().copied().filter(|s| *s < decoder.position()) {
                decoder.set_ip(address.wrapping_add(start as u64));
                // It is before the end of what was just decoded.
                let _ = decoder.set_position(start);
                (Flow::Undecoded { writes: true }, false)
            } else if one.is_invalid() {
                // The decoder takes all bytes that it looked at; we take the first
                // alone, so that the others are not lost, but all that is left
                // where the code ends within an instruction.
                if decoder.last_error() != DecoderError::NoMoreBytes && decoder.position() - offset > 1 {
                    decoder.set_ip(address.wrapping_add(offset as u64 + 1));
                    // Behind one byte of those just looked at there is a position.
                    let _ = decoder.set_position(offset + 1);
                }
                (Flow::Undecoded { writes: true }, false)
            } else {
                let flow = self.lower(&one, lines);
                // 00 00 is an addition to memory.
                let zeros = code.get(offset..decoder.position()).is_some_and(|b| b.iter().all(|b| *b == 0));
                (flow, zeros || matches!(flow, Flow::Nop | Flow::Trap))
            };
            // Instructions have up to 15 bytes.
            lines.line(offset as u32, (decoder.position() - offset) as u8, first, flow, filling);
        }
    }

    /// Notes the effects of an instruction, and gives where control goes.
    fn lower(&mut self, i: &Instruction, out: &mut Lines) -> Flow {
        match i.mnemonic() {
            Mnemonic::Mov => mov(i, out),
            Mnemonic::Lea => lea(i, out),
            Mnemonic::Add => add(i, out, false),
            Mnemonic::Sub => add(i, out, true),
            Mnemonic::Inc => step(i, out, 1),
            Mnemonic::Dec => step(i, out, -1),
            Mnemonic::Cmp => compare(i, out),
            Mnemonic::Test | Mnemonic::Ucomisd | Mnemonic::Ucomiss => {}
            Mnemonic::And if register(i, 0) == SP && i.op0_kind() == OpKind::Register => {
                out.effect(Effect::Align { to: SP })
            }
            Mnemonic::Xor if i.op1_kind() == OpKind::Register && i.op0_register() == i.op1_register() => {
                let (to, whole) = (register(i, 0), i.op0_register().size() >= 4);
                if whole && to != NONE {
                    out.effect(Effect::Set { to, value: 0 });
                } else {
                    out.clobber(to);
                }
            }
            Mnemonic::Xchg if is_word(i, i.op0_register()) && i.op1_kind() == OpKind::Register => {
                out.effect(Effect::Swap(register(i, 0), register(i, 1)));
            }
            Mnemonic::Xadd if i.op0_kind() == OpKind::Memory => {
                let from = register(i, 1);
                if let Some((base, at)) = place(i, false) {
                    out.effect(Effect::StoreSum { base, at, size: i.memory_size().size() as u16, from });
                }
                out.clobber(from);
            }
            // These write their first operand, and no other register.
            Mnemonic::And
            | Mnemonic::Or
            | Mnemonic::Xor
            | Mnemonic::Not
            | Mnemonic::Neg
            | Mnemonic::Shl
            | Mnemonic::Shr
            | Mnemonic::Sar
            | Mnemonic::Movzx
            | Mnemonic::Movsx
            | Mnemonic::Movsxd
            | Mnemonic::Movups
            | Mnemonic::Movaps
            | Mnemonic::Movdqu
            | Mnemonic::Movsd
            | Mnemonic::Movss
            | Mnemonic::Movq
            | Mnemonic::Movd
            | Mnemonic::Cmove
            | Mnemonic::Cmovne
            | Mnemonic::Sete
            | Mnemonic::Setne
                if !i.is_string_instruction() =>
            {
                first_operand(i, out);
            }
            Mnemonic::Push => {
                let from = if i.op0_kind() == OpKind::Register { whole(i, 0) } else { NONE };
                let size = i.stack_pointer_increment().unsigned_abs() as u16;
                out.effect(Effect::Store { base: SP, at: -i32::from(size), size, from });
                out.effect(Effect::Add { to: SP, from: SP, value: -i64::from(size) });
            }
            Mnemonic::Pop => {
                let size = i.stack_pointer_increment();
                out.effect(Effect::Add { to: SP, from: SP, value: i64::from(size) });
                match whole(i, 0) {
                    _ if i.op0_kind() != OpKind::Register => first_operand(i, out),
                    NONE => out.clobber(register(i, 0)),
                    to => out.effect(Effect::Load { to, base: SP, at: -size }),
                }
            }
            Mnemonic::Leave => {
                let word = word(i);
                out.effect(Effect::Add { to: SP, from: BP, value: i64::from(word) });
                out.effect(Effect::Load { to: BP, base: SP, at: -word });
            }
            Mnemonic::Enter if i.immediate8_2nd() == 0 => {
                let word = word(i);
                out.effect(Effect::Store { base: SP, at: -word, size: word as u16, from: BP });
                out.effect(Effect::Add { to: SP, from: SP, value: i64::from(-word) });
                out.effect(Effect::Add { to: BP, from: SP, value: 0 });
                out.effect(Effect::Add { to: SP, from: SP, value: -i64::from(i.immediate16()) });
            }
            Mnemonic::Nop | Mnemonic::Endbr64 | Mnemonic::Endbr32 => return Flow::Nop,
            Mnemonic::Int if i.immediate8() == 3 => return Flow::Trap,
            Mnemonic::Ud0 | Mnemonic::Ud1 | Mnemonic::Ud2 | Mnemonic::Int3 | Mnemonic::Hlt => return Flow::Trap,
            _ => return self.others(i, out),
        }
        Flow::Next
    }

    fn others(&mut self, i: &Instruction, out: &mut Lines) -> Flow {
        match i.flow_control() {
            FlowControl::UnconditionalBranch if near(i) => Flow::Jump(i.near_branch_target()),
            FlowControl::ConditionalBranch | FlowControl::XbeginXabortXend if near(i) => {
                if !i.is_jcc_short_or_near() {
                    exact(i, &mut self.factory, out);
                }
                Flow::JumpIf(i.near_branch_target(), condition(i))
            }
            FlowControl::Call if near(i) => Flow::Call(i.near_branch_target()),
            FlowControl::IndirectCall => match register(i, 0) {
                to if i.op0_kind() == OpKind::Register => Flow::CallRegister(to),
                _ => Flow::CallMemory,
            },
            FlowControl::IndirectBranch => indirect(i),
            FlowControl::Return => Flow::Return,
            FlowControl::Exception => Flow::Trap,
            // A far jump; nothing that Go emits.
            FlowControl::UnconditionalBranch => Flow::JumpMemory,
            FlowControl::Next | FlowControl::ConditionalBranch | FlowControl::XbeginXabortXend => {
                exact(i, &mut self.factory, out);
                Flow::Next
            }
            // A call of the system: it answers in AX.
            FlowControl::Call | FlowControl::Interrupt => {
                exact(i, &mut self.factory, out);
                out.clobber(0);
                Flow::Next
            }
        }
    }
}

fn word(i: &Instruction) -> i32 {
    if is_386(i) { 4 } else { 8 }
}

fn near(i: &Instruction) -> bool {
    matches!(i.op0_kind(), OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64)
}

fn condition(i: &Instruction) -> Condition {
    match i.condition_code() {
        ConditionCode::b => Condition::Below,
        ConditionCode::be => Condition::BelowOrEqual,
        ConditionCode::ae => Condition::AboveOrEqual,
        ConditionCode::a => Condition::Above,
        ConditionCode::e => Condition::Equal,
        ConditionCode::ne => Condition::NotEqual,
        ConditionCode::None
        | ConditionCode::o
        | ConditionCode::no
        | ConditionCode::s
        | ConditionCode::ns
        | ConditionCode::p
        | ConditionCode::np
        | ConditionCode::l
        | ConditionCode::ge
        | ConditionCode::le
        | ConditionCode::g => Condition::Other,
    }
}

fn indirect(i: &Instruction) -> Flow {
    if i.op0_kind() == OpKind::Register {
        return Flow::JumpRegister(register(i, 0));
    }
    match place(i, true) {
        Some((base, at)) if i.memory_index_scale() as i32 == word(i) => {
            Flow::JumpEntry { base, index: number(i.memory_index()), at }
        }
        Some(_) | None => Flow::JumpMemory,
    }
}

fn mov(i: &Instruction, out: &mut Lines) {
    let to = whole(i, 0);
    if i.op0_kind() == OpKind::Memory {
        return store(i, whole(i, 1), out);
    }
    if let (OpKind::Register, true) = (i.op0_kind(), i.op0_register().is_gpr32())
        && let OpKind::Immediate32 = i.op1_kind()
    {
        return out.effect(Effect::Set { to: register(i, 0), value: i64::from(i.immediate32()) });
    }
    if to == NONE {
        return out.clobber(register(i, 0));
    }
    if let Some(value) = immediate(i, 1) {
        return out.effect(Effect::Set { to, value });
    }
    if i.op1_kind() != OpKind::Memory {
        return match whole(i, 1) {
            NONE => out.clobber(to),
            from => out.effect(Effect::Add { to, from, value: 0 }),
        };
    }
    if is_386(i) && i.segment_prefix() == Named::GS && i.memory_base() == Named::None {
        return match distance(i, i.memory_displacement64()) {
            Some(0) => out.effect(Effect::LoadLocals { to }),
            Some(..0) => out.effect(Effect::LoadLocal { to }),
            // What C keeps there, as below.
            Some(1..) | None => out.clobber(to),
        };
    }
    if matches!(i.segment_prefix(), Named::FS | Named::GS) {
        // What C keeps there is above, on Linux: the guard of its own frames.
        let of_c =
            i.segment_prefix() == Named::FS && i.memory_base() == Named::None && i.memory_displacement64() as i64 >= 0;
        return if of_c { out.clobber(to) } else { out.effect(Effect::LoadLocal { to }) };
    }
    match place(i, false) {
        Some((base, at)) => out.effect(Effect::Load { to, base, at }),
        None => out.clobber(to),
    }
}

fn lea(i: &Instruction, out: &mut Lines) {
    let to = whole(i, 0);
    if to == NONE {
        return out.clobber(register(i, 0));
    }
    if i.is_ip_rel_memory_operand() {
        return out.effect(Effect::Set { to, value: i.ip_rel_memory_address() as i64 });
    }
    let value = distance(i, i.memory_displacement64()).map_or(i.memory_displacement64() as i64, i64::from);
    if let Some((from, _)) = place(i, false) {
        return out.effect(Effect::Add { to, from, value });
    }
    match place(i, true) {
        Some((left, _)) => {
            let shift = i.memory_index_scale().trailing_zeros() as u8;
            out.effect(Effect::AddRegister { to, left, right: number(i.memory_index()), shift, minus: false });
            out.effect(Effect::Add { to, from: to, value });
        }
        None => out.clobber(to),
    }
}

fn add(i: &Instruction, out: &mut Lines, minus: bool) {
    let to = whole(i, 0);
    if i.op0_kind() == OpKind::Memory || to == NONE {
        return first_operand(i, out);
    }
    if let Some(value) = immediate(i, 1) {
        let value = if minus { value.wrapping_neg() } else { value };
        return out.effect(Effect::Add { to, from: to, value });
    }
    match register(i, 1) {
        NONE => out.clobber(to),
        right => out.effect(Effect::AddRegister { to, left: to, right, shift: 0, minus }),
    }
}

fn step(i: &Instruction, out: &mut Lines, by: i64) {
    match whole(i, 0) {
        NONE => first_operand(i, out),
        to => out.effect(Effect::Add { to, from: to, value: by }),
    }
}

fn compare(i: &Instruction, out: &mut Lines) {
    let left = register(i, 0);
    if left == NONE || i.op0_register().size() < 4 {
        return;
    }
    if let Some(value) = immediate(i, 1) {
        return out.effect(Effect::CompareValue { left, value });
    }
    match (i.op1_kind(), place(i, false)) {
        (OpKind::Register, _) => out.effect(Effect::Compare { left, right: register(i, 1) }),
        (OpKind::Memory, Some((base, at))) => out.effect(Effect::CompareMemory { left, base, at }),
        _ => {}
    }
}
