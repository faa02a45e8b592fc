//! What is recorded of a function that was stepped through.

use serde::{Deserialize, Serialize};

/// One activation of a function: the first one, from its entry to its return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stepped {
    pub function: String,
    pub entry: u64,
    /// Whether call frame information describes its entry.
    pub has_cfi: bool,
    /// How often its first instruction was reached: once, and again each time its
    /// stack had to grow, or it loops to there.
    pub begun: u64,
    /// Instructions executed in it, those of what it called not counted.
    pub steps: u64,
    /// By pc. More than one with the same pc if something differed.
    pub places: Vec<PlaceSeen>,
    pub end: End,
}

/// How watching it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// It returned: nothing of this activation was missed.
    Returned,
    /// It did not return, but the program went on: a panic or `runtime.Goexit` took
    /// it away. Nothing of it was missed, either.
    Left,
    /// It was not entered, for this reason.
    NotEntered(String),
    /// It was entered, and lost before its return.
    Cut(String),
    /// It was entered, and given up before its return for a reason that no other
    /// run would be without: nothing is known of the rest.
    GivenUp(String),
}

/// All stops at one instruction at which everything was the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceSeen {
    pub pc: u64,
    pub stops: u64,
    /// Truth: from SP to the canonical frame address, SP before the call.
    pub cfa: i64,
    /// Truth: where the function returns to.
    pub return_address: u64,
    pub claims: Claims,
    /// Whether a callee returned to here.
    pub behind_call: bool,
    /// The function that the instruction went to, if it left this one.
    pub left_to: Option<u64>,
}

/// What each way of unwinding says at a stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The runtime's own table.
    pub pcsp: Claim,
    /// Where the runtime takes the return address from on machines with a link
    /// register; `None` on others, where it follows from `pcsp`.
    pub runtime: Option<Claim>,
    /// Call frame information; `None` where there is none of the function.
    pub cfi: Option<Claim>,
    /// The chain of frame pointers; `None` on ports that keep none.
    pub frame_pointer: Option<Claim>,
}

/// What one way says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// From SP to the canonical frame address.
    pub cfa: Told<i64>,
    pub return_address: Told<u64>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told<T> {
    Is(T),
    /// It should have been told, and was not, for this reason.
    Nothing(String),
    /// This way of unwinding does not tell it.
    Inapplicable,
}
