//! What is reported: the types of the JSON.

use crate::audit::{Claim, Class, Level, Place};
use goabi_runners::observe::step::{End, Stepped};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counted up when the form changes.
pub const SCHEMA_VERSION: u32 = 1;

/// The oracle whose findings these are.
pub const ORACLE: &str = "unwind";

/// One binary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub schema_version: u32,
    pub path: String,
    pub goarch: String,
    /// The Go version that built it, where it says so.
    pub go: Option<String>,
    /// What ran it, and stopped it.
    pub by: String,
    pub functions: Vec<FunctionReport>,
}

/// One function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionReport {
    pub function: String,
    pub address: u64,
    /// Why it was not observed from its entry to its return: a failure.
    pub not_observed: Option<String>,
    /// Whether that would be so in any run: it calls itself too often.
    pub given_up: bool,
    /// Instructions that were executed in it.
    pub steps: u64,
    /// How often its first instruction was reached.
    pub begun: u64,
    /// Instructions that it has.
    pub instructions: u64,
    /// Of these, those that ran.
    pub ran: u64,
    /// Of these, those at which a goroutine may be preempted.
    pub preemptible: u64,
    pub compared: Compared,
    /// The worst first.
    pub findings: Vec<Finding>,
    /// The instructions that ran, by address.
    pub lines: Vec<Line>,
}

impl FunctionReport {
    /// Of a function that is not in the program's table.
    pub(super) fn missing(seen: &Stepped) -> FunctionReport {
        let why = match &seen.end {
            End::NotEntered(why) | End::Cut(why) | End::GivenUp(why) => why.clone(),
            End::Returned | End::Left => "the table of functions has no such entry".to_string(),
        };
        FunctionReport {
            function: seen.function.clone(),
            address: seen.entry,
            not_observed: Some(why),
            given_up: false,
            steps: seen.steps,
            begun: seen.begun,
            instructions: 0,
            ran: 0,
            preemptible: 0,
            compared: Compared::default(),
            findings: vec![],
            lines: vec![],
        }
    }
}

/// At how many instructions each way of unwinding was compared with the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    pub pcsp: u64,
    /// Of the runtime's rule for the return address, on machines with a link register.
    pub runtime: u64,
    pub cfi: u64,
    /// At calls alone.
    pub frame_pointer: u64,
}

/// What is wrong, of one class and pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Always [`ORACLE`].
    pub oracle: String,
    pub class: Class,
    pub level: Level,
    /// How it goes, in words that are the same for all such findings.
    pub pattern: String,
    /// Where: the first instruction of the worst level.
    pub place: Place,
    /// How many instructions are alike.
    pub points: u32,
    /// Of these, where a goroutine may be preempted.
    pub preemptible: u32,
    /// What each side says at the first one.
    pub claims: Vec<Claim>,
    pub danger: String,
    /// The known issue, `golang/go#N`, or `unreported` and what it is.
    pub issue: Option<String>,
    /// The first Go version without it.
    pub fixed_in: Option<String>,
    /// Whether the version that built the binary should be without it.
    pub regressed: bool,
}

/// An instruction that ran; more than one line if it was seen in different ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// From the function's entry.
    pub offset: u32,
    pub text: String,
    /// How often it was stopped at.
    pub stops: u64,
    /// Truth: from SP to the canonical frame address.
    pub cfa: i64,
    /// Truth.
    pub return_address: u64,
    pub pcsp: Claimed,
    pub runtime: Option<Claimed>,
    pub cfi: Option<Claimed>,
    pub frame_pointer: Option<Claimed>,
    pub preemptible: bool,
    /// Whether a callee returned to here.
    pub behind_call: bool,
    /// The function that it called or went to.
    pub left_to: Option<String>,
    /// Whether a finding is here.
    pub here: bool,
}

/// What one way of unwinding says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claimed {
    /// From SP to the canonical frame address, if it tells it.
    pub cfa: Option<i64>,
    pub return_address: Option<u64>,
    /// Whether the return address is the true one, if it is to tell it.
    pub finds_caller: Option<bool>,
    /// Why something is not told.
    pub why: Option<String>,
}
