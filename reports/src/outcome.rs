//! What became of a cell once expectations were applied, and how many of each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The closed word for the end of a cell or finding. In JSON `outcome.is` is
/// always there: `{"is": "pass"}`, `{"is": "known", "issue": "golang/go#50990"}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "lowercase")]
pub enum Outcome {
    /// All oracles agree.
    Pass,
    /// Its result differs from that of other cells as the Go specification
    /// permits; does not fail the run.
    Permitted {
        /// The operation that may, `fused_multiply_add`.
        rule: String,
    },
    /// It fails as an expectation says; does not fail the run.
    Known {
        /// The issue, `golang/go#73259`.
        issue: String,
    },
    /// An expected failure that no longer fails. Fails the run until the
    /// expectation is narrowed.
    Fixed {
        /// The issue that seems to be gone.
        issue: String,
    },
    /// An oracle disagrees, or saw nothing where something should have been.
    Fail,
    /// Repetitions of the same cell disagree with each other.
    Flaky,
    /// It was not run, and why.
    Skipped {
        /// Why.
        reason: String,
    },
}

/// How many cells came to each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// See [`Outcome::Pass`].
    pub pass: u32,
    /// See [`Outcome::Permitted`].
    #[serde(default)]
    pub permitted: u32,
    /// See [`Outcome::Known`].
    pub known: u32,
    /// See [`Outcome::Fixed`].
    pub fixed: u32,
    /// See [`Outcome::Fail`].
    pub fail: u32,
    /// See [`Outcome::Flaky`].
    pub flaky: u32,
    /// See [`Outcome::Skipped`].
    pub skipped: u32,
}

impl Outcome {
    /// The word, as in the record.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Permitted { .. } => "permitted",
            Outcome::Known { .. } => "known",
            Outcome::Fixed { .. } => "fixed",
            Outcome::Fail => "fail",
            Outcome::Flaky => "flaky",
            Outcome::Skipped { .. } => "skipped",
        }
    }

    /// Whether a run with such a cell fails.
    #[must_use]
    pub fn fails(&self) -> bool {
        match self {
            Outcome::Fail | Outcome::Flaky | Outcome::Fixed { .. } => true,
            Outcome::Pass | Outcome::Permitted { .. } | Outcome::Known { .. } | Outcome::Skipped { .. } => false,
        }
    }
}

impl Totals {
    /// Counts one more.
    pub fn add(&mut self, outcome: &Outcome) {
        *match outcome {
            Outcome::Pass => &mut self.pass,
            Outcome::Permitted { .. } => &mut self.permitted,
            Outcome::Known { .. } => &mut self.known,
            Outcome::Fixed { .. } => &mut self.fixed,
            Outcome::Fail => &mut self.fail,
            Outcome::Flaky => &mut self.flaky,
            Outcome::Skipped { .. } => &mut self.skipped,
        } += 1;
    }

    /// The counts of these outcomes.
    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Totals {
        let mut totals = Totals::default();
        outcomes.into_iter().for_each(|o| totals.add(o));
        totals
    }

    /// Word and count, in the order in which they are shown.
    #[must_use]
    pub fn listed(&self) -> [(&'static str, u32); 7] {
        [
            ("pass", self.pass),
            ("permitted", self.permitted),
            ("known", self.known),
            ("fixed", self.fixed),
            ("fail", self.fail),
            ("flaky", self.flaky),
            ("skipped", self.skipped),
        ]
    }

    /// All cells.
    #[must_use]
    pub fn all(&self) -> u32 {
        self.judged() + self.skipped
    }

    /// The cells that were judged; none of them means that nothing was shown.
    #[must_use]
    pub fn judged(&self) -> u32 {
        self.pass + self.permitted + self.known + self.failing()
    }

    /// The cells that fail the run.
    #[must_use]
    pub fn failing(&self) -> u32 {
        self.fixed + self.fail + self.flaky
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_pleasant() {
        let known = Outcome::Known { issue: "golang/go#50990".into() };
        assert_eq!(serde_json::to_string(&Outcome::Pass).unwrap(), r#"{"is":"pass"}"#);
        assert_eq!(serde_json::to_string(&known).unwrap(), r#"{"is":"known","issue":"golang/go#50990"}"#);
        assert_eq!(serde_json::from_str::<Outcome>(r#"{"is":"fail"}"#).unwrap(), Outcome::Fail);
    }

    #[test]
    fn totals_count_each_outcome_once() {
        let all = [
            Outcome::Pass,
            Outcome::Permitted { rule: String::new() },
            Outcome::Known { issue: String::new() },
            Outcome::Fixed { issue: String::new() },
            Outcome::Fail,
            Outcome::Flaky,
            Outcome::Skipped { reason: String::new() },
        ];
        let totals = Totals::of(&all);
        assert_eq!((totals.all(), totals.judged(), totals.failing()), (7, 6, 3));
        for ((word, count), outcome) in totals.listed().into_iter().zip(&all) {
            assert_eq!((word, count), (outcome.id(), 1));
        }
    }
}
