//! Which pairs of values of two axes a record's cells cover: what choosing
//! pairs instead of the product left out, and what it did not.

use crate::coordinate::Coordinate;
use crate::outcome::Outcome;
use crate::record::Record;
use std::collections::BTreeSet;

/// The axes, in the order in which they are reported.
const AXES: [&str; 5] = ["file", "call", "target", "build", "stress"];

/// Two axes, and how many of their values met in a cell that was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairs {
    pub axes: (&'static str, &'static str),
    pub covered: usize,
    /// All pairs of values that occur at all.
    pub possible: usize,
    /// Some of those that are not covered.
    pub missing: Vec<(String, String)>,
}

/// How many pairs that are not covered are named.
const NAMED: usize = 3;

/// A cell's value on each axis. Chains are not taken for call kinds of their own:
/// they are tried on few cases.
fn values(cell: &str) -> Option<[String; 5]> {
    let at = Coordinate::of(cell);
    if at.call.contains('+') {
        return None;
    }
    let file = at.case.rsplit_once('/').map_or(at.case, |(file, _)| file);
    let (build, stress) = at.build.split_once('+').unwrap_or((at.build, "none"));
    Some([file, at.call, at.target, build, stress].map(str::to_string))
}

/// The pairs of each two axes that have more than one value, over the cells
/// that were judged.
#[must_use]
pub fn pairs(record: &Record) -> Vec<Pairs> {
    let judged = record.cells.iter().filter(|c| !matches!(c.outcome, Outcome::Skipped { .. }));
    let cells: BTreeSet<[String; 5]> = judged.filter_map(|c| values(&c.cell)).collect();
    let mut out = Vec::new();
    for a in 0..AXES.len() {
        for b in a + 1..AXES.len() {
            let all = |axis: usize| cells.iter().map(|c| c[axis].as_str()).collect::<BTreeSet<_>>();
            let (left, right) = (all(a), all(b));
            if left.len() < 2 || right.len() < 2 {
                continue;
            }
            let seen: BTreeSet<(&str, &str)> = cells.iter().map(|c| (c[a].as_str(), c[b].as_str())).collect();
            let every = left.iter().flat_map(|l| right.iter().map(move |r| (*l, *r)));
            let missing = every.filter(|p| !seen.contains(p)).take(NAMED);
            out.push(Pairs {
                axes: (AXES[a], AXES[b]),
                covered: seen.len(),
                possible: left.len() * right.len(),
                missing: missing.map(|(l, r)| (l.to_string(), r.to_string())).collect(),
            });
        }
    }
    out
}

/// How many chains of two call kinds were judged.
#[must_use]
pub fn chains(record: &Record) -> usize {
    let judged = record.cells.iter().filter(|c| !matches!(c.outcome, Outcome::Skipped { .. }));
    let calls: BTreeSet<&str> = judged.map(|c| Coordinate::of(&c.cell).call).filter(|c| c.contains('+')).collect();
    calls.len()
}

/// One line: `file x call 2030 of 2030, ...`; nothing where no two axes have
/// more than one value.
#[must_use]
pub fn line(record: &Record) -> Option<String> {
    let all = pairs(record);
    if all.is_empty() {
        return None;
    }
    let one = |p: &Pairs| format!("{} x {} {} of {}", p.axes.0, p.axes.1, p.covered, p.possible);
    let mut parts: Vec<String> = all.iter().map(one).collect();
    match chains(record) {
        0 => {}
        n => parts.push(format!("{n} chains of two calls")),
    }
    Some(parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::CellRecord;
    use crate::render::example;
    use std::collections::BTreeMap;

    fn record(cells: &[(&str, bool)]) -> Record {
        let cell = |(cell, judged): &(&str, bool)| CellRecord {
            cell: (*cell).to_string(),
            outcome: if *judged { Outcome::Pass } else { Outcome::Skipped { reason: "no".into() } },
            oracles: BTreeMap::new(),
            seconds: None,
        };
        Record { cells: cells.iter().map(cell).collect(), ..example::record() }
    }

    #[test]
    fn what_is_missing_is_named() {
        let r = record(&[
            ("t/f/a@go1/linux-amd64/opt/direct", true),
            ("t/f/b@go1/linux-arm64/opt+move/direct", true),
            ("t/g/b@go1/linux-arm64/opt/inline", true),
            ("t/g/b@go1/linux-amd64/opt/inline", false),
            ("t/g/b@go1/linux-amd64/opt/inline+direct", true),
        ]);
        let all = pairs(&r);
        let of = |a: &str, b: &str| all.iter().find(|p| p.axes == (a, b)).unwrap();
        assert_eq!((of("call", "target").covered, of("call", "target").possible), (3, 4));
        assert_eq!(of("call", "target").missing, [("inline".to_string(), "linux-amd64".to_string())]);
        assert_eq!((of("file", "stress").covered, of("file", "call").covered), (3, 2));
        // One build only: nothing to be paired with.
        assert!(all.iter().all(|p| p.axes.0 != "build" && p.axes.1 != "build"));
        assert_eq!(chains(&r), 1);
        assert!(line(&r).unwrap().contains("call x target 3 of 4"));
        assert_eq!(line(&record(&[("t/f/a@go1/linux-amd64/opt/direct", true)])), None);
    }
}
