//! Which packages a piece of Go needs: known by the names before its dots.

use crate::decode::Reader;
use crate::syntax::{Fragment, parse, qualifiers};
use crate::yaml::Text;

/// Packages that are imported by themselves when their name is used.
const KNOWN: [&str; 25] = [
    "bytes",
    "cmp",
    "context",
    "errors",
    "fmt",
    "io",
    "iter",
    "maps",
    "math",
    "math/big",
    "math/bits",
    "math/cmplx",
    "os",
    "reflect",
    "runtime",
    "runtime/debug",
    "slices",
    "sort",
    "strconv",
    "strings",
    "sync",
    "sync/atomic",
    "time",
    "unicode/utf8",
    "unsafe",
];

/// The packages that a file's Go may use, and which of those it asked for it did use.
pub(crate) struct Needs {
    asked: Vec<(Text, bool)>,
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Needs {
    /// With the file's own `imports:`.
    pub fn new(asked: &[Text], r: &mut Reader) -> Needs {
        for t in asked {
            let std = t.value.split('/').next().is_some_and(|first| !first.contains('.'));
            if !std || t.value.is_empty() || t.value == "C" {
                r.mistake(t.span.clone(), format!("`{}` is no package of the standard library", t.value), None);
            }
        }
        Needs { asked: asked.iter().map(|t| (t.clone(), false)).collect() }
    }

    /// The import paths that a fragment needs; its syntax mistakes are noted.
    pub fn of(&mut self, r: &mut Reader, text: &Text, kind: Fragment) -> Vec<String> {
        match parse(kind, &text.value) {
            Ok(p) => self.paths(&qualifiers(&p)),
            Err(e) => {
                // A type's mistake is noted where it is resolved, with more knowledge.
                if kind != Fragment::Type {
                    r.mistake_in(text, e.at, e.message, e.help);
                }
                vec![]
            }
        }
    }

    /// The same for a vector's expression, whose mistakes were noted already.
    pub fn of_expression(&mut self, _: &mut Reader, text: &Text) -> Vec<String> {
        let expr = text.value.trim().trim_end_matches("...");
        parse(Fragment::Expression, expr).map(|p| self.paths(&qualifiers(&p))).unwrap_or_default()
    }

    fn paths(&mut self, names: &[String]) -> Vec<String> {
        let mut out = Vec::new();
        for n in names {
            if let Some((t, used)) = self.asked.iter_mut().find(|(t, _)| base(&t.value) == n) {
                *used = true;
                out.push(t.value.clone());
            } else if let Some(k) = KNOWN.iter().find(|k| base(k) == n) {
                out.push((*k).to_string());
            }
        }
        out
    }

    /// Notes imports that nothing used: Go would reject them.
    pub fn unused(&self, r: &mut Reader) {
        for (t, used) in &self.asked {
            if !used && r.mistakes.is_empty() {
                r.mistake(t.span.clone(), format!("package `{}` is imported and not used", t.value), None);
            }
        }
    }
}
