//! A call of a method that an embedded struct promotes: the compiler makes
//! the wrapper, or calls through to the field.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::receiver::Receiver;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "promoted"
    }
    fn about(&self) -> &'static str {
        "a method promoted from an embedded struct, called through an interface"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        Receiver::Pointer.promoted(f, inner, "Promoted", "GoabiRecv", "*{}")
    }
}
