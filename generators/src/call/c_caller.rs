//! A call by C on a thread that C made itself, of an exported function: C asks Go
//! for the arguments, calls, and hands the members of the struct that it gets on
//! to Go, each by a function that is exported.

use super::{CallKind, Callee, Made, Port};
use crate::cgo::{self, Through};
use crate::function::FunctionText;
use goabi_cases::case::{Case, RecoveredBy, Want};

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "c_caller"
    }
    fn about(&self) -> &'static str {
        "by C, on a thread of C's own, of an exported function (needs a C compiler)"
    }
    fn applies(&self, case: &Case, _: &Port) -> Result<(), String> {
        let leaves = |w: &Want| match w {
            Want::Returns(_) | Want::Recovered { by: RecoveredBy::Callee, .. } | Want::Dies { .. } => false,
            Want::Recovered { by: RecoveredBy::Caller | RecoveredBy::Nobody, .. } | Want::Goexit => true,
        };
        if case.vectors.iter().any(|v| leaves(&v.want)) {
            return Err("nothing of Go's is behind the call on C's own thread: a panic or Goexit cannot leave it".into());
        }
        cgo::applies(case)
    }
    fn needs_c(&self) -> bool {
        true
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        // Without it nothing is declared, and the package does not compile.
        let Some(through) = Through::new(f, inner, self.id()) else { return Made::new(vec![], Callee::new("$", false)) };
        let go =
            [through.go_export(), through.go_gives_and_takes(), through.go_set(&through.go_start())].join("\n");
        let header = format!("int {}(void);\n", through.c);
        let code = through.c_calls();
        through.made(&go, &header, &code)
    }
}
