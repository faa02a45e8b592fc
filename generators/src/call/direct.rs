//! A call by name, from another package, of a function that is not inlined.

use super::{CallKind, Callee, Declaration, Made};
use crate::function::FunctionText;
use crate::plain;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "direct"
    }
    fn about(&self) -> &'static str {
        "by name, across packages, not inlined"
    }
    fn wraps(&self) -> bool {
        false
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        let function: Declaration = plain::function(f, inner);
        let callee = Callee::new(format!("${}", function.name), true).with(None, inner);
        Made::new(vec![function], callee)
    }
}
