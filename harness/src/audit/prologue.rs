//! The stack check at a function's entry.
//!
//! `stacksplit` of `cmd/internal/obj/x86/obj6.go` and `.../arm64/obj7.go`; the
//! numbers are of `internal/abi/stack.go`.

use super::class::{Class, Level};
use super::function::{Audited, Point, is_reached};
use super::program::Special;
use goabi_runners::observe::follow::{Arch, Boundary, Condition, Followed, Kind, Move, Sp, StackCheck};
use goabi_runners::observe::unwind::{UnsafePoint, UnwindError};

/// `StackSmall`: how far below the guard a function may go.
const SMALL: i32 = 128;
/// `StackBig`: beyond it, an address below SP may wrap around zero.
const BIG: i32 = 4096;
/// `StackNosplitBase`: how much a chain of functions without checks may take.
pub(super) const NOSPLIT: i32 = 800;
/// Which words of g they are.
const STACKGUARD0: i32 = 2;
const STACKGUARD1: i32 = 3;
/// Checks a compiled function's prologue; assembly has one only if it asks for it.
pub(super) fn check(a: &Audited<'_>, followed: &Followed, out: &mut Vec<Point>) -> Result<(), UnwindError> {
    if a.assembly {
        return Ok(());
    }
    saved_below(a, followed, out)?;
    let depths = followed.boundaries.iter().filter(|b| is_reached(b)).filter_map(|b| match b.sp {
        Sp::Known(depth) => Some((depth, b)),
        Sp::Conflict(..) | Sp::Unknown(_) => None,
    });
    let Some((deepest, at)) = depths.max_by_key(|(depth, b)| (*depth, std::cmp::Reverse(b.offset))) else {
        return Ok(());
    };
    let mut wrong = |pattern, offset, claims| {
        out.push(Point { class: Class::StackCheck, level: Level::Error, pattern, offset, preemptible: false, claims });
    };
    let frame = ("the code", format!("the frame takes {deepest} bytes at the most"));
    let Some(check) = &followed.check else {
        if let Some((pattern, limit)) = missing(a, followed, deepest) {
            let limit = ("the runtime", format!("without a check, {limit} bytes are the most"));
            wrong(pattern, at.offset, vec![frame, limit]);
        }
        return Ok(());
    };
    let compared = ("the check", format!("compares the address {} bytes below SP", check.below));
    if check.below < 0 || deepest - check.below > SMALL {
        wrong("the check is of less than the frame takes", check.offset, vec![frame, compared]);
    } else if check.below > BIG - SMALL && check.wraps.is_none() {
        wrong("the check does not see an address below zero", check.offset, vec![frame, compared]);
    }
    let condition = match check.condition {
        Condition::BelowOrEqual => None,
        Condition::Below => Some("below"),
        Condition::AboveOrEqual => Some("above or equal"),
        Condition::Above => Some("above"),
        Condition::Equal => Some("equal"),
        Condition::NotEqual => Some("not equal"),
        Condition::Other => Some("another one"),
    };
    if let Some(condition) = condition {
        let says = vec![("the check", format!("jumps for more stack if it is {condition}, not below or equal"))];
        wrong("the check jumps on another condition", check.jump, says);
    }
    skips_saving(check, out);
    morestack(a, check, out)
}

/// Where the jump for an address below zero goes to the call for more stack, past where
/// the arguments in registers are saved for it: behind the call they are read back. As
/// no stack lies so low, nothing jumps there; hence no more than a note.
fn skips_saving(check: &StackCheck, out: &mut Vec<Point>) {
    let (Some(offset), Some(to)) = (check.wraps, check.wraps_to) else { return };
    if to == check.target {
        return;
    }
    let claims = vec![
        ("the check", "jumps to where the arguments in registers are saved before the call".to_string()),
        ("the jump before it", "which is for an address below zero, goes past that".to_string()),
    ];
    let (class, pattern) = (Class::StackCheck, "for an address below zero, arguments are not saved");
    out.push(Point { class, level: Level::Note, pattern, offset, preemptible: false, claims });
}

/// Where the return address is stored below SP before SP is moved there: what preempts
/// a goroutine right then has its own frame there.
fn saved_below(a: &Audited<'_>, followed: &Followed, out: &mut Vec<Point>) -> Result<(), UnwindError> {
    for b in followed.boundaries.iter().filter(|b| is_reached(b)) {
        let (Sp::Known(depth), Move::By(by), Some(slot)) = (b.sp, b.moves, b.ret.slot) else { continue };
        if by >= 0 || slot >= -depth || slot < by - depth || a.preempted_at(a.pc(b.offset))?.is_none() {
            continue;
        }
        let claims = vec![
            ("the return address", format!("is stored {} bytes below SP", -depth - slot)),
            ("PCDATA", "says that the instruction that moves SP below it may be preempted".into()),
        ];
        let (class, pattern) = (Class::UnsafePoint, "what is saved below SP may be overwritten");
        out.push(Point { class, level: Level::Error, pattern, offset: b.offset, preemptible: true, claims });
    }
    Ok(())
}

