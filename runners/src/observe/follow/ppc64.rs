//! ppc64 and ppc64le: words, and the instructions with an immediate operand. By the
//! Power ISA, version 3.1B: books I to III, appendix "Power ISA Instruction Set
//! Sorted by Opcode". Other primary opcodes are in files of their own.

use super::code::Code;
use super::effect::{Effect, Flow, Lines, NONE, Register, Roles};
use super::{ppc64_branch, ppc64_extended, ppc64_memory, ppc64_prefixed, ppc64_vector};

pub(super) const SP: Register = 1;
/// The link and the count register, by numbers behind the general ones'.
pub(super) const LR: Register = 32;
pub(super) const CTR: Register = 33;

/// C's callees keep R14 to R31: "64-Bit ELF V2 ABI Specification", 2.2.2.1. In what
/// `runtime.morestack` is handed the return address: `stacksplit` of
/// `cmd/internal/obj/ppc64/obj9.go`, which jumps if there is enough stack, too.
pub(super) const ROLES: Roles = Roles {
    word: 8,
    sp: SP,
    fp: NONE,
    lr: LR,
    g: 30,
    handed: 5,
    callee_saved: 0xffff_c000,
    on_stack: false,
    falls_into_morestack: true,
};

/// What is known from one word to those behind it.
#[derive(Clone, Copy, Default)]
pub(super) struct Before {
    /// Whether R0 is zero throughout, as everywhere in Go: `REGZERO` of
    /// `cmd/internal/obj/ppc64/a.out.go`.
    pub zero: bool,
    /// The field of the condition register that was compared into last, and whether
    /// without signs; `None` where a bit of it was written in another way.
    pub compared: Option<(u32, bool)>,
    /// What the word right before set to a number whose lower half is zero.
    pub upper: Option<Register>,
}

pub(super) fn decode(code: &Code<'_>, lines: &mut Lines) {
    words(code, true, lines);
    // What writes R0 is no code of Go's compiler.
    if lines.effects.iter().any(writes_zero) {
        lines.clear();
        words(code, false, lines);
    }
}

fn words(code: &Code<'_>, zero: bool, lines: &mut Lines) {
    let read = |bytes: [u8; 4]| match code.arch.is_big_endian() {
        true => u32::from_be_bytes(bytes),
        false => u32::from_le_bytes(bytes),
    };
    let mut before = Before { zero, ..Before::default() };
    // What stands before the word if that is the second one of an instruction.
    let mut prefix = None;
    let mut rest = code.bytes.chunks(4).map(|bytes| (bytes.len(), <[u8; 4]>::try_from(bytes).map(read))).peekable();
    let mut offset = 0u32;
    while let Some((len, word)) = rest.next() {
        let first = lines.effects.len();
        let (flow, filling) = match word {
            Ok(word) => {
                let upper = before.upper.take();
                let flow = match (prefix.take(), rest.peek()) {
                    (Some(prefix), _) => ppc64_prefixed::lower(prefix, word, lines),
                    // The two words of an instruction are lines of their own: which
                    // way SP goes is told where the second one ends.
                    (None, Some((_, Ok(suffix)))) if ppc64_prefixed::is_prefix(word, *suffix) => {
                        prefix = Some(word);
                        Flow::Next
                    }
                    (None, _) => {
                        let pc = code.address.wrapping_add(u64::from(offset));
                        lower(word, pc, upper, &mut before, lines)
                    }
                };
                (flow, word == 0 || matches!(flow, Flow::Nop | Flow::Trap))
            }
            Err(_) => (Flow::Undecoded { writes: true }, false),
        };
        lines.line(offset, len as u8, first, flow, filling);
        offset += len as u32;
    }
}

fn writes_zero(effect: &Effect) -> bool {
    match *effect {
        Effect::Clobber(mask) => mask & 1 != 0,
        Effect::Set { to, value } => to == 0 && value != 0,
        Effect::Insert { to, .. }
        | Effect::Add { to, .. }
        | Effect::AddRegister { to, .. }
        | Effect::AddWord { to, .. }
        | Effect::Or { to, .. }
        | Effect::Align { to }
        | Effect::Load { to, .. }
        | Effect::LoadEntry { to, .. }
        | Effect::LoadLocal { to }
        | Effect::LoadLocals { to } => to == 0,
        Effect::Swap(a, b) => a == 0 || b == 0,
        Effect::Store { .. }
        | Effect::StoreSum { .. }
        | Effect::Compare { .. }
        | Effect::CompareUnlessBelowZero { .. }
        | Effect::CompareValue { .. }
        | Effect::CompareMemory { .. } => false,
    }
}

/// The field of the target, or of what is stored.
pub(super) fn rt(word: u32) -> Register {
    (word >> 21 & 31) as Register
}

