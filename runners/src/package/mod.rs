//! Other people's packages: the signatures of their functions, from the Go
//! toolchain itself, and their programs, built.

mod lookup;
mod mains;

pub use lookup::{Function, Wanted, look_up};
pub use mains::{Main, build_mains};