/// Why a function without a check should have one, and what it may take without.
fn missing(a: &Audited<'_>, followed: &Followed, deepest: i32) -> Option<(&'static str, i32)> {
    let nosplit = NOSPLIT * a.program.guard_multiplier;
    if deepest > nosplit {
        return Some(("no check, and more than any function may take without", nosplit));
    }
    if is_nosplit(a, followed) {
        return None;
    }
    let calls = |b: &Boundary| match (b.kind, a.program.arch) {
        (Kind::Call(callee), Arch::Amd64 | Arch::X86) => {
            // What the assembler counts as no call: it fits into what is always left.
            let special = callee.and_then(|callee| a.program.special_at(callee));
            !matches!(special, Some(Special::NoCall | Special::Duff))
        }
        (Kind::Call(_), _) => true,
        _ => false,
    };
    let leaf = !followed.boundaries.iter().any(|b| is_reached(b) && calls(b));
    match (leaf, deepest > SMALL) {
        (true, true) => Some(("no check in a leaf with a large frame", SMALL)),
        (true, false) => None,
        (false, _) => Some(("no check in a function that calls others", 0)),
    }
}

/// Whether a function seems to be `//go:nosplit`. No table says it; but all that the
/// compiler itself made of such a function is unsafe, as it is in the runtime, while
/// others are unsafe at their write barriers alone. Before that is the prologue, which
/// the assembler makes, and of which it is done when the frame pointer is set; or,
/// where there is none, behind SP is moved, and the link register stored once more for
/// signals on a thread that has no other stack yet (`preprocess` of
/// `cmd/internal/obj/riscv/obj.go` and of `.../loong64/obj.go`).
fn is_nosplit(a: &Audited<'_>, followed: &Followed) -> bool {
    if a.func.name().is_ok_and(super::function::is_runtime) {
        return true;
    }
    let is_safe = |b: &&Boundary| a.unsafe_at(a.pc(b.offset)) == UnsafePoint::Safe;
    let is_call = |b: &&Boundary| matches!(b.kind, Kind::Call(_));
    let reached = || followed.boundaries.iter().filter(|b| is_reached(b));
    let before_calls = reached().take_while(|b| !is_call(b));
    let prologue = match a.program.arch {
        // The return address is stored once more behind the move of SP, where all is safe
        // again: `preprocess` of `cmd/internal/obj/s390x/objz.go`, and of the others.
        Arch::Loong64 | Arch::Riscv64 | Arch::S390x => {
            before_calls.clone().position(|b| matches!(b.moves, Move::By(..0))).map_or(0, |n| n + 2)
        }
        Arch::Amd64 | Arch::Arm | Arch::Arm64 | Arch::Ppc64 | Arch::Ppc64le | Arch::X86 => {
            before_calls.clone().position(|b| b.writes.fp).map_or(0, |n| n + 1)
        }
    };
    let safe = reached().skip(prologue).take_while(is_safe);
    let body = prologue + safe.clone().count();
    !safe.clone().any(|b| is_call(&b)) && body < reached().count() && !reached().skip(body).any(|b| is_safe(&b))
}

/// What comes behind the jump for more stack.
fn morestack(a: &Audited<'_>, check: &StackCheck, out: &mut Vec<Point>) -> Result<(), UnwindError> {
    let mut wrong = |class, pattern, offset, preemptible, says: &str| {
        let claims = vec![("the code", says.to_string())];
        out.push(Point { class, level: Level::Error, pattern, offset, preemptible, claims });
    };
    let Some(more) = check.morestack else {
        let says = "control comes to no call of runtime.morestack";
        wrong(Class::StackCheck, "the check does not lead to more stack", check.jump, false, says);
        return Ok(());
    };
    // The goroutine's own stack has one guard, that of the system another.
    let wanted = match more.callee.and_then(|callee| a.program.special_at(callee)) {
        Some(Special::Morestack) => Some(STACKGUARD0),
        Some(Special::MorestackOnSystem) => Some(STACKGUARD1),
        // It may go through a register.
        None if more.callee.is_none() => Some(STACKGUARD0),
        Some(Special::Never | Special::NoCall | Special::WriteBarrier | Special::Duff | Special::SaveG) | None => None,
    };
    match wanted {
        None => {
            let says = "the function called is not runtime.morestack";
            wrong(Class::StackCheck, "the check does not lead to more stack", more.offset, false, says);
        }
        Some(wanted) if wanted * a.program.arch.word() != check.guard => {
            let wanted = wanted * a.program.arch.word();
            let says = format!("the word at {} of g is compared; the guard for this call is at {wanted}", check.guard);
            wrong(Class::StackCheck, "the check is against another word than the guard", check.offset, false, &says);
        }
        Some(_) => {}
    }
    if more.resumes.is_none_or(|at| at > check.offset) {
        let says = "behind the call, the check is not made again";
        wrong(Class::StackCheck, "the check is not made again", more.offset, false, says);
    }
    for offset in [check.jump, more.offset] {
        if a.preempted_at(a.pc(offset))?.is_some() {
            let says = "the jump for more stack, or the call, may be preempted";
            wrong(Class::UnsafePoint, "within the stack check", offset, true, says);
        }
    }
    Ok(())
}
