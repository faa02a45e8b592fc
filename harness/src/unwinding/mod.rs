//! How the functions of a generated program can be unwound: its functions under
//! test are stepped through while the program runs, on each port, and all that it
//! has of the generated packages is audited, on ports whose code is decoded.
//!
//! | what | where |
//! |---|---|
//! | which function of a case, in which units, and in whose cell it is judged | `choose` |
//! | stepping through them, or recalling what that showed | `observe` |
//! | what the program's tables say of what was seen | `read` |

mod choose;
mod observe;
mod read;

pub(crate) use choose::{Choice, choose};
pub(crate) use read::read;

#[cfg(test)]
mod tests;

use crate::audit::Finding as Audited;
use crate::step::FunctionReport;
use crate::witness::How;
use goabi_runners::observe::step::ProgramStepped;

/// What became of stepping through a program's functions.
#[derive(Clone, Debug)]
pub(crate) enum Steps {
    Seen(How, ProgramStepped),
    /// It cannot be done here, for that reason, or was not asked for.
    Skipped(String),
    /// It should have been possible.
    Unavailable(String),
}

/// What is known of one case in a program.
#[derive(Clone, Debug)]
pub struct Unwinding {
    /// The call kind in whose cell the case's functions are judged.
    pub(crate) home: &'static str,
    pub(crate) stepped: Stepped,
    pub(crate) audit: Audit,
}

/// What the running machine showed.
#[derive(Clone, Debug)]
pub(crate) enum Stepped {
    /// By vector.
    Seen(How, Vec<(usize, FunctionReport)>),
    Skipped(String),
    Unavailable(String),
}

/// What the program's code showed.
#[derive(Clone, Debug)]
pub(crate) enum Audit {
    /// How many functions were audited, and what is wrong with some.
    Seen(u64, Vec<Audited>),
    Skipped(String),
    Unavailable(String),
}
