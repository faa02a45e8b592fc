//! A call of a method that an embedded interface promotes.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::receiver::Receiver;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "promoted_interface"
    }
    fn about(&self) -> &'static str {
        "a method promoted from an embedded interface, called through another interface"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        Receiver::Pointer.promoted(f, inner, "PromotedInterface", "GoabiAny", "{}")
    }
}
