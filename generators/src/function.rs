//! The text of a function under test.

use crate::call::{Callee, Port};
use crate::names;
use goabi_cases::case::{Action, Case, RecoveredBy, Vector};
use goabi_cases::types::GoType;
use std::fmt::Write;

/// The function of one vector, before a call kind gives it a name and a place.
pub struct FunctionText<'a> {
    pub case: &'a Case,
    /// Which of the case's vectors.
    pub index: usize,
    pub port: Port,
    /// In a chain, for its outer part: the inner kind's word.
    pub behind: Option<&'static str>,
}

/// What stands around a function's statements.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head<'a> {
    /// The receiver as it stands in the parentheses.
    pub receiver: Option<&'a str>,
    pub name: &'a str,
    /// Type parameters with their brackets.
    pub types: &'a str,
    pub noinline: bool,
    /// An expression of what comes with the call beside the arguments; the
    /// function reports it.
    pub context: Option<&'a str>,
}

impl<'a> FunctionText<'a> {
    /// The vector.
    #[must_use]
    pub fn vector(&self) -> &'a Vector {
        &self.case.vectors[self.index]
    }

    /// Parameters and results, from `(` on.
    #[must_use]
    pub fn tail(&self) -> &'a str {
        self.case.func.find('(').and_then(|i| self.case.func.get(i..)).unwrap_or_default()
    }

    /// The last part of the names that the vector's calls declare.
    #[must_use]
    pub fn stem(&self) -> String {
        names::stem(self.case, self.index, self.behind)
    }

    /// The same for the outer part of a chain.
    pub(crate) fn behind(&self, inner: &'static str) -> FunctionText<'a> {
        FunctionText { behind: Some(inner), ..*self }
    }

    /// A declaration: `func` on its first line if inlining is allowed, else on
    /// its second. With the statements of the function under test, or with a
    /// call of what another kind made of it.
    #[must_use]
    pub fn function(&self, head: &Head, inner: Option<&Callee>) -> String {
        let directive = if head.noinline { "//go:noinline\n" } else { "" };
        let receiver = head.receiver.map(|r| format!("({r}) ")).unwrap_or_default();
        let (tail, statements) = self.inside(head.context, inner);
        format!("{directive}func {receiver}{}{}{tail} {{\n{statements}}}\n", head.name, head.types)
    }

    /// The same as a function literal.
    #[must_use]
    pub fn literal(&self, context: Option<&str>, inner: Option<&Callee>) -> String {
        let (tail, statements) = self.inside(context, inner);
        format!("func{tail} {{\n{statements}}}")
    }

    /// Parameters and results, and the statements.
    fn inside(&self, context: Option<&str>, inner: Option<&Callee>) -> (String, String) {
        let report = match context.filter(|_| self.case.record_args) {
            Some(context) => format!("\t{{\n\t\tgoabiContext := {context}\n\t\tgoabi.Context(&goabiContext)\n\t}}\n"),
            None => String::new(),
        };
        let Some(inner) = inner else { return (self.tail().to_string(), report + &self.body()) };
        let results: Vec<String> = self.case.signature.results.iter().map(|r| r.ty.to_string()).collect();
        let (word, results) = match results.as_slice() {
            [] => ("", String::new()),
            list => ("return ", format!(" ({})", list.join(", "))),
        };
        let mut args: Vec<String> = (0..self.case.signature.params.len()).map(|i| format!("goabiP{i}")).collect();
        if let (true, Some(last)) = (self.case.signature.variadic, args.last_mut()) {
            last.push_str("...");
        }
        (format!("({}){results}", self.named_params()), format!("{report}\t{word}{}\n", inner.call("", &args)))
    }

    /// The parameters, each with a name of goabi's.
    #[must_use]
    pub fn named_params(&self) -> String {
        let params = &self.case.signature.params;
        let one = |(i, p): (usize, &goabi_cases::signature::Param)| match &p.ty {
            GoType::Slice(e) if self.case.signature.variadic && i + 1 == params.len() => format!("goabiP{i} ...{e}"),
            other => format!("goabiP{i} {other}"),
        };
        params.iter().enumerate().map(one).collect::<Vec<_>>().join(", ")
    }

    fn body(&self) -> String {
        let mut out = String::new();
        let v = self.vector();
        let params = &self.case.signature.params;
        if self.case.record_args {
            out.push_str(&self.record(|i| params[i].visible_name().unwrap_or("_").to_string(), ""));
        }
        match &v.action {
            Action::Body => {
                let body = self.case.body.as_deref().unwrap_or_default();
                for line in body.lines() {
                    let _ = writeln!(out, "\t{line}");
                }
            }
            Action::Return(_) => {
                let list = self.returned();
                if !list.is_empty() {
                    let _ = writeln!(out, "\treturn {}", list.join(", "));
                }
            }
            Action::Panic { value, set, by } => {
                if *by == RecoveredBy::Callee {
                    out.push_str("\tdefer func() { goabi.Recovered(\"callee\", recover()) }()\n");
                }
                for (i, name) in self.case.signature.results.iter().enumerate().take(set.len()) {
                    let _ = writeln!(out, "\t{} = {}", name.visible_name().unwrap_or("_"), self.result(set, i));
                }
                let value = if v.lets.is_empty() {
                    value.clone()
                } else {
                    format!("GoabiPanic_{}", names::vector(self.case, self.index))
                };
                let _ = writeln!(out, "\tpanic({value})");
            }
        }
        out
    }

    /// The expressions of what is returned, if that is all that the function does.
    pub(crate) fn returned(&self) -> Vec<String> {
        match &self.vector().action {
            Action::Return(results) => (0..results.len()).map(|i| self.result(results, i)).collect(),
            Action::Panic { .. } | Action::Body => vec![],
        }
    }

    /// A result's expression; what shares memory with arguments was made by
    /// the vector's set-up and lies in a variable.
    fn result(&self, texts: &[String], i: usize) -> String {
        if self.vector().lets.is_empty() {
            texts[i].clone()
        } else {
            format!("GoabiRes_{}_{i}", names::vector(self.case, self.index))
        }
    }

    /// Notes the parameters: copies of them, so that the parameters themselves
    /// need no address and stay where the ABI puts them. `value` gives what is
    /// copied, `then` are statements behind that.
    pub(crate) fn record(&self, value: impl Fn(usize) -> String, then: &str) -> String {
        let params = &self.case.signature.params;
        let visible: Vec<usize> = (0..params.len()).filter(|i| params[*i].visible_name().is_some()).collect();
        let pointers: Vec<String> = params
            .iter()
            .enumerate()
            .map(|(i, p)| p.visible_name().map_or("nil".into(), |_| format!("&goabi{i}")))
            .collect();
        if visible.is_empty() {
            return format!("\tgoabi.Args({})\n", pointers.join(", "));
        }
        let copies: Vec<String> = visible.iter().map(|i| format!("goabi{i}")).collect();
        let values: Vec<String> = visible.iter().map(|i| value(*i)).collect();
        format!(
            "\t{{\n\t\t{} := {}\n{then}\t\tgoabi.Args({})\n\t}}\n",
            copies.join(", "),
            values.join(", "),
            pointers.join(", ")
        )
    }
}

