//! A call of the func value that `reflect.Value.Interface` makes of a method.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::receiver::Receiver;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "reflect_interface"
    }
    fn about(&self) -> &'static str {
        "a method turned into a func value by reflect.Value.Interface"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        let mut made = Receiver::Pointer.called(f, inner, |r| format!("${r}"));
        let name = format!("GoabiReflected_{}", f.stem());
        let variable = Receiver::Pointer.variable(f);
        made.declare(&name, format!("var {name} = goabi.Method({variable}).(func{})\n", f.tail()));
        // The specification does not say what package reflect's functions count for.
        made.callee.says(&format!("${name}"), None);
        made
    }
}
