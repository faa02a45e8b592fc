//! What can be wrong with a binary's own tables.

use crate::observe::dwarf::DwarfError;
use std::fmt;

/// The parts of a binary that are read here, by the linker's own names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// `runtime.pcheader`.
    Header,
    /// `runtime.funcnametab`.
    Names,
    /// `runtime.cutab`.
    Units,
    /// `runtime.filetab`.
    Files,
    /// `runtime.pctab`.
    PcValues,
    /// `runtime.functab`.
    Functions,
    /// `go:func.*`.
    FuncData,
    /// `runtime.firstmoduledata`.
    ModuleData,
    /// `.go.buildinfo`.
    BuildInfo,
    /// `.debug_frame`.
    DebugFrame,
    /// `.eh_frame`.
    EhFrame,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Header => "the function table's header (runtime.pcheader)",
            Part::Names => "the table of function names (runtime.funcnametab)",
            Part::Units => "the table of compilation units (runtime.cutab)",
            Part::Files => "the table of file names (runtime.filetab)",
            Part::PcValues => "the table of pc values (runtime.pctab)",
            Part::Functions => "the function table (runtime.functab)",
            Part::FuncData => "the function data (go:func.*)",
            Part::ModuleData => "the module data (runtime.firstmoduledata)",
            Part::BuildInfo => "the build information (.go.buildinfo)",
            Part::DebugFrame => ".debug_frame",
            Part::EhFrame => ".eh_frame",
        })
    }
}

/// Why a table, or one entry of it, cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnwindError {
    #[error("not an object file: {0}")]
    Object(#[from] object::read::Error),

    #[error(transparent)]
    Section(#[from] DwarfError),

    #[error("no function table: it is in no section that is named for it, and no header of one is found in the data")]
    NoFunctionTable,

    /// There is a section for it, but of a Go before 1.18 or after all that
    /// are known.
    #[error("the function table has the magic number {magic:#010x}, of no Go version from 1.18 on")]
    Magic { magic: u32 },

    #[error("no module data: {reason}")]
    NoModuleData { reason: &'static str },

    /// What depends on the Go version, where the binary does not say it.
    #[error("{what} differ between Go versions, and the binary does not say its own")]
    NoVersion { what: &'static str },

    #[error("{part} is truncated at offset {offset:#x}")]
    Truncated { part: Part, offset: u64 },

    #[error("{part} is corrupt at offset {offset:#x}: {reason}")]
    Corrupt { part: Part, offset: u64, reason: &'static str },

    #[error("{part} at offset {offset:#x}: {source}")]
    Cfi { part: Part, offset: u64, source: gimli::Error },
}

/// What the functions of this module return.
pub type Result<T, E = UnwindError> = std::result::Result<T, E>;

/// A table that ends too early.
pub(super) fn truncated(part: Part, offset: usize) -> UnwindError {
    UnwindError::Truncated { part, offset: offset as u64 }
}

/// A table that contradicts itself.
pub(super) fn corrupt(part: Part, offset: usize, reason: &'static str) -> UnwindError {
    UnwindError::Corrupt { part, offset: offset as u64, reason }
}
