//! The machine as a witness of a cell: which ways of running were watched,
//! what is to be watched, and how several witnesses are heard as one.

mod hear;
mod plan;
mod watch;

pub(crate) use hear::{Said, hear};
pub(crate) use plan::plan;
pub use watch::Observers;
pub(crate) use watch::{watch, watch_by};

use goabi_cases::case::Expected;
use goabi_runners::observe::machine::{CallSeen, MachineFacts, UnitSeen};
use std::fmt;
use std::sync::Arc;

/// What ran a program while it was watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// The machine itself, under gdbserver.
    Native,
    /// An emulator with a debug stub.
    Emulated,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            How::Native => "natively",
            How::Emulated => "under the emulator",
        })
    }
}

/// What the machine showed of a cell.
#[derive(Clone, Debug)]
pub struct Machine {
    /// One entry a vector: what registers and memory must show.
    pub expected: Vec<Expected>,
    /// One entry a vector: the earlier one that is the same. That is watched, and
    /// this one not: it would show nothing else.
    pub repeats: Vec<Option<usize>>,
    pub views: Vec<View>,
}

/// One way of running it.
#[derive(Clone, Debug)]
pub struct View {
    pub how: How,
    pub watched: Watched,
    /// One entry a vector of the case: its unit.
    pub units: Vec<Option<u32>>,
}

/// What became of watching a program.
#[derive(Clone, Debug)]
pub enum Watched {
    Seen(Arc<MachineFacts>),
    /// It cannot be done on this machine, for that reason.
    Skipped(String),
    /// It should have been possible.
    Unavailable(String),
}

impl View {
    /// What a program showed of the vectors that have these units.
    pub(crate) fn of(how: How, program: &Watched, units: Vec<Option<u32>>) -> View {
        View { how, watched: program.clone(), units }
    }

    /// The unit of a vector.
    pub(crate) fn unit(&self, vector: usize) -> Option<&UnitSeen> {
        match &self.watched {
            Watched::Seen(facts) => facts.units.get(&(*self.units.get(vector)?)?),
            Watched::Skipped(_) | Watched::Unavailable(_) => None,
        }
    }

    /// The call of a function in a vector's unit.
    pub(crate) fn call(&self, vector: usize, symbol: &str) -> Option<&CallSeen> {
        self.unit(vector)?.calls.iter().find(|c| c.function == symbol)
    }
}
