//! Observing what a build or a run left: facts, without opinion.

pub mod code;
pub mod disasm;
pub mod dwarf;
pub mod follow;
pub mod listing;
pub mod machine;
pub mod objdump;
pub mod records;
pub mod step;
pub mod unwind;
pub mod variable;

mod frames;
mod text;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
