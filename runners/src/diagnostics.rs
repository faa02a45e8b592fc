//! Reading what the go command prints about mistakes in sources.

use serde::{Deserialize, Serialize};

/// One error of the compiler, assembler or loader in a generated source file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// As in [`crate::build::Sources`]: relative, with forward slashes.
    pub file: String,
    pub line: u32,
    /// 0 where the tool gives none, as the assembler does.
    pub column: u32,
    /// With its continuation lines, without their tabs.
    pub message: String,
}

/// The diagnostics that point into one of our files; anything else that is
/// printed is passed over.
pub(crate) fn parse(output: &str, is_ours: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    // Whether a continuation line belongs to the last one found.
    let mut open = false;
    for line in output.lines() {
        if let Some(rest) = line.strip_prefix('\t') {
            if let Some(last) = found.last_mut().filter(|_| open) {
                last.message.push('\n');
                last.message.push_str(rest.trim());
            }
            continue;
        }
        let diagnostic = place(line).filter(|d| is_ours(&d.file));
        open = diagnostic.is_some();
        found.extend(diagnostic);
    }
    found
}

/// Reads `./dir/file.go:1:2: message` and `file.s:1: message`. The assembler
/// puts `asm: ` before it, the vet of directives `vet: `.
fn place(line: &str) -> Option<Diagnostic> {
    let line = ["asm: ", "compile: ", "vet: "].iter().find_map(|p| line.strip_prefix(p)).unwrap_or(line);
    let end = [".go:", ".s:", "go.mod:"].iter().filter_map(|e| line.find(e).map(|at| at + e.len() - 1)).min()?;
    let (file, rest) = (line.get(..end)?, line.get(end + 1..)?);
    let (number, rest) = rest.split_once(':')?;
    let line = number.parse().ok()?;
    let (column, message) = match rest.split_once(':') {
        Some((column, message)) if column.parse::<u32>().is_ok() => (column.parse().ok()?, message),
        _ => (0, rest),
    };
    let mut file = file;
    while let Some(rest) = file.strip_prefix("./") {
        file = rest;
    }
    Some(Diagnostic { file: file.to_string(), line, column, message: message.trim().to_string() })
}

/// The packages that `# package` lines name: in these, something went wrong.
pub(crate) fn packages(output: &str) -> Vec<String> {
    let named = output.lines().filter_map(|l| l.strip_prefix("# "));
    let mut all: Vec<String> = named.filter_map(|l| l.split(' ').next()).map(str::to_string).collect();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ours(file: &str) -> bool {
        ["main.go", "p1/p1.go", "p1/stub.s", "go.mod"].contains(&file)
    }

    #[test]
    fn reads_all_forms() {
        let output = "# goabi.test/p1\n\
            p1/p1.go:3:5: undefined: x\n\
            ./main.go:10:20: cannot use a (variable of type int) as T value in argument to f: \
            int does not implement T (missing method M)\n\
            \t\thave m()\n\
            \t\twant M()\n\
            ./main.go:11: something old\n\
            asm: ./p1/stub.s:4: unrecognized instruction \"FOO\"\n\
            /usr/lib/go/src/fmt/print.go:1:1: not ours\n\
            \tnot ours either\n\
            go.mod:1: unknown directive\n\
            go: updates to go.mod needed\n";
        let found = parse(output, ours);
        let short: Vec<_> = found.iter().map(|d| (d.file.as_str(), d.line, d.column)).collect();
        assert_eq!(
            short,
            [("p1/p1.go", 3, 5), ("main.go", 10, 20), ("main.go", 11, 0), ("p1/stub.s", 4, 0), ("go.mod", 1, 0)]
        );
        assert_eq!(found[0].message, "undefined: x");
        assert!(found[1].message.ends_with("(missing method M)\nhave m()\nwant M()"), "{:?}", found[1].message);
        assert_eq!(packages(output), ["goabi.test/p1"]);
    }

    proptest! {
        #[test]
        fn never_panics(text in r"[a./:\t\n0-9 gos#é-]{0,80}") {
            let _ = (parse(&text, |_| true), packages(&text));
        }
    }
}
