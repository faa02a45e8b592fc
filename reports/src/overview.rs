//! What every rendering for people tells alike: how the run ended, and counts.

use crate::coordinate::Coordinate;
use crate::outcome::{Outcome, Totals};
use crate::record::{Problem, Record, WALL};
use std::collections::BTreeMap;

/// How a run ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was interrupted: cells may be missing.
    Interrupted,
    /// No cell was judged, so nothing was shown.
    Nothing,
    /// Something fails, or kept cells from being judged.
    Failed,
    /// Everything is as the cases and expectations say.
    Ok,
}

impl End {
    /// How this run ended.
    #[must_use]
    pub fn of(record: &Record) -> End {
        match record.totals.judged() {
            _ if record.interrupted => End::Interrupted,
            0 => End::Nothing,
            _ if record.totals.failing() > 0 || record.problems.iter().any(Problem::fails) => End::Failed,
            _ => End::Ok,
        }
    }

    /// The word, as people see it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            End::Interrupted => "INTERRUPTED",
            End::Nothing => "NOTHING",
            End::Failed => "FAILED",
            End::Ok => "OK",
        }
    }
}

/// How the run ended, in half a sentence: `3 of 6 judged cells fail; 2 problems`.
#[must_use]
pub fn said(record: &Record) -> String {
    let totals = &record.totals;
    let judged = counted(totals.judged(), "judged cell");
    let mut said = match (End::of(record), totals.failing()) {
        (End::Nothing, _) => "no cell was judged".to_string(),
        (End::Interrupted | End::Failed | End::Ok, 0) => format!("none of {judged} fails"),
        (End::Interrupted | End::Failed | End::Ok, n) => format!("{n} of {judged} fail"),
    };
    if !record.problems.is_empty() {
        said += &format!("; {}", counted(record.problems.len(), "problem"));
    }
    if record.interrupted {
        said += "; cells may be missing";
    }
    said
}

/// The command that makes the run again, quoted for a shell.
#[must_use]
pub fn again(record: &Record) -> String {
    let words = record.command.iter().skip(1).map(|w| quoted(w));
    std::iter::once("goabi".to_string()).chain(words).collect::<Vec<_>>().join(" ")
}

/// A word for a shell, in quotes where it needs them.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./@,=:+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The totals of each target and build.
#[must_use]
pub fn by_target(record: &Record) -> BTreeMap<(&str, &str), Totals> {
    let mut rows: BTreeMap<(&str, &str), Totals> = BTreeMap::new();
    for c in &record.cells {
        let at = Coordinate::of(&c.cell);
        rows.entry((at.target, at.build)).or_default().add(&c.outcome);
    }
    rows
}

/// How many cells fail as each issue says.
#[must_use]
pub fn known(record: &Record) -> BTreeMap<&str, u32> {
    tally(record.cells.iter().filter_map(|c| match &c.outcome {
        Outcome::Known { issue } => Some(issue.as_str()),
        Outcome::Pass
        | Outcome::Permitted { .. }
        | Outcome::Fixed { .. }
        | Outcome::Fail
        | Outcome::Flaky
        | Outcome::Skipped { .. } => None,
    }))
}

/// How many cells differ from others as the specification permits, by operation.
#[must_use]
pub fn permitted(record: &Record) -> BTreeMap<&str, u32> {
    tally(record.cells.iter().filter_map(|c| match &c.outcome {
        Outcome::Permitted { rule } => Some(rule.as_str()),
        Outcome::Pass
        | Outcome::Known { .. }
        | Outcome::Fixed { .. }
        | Outcome::Fail
        | Outcome::Flaky
        | Outcome::Skipped { .. } => None,
    }))
}

/// How many cells were not run for each reason.
#[must_use]
pub fn skipped(record: &Record) -> BTreeMap<&str, u32> {
    tally(record.cells.iter().filter_map(|c| match &c.outcome {
        Outcome::Skipped { reason } => Some(reason.as_str()),
        Outcome::Pass
        | Outcome::Permitted { .. }
        | Outcome::Known { .. }
        | Outcome::Fixed { .. }
        | Outcome::Fail
        | Outcome::Flaky => None,
    }))
}

fn tally<'a>(keys: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, u32> {
    let mut counts = BTreeMap::new();
    keys.for_each(|k| *counts.entry(k).or_default() += 1);
    counts
}

/// How many places each oracle should name and leaves empty.
#[must_use]
pub fn not_described(record: &Record) -> BTreeMap<&str, u64> {
    let mut by_oracle: BTreeMap<&str, u64> = BTreeMap::new();
    for (id, o) in record.cells.iter().flat_map(|c| &c.oracles).filter(|(_, o)| o.not_described > 0) {
        *by_oracle.entry(id).or_default() += u64::from(o.not_described);
    }
    by_oracle
}

/// The seconds that the run took by the clock.
#[must_use]
pub fn seconds(record: &Record) -> f64 {
    record.timings.get(WALL).copied().unwrap_or_else(|| record.timings.values().sum())
}

/// `1 cell`, `2 cells`.
#[must_use]
pub fn counted(count: impl std::fmt::Display, noun: &str) -> String {
    let count = count.to_string();
    let s = if count == "1" { "" } else { "s" };
    format!("{count} {noun}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ProblemKind;
    use crate::render::example;

    #[test]
    fn a_run_ends_in_one_of_four_ways() {
        let mut record = example::record();
        assert_eq!(End::of(&record), End::Failed);
        record.cells.retain(|c| !c.outcome.fails());
        record.seal();
        assert_eq!(End::of(&record), End::Failed, "problems fail a run, too");
        record.problems.retain(|p| !p.fails());
        let watched = ProblemKind::NotWatched;
        record.problems.push(Problem { kind: watched, toolchain: None, cell: None, message: "no gdbserver".into() });
        assert_eq!(End::of(&record), End::Ok, "what is not watched is skipped");
        record.cells.retain(|c| matches!(c.outcome, Outcome::Skipped { .. }));
        record.seal();
        assert_eq!(End::of(&record), End::Nothing);
        record.interrupted = true;
        assert_eq!(End::of(&record), End::Interrupted);
    }
}
