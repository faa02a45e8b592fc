//! The closed words of a comparison, and the one table that decides them.

use crate::outcome::Outcome;
use crate::record::CellRecord;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happened to a cell between two records, in the order in which people
/// want to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// It was sound, or its failure was known, and now a finding shows that no
    /// expectation describes.
    Regressed,
    /// It fails as before with other findings, or the findings are judged in
    /// another way: an expectation came, went, or describes something new.
    Changed,
    /// Flaky on either side: the difference says nothing.
    Spurious,
    /// Not judged on at least one side, and so not to be compared.
    Unknown,
    /// It failed, known or not, and no longer does.
    Fixed,
    /// The old record does not have the cell.
    Added,
    /// The new record does not have the cell.
    Removed,
    /// As before, down to the findings.
    Same,
}

/// How a cell stands in one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// [`Outcome::Pass`].
    Pass,
    /// [`Outcome::Permitted`]: as good as a pass.
    Permitted,
    /// [`Outcome::Known`].
    Known,
    /// [`Outcome::Fixed`].
    Fixed,
    /// [`Outcome::Fail`].
    Fail,
    /// [`Outcome::Flaky`].
    Flaky,
    /// [`Outcome::Skipped`].
    Skipped,
    /// It could not be run at all, through no fault of the case.
    Unjudged,
    /// The run was interrupted before it came to the cell.
    Interrupted,
    /// The record is whole and does not have the cell.
    Absent,
}

/// How the findings of a cell on both sides relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Findings {
    /// The same ones, or none on both sides.
    Same,
    /// Some went, and none is new.
    Fewer,
    /// At least one is new.
    New,
}

impl Word {
    /// All words in their order.
    pub const ALL: [Word; 8] = [
        Word::Regressed,
        Word::Changed,
        Word::Spurious,
        Word::Unknown,
        Word::Fixed,
        Word::Added,
        Word::Removed,
        Word::Same,
    ];

    /// The word, as in JSON.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Word::Regressed => "regressed",
            Word::Changed => "changed",
            Word::Spurious => "spurious",
            Word::Unknown => "unknown",
            Word::Fixed => "fixed",
            Word::Added => "added",
            Word::Removed => "removed",
            Word::Same => "same",
        }
    }

    /// What it means, for a person.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Word::Regressed => "findings that were not there and that no expectation describes",
            Word::Changed => "other findings than before, or other expectations",
            Word::Spurious => "flaky on at least one side",
            Word::Unknown => "not judged on at least one side",
            Word::Fixed => "findings that are gone",
            Word::Added => "only in the new record",
            Word::Removed => "only in the old record",
            Word::Same => "as before",
        }
    }

    /// The comparison of two states, for every pair of them. `findings` counts
    /// only where both sides have some.
    ///
    /// | old \ new | pass | known | fixed | fail |
    /// |---|---|---|---|---|
    /// | pass | same | changed | changed | regressed |
    /// | known | fixed | same if the findings are, else changed | fixed | regressed if a finding is new, else changed |
    /// | fixed | changed | changed | same if the findings are, else changed | regressed |
    /// | fail | fixed | changed | fixed | same if the findings are, else changed |
    ///
    /// `permitted` is as `pass`: which cells differ from the others may change
    /// from run to run. A known failure never is a regression: that is what expectations are
    /// for. Between `pass` and `fixed` no finding differs, only what is
    /// expected. What was not judged on a side is `unknown` before it is
    /// anything else; absent cells are `added` or `removed`, whatever their
    /// state on the other side.
    #[must_use]
    pub fn of(old: State, new: State, findings: Findings) -> Word {
        use State::{Absent, Fail, Fixed, Flaky, Interrupted, Known, Pass, Permitted, Skipped, Unjudged};
        let changed_unless_same = match findings {
            Findings::Same => Word::Same,
            Findings::Fewer | Findings::New => Word::Changed,
        };
        match (old, new) {
            (Absent | Interrupted, Absent | Interrupted) => Word::Unknown,
            (Absent, Pass | Permitted | Known | Fixed | Fail | Flaky | Skipped | Unjudged) => Word::Added,
            (Pass | Permitted | Known | Fixed | Fail | Flaky | Skipped | Unjudged, Absent) => Word::Removed,
            (Skipped | Unjudged | Interrupted, Pass | Permitted | Known | Fixed | Fail | Flaky)
            | (Pass | Permitted | Known | Fixed | Fail | Flaky, Skipped | Unjudged | Interrupted)
            | (Skipped | Unjudged, Skipped | Unjudged | Interrupted)
            | (Interrupted, Skipped | Unjudged) => Word::Unknown,
            (Flaky, Pass | Permitted | Known | Fixed | Fail | Flaky)
            | (Pass | Permitted | Known | Fixed | Fail, Flaky) => Word::Spurious,
            (Pass | Permitted, Pass | Permitted) => Word::Same,
            (Pass | Permitted | Fixed, Fail) => Word::Regressed,
            (Known, Fail) => match findings {
                Findings::New => Word::Regressed,
                // The expectation expired or was taken away.
                Findings::Same | Findings::Fewer => Word::Changed,
            },
            (Known | Fail, Pass | Permitted | Fixed) => Word::Fixed,
            (Pass | Permitted | Fixed | Fail, Known) | (Pass | Permitted, Fixed) | (Fixed, Pass | Permitted) => {
                Word::Changed
            }
            (Known, Known) | (Fixed, Fixed) | (Fail, Fail) => changed_unless_same,
        }
    }
}

