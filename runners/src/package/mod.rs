//! Functions of other people's packages: their signatures, from the Go
//! toolchain itself.

mod lookup;

pub use lookup::{Function, Wanted, look_up};
