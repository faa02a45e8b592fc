//! A call of a method value that was bound to its receiver before: a closure
//! that the compiler makes, with the receiver in it.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::receiver::Receiver;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "method_value"
    }
    fn about(&self) -> &'static str {
        "a method value, bound to a copy of its receiver"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        let name = format!("GoabiBound_{}", f.stem());
        let mut made = Receiver::Wide.called(f, inner, |r| format!("${r}"));
        made.declare(&name, format!("var {name} = {}.Call\n", Receiver::Wide.variable(f)));
        made.callee.says(&format!("${name}"), Some(true));
        made
    }
}
