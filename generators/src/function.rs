//! The text of a function under test.

use crate::names;
use goabi_cases::case::{Action, Case, RecoveredBy, Vector};
use std::fmt::Write;

/// The function of one vector, before a call kind gives it a name and a place.
pub struct FunctionText<'a> {
    pub case: &'a Case,
    /// Which of the case's vectors.
    pub index: usize,
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

    /// The last part of the function's name.
    #[must_use]
    pub fn stem(&self) -> String {
        names::stem(self.case, self.index)
    }

    /// The declaration: `func` on its first line if inlining is allowed, else
    /// on its second. `receiver` as it stands in the parentheses.
    #[must_use]
    pub fn declare(&self, receiver: Option<&str>, name: &str, noinline: bool) -> String {
        let directive = if noinline { "//go:noinline\n" } else { "" };
        let receiver = receiver.map(|r| format!("({r}) ")).unwrap_or_default();
        format!("{directive}func {receiver}{name}{} {{\n{}}}\n", self.tail(), self.body())
    }

    fn body(&self) -> String {
        let mut out = String::new();
        let v = self.vector();
        if self.case.record_args {
            out.push_str(&self.record());
        }
        match &v.action {
            Action::Body => {
                let body = self.case.body.as_deref().unwrap_or_default();
                for line in body.lines() {
                    let _ = writeln!(out, "\t{line}");
                }
            }
            Action::Return(results) => {
                let list: Vec<String> = (0..results.len()).map(|i| self.result(results, i)).collect();
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
    /// need no address and stay where the ABI puts them.
    fn record(&self) -> String {
        let params = &self.case.signature.params;
        let visible: Vec<_> = params.iter().enumerate().filter_map(|(i, p)| Some((i, p.visible_name()?))).collect();
        let pointers: Vec<String> = params
            .iter()
            .enumerate()
            .map(|(i, p)| p.visible_name().map_or("nil".into(), |_| format!("&goabi{i}")))
            .collect();
        if visible.is_empty() {
            return format!("\tgoabi.Args({})\n", pointers.join(", "));
        }
        let copies: Vec<String> = visible.iter().map(|(i, _)| format!("goabi{i}")).collect();
        let names: Vec<&str> = visible.iter().map(|(_, n)| *n).collect();
        format!(
            "\t{{\n\t\t{} := {}\n\t\tgoabi.Args({})\n\t}}\n",
            copies.join(", "),
            names.join(", "),
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
    use goabi_cases::types::GoType;
    let params = &case.signature.params;
    let last = params.len().saturating_sub(1);
    let ty = &params[i.min(last)].ty;
    match ty {
        GoType::Slice(e) if case.signature.variadic && i >= last && !v.spread => e.to_string(),
        other => other.to_string(),
    }
}
