//! `goabi audit`: whether a binary's tables tell the truth of its code, at each
//! instruction boundary, without running it.
//!
//! | what | where |
//! |---|---|
//! | classes, levels, what they mean | `class` |
//! | what is reported: types of the JSON | `report` |
//! | a binary, opened and shared by all threads | `program` |
//! | one function: its tables, where it may be stopped | `function` |
//! | SP against `pcsp` and call frame information | `depth` |
//! | the stack check, unsafe points of the prologue | `prologue` |
//! | all that a chain of functions without checks takes | `chain` |
//! | unsafe points at write barriers, and elsewhere | `marks` |
//! | calls and returns: frame pointer, alignment, stack maps | `calls` |
//! | points to findings, with source lines and disassembly | `group` |
//! | the whole binary, by all cores | `binary` |
//! | findings that are known | `baseline` |
//! | formats | `text`, `html`, `sarif` |

mod baseline;
mod binary;
mod calls;
mod chain;
mod class;
mod depth;
mod function;
mod group;
mod html;
mod marks;
mod program;
mod prologue;
mod report;
mod sarif;
mod selected;
mod text;

pub use baseline::{Baseline, BaselineError};
pub use binary::{AuditError, audit, ports};
pub use class::{Class, Level};
pub(crate) use depth::{GIVEN_BACK, TAKEN};
pub(crate) use function::preempted_at;
pub(crate) use group::{Symptom, alike, is_mended, known};
pub use html::html;
pub(crate) use report::about_issue;
pub use report::{BinaryReport, Claim, Counts, Finding, Line, Place, Report, SCHEMA_VERSION, Skipped};
pub use sarif::sarif;
pub(crate) use selected::{Selected, selected};
pub use text::text;
