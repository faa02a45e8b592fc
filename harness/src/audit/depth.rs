//! SP at each boundary, against the tables.

use super::class::{Class, Level};
use super::function::{Audited, Point, is_call, is_reached};
use super::report::Counts;
use goabi_runners::observe::follow::{Boundary, Followed, Move, Sp};
use goabi_runners::observe::unwind::UnwindError;

/// Compares all boundaries of a function.
pub(super) fn check(
    a: &Audited<'_>,
    followed: &Followed,
    counts: &mut Counts,
    out: &mut Vec<Point>,
) -> Result<(), UnwindError> {
    let all = &followed.boundaries;
    let mut steps = Steps::default();
    for (i, b) in all.iter().enumerate() {
        if !is_reached(b) {
            continue;
        }
        let before = i.checked_sub(1).and_then(|i| all.get(i));
        let behind_call = before.is_some_and(is_call);
        let depth = match b.sp {
            Sp::Known(depth) => depth,
            Sp::Conflict(one, other) => {
                conflict(a, b, (one, other), out)?;
                continue;
            }
            Sp::Unknown(_) => continue,
        };
        let pc = a.pc(b.offset);
        counts.compared_pcsp += 1;
        let said = a.pcsp_at(pc);
        let wrong = said != Some(depth);
        let (mut level, preemptible) =
            if wrong { a.level(b, behind_call)? } else { restarted(a, b, depth)?.unwrap_or((Level::Note, false)) };
        let restarts_wrong = !wrong && preemptible;
        if wrong || restarts_wrong {
            let (class, pattern) = match steps.pattern(a, all, i, depth) {
                Some(pattern) => (Class::SpInSteps, pattern),
                None if restarts_wrong => (Class::Pcsp, "the sequence is begun anew with SP at another depth"),
                None => (Class::Pcsp, pattern(said, depth)),
            };
            // The runtime cannot be sent to where no callee returns to or signal stops.
            if said.is_none() && !preemptible && !behind_call {
                level = level.min(Level::Warning);
            }
            out.push(Point { class, level, pattern, offset: b.offset, preemptible, claims: claims(a, pc, depth) });
        }
        if a.cfi.is_empty() {
            continue;
        }
        counts.compared_cfi += 1;
        let row = a.cfi_at(pc);
        if !wrong && row != Some(depth.into()) {
            let level = if a.sp_write { Level::Note } else { Level::Warning };
            let pattern = match row {
                None => "no row, or one that is not told from SP",
                Some(_) => "the call frame information has another depth than the code and pcsp",
            };
            out.push(Point {
                class: Class::Cfi,
                level,
                pattern,
                offset: b.offset,
                preemptible: a.preempted_at(pc)?.is_some(),
                claims: claims(a, pc, depth),
            });
        }
    }
    Ok(())
}

/// How the runtime's table is wrong.
fn pattern(said: Option<i32>, depth: i32) -> &'static str {
    match said {
        None => "the table does not reach the instruction",
        Some(said) if said > depth => "the table has SP deeper than it is",
        Some(_) => "the table has SP less deep than it is",
    }
}

/// Where a goroutine that is preempted goes on elsewhere, the tables must have
/// the same depth there: it is unwound from there with the SP of here.
fn restarted(a: &Audited<'_>, b: &Boundary, depth: i32) -> Result<Option<(Level, bool)>, UnwindError> {
    let pc = a.pc(b.offset);
    if a.unsafe_points.is_empty() {
        return Ok(None);
    }
    match a.preempted_at(pc)? {
        Some(resume) if resume != pc && a.pcsp_at(resume) != Some(depth) => Ok(Some((Level::Error, true))),
        Some(_) | None => Ok(None),
    }
}

fn conflict(a: &Audited<'_>, b: &Boundary, (one, other): (i32, i32), out: &mut Vec<Point>) -> Result<(), UnwindError> {
    let (level, preemptible) = a.level(b, false)?;
    let mut claims = claims(a, a.pc(b.offset), one);
    claims.insert(1, ("the code, by another way", bytes(other)));
    let pattern = "ways of different depth meet";
    out.push(Point { class: Class::SpConflict, level, pattern, offset: b.offset, preemptible, claims });
    Ok(())
}

/// What the code and each table say.
fn claims(a: &Audited<'_>, pc: u64, depth: i32) -> Vec<(&'static str, String)> {
    let mut out = vec![("the code", bytes(depth))];
    out.push(("pcsp", a.pcsp_at(pc).map_or_else(|| "nothing".into(), bytes)));
    if !a.cfi.is_empty() {
        out.push(("call frame information", a.cfi_at(pc).map_or_else(|| "nothing of SP".into(), bytes)));
    }
    out
}

fn bytes(depth: impl std::fmt::Display + Copy) -> String {
    format!("SP is {depth} bytes below its value at entry")
}

/// The stretch of boundaries at which SP is on its way.
#[derive(Default)]
struct Steps {
    /// The index behind the stretch that was looked at last, and what it is.
    until: usize,
    pattern: Option<&'static str>,
}

impl Steps {
    /// Whether this boundary is in a stretch that begins behind a move of SP, ends
    /// with another one in the same direction, and has the tables disagree in
    /// between alone.
    fn pattern(&mut self, a: &Audited<'_>, all: &[Boundary], i: usize, depth: i32) -> Option<&'static str> {
        if i < self.until {
            return self.pattern;
        }
        let differs = |b: &&Boundary| {
            is_reached(b) && matches!(b.sp, Sp::Known(depth) if a.pcsp_at(a.pc(b.offset)) != Some(depth))
        };
        let len = all.iter().skip(i).take_while(differs).count();
        self.until = i + len;
        let moved = |b: Option<&Boundary>| match b.map(|b| b.moves) {
            Some(Move::By(n)) => n.signum(),
            Some(Move::None | Move::Unknown) | None => 0,
        };
        let first = moved(i.checked_sub(1).and_then(|before| all.get(before)));
        let last = moved(self.until.checked_sub(1).and_then(|end| all.get(end)));
        let settled = all.get(self.until).is_none_or(|b| !matches!(b.sp, Sp::Unknown(_)) || !is_reached(b));
        self.pattern = match (first, last) {
            // In between the table has the depth of before or of after all steps.
            (1, 1) if settled && a.pcsp_at(a.pc(all[i].offset)).is_some_and(|said| said > depth) => Some(GIVEN_BACK),
            (-1, -1) if settled => Some(TAKEN),
            _ => None,
        };
        self.pattern
    }
}

/// The frame is given back in steps.
pub(crate) const GIVEN_BACK: &str = "the frame is given back in steps";
/// The frame is taken in steps.
pub(crate) const TAKEN: &str = "the frame is taken in steps";
