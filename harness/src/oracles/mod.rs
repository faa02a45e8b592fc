//! Oracles turn observations into verdicts.

pub mod dwarf;
pub mod layout;
