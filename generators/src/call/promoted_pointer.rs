//! A call of a method that an embedded pointer promotes.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::receiver::Receiver;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "promoted_pointer"
    }
    fn about(&self) -> &'static str {
        "a method promoted from an embedded pointer, called through an interface"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        Receiver::Pointer.promoted(f, inner, "PromotedPointer", "*GoabiRecv", "{}")
    }
}
