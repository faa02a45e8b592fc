//! A call by name within the package, with inlining allowed.

use super::{CallKind, Callee, Declaration, Declared, Made, Place};
use crate::function::{FunctionText, Head};

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "inline"
    }
    fn about(&self) -> &'static str {
        "by name, within the package, inlining allowed"
    }
    fn same_package(&self) -> bool {
        true
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        let name = format!("goabiInline_{}", f.stem());
        let declared = Declared {
            symbol: name.clone(),
            line: 0,
            receiver: None,
            receiver_value: None,
            inlinable: true,
            dictionary: false,
            owner: self.id(),
        };
        let text = f.function(&Head { name: &name, ..Head::default() }, inner);
        let functions = if inner.is_none() { vec![declared] } else { vec![] };
        let callee = Callee::new(format!("${name}"), true).with(None, inner);
        Made::new(vec![Declaration { name, text, place: Place::Case, functions }], callee)
    }
}
