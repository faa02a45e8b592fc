//! A call of a method with a pointer receiver.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::receiver::Receiver;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "pointer_method"
    }
    fn about(&self) -> &'static str {
        "a pointer-receiver method of a variable"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        Receiver::Pointer.called(f, inner, |r| format!("${r}"))
    }
}