impl State {
    /// All states.
    pub const ALL: [State; 10] = [
        State::Pass,
        State::Permitted,
        State::Known,
        State::Fixed,
        State::Fail,
        State::Flaky,
        State::Skipped,
        State::Unjudged,
        State::Interrupted,
        State::Absent,
    ];

    /// How a cell that a record has stands in it.
    #[must_use]
    pub fn of(cell: &CellRecord) -> State {
        match &cell.outcome {
            Outcome::Pass => State::Pass,
            Outcome::Permitted { .. } => State::Permitted,
            Outcome::Known { .. } => State::Known,
            Outcome::Fixed { .. } => State::Fixed,
            Outcome::Fail if cell.unjudged().is_some() => State::Unjudged,
            Outcome::Fail => State::Fail,
            Outcome::Flaky => State::Flaky,
            Outcome::Skipped { .. } => State::Skipped,
        }
    }

    /// The word, as in JSON.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            State::Pass => "pass",
            State::Permitted => "permitted",
            State::Known => "known",
            State::Fixed => "fixed",
            State::Fail => "fail",
            State::Flaky => "flaky",
            State::Skipped => "skipped",
            State::Unjudged => "unjudged",
            State::Interrupted => "interrupted",
            State::Absent => "absent",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Rows: the old state; columns: the new. `=` same if the findings are,
    /// else changed; `!` regressed if a finding is new, else changed.
    const TABLE: &str = "
                    pass      permitted known     fixed     fail      flaky     skipped   unjudged  interrupted absent
        pass        same      same      changed   changed   regressed spurious  unknown   unknown   unknown   removed
        permitted   same      same      changed   changed   regressed spurious  unknown   unknown   unknown   removed
        known       fixed     fixed     =         fixed     !         spurious  unknown   unknown   unknown   removed
        fixed       changed   changed   changed   =         regressed spurious  unknown   unknown   unknown   removed
        fail        fixed     fixed     changed   fixed     =         spurious  unknown   unknown   unknown   removed
        flaky       spurious  spurious  spurious  spurious  spurious  spurious  unknown   unknown   unknown   removed
        skipped     unknown   unknown   unknown   unknown   unknown   unknown   unknown   unknown   unknown   removed
        unjudged    unknown   unknown   unknown   unknown   unknown   unknown   unknown   unknown   unknown   removed
        interrupted unknown   unknown   unknown   unknown   unknown   unknown   unknown   unknown   unknown   unknown
        absent      added     added     added     added     added     added     added     added     unknown   unknown
    ";

    #[test]
    fn every_pair_has_its_word() {
        let mut lines = TABLE.lines().map(|l| l.split_whitespace().collect::<Vec<_>>()).filter(|l| !l.is_empty());
        let states = State::ALL.map(State::id).to_vec();
        assert_eq!(lines.next().unwrap(), states);
        let mut seen = BTreeSet::new();
        for (old, line) in State::ALL.into_iter().zip(lines.by_ref()) {
            assert_eq!((line[0], line.len()), (old.id(), 1 + states.len()));
            for (new, want) in State::ALL.into_iter().zip(&line[1..]) {
                for findings in [Findings::Same, Findings::Fewer, Findings::New] {
                    let want = match (*want, findings) {
                        ("=", Findings::Same) => "same",
                        ("=", Findings::Fewer | Findings::New) => "changed",
                        ("!", Findings::New) => "regressed",
                        ("!", Findings::Same | Findings::Fewer) => "changed",
                        (word, _) => word,
                    };
                    let got = Word::of(old, new, findings);
                    assert_eq!(got.id(), want, "{} -> {}, {findings:?}", old.id(), new.id());
                    seen.insert(got);
                }
            }
        }
        assert!(lines.next().is_none());
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), Word::ALL);
    }

    #[test]
    fn words_are_as_in_json() {
        for w in Word::ALL {
            assert_eq!(serde_json::to_string(&w).unwrap(), format!("{:?}", w.id()));
        }
        for s in State::ALL {
            assert_eq!(serde_json::to_string(&s).unwrap(), format!("{:?}", s.id()));
        }
    }
}
