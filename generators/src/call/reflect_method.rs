//! A call of a method by `reflect.Value.Method` and `Call`.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::receiver::Receiver;
use crate::wrapper::Site;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "reflect_method"
    }
    fn about(&self) -> &'static str {
        "by reflect.Value.Method and Call"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        let mut made = Receiver::Pointer.called(f, inner, |r| format!("${r}"));
        let name = format!("GoabiReflectMethod_{}", f.stem());
        let variable = Receiver::Pointer.variable(f);
        let site = Site::of(f, &made.callee);
        let body = format!("\tgoabi.CallMethod({variable}, {})\n\treturn\n", site.pointers());
        made.declare(&name, site.function(&name, &body));
        made.callee.says(&format!("${name}"), Some(false));
        made
    }
}
