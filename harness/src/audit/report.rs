//! What an audit reports: the types of the JSON.

use super::class::{Class, Level};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counted up when the form changes.
pub const SCHEMA_VERSION: u32 = 1;

/// All binaries of one audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub schema_version: u32,
    pub binaries: Vec<BinaryReport>,
}

/// One binary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BinaryReport {
    pub path: String,
    pub goarch: String,
    /// The Go version that built it, where it says so.
    pub go: Option<String>,
    /// The path of its main package, where it says so.
    pub package: Option<String>,
    /// Whether it has call frame information for Go's functions.
    pub has_cfi: bool,
    pub counts: Counts,
    /// The worst first, then by class and function.
    pub findings: Vec<Finding>,
}

/// How much there is, and how much of it was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    pub functions: u64,
    pub audited: u64,
    pub skipped: Skipped,
    /// Of the audited functions, without padding and data.
    pub instructions: u64,
    /// Of these, known to no decoder.
    pub undecoded: u64,
    /// Of these, with SP known: only they are compared with the tables.
    pub followed: u64,
    /// Of these, those that control does not reach as far as is known.
    pub unreached: u64,
    /// Boundaries at which SP was compared with `pcsp`.
    pub compared_pcsp: u64,
    /// Boundaries at which SP was compared with call frame information.
    pub compared_cfi: u64,
    /// Audited functions for which there is no call frame information.
    pub functions_without_cfi: u64,
    /// Calls of compiled functions at which it is not known what the frame pointer holds.
    pub calls_fp_unknown: u64,
    /// Jumps whose targets are not known.
    pub unresolved_jumps: u64,
    /// Functions that were given up before all of them was settled.
    pub unsettled: u64,
}

/// Functions that were not audited, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// Without a `pcsp` table: C code, and marks between sections.
    pub no_pcsp: u64,
    /// Whose code is not in the file.
    pub no_code: u64,
    /// Whose tables cannot be read; each is a finding, too.
    pub unreadable: u64,
}

/// What is wrong, of one class and pattern, in one function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    pub class: Class,
    pub level: Level,
    /// How it goes, in words that are the same for all such findings.
    pub pattern: String,
    pub function: String,
    pub assembly: bool,
    /// Where: the first point, of the worst level.
    pub place: Place,
    /// How many instruction boundaries are alike.
    pub points: u32,
    /// Of these, where a goroutine may be preempted.
    pub preemptible: u32,
    /// What each side says at the first point.
    pub claims: Vec<Claim>,
    /// The instructions around the first point.
    pub disassembly: Vec<Line>,
    pub danger: String,
    /// The known issue, `golang/go#N`, or `unreported` and what it is.
    pub issue: Option<String>,
    /// The first Go version without it, if there is one.
    pub fixed_in: Option<String>,
    /// Whether the version that built the binary should be without it.
    pub regressed: bool,
    /// Of class, pattern and function: the same after the binary is built anew.
    pub fingerprint: String,
    /// Whether a baseline has it.
    pub known: bool,
}

impl Finding {
    /// A sentence about the known issue, if it is one.
    #[must_use]
    pub fn about_issue(&self) -> Option<String> {
        about_issue(self.issue.as_deref(), self.fixed_in.as_deref(), self.regressed)
    }
}

/// A sentence about a known issue, the first version without it, and whether the
/// version that built the binary should be without it.
pub(crate) fn about_issue(issue: Option<&str>, fixed_in: Option<&str>, regressed: bool) -> Option<String> {
    let issue = issue?;
    Some(match (fixed_in, regressed) {
        (Some(fixed), false) => format!("This is {issue}; the first good version is Go {fixed}."),
        (Some(fixed), true) => format!("This is what {issue} was, which Go {fixed} mended: it is back."),
        (None, _) => format!("This is {issue}; no release is known to be without it."),
    })
}

/// Where in a binary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub address: u64,
    /// From the function's entry.
    pub offset: u32,
    pub file: Option<String>,
    pub line: Option<u32>,
}

/// What one side says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    pub by: String,
    pub says: String,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub offset: u32,
    pub text: String,
    /// How far SP is below its value at entry, where that is known.
    pub sp: Option<i32>,
    /// What `pcsp` says of that.
    pub pcsp: Option<i32>,
    /// What the call frame information says of that.
    pub cfi: Option<i64>,
    /// Whether the finding is here.
    pub here: bool,
}
