//! One activation of a function, instruction by instruction: where its frame
//! is, and where each of the unwinding tables has it.
//!
//! | what | where |
//! |---|---|
//! | what is recorded | `facts` |
//! | a function as its binary describes it | `tables` |
//! | the delay slots of mips | `delay_slot` |
//! | atomic sequences of ppc64, not to be stopped in | `reserved` |
//! | what each way of unwinding says at a stop | `claims` |
//! | whose frame it is, on a stack that may move | `truth` |
//! | from the entry to the return | `walk` |
//! | the process, and what can go wrong | `observe` |
//! | the functions of a generated program | `program` |
//! | how stops are kept | `kept` |

mod claims;
mod delay_slot;
mod facts;
mod kept;
mod observe;
mod program;
mod reserved;
mod tables;
mod truth;
mod walk;

pub use facts::{Claim, Claims, End, PlaceSeen, Stepped, Told};
pub use observe::{StepError, StepSpec, step};
pub use program::{ProgramSpec, ProgramStepped, step_program};
