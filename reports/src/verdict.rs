//! The closed words of judgement: verdicts, findings, outcomes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who says what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The Go language or ABI specification, through our model of it.
    Spec,
    /// The case file states it.
    Case,
    /// Another cell of the same case showed it.
    Peer,
}

impl Basis {
    /// The words for a person.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Basis::Spec => "the specification says so",
            Basis::Case => "the case says so",
            Basis::Peer => "another cell shows it",
        }
    }
}

/// A disagreement that an oracle found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The oracle's id.
    pub oracle: String,
    /// The cells concerned, as their texts; the first is the one at fault where that is known.
    pub cells: Vec<String>,
    /// Where in the observation: `vectors[0].results[2].dynamic`.
    pub path: String,
    /// What should have been seen.
    pub expected: String,
    /// Who says so.
    pub basis: Basis,
    /// What was seen.
    pub actual: String,
    /// Further facts, a line each.
    pub evidence: Vec<String>,
    /// The command that repeats only this.
    pub rerun: String,
}

/// What one oracle says of one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Agree,
    /// Not as it should be.
    Disagree(Finding),
    /// The question does not arise here, and why.
    Inapplicable(String),
    /// DWARF gives no location: counted, not failed.
    NotDescribed,
    /// Nothing was seen where something should have been: fails.
    Unobserved(String),
}