/// The package-level variables and the set-up function of one vector: the
/// arguments are made anew before each call, since a body may change them.
#[must_use]
pub fn setup(case: &Case, index: usize) -> String {
    let v = &case.vectors[index];
    let name = names::vector(case, index);
    let mut out = String::new();
    let mut vars = Vec::new();
    let mut sets = Vec::new();
    for (i, text) in v.args.iter().enumerate() {
        vars.push(format!("GoabiArg_{name}_{i} {}", arg_type(case, v, i)));
        sets.push(format!("GoabiArg_{name}_{i} = {text}"));
    }
    if !v.lets.is_empty() {
        let (texts, panic) = match &v.action {
            Action::Return(texts) => (texts.as_slice(), None),
            Action::Panic { set, value, .. } => (set.as_slice(), Some(value)),
            Action::Body => (&[][..], None),
        };
        for (i, (text, r)) in texts.iter().zip(&case.signature.results).enumerate() {
            vars.push(format!("GoabiRes_{name}_{i} {}", r.ty));
            sets.push(format!("GoabiRes_{name}_{i} = {text}"));
        }
        if let Some(value) = panic {
            vars.push(format!("GoabiPanic_{name} any"));
            sets.push(format!("GoabiPanic_{name} = {value}"));
        }
    }
    if !vars.is_empty() {
        let _ = write!(out, "var (\n\t{}\n)\n\n", vars.join("\n\t"));
    }
    let _ = writeln!(out, "func GoabiSet_{name}() {{");
    for (n, text) in &v.lets {
        let _ = writeln!(out, "\t{n} := {text}\n\t_ = {n}");
    }
    for s in sets {
        let _ = writeln!(out, "\t{s}");
    }
    out.push_str("}\n");
    out
}

/// The type of an argument's variable: for those of a variadic parameter the
/// element's, unless a slice is spread.
fn arg_type(case: &Case, v: &Vector, i: usize) -> String {
    let params = &case.signature.params;
    let last = params.len().saturating_sub(1);
    let ty = &params[i.min(last)].ty;
    match ty {
        GoType::Slice(e) if case.signature.variadic && i >= last && !v.spread => e.to_string(),
        other => other.to_string(),
    }
}
