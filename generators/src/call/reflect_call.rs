//! A call by `reflect.Value.Call`.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::wrapper::{Shape, wrapper};

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "reflect_call"
    }
    fn about(&self) -> &'static str {
        "by reflect.Value.Call"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        wrapper(f, inner, "GoabiReflect", Shape::Returns, |site| {
            format!("\tgoabi.Call({}, {})\n\treturn\n", site.value(), site.pointers())
        })
    }
}
