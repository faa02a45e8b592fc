//! A call of C, by value, which calls an exported function back and returns the
//! struct that it gets to Go.

use super::{CallKind, Callee, Made, Port};
use crate::cgo::{self, Through};
use crate::function::FunctionText;
use goabi_cases::case::Case;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "c_callback"
    }
    fn about(&self) -> &'static str {
        "by C that Go calls, of an exported function (needs a C compiler)"
    }
    fn applies(&self, case: &Case, _: &Port) -> Result<(), String> {
        cgo::applies(case)
    }
    fn needs_c(&self) -> bool {
        true
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        // Without it nothing is declared, and the package does not compile.
        let Some(through) = Through::new(f, inner, self.id()) else { return Made::new(vec![], Callee::new("$", false)) };
        let go = [through.go_export(), through.go_set(&through.go_call())].join("\n");
        let (header, code) = (through.c_declaration(), through.c_calls_back());
        through.made(&go, &header, &code)
    }
}
