//! Judging cells against each other: what a case leaves open must at least be
//! the same in all its cells.

use crate::oracles::OpenFact;
use goabi_reports::verdict::{Basis, Finding};
use std::collections::BTreeMap;

/// What one cell showed where the case says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The case's text.
    pub case: String,
    pub cell: String,
    pub oracle: &'static str,
    pub fact: OpenFact,
}

/// One finding for each text that only a minority of a case's cells shows. Where
/// no text has a majority, the first cell's is taken for the measure.
#[must_use]
pub fn judge(open: &[Open]) -> Vec<Finding> {
    // Case, oracle, path and class; then text to cells.
    type Key<'a> = (&'a str, &'a str, &'a str, &'a str);
    let mut groups: BTreeMap<Key, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for o in open {
        let key = (o.case.as_str(), o.oracle, o.fact.path.as_str(), o.fact.class.as_str());
        groups.entry(key).or_default().entry(&o.fact.text).or_default().push(&o.cell);
    }
    let mut out = Vec::new();
    for ((_, oracle, path, _), texts) in groups {
        // The most cells win; between equals the one whose first cell sorts first.
        let Some((common, peers)) =
            texts.iter().min_by_key(|(_, cells)| (std::cmp::Reverse(cells.len()), cells.iter().min()))
        else {
            continue;
        };
        for (text, cells) in &texts {
            if text == common {
                continue;
            }
            let Some(first) = cells.iter().min() else { continue };
            let mut all: Vec<String> = cells.iter().map(|c| (*c).to_string()).collect();
            all.sort();
            out.push(Finding {
                oracle: oracle.to_string(),
                rerun: format!("{} '{}'", goabi_reports::coordinate::rerun(first), peers[0]),
                path: path.to_string(),
                expected: (*common).to_string(),
                basis: Basis::Peer,
                actual: (*text).to_string(),
                evidence: vec![format!(
                    "{} cells show the one, {} the other; among the former {}",
                    peers.len(),
                    cells.len(),
                    peers[0]
                )],
                cells: all,
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(cell: &str, text: &str) -> Open {
        let fact = OpenFact { path: "vectors[0].results[0]".into(), class: String::new(), text: text.into() };
        Open { case: "a/b/c".into(), cell: cell.into(), oracle: "values", fact }
    }

    #[test]
    fn the_odd_one_out_is_found() {
        let f = judge(&[open("x1", "7"), open("x2", "8"), open("x3", "7")]);
        assert_eq!(f.len(), 1);
        assert_eq!(
            (f[0].cells.as_slice(), f[0].expected.as_str(), f[0].actual.as_str()),
            (&["x2".to_string()][..], "7", "8")
        );
    }

    #[test]
    fn agreement_and_single_cells_are_silent() {
        assert!(judge(&[open("x1", "7"), open("x2", "7")]).is_empty());
        assert!(judge(&[open("x1", "7")]).is_empty());
    }

    #[test]
    fn different_paths_and_classes_do_not_mix() {
        let mut other = open("x2", "8");
        other.fact.path = "vectors[1].results[0]".into();
        assert!(judge(&[open("x1", "7"), other.clone()]).is_empty());
        other.fact.path = open("", "").fact.path;
        other.fact.class = "another".into();
        assert!(judge(&[open("x1", "7"), other]).is_empty());
    }
}
