//! A deferred call while a panic of the caller's is under way. Whether a
//! `recover` in the function under test ends it depends on whether the function
//! itself was deferred: see [`Meanwhile`].

use super::{CallKind, Callee, Made, Meanwhile, Port, Results};
use crate::function::FunctionText;
use crate::wrapper::{Shape, wrapper};
use goabi_cases::case::{Case, RecoveredBy, Want};

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "defer_panicking"
    }
    fn about(&self) -> &'static str {
        "a deferred call while the caller panics"
    }
    fn applies(&self, case: &Case, _: &Port) -> Result<(), String> {
        let ends = |w: &Want| match w {
            Want::Returns(_) | Want::Recovered { by: RecoveredBy::Callee, .. } => false,
            Want::Recovered { by: RecoveredBy::Caller | RecoveredBy::Nobody, .. } | Want::Dies { .. } | Want::Goexit => true,
        };
        if case.vectors.iter().any(|v| ends(&v.want)) {
            return Err("a call that does not return would end the caller's own panic, or be ended by it".into());
        }
        Ok(())
    }
    fn results(&self) -> Results {
        Results::Dropped
    }
    fn wrapped(&self) -> bool {
        false
    }
    fn meanwhile(&self) -> Meanwhile {
        Meanwhile::Panicking
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        wrapper(f, inner, "GoabiDeferPanicking", Shape::Drops, |site| {
            format!(
                "\tdefer func() {{ goabi.Recovered(\"outer\", recover()) }}()\n\tdefer {}\n\tpanic(goabi.Underway)\n",
                site.call()
            )
        })
    }
}
