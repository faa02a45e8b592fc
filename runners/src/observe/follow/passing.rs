//! What is remembered from one instruction of a block to those behind it.

use super::check::StackCheck;
use super::code::Arch;
use super::effect::Line;
use super::facts::{Condition, Target};
use super::step::Compared;

/// What is remembered from one instruction to those behind it in a block.
#[derive(Default)]
pub(super) struct Passing {
    /// Whether nothing but no-ops came since a call.
    pub behind_call: bool,
    /// An address in the stack that was compared with a word of g, and where.
    pub guard: Option<(Line, Compared)>,
    /// A jump that is taken where a subtraction ran below zero.
    wraps: Option<(u32, Target)>,
}

impl Passing {
    /// A conditional jump: a stack check's, if it comes behind its comparison.
    /// Where the port's do so, what it does not jump to is the call for more stack.
    pub(super) fn check(&mut self, line: &Line, to: Target, condition: Condition, arch: Arch) -> Option<StackCheck> {
        let jump = line.offset;
        // A jump further on is on something else: some ports have no flags.
        let near = |(at, _): &(Line, Compared)| [at.offset, at.offset + u32::from(at.len)].contains(&jump);
        let Some((Line { offset, .. }, compared)) = self.guard.take().filter(near) else {
            self.wraps = Some((jump, to)).filter(|_| condition == Condition::Below);
            return None;
        };
        let condition = if compared.turned { condition.turned() } else { condition };
        let enough = matches!(condition, Condition::Above | Condition::AboveOrEqual);
        // On loong64 they did until Go 1.21, and no longer do.
        let falls = arch.roles().falls_into_morestack || arch == Arch::Loong64 && enough;
        let (target, condition) = match falls {
            true => (Target::Inside(jump + u32::from(line.len)), condition.otherwise()),
            false => (to, condition),
        };
        Some(StackCheck {
            offset,
            guard: compared.at,
            from_local: compared.local,
            below: compared.lowered.wrapping_neg(),
            wraps: if compared.above_zero { Some(offset) } else { self.wraps.map(|(at, _)| at) },
            wraps_to: if compared.above_zero { Some(target) } else { self.wraps.map(|(_, to)| to) },
            jump,
            condition,
            target,
            morestack: None,
        })
    }
}
