//! A call by name within the package, with inlining allowed.

use super::{CallKind, Declaration, Declared};
use crate::function::FunctionText;
use goabi_cases::case::Case;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "inline"
    }
    fn about(&self) -> &'static str {
        "by name, within the package, inlining allowed"
    }
    fn applies(&self, _: &Case) -> Result<(), String> {
        Ok(())
    }
    fn declare(&self, f: &FunctionText) -> Vec<Declaration> {
        let name = format!("goabiInline_{}", f.stem());
        vec![Declaration {
            text: f.declare(None, &name, false),
            functions: vec![Declared { symbol: name.clone(), line: 0, receiver: None, receiver_value: None, inlinable: true }],
            name,
        }]
    }
    fn callee(&self, f: &FunctionText, own: &str) -> String {
        format!("{own}goabiInline_{}", f.stem())
    }
    fn same_package(&self) -> bool {
        true
    }
}
