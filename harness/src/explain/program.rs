//! A program with one function of a given signature, to be looked at and not
//! run: it puts each parameter into memory and loads each result.

use goabi_cases::signature::{Param, Signature};
use goabi_cases::types::GoType;
use goabi_runners::build::Sources;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The function's symbol.
pub const SYMBOL: &str = "main.f";

/// The program's sources, and of these the function's own text.
#[must_use]
pub fn sources(sig: &Signature, declarations: &str) -> (Sources, String) {
    let named = |list: &[Param], letter: char| -> Vec<(String, String)> {
        let one = |(i, p): (usize, &Param)| {
            let name = p.visible_name().map_or_else(|| format!("{letter}{i}"), str::to_string);
            (name, p.ty.to_string())
        };
        list.iter().enumerate().map(one).collect()
    };
    // A receiver is passed as a first parameter is.
    let inputs: Vec<Param> = sig.receiver.iter().chain(&sig.params).cloned().collect();
    let (inputs, results) = (named(&inputs, 'p'), named(&sig.results, 'r'));
    let list = |l: &[(String, String)]| l.iter().map(|(n, t)| format!("{n} {t}")).collect::<Vec<_>>().join(", ");
    let types = |l: &[(String, String)]| l.iter().map(|(_, t)| t.clone()).collect::<Vec<_>>().join(", ");
    let fields: Vec<String> = inputs.iter().enumerate().map(|(i, (_, t))| format!("f{i} {t}")).collect();
    let values: Vec<&str> = inputs.iter().map(|(n, _)| n.as_str()).collect();
    let sources: Vec<String> = (0..results.len()).map(|i| format!("goabiResult{i}")).collect();
    let head = if sig.variadic { variadic(&inputs, sig) } else { list(&inputs) };
    let mut function = format!("//go:noinline\nfunc f({head}) ({}) {{\n", types(&results));
    if !values.is_empty() {
        let _ = writeln!(function, "\tin := goabiInputs{{{}}}\n\tgoabiLook(&in)", values.join(", "));
    }
    let _ = write!(function, "\treturn {}\n}}\n", sources.join(", "));
    let mut text = String::from("package main\n\n");
    for import in imports(sig, declarations) {
        let _ = writeln!(text, "import {import:?}");
    }
    let _ = writeln!(text, "\n{declarations}\n\ntype goabiInputs struct {{ {} }}\n", fields.join("; "));
    for (i, (_, t)) in results.iter().enumerate() {
        let _ = writeln!(text, "var goabiResult{i} {t}");
    }
    for (i, (_, t)) in inputs.iter().enumerate() {
        let _ = writeln!(text, "var goabiInput{i} {t}");
    }
    let _ = write!(text, "\n//go:noinline\nfunc goabiLook(*goabiInputs) {{}}\n\n{function}\nfunc main() {{\n");
    let spread = |i: usize| if sig.variadic && i + 1 == inputs.len() { "..." } else { "" };
    let arguments: Vec<String> = (0..inputs.len()).map(|i| format!("goabiInput{i}{}", spread(i))).collect();
    let _ = writeln!(text, "\tf({})\n}}", arguments.join(", "));
    let files = [("go.mod", "module goabi.test/explain\n\ngo 1.21\n".to_string()), ("main.go", text)];
    let files: BTreeMap<String, String> = files.into_iter().map(|(n, t)| (n.to_string(), t)).collect();
    (Sources { files }, function)
}

/// The parameter list with `...` before the last one's element type.
fn variadic(inputs: &[(String, String)], sig: &Signature) -> String {
    let last = sig.params.last().map(|p| &p.ty);
    let one = |(i, (n, t)): (usize, &(String, String))| match last {
        Some(GoType::Slice(e)) if i + 1 == inputs.len() => format!("{n} ...{e}"),
        Some(_) | None => format!("{n} {t}"),
    };
    inputs.iter().enumerate().map(one).collect::<Vec<_>>().join(", ")
}

/// The packages whose types are named with their own dot.
fn imports(sig: &Signature, declarations: &str) -> Vec<&'static str> {
    let mut all = declarations.to_string();
    sig.types().for_each(|t| all += &format!(" {t}"));
    let known = ["errors", "fmt", "io", "os", "reflect", "runtime", "sort", "time", "unsafe"];
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let used = |package: &str| all.match_indices(&format!("{package}.")).any(|(i, _)| !all[..i].ends_with(word));
    known.into_iter().filter(|p| used(p)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use goabi_cases::resolve;
    use goabi_cases::scope::Scope;

    #[test]
    fn the_function_takes_and_gives_everything() {
        let sig = "func(n int, _ bool, rest ...time.Duration) (v any, err error)";
        let sig = resolve::signature(&Scope::empty().unwrap(), sig).unwrap();
        let (all, function) = sources(&sig, "");
        let want = "//go:noinline\nfunc f(n int, p1 bool, rest ...time.Duration) (any, error) {\n\
                    \tin := goabiInputs{n, p1, rest}\n\tgoabiLook(&in)\n\treturn goabiResult0, goabiResult1\n}\n";
        assert_eq!(function, want);
        let main = &all.files["main.go"];
        assert!(
            main.contains("import \"time\"\n") && main.contains("f(goabiInput0, goabiInput1, goabiInput2...)"),
            "{main}"
        );
        assert!(!main.contains("import \"os\""));
    }
}
