//! What a development tip of Go did that the release beside it did not: a view
//! of one record with both toolchains. Five things are told apart: tip is
//! sound, tip regressed, tip is not there or does not build, an emulator died,
//! something else broke. None of them is silent.

use crate::compare::{self, CompareError, Toolchains, model::Counts, word::State, word::Word};
use crate::coordinate::{Coordinate, rerun};
use crate::record::{CellRecord, FindingRecord, ProblemKind, Record};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub mod page;

/// How the night went, in one word; of several the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Night {
    /// Tip has a finding that the release has not.
    Regressed,
    /// There is no tip to look at.
    TipMissing,
    /// Tip builds no program at all for some port.
    TipDoesNotBuild,
    /// An emulator died, or did not start.
    EmulatorDied,
    /// Something else kept cells from being judged: the release, the disk, an
    /// interruption.
    Broken,
    /// No cell of tip was judged.
    Nothing,
    /// Tip has no finding that the release has not.
    Sound,
}

/// Something that tip shows and the release does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regression {
    /// The oracle's id.
    pub oracle: String,
    /// Where in the observation; empty where the whole cell is meant.
    pub path: String,
    /// What should have been seen.
    pub expected: String,
    /// What was seen.
    pub actual: String,
    /// The cells, tip's first.
    pub cells: Vec<String>,
    /// The command that repeats the first.
    pub rerun: String,
}

/// Something that kept cells from being judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obstacle {
    /// The kind of problem, in words.
    pub kind: String,
    /// The toolchain concerned, if one is.
    pub toolchain: Option<String>,
    /// What happened, as the first of them says it.
    pub message: String,
    /// How many problems of this kind and toolchain there were.
    pub times: usize,
}

/// One night.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nightly {
    /// How it went.
    pub word: Night,
    /// Every word that holds beside [`Night::Sound`] and [`Night::Nothing`].
    pub words: BTreeSet<Night>,
    /// The release's version.
    pub release: String,
    /// Tip's version.
    pub tip: String,
    /// What tip has and the release has not, most cells first.
    pub regressions: Vec<Regression>,
    /// What kept cells from being judged.
    pub obstacles: Vec<Obstacle>,
    /// Issues whose findings the release has, known, and tip has not any more;
    /// with the number of cells.
    pub fixed: BTreeMap<String, u32>,
    /// How many cells of tip came to each word of a comparison.
    pub counts: Counts,
}

impl Night {
    /// All words, in the order in which they count.
    pub const ALL: [Night; 7] = [
        Night::Regressed,
        Night::TipMissing,
        Night::TipDoesNotBuild,
        Night::EmulatorDied,
        Night::Broken,
        Night::Nothing,
        Night::Sound,
    ];

    /// The word, as in JSON.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Night::Regressed => "regressed",
            Night::TipMissing => "tip_missing",
            Night::TipDoesNotBuild => "tip_does_not_build",
            Night::EmulatorDied => "emulator_died",
            Night::Broken => "broken",
            Night::Nothing => "nothing",
            Night::Sound => "sound",
        }
    }

    /// The same for a person.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Night::Regressed => "tip has findings that the release has not",
            Night::TipMissing => "there is no tip to look at",
            Night::TipDoesNotBuild => "tip does not build programs",
            Night::EmulatorDied => "an emulator died",
            Night::Broken => "something broke that is not tip's fault",
            Night::Nothing => "nothing of tip was judged",
            Night::Sound => "tip has no finding that the release has not",
        }
    }
}

impl Nightly {
    /// A night in which there was no tip.
    #[must_use]
    pub fn without_tip(release: &str, why: &str) -> Nightly {
        let kind = ProblemKind::Missing.words().to_string();
        Nightly {
            word: Night::TipMissing,
            words: BTreeSet::from([Night::TipMissing]),
            release: release.to_string(),
            tip: String::new(),
            regressions: vec![],
            obstacles: vec![Obstacle { kind, toolchain: None, message: why.to_string(), times: 1 }],
            fixed: BTreeMap::new(),
            counts: Counts::default(),
        }
    }

