//! A call of a function without a body, which `go:linkname` makes another
//! name of the function under test.

use super::{CallKind, Callee, Declaration, Made, Place};
use crate::function::FunctionText;
use crate::{names, plain};

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "linkname"
    }
    fn about(&self) -> &'static str {
        "under another name that go:linkname gives it"
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        let function = plain::function(f, inner);
        let name = format!("GoabiLinked_{}", f.stem());
        let path = names::package_path(&f.case.id.topic, &f.case.id.file);
        let text = format!("//go:linkname {name} {path}.{}\nfunc {name}{}\n", function.name, f.tail());
        let linked = Declaration { name: name.clone(), text, place: Place::Linked, functions: vec![] };
        let callee = Callee::new(format!("${name}"), true).with(None, inner);
        Made::new(vec![function, linked], callee)
    }
}
