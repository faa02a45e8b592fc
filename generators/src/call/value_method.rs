//! A call of a method with a value receiver of several words.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::receiver::Receiver;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "value_method"
    }
    fn about(&self) -> &'static str {
        "a value-receiver method of a variable, the receiver of five words"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        Receiver::Wide.called(f, inner, |r| format!("${r}"))
    }
}
