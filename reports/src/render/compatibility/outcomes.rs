//! What cells came to, in the closed words of comparisons.

use super::super::markdown::text::{code, inline, issue};
use super::{NARROW, Page, WIDE};
use crate::compare::model::{Comparison, Side};
use crate::compare::word::{State, Word};
use crate::overview::counted;
use std::collections::BTreeMap;

pub(super) fn section(page: &mut Page, c: &Comparison) {
    let words = Word::ALL.into_iter().filter(|w| c.counts.get(*w) > 0);
    let words: Vec<String> = words.map(|w| format!("{} {}", c.counts.get(w), w.id())).collect();
    let colon = if words.is_empty() { "" } else { ": " };
    page.line(format_args!("\n{}{colon}{}", counted(c.counts.all(), "cell"), words.join(", ")));
    let mut alike: BTreeMap<(Word, &Side, &Side), Vec<&str>> = BTreeMap::new();
    for row in c.rows.iter().filter(|r| r.word != Word::Same) {
        alike.entry((row.word, &row.old, &row.new)).or_default().push(&row.cell);
    }
    if alike.is_empty() {
        return;
    }
    page.heading("Cells that came to something else");
    let mut rows: Vec<_> = alike.into_iter().collect();
    rows.sort_by_key(|((word, ..), cells)| (*word, std::cmp::Reverse(cells.len())));
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|((word, old, new), cells)| {
            let first = cells.first().map(|c| inline(c, WIDE)).unwrap_or_default();
            vec![word.id().to_string(), side(old), side(new), first, cells.len().to_string()]
        })
        .collect();
    page.table(&["what", "from", "to", "the first", "cells"], 4, &rows, "change");
}

/// How a cell stood, and why where that is told; for a table.
fn side(s: &Side) -> String {
    match (&s.why, s.is) {
        (None, is) => is.id().to_string(),
        (Some(why), is @ (State::Known | State::Fixed)) => format!("{}: {}", is.id(), linked(why)),
        (
            Some(why),
            is @ (State::Pass | State::Permitted | State::Fail | State::Flaky | State::Skipped | State::Unjudged | State::Interrupted | State::Absent),
        ) => format!("{}: {}", is.id(), inline(why, NARROW)),
    }
}

/// An issue for a table: a link, or a text without marks.
pub(super) fn linked(text: &str) -> String {
    let link = issue(text);
    if link == code(text, 80) { inline(text, NARROW) } else { link }
}
