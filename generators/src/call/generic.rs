//! A call of a generic function that is instantiated with a basic type, whose
//! shape is the type itself.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::generic;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "generic"
    }
    fn about(&self) -> &'static str {
        "a generic function, instantiated with a basic type"
    }
    fn unexamined(&self) -> Option<&'static str> {
        Some(generic::UNEXAMINED)
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        generic::function(f, inner, self.id(), false)
    }
}
