//! `goabi step`: a function of a program that runs is stopped at each of its
//! instructions, and what every way of unwinding says there is compared with
//! the frame that it really has.
//!
//! | what | where |
//! |---|---|
//! | what is reported: types of the JSON | `report` |
//! | what is wrong at one instruction | `judge` |
//! | a function's findings and lines | `function` |
//! | a binary: its functions, each run in a process | `binary` |
//! | the report for people | `text` |

mod binary;
mod function;
mod judge;
mod report;
mod text;

pub(crate) use binary::judged_in;
pub use binary::{StepFailed, Wanted, step};
pub use report::{Claimed, Compared, Finding, FunctionReport, Line, ORACLE, Report, SCHEMA_VERSION};
pub(crate) use text::drawing;
pub use text::text;
