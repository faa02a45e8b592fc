//! Observing what a build or a run left: facts, without opinion.

pub mod dwarf;
pub mod records;
