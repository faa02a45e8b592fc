//! s390x: instructions of two, four and six bytes, by the z/Architecture Principles
//! of Operation, SA22-7832-13: appendix B, "Lists of Instructions", and for each what
//! it writes. Here are the formats, and which opcodes of two bytes there are.

use super::code::Code;
use super::effect::{Effect, Flow, Lines, NONE, Register, Roles};
use super::facts::Condition;
use super::{s390x_branch, s390x_four, s390x_six};
use crate::observe::disasm::length;

pub(super) const SP: Register = 15;
pub(super) const LR: Register = 14;

/// C's callees keep R6 to R13: "ELF Application Binary Interface s390x Supplement",
/// 1.2.2. In what `runtime.morestack` is handed the return address: `stacksplitPost`
/// of `cmd/internal/obj/s390x/objz.go`.
pub(super) const ROLES: Roles = Roles {
    word: 8,
    sp: SP,
    fp: NONE,
    lr: LR,
    g: 13,
    handed: 5,
    callee_saved: 0x3fc0,
    on_stack: false,
    falls_into_morestack: false,
};

/// One instruction: its bytes, the first one at the top, zeros behind the last.
#[derive(Clone, Copy)]
pub(super) struct Word {
    bits: u64,
    pub len: u8,
    pub pc: u64,
}

impl Word {
    /// `len` bits, from bit `at` on, as the manual counts them.
    pub(super) fn field(self, at: u32, len: u32) -> u32 {
        (self.bits << at >> (64 - len)) as u32
    }

    fn signed(self, at: u32, len: u32) -> i64 {
        (self.bits << at).cast_signed() >> (64 - len)
    }

    pub(super) fn opcode(self) -> u32 {
        self.field(0, 8)
    }

    pub(super) fn register(self, at: u32) -> Register {
        self.field(at, 4) as Register
    }

    /// The first operand, in all formats but RRE's.
    pub(super) fn r1(self) -> Register {
        self.register(8)
    }

    /// The second or third operand, or the index.
    pub(super) fn r2(self) -> Register {
        self.register(12)
    }

    /// A signed operand of 16 bits.
    pub(super) fn half(self) -> i64 {
        self.signed(16, 16)
    }

    /// A signed operand of 32 bits.
    pub(super) fn long(self) -> i64 {
        self.signed(16, 32)
    }

    /// What a signed number of halfwords from the instruction is.
    pub(super) fn relative(self, halfwords: i64) -> u64 {
        self.pc.wrapping_add_signed(halfwords << 1)
    }

    /// A base and a displacement of twelve bits.
    pub(super) fn short(self) -> Address {
        Address { index: 0, base: self.register(16), at: self.field(20, 12) as i32 }
    }

    /// The same with an index.
    pub(super) fn indexed(self) -> Address {
        Address { index: self.register(12), ..self.short() }
    }

    /// A base and a signed displacement of twenty bits, whose upper ones come last.
    pub(super) fn far(self) -> Address {
        let at = (self.signed(32, 8) << 12) as i32 | self.field(20, 12) as i32;
        Address { index: 0, base: self.register(16), at }
    }

    /// The same with an index.
    pub(super) fn far_indexed(self) -> Address {
        Address { index: self.register(12), ..self.far() }
    }
}

/// Where something is in memory. Registers of number 0 are nothing.
#[derive(Clone, Copy)]
pub(super) struct Address {
    pub index: Register,
    pub base: Register,
    pub at: i32,
}

impl Address {
    /// The only register that it takes.
    pub(super) fn only(self) -> Option<Register> {
        match (self.index, self.base) {
            (0, 0) => None,
            (0, one) | (one, 0) => Some(one),
            _ => None,
        }
    }

    /// A store of so many bytes there, of a whole register or `NONE`.
    pub(super) fn store(self, size: u16, from: Register, out: &mut Lines) {
        if let Some(base) = self.only() {
            out.effect(Effect::Store { base, at: self.at, size, from });
        }
    }

    pub(super) fn load(self, to: Register, out: &mut Lines) {
        match self.only() {
            Some(base) => out.effect(Effect::Load { to, base, at: self.at }),
            None => out.clobber(to),
        }
    }

    /// The address itself.
    pub(super) fn take(self, to: Register, out: &mut Lines) {
        let value = i64::from(self.at);
        match (self.index, self.base) {
            (0, 0) => out.effect(Effect::Set { to, value }),
            (0, from) | (from, 0) => out.effect(Effect::Add { to, from, value }),
            (index, base) => {
                sum(to, base, index, false, out);
                out.effect(Effect::Add { to, from: to, value });
            }
        }
    }
}

/// `to := left + right`, or the difference.
pub(super) fn sum(to: Register, left: Register, right: Register, minus: bool, out: &mut Lines) {
    // A sum with SP is one of what is added to it.
    let (left, right) = if right == SP && !minus { (right, left) } else { (left, right) };
    out.effect(Effect::AddRegister { to, left, right, shift: 0, minus });
}

