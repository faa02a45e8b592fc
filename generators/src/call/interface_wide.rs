//! A call through an interface of a method whose receiver does not fit in a
//! word: the itab holds a wrapper that loads it.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::receiver::Receiver;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "interface_wide"
    }
    fn about(&self) -> &'static str {
        "a value-receiver method through an interface, the receiver of five words"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        Receiver::Wide.through_interface(f, inner, "GoabiIfaceWide")
    }
}
