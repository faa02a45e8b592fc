//! A call through a func value that lies in a variable: an indirect call with
//! a closure context.

use super::{CallKind, Declaration, direct};
use crate::function::FunctionText;
use goabi_cases::case::Case;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "func_value"
    }
    fn about(&self) -> &'static str {
        "through a func value in a variable"
    }
    fn applies(&self, _: &Case) -> Result<(), String> {
        Ok(())
    }
    fn declare(&self, f: &FunctionText) -> Vec<Declaration> {
        let stem = f.stem();
        // An exported variable can be set by anyone: the compiler cannot see through it.
        let text = format!("var GoabiValue_{stem} = GoabiFunc_{stem}\n");
        vec![direct::function(f), Declaration { name: format!("GoabiValue_{stem}"), text, functions: vec![] }]
    }
    fn callee(&self, f: &FunctionText, own: &str) -> String {
        format!("{own}GoabiValue_{}", f.stem())
    }
}
