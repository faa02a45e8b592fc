//! From cases and call kinds to Go programs. Pure and deterministic: the same
//! input gives the same bytes.
//!
//! * [`call`]: the call kinds, one file each
//! * [`function`]: the text of a function under test
//! * [`names`]: what generated things are called
//! * [`program`]: many cases and calls to one program
//! * [`traced`]: the functions of a program as tracebacks name them

mod assembly;
pub mod call;
mod cgo;
mod closure;
pub mod function;
mod generic;
pub mod names;
mod package;
mod plain;
pub mod program;
mod receiver;
pub mod traced;
mod wrapper;
mod writer;
