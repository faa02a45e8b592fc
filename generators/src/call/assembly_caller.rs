//! A call by a function that is written in assembly, and so by ABI0: through
//! the ABI wrappers that the compiler makes of the function under test and of
//! the assembly function.

use super::{CallKind, Callee, Made, Port};
use crate::assembly::{self, Routine};
use crate::function::FunctionText;
use crate::plain;
use goabi_cases::case::Case;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "assembly_caller"
    }
    fn about(&self) -> &'static str {
        "by an assembly function, which has the same signature and calls by ABI0"
    }
    fn applies(&self, case: &Case, port: &Port) -> Result<(), String> {
        assembly::applies(case, port)
    }
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made {
        // Assembly calls by name: what another kind made is called by a function.
        let function = plain::function(f, inner);
        let name = format!("GoabiFromAssembly_{}", f.stem());
        // Who defers it does not defer the function under test.
        let callee = Callee::new(format!("${name}"), false).with(None, inner);
        // Without it nothing is declared, and the package does not compile.
        let Some(mut routine) = Routine::new(f) else { return Made::new(vec![function], callee) };
        routine.arguments_out();
        routine.call(&function.name);
        routine.results_back();
        let room = routine.room();
        let mut declarations = vec![function];
        declarations.extend(routine.declarations(f, &name, room));
        Made::new(declarations, callee)
    }
}
