//! arm.

use super::code::Code;
use super::effect::{Flow, Lines, NONE, Register, Roles};

/// C's callees keep R4 to R11.
pub(super) const SP: Register = 13;
pub(super) const LR: Register = 14;

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

pub(super) fn decode(code: &Code<'_>, lines: &mut Lines) {
    for (i, word) in code.bytes.chunks(4).enumerate() {
        let first = lines.effects.len();
        lines.line((i * 4) as u32, word.len() as u8, first, Flow::Undecoded { writes: true }, false);
    }
}
