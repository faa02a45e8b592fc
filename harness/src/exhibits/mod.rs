//! What the record shows of the functions under test: facts about each of
//! them, and for those that a finding speaks of their instructions and the
//! generated Go. No judgement is made here.
//!
//! In two passes: [`read`] and [`describe`] while a job has its program's DWARF
//! open anyway, [`collect`] once it is known which findings there are.

mod collect;
mod describe;
mod places;
mod read;
mod sources;
mod spoken;

#[cfg(test)]
mod tests;

pub(crate) use collect::collect;
pub(crate) use describe::{Inside, Picks, describe};
pub(crate) use read::{Seen, read};

use goabi_cases::arch::Arch;
use goabi_reports::function::FunctionRecord;
use std::path::Path;
use std::sync::Arc;

/// A function under test in a built program: its record as far as the first
/// pass fills it, and what the second needs to read its instructions.
pub struct Exhibit {
    record: FunctionRecord,
    /// The program.
    artifact: Arc<Path>,
    arch: &'static Arch,
    /// The import path of its package.
    package: String,
    /// The generated file that declares it.
    file: String,
    /// The vectors that it serves.
    vectors: Vec<usize>,
    variant: sources::Variant,
    /// Its first address and the first behind it; or why there is no code.
    span: Result<(u64, u64), String>,
}
