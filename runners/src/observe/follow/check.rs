//! The comparison of SP with the stack guard at a function's entry.

use super::facts::{Boundary, Condition, Kind, Target};

/// What is compared, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackCheck {
    /// Where the comparison is.
    pub offset: u32,
    /// The offset in g of the word compared with: of the third, stackguard0, or the
    /// fourth, stackguard1.
    pub guard: i32,
    /// Whether g was read from thread-local storage, as ABI0 functions of amd64 do.
    pub from_local: bool,
    /// How many bytes below SP at entry the address compared is: for frames
    /// beyond StackSmall, the frame's size less StackSmall.
    pub below: i32,
    /// The jump before it to the same place, or the same call, if that address is
    /// below zero; the comparison itself, where it is made only if it is not.
    pub wraps: Option<u32>,
    /// Where that leads: on riscv64, and since Go 1.22 on loong64, it goes past where
    /// the arguments in registers are saved for the call (`to_more` in `stacksplit` of
    /// `cmd/internal/obj/riscv/obj.go`, `q` in that of `.../loong64/obj.go`).
    pub wraps_to: Option<Target>,
    /// The jump for too little stack, or around it.
    pub jump: u32,
    /// When it is too little: where a port jumps if there is enough, the opposite.
    pub condition: Condition,
    /// Where that leads, by the jump or by falling through it.
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
    /// Finds the call for more stack, and tells whether what stands before the check
    /// leads to it, too.
    pub(super) fn settle(&mut self, boundaries: &[Boundary]) {
        let wraps = self.wraps.zip(self.wraps_to).or_else(|| before(self.offset, boundaries));
        (self.wraps, self.wraps_to) = (wraps.map(|(at, _)| at), wraps.map(|(_, to)| beyond(to, boundaries)));
        self.target = beyond(self.target, boundaries);
        self.morestack = morestack(self.target, boundaries);
        let called = |to| morestack(to, boundaries).map(|more| more.offset);
        let same = |to: Target| to == self.target || called(to).is_some() && called(to) == called(self.target);
        if !self.wraps_to.is_some_and(same) {
            (self.wraps, self.wraps_to) = (None, None);
        }
    }

    #[must_use]
    pub fn form(&self) -> Form {
        match (self.below, self.wraps) {
            (_, Some(_)) => Form::Huge,
            (0, None) => Form::Small,
            (_, None) => Form::Large,
        }
    }
}

/// Where a jump leads that stands at that place: where a branch does not reach so far,
/// it leads to one (`span0` of `cmd/internal/obj/loong64/asm.go`).
fn beyond(target: Target, boundaries: &[Boundary]) -> Target {
    let Target::Inside(offset) = target else { return target };
    let there = boundaries.binary_search_by_key(&offset, |b| b.offset).ok().and_then(|i| boundaries.get(i));
    match there.map(|b| b.kind) {
        Some(Kind::Jump(to @ Target::Inside(_))) => to,
        Some(_) | None => target,
    }
}

/// The last conditional jump before that place, if it is one for what ran below zero.
/// There may be jumps in between that make up for the reach of that.
fn before(offset: u32, boundaries: &[Boundary]) -> Option<(u32, Target)> {
    let end = boundaries.partition_point(|b| b.offset < offset);
    let mut back = boundaries.get(..end)?.iter().rev();
    match back.find(|b| !matches!(b.kind, Kind::Plain | Kind::Nop | Kind::Jump(Target::Inside(_))))? {
        Boundary { kind: Kind::ConditionalJump(to, Condition::Below), offset, .. } => Some((*offset, *to)),
        _ => None,
    }
}

/// What happens where a stack check jumps to.
fn morestack(target: Target, boundaries: &[Boundary]) -> Option<Morestack> {
    let Target::Inside(offset) = target else { return None };
    let start = boundaries.binary_search_by_key(&offset, |b| b.offset).ok()?;
    let mut ahead = boundaries.iter().skip(start).filter(|b| !matches!(b.kind, Kind::Plain | Kind::Nop));
    let call = ahead.next()?;
    let behind = ahead.next();
    let Kind::Call(callee) = call.kind else { return None };
    let resumes = match behind.map(|b| b.kind) {
        Some(Kind::Jump(Target::Inside(to))) => Some(to),
        Some(_) | None => None,
    };
    Some(Morestack { offset: call.offset, callee, resumes })
}
