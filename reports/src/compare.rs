//! The comparison of two records, cell by cell, in closed words. Like every
//! report it is a view of what is recorded; nothing is run for it.

use crate::coordinate::Coordinate;
use crate::outcome::Outcome;
use crate::record::{CellRecord, FindingRecord, Record};
use std::collections::{BTreeMap, BTreeSet};

pub mod described;
pub mod model;
pub mod render;
pub mod word;

use model::{Comparison, Counts, Row, Run, SCHEMA_VERSION, Side, Symptom};
use word::{Findings, State, Word};

/// Whether the toolchain's label belongs to what cells are matched by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Toolchains {
    /// Ignored where each record has exactly one and they differ; else matched.
    #[default]
    Auto,
    /// Matched.
    Match,
    /// Ignored.
    Ignore,
}

/// Why two records cannot be compared.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// Cells of one record cannot be told apart.
    #[error("the {side} record has several cells {cell}; {}", if *ignored {
        "with several toolchains in a record their labels cannot be ignored"
    } else {
        "no run of goabi writes such a record"
    })]
    Ambiguous {
        /// `old` or `new`.
        side: &'static str,
        /// What they are matched by.
        cell: String,
        /// Whether labels of toolchains were ignored.
        ignored: bool,
    },
}

/// The cells of one record by what they are matched by.
struct Cells<'a> {
    interrupted: bool,
    by_key: BTreeMap<String, &'a CellRecord>,
    findings: BTreeMap<&'a str, Vec<&'a FindingRecord>>,
}

impl<'a> Cells<'a> {
    fn of(record: &'a Record, ignore: bool, side: &'static str) -> Result<Cells<'a>, CompareError> {
        let mut by_key = BTreeMap::new();
        for c in &record.cells {
            let key = if ignore { without_toolchain(&c.cell) } else { c.cell.clone() };
            if by_key.insert(key.clone(), c).is_some() {
                return Err(CompareError::Ambiguous { side, cell: key, ignored: ignore });
            }
        }
        Ok(Cells { interrupted: record.interrupted, by_key, findings: record.findings_by_cell() })
    }

    fn side(&self, key: &str) -> (Side, BTreeSet<Symptom>) {
        let Some(cell) = self.by_key.get(key) else {
            let is = if self.interrupted { State::Interrupted } else { State::Absent };
            return (Side { is, why: None }, BTreeSet::new());
        };
        let why = match &cell.outcome {
            Outcome::Known { issue } | Outcome::Fixed { issue } => Some(issue.clone()),
            Outcome::Permitted { rule } => Some(rule.clone()),
            Outcome::Skipped { reason } => Some(reason.clone()),
            Outcome::Fail => cell.unjudged().map(str::to_string),
            Outcome::Pass | Outcome::Flaky => None,
        };
        let is = State::of(cell);
        let mut symptoms = BTreeSet::new();
        if is != State::Unjudged {
            symptoms.extend(self.findings.get(cell.cell.as_str()).into_iter().flatten().filter_map(|f| observed(f)));
            symptoms.extend(cell.unobserved().map(|(oracle, why)| unobserved(oracle, why)));
        }
        (Side { is, why }, symptoms)
    }
}

/// The symptom of a finding. That an expectation is not met any more was not
/// seen in the cell, and so is none; nor is what may differ from run to run.
fn observed(record: &FindingRecord) -> Option<Symptom> {
    let f = &record.finding;
    match record.outcome {
        Outcome::Fixed { .. } | Outcome::Permitted { .. } => None,
        Outcome::Pass | Outcome::Known { .. } | Outcome::Fail | Outcome::Flaky | Outcome::Skipped { .. } => {
            Some(Symptom {
                oracle: f.oracle.clone(),
                path: f.path.clone(),
                expected: f.expected.clone(),
                actual: f.actual.clone(),
            })
        }
    }
}

fn unobserved(oracle: &str, why: &str) -> Symptom {
    Symptom { oracle: oracle.into(), path: String::new(), expected: "something to judge".into(), actual: why.into() }
}

/// The cell's text with `*` for its toolchain: a selector of both cells.
fn without_toolchain(cell: &str) -> String {
    let c = Coordinate::of(cell);
    if c.toolchain.is_empty() {
        return cell.to_string();
    }
    format!("{}@*/{}/{}/{}", c.case, c.target, c.build, c.call)
}

/// The labels that a record speaks of.
fn labels(record: &Record) -> BTreeSet<&str> {
    let of_cells = record.cells.iter().map(|c| Coordinate::of(&c.cell).toolchain);
    of_cells.chain(record.toolchains.iter().map(|t| t.label.as_str())).filter(|l| !l.is_empty()).collect()
}

fn run(record: &Record) -> Run {
    Run {
        goabi_version: record.goabi_version.clone(),
        started: record.started.clone(),
        interrupted: record.interrupted,
        toolchains: labels(record).into_iter().map(str::to_string).collect(),
        problems: record.problems.len(),
    }
}

/// Compares two records, every cell of either.
pub fn compare(old: &Record, new: &Record, toolchains: Toolchains) -> Result<Comparison, CompareError> {
    let ignore = match toolchains {
        Toolchains::Match => false,
        Toolchains::Ignore => true,
        Toolchains::Auto => {
            let (a, b) = (labels(old), labels(new));
            a.len() == 1 && b.len() == 1 && a != b
        }
    };
    let (before, after) = (Cells::of(old, ignore, "old")?, Cells::of(new, ignore, "new")?);
    let keys: BTreeSet<&String> = before.by_key.keys().chain(after.by_key.keys()).collect();
    let mut rows: Vec<Row> = keys.into_iter().map(|key| row(key, before.side(key), after.side(key))).collect();
    rows.sort_by(|a, b| (a.word, &a.cell).cmp(&(b.word, &b.cell)));
    let counts = Counts::of(&rows);
    let described = described::described(&old.functions, &new.functions, ignore);
    let (old, new) = (run(old), run(new));
    Ok(Comparison { schema_version: SCHEMA_VERSION, old, new, toolchains_ignored: ignore, counts, described, rows })
}

fn row(cell: &str, (old, before): (Side, BTreeSet<Symptom>), (new, after): (Side, BTreeSet<Symptom>)) -> Row {
    let mut appeared: Vec<Symptom> = after.difference(&before).cloned().collect();
    let mut went: Vec<Symptom> = before.difference(&after).cloned().collect();
    let findings = match (appeared.is_empty(), went.is_empty()) {
        (true, true) => Findings::Same,
        (true, false) => Findings::Fewer,
        (false, true | false) => Findings::New,
    };
    let word = Word::of(old.is, new.is, findings);
    match word {
        // Where a side was not judged, nothing can be said to have come or gone.
        Word::Unknown | Word::Removed => {
            appeared.clear();
            went.clear();
        }
        Word::Regressed | Word::Changed | Word::Spurious | Word::Fixed | Word::Added | Word::Same => {}
    }
    Row { cell: cell.into(), word, old, new, appeared, went }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
pub(crate) mod tests;
