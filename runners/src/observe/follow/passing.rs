//! What is remembered from one instruction of a block to those behind it.

use super::check::StackCheck;
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
    pub(super) fn check(&mut self, jump: u32, target: Target, condition: Condition) -> Option<StackCheck> {
        let Some((offset, compared)) = self.guard.take() else {
            self.wraps = Some((jump, target)).filter(|_| condition == Condition::Below);
            return None;
        };
        Some(StackCheck {
            offset,
            guard: compared.at,
            from_local: compared.local,
            below: compared.lowered.wrapping_neg(),
            wraps: self.wraps.filter(|(_, to)| *to == target).map(|(at, _)| at),
            jump,
            condition,
            target,
            morestack: None,
        })
    }
}
