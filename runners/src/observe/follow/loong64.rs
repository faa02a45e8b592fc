//! loong64, by the table of instructions that the text is made by, too.

use super::super::disasm::loong64_table::{Operand, Row, find};
use super::code::Code;
use super::effect::{Effect, Flow, Lines, NONE, Register, Roles};
use super::facts::Condition;

pub(super) const SP: Register = 3;
pub(super) const LR: Register = 1;
/// No register of the machine: where a jump through one leads, which may be some bytes
/// from what that holds.
const TARGET: Register = 32;

/// C's callees keep R22 to R31.
pub(super) const ROLES: Roles = Roles {
    word: 8,
    sp: SP,
    fp: NONE,
    lr: LR,
    g: 22,
    handed: 31,
    callee_saved: 0xffc0_0000,
    on_stack: false,
    falls_into_morestack: false,
};

const UNDECODED: Flow = Flow::Undecoded { writes: true };
/// `ANDI $0, R0, R0`.
const NOP: u32 = 0x0340_0000;
/// `MOVV R1, R5`, before the call of `runtime.morestack` until Go 1.21; later it is R31.
const HANDED_IN_5: u32 = 0x0015_0025;

const SLTU: u32 = 0x0012_8000;
const ALSL_D: u32 = 0x002c_0000;
const LD_D: u32 = 0x28c0_0000;

pub(super) fn decode(code: &Code<'_>, lines: &mut Lines) {
    let mut before = None;
    for (i, bytes) in code.bytes.chunks(4).enumerate() {
        let (offset, first) = (i * 4, lines.effects.len());
        let word = <[u8; 4]>::try_from(bytes).ok().map(u32::from_le_bytes);
        let flow = match word.map(|word| (word, find(word))) {
            // Go's linker fills with zeros.
            Some((0, _)) => Flow::Trap,
            Some((NOP, _)) => Flow::Nop,
            Some((word, Some(row))) => {
                let one = One { word, row, before, pc: code.address.wrapping_add(offset as u64) };
                let flow = one.lower(lines);
                before = Some((word, row));
                flow
            }
            Some((_, None)) | None => UNDECODED,
        };
        let plain = word.is_some_and(|word| word != 0) && flow != UNDECODED && flow != Flow::Nop;
        if !plain {
            before = None;
        }
        lines.line(offset as u32, bytes.len() as u8, first, flow, matches!(flow, Flow::Nop | Flow::Trap));
    }
}

/// One instruction, and the one before it.
#[derive(Clone, Copy)]
struct One {
    word: u32,
    row: &'static Row,
    before: Option<(u32, &'static Row)>,
    pc: u64,
}

/// The register in that field; the zero register is `NONE`.
fn register(word: u32, at: u32) -> Register {
    match (word >> at & 31) as Register {
        0 => NONE,
        n => n,
    }
}

fn set(to: Register, value: i64, out: &mut Lines) {
    if to != NONE {
        out.effect(Effect::Set { to, value });
    }
}

impl One {
    fn d(self) -> Register {
        register(self.word, 0)
    }

    fn j(self) -> Register {
        register(self.word, 5)
    }

    fn k(self) -> Register {
        register(self.word, 10)
    }

    /// The last operand.
    fn last(self) -> i64 {
        self.row.operands.last().map_or(0, |o: &Operand| o.of(self.word))
    }

    fn lower(self, out: &mut Lines) -> Flow {
        match self.row.value >> 26 {
            0x10..=0x1b => return self.branch(out),
            0x08 | 0x0e => self.atomic(out),
            _ => {}
        }
        match self.row.value {
            // break, dbcl; syscall, which answers in R4, and Linux keeps no temporaries.
            0x002a_0000 | 0x002a_8000 => return Flow::Trap,
            0x002b_0000 => out.effect(Effect::Clobber(1 << 4 | 0x1f_f000)),
            _ if self.constant(out) || self.sum(out) || self.memory(out) => {}
            _ if self.row.writes_general() => {
                out.clobber(self.d());
                // The number of the clock that was read goes there.
                if self.row.name.starts_with("rdtime") {
                    out.clobber(self.j());
                }
            }
            _ => {}
        }
        Flow::Next
    }

