//! A call of a method expression: a function whose first parameter is the
//! receiver.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::receiver::Receiver;
use crate::wrapper::Site;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "method_expression"
    }
    fn about(&self) -> &'static str {
        "a method expression, the receiver passed as first argument"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        let mut made = Receiver::Wide.called(f, inner, |r| format!("${r}"));
        let name = format!("GoabiExpression_{}", f.stem());
        let (ty, variable) = (Receiver::Wide.type_name(f), Receiver::Wide.variable(f));
        made.callee.takes_first(&format!("${ty}.Call"), &format!("${variable}"));
        // As a func value it has the function's own signature only within another.
        let site = Site::of(f, &made.callee);
        let body = format!("\t{}\n\treturn\n", site.assign());
        made.declare(&name, site.function(&name, &body));
        made.callee.stands_for(&format!("${name}"));
        made
    }
}
