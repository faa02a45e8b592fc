//! A call through an interface of a method whose receiver is a value of the
//! shape of a pointer: the interface's data word is the receiver itself.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::receiver::Receiver;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "interface_direct"
    }
    fn about(&self) -> &'static str {
        "a value-receiver method through an interface, the receiver shaped like a pointer"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        Receiver::Shaped.through_interface(f, inner, "GoabiIfaceShaped")
    }
}