    /// Judges a record that holds both toolchains, named by their labels.
    ///
    /// # Errors
    /// Cells that cannot be told apart, as in no record of goabi's own.
    pub fn of(record: &Record, release: &str, tip: &str) -> Result<Nightly, CompareError> {
        let (old, new) = (part(record, release), part(record, tip));
        let comparison = compare::compare(&old, &new, Toolchains::Ignore)?;
        let mut regressed: BTreeMap<Key, BTreeSet<String>> = BTreeMap::new();
        let (mut unjudged, mut judged) = (false, false);
        let mut silent: BTreeSet<String> = BTreeSet::new();
        let told = record.findings_by_cell();
        let at = |cell: &str| cell.replacen("@*/", &format!("@{tip}/"), 1);
        for row in &comparison.rows {
            unjudged |= matches!(row.new.is, State::Unjudged | State::Interrupted) || row.old.is == State::Unjudged;
            judged |= matches!(
                row.new.is,
                State::Pass | State::Permitted | State::Known | State::Fixed | State::Fail | State::Flaky
            );
            let new_failure = row.new.is == State::Fail
                && match row.old.is {
                    // What the release did not judge says nothing about it.
                    State::Unjudged | State::Interrupted => false,
                    State::Skipped | State::Absent | State::Pass | State::Permitted | State::Fixed | State::Flaky => {
                        true
                    }
                    State::Known | State::Fail => !row.appeared.is_empty(),
                };
            let cell = at(&row.cell);
            if !new_failure {
                // Two silent sides do not agree.
                if row.new.is == State::Fail && !told.contains_key(cell.as_str()) {
                    silent.insert(cell);
                }
                continue;
            }
            for s in &row.appeared {
                let key = (s.oracle.clone(), s.path.clone(), s.expected.clone(), s.actual.clone());
                regressed.entry(key).or_default().insert(cell.clone());
            }
            if row.appeared.is_empty() {
                for f in new.findings.iter().filter(|f| f.outcome.fails() && f.finding.cells.contains(&cell)) {
                    regressed.entry(symptom(f)).or_default().insert(cell.clone());
                }
            }
        }
        // What the two toolchains show differently where a case leaves it open.
        for f in record.findings.iter().filter(|f| f.outcome.fails()) {
            let has = |label: &str| f.finding.cells.iter().any(|c| Coordinate::of(c).toolchain == label);
            if has(tip) && has(release) {
                regressed.entry(symptom(f)).or_default().extend(f.finding.cells.iter().cloned());
            }
        }
        let regressions = regressions(regressed, tip, record);
        let mut words = obstacles_words(record, tip);
        if (unjudged || !silent.is_empty()) && words.is_empty() || record.interrupted {
            words.insert(Night::Broken);
        }
        if !regressions.is_empty() {
            words.insert(Night::Regressed);
        }
        let calm = if judged { Night::Sound } else { Night::Nothing };
        Ok(Nightly {
            word: words.first().copied().unwrap_or(calm),
            words,
            release: version(record, release),
            tip: version(record, tip),
            regressions,
            obstacles: obstacles(record).into_iter().chain(unobserved(&new, &silent)).collect(),
            fixed: fixed(&comparison.rows),
            counts: comparison.counts,
        })
    }
}

type Key = (String, String, String, String);

fn symptom(f: &FindingRecord) -> Key {
    let f = &f.finding;
    (f.oracle.clone(), f.path.clone(), f.expected.clone(), f.actual.clone())
}

fn is(f: &FindingRecord, oracle: &str, path: &str, actual: &str) -> bool {
    f.finding.oracle == oracle && f.finding.path == path && f.finding.actual == actual
}

