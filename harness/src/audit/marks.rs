//! Unsafe points: that there are enough of them, and not too many.
//!
//! Write barriers: from the branch on whether they are on, to the store behind them,
//! nothing may be preempted. A collection that begins in between would miss a pointer.
//! `markUnsafePoints` of the compiler's `liveness/plive.go` says which instructions are
//! meant; here they are told by the calls of the runtime's write barrier.

use super::class::{Class, Level};
use super::function::{Audited, Point, is_reached};
use super::program::Special;
use goabi_runners::observe::follow::{Boundary, Followed, Kind, Reach, Sp, Target};
use goabi_runners::observe::unwind::{UnsafePoint, UnwindError};

/// An instruction of a write barrier may be preempted.
pub(super) const AT_A_BARRIER: &str = "at a write barrier";

/// Checks a function's marks.
pub(super) fn check(a: &Audited<'_>, followed: &Followed, out: &mut Vec<Point>) -> Result<(), UnwindError> {
    if a.assembly {
        return Ok(());
    }
    too_many(a, followed, out)?;
    barriers(a, followed, out)
}

/// A function with a stack check is none of those in which all is unsafe, but if its
/// package is compiled as part of the runtime: then its calls are no unsafe points.
fn too_many(a: &Audited<'_>, followed: &Followed, out: &mut Vec<Point>) -> Result<(), UnwindError> {
    let Some(check) = followed.check else { return Ok(()) };
    // Which of the standard library's internal packages are, only the go command knows.
    if a.program.of_runtime.contains(&a.func.unit()) {
        return Ok(());
    }
    // What compares the values of a type is of whichever package needed it first.
    if a.func.name()?.starts_with("type:") {
        return Ok(());
    }
    // What is reached after a recovery alone has the marks of what stands before it.
    for b in followed.boundaries.iter().filter(|b| b.reach == Reach::Reached && b.offset > check.jump) {
        let Kind::Call(callee) = b.kind else { continue };
        let special = callee.and_then(|callee| a.program.special_at(callee)).is_some();
        let in_body = matches!(b.sp, Sp::Known(1..));
        if special || !in_body || a.unsafe_at(a.pc(b.offset)) != UnsafePoint::Unsafe {
            continue;
        }
        let claims = vec![
            ("the code", "checks the stack, as functions do in which goroutines may be preempted".into()),
            ("PCDATA", "says that this call is an unsafe point, as in functions that are nosplit".into()),
        ];
        let (class, pattern, offset) = (Class::UnsafePoint, "unsafe without need", b.offset);
        out.push(Point { class, level: Level::Warning, pattern, offset, preemptible: false, claims });
    }
    Ok(())
}

/// Checks the surroundings of each call of a write barrier.
fn barriers(a: &Audited<'_>, followed: &Followed, out: &mut Vec<Point>) -> Result<(), UnwindError> {
    let all = &followed.boundaries;
    let barrier =
        |b: &Boundary| b.kind.callee().and_then(|callee| a.program.special_at(callee)) == Some(Special::WriteBarrier);
    let calls: Vec<usize> = (0..all.len()).filter(|i| is_reached(&all[*i]) && barrier(&all[*i])).collect();
    if calls.is_empty() {
        return Ok(());
    }
    // Where jumps within the function lead to, and from where.
    let mut jumps: Vec<(u32, usize)> = Vec::new();
    for (i, b) in all.iter().enumerate().filter(|(_, b)| is_reached(b)) {
        if let Kind::ConditionalJump(Target::Inside(to), _) | Kind::Jump(Target::Inside(to)) = b.kind {
            jumps.push((to, i));
        }
    }
    jumps.sort_unstable();
    let mut until = 0;
    for call in calls {
        // Several calls may be behind one branch.
        if call < until {
            continue;
        }
        let (first, branch) = begins(all, &jumps, call, &barrier);
        let mut last = call;
        let met = |b: &Boundary| jump_to(&jumps, b.offset).is_some();
        while all.get(last + 1).is_some_and(|b| is_reached(b) && (is_plain(b) || barrier(b)) && !met(b)) {
            last += 1;
        }
        until = last + 1;
        // Where both ways meet the pointer is stored. This one falls into it, or jumps.
        let (jump, store) = match all.get(last + 1) {
            Some(b) if met(b) => (None, Some(last + 1)),
            Some(Boundary { kind: Kind::Jump(Target::Inside(to)), .. }) => {
                (Some(last + 1), all.binary_search_by_key(to, |b| b.offset).ok())
            }
            Some(_) | None => (None, None),
        };
        for i in branch.into_iter().chain(first..=last).chain(jump).chain(store) {
            let Some(b) = all.get(i) else { continue };
            if a.unsafe_at(a.pc(b.offset)) == UnsafePoint::Unsafe || a.preempted_at(a.pc(b.offset))?.is_none() {
                continue;
            }
            let claims = vec![
                ("the code", "is between the flag of the write barrier and the store that depends on it".into()),
                ("PCDATA", "says that the sequence of the write barrier may be preempted here".into()),
            ];
            let (class, pattern, offset) = (Class::UnsafePoint, AT_A_BARRIER, b.offset);
            out.push(Point { class, level: Level::Error, pattern, offset, preemptible: true, claims });
        }
    }
    Ok(())
}

fn is_plain(b: &Boundary) -> bool {
    matches!(b.kind, Kind::Plain | Kind::Nop)
}

/// A jump to that offset.
fn jump_to(jumps: &[(u32, usize)], offset: u32) -> Option<usize> {
    let n = jumps.partition_point(|(to, _)| *to < offset);
    jumps.get(n).filter(|(to, _)| *to == offset).map(|(_, from)| *from)
}

/// The first instruction of the block that a call is in, and the branch to it.
fn begins(
    all: &[Boundary],
    jumps: &[(u32, usize)],
    call: usize,
    barrier: &impl Fn(&Boundary) -> bool,
) -> (usize, Option<usize>) {
    let mut first = call;
    loop {
        let Some(b) = all.get(first) else { return (first, None) };
        if let Some(jump) = jump_to(jumps, b.offset) {
            return (first, Some(jump));
        }
        match first.checked_sub(1).and_then(|before| Some((before, all.get(before)?))) {
            Some((before, b)) if is_reached(b) && (is_plain(b) || barrier(b)) => first = before,
            Some((before, b)) if is_reached(b) && matches!(b.kind, Kind::ConditionalJump(..)) => {
                return (first, Some(before));
            }
            Some(_) | None => return (first, None),
        }
    }
}
