//! What was seen of the machine, as plain data that can be kept.

use super::limits::Unread;
use goabi_cases::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one way of running a program under a debugger showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineFacts {
    /// By the unit's number; each that was asked for.
    pub units: BTreeMap<u32, UnitSeen>,
    /// How often the program was stopped.
    pub stops: u64,
    pub processes: u32,
}

/// What one unit showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitSeen {
    /// Of each function under test that it entered the outermost call, in the
    /// order in which they were entered.
    pub calls: Vec<CallSeen>,
    /// Why it was not seen to its end, if it was not.
    pub cut: Option<Cut>,
}

/// Why a unit was not seen to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cut {
    /// The program ended within it.
    Died(String),
    /// It was never begun.
    NotRun(String),
    /// The debugger's side failed: nothing is known of the rest.
    Lost(String),
}

/// What one call of a function under test showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSeen {
    /// The function's symbol.
    pub function: String,
    /// At the first instruction; again where the function was begun anew on a
    /// larger stack.
    pub entries: Vec<EntrySeen>,
    /// What DWARF says at each place behind the entry.
    pub places: Vec<PlaceSeen>,
    /// The results at the return instruction.
    pub at_return: Option<Vec<SlotSeen>>,
    /// Their bytes there, where [`super::Plan::bytes`] asks for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub return_bytes: Vec<BytesSeen>,
    /// The results at the return address, where they are others than at the
    /// return instruction, or that was not seen.
    pub in_caller: Option<Vec<SlotSeen>>,
    /// Whether the caller's return address was reached.
    pub returned: bool,
    /// Whether it was given up to stop in the function, because too many inner
    /// calls were passed over: what is not here was not looked for.
    pub given_up: bool,
}

/// What the entry showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntrySeen {
    /// Receiver and parameters, where the model assigns them.
    pub inputs: Vec<SlotSeen>,
    /// The bytes of each, where [`super::Plan::bytes`] asks for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bytes: Vec<BytesSeen>,
    pub variables: Vec<(usize, Sight)>,
}

/// A value where the model assigns it; or why it cannot be read.
pub type SlotSeen = Result<Value, Unread>;

/// A value's bytes where the model assigns it; or why they cannot be read.
pub type BytesSeen = Result<Vec<u8>, Unread>;

/// What DWARF says at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceSeen {
    /// Bytes from the function's entry.
    pub offset: u64,
    pub kind: PlaceKind,
    /// Index of the variable, and what was seen of it.
    pub variables: Vec<(usize, Sight)>,
}

/// Which place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlaceKind {
    /// Where the line table says that the prologue ends.
    AfterPrologue,
    /// The beginning of that line.
    Statement(u64),
    /// A return instruction.
    Return,
}

/// What a debugger would show of a variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sight {
    /// The bytes that the value really has.
    True,
    /// Nothing: it has no location here.
    NotDescribed,
    /// The bytes that the value really has, but not all of them.
    Partly,
    /// Something else.
    Other {
        /// The value that a debugger shows, or why it cannot show any.
        shown: SlotSeen,
        /// The location, in words.
        location: String,
        /// How many bytes it describes and how many the value has, where it
        /// does not describe all.
        described: Option<(u64, u64)>,
    },
    /// What it is to be compared with could not be read.
    Unknown(String),
    /// Its location cannot be evaluated.
    Unreadable(String),
}
