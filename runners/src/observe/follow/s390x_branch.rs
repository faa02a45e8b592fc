//! s390x: branches, and comparisons that are ones.

use super::effect::{Effect, Flow, Lines, Register};
use super::facts::Condition;
use super::s390x::{Before, LR, Word};

/// What a branch does, if the instruction is one; `next` is what comes behind it.
pub(super) fn lower(word: Word, next: &[u8], was: Before, before: &mut Before, out: &mut Lines) -> Option<Flow> {
    let (r1, r2) = (word.r1(), word.r2());
    let low = word.field(40, 8);
    Some(match (word.opcode(), word.field(12, 4)) {
        // BALR, BASR: of number 0, it only tells where it is.
        (0x05 | 0x0d, 0) => {
            out.clobber(r1);
            Flow::Next
        }
        (0x05 | 0x0d, _) => {
            link(r1, out);
            Flow::CallRegister(r2)
        }
        // BCTR, BCTGR: of number 0, it only counts.
        (0x06, 0) => {
            out.clobber(r1);
            Flow::Next
        }
        (0x06, _) => Flow::Undecoded { writes: true },
        (0x07, _) => by_register(word.field(8, 4), r2),
        // BC, which Go has as a no-op alone.
        (0x47, _) if word.field(8, 4) == 0 => Flow::Nop,
        (0x47, _) => Flow::Undecoded { writes: true },
        // BRXH, BRXLE, and of doublewords.
        (0x84 | 0x85, _) => counted(word, word.half(), out),
        (0xec, _) if matches!(low, 0x44 | 0x45) => counted(word, word.half(), out),
        (0xa7, 4) => if_condition(word, word.half(), was),
        (0xc0, 4) => if_condition(word, word.long(), was),
        // BRAS, BRASL.
        (0xa7, 5) => call(word, word.half(), out),
        (0xc0, 5) => call(word, word.long(), out),
        // BRCT, BRCTG, BRCTH.
        (0xa7, 6 | 7) => counted(word, word.half(), out),
        (0xcc, 6) => counted(word, word.long(), out),
        (0xec, _) => return compared(word, low, next, before, out),
        _ => return None,
    })
}

/// Calls that put the return address elsewhere than into R14.
fn link(register: Register, out: &mut Lines) {
    if register != LR {
        out.clobber(register);
    }
}

fn call(word: Word, halfwords: i64, out: &mut Lines) -> Flow {
    let to = word.relative(halfwords);
    // To the next one: where that is, is wanted.
    if to == word.pc.wrapping_add(u64::from(word.len)) {
        out.clobber(word.r1());
        return Flow::Next;
    }
    link(word.r1(), out);
    Flow::Call(to)
}

fn counted(word: Word, halfwords: i64, out: &mut Lines) -> Flow {
    out.clobber(word.r1());
    Flow::JumpIf(word.relative(halfwords), Condition::Other)
}

/// BCR: register 0 is nowhere.
fn by_register(mask: u32, to: Register) -> Flow {
    match (mask, to) {
        (0, _) | (_, 0) => Flow::Nop,
        (15, LR) => Flow::Return,
        (15, to) => Flow::JumpRegister(to),
        // A return that is conditional: what matters goes on behind it.
        (_, LR) => Flow::Next,
        _ => Flow::Undecoded { writes: true },
    }
}

/// BRC, BRCL.
fn if_condition(word: Word, halfwords: i64, was: Before) -> Flow {
    let to = word.relative(halfwords);
    match (word.field(8, 4), was.jumps) {
        (0, _) => Flow::Nop,
        (15, Some(condition)) => Flow::JumpIf(to, condition),
        (15, None) => Flow::Jump(to),
        (mask, _) => Flow::JumpIf(to, condition(mask, was.unsigned)),
    }
}

/// What a mask means behind a comparison, which never has the last condition code.
fn condition(mask: u32, unsigned: bool) -> Condition {
    match mask & 14 {
        8 => Condition::Equal,
        6 => Condition::NotEqual,
        4 if unsigned => Condition::Below,
        12 if unsigned => Condition::BelowOrEqual,
        2 if unsigned => Condition::Above,
        10 if unsigned => Condition::AboveOrEqual,
        _ => Condition::Other,
    }
}

/// CGRJ and its likes: a comparison and a jump.
fn compared(word: Word, low: u32, next: &[u8], before: &mut Before, out: &mut Lines) -> Option<Flow> {
    let unsigned = low & 1 == 1;
    let mask = match low {
        // CGRJ, CLGRJ.
        0x64 | 0x65 => {
            out.effect(Effect::Compare { left: word.r1(), right: word.r2() });
            word.field(32, 4)
        }
        // CRJ, CLRJ.
        0x76 | 0x77 => word.field(32, 4),
        // CGIJ, CLGIJ, CIJ, CLIJ.
        0x7c..=0x7f => word.field(12, 4),
        // To where a register says: CGRB and its likes.
        0xe4 | 0xe5 | 0xf6 | 0xf7 | 0xfc..=0xff => return Some(Flow::Undecoded { writes: true }),
        _ => return None,
    };
    let to = word.relative(word.half());
    Some(match mask & 14 {
        0 => Flow::Next,
        14 => Flow::Jump(to),
        mask => {
            let condition = condition(mask, unsigned);
            // Where its target is too far, Go jumps over a jump to there on the contrary
            // (cases 89 and 90 of `asmout` of `cmd/internal/obj/s390x/asmz.go`). Both
            // together are one jump, and are taken for it: the second one jumps.
            let over = to == word.pc.wrapping_add(u64::from(word.len) + 6);
            if over && next.starts_with(&[0xc0, 0xf4]) && next.len() >= 6 {
                before.jumps = Some(condition.otherwise());
                return Some(Flow::Next);
            }
            Flow::JumpIf(to, condition)
        }
    })
}
