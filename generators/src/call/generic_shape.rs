//! A call of a generic function that is instantiated with a pointer type: all
//! pointers share a shape, and only the dictionary tells them apart.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::generic;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "generic_shape"
    }
    fn about(&self) -> &'static str {
        "a generic function, instantiated with a pointer type"
    }
    fn unexamined(&self) -> Option<&'static str> {
        Some(generic::UNEXAMINED)
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        generic::function(f, inner, self.id(), true)
    }
}
