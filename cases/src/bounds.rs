//! How deep and how large the Go in a case file may be. Whoever walks it may
//! then recurse: none of its trees is deep enough to use up a thread's stack,
//! and no value is large enough to use up the memory.

use crate::syntax::{GoError, Parsed};
use crate::types::GoType;
use crate::value::Value;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use tree_sitter::Tree;

/// Levels of the syntax tree of one fragment. A literal within a literal is
/// three, a call within a call two.
pub(crate) const MAX_LEVELS: usize = 1000;
/// Types and expressions within each other, across declarations.
const MAX_DEPTH: u32 = 100;
/// Types and expressions that one type or expression takes to read, names
/// that stand for others followed.
const MAX_STEPS: u32 = 1 << 18;
/// Numbers, strings and pointers that the values of one vector consist of.
pub(crate) const MAX_PARTS: u64 = 1 << 21;
/// Types that one file may declare: a chain of them is as deep as they are many.
pub(crate) const MAX_TYPES: usize = 2000;
/// Digits of a number as it is written. Go's own compiler stops far below.
pub(crate) const MAX_DIGITS: usize = 10_000;
/// Bytes of a string that constants are joined to.
pub(crate) const MAX_TEXT: usize = 1 << 20;

/// The byte at which a tree is nested deeper than it may be, if it is.
pub(crate) fn too_deep(tree: &Tree) -> Option<usize> {
    let root = tree.root_node();
    if root.descendant_count() <= MAX_LEVELS {
        return None;
    }
    // Not by recursion: that is what this is to make safe.
    let mut cursor = root.walk();
    let mut level = 1;
    loop {
        if cursor.goto_first_child() {
            level += 1;
            if level > MAX_LEVELS {
                return Some(cursor.node().start_byte());
            }
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return None;
            }
            level -= 1;
        }
    }
}

thread_local! {
    /// Depth, and steps since it was 0.
    static WORK: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
}

/// One level of reading, while it is held.
pub(crate) struct Level;

impl Level {
    /// One level deeper.
    pub(crate) fn enter(p: &Parsed, n: tree_sitter::Node) -> Result<Level, GoError> {
        let (depth, steps) = WORK.get();
        let steps = if depth == 0 { 0 } else { steps };
        if depth >= MAX_DEPTH {
            return Err(p.error(n, format!("this is nested too deeply: more than {MAX_DEPTH} levels")));
        }
        if steps >= MAX_STEPS {
            return Err(p.error(n, format!("this is too large: it takes more than {MAX_STEPS} steps to read")));
        }
        WORK.set((depth + 1, steps + 1));
        Ok(Level)
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        let (depth, steps) = WORK.get();
        WORK.set((depth.saturating_sub(1), steps));
    }
}

/// The number of parts that a type's zero value consists of.
pub(crate) fn parts_of_type(ty: &GoType) -> u64 {
    fn walk(ty: &GoType, depth: u32, known: &mut HashMap<usize, u64>) -> u64 {
        // Deeper than it could be read: declared in terms of itself.
        if depth > MAX_DEPTH {
            return u64::MAX;
        }
        match ty.underlying() {
            GoType::Array(n, e) => walk(e, depth + 1, known).saturating_mul(*n).saturating_add(1),
            GoType::Struct(s) => {
                let at = Arc::as_ptr(s) as usize;
                if let Some(parts) = known.get(&at) {
                    return *parts;
                }
                let sum = s.fields.iter().fold(1u64, |n, f| n.saturating_add(walk(&f.ty, depth + 1, known)));
                known.insert(at, sum);
                sum
            }
            _ => 1,
        }
    }
    walk(ty, 0, &mut HashMap::new())
}

/// The number of parts that a value consists of.
pub(crate) fn parts_of_value(v: &Value) -> u64 {
    let all = |l: &[Value]| l.iter().map(parts_of_value).sum::<u64>();
    1 + match v {
        Value::Array(l) | Value::Struct(l) => all(l),
        Value::Slice(Some(s)) => all(&s.elems),
        Value::Map(Some(m)) => m.entries.iter().map(|(k, v)| parts_of_value(k) + parts_of_value(v)).sum(),
        Value::Pointer(Some(p)) => p.target.as_deref().map_or(0, parts_of_value),
        Value::Interface(Some(d)) => parts_of_value(&d.value),
        Value::Func(Some(f)) => all(&f.returns),
        // Strings are long by what is written, or joined, which has its own bound.
        _ => 0,
    }
}

/// A type whose zero value can be held.
pub(crate) fn check_type(ty: &GoType) -> Result<(), String> {
    if parts_of_type(ty) <= MAX_PARTS {
        return Ok(());
    }
    Err(format!("values of this type are too large: goabi holds those of at most {MAX_PARTS} parts"))
}

#[cfg(test)]
mod tests {
    use crate::load::load_text;
    use crate::mistake::Source;
    use std::path::Path;
    use std::time::{Duration, Instant};

    /// What is said of a case with that argument, signature, and declarations.
    fn said(arg: &str, func: &str, types: &str) -> String {
        let types: String = types.lines().map(|l| format!("  {l}\n")).collect();
        let text = format!(
            "about: x\ntypes: |\n  type Z int\n{types}cases:\n  - name: one\n    why: y\n    func: '{func}'\n    \
             vectors: [{{args: ['{arg}'], returns: ['8']}}]\n"
        );
        let (_, mistakes) = load_text(&Source::new(Path::new("t/f.yaml"), &text), &["direct"]);
        mistakes.iter().map(|m| m.message.as_str()).collect::<Vec<_>>().join("\n")
    }

