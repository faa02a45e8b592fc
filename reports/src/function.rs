//! What the record says of the functions under test themselves, whatever their
//! cells came to: where things travel, how long the code is, what it looks like.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A function under test, as one build of one toolchain holds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct FunctionRecord {
    /// Its case, `results/mixed/any_bytes_error`.
    pub case: String,
    /// The toolchain's label, `go1.27.3`.
    pub toolchain: String,
    /// `linux-arm64`.
    pub target: String,
    /// `opt`, `noopt` or `noregabi`.
    pub build: String,
    /// The linker's symbol.
    pub symbol: String,
    /// The call kinds whose cells call it.
    pub calls: Vec<String>,
    /// Where the ABI specification has its parameters and results travel, in
    /// the compiler's notation, a line each; this is our model, not Go's word.
    pub assignment: Vec<String>,
    /// What was measured of its code; absent where it has none of its own, since
    /// it was inlined everywhere, or where it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeRecord>,
    /// Where DWARF says that its parameters and results are, in DWARF's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<VariableRecord>,
    /// Its instructions; recorded only where a cell of its case has a finding
    /// on some target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<InstructionRecord>,
    /// Why its instructions are not there though they are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_disassembled: Option<String>,
}

/// Sizes of a function's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct CodeRecord {
    /// Bytes of machine code, from DWARF's low to its high pc.
    pub text_bytes: u64,
    /// The frame at its largest: bytes from the stack pointer to the canonical
    /// frame address, by `.debug_frame`, without what the call itself pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_bytes: Option<u64>,
    /// Machine instructions, where this port's are of one size or can be decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<u64>,
}

/// A parameter or result: where the ABI assignment has it and where DWARF says it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct VariableRecord {
    /// As DWARF calls it, `~r0` for the first unnamed result.
    pub name: String,
    /// Whether it is a result.
    pub result: bool,
    /// Its Go type.
    pub ty: String,
    /// Where the ABI assignment has it: `R{ I0 I1 }`, `stack+8`.
    pub assigned: String,
    /// Where DWARF says it is: a line for each range of instructions, none
    /// where the location is empty.
    pub locations: Vec<LocationRecord>,
    /// At how many of the function's instructions it has a location; absent
    /// where these cannot be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described: Option<u64>,
}

/// One entry of a location list, or a location that holds everywhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct LocationRecord {
    /// First and last+1 instruction, bytes from the function's entry; absent
    /// where the location holds everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<(u64, u64)>,
    /// The location: `RAX:8 RBX:8`, `fbreg(-24)`.
    pub place: String,
}

/// One machine instruction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct InstructionRecord {
    /// Bytes from the function's entry.
    pub offset: u64,
    /// The instruction as a disassembler writes it.
    pub text: String,
    /// The line of the generated Go that it comes from, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What is decided here, where a finding speaks of it: `entry` for
    /// parameters, `return` for results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
}

/// The generated Go of a case that has a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct SourceRecord {
    /// The case.
    pub case: String,
    /// Path in the generated program to text.
    pub files: BTreeMap<String, String>,
}