/// The field of the first operand, or of the base.
pub(super) fn ra(word: u32) -> Register {
    (word >> 16 & 31) as Register
}

/// The field of the second operand, or of the index.
pub(super) fn rb(word: u32) -> Register {
    (word >> 11 & 31) as Register
}

/// The immediate operand, with its sign.
pub(super) fn signed(word: u32) -> i64 {
    i64::from(word as u16 as i16)
}

/// `to := base + value`, where a base of number 0 is nothing.
pub(super) fn add(to: Register, base: Register, value: i64, out: &mut Lines) {
    out.effect(match base {
        0 => Effect::Set { to, value },
        from => Effect::Add { to, from, value },
    });
}

pub(super) fn copy(to: Register, from: Register, out: &mut Lines) {
    out.effect(Effect::Add { to, from, value: 0 });
}

/// `upper` is what the word before set to a number whose lower half is zero.
fn lower(word: u32, pc: u64, upper: Option<Register>, before: &mut Before, out: &mut Lines) -> Flow {
    match word >> 26 {
        // All zeros never are an instruction; Go's `UNDEF`.
        0 if word == 0 => return Flow::Trap,
        // Traps: of all conditions, or maybe.
        2 | 3 => return if rt(word) == 31 { Flow::Trap } else { Flow::Next },
        4 | 59 | 60 | 63 => return ppc64_vector::lower(word, before, out),
        // MULLI, SUBFIC.
        7 | 8 => out.clobber(rt(word)),
        // CMPLI, CMPI.
        10 | 11 => before.compared = Some((word >> 23 & 7, word >> 26 == 10)),
        // ADDIC, and with a record.
        12 | 13 => {
            out.effect(Effect::Add { to: rt(word), from: ra(word), value: signed(word) });
            if word >> 26 == 13 {
                before.compared = None;
            }
        }
        14 => add(rt(word), ra(word), signed(word), out),
        15 => {
            add(rt(word), ra(word), signed(word) << 16, out);
            before.upper = (ra(word) == 0).then_some(rt(word));
        }
        16..=19 => return ppc64_branch::lower(word, pc, before, out),
        // RLWIMI, RLWINM, RLWNM.
        20 | 21 | 23 => {
            out.clobber(ra(word));
            record(word, before);
        }
        // ORI 0, 0, 0.
        24 if word == 0x6000_0000 => return Flow::Nop,
        24 => ori(word, upper, before, out),
        25 if before.zero && rt(word) == 0 => {
            out.effect(Effect::Set { to: ra(word), value: i64::from(word & 0xffff) << 16 });
            before.upper = Some(ra(word));
        }
        // XORI 0, 0, 0: another no-op.
        26 if word == 0x6800_0000 => return Flow::Nop,
        25..=27 => out.clobber(ra(word)),
        28 | 29 => {
            out.clobber(ra(word));
            before.compared = None;
        }
        30 => return rotate(word, before, out),
        31 => return ppc64_extended::lower(word, before, out),
        6 | 32..=58 | 61 | 62 => return ppc64_memory::lower(word, out),
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

/// The lowest bit of many: the result is compared with zero, into field 0.
pub(super) fn record(word: u32, before: &mut Before) {
    if word & 1 == 1 {
        before.compared = None;
    }
}

fn ori(word: u32, upper: Option<Register>, before: &Before, out: &mut Lines) {
    let (to, from, bits) = (ra(word), rt(word), (word & 0xffff) as u16);
    if before.zero && from == 0 {
        return out.effect(Effect::Set { to, value: i64::from(bits) });
    }
    if bits != 0 && upper != Some(from) {
        return out.clobber(to);
    }
    if to != from || bits == 0 {
        copy(to, from, out);
    }
    if bits != 0 {
        out.effect(Effect::Insert { to, bits, shift: 0 });
    }
}

/// Rotations of doublewords.
fn rotate(word: u32, before: &mut Before, out: &mut Lines) -> Flow {
    let clears_right = word >> 2 & 7 == 1;
    match word >> 1 & 15 {
        // RLDICL, RLDICR, RLDIC, RLDIMI; RLDCL, RLDCR.
        0..=9 => {}
        _ => return Flow::Undecoded { writes: true },
    }
    // By no bit, and some of the lowest ones cleared: RLDICR, or RLDCR by the zero of R0.
    let as_is = match word >> 1 & 15 {
        9 => before.zero,
        _ => clears_right && word >> 1 & 1 == 0,
    };
    if as_is && word >> 11 & 31 == 0 && rt(word) == ra(word) {
        out.effect(Effect::Align { to: ra(word) });
    } else {
        out.clobber(ra(word));
    }
    record(word, before);
    Flow::Next
}
