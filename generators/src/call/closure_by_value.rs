//! A call of a closure that captured a variable which nobody changes
//! afterwards: the closure holds a copy of it.

use super::{CallKind, Callee, Made};
use crate::closure::{Captured, closure};
use crate::function::FunctionText;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "closure_by_value"
    }
    fn about(&self) -> &'static str {
        "a closure with a variable captured by value"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        closure(f, inner, self.id(), Captured::ByValue)
    }
}
