//! The run record: everything that a run found out, in one versioned JSON file.
//!
//! Two runs of one plan give byte-identical records but for times and
//! addresses: [`Record::seal`] sorts, and [`Record::without_times`] takes away
//! what may differ.

use crate::environment::{CCompiler, Emulator, Host, Toolchain};
use crate::function::{FunctionRecord, SourceRecord};
use crate::outcome::{Outcome, Totals};
use crate::verdict::{Finding, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the record's form. It grows when a field changes its meaning
/// or goes away; a new field that may be absent does not change it.
pub const SCHEMA_VERSION: u32 = 1;

/// The key in [`Record::timings`] that is no stage: the whole run by the clock.
pub const WALL: &str = "wall";

/// The key in [`CellRecord::oracles`] that is no oracle: why a cell could not
/// be run or judged at all.
pub const RUN: &str = "run";

/// One run of goabi.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// [`SCHEMA_VERSION`] of the goabi that wrote it.
    pub schema_version: u32,
    /// The goabi that wrote it.
    pub goabi_version: String,
    /// When the run started, RFC 3339.
    pub started: String,
    /// When it ended, RFC 3339.
    pub finished: String,
    /// Whether it was interrupted: cells may then be missing.
    pub interrupted: bool,
    /// How many cells were judged by what a program did in an earlier run of the
    /// same binary, which did not run again.
    #[serde(default)]
    pub reused: u64,
    /// How often programs were stopped in this run to read their registers and
    /// memory; what was seen in an earlier run is not counted.
    #[serde(default)]
    pub stops: u64,
    /// The command line, word by word.
    pub command: Vec<String>,
    /// The machine.
    pub host: Host,
    /// The toolchains used.
    pub toolchains: Vec<Toolchain>,
    /// The emulators used.
    pub emulators: Vec<Emulator>,
    /// The C compilers used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub c_compilers: Vec<CCompiler>,
    /// The targets, `linux-arm64`.
    pub targets: Vec<String>,
    /// The limits in force, the unit in the name: `run_seconds`, `output_bytes`.
    pub limits: BTreeMap<String, u64>,
    /// How many cells came to each outcome.
    pub totals: Totals,
    /// What went wrong beside the cells' own results.
    pub problems: Vec<Problem>,
    /// Every cell of the plan.
    pub cells: Vec<CellRecord>,
    /// Every disagreement.
    pub findings: Vec<FindingRecord>,
    /// The functions under test.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<FunctionRecord>,
    /// The generated Go of the cases with findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceRecord>,
    /// Seconds by stage, `load`, `build`, `run`..., added up over threads; and
    /// [`WALL`], the seconds of the whole run.
    pub timings: BTreeMap<String, f64>,
}

/// One cell and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellRecord {
    /// The cell's text.
    pub cell: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Each oracle's verdicts, counted.
    pub oracles: BTreeMap<String, OracleSummary>,
    /// Seconds that the cell itself took, where it was timed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// One oracle's verdicts on one cell, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OracleSummary {
    /// [`Verdict::Agree`].
    pub agree: u32,
    /// [`Verdict::Disagree`]; each is also a finding.
    pub disagree: u32,
    /// [`Verdict::NotDescribed`].
    pub not_described: u32,
    /// [`Verdict::Inapplicable`].
    pub inapplicable: u32,
    /// [`Verdict::Unobserved`].
    pub unobserved: u32,
    /// Why the question did not arise, and how often.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inapplicable_because: BTreeMap<String, u32>,
    /// Why nothing was seen, and how often.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unobserved_because: BTreeMap<String, u32>,
}

/// A disagreement and what an expectation made of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct FindingRecord {
    /// What an oracle found.
    pub finding: Finding,
    /// What became of it.
    pub outcome: Outcome,
    /// The expectation that applies to it, if one does.
    pub expectation: Option<String>,
}

/// Something that kept cells from being judged. Never a wrong value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// What kind of thing.
    pub kind: ProblemKind,
    /// The toolchain concerned, if one is.
    pub toolchain: Option<String>,
    /// The cell concerned, if one is.
    pub cell: Option<String>,
    /// What happened, with path and command.
    pub message: String,
}

impl Problem {
    /// Whether a run with it has failed, whatever its cells show.
    #[must_use]
    pub fn fails(&self) -> bool {
        match self.kind {
            ProblemKind::Missing
            | ProblemKind::NotExecuted
            | ProblemKind::EmulatorDied
            | ProblemKind::Unreadable
            | ProblemKind::Harness => true,
            // What cannot be watched is skipped, and says so.
            ProblemKind::NotWatched => false,
            // A case's own is a finding.
            ProblemKind::NotBuilt => self.cell.is_none(),
        }
    }
}

