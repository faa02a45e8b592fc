//! ppc64: branches, and what works on the condition register.

use super::effect::{Flow, Lines};
use super::facts::Condition;
use super::ppc64::{Before, CTR, LR, rt};

/// What Linux does not keep through a call of the system: R0 and R3 to R12, see
/// `Documentation/arch/powerpc/syscall64-abi.rst`.
const BY_THE_SYSTEM: u64 = 0x1ff9;

/// When a conditional branch is taken, by its field BO.
enum Taken {
    Always,
    If(Condition),
    /// The count register counts down, too.
    Counted,
}

/// The primary opcodes 16 to 19.
pub(super) fn lower(word: u32, pc: u64, before: &mut Before, out: &mut Lines) -> Flow {
    let calls = word & 1 == 1;
    // Absolute.
    let base = if word & 2 == 0 { pc } else { 0 };
    match word >> 26 {
        16 => {
            let to = base.wrapping_add_signed(i64::from((word & 0xfffc) as u16 as i16));
            match taken(word, before) {
                Taken::Always if calls => call(to, pc, before, out),
                Taken::Always => Flow::Jump(to),
                // A conditional call: the compiler makes none.
                Taken::If(_) | Taken::Counted if calls => Flow::Undecoded { writes: true },
                Taken::If(condition) => Flow::JumpIf(to, condition),
                Taken::Counted => {
                    out.clobber(CTR);
                    Flow::JumpIf(to, Condition::Other)
                }
            }
        }
        // SC, SCV.
        17 if word & 2 == 2 || word & 3 == 1 => {
            out.effect(super::effect::Effect::Clobber(BY_THE_SYSTEM));
            if word & 2 == 0 {
                out.clobber(LR);
            }
            out.clobber(CTR);
            before.compared = None;
            Flow::Next
        }
        17 => Flow::Undecoded { writes: true },
        18 => {
            let to = base.wrapping_add_signed(i64::from((word << 6) as i32 >> 6 & !3));
            if calls { call(to, pc, before, out) } else { Flow::Jump(to) }
        }
        _ => registers(word, before, out),
    }
}

fn call(to: u64, pc: u64, before: &mut Before, out: &mut Lines) -> Flow {
    before.compared = None;
    // To the next one: where that is, is wanted.
    if to == pc.wrapping_add(4) {
        out.clobber(LR);
        return Flow::Next;
    }
    Flow::Call(to)
}

/// Primary opcode 19.
fn registers(word: u32, before: &mut Before, out: &mut Lines) -> Flow {
    // ADDPCIS, which has a number in the place of the upper bits.
    if word >> 1 & 31 == 2 {
        out.clobber(rt(word));
        return Flow::Next;
    }
    let always = matches!(taken(word, before), Taken::Always);
    match (word >> 1 & 0x3ff, word & 1 == 1) {
        (16, false) if always => Flow::Return,
        // A return that is conditional: what matters goes on behind it.
        (16, false) => {
            if matches!(taken(word, before), Taken::Counted) {
                out.clobber(CTR);
            }
            Flow::Next
        }
        (16, true) if always => {
            before.compared = None;
            Flow::CallRegister(LR)
        }
        (528, false) if always => Flow::JumpRegister(CTR),
        (528, true) if always => {
            before.compared = None;
            Flow::CallRegister(CTR)
        }
        // ISYNC.
        (150, false) => Flow::Next,
        // MCRF, and logic of bits of the condition register.
        (0 | 33 | 129 | 193 | 225 | 257 | 289 | 417 | 449, false) => {
            before.compared = None;
            Flow::Next
        }
        // Returns from interrupts; branches of conditions or by BCTAR, which Go has not.
        _ => Flow::Undecoded { writes: true },
    }
}

fn taken(word: u32, before: &Before) -> Taken {
    let (bo, bit, field) = (word >> 21 & 31, word >> 16 & 3, word >> 18 & 7);
    if bo & 4 == 0 {
        return Taken::Counted;
    }
    if bo & 16 != 0 {
        return Taken::Always;
    }
    let unsigned = before.compared == Some((field, true));
    let holds = match bit {
        2 => Condition::Equal,
        0 if unsigned => Condition::Below,
        1 if unsigned => Condition::Above,
        _ => Condition::Other,
    };
    Taken::If(if bo & 8 != 0 { holds } else { holds.otherwise() })
}
