//! Chains of functions without stack checks: together they must fit into what a
//! check leaves, as the linker's `stackcheck.go` has it. It reads object files
//! before the program is there; here, the program itself is asked.

use super::class::{Class, Level};
use super::function::{Audited, is_reached};
use super::group::in_whole;
use super::program::{Program, Special};
use super::prologue::NOSPLIT;
use super::report::{Finding, Place};
use goabi_runners::observe::follow::{Arch, Followed, Kind, Sp, Target};
use std::collections::HashMap;

/// A function without a stack check.
#[derive(Debug)]
pub(super) struct Unchecked {
    entry: u64,
    /// How far it takes SP down by itself.
    deepest: i32,
    calls: Vec<Call>,
}

/// One call: where SP is at the callee's entry, and which function that is, if known.
#[derive(Clone, Copy, Debug)]
struct Call {
    depth: i32,
    callee: Option<u64>,
}

/// What is left below the frame of a function with a check: a callee without one
/// may take it, and the functions without that it calls.
fn left(program: &Program<'_>) -> i32 {
    let frame_pointer = match program.arch {
        // It is stored below SP.
        Arch::Arm64 => 8,
        _ => 0,
    };
    NOSPLIT * program.guard_multiplier - program.arch.pushed() - frame_pointer
}

/// What of a function matters here, if it has no check.
pub(super) fn unchecked(a: &Audited<'_>, followed: &Followed) -> Option<Unchecked> {
    if followed.check.is_some() || a.program.special_at(a.func.entry()) == Some(Special::Morestack) {
        return None;
    }
    let (mut deepest, mut calls) = (0, Vec::new());
    for b in followed.boundaries.iter().filter(|b| is_reached(b)) {
        // Where SP is not known, the stack may have been left.
        let Sp::Known(depth) = b.sp else { continue };
        deepest = deepest.max(depth);
        let (depth, callee) = match b.kind {
            Kind::Call(callee) => (depth + a.program.arch.pushed(), callee),
            Kind::Jump(Target::Outside(to)) => (depth, Some(to)),
            Kind::Plain
            | Kind::Nop
            | Kind::Return
            | Kind::Jump(Target::Inside(_))
            | Kind::ConditionalJump(..)
            | Kind::JumpTable(_)
            | Kind::IndirectJump
            | Kind::Trap
            | Kind::Undecoded => continue,
        };
        // As the linker, which takes it that such a callee checks: the runtime hides calls
        // from it in this way, of what ends the program.
        let callee = callee.filter(|_| !b.indirect);
        let callee = callee.and_then(|to| Some(a.program.table.find(to).ok()??.entry()));
        calls.push(Call { depth, callee });
    }
    Some(Unchecked { entry: a.func.entry(), deepest, calls })
}

/// How far down one gets from a function, and by which of its calls.
#[derive(Clone, Copy, Debug)]
enum Height {
    /// It is being looked at: who comes back to it goes in circles.
    Open,
    Of(i32, Option<Call>),
    Endless(Option<Call>),
}

/// All chains that are too long, each told once: by the function nearest to its end
/// from where it is.
pub(super) fn findings(program: &Program<'_>, all: &[Unchecked]) -> Vec<Finding> {
    let by_entry: HashMap<u64, &Unchecked> = all.iter().map(|u| (u.entry, u)).collect();
    let mut heights: HashMap<u64, Height> = HashMap::with_capacity(all.len());
    for one in all {
        measure(program, &by_entry, &mut heights, one.entry);
    }
    let limit = left(program);
    let too_long = |entry: u64| match heights.get(&entry) {
        Some(Height::Of(height, _)) => *height > limit,
        Some(Height::Endless(_)) => true,
        Some(Height::Open) | None => false,
    };
    let mut out = Vec::new();
    for one in all.iter().filter(|one| too_long(one.entry)) {
        let through = match heights.get(&one.entry) {
            Some(Height::Of(_, through) | Height::Endless(through)) => *through,
            Some(Height::Open) | None => None,
        };
        let endless = matches!(heights.get(&one.entry), Some(Height::Endless(_)));
        let further = one.calls.iter().filter_map(|c| c.callee).any(too_long);
        // A circle has no function nearest to its end: it is told by its lowest one.
        let told = if endless { circle(&heights, one.entry).first() == Some(&one.entry) } else { !further };
        if told {
            out.push(finding(program, &heights, one.entry, through, limit));
        }
    }
    out
}

