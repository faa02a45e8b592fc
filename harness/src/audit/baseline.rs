//! Findings that are known, in a file.

use super::class::{Class, Level};
use super::report::Report;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counted up when the form changes.
const SCHEMA_VERSION: u32 = 1;

/// Findings that are no news, by their fingerprints. One is known up to the
/// level that it was written with: what has become worse is news.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    schema_version: u32,
    findings: BTreeMap<String, Known>,
}

/// What is known of a finding; class, pattern and function are for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    level: Level,
    class: Class,
    pattern: String,
    function: String,
}

/// Why a text is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    #[error("it is no baseline: {0}")]
    Form(#[from] serde_json::Error),
    #[error("its form has version {0}, not {SCHEMA_VERSION}")]
    Version(u32),
}

impl Baseline {
    /// All findings of a report.
    #[must_use]
    pub fn of(report: &Report) -> Baseline {
        let mut findings: BTreeMap<String, Known> = BTreeMap::new();
        for f in report.binaries.iter().flat_map(|b| &b.findings) {
            let (pattern, function) = (f.pattern.clone(), f.function.clone());
            let known = Known { level: f.level, class: f.class, pattern, function };
            let entry = findings.entry(f.fingerprint.clone()).or_insert(known);
            entry.level = entry.level.max(f.level);
        }
        Baseline { schema_version: SCHEMA_VERSION, findings }
    }

    /// Reads a baseline.
    ///
    /// # Errors
    ///
    /// If the text is none.
    pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
        let baseline: Baseline = serde_json::from_str(text)?;
        match baseline.schema_version {
            SCHEMA_VERSION => Ok(baseline),
            other => Err(BaselineError::Version(other)),
        }
    }

    /// The baseline as a file.
    ///
    /// # Errors
    ///
    /// None that is known of: all keys are texts.
    pub fn text(&self) -> Result<String, BaselineError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Marks the findings of a report that are known.
    pub fn mark(&self, report: &mut Report) {
        for f in report.binaries.iter_mut().flat_map(|b| &mut b.findings) {
            f.known = self.findings.get(&f.fingerprint).is_some_and(|k| f.level <= k.level);
        }
    }
}
