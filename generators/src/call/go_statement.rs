//! A call on a goroutine of its own; the results come through a channel.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::wrapper::{Shape, wrapper};

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "go_statement"
    }
    fn about(&self) -> &'static str {
        "on a goroutine of its own; the results come through a channel"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        wrapper(f, inner, "GoabiGo", Shape::Returns, |site| site.on_goroutine())
    }
}
