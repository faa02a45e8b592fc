//! The package-level function that several call kinds share.

use crate::call::{Callee, Declaration, Declared, Place};
use crate::function::{FunctionText, Head};

/// The function that is called by name, through a func value and by most
/// wrappers; DWARF is judged where it is called directly.
pub(crate) fn function(f: &FunctionText, inner: Option<&Callee>) -> Declaration {
    let name = format!("GoabiFunc_{}", f.stem());
    let declared = Declared {
        symbol: name.clone(),
        line: if f.case.nosplit { 2 } else { 1 },
        receiver: None,
        receiver_value: None,
        inlinable: false,
        dictionary: false,
        owner: "direct",
    };
    Declaration {
        text: format!(
            "{}{}",
            if f.case.nosplit && inner.is_none() { "//go:nosplit\n" } else { "" },
            f.function(&Head { name: &name, noinline: true, ..Head::default() }, inner)
        ),
        place: Place::Case,
        functions: if inner.is_none() { vec![declared] } else { vec![] },
        name,
    }
}

/// What a wrapper wraps: what another kind made, or the plain function, with
/// the declarations that it needs.
pub(crate) fn target(f: &FunctionText, inner: Option<&Callee>) -> (Vec<Declaration>, Callee) {
    match inner {
        Some(inner) => (vec![], inner.clone()),
        None => {
            let function = function(f, None);
            let callee = Callee::new(format!("${}", function.name), true);
            (vec![function], callee)
        }
    }
}