fn regressions(by_symptom: BTreeMap<Key, BTreeSet<String>>, tip: &str, record: &Record) -> Vec<Regression> {
    let findings = record.findings_by_cell();
    let mut out: Vec<Regression> = by_symptom
        .into_iter()
        .map(|((oracle, path, expected, actual), cells)| {
            let (mut own, others): (Vec<String>, Vec<String>) =
                cells.into_iter().partition(|c| Coordinate::of(c).toolchain == tip);
            own.extend(others);
            // A finding knows with which cases and toolchain it was found.
            let told =
                own.first().and_then(|c| findings.get(c.as_str())?.iter().find(|f| is(f, &oracle, &path, &actual)));
            let rerun = match told.map(|f| f.finding.rerun.clone()).filter(|r| !r.is_empty()) {
                Some(told) => told,
                None => own.first().map(|c| rerun(c)).unwrap_or_default(),
            };
            Regression { oracle, path, expected, actual, cells: own, rerun }
        })
        .collect();
    out.sort_by_key(|r| std::cmp::Reverse(r.cells.len()));
    out
}

/// What a record says of one toolchain alone. Findings between toolchains are
/// nobody's.
fn part(record: &Record, label: &str) -> Record {
    let own = |cell: &str| Coordinate::of(cell).toolchain == label;
    let mut part = Record {
        cells: record.cells.iter().filter(|c| own(&c.cell)).cloned().collect(),
        findings: record.findings.iter().filter(|f| f.finding.cells.iter().all(|c| own(c))).cloned().collect(),
        toolchains: record.toolchains.iter().filter(|t| t.label == label).cloned().collect(),
        problems: vec![],
        functions: vec![],
        sources: vec![],
        ..record.clone()
    };
    part.seal();
    part
}

fn version(record: &Record, label: &str) -> String {
    record.toolchains.iter().find(|t| t.label == label).map_or_else(|| label.to_string(), |t| t.version.clone())
}

fn obstacles_words(record: &Record, tip: &str) -> BTreeSet<Night> {
    let word = |p: &crate::record::Problem| match p.kind {
        // A case that does not build is a finding, and judged as one.
        ProblemKind::NotBuilt if p.cell.is_some() => None,
        ProblemKind::NotWatched => None,
        ProblemKind::NotBuilt if p.toolchain.as_deref() == Some(tip) => Some(Night::TipDoesNotBuild),
        ProblemKind::NotExecuted | ProblemKind::EmulatorDied => Some(Night::EmulatorDied),
        ProblemKind::NotBuilt | ProblemKind::Missing | ProblemKind::Unreadable | ProblemKind::Harness => {
            Some(Night::Broken)
        }
    };
    record.problems.iter().filter_map(word).collect()
}

fn obstacles(record: &Record) -> Vec<Obstacle> {
    let mut by_kind: BTreeMap<(ProblemKind, Option<&str>), (usize, &str)> = BTreeMap::new();
    for p in record
        .problems
        .iter()
        .filter(|p| !(p.kind == ProblemKind::NotBuilt && p.cell.is_some()) && p.kind != ProblemKind::NotWatched)
    {
        by_kind.entry((p.kind, p.toolchain.as_deref())).or_insert((0, &p.message)).0 += 1;
    }
    let obstacle = |((kind, toolchain), (times, message)): ((ProblemKind, Option<&str>), (usize, &str))| Obstacle {
        kind: kind.words().to_string(),
        toolchain: toolchain.map(str::to_string),
        message: message.to_string(),
        times,
    };
    by_kind.into_iter().map(obstacle).collect()
}

/// What was not seen in these cells, and why.
fn unobserved(record: &Record, cells: &BTreeSet<String>) -> Vec<Obstacle> {
    let mut by_reason: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (oracle, why) in record.cells.iter().filter(|c| cells.contains(&c.cell)).flat_map(CellRecord::unobserved) {
        *by_reason.entry((oracle, why)).or_default() += 1;
    }
    let obstacle = |((oracle, why), times): ((&str, &str), usize)| Obstacle {
        kind: "not observed".to_string(),
        toolchain: None,
        message: format!("{oracle}: {why}"),
        times,
    };
    by_reason.into_iter().map(obstacle).collect()
}

fn fixed(rows: &[compare::model::Row]) -> BTreeMap<String, u32> {
    let mut out = BTreeMap::new();
    for row in rows.iter().filter(|r| r.word == Word::Fixed && r.old.is == State::Known) {
        let issue = row.old.why.clone().unwrap_or_default();
        *out.entry(issue).or_default() += 1;
    }
    out
}

#[cfg(test)]
#[path = "nightly_tests.rs"]
mod tests;