/// The functions of the circle that this one is part of, the lowest first; none if it
/// only leads to one.
fn circle(heights: &HashMap<u64, Height>, entry: u64) -> Vec<u64> {
    let mut seen = vec![];
    let mut at = entry;
    while let Some(Height::Endless(Some(Call { callee: Some(next), .. }))) = heights.get(&at) {
        seen.push(at);
        at = *next;
        if at == entry {
            seen.sort_unstable();
            return seen;
        }
        if seen.contains(&at) {
            break;
        }
    }
    vec![]
}

/// Finds a function's height, and before that those of what it calls. Chains may be
/// as long as a hostile file likes, so this does not call itself.
fn measure(program: &Program<'_>, all: &HashMap<u64, &Unchecked>, heights: &mut HashMap<u64, Height>, entry: u64) {
    let mut stack = vec![(entry, 0usize)];
    while let Some((at, next)) = stack.pop() {
        let Some(one) = all.get(&at) else { continue };
        if next == 0 {
            if heights.contains_key(&at) {
                continue;
            }
            heights.insert(at, Height::Open);
        }
        let open = one.calls.iter().enumerate().skip(next);
        let fresh = |c: &Call| c.callee.filter(|to| all.contains_key(to) && !heights.contains_key(to));
        if let Some((i, callee)) = open.filter_map(|(i, c)| Some((i, fresh(c)?))).next() {
            stack.push((at, i + 1));
            stack.push((callee, 0));
            continue;
        }
        let mut height = Height::Of(one.deepest, None);
        for call in &one.calls {
            let below = match call.callee.and_then(|to| heights.get(&to)) {
                Some(Height::Open | Height::Endless(_)) => {
                    height = Height::Endless(Some(*call));
                    break;
                }
                Some(Height::Of(below, _)) => *below,
                // It has a check, which calls for more stack; it is C, on a stack of its own.
                None => program.arch.pushed(),
            };
            let reached = call.depth.saturating_add(below);
            if matches!(height, Height::Of(most, _) if reached > most) {
                height = Height::Of(reached, Some(*call));
            }
        }
        heights.insert(at, height);
    }
}

/// How many functions of a chain are named.
const NAMED: usize = 8;

fn finding(
    program: &Program<'_>,
    heights: &HashMap<u64, Height>,
    entry: u64,
    through: Option<Call>,
    limit: i32,
) -> Finding {
    let name = |entry: u64| {
        let func = program.table.find(entry).ok().flatten();
        func.and_then(|f| f.name().ok().map(str::to_string)).unwrap_or_else(|| format!("{entry:#x}"))
    };
    let mut claims = Vec::new();
    let (mut call, mut depth) = (through, 0i32);
    while let Some(Call { depth: more, callee }) = call {
        depth = depth.saturating_add(more);
        let Some(callee) = callee.filter(|_| claims.len() < NAMED) else { break };
        claims.push(("the code", format!("{} is entered {depth} bytes below that", name(callee))));
        call = match heights.get(&callee) {
            Some(Height::Of(_, through) | Height::Endless(through)) => *through,
            Some(Height::Open) | None => None,
        };
    }
    let says = match heights.get(&entry) {
        Some(Height::Of(height, _)) => {
            format!("from SP at entry, {height} bytes are taken without a check")
        }
        Some(Height::Open | Height::Endless(_)) | None => {
            "functions without a check call each other in a circle".into()
        }
    };
    claims.insert(0, ("the code", says));
    claims.push(("the runtime", format!("a check leaves {limit} bytes for such a chain")));
    let func = program.table.find(entry).ok().flatten();
    let source = func.as_ref().and_then(|f| f.file_line(entry).ok().flatten());
    let place = Place {
        address: entry,
        offset: 0,
        line: source.as_ref().and_then(|(_, line)| u32::try_from(*line).ok()),
        file: source.map(|(file, _)| file.into_owned()),
    };
    let pattern = "a chain of functions without checks takes more than one leaves";
    in_whole(Class::StackCheck, Level::Error, pattern, name(entry), place, claims)
}
