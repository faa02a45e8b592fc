//! The machine as a witness: a program is stopped at each entry and return of
//! the functions under test, and registers and memory are read, by the model
//! and by what DWARF says.

mod body;
mod decode;
mod facts;
mod held;
mod limits;
mod lines;
mod memory;
mod observe;
mod plan;
mod returns;
#[cfg(test)]
mod room;
mod sight;
mod stand;
mod state;
mod types;
mod watch;

pub use facts::{BytesSeen, CallSeen, Cut, EntrySeen, MachineFacts, PlaceKind, PlaceSeen, Sight, SlotSeen, UnitSeen};
pub use limits::{Unread, may_be_too_large};
pub use observe::{ObserveError, ObserveSpec, observe};
pub use plan::{Plan, SlotAt, Watched};
