//! What is asked of the oracle, and what it answers.

use goabi_cases::arch::Arch;
use goabi_cases::cell::Build;
use goabi_cases::signature::Signature;
use goabi_cases::version::GoVersion;

/// One function to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Expect<'a> {
    /// The name that DWARF should give it: `goabi.test/prog/p.(*T).M`.
    pub symbol: &'a str,
    /// With the receiver, if it is a method.
    pub signature: &'a Signature,
    pub build: Build,
    pub version: GoVersion,
    pub arch: &'a Arch,
    /// The import path of the package that declares the case's own types.
    pub package_path: &'a str,
    /// The line of its declaration, which its parameters share.
    pub decl_line: Option<u32>,
    /// Whether the compiler may inline every call of it.
    pub inlinable: bool,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    Agree,
    /// DWARF says nothing, which an optimised build may.
    NotDescribed,
    Disagree {
        expected: String,
        actual: String,
        evidence: Vec<String>,
    },
    /// DWARF says something that could not be read.
    Unobserved(String),
}

/// One question and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Such as `dwarf.params[0].location`.
    pub path: String,
    pub judgement: Judgement,
}

impl Check {
    pub(crate) fn new(path: impl Into<String>, judgement: Judgement) -> Check {
        Check { path: path.into(), judgement }
    }

    /// Agreement if the two are equal.
    pub(crate) fn equal(path: impl Into<String>, expected: impl ToString, actual: impl ToString) -> Check {
        let (expected, actual) = (expected.to_string(), actual.to_string());
        let judgement = if expected == actual { Judgement::Agree } else { Judgement::differ(expected, actual) };
        Check::new(path, judgement)
    }
}

impl Judgement {
    /// A disagreement without further evidence.
    pub(crate) fn differ(expected: impl Into<String>, actual: impl Into<String>) -> Judgement {
        Judgement::Disagree { expected: expected.into(), actual: actual.into(), evidence: vec![] }
    }
}
