//! Functions under test that are generic: instantiated code gets a dictionary
//! before all arguments, in a register of its own.

use crate::call::{Callee, Declaration, Declared, Made, Place};
use crate::function::{FunctionText, Head};
use goabi_cases::value::{Dynamic, Pointer, Value};

/// What the function reports of its type parameter: a zero value of it in an
/// interface, whose dynamic type only the dictionary can tell.
const REPORT: &str = "goabi.Zero[GoabiT]()";

/// The instantiated code has another signature than the case says.
pub(crate) const UNEXAMINED: &str = "code that is instantiated with a dictionary has parameters that no source names";

fn zero(ty: &str, value: Value) -> Value {
    Value::Interface(Some(Dynamic { ty: ty.to_string(), value: Box::new(value) }))
}

/// A generic function, instantiated with a basic type or with a pointer type.
pub(crate) fn function(f: &FunctionText, inner: Option<&Callee>, owner: &'static str, by_shape: bool) -> Made {
    let name = format!("Goabi{}_{}", if by_shape { "GenericShape" } else { "Generic" }, f.stem());
    let head = Head { name: &name, types: "[GoabiT any]", noinline: true, context: Some(REPORT), ..Head::default() };
    let mut text = f.function(&head, inner);
    let (argument, report) = if by_shape {
        let mark = format!("GoabiMark_{}", f.stem());
        text.push_str(&format!("\ntype {mark} struct{{ A, B uint64 }}\n"));
        (format!("*${mark}"), zero(&format!("*p.{mark}"), Value::Pointer(None::<Pointer>)))
    } else {
        ("int32".to_string(), zero("int32", Value::Int(0)))
    };
    let callee = Callee::new(format!("${name}[{argument}]"), true);
    let functions = under_test(inner, format!("{name}[...]"), owner);
    let declared = Declaration { text, place: Place::Case, functions, name };
    let context = f.case.record_args.then_some(report);
    Made::new(vec![declared], callee.with(context, inner))
}

/// The instantiated code has another signature than the case says, with a
/// dictionary that no source names: registers and DWARF are not judged.
fn under_test(inner: Option<&Callee>, symbol: String, owner: &'static str) -> Vec<Declared> {
    let declared =
        Declared { symbol, line: 0, receiver: None, receiver_value: None, inlinable: false, dictionary: true, owner };
    if inner.is_none() { vec![declared] } else { vec![] }
}

/// A method of a generic type.
pub(crate) fn method(f: &FunctionText, inner: Option<&Callee>, owner: &'static str) -> Made {
    let stem = f.stem();
    let (ty, variable) = (format!("GoabiBox_{stem}"), format!("GoabiBoxed_{stem}"));
    let receiver = format!("goabiRecv *{ty}[GoabiT]");
    let head =
        Head { receiver: Some(&receiver), name: "Call", noinline: true, context: Some(REPORT), ..Head::default() };
    let text = format!(
        "type {ty}[GoabiT any] struct{{ V GoabiT }}\nvar {variable} = &{ty}[string]{{}}\n{}",
        f.function(&head, inner)
    );
    let callee = Callee::new(format!("${variable}.Call"), true);
    let context = f.case.record_args.then(|| zero("string", Value::String(vec![])));
    let functions = under_test(inner, format!("(*{ty}[...]).Call"), owner);
    let declared = Declaration { text, place: Place::Case, functions, name: ty };
    Made::new(vec![declared], callee.with(context, inner))
}
