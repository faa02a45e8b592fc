//! Several witnesses of one cell: what they say alike is said once.

use super::How;
use crate::oracles::Subject;
use goabi_reports::verdict::{Basis, Verdict};

/// What one witness says at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Agree,
    NotDescribed,
    Inapplicable(String),
    Unobserved(String),
    Disagree { expected: String, basis: Basis, actual: String, evidence: Vec<String> },
}

/// The witnesses' words as verdicts of an oracle. A disagreement that several
/// see alike is one finding; which of them saw it is part of its evidence.
pub(crate) fn hear(s: &Subject, oracle: &str, witnesses: &[(How, Vec<(String, Said)>)]) -> Vec<Verdict> {
    let mut out = Vec::new();
    let mut told: Vec<(String, String, String)> = Vec::new();
    for (how, all) in witnesses {
        for (path, said) in all {
            out.push(match said {
                Said::Agree => Verdict::Agree,
                Said::NotDescribed => Verdict::NotDescribed,
                Said::Inapplicable(why) => Verdict::Inapplicable(why.clone()),
                Said::Unobserved(why) => Verdict::Unobserved(format!("{path}: {why} ({how})")),
                Said::Disagree { expected, basis, actual, evidence } => {
                    let key = (path.clone(), expected.clone(), actual.clone());
                    if told.contains(&key) {
                        continue;
                    }
                    let mut evidence = evidence.clone();
                    evidence.push(seen_by(*how, path, actual, witnesses));
                    told.push(key);
                    s.finding(oracle, path.clone(), *basis, expected.clone(), actual.clone(), evidence)
                }
            });
        }
    }
    out
}

/// Which witnesses saw it, and what the others say.
fn seen_by(how: How, path: &str, actual: &str, witnesses: &[(How, Vec<(String, Said)>)]) -> String {
    let mut text = format!("seen {how}");
    for (other, all) in witnesses.iter().filter(|(other, _)| *other != how) {
        let same =
            |(p, said): &&(String, Said)| p == path && matches!(said, Said::Disagree { actual: a, .. } if a == actual);
        let word = match all.iter().find(same) {
            Some(_) => format!(" and {other}"),
            None => match all.iter().find(|(p, _)| p == path) {
                Some((_, Said::Agree)) => format!("; {other} it is right"),
                Some((_, Said::Disagree { actual, .. })) => format!("; {other} {actual}"),
                Some((_, Said::NotDescribed | Said::Inapplicable(_) | Said::Unobserved(_))) | None => {
                    format!("; {other} it was not seen")
                }
            },
        };
        text.push_str(&word);
    }
    text
}
