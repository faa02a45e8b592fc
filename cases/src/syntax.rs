//! Go syntax by tree-sitter-go: fragments of Go (an expression, a type, a list
//! of declarations) are parsed inside a small frame, and places are given as
//! byte offsets of the fragment.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use tree_sitter::{Node, Parser, Tree};

/// A mistake in a fragment of Go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoError {
    /// Byte range in the fragment.
    pub at: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

impl GoError {
    /// An error at a byte range of the fragment.
    #[must_use]
    pub fn new(at: Range<usize>, message: impl Into<String>) -> GoError {
        GoError { at, message: message.into(), help: None }
    }

    /// With a hint what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> GoError {
        self.help = Some(help.into());
        self
    }
}

/// A parsed fragment: the tree of frame and fragment together.
#[derive(Clone)]
pub struct Parsed {
    tree: Tree,
    text: Arc<str>,
    /// Length of the frame before the fragment, in bytes.
    prefix: usize,
    len: usize,
}

/// The kinds of fragments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fragment {
    /// `1 + 2`
    Expression,
    /// `[]int`, `func(int) error`
    Type,
    /// `type T int; func f() {}`
    Declarations,
    /// The statements of a function's body.
    Body,
}

/// How many fragments of what length, in bytes, are kept parsed.
const KEPT: (usize, usize) = (16_384, 512);

thread_local! {
    /// A case's expressions are worked out once for each program that it is in.
    static DONE: RefCell<HashMap<(Fragment, Box<str>), Parsed>> = RefCell::default();
    static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
}

fn parse_text(text: &str) -> Option<Tree> {
    PARSER.with_borrow_mut(|slot| {
        if slot.is_none() {
            let mut p = Parser::new();
            p.set_language(&tree_sitter_go::LANGUAGE.into()).ok()?;
            *slot = Some(p);
        }
        slot.as_mut()?.parse(text, None)
    })
}

/// Parses a fragment.
///
/// # Errors
/// The first place at which the fragment is not Go.
pub fn parse(kind: Fragment, fragment: &str) -> Result<Parsed, GoError> {
    if fragment.len() > KEPT.1 {
        return parse_anew(kind, fragment);
    }
    let key = (kind, Box::from(fragment));
    if let Some(parsed) = DONE.with_borrow(|done| done.get(&key).cloned()) {
        return Ok(parsed);
    }
    let parsed = parse_anew(kind, fragment)?;
    DONE.with_borrow_mut(|done| {
        if done.len() < KEPT.0 {
            done.insert(key, parsed.clone());
        }
    });
    Ok(parsed)
}

fn parse_anew(kind: Fragment, fragment: &str) -> Result<Parsed, GoError> {
    let (before, after) = match kind {
        Fragment::Expression => ("package p\nvar _ = ", "\n"),
        Fragment::Type => ("package p\nvar _ ", "\n"),
        Fragment::Declarations => ("package p\n", "\n"),
        Fragment::Body => ("package p\nfunc _() {\n", "\n}\n"),
    };
    if fragment.trim().is_empty() && matches!(kind, Fragment::Expression | Fragment::Type) {
        return Err(GoError::new(0..fragment.len(), "Go is wanted here, nothing was found"));
    }
    let text = format!("{before}{fragment}{after}");
    let whole = 0..fragment.len();
    let tree = parse_text(&text).ok_or_else(|| GoError::new(whole.clone(), "the Go parser gave up"))?;
    if let Some(at) = crate::bounds::too_deep(&tree) {
        let at = at.saturating_sub(before.len()).min(fragment.len());
        let message = format!("this is nested too deeply: more than {} levels of syntax", crate::bounds::MAX_LEVELS);
        return Err(GoError::new(at..at, message));
    }
    let parsed = Parsed { tree, text: text.into(), prefix: before.len(), len: fragment.len() };
    let root = parsed.tree.root_node();
    if let Some(bad) = first_error(root) {
        let at = parsed.range(bad);
        let message = if bad.is_missing() {
            format!("this is not Go: `{}` is missing here", bad.kind())
        } else {
            "this is not Go".to_string()
        };
        return Err(GoError::new(at, message));
    }
    let tops = root.named_children(&mut root.walk()).filter(|n| n.kind() != "comment").count();
    if matches!(kind, Fragment::Expression | Fragment::Type) && tops != 2 {
        return Err(GoError::new(whole, "one Go expression or type is wanted here, more was found"));
    }
    Ok(parsed)
}

