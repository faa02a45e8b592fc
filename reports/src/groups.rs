//! Equal failures told once: a wrong register shows in hundreds of cells, and
//! nobody reads the same want and got hundreds of times.

use crate::coordinate::rerun;
use crate::outcome::Outcome;
use crate::record::Record;
use std::collections::{BTreeMap, BTreeSet};

/// One failure and the cells that show it.
#[derive(Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// `fail`, `flaky`, `fixed`.
    pub word: &'static str,
    /// The oracle's id, or the issue of what is fixed.
    pub oracle: &'a str,
    /// Where in the observation; empty where the whole cell is meant.
    pub path: &'a str,
    /// What should have been seen.
    pub expected: &'a str,
    /// Who says so.
    pub basis: Option<&'static str>,
    /// What was seen.
    pub actual: &'a str,
    /// Further facts, those of the first cell.
    pub evidence: &'a [String],
    /// The cells at fault, in order.
    pub cells: Vec<&'a str>,
    /// The command that repeats the first.
    pub rerun: String,
}

impl<'a> Group<'a> {
    /// A group that concerns whole cells.
    fn of_cells(word: &'static str, oracle: &'a str, want: &'a str, got: &'a str, cells: Vec<&'a str>) -> Group<'a> {
        let rerun = cells.first().map(|c| rerun(c)).unwrap_or_default();
        Group { word, oracle, path: "", expected: want, basis: None, actual: got, evidence: &[], cells, rerun }
    }
}

/// The failures of a record: those in most cells first, so that the widest
/// fault is read first.
#[must_use]
pub fn groups(record: &Record) -> Vec<Group<'_>> {
    let mut groups = disagreements(record);
    groups.extend(unobserved(record));
    groups.extend(fixed(record));
    for g in &mut groups {
        g.cells.sort_unstable();
        g.cells.dedup();
    }
    groups.sort_by_key(|g| std::cmp::Reverse(g.cells.len()));
    groups.extend(unexplained(record));
    groups
}

fn disagreements(record: &Record) -> Vec<Group<'_>> {
    let mut by_text = BTreeMap::new();
    for f in record.findings.iter().filter(|f| f.outcome.fails()) {
        let word = f.outcome.id();
        let f = &f.finding;
        let at_fault = f.cells.first().map_or("", String::as_str);
        by_text
            .entry((word, &f.oracle, &f.path, &f.expected, f.basis, &f.actual))
            .or_insert_with(|| Group {
                word,
                oracle: &f.oracle,
                path: &f.path,
                expected: &f.expected,
                basis: Some(f.basis.words()),
                actual: &f.actual,
                evidence: &f.evidence,
                cells: vec![],
                rerun: f.rerun.clone(),
            })
            .cells
            .push(at_fault);
    }
    by_text.into_values().collect()
}

fn unobserved(record: &Record) -> Vec<Group<'_>> {
    let mut by_reason: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for c in record.cells.iter().filter(|c| c.outcome.fails()) {
        for key in c.unobserved() {
            by_reason.entry(key).or_default().push(&c.cell);
        }
    }
    by_reason
        .into_iter()
        .map(|((oracle, reason), cells)| Group::of_cells("fail", oracle, "something to judge", reason, cells))
        .collect()
}

fn fixed(record: &Record) -> Vec<Group<'_>> {
    let mut by_issue: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for c in &record.cells {
        match &c.outcome {
            Outcome::Fixed { issue } => by_issue.entry(issue).or_default().push(&c.cell),
            Outcome::Pass
            | Outcome::Permitted { .. }
            | Outcome::Known { .. }
            | Outcome::Fail
            | Outcome::Flaky
            | Outcome::Skipped { .. } => {}
        }
    }
    let want = "the failure that the expectation names";
    let got = "it no longer fails here: narrow the expectation, or take it away";
    by_issue.into_iter().map(|(issue, cells)| Group::of_cells("fixed", issue, want, got, cells)).collect()
}

/// Failing cells that nothing above names: silence about them would hide them.
fn unexplained(record: &Record) -> Option<Group<'_>> {
    let named: BTreeSet<&str> = record
        .findings
        .iter()
        .filter(|f| f.outcome.fails())
        .flat_map(|f| &f.finding.cells)
        .map(String::as_str)
        .collect();
    let cells: Vec<&str> = record
        .cells
        .iter()
        .filter(|c| matches!(c.outcome, Outcome::Fail | Outcome::Flaky))
        .filter(|c| c.unobserved().next().is_none() && !named.contains(c.cell.as_str()))
        .map(|c| c.cell.as_str())
        .collect();
    cells.first()?;
    let got = "the cell failed, and nothing in the record says why";
    Some(Group::of_cells("fail", "no oracle", "a finding that says why", got, cells))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::example;

    #[test]
    fn equal_findings_are_told_once_and_unlike_ones_apart() {
        let mut record = example::record();
        let model = record.findings.iter().find(|f| f.outcome == Outcome::Fail).unwrap().clone();
        let before = groups(&record).len();
        for i in 0..5 {
            let mut f = model.clone();
            f.finding.cells = vec![format!("a/b/c{i}@go1.27.3/linux-arm64/opt/direct")];
            record.findings.push(f);
        }
        let after = groups(&record);
        assert_eq!(after.len(), before);
        assert_eq!(after[0].cells.len(), 6);
        let mut other = model;
        other.finding.actual = "something else".into();
        record.findings.push(other);
        assert_eq!(groups(&record).len(), before + 1);
    }

    #[test]
    fn every_failing_cell_is_in_a_group() {
        let mut record = example::record();
        record.findings.clear();
        let named: BTreeSet<&str> = groups(&record).into_iter().flat_map(|g| g.cells).collect();
        let failing: BTreeSet<&str> =
            record.cells.iter().filter(|c| c.outcome.fails()).map(|c| c.cell.as_str()).collect();
        assert_eq!(named, failing);
    }
}
