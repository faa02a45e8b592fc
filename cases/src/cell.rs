//! The coordinate of one check, and its text form.

use crate::arch::Arch;
use crate::stress::Stress;
use crate::version::GoVersion;
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
    /// Optimised, with `GOEXPERIMENT=noregabi`: everything travels by ABI0, in
    /// the few releases where a port can still do that.
    Noregabi,
}

/// A target: linux on one GOARCH.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    pub goarch: String,
}

/// The coordinate of one check. Its text,
/// `topic/file/case@go1.27.3/linux-arm64/opt/direct`, is the test's name, the
/// argument that reruns it and the selector that an expectation uses. Words of
/// stress stand behind the build mode: `opt+move`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    pub case: CaseId,
    /// The toolchain's label: `go1.27.3`, `tip`, or a GOROOT's own label.
    pub toolchain: String,
    pub target: Target,
    pub build: Build,
    /// What makes its life harder; none for most cells.
    pub stress: Stress,
    /// The call kind's id: `direct`, `func_value`...
    pub call: String,
}

impl Build {
    /// All build modes in the order in which they are run.
    pub const ALL: [Build; 3] = [Build::Opt, Build::Noopt, Build::Noregabi];
    /// Those that are run where none is asked for.
    pub const DEFAULT: [Build; 2] = [Build::Opt, Build::Noopt];

    /// The word in a cell's text.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Build::Opt => "opt",
            Build::Noopt => "noopt",
            Build::Noregabi => "noregabi",
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
            Build::Opt | Build::Noregabi => &[],
            Build::Noopt => &["-gcflags=all=-N -l"],
        }
    }

    /// The `GOEXPERIMENT` that `go build` gets for it.
    #[must_use]
    pub fn experiment(self) -> Option<&'static str> {
        match self {
            Build::Opt | Build::Noopt => None,
            Build::Noregabi => Some("noregabi"),
        }
    }

    /// Whether a toolchain of that version can build so for that port.
    ///
    /// # Errors
    /// Why it cannot, as a fragment of a sentence.
    pub fn applies(self, arch: &Arch, version: GoVersion) -> Result<(), String> {
        match self {
            Build::Opt | Build::Noopt => Ok(()),
            Build::Noregabi if arch.register_abi_optional(version) => Ok(()),
            Build::Noregabi if arch.register_abi(version) => {
                Err(format!("go {version} always uses the register ABI on linux/{}", arch.goarch))
            }
            Build::Noregabi => {
                Err(format!("go {version} has no register ABI on linux/{}: opt is the same", arch.goarch))
            }
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
        write!(f, "{}@{}/{}/{}{}/{}", self.case, self.toolchain, self.target, self.build, self.stress, self.call)
    }
}

impl Serialize for Cell {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noregabi_is_only_where_go_heeds_it() {
        let applies =
            |goarch: &str, version: &str| Build::Noregabi.applies(Arch::get(goarch).unwrap(), version.parse().unwrap());
        assert_eq!(applies("s390x", "1.26.6"), Ok(()));
        assert_eq!(applies("s390x", "1.27.3").unwrap_err(), "go 1.27.3 always uses the register ABI on linux/s390x");
        assert_eq!(
            applies("s390x", "1.25.5").unwrap_err(),
            "go 1.25.5 has no register ABI on linux/s390x: opt is the same"
        );
        for build in Build::DEFAULT {
            assert_eq!(build.applies(Arch::get("386").unwrap(), GoVersion::TIP), Ok(()));
        }
    }

    #[test]
    fn words_are_read_back() {
        for build in Build::ALL {
            assert_eq!(Build::from_id(build.id()), Some(build));
        }
    }
}
