//! A call of a method of a generic type.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::generic;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "generic_method"
    }
    fn about(&self) -> &'static str {
        "a method of a generic type"
    }
    fn unexamined(&self) -> Option<&'static str> {
        Some(generic::UNEXAMINED)
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        generic::method(f, inner, self.id())
    }
}
