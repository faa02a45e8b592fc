//! What the page's script needs to search and filter: which cells there are,
//! and the texts by which they can be found.

use super::grid::{Column, Grid};
use crate::html::sign::Sign;
use crate::outcome::Outcome;
use crate::record::Record;
use crate::text::clean;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The data of `script.js`; its keys are described there.
#[must_use]
pub fn index(record: &Record, grid: &Grid<'_>) -> Value {
    let signs: Vec<Value> =
        Sign::ALL.iter().map(|s| json!([s.letter().to_string(), s.word(), s.shape(), s.meaning()])).collect();
    let column = |c: &Column<'_>| json!([clean(c.toolchain), clean(c.target), clean(c.build), grid.program(c)]);
    let columns: Vec<Value> =
        grid.columns.iter().map(column).collect();
    let clean_all = |texts: &mut dyn Iterator<Item = &str>| texts.map(clean).collect::<Vec<_>>();
    let texts: Vec<Value> = texts(record, grid).into_iter().map(|((o, t), p)| json!([o, t, p])).collect();
    json!({
        "signs": signs,
        "columns": columns,
        "calls": clean_all(&mut grid.calls.iter().copied()),
        "cases": clean_all(&mut grid.rows.iter().map(|r| r.case)),
        "letters": grid.letters(),
        "texts": texts,
    })
}

/// Oracle and symptom, or nothing and issue or reason, with the cells that have it.
fn texts(record: &Record, grid: &Grid<'_>) -> BTreeMap<(String, String), BTreeSet<usize>> {
    let positions = grid.positions();
    let failing: BTreeSet<&str> =
        record.cells.iter().filter(|c| c.outcome.fails()).map(|c| c.cell.as_str()).collect();
    let mut texts: BTreeMap<(String, String), BTreeSet<usize>> = BTreeMap::new();
    let mut add = |oracle: &str, text: String, cell: &str| {
        if let Some(at) = positions.get(cell) {
            // Cleaned as what is shown is: people copy from there.
            texts.entry((clean(oracle), clean(&text))).or_default().insert(*at);
        }
    };
    for f in &record.findings {
        let expectation = f.expectation.as_deref().unwrap_or_default();
        let (f, said) = (&f.finding, reason(&f.outcome).unwrap_or_default());
        // The first cell is the one at fault; a sound one only shows what is wanted.
        let others = f.cells.iter().skip(1).filter(|c| failing.contains(c.as_str()));
        for cell in f.cells.first().into_iter().chain(others) {
            add(&f.oracle, format!("{} {expectation} {said}", symptom(&f.path, &f.expected, &f.actual)), cell);
        }
    }
    for c in &record.cells {
        for (oracle, why) in c.unobserved() {
            add(oracle, why.to_string(), &c.cell);
        }
        if let Some(why) = reason(&c.outcome) {
            add("", why.to_string(), &c.cell);
        }
    }
    texts
}

/// A symptom as one text, by which it can be found.
#[must_use]
pub fn symptom(path: &str, want: &str, got: &str) -> String {
    format!("{path} {want} {got}")
}

/// The issue or reason that an outcome carries.
#[must_use]
pub fn reason(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Known { issue } | Outcome::Fixed { issue } => Some(issue),
        Outcome::Permitted { rule } => Some(rule),
        Outcome::Skipped { reason } => Some(reason),
        Outcome::Pass | Outcome::Fail | Outcome::Flaky => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::example;

    #[test]
    fn each_symptom_and_reason_is_found_at_its_cells() {
        let record = example::record();
        let grid = Grid::of(&record);
        let texts = texts(&record, &grid);
        let at = |part: &str| {
            let found: Vec<_> = texts.iter().filter(|((_, t), _)| t.contains(part)).collect();
            assert!(!found.is_empty(), "{part}");
            found.iter().map(|((o, _), p)| (o.as_str(), p.len())).collect::<Vec<_>>()
        };
        assert_eq!(at("results[2].dynamic *errors.errorString nil"), [("values", 1)]);
        assert_eq!(at("the transcript ends"), [("values", 1)]);
        assert_eq!(at("golang/go#72053"), [("", 1), ("dwarf", 1)]);
        assert_eq!(at("int is 32 bits wide"), [("", 1)]);
    }
}
