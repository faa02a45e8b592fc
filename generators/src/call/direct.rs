//! A call by name, from another package, of a function that is not inlined.

use super::{CallKind, Declaration, Declared};
use crate::function::FunctionText;
use goabi_cases::case::Case;

pub(super) struct Kind;

/// The function that is called by name, and through a func value.
pub(super) fn function(f: &FunctionText) -> Declaration {
    let name = format!("GoabiFunc_{}", f.stem());
    Declaration {
        text: f.declare(None, &name, true),
        functions: vec![Declared { symbol: name.clone(), line: 1, receiver: None, receiver_value: None, inlinable: false }],
        name,
    }
}

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "direct"
    }
    fn about(&self) -> &'static str {
        "by name, across packages, not inlined"
    }
    fn applies(&self, _: &Case) -> Result<(), String> {
        Ok(())
    }
    fn declare(&self, f: &FunctionText) -> Vec<Declaration> {
        vec![function(f)]
    }
    fn callee(&self, f: &FunctionText, own: &str) -> String {
        format!("{own}GoabiFunc_{}", f.stem())
    }
}