/// The kinds of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// A toolchain, emulator or tool is not there and could not be brought.
    Missing,
    /// The generated program did not build.
    NotBuilt,
    /// The program could not be executed.
    NotExecuted,
    /// The emulator failed in the middle of a program.
    EmulatorDied,
    /// Registers and memory of a port's programs cannot be looked at in one of
    /// the ways asked for; nothing fails by it.
    NotWatched,
    /// An artifact or its observation could not be read.
    Unreadable,
    /// goabi itself or the host failed: disk full, a broken cache.
    Harness,
}

impl ProblemKind {
    /// The words for a person.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            ProblemKind::Missing => "missing",
            ProblemKind::NotBuilt => "did not build",
            ProblemKind::NotExecuted => "could not be executed",
            ProblemKind::EmulatorDied => "the emulator died",
            ProblemKind::NotWatched => "is not watched",
            ProblemKind::Unreadable => "could not be read",
            ProblemKind::Harness => "goabi failed",
        }
    }
}

impl OracleSummary {
    /// Counts one verdict.
    pub fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Agree => self.agree += 1,
            Verdict::Disagree(_) => self.disagree += 1,
            Verdict::NotDescribed => self.not_described += 1,
            Verdict::Inapplicable(why) => {
                self.inapplicable += 1;
                *self.inapplicable_because.entry(why.clone()).or_default() += 1;
            }
            Verdict::Unobserved(why) => {
                self.unobserved += 1;
                *self.unobserved_because.entry(why.clone()).or_default() += 1;
            }
        }
    }
}

impl CellRecord {
    /// Why it could not be run or judged at all, where that is so: through no
    /// fault of the case, which [`Outcome::Fail`] alone does not tell.
    #[must_use]
    pub fn unjudged(&self) -> Option<&str> {
        self.oracles.get(RUN)?.unobserved_because.keys().next().map(String::as_str)
    }

    /// Oracle and reason of each thing that should have been seen and was not.
    pub fn unobserved(&self) -> impl Iterator<Item = (&str, &str)> {
        self.oracles.iter().flat_map(|(id, o)| o.unobserved_because.keys().map(move |why| (id.as_str(), why.as_str())))
    }
}

impl Record {
    /// Brings the record into its final order, whatever order threads brought
    /// it together in, and counts the totals.
    pub fn seal(&mut self) {
        self.cells.sort_by(|a, b| a.cell.cmp(&b.cell));
        for f in &mut self.findings {
            // The first cell is the one at fault; the order of the others says nothing.
            if let Some((_, others)) = f.finding.cells.split_first_mut() {
                others.sort();
            }
        }
        self.findings.sort_by(|a, b| (&a.finding.cells, a).cmp(&(&b.finding.cells, b)));
        self.findings.dedup();
        self.functions.sort();
        self.functions.dedup();
        self.sources.sort();
        self.sources.dedup();
        self.problems.sort();
        self.problems.dedup();
        self.toolchains.sort();
        self.emulators.sort();
        self.c_compilers.sort();
        self.totals = Totals::of(self.cells.iter().map(|c| &c.outcome));
    }

    /// The same record without what two runs of one plan may differ in: times,
    /// and what the second could take over from the first.
    #[must_use]
    pub fn without_times(&self) -> Record {
        let mut record = self.clone();
        record.started.clear();
        record.finished.clear();
        record.reused = 0;
        record.stops = 0;
        // Which stages there were depends on what the cache had.
        record.timings.clear();
        record.cells.iter_mut().for_each(|c| c.seconds = None);
        record
    }

    /// The findings that concern each cell.
    #[must_use]
    pub fn findings_by_cell(&self) -> BTreeMap<&str, Vec<&FindingRecord>> {
        let mut index: BTreeMap<&str, Vec<&FindingRecord>> = BTreeMap::new();
        for f in &self.findings {
            for cell in &f.finding.cells {
                index.entry(cell).or_default().push(f);
            }
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use crate::render::example;

    #[test]
    fn sealing_brings_one_order() {
        let sealed = example::record();
        let mut shuffled = sealed.clone();
        shuffled.cells.reverse();
        shuffled.findings.reverse();
        shuffled.findings.extend(sealed.findings.clone());
        shuffled.problems.reverse();
        shuffled.toolchains.reverse();
        shuffled.emulators.reverse();
        for f in &mut shuffled.findings {
            f.finding.cells[1..].reverse();
        }
        assert_ne!(shuffled, sealed);
        shuffled.seal();
        assert_eq!(serde_json::to_string(&shuffled).unwrap(), serde_json::to_string(&sealed).unwrap());
    }

    #[test]
    fn two_runs_differ_in_times_only() {
        let (one, mut two) = (example::record(), example::record());
        two.started = "2027-01-01T00:00:00Z".into();
        two.finished = "2027-01-01T00:00:09Z".into();
        two.timings.insert("build".into(), 99.0);
        two.cells[0].seconds = Some(5.0);
        assert_ne!(one, two);
        assert_eq!(one.without_times(), two.without_times());
        two.cells[0].cell.push('x');
        assert_ne!(one.without_times(), two.without_times());
    }
}
