//! A call in a closure that is deferred in a loop: the record of such a defer
//! lies on the heap.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::wrapper::{Shape, wrapper};

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "defer_loop"
    }
    fn about(&self) -> &'static str {
        "in a closure that is deferred in a loop"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        wrapper(f, inner, "GoabiDeferLoop", Shape::Returns, |site| {
            format!(
                "\tfor goabiI := 0; goabiI < goabi.One; goabiI++ {{\n\t\tdefer func() {{ {} }}()\n\t}}\n\treturn\n",
                site.assign()
            )
        })
    }
}
