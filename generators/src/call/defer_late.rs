//! A call in a deferred closure, open-coded where the compiler can, whose
//! arguments get their values after the defer statement.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::wrapper::{Shape, wrapper};

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "defer_late"
    }
    fn about(&self) -> &'static str {
        "in a deferred closure; its arguments are evaluated when it runs"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        wrapper(f, inner, "GoabiDeferLate", Shape::Returns, |site| {
            let (late, set) = site.late();
            format!("{late}\tdefer func() {{ {} }}()\n{set}\treturn\n", site.assign_late())
        })
    }
}
