//! The functions of a generated file as tracebacks name them, with their lines.

/// A function of a case's own file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// The name in a traceback: import path and symbol, `[...]` for type arguments.
    pub name: String,
    /// The file, as tracebacks of programs built with `-trimpath` name it.
    pub file: String,
    /// The 1-based line of its `func` keyword.
    pub first: u32,
    /// Its lines, the closing brace's included.
    pub lines: Vec<String>,
}

impl Traced {
    /// The text of one of its lines, by the file's number.
    #[must_use]
    pub fn line(&self, number: u32) -> Option<&str> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.lines.get(at).map(String::as_str)
    }
}

/// The package-level functions and methods of a Go file of the package `path`:
/// those whose `func` stands at a line's beginning, as goabi and gofmt write it.
pub(crate) fn functions(path: &str, file: &str, text: &str) -> Vec<Traced> {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = Vec::new();
    for (i, (number, line)) in (1..).zip(&lines).enumerate() {
        let Some(symbol) = line.strip_prefix("func ").and_then(symbol) else { continue };
        // A function of one line closes its braces there.
        let whole = line.ends_with('}') && line.matches('{').count() == line.matches('}').count();
        let end = if whole { Some(i) } else { (i + 1..lines.len()).find(|n| lines[*n].starts_with('}')) };
        let Some(end) = end else { continue };
        out.push(Traced {
            name: format!("{path}.{symbol}"),
            file: file.to_string(),
            first: number,
            lines: lines[i..=end].iter().map(ToString::to_string).collect(),
        });
    }
    out
}

/// The symbol of a declaration, from behind `func ` on.
fn symbol(declaration: &str) -> Option<String> {
    let Some(method) = declaration.strip_prefix('(') else { return name(declaration) };
    let (receiver, rest) = method.split_once(") ")?;
    let ty = receiver.rsplit_once(' ').map_or(receiver, |(_, ty)| ty);
    let method = name(rest)?;
    match ty.strip_prefix('*') {
        Some(ty) => Some(format!("(*{}).{method}", name(&format!("{ty}("))?)),
        None => Some(format!("{}.{method}", name(&format!("{ty}("))?)),
    }
}

/// A name before a parenthesis, its type parameters or arguments as tracebacks show them.
fn name(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    let (name, rest) = text.split_at(end);
    match rest.chars().next() {
        Some('[') => Some(format!("{name}[...]")),
        Some('(') => Some(name.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_and_methods_have_the_names_of_tracebacks() {
        let text = "package p\n\ntype T struct{}\n\nfunc one(n int) int {\n\treturn n\n}\n\
                    func (t *T) Two() {\n\tfunc() {\n\t}()\n}\nfunc (T) Three() any { return func() {} }\n\
                    func Four[X any, Y int](x X) {\n}\nfunc (b *B[X]) Five() {\n}\nvar f = func() {\n}\n\
                    func bodiless(n int) int\n";
        let found = functions("m/p", "m/p/f.go", text);
        let all: Vec<_> = found.iter().map(|t| (t.name.as_str(), t.first, t.lines.len())).collect();
        assert_eq!(
            all,
            [
                ("m/p.one", 5, 3),
                ("m/p.(*T).Two", 8, 4),
                ("m/p.T.Three", 12, 1),
                ("m/p.Four[...]", 13, 2),
                ("m/p.(*B[...]).Five", 15, 2),
            ]
        );
        assert_eq!((found[0].line(4), found[0].line(6), found[0].line(8)), (None, Some("\treturn n"), None));
    }
}
