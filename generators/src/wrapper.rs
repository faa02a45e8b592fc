//! Functions that call what is under test in some way of Go's, and have its
//! signature themselves, so that any of them can stand for it.

use crate::call::{Callee, Declaration, Made, Place};
use crate::function::FunctionText;
use crate::plain;
use goabi_cases::case::{RecoveredBy, Want};

/// Whether a wrapper gives its caller the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Returns,
    Drops,
}

/// The place in a wrapper where the call stands.
pub(crate) struct Site<'a> {
    f: &'a FunctionText<'a>,
    callee: &'a Callee,
    shape: Shape,
}

/// A wrapper whose statements `body` writes; its name begins with `prefix`.
pub(crate) fn wrapper(
    f: &FunctionText,
    inner: Option<&Callee>,
    prefix: &str,
    shape: Shape,
    body: impl Fn(&Site) -> String,
) -> Made {
    let (declarations, target) = plain::target(f, inner);
    let name = format!("{prefix}_{}", f.stem());
    let site = Site { f, callee: &target, shape };
    let text = site.function(&name, &body(&site));
    // Who defers the wrapper does not defer the function under test.
    let mut callee = Callee::new(format!("${name}"), false);
    callee.context.clone_from(&target.context);
    let mut made = Made::new(declarations, callee);
    made.deferred = target.deferrable;
    made.declare(&name, text);
    made
}

impl Made {
    /// Adds a declaration without functions under test to the case's own file.
    pub(crate) fn declare(&mut self, name: &str, text: String) {
        self.declarations.push(Declaration { name: name.to_string(), text, place: Place::Case, functions: vec![] });
    }
}

impl<'a> Site<'a> {
    /// A site in a function that returns the results.
    pub fn of(f: &'a FunctionText<'a>, callee: &'a Callee) -> Site<'a> {
        Site { f, callee, shape: Shape::Returns }
    }

    /// The wrapper around a body.
    pub fn function(&self, name: &str, body: &str) -> String {
        let results = self.results().into_iter().zip(&self.f.case.signature.results);
        let results: Vec<String> = results.map(|(n, r)| format!("{n} {}", r.ty)).collect();
        let results = match self.shape {
            Shape::Returns if !results.is_empty() => format!(" ({})", results.join(", ")),
            Shape::Returns | Shape::Drops => String::new(),
        };
        format!("//go:noinline\nfunc {name}({}){results} {{\n{body}}}\n", self.f.named_params())
    }

    fn params(&self) -> Vec<String> {
        (0..self.f.case.signature.params.len()).map(|i| format!("goabiP{i}")).collect()
    }

    fn results(&self) -> Vec<String> {
        (0..self.f.case.signature.results.len()).map(|i| format!("goabiR{i}")).collect()
    }

    fn spread(&self, mut args: Vec<String>) -> Vec<String> {
        if let (true, Some(last)) = (self.f.case.signature.variadic, args.last_mut()) {
            last.push_str("...");
        }
        args
    }

    /// The call, with the wrapper's parameters as they are.
    pub fn call(&self) -> String {
        self.callee.call("", &self.spread(self.params()))
    }

    /// The call and the assignment of its results to the wrapper's.
    pub fn assign(&self) -> String {
        self.assigned(&self.results(), &self.call())
    }

    fn assigned(&self, to: &[String], call: &str) -> String {
        if to.is_empty() { call.to_string() } else { format!("{} = {call}", to.join(", ")) }
    }

    /// Statements that set the wrapper's parameters to zero values.
    pub fn zeroed(&self) -> String {
        let params = self.f.case.signature.params.iter().enumerate();
        params.map(|(i, p)| format!("\tgoabiP{i} = *new({})\n", p.ty)).collect()
    }

    fn late_names(&self) -> Vec<String> {
        (0..self.f.case.signature.params.len()).map(|i| format!("goabiL{i}")).collect()
    }

    /// Variables for the arguments, and what sets them later.
    pub fn late(&self) -> (String, String) {
        let params = self.f.case.signature.params.iter().enumerate();
        let declared = params.map(|(i, p)| format!("\tvar goabiL{i} {}\n", p.ty)).collect();
        let set = (0..self.f.case.signature.params.len()).map(|i| format!("\tgoabiL{i} = goabiP{i}\n")).collect();
        (declared, set)
    }

    /// As [`Site::assign`], with the variables of [`Site::late`].
    pub fn assign_late(&self) -> String {
        self.assigned(&self.results(), &self.callee.call("", &self.spread(self.late_names())))
    }

    /// What is called, as a func value.
    pub fn value(&self) -> String {
        self.callee.value("")
    }

    /// Pointers to the wrapper's parameters, and to its results.
    pub fn pointers(&self) -> String {
        let list = |names: Vec<String>| {
            format!("[]any{{{}}}", names.iter().map(|n| format!("&{n}")).collect::<Vec<_>>().join(", "))
        };
        format!("{}, {}", list(self.params()), list(self.results()))
    }

    /// The call on another goroutine, which hands the results over by a channel.
    pub fn on_goroutine(&self) -> String {
        let results = &self.f.case.signature.results;
        let fields: String = results.iter().enumerate().map(|(i, r)| format!("R{i} {}; ", r.ty)).collect();
        let names: Vec<String> = (0..results.len()).map(|i| format!("goabiAll.R{i}")).collect();
        // A panic that the caller is to recover has to come to its goroutine.
        let recovered = |w: &Want| matches!(w, Want::Recovered { by: RecoveredBy::Caller, .. });
        let hand_over = if self.f.case.vectors.iter().any(|v| recovered(&v.want)) {
            "\t\tdefer func() {\n\t\t\tif goabiE := recover(); goabiE != nil {\n\t\t\t\tgoabiEnd <- goabiE\n\t\t\t}\n\t\t}()\n"
        } else {
            ""
        };
        let back = match self.results().as_slice() {
            [] => "\t<-goabiResults\n".to_string(),
            results => format!("\tgoabiAll := <-goabiResults\n\t{} = {}\n", results.join(", "), names.join(", ")),
        };
        format!(
            "\ttype goabiResultsOf struct{{ {fields}}}\n\
             \tgoabiResults := make(chan goabiResultsOf, 1)\n\
             \tgoabiEnd := make(chan any, 1)\n\
             \tgo func() {{\n\
             \t\tdefer close(goabiEnd)\n\
             {hand_over}\
             \t\tvar goabiAll goabiResultsOf\n\
             \t\t{}\n\
             \t\tgoabiResults <- goabiAll\n\
             \t}}()\n\
             \tif goabiE, panicked := <-goabiEnd; panicked {{\n\
             \t\tpanic(goabiE)\n\
             \t}}\n\
             \tif len(goabiResults) == 0 {{\n\
             \t\tgoabi.Goexit()\n\
             \t}}\n\
             {back}\treturn\n",
            self.assigned(&names, &self.call())
        )
    }
}
