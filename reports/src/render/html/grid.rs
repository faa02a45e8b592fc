//! The record's cells as a matrix: cases down, toolchain, target and build
//! across, call kinds within.

use crate::coordinate::Coordinate;
use crate::html::sign::Sign;
use crate::record::{CellRecord, Record};
use std::collections::{BTreeMap, BTreeSet};

/// One column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column<'a> {
    /// The toolchain's label.
    pub toolchain: &'a str,
    /// `linux-arm64`.
    pub target: &'a str,
    /// `opt`, `noopt` or `noregabi`.
    pub build: &'a str,
}

/// One row of the matrix.
#[derive(Debug)]
pub struct Row<'a> {
    /// The whole case, `topic/file/name`.
    pub case: &'a str,
    /// The case's topic.
    pub topic: &'a str,
    /// By column, then by call kind.
    pub cells: Vec<Vec<Option<&'a CellRecord>>>,
}

/// The matrix.
#[derive(Debug)]
pub struct Grid<'a> {
    /// By toolchain, then target, then build, as the record lists them.
    pub columns: Vec<Column<'a>>,
    /// Toolchain and build of each column: what a drill-down shows as one.
    pub programs: Vec<(&'a str, &'a str)>,
    /// The call kinds.
    pub calls: Vec<&'a str>,
    /// The cases, sorted; those of a topic follow each other.
    pub rows: Vec<Row<'a>>,
}

impl<'a> Grid<'a> {
    /// The matrix of a record.
    #[must_use]
    pub fn of(record: &'a Record) -> Grid<'a> {
        let coordinates: Vec<Coordinate<'a>> = record.cells.iter().map(|c| Coordinate::of(&c.cell)).collect();
        let column = |c: &Coordinate<'a>| Column { toolchain: c.toolchain, target: c.target, build: c.build };
        let columns: BTreeSet<Column<'a>> = coordinates.iter().map(column).collect();
        let mut columns: Vec<Column<'a>> = columns.into_iter().collect();
        // What the record does not list comes last.
        let toolchain = |l: &str| record.toolchains.iter().position(|t| t.label == l).unwrap_or(usize::MAX);
        let target = |l: &str| record.targets.iter().position(|t| t == l).unwrap_or(usize::MAX);
        columns.sort_by_key(|c| {
            (toolchain(c.toolchain), c.toolchain, target(c.target), c.target, c.build != "opt", c.build)
        });
        let calls: BTreeSet<&str> = coordinates.iter().map(|c| c.call).collect();
        let calls: Vec<&str> = calls.into_iter().collect();
        let mut programs: Vec<(&str, &str)> = Vec::new();
        for c in &columns {
            if !programs.contains(&(c.toolchain, c.build)) {
                programs.push((c.toolchain, c.build));
            }
        }
        let at: BTreeMap<Column<'_>, usize> = columns.iter().enumerate().map(|(i, c)| (*c, i)).collect();
        let mut by_case: BTreeMap<(&str, &str), Row<'a>> = BTreeMap::new();
        for (cell, c) in record.cells.iter().zip(&coordinates) {
            let topic = c.case.split_once('/').map_or("", |(topic, _)| topic);
            let row = by_case.entry((topic, c.case)).or_insert_with(|| Row {
                case: c.case,
                topic,
                cells: vec![vec![None; calls.len()]; columns.len()],
            });
            let places = at.get(&column(c)).copied().zip(calls.iter().position(|call| *call == c.call));
            if let Some((i, k)) = places {
                row.cells[i][k] = Some(cell);
            }
        }
        Grid { columns, programs, calls, rows: by_case.into_values().collect() }
    }

    /// The topics with the numbers of their rows.
    pub fn topics(&self) -> impl Iterator<Item = (&'a str, std::ops::Range<usize>)> {
        let mut start = 0;
        self.rows.chunk_by(|a, b| a.topic == b.topic).map(move |rows| {
            let range = start..start + rows.len();
            start = range.end;
            (rows[0].topic, range)
        })
    }

    /// The toolchain and build of a column, as a number.
    #[must_use]
    pub fn program(&self, column: &Column<'_>) -> usize {
        // Every column's is in the list, by construction.
        self.programs.iter().position(|p| *p == (column.toolchain, column.build)).unwrap_or(0)
    }

    /// The number of each cell, by its text: rows, then columns, then calls.
    #[must_use]
    pub fn positions(&self) -> BTreeMap<&'a str, usize> {
        let cells = self.rows.iter().flat_map(|r| r.cells.iter().flatten());
        cells.enumerate().filter_map(|(i, c)| Some((c.as_ref()?.cell.as_str(), i))).collect()
    }

    /// A letter for each cell, in the order of their numbers; a dot for none.
    #[must_use]
    pub fn letters(&self) -> String {
        let cells = self.rows.iter().flat_map(|r| r.cells.iter().flatten());
        cells.map(|c| c.map_or('.', |c| Sign::of(c).letter())).collect()
    }
}

/// What a place in the matrix shows: the worst sign, how many cells have it,
/// and of how many.
#[must_use]
pub fn worst(signs: impl Iterator<Item = Sign>) -> Option<(Sign, usize, usize)> {
    let signs: Vec<Sign> = signs.collect();
    let worst = signs.iter().min()?;
    Some((*worst, signs.iter().filter(|s| *s == worst).count(), signs.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::example;

    #[test]
    fn every_cell_has_its_place() {
        let record = example::record();
        let grid = Grid::of(&record);
        assert_eq!(grid.positions().len(), record.cells.len());
        assert_eq!(grid.letters().chars().filter(|c| *c != '.').count(), record.cells.len());
        assert_eq!(grid.letters().len(), grid.rows.len() * grid.columns.len() * grid.calls.len());
        let columns: Vec<_> = grid.columns.iter().map(|c| (c.toolchain, c.target, c.build)).collect();
        assert_eq!(columns[0], ("go1.24.3", "linux-386", "opt"));
        assert_eq!(columns[1], ("go1.27.3", "linux-amd64", "opt"));
        assert_eq!(columns[2], ("go1.27.3", "linux-amd64", "noopt"));
        assert_eq!(grid.topics().map(|(_, r)| r.len()).sum::<usize>(), grid.rows.len());
    }

    #[test]
    fn what_is_no_cell_has_a_place_too() {
        let mut record = example::record();
        record.cells[0].cell = "nonsense".into();
        assert_eq!(Grid::of(&record).positions().len(), record.cells.len());
    }

    #[test]
    fn the_worst_is_shown() {
        use Sign::{Fail, Pass, Skipped};
        assert_eq!(worst([Pass, Fail, Fail, Skipped].into_iter()), Some((Fail, 2, 4)));
        assert_eq!(worst([Pass, Skipped].into_iter()), Some((Skipped, 1, 2)));
        assert_eq!(worst(std::iter::empty()), None);
    }
}
