//! The coordinate of one check, and its text form.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A case's identity: `topic/file/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId {
    /// The folder below the suite's root.
    pub topic: String,
    /// The file's stem.
    pub file: String,
    pub name: String,
}

/// A build mode: which flags the compiler gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Build {
    /// Optimised, as users ship.
    Opt,
    /// `-gcflags=all=-N -l`: no optimisation, no inlining.
    Noopt,
}

/// A target: linux on one GOARCH.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    pub goarch: String,
}

/// The coordinate of one check. Its text,
/// `topic/file/case@go1.27.3/linux-arm64/opt/direct`, is the test's name, the
/// argument that reruns it and the selector that an expectation uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    pub case: CaseId,
    /// The toolchain's label: `go1.27.3`, `tip`, or a GOROOT's own label.
    pub toolchain: String,
    pub target: Target,
    pub build: Build,
    /// The call kind's id: `direct`, `func_value`...
    pub call: String,
}

impl Build {
    /// All build modes in the order in which they are run.
    pub const ALL: [Build; 2] = [Build::Opt, Build::Noopt];

    /// The word in a cell's text.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Build::Opt => "opt",
            Build::Noopt => "noopt",
        }
    }

    /// The build mode of that word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Build> {
        Build::ALL.into_iter().find(|b| b.id() == id)
    }

    /// The arguments that `go build` gets for it.
    #[must_use]
    pub fn go_flags(self) -> &'static [&'static str] {
        match self {
            Build::Opt => &[],
            Build::Noopt => &["-gcflags=all=-N -l"],
        }
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "linux-{}", self.goarch)
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.file, self.name)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}/{}/{}/{}", self.case, self.toolchain, self.target, self.build, self.call)
    }
}

impl Serialize for Cell {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
