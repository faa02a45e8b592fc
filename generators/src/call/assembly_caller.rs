//! A call by a function that is written in assembly, and so by ABI0: through
//! the ABI wrappers that the compiler makes of the function under test and of
//! the assembly function.

use super::{CallKind, Callee, Declaration, Made, Place, Port};
use crate::assembly::{self, Routine};
use crate::function::FunctionText;
use crate::plain;
use crate::wrapper::Site;
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
        // Assembly calls by name, and by ABI0: a function of its own stands for what
        // is called, since an ABI wrapper of the function under test would have its
        // name in DWARF, and could not be linked to as well.
        let (mut declarations, target) = plain::target(f, inner);
        let (name, called) = (format!("GoabiFromAssembly_{}", f.stem()), format!("GoabiForAssembly_{}", f.stem()));
        let site = Site::of(f, &target);
        let text = site.function(&called, &format!("\t{}\n\treturn\n", site.assign()));
        // Who defers it does not defer the function under test.
        let callee = Callee::new(format!("${name}"), false).with(None, inner);
        declarations.push(Declaration { name: called.clone(), text, place: Place::Case, functions: vec![] });
        // Without it nothing is declared, and the package does not compile.
        let Some(mut routine) = Routine::new(f) else { return Made::new(declarations, callee) };
        routine.arguments_out();
        routine.call(&called);
        routine.results_back();
        let room = routine.room();
        declarations.extend(routine.declarations(f, &name, room));
        Made::new(declarations, callee)
    }
}
