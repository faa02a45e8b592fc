//! `goabi explain`: makes the model that `goabi_reports::explain` renders.
//!
//! [`make`] works from the signature alone. [`from`] takes the signature from
//! somebody's package, [`asm`] adds instructions: both need a toolchain. What a
//! machine shows of a word goes into its `confirmed`: [`case`] makes a call,
//! [`observe`] has it watched, [`confirm`] compares word by word.

pub mod asm;
pub mod case;
pub mod confirm;
pub mod from;
pub mod make;
pub mod observe;
pub mod program;

/// Stands in for the dot in the names of other packages' types, because a
/// scope has one package: a letter to Go, and a dot to the eye.
pub const DOT: char = 'ᐧ';
