//! Findings that came and went, told by issue and kind; and what DWARF leaves
//! empty.

use super::super::markdown::text::inline;
use super::outcomes::linked;
use super::pairs::{Half, Pair};
use super::{NARROW, Page, WIDE};
use crate::compare::model::{Comparison, Symptom};
use crate::compare::word::Word;
use crate::coordinate::Coordinate;
use crate::outcome::Outcome;
use crate::overview::counted;
use crate::record::RUN;
use crate::text::clip_pair;
use std::collections::{BTreeMap, BTreeSet};

/// What makes findings alike: oracle, path without its numbers, issue.
type Key = (String, String, String);

/// Findings that are alike.
#[derive(Default)]
struct Alike<'a> {
    appeared: BTreeSet<&'a str>,
    went: BTreeSet<&'a str>,
    /// One of them, preferably one that appeared.
    example: Option<(&'a str, &'a Symptom)>,
}

pub(super) fn section(page: &mut Page, pair: &Pair<'_>, c: &Comparison) {
    let (old, new) = (issues(&pair.old), issues(&pair.new));
    let mut groups: BTreeMap<Key, Alike<'_>> = BTreeMap::new();
    // What only one toolchain was asked says nothing about the other.
    for row in c.rows.iter().filter(|r| r.word != Word::Added) {
        for (symptoms, issues, appeared) in [(&row.appeared, &new, true), (&row.went, &old, false)] {
            for s in symptoms {
                let key = (s.oracle.clone(), shape(&s.path), issue_of(issues, &row.cell, s));
                let group = groups.entry(key).or_default();
                let cells = if appeared { &mut group.appeared } else { &mut group.went };
                cells.insert(&row.cell);
                group.example.get_or_insert((&row.cell, s));
            }
        }
    }
    let mut oracles: BTreeSet<&str> =
        pair.new.cells.cells.iter().flat_map(|c| c.oracles.keys()).map(String::as_str).filter(|o| *o != RUN).collect();
    page.heading("Findings that came and went");
    if groups.is_empty() {
        page.line(format_args!("None. Judged were {}.", listed(&oracles)));
    } else {
        let rows: Vec<Vec<String>> = groups.iter().map(|(key, group)| row(key, group)).collect();
        let head = ["oracle", "where", "issue", "one of them", "cells where it went", "where it appeared"];
        page.table(&head, 4, &rows, "finding");
        oracles.retain(|o| !groups.keys().any(|(oracle, ..)| oracle == o));
        if !oracles.is_empty() {
            page.line(format_args!("\nNothing came or went in {}.", listed(&oracles)));
        }
    }
    described(page, pair, c);
}

/// Oracles by name; what is no oracle is shown as what it is.
fn listed(oracles: &BTreeSet<&str>) -> String {
    let names: Vec<String> = oracles.iter().map(|o| inline(o, NARROW)).collect();
    match names.as_slice() {
        [] => "no oracles".into(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn row((oracle, path, issue): &Key, group: &Alike<'_>) -> Vec<String> {
    let example = group.example.map_or_else(String::new, |(cell, s)| {
        let (want, got) = clip_pair(&s.expected, &s.actual, NARROW);
        let (want, got) = (inline(&want, WIDE), inline(&got, WIDE));
        format!("{}: want {want}, got {got}", inline(cell, WIDE))
    });
    let known = if issue.is_empty() { "none known".to_string() } else { linked(issue) };
    let count = |cells: &BTreeSet<&str>| if cells.is_empty() { "-".to_string() } else { cells.len().to_string() };
    let path = if path.is_empty() { "the cell".to_string() } else { inline(path, WIDE) };
    vec![inline(oracle, NARROW), path, known, example, count(&group.went), count(&group.appeared)]
}

/// The path with `*` for each index.
fn shape(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for (i, part) in path.split('[').enumerate() {
        let (index, rest) = part.split_once(']').unwrap_or(("", part));
        match i {
            0 => out += part,
            _ if !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit()) => out = out + "[*]" + rest,
            _ => out = out + "[" + part,
        }
    }
    out
}

/// The issue of each finding, by the cell without its toolchain.
type Issues<'a> = BTreeMap<(String, &'a str, &'a str, &'a str), &'a str>;

fn issues<'a>(half: &'a Half<'_>) -> Issues<'a> {
    let mut out = Issues::new();
    for f in &half.cells.findings {
        let Outcome::Known { issue } = &f.outcome else { continue };
        for cell in &f.finding.cells {
            out.insert((anywhere(cell), &f.finding.oracle, &f.finding.path, &f.finding.actual), issue);
        }
    }
    out
}

fn issue_of(issues: &Issues<'_>, cell: &str, s: &Symptom) -> String {
    let key = (anywhere(cell), s.oracle.as_str(), s.path.as_str(), s.actual.as_str());
    issues.get(&key).map(|i| (*i).to_string()).unwrap_or_default()
}

/// A cell's text without its toolchain.
fn anywhere(cell: &str) -> String {
    let c = Coordinate::of(cell);
    format!("{}@{}/{}/{}", c.case, c.target, c.build, c.call)
}

/// Places that DWARF leaves empty, in cells that both toolchains were asked for.
fn described(page: &mut Page, pair: &Pair<'_>, c: &Comparison) {
    let both: BTreeSet<String> = c
        .rows
        .iter()
        .filter(|r| !matches!(r.word, Word::Added | Word::Removed | Word::Unknown))
        .map(|r| anywhere(&r.cell))
        .collect();
    let count = |half: &Half<'_>| {
        let mut sums: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
        for cell in half.cells.cells.iter().filter(|c| both.contains(&anywhere(&c.cell))) {
            let at = Coordinate::of(&cell.cell);
            let sum = sums.entry((at.target.to_string(), at.build.to_string())).or_default();
            for o in cell.oracles.values() {
                sum.0 += u64::from(o.not_described);
                sum.1 += u64::from(o.not_described) + u64::from(o.agree) + u64::from(o.disagree);
            }
        }
        sums
    };
    let (old, new) = (count(&pair.old), count(&pair.new));
    page.heading("Not described by DWARF");
    let total = |sums: &BTreeMap<_, (u64, u64)>| sums.values().map(|s| s.0).sum::<u64>();
    let changed: Vec<Vec<String>> = new
        .iter()
        .filter_map(|(key, (n, asked))| {
            let (before, _) = old.get(key).copied().unwrap_or_default();
            let (target, build) = (inline(&key.0, NARROW), inline(&key.1, NARROW));
            let row = vec![target, build, before.to_string(), n.to_string(), asked.to_string()];
            (before != *n).then_some(row)
        })
        .collect();
    if changed.is_empty() {
        page.line(format_args!("As before: {} left empty.", counted(total(&new), "place")));
        return;
    }
    page.line(format_args!("{} left empty, before {}.\n", counted(total(&new), "place"), total(&old)));
    page.table(&["target", "build", "before", "now", "questions asked"], 2, &changed, "row");
}
