//! A call through a func value that lies in a variable: an indirect call with
//! a closure context.

use super::{CallKind, Callee, Declaration, Made, Place};
use crate::function::FunctionText;
use crate::plain;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "func_value"
    }
    fn about(&self) -> &'static str {
        "through a func value in a variable"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        let function = plain::function(f, inner);
        let name = format!("GoabiValue_{}", f.stem());
        // An exported variable can be set by anyone: the compiler cannot see through it.
        let text = format!("var {name} = {}\n", function.name);
        let callee = Callee::new(format!("${name}"), true).with(None, inner);
        let value = Declaration { name, text, place: Place::Case, functions: vec![] };
        Made::new(vec![function, value], callee)
    }
}
