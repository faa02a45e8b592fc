//! What a comparison holds.

use super::described::Described;
use super::word::{State, Word};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the comparison's JSON. It grows when a field changes its
/// meaning or goes away; a new field that may be absent does not change it.
pub const SCHEMA_VERSION: u32 = 1;

/// Two records compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// [`SCHEMA_VERSION`] of the goabi that wrote it.
    pub schema_version: u32,
    /// The old run.
    pub old: Run,
    /// The new run.
    pub new: Run,
    /// Whether cells were matched without the label of their toolchain.
    pub toolchains_ignored: bool,
    /// How many cells came to each word; also of rows that are left out.
    pub counts: Counts,
    /// How much of the functions under test DWARF describes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub described: Vec<Described>,
    /// The cells, by word and text. Those that are `same` may be left out.
    pub rows: Vec<Row>,
}

/// What identifies a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// The goabi that made it.
    pub goabi_version: String,
    /// When it started, RFC 3339.
    pub started: String,
    /// Whether it was interrupted: cells that it lacks are then unknown.
    pub interrupted: bool,
    /// The labels of its toolchains.
    pub toolchains: Vec<String>,
    /// How many problems kept cells from being judged.
    pub problems: usize,
}

/// A cell on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// The cell's text; with `*` for the toolchain where that was ignored.
    pub cell: String,
    /// What happened to it.
    pub word: Word,
    /// How it stood.
    pub old: Side,
    /// How it stands.
    pub new: Side,
    /// What is seen now and was not.
    pub appeared: Vec<Symptom>,
    /// What was seen and is not any more.
    pub went: Vec<Symptom>,
}

/// A cell on one side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// How it stands.
    pub is: State,
    /// The issue of what is known or fixed; why it was skipped or not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A finding, or something unobserved, without what may differ between two
/// runs that see the same: other cells, evidence, addresses in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Symptom {
    /// The oracle's id.
    pub oracle: String,
    /// Where in the observation; empty where the whole cell is meant.
    pub path: String,
    /// What should have been seen.
    pub expected: String,
    /// What was seen, or why nothing was.
    pub actual: String,
}

/// How many cells came to each word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// See [`Word::Regressed`].
    pub regressed: u32,
    /// See [`Word::Changed`].
    pub changed: u32,
    /// See [`Word::Spurious`].
    pub spurious: u32,
    /// See [`Word::Unknown`].
    pub unknown: u32,
    /// See [`Word::Fixed`].
    pub fixed: u32,
    /// See [`Word::Added`].
    pub added: u32,
    /// See [`Word::Removed`].
    pub removed: u32,
    /// See [`Word::Same`].
    pub same: u32,
}

/// Rows that are alike in all but their cell, for people.
#[derive(Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// The first of them.
    pub row: &'a Row,
    /// All cells, in order.
    pub cells: Vec<&'a str>,
}

impl Counts {
    /// Counts rows.
    #[must_use]
    pub fn of(rows: &[Row]) -> Counts {
        let mut counts = Counts::default();
        for row in rows {
            *match row.word {
                Word::Regressed => &mut counts.regressed,
                Word::Changed => &mut counts.changed,
                Word::Spurious => &mut counts.spurious,
                Word::Unknown => &mut counts.unknown,
                Word::Fixed => &mut counts.fixed,
                Word::Added => &mut counts.added,
                Word::Removed => &mut counts.removed,
                Word::Same => &mut counts.same,
            } += 1;
        }
        counts
    }

    /// How many came to this word.
    #[must_use]
    pub fn get(&self, word: Word) -> u32 {
        match word {
            Word::Regressed => self.regressed,
            Word::Changed => self.changed,
            Word::Spurious => self.spurious,
            Word::Unknown => self.unknown,
            Word::Fixed => self.fixed,
            Word::Added => self.added,
            Word::Removed => self.removed,
            Word::Same => self.same,
        }
    }

    /// All cells.
    #[must_use]
    pub fn all(&self) -> u32 {
        Word::ALL.into_iter().map(|w| self.get(w)).sum()
    }
}

impl Comparison {
    /// Whether cells regressed, or DWARF describes less than its budget allows.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.counts.regressed > 0 || self.described.iter().any(Described::less)
    }

    /// Leaves out what is as before; the counts stay.
    #[must_use]
    pub fn without_same(mut self) -> Comparison {
        self.rows.retain(|r| r.word != Word::Same);
        self
    }

    /// Rows that are alike told once: by word, those with most cells first.
    #[must_use]
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut alike: BTreeMap<_, Group<'_>> = BTreeMap::new();
        for row in &self.rows {
            alike
                .entry((row.word, &row.old, &row.new, &row.appeared, &row.went))
                .or_insert_with(|| Group { row, cells: vec![] })
                .cells
                .push(&row.cell);
        }
        let mut groups: Vec<Group<'_>> = alike.into_values().collect();
        // A stable sort: groups of one size stay in their deterministic order.
        groups.sort_by_key(|g| (g.row.word, std::cmp::Reverse(g.cells.len())));
        groups
    }
}
