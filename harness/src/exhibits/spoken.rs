//! What findings speak of: which functions, and whether of what goes in or of
//! what comes out.

use goabi_reports::coordinate::Coordinate;
use goabi_reports::outcome::Outcome;
use goabi_reports::record::FindingRecord;
use std::collections::{BTreeMap, BTreeSet};

/// Where in a function something is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// At its first instruction: what went in, and what concerns it as a whole.
    Entry,
    /// Where it returns: results.
    Return,
}

impl Mark {
    /// The word in the record.
    pub(super) fn word(self) -> &'static str {
        match self {
            Mark::Entry => "entry",
            Mark::Return => "return",
        }
    }

    /// What a finding at that path speaks of. Paths are those of the oracles:
    /// `vectors[0].args[1].x`, `vectors[0].results[2]`, `vectors[0].outcome`,
    /// `dwarf.params[0].type`, `vectors[1].dwarf.results[0].location`,
    /// `vectors[0].entry.args[1]`, `vectors[0].return.results[0]`,
    /// `layout[T].size`, `build`. Only whole parts at the start count: the
    /// name of a type or field may be anything.
    fn of(path: &str) -> Mark {
        let (_, rest) = vector(path);
        let rest = rest.strip_prefix("dwarf.").or_else(|| rest.strip_prefix("statement.")).unwrap_or(rest);
        let part = rest.split(['.', '[']).next().unwrap_or(rest);
        if matches!(part, "results" | "return" | "caller") { Mark::Return } else { Mark::Entry }
    }
}

/// The vector that a path begins with, and what stands behind it.
fn vector(path: &str) -> (Option<usize>, &str) {
    let parts = path.strip_prefix("vectors[").and_then(|p| p.split_once(']'));
    match parts.and_then(|(n, rest)| Some((n.parse().ok()?, rest))) {
        Some((n, rest)) => (Some(n), rest.strip_prefix('.').unwrap_or(rest)),
        None => (None, path),
    }
}

/// One thing that a finding says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Remark {
    call: String,
    /// Of that vector; of all where it names none.
    vector: Option<usize>,
    mark: Mark,
}

/// What all findings speak of.
#[derive(Default)]
pub(super) struct Spoken {
    /// By case, toolchain and build, whatever the target: targets are shown
    /// side by side.
    remarks: BTreeMap<(String, String, String), BTreeSet<Remark>>,
    /// The cells with findings.
    cells: BTreeSet<String>,
}

impl Spoken {
    /// Gathers the findings that show something: an expectation that is not met
    /// any more was not seen in the code.
    pub(super) fn of(findings: &[FindingRecord]) -> Spoken {
        let mut out = Spoken::default();
        for f in findings {
            match f.outcome {
                Outcome::Fail | Outcome::Known { .. } | Outcome::Permitted { .. } | Outcome::Flaky => {}
                Outcome::Fixed { .. } | Outcome::Pass | Outcome::Skipped { .. } => continue,
            }
            for cell in &f.finding.cells {
                let c = Coordinate::of(cell);
                let key = (c.case.to_string(), c.toolchain.to_string(), c.build.to_string());
                let (vector, _) = vector(&f.finding.path);
                let remark = Remark { call: c.call.to_string(), vector, mark: Mark::of(&f.finding.path) };
                out.remarks.entry(key).or_default().insert(remark);
                out.cells.insert(cell.clone());
            }
        }
        out
    }

    /// The cells with findings, as texts.
    pub(super) fn cells(&self) -> &BTreeSet<String> {
        &self.cells
    }

    /// What is to be marked in a function of that case, toolchain and build
    /// which these calls reach with these vectors; nothing where no finding
    /// speaks of it.
    pub(super) fn marks(
        &self,
        (case, toolchain, build): (&str, &str, &str),
        calls: &[String],
        vectors: &[usize],
    ) -> BTreeSet<Mark> {
        let key = (case.to_string(), toolchain.to_string(), build.to_string());
        let remarks = self.remarks.get(&key).into_iter().flatten();
        let reached = remarks.filter(|r| calls.contains(&r.call) && r.vector.is_none_or(|v| vectors.contains(&v)));
        reached.map(|r| r.mark).collect()
    }
}
