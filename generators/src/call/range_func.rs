//! A call in the body of a range-over-func loop, which returns from within.

use super::{CallKind, Callee, Made, Place, Port};
use crate::function::FunctionText;
use crate::wrapper::{Shape, wrapper};
use goabi_cases::case::Case;

/// Go 1.23 has them.
const SINCE: u32 = 23;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "range_func"
    }
    fn about(&self) -> &'static str {
        "in the body of a range-over-func loop (Go 1.23 and newer)"
    }
    fn applies(&self, _: &Case, port: &Port) -> Result<(), String> {
        let v = port.version;
        if !v.is_tip() && v.minor < SINCE {
            return Err(format!("go {v} has no range over functions"));
        }
        Ok(())
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        let mut made = wrapper(f, inner, "GoabiRange", Shape::Returns, |site| {
            format!("\tfor range goabi.Once {{\n\t\t{}\n\t\treturn\n\t}}\n\tpanic(\"the loop's body did not return\")\n", site.assign())
        });
        if let Some(last) = made.declarations.last_mut() {
            last.place = Place::Since(SINCE);
        }
        made
    }
}
