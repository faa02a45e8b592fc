//! The sign of each outcome: a word and a shape beside its colour, so that
//! nothing depends on telling colours apart.

use crate::compare::word::State;
use crate::record::CellRecord;
use maud::{Markup, html};

/// What became of a cell, as the pages show it; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    /// A finding that no expectation describes.
    Fail,
    /// It could not be run or judged, through no fault of the case.
    Unjudged,
    /// Repetitions disagree.
    Flaky,
    /// An expected failure is gone.
    Fixed,
    /// It fails as an expectation says.
    Known,
    /// It differs as the specification permits.
    Permitted,
    /// It was not run.
    Skipped,
    /// All oracles agree.
    Pass,
}

impl Sign {
    /// All signs, the worst first.
    pub const ALL: [Sign; 8] =
        [Sign::Fail, Sign::Unjudged, Sign::Flaky, Sign::Fixed, Sign::Known, Sign::Permitted, Sign::Skipped, Sign::Pass];

    /// The sign of a cell.
    #[must_use]
    pub fn of(cell: &CellRecord) -> Sign {
        // A cell that a record has always has one.
        Sign::of_state(State::of(cell)).unwrap_or(Sign::Unjudged)
    }

    /// The sign of a state; none where a record has no such cell.
    fn of_state(state: State) -> Option<Sign> {
        Some(match state {
            State::Pass => Sign::Pass,
            State::Permitted => Sign::Permitted,
            State::Known => Sign::Known,
            State::Fixed => Sign::Fixed,
            State::Fail => Sign::Fail,
            State::Flaky => Sign::Flaky,
            State::Skipped => Sign::Skipped,
            State::Unjudged => Sign::Unjudged,
            State::Interrupted | State::Absent => return None,
        })
    }

    /// The word; also the CSS class, after `s-`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Sign::Fail => "fail",
            Sign::Unjudged => "unjudged",
            Sign::Flaky => "flaky",
            Sign::Fixed => "fixed",
            Sign::Known => "known",
            Sign::Permitted => "permitted",
            Sign::Skipped => "skipped",
            Sign::Pass => "pass",
        }
    }

    /// The shape. Each font that shows ASCII and arrows has it.
    #[must_use]
    pub fn shape(self) -> &'static str {
        match self {
            Sign::Fail => "✕",
            Sign::Unjudged => "?",
            Sign::Flaky => "≈",
            Sign::Fixed => "↑",
            Sign::Known => "◆",
            Sign::Permitted => "◇",
            Sign::Skipped => "–",
            Sign::Pass => "✓",
        }
    }

    /// The letter by which the page's data calls it.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Sign::Fail => 'f',
            Sign::Unjudged => 'u',
            Sign::Flaky => 'y',
            Sign::Fixed => 'x',
            Sign::Known => 'k',
            Sign::Permitted => 'm',
            Sign::Skipped => 's',
            Sign::Pass => 'p',
        }
    }

    /// What it means, for a person.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Sign::Fail => "an oracle disagrees, or saw nothing where something should have been",
            Sign::Unjudged => "could not be run or judged at all, through no fault of the case; fails the run",
            Sign::Flaky => "repetitions of the same cell disagree with each other; fails the run",
            Sign::Fixed => "an expected failure no longer shows; fails the run until the expectation is narrowed",
            Sign::Known => "fails exactly as an expectation says; does not fail the run",
            Sign::Permitted => "differs from other cells as the Go specification permits; does not fail the run",
            Sign::Skipped => "was not run, for a reason that is given",
            Sign::Pass => "all oracles agree",
        }
    }

    /// Shape and word.
    #[must_use]
    pub fn badge(self) -> Markup {
        html! { span class={ "badge s-" (self.word()) } { span aria-hidden="true" { (self.shape()) } " " (self.word()) } }
    }
}

/// The badge of a state of `goabi diff`.
#[must_use]
pub fn state_badge(state: State) -> Markup {
    let Some(sign) = Sign::of_state(state) else {
        return html! { span.badge.s-skipped { (state.id()) } };
    };
    sign.badge()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_signs_look_alike() {
        let shapes: BTreeSet<&str> = Sign::ALL.iter().map(|s| s.shape()).collect();
        let letters: BTreeSet<char> = Sign::ALL.iter().map(|s| s.letter()).collect();
        let words: BTreeSet<&str> = Sign::ALL.iter().map(|s| s.word()).collect();
        assert_eq!((shapes.len(), letters.len(), words.len()), (8, 8, 8));
        assert!(Sign::ALL.is_sorted());
        for s in Sign::ALL {
            assert!(super::super::page::STYLE.contains(&format!(".s-{} ", s.word())), "{s:?} has no style");
        }
    }
}