/// The first error node in the order of the text, the innermost of its chain.
fn first_error(n: Node) -> Option<Node> {
    if !n.has_error() {
        return None;
    }
    if n.is_error() || n.is_missing() {
        return Some(n);
    }
    n.children(&mut n.walk()).find_map(first_error).or(Some(n))
}

impl Parsed {
    /// The whole tree: a `source_file`.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    /// The node of an expression or of a type.
    #[must_use]
    pub fn only(&self) -> Option<Node<'_>> {
        let root = self.tree.root_node();
        let var = root.named_children(&mut root.walk()).find(|n| n.kind() == "var_declaration")?;
        let spec = var.named_child(0)?;
        let value =
            spec.child_by_field_name("value").and_then(|v| (v.named_child_count() == 1).then(|| v.named_child(0))?);
        value.or_else(|| spec.child_by_field_name("type"))
    }

    /// The smallest named node that spans a byte range of the fragment.
    #[must_use]
    pub fn node(&self, at: &Range<usize>) -> Option<Node<'_>> {
        self.root().named_descendant_for_byte_range(at.start + self.prefix, at.end + self.prefix)
    }

    /// The text of a node.
    #[must_use]
    pub fn text(&self, n: Node) -> &str {
        &self.text[n.byte_range()]
    }

    /// The bytes of the fragment that a node stands on.
    #[must_use]
    pub fn range(&self, n: Node) -> Range<usize> {
        let r = n.byte_range();
        let start = r.start.saturating_sub(self.prefix).min(self.len);
        start..r.end.saturating_sub(self.prefix).clamp(start, self.len)
    }

    /// An error at a node.
    #[must_use]
    pub fn error(&self, n: Node, message: impl Into<String>) -> GoError {
        GoError::new(self.range(n), message)
    }
}

/// The named children of a node without comments.
pub fn children<'t>(n: Node<'t>) -> Vec<Node<'t>> {
    n.named_children(&mut n.walk()).filter(|c| c.kind() != "comment").collect()
}

/// The nodes that a field holds, all of them.
pub fn fields<'t>(n: Node<'t>, field: &str) -> Vec<Node<'t>> {
    n.children_by_field_name(field, &mut n.walk()).filter(|c| c.is_named()).collect()
}

/// Names that stand before a dot in the fragment (`errors` in `errors.New`),
/// for finding out which packages it needs.
#[must_use]
pub fn qualifiers(parsed: &Parsed) -> Vec<String> {
    fn walk(p: &Parsed, n: Node, out: &mut Vec<String>) {
        match n.kind() {
            "selector_expression" => {
                if let Some(o) = n.child_by_field_name("operand").filter(|o| o.kind() == "identifier") {
                    out.push(p.text(o).to_string());
                }
            }
            "qualified_type" => {
                if let Some(o) = n.child_by_field_name("package") {
                    out.push(p.text(o).to_string());
                }
            }
            _ => {}
        }
        for c in children(n) {
            walk(p, c, out);
        }
    }
    let mut out = Vec::new();
    walk(parsed, parsed.root(), &mut out);
    out.sort();
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_parse_and_errors_have_places() {
        assert_eq!(
            parse(Fragment::Expression, "[]byte(\"x\")").unwrap().only().unwrap().kind(),
            "type_conversion_expression"
        );
        assert_eq!(
            parse(Fragment::Type, "func(n int, p Pair) (v any, b []byte, err error)").unwrap().only().unwrap().kind(),
            "function_type"
        );
        let e = parse(Fragment::Expression, "Pair{A: 1").err().unwrap();
        assert!(e.at.end <= 9, "{e:?}");
        assert!(parse(Fragment::Expression, "1\nvar x = 2").is_err());
        assert!(parse(Fragment::Expression, "").is_err());
        assert!(parse(Fragment::Expression, "a, b").unwrap().only().is_none());
    }

    #[test]
    fn qualifiers_are_found() {
        let p = parse(Fragment::Body, "x := errors.New(\"a\"); var y unsafe.Pointer; z.f()").unwrap();
        assert_eq!(qualifiers(&p), ["errors", "unsafe", "z"]);
    }
}
