//! A call of a function that is written in assembly, and so under ABI0. It
//! copies what it finds in its argument area into memory that the garbage
//! collector does not know, calls Go to report that, and takes its results from
//! variables.

use super::{CallKind, Callee, Made, Port};
use crate::assembly::{self, Routine};
use crate::function::FunctionText;
use goabi_cases::case::{Action, Case};
use std::fmt::Write;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "assembly_callee"
    }
    fn about(&self) -> &'static str {
        "an assembly function, which takes and returns by ABI0"
    }
    fn applies(&self, case: &Case, port: &Port) -> Result<(), String> {
        for v in &case.vectors {
            match v.action {
                Action::Return(_) => {}
                Action::Panic { .. } => return Err("an assembly function does not panic".into()),
                Action::Body => return Err("the function has a body in Go".into()),
            }
        }
        assembly::applies(case, port)
    }
    fn unexamined(&self) -> Option<&'static str> {
        Some("an assembly function takes everything on the stack, and DWARF has no parameters of it")
    }
    /// What would stand behind it is a function in Go.
    fn wraps(&self) -> bool {
        false
    }
    fn make(&self, f: &FunctionText, _: Option<&Callee>) -> Made {
        let stem = f.stem();
        let (name, inside) = (format!("GoabiAssembly_{stem}"), format!("GoabiInside_{stem}"));
        let (taken, given) = (format!("GoabiTaken_{stem}"), |i: usize| format!("GoabiGiven_{stem}_{i}"));
        let callee = Callee::new(format!("${name}"), true);
        let mut made = Made::new(vec![], callee);
        // Without it nothing is declared, and the package does not compile.
        let Some(mut routine) = Routine::new(f) else { return made };
        let mut go = String::new();
        let mut body = String::new();
        if f.case.record_args {
            let words = routine.frame.args_size.div_ceil(8).max(1);
            // What the assembly does not write must not look like what it does.
            let _ = writeln!(go, "var {taken} [{words}]uint64\n\nfunc init() {{ goabi.Spoil({taken}[:]) }}\n");
            routine.arguments_to(&taken);
            let at = |i: usize| {
                let offset = routine.frame.inputs.get(i).map_or(0, |s| s.offset);
                format!("*(*{})(goabi.At({taken}[:], {offset}))", f.case.signature.params[i].ty)
            };
            body.push_str(&f.record(at, &format!("\t\tgoabi.Spoil({taken}[:])\n")));
        }
        routine.call(&inside);
        for (i, (text, ty)) in f.returned().iter().zip(&f.case.signature.results).enumerate() {
            let _ = writeln!(go, "var {} {}\n", given(i), ty.ty);
            let _ = writeln!(body, "\t{} = {text}", given(i));
            routine.result_from(i, &given(i));
        }
        let _ = write!(go, "//go:noinline\nfunc {inside}() {{\n{body}}}\n");
        made.declare(&inside, go);
        made.declarations.extend(routine.declarations(f, &name, 0));
        made
    }
}
