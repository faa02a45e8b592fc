//! What is remembered from one instruction of a block to those behind it.

use super::check::StackCheck;
use super::effect::Line;
use super::facts::{Condition, Target};
use super::step::Compared;

/// What is remembered from one instruction to those behind it in a block.
#[derive(Default)]
pub(super) struct Passing {
    /// Whether nothing but no-ops came since a call.
    pub behind_call: bool,
    /// An address in the stack that was compared with a word of g.
    pub guard: Option<(u32, Compared)>,
    /// A jump that is taken where a subtraction ran below zero.
    wraps: Option<(u32, Target)>,
}

impl Passing {
    /// A conditional jump: a stack check's, if it comes behind its comparison.
    /// Where `falls` says so, what it does not jump to is the call for more stack.
    pub(super) fn check(&mut self, line: &Line, to: Target, condition: Condition, falls: bool) -> Option<StackCheck> {
        let jump = line.offset;
        let Some((offset, compared)) = self.guard.take() else {
            self.wraps = Some((jump, to)).filter(|_| condition == Condition::Below);
            return None;
        };
        let condition = if compared.turned { condition.turned() } else { condition };
        let around = to;
        let (target, condition) = match falls {
            true => (Target::Inside(jump + u32::from(line.len)), condition.otherwise()),
            false => (to, condition),
        };
        Some(StackCheck {
            offset,
            guard: compared.at,
            from_local: compared.local,
            below: compared.lowered.wrapping_neg(),
            wraps: self.wraps.filter(|(_, to)| *to == target || falls && skips(target, *to, around)).map(|(at, _)| at),
            jump,
            condition,
            target,
            morestack: None,
        })
    }
}

/// Whether a jump leads to some place behind the one, and before the other: on riscv64
/// it goes right to the call for more stack, past where the arguments in registers are
/// saved for it (`stacksplit` of `cmd/internal/obj/riscv/obj.go`, `to_more`).
fn skips(first: Target, to: Target, end: Target) -> bool {
    match (first, to, end) {
        (Target::Inside(first), Target::Inside(to), Target::Inside(end)) => first < to && to < end,
        _ => false,
    }
}