/// Registers from the first to the last one, which may be the lower one.
pub(super) fn range(first: Register, last: Register) -> impl Iterator<Item = Register> {
    (0..=last.wrapping_sub(first) & 15).map(move |i| first.wrapping_add(i) & 15)
}

/// A register and the one behind it.
pub(super) fn pair(register: Register, out: &mut Lines) {
    out.clobber(register & !1);
    out.clobber(register | 1);
}

/// What is known from one instruction to the next one.
#[derive(Clone, Copy, Default)]
pub(super) struct Before {
    /// Whether that was a comparison without signs, so that a condition is one.
    pub unsigned: bool,
    /// When the next one, which always jumps, is come to at all.
    pub jumps: Option<Condition>,
    /// A register, and the address that it was set to by a distance from the code.
    place: Option<(Register, u64)>,
}

pub(super) fn decode(code: &Code<'_>, lines: &mut Lines) {
    let mut before = Before::default();
    let mut at = 0;
    while let Some(rest) = code.bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let first = lines.effects.len();
        // Words that are loaded are jumped over, and no instructions.
        if lines.literals.iter().any(|(literal, _)| *literal as usize == at) {
            let len = rest.len().min(WORD);
            lines.line(at as u32, len as u8, first, Flow::Undecoded { writes: true }, false);
            at += len;
            continue;
        }
        let wanted = length(code.arch.goarch(), rest).unwrap_or(2);
        let len = wanted.min(rest.len());
        let (flow, filling) = if len == wanted {
            let bits = rest.iter().take(len).fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
            let pc = code.address.wrapping_add(at as u64);
            let word = Word { bits: bits << (64 - 8 * len), len: len as u8, pc };
            let next = rest.get(len..).unwrap_or_default();
            let loads = literal(word, before, code);
            lines.literals.extend(loads.map(|offset| (offset, WORD as u8)));
            let flow = lower(word, next, &mut before, lines);
            (flow, matches!(flow, Flow::Nop | Flow::Trap))
        } else {
            (Flow::Undecoded { writes: true }, false)
        };
        lines.line(at as u32, len as u8, first, flow, filling);
        at += len;
    }
}

/// Bytes of a doubleword.
const WORD: usize = 8;

/// Where the function has a doubleword that the instruction loads: how Go finds
/// thread-local storage (case 94 of `asmout` of `cmd/internal/obj/s390x/asmz.go`).
fn literal(word: Word, before: Before, code: &Code<'_>) -> Option<u32> {
    let (register, place) = before.place?;
    let address = word.far_indexed();
    let loads = (word.opcode(), word.field(40, 8)) == (0xe3, 0x04) && address.only() == Some(register);
    let offset = place.wrapping_add_signed(address.at.into()).wrapping_sub(code.address);
    let ahead = offset > word.pc.wrapping_sub(code.address) && offset < code.bytes.len() as u64;
    u32::try_from(offset).ok().filter(|_| loads && ahead)
}

/// `next` is what comes behind the instruction.
fn lower(word: Word, next: &[u8], before: &mut Before, out: &mut Lines) -> Flow {
    let was = std::mem::take(before);
    // LARL.
    if (word.opcode(), word.r2()) == (0xc0, 0) {
        before.place = Some((word.r1(), word.relative(word.long())));
    }
    if let Some(flow) = s390x_branch::lower(word, next, was, before, out) {
        return flow;
    }
    match word.len {
        2 => two(word, before, out),
        4 => s390x_four::lower(word, before, out),
        _ => s390x_six::lower(word, before, out),
    }
}

fn two(word: Word, before: &mut Before, out: &mut Lines) -> Flow {
    match word.opcode() {
        // All zeros never are an instruction, Go's `UNDEF`; 0001 is taken by debuggers.
        0x00 if word.field(8, 8) <= 1 => return Flow::Trap,
        // SPM.
        0x04 => {}
        // SVC: Linux keeps all but what it returns; C's callees would not keep these.
        0x0a => out.effect(Effect::Clobber(0x3f)),
        // MVCL, CLCL.
        0x0e | 0x0f => {
            pair(word.r1(), out);
            pair(word.r2(), out);
        }
        // CLR.
        0x15 => before.unsigned = true,
        // CR.
        0x19 => {}
        // MR, DR.
        0x1c | 0x1d => pair(word.r1(), out),
        // LPR, LNR, LTR, LCR, NR, OR, XR, LR, AR, SR, ALR, SLR.
        0x10..=0x14 | 0x16..=0x18 | 0x1a | 0x1b | 0x1e | 0x1f => out.clobber(word.r1()),
        // Floating point of hexadecimal numbers.
        0x20..=0x3f => {}
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}
