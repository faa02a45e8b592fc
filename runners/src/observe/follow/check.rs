//! The comparison of SP with the stack guard at a function's entry.

use super::effect::{Flow, Lines};
use super::facts::{Boundary, Condition, Kind, Target};

/// What is compared, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackCheck {
    /// Where the comparison is.
    pub offset: u32,
    /// The offset in g of the word compared with: 16 is stackguard0 on 64-bit
    /// ports, 24 stackguard1.
    pub guard: i32,
    /// Whether g was read from thread-local storage, as ABI0 functions of amd64 do.
    pub from_local: bool,
    /// How many bytes below SP at entry the address compared is: for frames
    /// beyond StackSmall, the frame's size less StackSmall.
    pub below: i32,
    /// The jump before it to the same place if that address is below zero.
    pub wraps: Option<u32>,
    /// The jump for too little stack.
    pub jump: u32,
    pub condition: Condition,
    pub target: Target,
    /// The first call from there on, if control comes to one without a branch.
    pub morestack: Option<Morestack>,
}

/// The call for more stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Morestack {
    pub offset: u32,
    pub callee: Option<u64>,
    /// Where the function is begun anew.
    pub resumes: Option<u32>,
}

/// How a stack check is written, as `cmd/internal/obj` calls it by the frame's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// SP itself is compared.
    Small,
    /// SP less a number.
    Large,
    /// The same, guarded against that running below zero.
    Huge,
}

impl StackCheck {
    #[must_use]
    pub fn form(&self) -> Form {
        match (self.below, self.wraps) {
            (_, Some(_)) => Form::Huge,
            (0, None) => Form::Small,
            (_, None) => Form::Large,
        }
    }
}

/// The longest spill of register arguments before a call for more stack is some
/// thirty instructions; in builds with sanitizers no more.
const SPILLS: usize = 128;

/// What happens where a stack check jumps to.
pub(super) fn morestack(target: Target, lines: &Lines, boundaries: &[Boundary]) -> Option<Morestack> {
    let Target::Inside(offset) = target else { return None };
    let start = lines.starting_at(u64::from(offset))? as usize;
    let from = |i: usize| boundaries.iter().zip(&lines.all).skip(i).take(SPILLS);
    let call = from(start).position(|(_, l)| !matches!(l.flow, Flow::Next | Flow::Nop))? + start;
    let (boundary, line) = (boundaries.get(call)?, lines.all.get(call)?);
    let callee = match line.flow {
        Flow::Call(to) => Some(to),
        Flow::CallRegister(_) => {
            if let Kind::Call(to) = boundary.kind {
                to
            } else {
                None
            }
        }
        Flow::CallMemory => None,
        Flow::Next
        | Flow::Nop
        | Flow::Return
        | Flow::Jump(_)
        | Flow::JumpIf(..)
        | Flow::JumpRegister(_)
        | Flow::JumpEntry { .. }
        | Flow::JumpMemory
        | Flow::Trap
        | Flow::Undecoded { .. } => return None,
    };
    let behind = from(call + 1).find(|(_, l)| !matches!(l.flow, Flow::Next | Flow::Nop));
    let resumes = behind.and_then(|(b, _)| match b.kind {
        Kind::Jump(Target::Inside(to)) => Some(to),
        Kind::Jump(Target::Outside(_))
        | Kind::Plain
        | Kind::Nop
        | Kind::Call(_)
        | Kind::Return
        | Kind::ConditionalJump(..)
        | Kind::JumpTable(_)
        | Kind::IndirectJump
        | Kind::Trap
        | Kind::Undecoded => None,
    });
    Some(Morestack { offset: boundary.offset, callee, resumes })
}