    /// Numbers, and what they are made of.
    fn constant(self, out: &mut Lines) -> bool {
        let (to, from, value) = (self.d(), self.j(), self.last());
        let relative = |value: i64| (self.pc as i64).wrapping_add(value);
        match self.row.value {
            // ori
            0x0380_0000 if from == NONE => set(to, value, out),
            0x0380_0000 if to != NONE && value == 0 => out.effect(Effect::Add { to, from, value }),
            0x0380_0000 if to != NONE => out.effect(Effect::Or { to, from, kept: 64, value }),
            // lu12i.w, lu32i.d, lu52i.d
            0x1400_0000 => set(to, value << 12, out),
            0x1600_0000 if to != NONE => out.effect(Effect::Or { to, from: to, kept: 32, value: value << 32 }),
            0x0300_0000 if from == NONE => set(to, value << 52, out),
            0x0300_0000 if to != NONE => out.effect(Effect::Or { to, from, kept: 52, value: value << 52 }),
            // pcaddi, pcaddu12i, pcaddu18i, pcalau12i
            0x1800_0000 => set(to, relative(value << 2), out),
            0x1c00_0000 => set(to, relative(value << 12), out),
            0x1e00_0000 => set(to, relative(value << 18), out),
            0x1a00_0000 => set(to, relative(value << 12) & !0xfff, out),
            _ => return false,
        }
        true
    }

    /// Sums and moves.
    fn sum(self, out: &mut Lines) -> bool {
        let (to, left, right, value) = (self.d(), self.j(), self.k(), self.last());
        let add = |from, value, out: &mut Lines| match (to, from) {
            (NONE, _) => {}
            (to, NONE) => set(to, value, out),
            (to, from) => out.effect(Effect::Add { to, from, value }),
        };
        match self.row.value {
            // addi.d, addi.w, addu16i.d
            0x02c0_0000 => add(left, value, out),
            0x0280_0000 if left == NONE => set(to, value, out),
            0x0280_0000 if to != NONE => out.effect(Effect::AddWord { to, from: left, value }),
            0x1000_0000 => add(left, value << 16, out),
            // or, add.d, sub.d
            0x0015_0000 | 0x0010_8000 | 0x0011_8000 if right == NONE => add(left, 0, out),
            0x0015_0000 | 0x0010_8000 if left == NONE => add(right, 0, out),
            0x0010_8000 | 0x0011_8000 if to != NONE && left != NONE => {
                let minus = self.row.value == 0x0011_8000;
                out.effect(Effect::AddRegister { to, left, right, shift: 0, minus });
            }
            ALSL_D if to != NONE && left != NONE && right != NONE => {
                // The field is one less than by how many bits it is shifted.
                let shift = (value + 1) as u8;
                out.effect(Effect::AddRegister { to, left: right, right: left, shift, minus: false });
            }
            // The stack check is made by that and a branch on the result.
            SLTU => {
                out.effect(Effect::Compare { left, right });
                out.clobber(to);
            }
            // bstrins.d, which may clear the lowest bits.
            0x0080_0000 if to != NONE && left == NONE => out.effect(Effect::Align { to }),
            _ => return false,
        }
        true
    }

    /// Loads and stores.
    fn memory(self, out: &mut Lines) -> bool {
        let (to, base, at) = (self.d(), self.j(), self.last() as i32);
        let mut store = |size, from| out.effect(Effect::Store { base, at, size, from });
        match self.row.value {
            // st.b, st.h, st.w; fst.s, stptr.w; fst.d; vst, xvst
            0x2900_0000 => store(1, NONE),
            0x2940_0000 => store(2, NONE),
            0x2980_0000 | 0x2b40_0000 | 0x2500_0000 => store(4, NONE),
            0x2bc0_0000 => store(8, NONE),
            0x2c40_0000 => store(16, NONE),
            0x2cc0_0000 => store(32, NONE),
            // st.d, stptr.d
            0x29c0_0000 | 0x2700_0000 => store(8, to),
            // ld.d, ldptr.d
            LD_D | 0x2600_0000 if to != NONE => match self.entry() {
                Some((base, index)) if at == 0 => out.effect(Effect::LoadEntry { to, base, index }),
                _ => out.effect(Effect::Load { to, base, at }),
            },
            _ => return false,
        }
        true
    }

