//! A call of a closure that captured a variable which changes afterwards: the
//! closure holds its address, and must see the change.

use super::{CallKind, Callee, Made};
use crate::closure::{Captured, closure};
use crate::function::FunctionText;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "closure_by_reference"
    }
    fn about(&self) -> &'static str {
        "a closure with a variable captured by reference, changed since"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        closure(f, inner, self.id(), Captured::ByReference)
    }
}
