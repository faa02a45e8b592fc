//! A call of a method through an interface; the receiver is a pointer and
//! takes the first integer register.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::receiver::Receiver;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "interface_method"
    }
    fn about(&self) -> &'static str {
        "a pointer-receiver method through an interface"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        Receiver::Pointer.through_interface(f, inner, "GoabiIface")
    }
}
