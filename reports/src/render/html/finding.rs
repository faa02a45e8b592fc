//! Findings, in full: want and got side by side, who says so, and how to see
//! it again.

use super::details::cell_link;
use super::index::reason;
use crate::coordinate::Coordinate;
use crate::html::differ::want_got;
use crate::html::page::command;
use crate::html::sign::Sign;
use crate::html::text::{issue, line};
use crate::outcome::Outcome;
use crate::record::FindingRecord;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Where in a function a finding is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// At its first instruction: where parameters are.
    Entry,
    /// At its return instructions: where results are.
    Return,
}

impl Role {
    /// The place that a finding's path speaks of, if it is one in the code.
    #[must_use]
    pub fn of(path: &str) -> Option<Role> {
        let names = |words: &[&str]| path.split('.').any(|part| words.contains(&part.split('[').next().unwrap_or(part)));
        match (names(&["params", "args"]), names(&["results"])) {
            (true, false | true) => Some(Role::Entry),
            (false, true) => Some(Role::Return),
            (false, false) => None,
        }
    }

    /// The word that marks an instruction in the record.
    #[must_use]
    pub fn mark(self) -> &'static str {
        match self {
            Role::Entry => "entry",
            Role::Return => "return",
        }
    }

    /// What is decided at a marked instruction.
    #[must_use]
    pub fn why(self) -> &'static str {
        match self {
            Role::Entry => "here parameters must be where the ABI assignment has them",
            Role::Return => "here results must be where the ABI assignment has them",
        }
    }
}

/// Findings that are alike in all but the cells that show them.
pub struct Alike<'a> {
    first: &'a FindingRecord,
    /// The cells at fault.
    cells: Vec<&'a str>,
}

/// Tells equal findings once.
#[must_use]
pub fn alike<'a>(findings: &[&'a FindingRecord]) -> Vec<Alike<'a>> {
    let mut by_text: BTreeMap<_, Alike<'a>> = BTreeMap::new();
    for record in findings {
        let f = &record.finding;
        let key = (&record.outcome, &f.oracle, &f.path, &f.expected, f.basis, &f.actual, &f.evidence);
        let same = by_text.entry(key).or_insert_with(|| Alike { first: record, cells: vec![] });
        same.cells.extend(f.cells.first().map(String::as_str));
    }
    let mut all: Vec<Alike<'a>> = by_text.into_values().collect();
    // What fails the run first; then as the record has them.
    all.sort_by_key(|a| (!a.first.outcome.fails(), a.first));
    all
}

impl Alike<'_> {
    /// Where in the code it is decided.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        Role::of(&self.first.finding.path)
    }

    /// Whether it shows on this target, in a cell of one of these call kinds.
    #[must_use]
    pub fn shows_in(&self, target: &str, calls: &[String]) -> bool {
        let mut cells = self.cells.iter().map(|c| Coordinate::of(c));
        cells.any(|c| c.target == target && calls.iter().any(|call| call == c.call))
    }

    /// The finding's path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.first.finding.path
    }

    /// All of it.
    #[must_use]
    pub fn article(&self, number: usize) -> Markup {
        let record = self.first;
        let f = &record.finding;
        let others: Vec<&String> = f.cells.iter().skip(1).collect();
        html! {
            article.finding {
                h5 { (number) ". " (sign(&record.outcome).badge()) " " (line(&f.oracle)) " " code { (line(&f.path)) } }
                p.where {
                    @for (target, calls) in by_target(&self.cells) {
                        span.target data-target=(line(target)) { (line(target)) ": " (line(&calls.join(", "))) } " "
                    }
                }
                (want_got(&f.expected, Some(f.basis.words()), &f.actual))
                dl.facts {
                    @if !f.evidence.is_empty() {
                        dt { "evidence" }
                        dd { @for e in &f.evidence { div { code { (line(e)) } } } }
                    }
                    @if let Some(e) = &record.expectation {
                        dt { "expectation" }
                        dd { code { (line(e)) } @if let Some(at) = reason(&record.outcome) { ", " (issue(at)) } }
                    } @else if let Some(at) = reason(&record.outcome) {
                        dt { "issue" }
                        dd { (issue(at)) }
                    }
                    @if !others.is_empty() {
                        dt { "compared with" }
                        dd { @for c in others { div { (cell_link(c, c)) } } }
                    }
                    dt { "rerun" }
                    dd { (command(&f.rerun)) }
                }
            }
        }
    }
}

/// The sign of a finding; one that a cell survives is as good as known.
fn sign(outcome: &Outcome) -> Sign {
    match outcome {
        Outcome::Pass => Sign::Pass,
        Outcome::Permitted { .. } => Sign::Permitted,
        Outcome::Known { .. } => Sign::Known,
        Outcome::Fixed { .. } => Sign::Fixed,
        Outcome::Fail => Sign::Fail,
        Outcome::Flaky => Sign::Flaky,
        Outcome::Skipped { .. } => Sign::Skipped,
    }
}

/// The call kinds of these cells, by target.
fn by_target<'a>(cells: &[&'a str]) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut out: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for c in cells {
        let c = Coordinate::of(c);
        out.entry(c.target).or_default().push(c.call);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_where_to_look() {
        for (path, role) in [
            ("vectors[0].dwarf.params[0].location", Some(Role::Entry)),
            ("vectors[0].args[1].tab", Some(Role::Entry)),
            ("dwarf.results[1].location", Some(Role::Return)),
            ("vectors[1].results", Some(Role::Return)),
            ("vectors[1].trace", None),
            ("layout.Params.size", None),
            ("", None),
        ] {
            assert_eq!(Role::of(path), role, "{path}");
        }
    }
}
