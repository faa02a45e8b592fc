//! The `dwarf` oracle: is a function described as its signature and the ABI
//! assignment say? Pure functions over [`goabi_runners::observe::dwarf`] facts.
//!
//! Locations are judged at the function's entry, before its first instruction:
//! there the ABI fixes where every parameter is. A `-N -l` build spills its
//! register-assigned parameters in the prologue; Go describes that by a location
//! list whose first range, up to the spill, names the registers. So the entry is
//! judged alike in both builds, and a stack home that is claimed from entry on
//! is wrong: nothing has been stored there yet, and in an optimised build where
//! the parameter is unused nothing ever is.

mod check;
mod expect;
mod location;
mod names;
mod oracle;
mod types;

#[cfg(test)]
mod tests;

pub use check::{abstract_slots, check};
pub(crate) use check::{named_slots, slot_numbers};
pub use expect::{Check, Expect, Judgement};
pub(crate) use location::{Symptom, symptom};
pub(in crate::oracles) use oracle::{Kind, verdicts};
