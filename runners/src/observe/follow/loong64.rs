//! loong64.

use super::code::Code;
use super::effect::{Flow, Lines, NONE, Register, Roles};

pub(super) const SP: Register = 3;
pub(super) const LR: Register = 1;

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

pub(super) fn decode(code: &Code<'_>, lines: &mut Lines) {
    for (i, word) in code.bytes.chunks(4).enumerate() {
        let first = lines.effects.len();
        lines.line((i * 4) as u32, word.len() as u8, first, Flow::Undecoded { writes: true }, false);
    }
}
