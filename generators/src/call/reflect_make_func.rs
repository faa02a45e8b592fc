//! A call of a function that `reflect.MakeFunc` made: Go's arguments become
//! reflect's values, and reflect's results become Go's.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::plain;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "reflect_make_func"
    }
    fn about(&self) -> &'static str {
        "a function made by reflect.MakeFunc, which calls by reflect.Value.Call"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        let (declarations, target) = plain::target(f, inner);
        let name = format!("GoabiMade_{}", f.stem());
        let tail = f.tail();
        let text = format!("var {name} = goabi.MakeFunc((*func{tail})(nil), {}).(func{tail})\n", target.value(""));
        let mut made = Made::new(declarations, target);
        made.declare(&name, text);
        made.callee.says(&format!("${name}"), Some(false));
        made
    }
}
