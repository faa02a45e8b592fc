//! A deferred call whose arguments are evaluated when the defer statement is
//! executed, and whose results nobody gets.

use super::{CallKind, Callee, Made, Results};
use crate::function::FunctionText;
use crate::wrapper::{Shape, wrapper};

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "defer_args"
    }
    fn about(&self) -> &'static str {
        "a deferred call; its arguments change after the defer statement"
    }
    fn results(&self) -> Results {
        Results::Dropped
    }
    fn wrapped(&self) -> bool {
        false
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        wrapper(f, inner, "GoabiDeferArgs", Shape::Drops, |site| {
            let zero = site.zeroed();
            format!("\tdefer {}\n{zero}", site.call())
        })
    }
}
