//! A token that stops everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set once, by a Ctrl-C handler say, and looked at by everything that waits,
/// at least each 50 ms. All clones are one token.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A token that is not set.
    #[must_use]
    pub fn new() -> Cancel {
        Cancel::default()
    }

    /// The token of a flag that somebody else sets, such as a signal handler.
    #[must_use]
    pub fn from_flag(flag: Arc<AtomicBool>) -> Cancel {
        Cancel(flag)
    }

    /// Stops everything that holds a clone of this token.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// An error if set, for use with `?` between two steps.
    pub(crate) fn check(&self) -> crate::error::Result<()> {
        if self.is_cancelled() { Err(crate::error::RunnerError::Cancelled) } else { Ok(()) }
    }
}
