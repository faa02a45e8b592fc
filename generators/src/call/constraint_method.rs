//! A call of a method on a value whose type is a type parameter: code that all
//! pointers share finds the method by the dictionary.

use super::{CallKind, Callee, Made};
use crate::function::FunctionText;
use crate::receiver::Receiver;
use crate::wrapper::Site;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "constraint_method"
    }
    fn about(&self) -> &'static str {
        "a method of a type parameter's constraint"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        let mut made = Receiver::Pointer.called(f, inner, |_| "goabiRecv".to_string());
        let (name, value) = (format!("GoabiConstraint_{}", f.stem()), format!("GoabiConstrained_{}", f.stem()));
        // The receiver is the first parameter, of the type that is a parameter itself.
        let site = Site::of(f, &made.callee);
        let text = site.function(&name, &format!("\t{}\n\treturn\n", site.assign()));
        let first = format!("{name}[GoabiT interface{{ Call{} }}](goabiRecv GoabiT, ", f.tail());
        let text = text.replacen(&format!("{name}("), &first, 1).replacen("GoabiT, )", "GoabiT)", 1);
        made.declare(&name, text);
        // The function calls the method: who defers it does not defer that.
        made.callee.says(&format!("${name}"), Some(false));
        made.callee.takes_first(&format!("${name}"), &format!("${}", Receiver::Pointer.variable(f)));
        let site = Site::of(f, &made.callee);
        let text = site.function(&value, &format!("\t{}\n\treturn\n", site.assign()));
        made.declare(&value, text);
        made.callee.stands_for(&format!("${value}"));
        made
    }
}
