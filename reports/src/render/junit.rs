//! JUnit XML, for continuous integration: a test suite for each toolchain,
//! target and build, and in it a test case for each cell, named by its text.

use super::RenderError;
use crate::coordinate::Coordinate;
use crate::outcome::Outcome;
use crate::record::{CellRecord, FindingRecord, Problem, Record};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// See [`super::Renderer::file`].
pub const FILE: &str = "junit.xml";
/// See [`super::Renderer::about`].
pub const ABOUT: &str = "one test case a cell, for continuous integration";

/// The record as JUnit XML.
pub fn render(record: &Record) -> Result<String, RenderError> {
    let mut report = Report::new("goabi");
    let mut suites: BTreeMap<String, TestSuite> = BTreeMap::new();
    let findings = record.findings_by_cell();
    for cell in &record.cells {
        let coordinate = Coordinate::of(&cell.cell);
        let name = coordinate.program();
        let suite = suites.entry(name.clone()).or_insert_with(|| {
            let mut suite = TestSuite::new(name);
            suite.extra.insert("timestamp".into(), record.started.as_str().into());
            for t in record.toolchains.iter().filter(|t| t.label == coordinate.toolchain) {
                suite.add_property(Property::new("go.version", t.version.as_str()));
                suite.add_property(Property::new("go.fingerprint", t.fingerprint.as_str()));
            }
            suite
        });
        let findings = findings.get(cell.cell.as_str()).map_or(&[][..], Vec::as_slice);
        suite.add_test_case(test_case(cell, coordinate.case, findings));
    }
    for suite in suites.into_values() {
        report.add_test_suite(suite);
    }
    if !record.problems.is_empty() {
        let mut suite = TestSuite::new("problems");
        suite.add_test_cases(record.problems.iter().map(problem));
        report.add_test_suite(suite);
    }
    let mut text =
        report.to_string().map_err(|e| RenderError::Format { format: "junit", message: e.to_string() })?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

fn test_case(cell: &CellRecord, class: &str, findings: &[&FindingRecord]) -> TestCase {
    let status = match &cell.outcome {
        Outcome::Pass | Outcome::Permitted { .. } | Outcome::Known { .. } => TestCaseStatus::success(),
        Outcome::Skipped { reason } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(reason.as_str());
            status
        }
        Outcome::Fixed { issue } => failure(
            "fixed",
            format!("{issue} was expected to fail here and no longer does"),
            "narrow the expectation to what still fails, or take it away\n".to_string(),
        ),
        Outcome::Fail | Outcome::Flaky => {
            let first = findings.iter().find(|f| f.outcome.fails());
            let message = first.map_or_else(
                || "nothing was observed where something should have been".to_string(),
                |f| format!("{}: {}: want {}, got {}", f.finding.oracle, f.finding.path, f.finding.expected, f.finding.actual),
            );
            failure(cell.outcome.id(), message, details(cell, findings))
        }
    };
    let mut case = TestCase::new(cell.cell.as_str(), status);
    case.set_classname(class);
    if let Some(time) = cell.seconds.and_then(|s| Duration::try_from_secs_f64(s).ok()) {
        case.set_time(time);
    }
    match &cell.outcome {
        Outcome::Known { issue } => {
            case.add_property(Property::new("known", issue.as_str()));
            case.set_system_out(format!("fails as expected: {issue}\n{}", details(cell, findings)));
        }
        Outcome::Permitted { rule } => {
            case.add_property(Property::new("permitted", rule.as_str()));
            case.set_system_out(format!("differs as the specification permits: {rule}\n{}", details(cell, findings)));
        }
        Outcome::Pass | Outcome::Fixed { .. } | Outcome::Fail | Outcome::Flaky | Outcome::Skipped { .. } => {}
    }
    case
}

fn failure(ty: &str, message: String, description: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(ty).set_message(message).set_description(description);
    status
}

fn problem(p: &Problem) -> TestCase {
    let subject = [p.toolchain.as_deref(), p.cell.as_deref()].into_iter().flatten().next_back().unwrap_or("goabi");
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type(p.kind.words()).set_message(p.message.lines().next().unwrap_or("")).set_description(p.message.as_str());
    let mut case = TestCase::new(format!("{}: {subject}", p.kind.words()), status);
    case.set_classname("problems");
    case
}

/// All findings of a cell, and what was not observed in it.
fn details(cell: &CellRecord, findings: &[&FindingRecord]) -> String {
    let mut out = String::new();
    // Writing to a string can't fail.
    for FindingRecord { finding: f, outcome, .. } in findings {
        let known = match outcome {
            Outcome::Known { issue } => format!(" (known: {issue})"),
            Outcome::Permitted { rule } => format!(" (permitted: {rule})"),
            Outcome::Pass | Outcome::Fixed { .. } | Outcome::Fail | Outcome::Flaky | Outcome::Skipped { .. } => String::new(),
        };
        let _ = writeln!(out, "{}: {}{known}", f.oracle, f.path);
        let _ = writeln!(out, "  want: {} ({})", f.expected, f.basis.words());
        let _ = writeln!(out, "  got:  {}", f.actual);
        for line in &f.evidence {
            let _ = writeln!(out, "  {line}");
        }
        let _ = writeln!(out, "  rerun: {}", f.rerun);
    }
    for (oracle, reason) in cell.unobserved() {
        let _ = writeln!(out, "{oracle}: nothing observed: {reason}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::example;

    #[test]
    fn snapshot() {
        insta::assert_snapshot!(render(&example::record()).unwrap());
    }

    /// What a crashed program prints must not make the XML unreadable.
    #[test]
    fn odd_bytes_stay_readable() {
        let mut record = example::record();
        record.findings[0].finding.actual = "a\0b\x1b[31m<&]]>\u{fffe}".into();
        let text = render(&record).unwrap();
        assert!(Report::deserialize_from_str(&text).is_ok(), "{text}");
        assert!(!text.contains('\0') && !text.contains('\x1b'));
    }
}
