//! What a binary says of how to unwind it: the runtime's own tables, call frame
//! information, and the frame-pointer convention.
//!
//! | what | read here | written by the linker's | read by the runtime's |
//! |---|---|---|---|
//! | build information | `buildinfo` | `data.go` | `debug/buildinfo` |
//! | where the tables are | `header`, `moduledata` | `pcln.go`, `symtab.go` | `symtab.go` |
//! | functions by pc | `functab`, `func`, `flags` | `pcln.go` | `symtab.go`, `runtime2.go` |
//! | values by pc: depths, lines, `PCDATA` | `pcvalue` | compiler's `obj/pcln.go` | `symtab.go` |
//! | inlined calls | `inline` | `pcln.go` | `symtabinl.go` |
//! | pointer maps | `stackmap` | compiler's `liveness/plive.go` | `symtab.go`, `stkframe.go` |
//! | arguments in tracebacks | `arginfo` | compiler's `ssagen/ssa.go` | `traceback.go` |
//! | defers, stack objects, wrappers | `objects` | compiler's `ssagen/ssa.go` | `panic.go`, `stack.go` |
//! | call frame information | `cfi`, `rows` | `dwarf.go` | debuggers |
//! | frame pointers | `frame_pointer` | `obj/x86`, `obj/arm64` | `tracestack.go` |
//!
//! From Go 1.18 on; stripped or not, position independent or not. Nothing is
//! read past its end, and no loop is longer than the file: what contradicts
//! itself is an error, of one function if it can be. `fuzz/` tries that.

mod arginfo;
mod binary;
mod buildinfo;
mod bytes;
mod census;
mod cfi;
mod error;
mod flags;
mod frame_pointer;
mod func;
mod functab;
mod header;
mod image;
mod inline;
mod moduledata;
mod objects;
mod pcvalue;
mod rows;
mod stackmap;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod live_tests;
#[cfg(test)]
mod tests;

pub use arginfo::{ArgInfo, ArgLiveInfo};
pub use binary::{Binary, CodeSection};
pub use buildinfo::BuildInfo;
pub use census::Census;
pub use cfi::{Cfi, CfiEntry, CfiSection, CfiSections};
pub use error::{Part, UnwindError};
pub use flags::{FuncData, FuncFlags, PcData, UnsafePoint};
pub use frame_pointer::FramePointer;
pub use func::Func;
pub use functab::FuncTable;
pub use header::Layout;
pub use inline::{InlineStack, InlineTree, InlinedCall};
pub use moduledata::{ModuleData, TextSection};
pub use objects::{DeferSlots, OpenCodedDefers, StackObject};
pub use pcvalue::{NO_VALUE, PcRange, PcRanges, PcTable};
pub use rows::{CfaRule, CfiContext, CfiRow, CfiRows, RegisterRule};
pub use stackmap::{Bitmap, StackMap};
