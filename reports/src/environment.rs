//! What a run was made with: host, toolchains, emulators, C compilers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The machine that ran goabi.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Host {
    /// `linux` or `macos`.
    pub os: String,
    /// The host's architecture as Go calls it.
    pub goarch: String,
    /// How many processors goabi could use.
    pub cpus: u32,
}

/// A Go toolchain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Toolchain {
    /// The label in cells: `go1.27.3`, `tip`.
    pub label: String,
    /// What its VERSION says.
    pub version: String,
    /// A digest of its GOROOT, so that two roots of one version are told apart.
    pub fingerprint: String,
    /// Where it came from: PATH, the cache, PyPI, a given GOROOT.
    pub origin: String,
}

/// A C compiler that built programs with C.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct CCompiler {
    /// The GOARCH that it compiles for.
    pub goarch: String,
    /// The program and what stands before all other arguments, as in `CC`.
    pub command: String,
    /// The first line of what it says of itself.
    pub version: String,
}

/// An emulator that ran another architecture's programs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Emulator {
    /// The GOARCH that it runs.
    pub goarch: String,
    /// The program.
    pub path: String,
    /// The first line of what it says of itself.
    pub version: String,
}
