//! What the record of one version's run says of that version.

use super::search::State;
use crate::job::BUILD;
use goabi_reports::outcome::Outcome;
use goabi_reports::record::{FindingRecord, ProblemKind, RUN, Record};
use goabi_reports::verdict::Finding;

/// One version's state, and why, in a line.
#[must_use]
pub fn of(record: &Record, oracles: &[String]) -> (State, String) {
    let counts =
        |f: &&FindingRecord| f.outcome == Outcome::Fail && (oracles.is_empty() || oracles.contains(&f.finding.oracle));
    let found: Vec<&Finding> = record.findings.iter().filter(counts).map(|f| &f.finding).collect();
    if let Some(first) = found.iter().find(|f| f.oracle != BUILD) {
        return (State::Bad, symptom(first, found.len()));
    }
    if let Some(f) = record.findings.iter().find(|f| f.finding.oracle == BUILD) {
        return (State::Skipped, format!("does not build: {}", f.finding.actual));
    }
    let unseen = unseen(record, oracles);
    // That registers could not be looked at keeps no value from being judged.
    let mut problems = record.problems.iter().filter(|p| p.kind != ProblemKind::NotWatched);
    if let Some(p) = problems.next().filter(|_| record.totals.judged() == 0 || unseen.is_some()) {
        return (State::Skipped, first_line(&p.message));
    }
    if let Some(why) = unseen {
        return (State::Skipped, format!("not all was seen: {why}"));
    }
    if record.totals.judged() == 0 {
        let reasons = record.cells.iter().find_map(|c| match &c.outcome {
            Outcome::Skipped { reason } => Some(reason.clone()),
            _ => None,
        });
        return (State::Skipped, reasons.unwrap_or_else(|| "nothing was judged".into()));
    }
    let cells = record.totals.judged();
    (State::Good, format!("{cells} {}", if cells == 1 { "cell" } else { "cells" }))
}

/// Why something should have been seen and was not: then it is not told good.
fn unseen(record: &Record, oracles: &[String]) -> Option<String> {
    let counts = |oracle: &str| oracles.is_empty() || oracle == RUN || oracles.iter().any(|o| o == oracle);
    let mut all = record.cells.iter().flat_map(|c| c.unobserved());
    all.find(|(oracle, _)| counts(oracle)).map(|(_, why)| first_line(why))
}

fn symptom(f: &Finding, all: usize) -> String {
    let more = if all > 1 { format!(" (and {} more)", all - 1) } else { String::new() };
    let cell = f.cells.first().map_or("", String::as_str);
    format!("{} {}: want {}, got {}  {cell}{more}", f.oracle, f.path, one_line(&f.expected), one_line(&f.actual))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_string()
}

/// Short, and on one line.
fn one_line(text: &str) -> String {
    const SHOWN: usize = 80;
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match flat.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &flat[..end]),
        None if flat.is_empty() => "nothing".into(),
        None => flat,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use goabi_reports::record::OracleSummary;
    use goabi_reports::verdict::Basis;

    const CELL: &str = "t/f/c0@go1.27.3/linux-amd64/opt/direct";

    fn record(outcome: Outcome, found: &[(&str, &str)], unobserved: Option<&str>) -> Record {
        let mut record = crate::session::tests::record(&[outcome]);
        let mut summary = OracleSummary { agree: 1, ..OracleSummary::default() };
        summary.unobserved_because.extend(unobserved.map(|why| (why.to_string(), 1)));
        record.cells[0].oracles.insert("values".to_string(), summary);
        let finding = |(oracle, actual): &(&str, &str)| Finding {
            oracle: (*oracle).into(),
            cells: vec![record.cells[0].cell.clone()],
            path: "vectors[0].results[0]".into(),
            expected: "true".into(),
            basis: Basis::Case,
            actual: (*actual).into(),
            evidence: vec![],
            rerun: String::new(),
        };
        let known = |finding| FindingRecord { finding, outcome: Outcome::Fail, expectation: None };
        record.findings = found.iter().map(finding).map(known).collect();
        record.seal();
        record
    }

    #[test]
    fn findings_make_a_version_bad() {
        let (state, line) = of(&record(Outcome::Fail, &[("values", "false")], None), &[]);
        assert_eq!(state, State::Bad);
        assert_eq!(line, format!("values vectors[0].results[0]: want true, got false  {CELL}"));
        let both = record(Outcome::Fail, &[("values", "false\nand\u{7} more"), ("dwarf", "")], None);
        let (_, line) = of(&both, &[]);
        assert!(
            line.starts_with("dwarf ")
                && line.ends_with("got nothing  t/f/c0@go1.27.3/linux-amd64/opt/direct (and 1 more)"),
            "{line}"
        );
        // Those of the other oracles do not count.
        let only = |o: &str| of(&both, &[o.to_string()]);
        assert!(only("values").1.contains("got false and  more"), "{}", only("values").1);
        assert_eq!(only("panics").0, State::Good);
    }

    #[test]
    fn what_cannot_be_told_is_skipped() {
        let state = |r: &Record| of(r, &[]);
        assert_eq!(state(&record(Outcome::Pass, &[], None)), (State::Good, "1 cell".into()));
        let (s, line) = state(&record(Outcome::Fail, &[(BUILD, "x.go:3:1: undefined: min")], None));
        assert_eq!((s, line.as_str()), (State::Skipped, "does not build: x.go:3:1: undefined: min"));
        let (s, line) = state(&record(Outcome::Fail, &[], Some("the program wrote nothing")));
        assert_eq!((s, line.as_str()), (State::Skipped, "not all was seen: the program wrote nothing"));
        let unseen = record(Outcome::Fail, &[], Some("nothing"));
        assert_eq!(of(&unseen, &["values".into()]).0, State::Skipped);
        assert_eq!(of(&unseen, &["panics".into()]).0, State::Good);
        let skipped = Outcome::Skipped { reason: "came with Go 1.23".into() };
        assert_eq!(state(&record(skipped, &[], None)), (State::Skipped, "came with Go 1.23".into()));
    }
}