    const INT: &str = "func(n int64) (m int64)";
    const SLICE: &str = "func(n []any) (m int64)";

    /// In a thread of a test, whose stack is as small as a worker's.
    #[test]
    fn ten_thousand_levels_are_refused() {
        let n = 10_000;
        let around = |a: &str, inner: &str, b: &str| format!("{}{inner}{}", a.repeat(n), b.repeat(n));
        for arg in [
            around("(", "7", ")"),
            around("int64(", "7", ")"),
            around("- ", "7", ""),
            around("1 + ", "7", ""),
            around("1 * (2 + ", "7", ")"),
        ] {
            let said = said(&arg, INT, "");
            assert!(said.contains("nested too deeply"), "{said}");
        }
        for arg in [around("[]any{", "", "}"), around("[]any{func() any { return ", "nil", "}}")] {
            let said = said(&arg, SLICE, "");
            assert!(said.contains("nested too deeply"), "{said}");
        }
        for ty in
            [around("*", "int", ""), around("[]", "int", ""), around("struct{A ", "int", "}"), around("func(", "", ")")]
        {
            let said = said("nil", &format!("func(n {ty}) (m int64)"), "");
            assert!(said.contains("nested too deeply"), "{said}");
        }
        // Unclosed: it is no Go either.
        assert!(said(&"(".repeat(n), INT, "").contains("not Go"));
        // What is just allowed is read, too.
        assert_eq!(said(&format!("{}7{}", "(".repeat(90), ")".repeat(90)), INT, ""), "");
        assert_eq!(said(&format!("{}{}", "[]any{".repeat(45), "}".repeat(45)), SLICE, ""), "");
    }

    #[test]
    fn declarations_in_terms_of_each_other_end() {
        let chain = |n: usize, line: &dyn Fn(usize) -> String| (0..n).map(line).collect::<Vec<_>>().join("\n");
        let of_t0 = "func(n *T0) (m int64)";
        let structs =
            |n: usize| format!("{}\ntype T{n} int", chain(n, &|i| format!("type T{i} struct {{ A *T{} }}", i + 1)));
        assert!(
            said("nil", of_t0, &structs(10_000)).contains("at most 2000"),
            "{}",
            said("nil", of_t0, &structs(10_000))
        );
        assert!(said("nil", of_t0, &structs(1900)).contains("nested too deeply"));
        assert_eq!(said("nil", of_t0, &structs(30)), "");
        // From the other end each is known when the next one is read.
        let back = |n: usize| {
            format!("type T{n} int\n{}", chain(n, &|i| format!("type T{} struct {{ A *T{} }}", n - i - 1, n - i)))
        };
        said("nil", of_t0, &back(1900));
        assert!(said("nil", "func(n *A) (m int64)", "type A = A").contains("nested too deeply"));
        assert!(
            said("nil", "func(n *B[int]) (m int64)", "type B[T any] struct { N *B[B[T]] }")
                .contains("nested too deeply")
        );
        let start = Instant::now();
        let doubled: String = (0..25).map(|i| format!("type A{i} = struct {{ X *A{0}; Y *A{0} }}\n", i + 1)).collect();
        let doubled = said("nil", "func(n *A0) (m int64)", &format!("{doubled}type A25 = int"));
        assert!(doubled.contains("too large"), "{doubled}");
        let consts = format!("{}\nconst C40 = 1", chain(40, &|i| format!("const C{i} = C{} + C{}", i + 1, i + 1)));
        assert!(said("C0", INT, &consts).contains("too large"), "{}", said("C0", INT, &consts));
        assert!(start.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn values_that_would_fill_the_memory_are_refused() {
        let large = |arg: &str, func: &str, types: &str| {
            let said = said(arg, func, types);
            assert!(said.contains("too large"), "{arg} {func}: {said}");
        };
        large("nil", "func(n [1<<20][1<<20]byte) (m int64)", "");
        large("nil", "func(n [1<<40]struct{}) (m int64)", "");
        let fan: String = (0..30).map(|i| format!("type T{i} struct {{ A, B T{} }}\n", i + 1)).collect();
        large("T0{}", "func(n T0) (m int64)", &format!("{fan}type T30 int"));
        large("[]any{[1<<20][1<<20]byte{}}", SLICE, "");
        large(&format!("[]any{{{}}}", "make([]byte, 1<<20), ".repeat(100)), SLICE, "");
        large(&format!("[]any{{{}}}", "[]byte{1<<19: 1}, ".repeat(100)), SLICE, "");
        let strings: String = (0..40).map(|i| format!("const S{i} = S{} + S{}\n", i + 1, i + 1)).collect();
        let strings = format!("{strings}const S40 = \"0123456789\"");
        large("S0", "func(s string) (m int64)", &strings);
        let vars: String = (0..40).map(|i| format!("var V{i} = []any{{V{}, V{}}}\n", i + 1, i + 1)).collect();
        large("V0", SLICE, &format!("{vars}var V40 = []any{{1, 2}}"));
        large(&format!("1{}", "0".repeat(1_000_000)), INT, "");
        large(&format!("0.{}1", "0".repeat(1_000_000)), "func(f float64) (m int64)", "");
        // Not so large is fine.
        assert_eq!(said("[]byte{1<<19: 1}", "func(n []byte) (m int64)", ""), "");
    }
}
