//! Functions under test that are closures.

use crate::call::{Callee, Declaration, Declared, Made, Place};
use crate::function::FunctionText;
use goabi_cases::value::Value;
use std::fmt::Write;

/// What the captured variable holds: each byte tells itself.
const CAPTURED: u64 = 0xb1b2_b3b4_b5b6_b7b8;

/// How a closure holds a variable of the function around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Captured {
    /// A copy: nobody changes the variable afterwards.
    ByValue,
    /// Its address: it changes after the closure was made.
    ByReference,
}

/// A closure that a function makes, in a variable that anyone can set, so that
/// the compiler cannot see through it.
pub(crate) fn closure(f: &FunctionText, inner: Option<&Callee>, owner: &'static str, how: Captured) -> Made {
    let stem = f.stem();
    let word = match how {
        Captured::ByValue => "Value",
        Captured::ByReference => "Reference",
    };
    let (maker, name) = (format!("GoabiMakeBy{word}_{stem}"), format!("GoabiClosureBy{word}_{stem}"));
    let mut text = format!("//go:noinline\nfunc {maker}(goabiK uint64) func{} {{\n", f.tail());
    let literal = f.literal(Some("goabiK"), inner);
    // The line of the closure's `func` keyword, from 0 on.
    let line = match how {
        Captured::ByValue => {
            let _ = writeln!(text, "\treturn {literal}\n}}");
            2
        }
        Captured::ByReference => {
            let _ = writeln!(text, "\tgoabiClosure := {literal}\n\tgoabiK ^= {CAPTURED:#x}\n\treturn goabiClosure\n}}");
            2
        }
    };
    let first = match how {
        Captured::ByValue => CAPTURED,
        Captured::ByReference => 0,
    };
    let declared = Declared {
        symbol: format!("{maker}.func1"),
        line,
        receiver: None,
        receiver_value: None,
        inlinable: false,
        dictionary: false,
        owner,
    };
    let functions = if inner.is_none() { vec![declared] } else { vec![] };
    let made = Declaration { name: maker.clone(), text, place: Place::Case, functions };
    let text = format!("var {name} = {maker}({first:#x})\n");
    let variable = Declaration { text, place: Place::Case, functions: vec![], name: name.clone() };
    let context = f.case.record_args.then_some(Value::Int(CAPTURED.into()));
    Made::new(vec![made, variable], Callee::new(format!("${name}"), true).with(context, inner))
}