    /// The table, and which of its words, that the base of a load is the address of:
    /// `ALSLV $3, index, table, base` stands right before it.
    fn entry(self) -> Option<(Register, Register)> {
        let (word, row) = self.before.filter(|(word, row)| row.value == ALSL_D && word >> 15 & 3 == 2)?;
        let (to, index, table) = (register(word, 0), register(word, 5), register(word, 10));
        let whole = row.name == "alsl.d" && to == self.j() && to != index && to != table;
        (whole && index != NONE && table != NONE).then_some((table, index))
    }

    /// What stores atomically, or where a reservation was made, or within bounds: at
    /// an address in a register, and no more than two words.
    fn atomic(self, out: &mut Lines) {
        let (name, base) = (self.row.name, self.j());
        let at = if name.starts_with("sc.") && self.row.operands.contains(&Operand::Words(10, 14)) {
            self.last()
        } else {
            0
        };
        let stores = ["am", "sc.", "stgt", "stle", "fstgt", "fstle"].iter().any(|start| name.starts_with(start));
        if stores {
            let size = if name == "sc.q" { 16 } else { 8 };
            out.effect(Effect::Store { base, at: at as i32, size, from: NONE });
        }
    }

    fn branch(self, out: &mut Lines) -> Flow {
        let to = self.pc.wrapping_add_signed(self.last());
        let condition = match self.row.value {
            // jirl
            0x4c00_0000 => return self.through(out),
            0x5000_0000 => return Flow::Jump(to),
            0x5400_0000 => {
                if self.before.is_some_and(|(word, _)| word == HANDED_IN_5) {
                    out.effect(Effect::Add { to: ROLES.handed, from: 5, value: 0 });
                }
                return Flow::Call(to);
            }
            // beqz, bnez, which have another field where the others have a register
            0x4000_0000 => self.of_comparison(self.j(), true),
            0x4400_0000 => self.of_comparison(self.j(), false),
            0x5800_0000 if self.d() == NONE => self.of_comparison(self.j(), true),
            0x5c00_0000 if self.d() == NONE => self.of_comparison(self.j(), false),
            0x5800_0000 if self.j() == NONE => self.of_comparison(self.d(), true),
            0x5c00_0000 if self.j() == NONE => self.of_comparison(self.d(), false),
            // blt, bge, bltu, bgeu, beq, bne; of floating point
            value => {
                let condition = match value {
                    0x5800_0000 => Condition::Equal,
                    0x5c00_0000 => Condition::NotEqual,
                    0x6800_0000 => Condition::Below,
                    0x6c00_0000 => Condition::AboveOrEqual,
                    _ => Condition::Other,
                };
                if value != 0x4800_0000 && value != 0x4800_0100 {
                    out.effect(Effect::Compare { left: self.j(), right: self.d() });
                }
                condition
            }
        };
        Flow::JumpIf(to, condition)
    }

    /// The condition of a jump if a register is zero, or is not: that of a comparison,
    /// if the instruction before it has left its result there.
    fn of_comparison(self, register: Register, zero: bool) -> Condition {
        let compared = self.before.is_some_and(|(word, row)| row.value == SLTU && word & 31 == u32::from(register));
        match (compared, zero) {
            (true, false) => Condition::Below,
            (true, true) => Condition::AboveOrEqual,
            (false, true) => Condition::Equal,
            (false, false) => Condition::NotEqual,
        }
    }

    /// A jump through a register.
    fn through(self, out: &mut Lines) -> Flow {
        let (to, from, value) = (self.d(), self.j(), self.last());
        if (to, from, value) == (NONE, LR, 0) {
            return Flow::Return;
        }
        let through = if value == 0 {
            from
        } else {
            out.effect(Effect::Add { to: TARGET, from, value });
            TARGET
        };
        if to == NONE { Flow::JumpRegister(through) } else { Flow::CallRegister(through) }
    }
}
