//! Whether a type in DWARF deeply equals a Go type, as the linker's
//! `newtype` (cmd/link/internal/ld/dwarf.go) should have written it.

use super::expect::{Expect, Judgement};
use super::names;
use goabi_cases::arch::Arch;
use goabi_cases::types::{Basic, FuncType, GoType, StructType};
use goabi_cases::version::GoVersion;
use goabi_runners::observe::dwarf::{DwarfFacts, Member, Shape, TypeNode, TypeRef};
use std::collections::HashSet;

/// The first difference found.
struct Difference {
    /// Steps from the compared type: `.Next.elem`.
    at: String,
    expected: String,
    actual: String,
}

type Compared = Result<(), Difference>;

struct Comparison<'a> {
    facts: &'a DwarfFacts,
    arch: &'a Arch,
    package_path: &'a str,
    /// Releases whose linker did not flag the results of function types, made them
    /// pointers to the results' types, and gave no kind to any pointer type that the program itself does not use.
    /// Seen in 1.21; in doubt about 1.22 and 1.23 both ways are accepted.
    old: bool,
    /// Pairs being compared or found equal, so that recursion ends.
    seen: HashSet<(TypeRef, String)>,
}

/// Compares a variable's type.
pub(super) fn judge(facts: &DwarfFacts, reference: Option<TypeRef>, ty: &GoType, e: &Expect<'_>) -> Judgement {
    let mut comparison = Comparison {
        facts,
        arch: e.arch,
        package_path: e.package_path,
        old: e.version < GoVersion::new(1, 24, 0),
        seen: HashSet::new(),
    };
    match comparison.equal(reference, ty, "") {
        Ok(()) => Judgement::Agree,
        Err(d) => Judgement::Disagree {
            expected: format!("{}: {}", at(&d.at), d.expected),
            actual: format!("{}: {}", at(&d.at), d.actual),
            evidence: vec![format!("type {ty}")],
        },
    }
}

fn at(step: &str) -> &str {
    if step.is_empty() { "type" } else { step.trim_start_matches('.') }
}

/// `reflect.Kind` of a type.
fn kind(ty: &GoType) -> u64 {
    match ty.underlying() {
        GoType::Basic(b) => match b {
            Basic::Bool => 1,
            Basic::Int => 2,
            Basic::Int8 => 3,
            Basic::Int16 => 4,
            Basic::Int32 => 5,
            Basic::Int64 => 6,
            Basic::Uint => 7,
            Basic::Uint8 => 8,
            Basic::Uint16 => 9,
            Basic::Uint32 => 10,
            Basic::Uint64 => 11,
            Basic::Uintptr => 12,
            Basic::Float32 => 13,
            Basic::Float64 => 14,
            Basic::Complex64 => 15,
            Basic::Complex128 => 16,
            Basic::String => 24,
            Basic::UnsafePointer => 26,
        },
        GoType::Array(..) => 17,
        GoType::Chan(..) => 18,
        GoType::Func(_) => 19,
        GoType::Interface(_) => 20,
        GoType::Map(..) => 21,
        GoType::Pointer(_) => 22,
        GoType::Slice(_) => 23,
        GoType::Struct(_) | GoType::Named(_) => 25,
    }
}

/// `DW_AT_encoding` of a basic type; strings and pointers have none.
fn encoding(b: Basic) -> Option<u8> {
    Some(match b {
        Basic::Bool => 0x02,
        Basic::Complex64 | Basic::Complex128 => 0x03,
        Basic::Float32 | Basic::Float64 => 0x04,
        Basic::Int | Basic::Int8 | Basic::Int16 | Basic::Int32 | Basic::Int64 => 0x05,
        Basic::Uint | Basic::Uint8 | Basic::Uint16 | Basic::Uint32 | Basic::Uint64 | Basic::Uintptr => 0x07,
        Basic::String | Basic::UnsafePointer => return None,
    })
}

fn shape_name(s: &Shape) -> String {
    match s {
        Shape::Base { .. } => "a base type".to_string(),
        Shape::Struct { .. } => "a struct".to_string(),
        Shape::Array { .. } => "an array".to_string(),
        Shape::Pointer { .. } => "a pointer".to_string(),
        Shape::Typedef { .. } => "a typedef".to_string(),
        Shape::Subroutine { .. } => "a subroutine".to_string(),
        Shape::Unspecified => "unspecified".to_string(),
        Shape::Other(tag) => format!("tag {tag:#x}"),
        Shape::Unreadable(why) => format!("unreadable: {why}"),
    }
}

impl Comparison<'_> {
    fn differ(&self, at: &str, expected: impl ToString, actual: impl ToString) -> Compared {
        Err(Difference { at: at.to_string(), expected: expected.to_string(), actual: actual.to_string() })
    }

    fn same<T: PartialEq + ToString>(&self, at: &str, expected: &T, actual: &T) -> Compared {
        if expected == actual { Ok(()) } else { self.differ(at, expected.to_string(), actual.to_string()) }
    }

    fn optional(&self, at: &str, what: &str, expected: u64, actual: Option<u64>) -> Compared {
        match actual {
            Some(n) if n == expected => Ok(()),
            Some(n) => self.differ(at, format!("{what} {expected}"), format!("{what} {n}")),
            None => self.differ(at, format!("{what} {expected}"), format!("no {what}")),
        }
    }

    /// The entry that carries the Go kind: behind the typedefs that only
    /// repeat a name, but before those by which interfaces, maps and channels
    /// show their runtime representation.
    fn kinded(&self, reference: TypeRef) -> Option<&TypeNode> {
        let mut node = self.facts.type_of(reference)?;
        for _ in 0..=self.facts.types.len() {
            match (node.go_kind, &node.shape) {
                (None, Shape::Typedef { of: Some(next) }) => node = self.facts.type_of(*next)?,
                _ => return Some(node),
            }
        }
        None
    }

    fn equal(&mut self, reference: Option<TypeRef>, ty: &GoType, at: &str) -> Compared {
        let want = names::expected(ty);
        let Some(node) = reference.and_then(|r| self.facts.type_of(r).map(|n| (r, n))) else {
            return self.differ(at, want, "no type");
        };
        let (reference, outer) = node;
        if !self.seen.insert((reference, want.clone())) {
            return Ok(());
        }
        let Some(node) = self.kinded(reference) else { return self.differ(at, want, "a cycle of typedefs") };
        let node = node.clone();
        for name in [&outer.name, &node.name] {
            let got = name.as_deref().map_or("no name".to_string(), |n| names::actual(n, self.package_path));
            self.same(at, &want, &got)?;
        }
        // Go's bare pointer entry has no kind, and the pointers that the linker
        // makes for a slice's `array` (`defptrto`) have kind 0.
        let kindless = match kind(ty) {
            26 => node.go_kind.is_none(),
            22 => node.go_kind == Some(0) && (self.old || at.ends_with(".array")),
            _ => false,
        };
        if !kindless {
            self.optional(at, "kind", kind(ty), node.go_kind)?;
        }
        self.shape(&node, ty, at)
    }

    /// The size in DWARF against the model's.
    fn size(&self, node: &TypeNode, ty: &GoType, at: &str) -> Compared {
        match ty.layout(self.arch) {
            Ok(l) => self.optional(at, "size", l.size, node.size),
            Err(e) => self.differ(at, e, "a type"),
        }
    }

    fn shape(&mut self, node: &TypeNode, ty: &GoType, at: &str) -> Compared {
        let wrong = |s: &Self, want: &str| s.differ(at, want, shape_name(&node.shape));
        match (ty.underlying(), &node.shape) {
            (GoType::Basic(Basic::String), Shape::Struct { members }) => {
                self.size(node, ty, at)?;
                let byte = GoType::Pointer(GoType::Basic(Basic::Uint8).into());
                self.words(members, &[("str", byte), ("len", GoType::Basic(Basic::Int))], at)
            }
            (GoType::Basic(Basic::UnsafePointer), Shape::Pointer { to: None }) => Ok(()),
            (GoType::Basic(b), Shape::Base { encoding: got }) => {
                self.size(node, ty, at)?;
                match encoding(*b) {
                    Some(want) => self.optional(at, "encoding", u64::from(want), Some(u64::from(*got))),
                    None => wrong(self, b.name()),
                }
            }
            (GoType::Slice(e), Shape::Struct { members }) => {
                self.size(node, ty, at)?;
                let int = GoType::Basic(Basic::Int);
                let array = GoType::Pointer(e.clone());
                self.words(members, &[("array", array), ("len", int.clone()), ("cap", int)], at)?;
                self.equal(node.go_elem, e, &format!("{at}.elem"))
            }
            (GoType::Array(n, e), Shape::Array { count, elem }) => {
                self.size(node, ty, at)?;
                self.optional(at, "count", *n, *count)?;
                self.equal(*elem, e, &format!("{at}.elem"))
            }
            (GoType::Struct(s), Shape::Struct { members }) => {
                self.size(node, ty, at)?;
                self.members(members, s, ty, at)
            }
            (GoType::Pointer(e), Shape::Pointer { to }) => self.equal(*to, e, &format!("{at}.elem")),
            (GoType::Map(k, v), Shape::Typedef { of }) => {
                self.points_to(*of, &["map<", "hash<"], at)?;
                self.equal(node.go_key, k, &format!("{at}.key"))?;
                self.equal(node.go_elem, v, &format!("{at}.elem"))
            }
            (GoType::Chan(_, e), Shape::Typedef { of }) => {
                self.points_to(*of, &["hchan<"], at)?;
                self.equal(node.go_elem, e, &format!("{at}.elem"))
            }
            (GoType::Func(f), Shape::Subroutine { params, variadic }) => {
                self.size(node, ty, at)?;
                self.subroutine(f, params, *variadic, at)
            }
            (GoType::Interface(i), Shape::Typedef { of }) => {
                let want = if i.methods.is_empty() { "runtime.eface" } else { "runtime.iface" };
                let got = of.and_then(|r| self.facts.resolve(r));
                self.same(at, &want.to_string(), &got.and_then(|n| n.name.clone()).unwrap_or_default())?;
                self.optional(at, "size", 2 * self.arch.word_size, got.and_then(|n| n.size))
            }
            (GoType::Basic(b), _) => wrong(self, b.name()),
            (GoType::Slice(_), _) => wrong(self, "a slice's struct"),
            (GoType::Array(..), _) => wrong(self, "an array"),
            (GoType::Struct(_), _) => wrong(self, "a struct"),
            (GoType::Pointer(_), _) => wrong(self, "a pointer"),
            (GoType::Map(..) | GoType::Chan(..) | GoType::Interface(_), _) => wrong(self, "a typedef"),
            (GoType::Func(_), _) => wrong(self, "a subroutine"),
            (GoType::Named(_), _) => self.differ(at, "a declared type", "one without a declaration"),
        }
    }

    /// Maps and channels are pointers to runtime structs made for the element.
    fn points_to(&self, of: Option<TypeRef>, prefixes: &[&str], at: &str) -> Compared {
        let want = format!("a pointer to {}..>", prefixes.join(".. or "));
        let Some(node) = of.and_then(|r| self.facts.resolve(r)) else { return self.differ(at, want, "nothing") };
        let Shape::Pointer { to: Some(to) } = node.shape else {
            return self.differ(at, want, shape_name(&node.shape));
        };
        let name = self.facts.resolve(to).and_then(|n| n.name.clone()).unwrap_or_default();
        if prefixes.iter().any(|p| name.starts_with(p)) { Ok(()) } else { self.differ(at, want, name) }
    }

    /// Members that are a word each, one behind the other.
    fn words(&mut self, members: &[Member], want: &[(&str, GoType)], at: &str) -> Compared {
        self.same(&format!("{at}.members"), &want.len(), &members.len())?;
        for (i, (m, (name, ty))) in members.iter().zip(want).enumerate() {
            let at = format!("{at}.{name}");
            self.same(&at, &(*name).to_string(), &m.name)?;
            self.optional(&at, "offset", i as u64 * self.arch.word_size, m.offset)?;
            self.equal(m.ty, ty, &at)?;
        }
        Ok(())
    }

    fn members(&mut self, members: &[Member], s: &StructType, ty: &GoType, at: &str) -> Compared {
        let Ok(layout) = ty.layout(self.arch) else { return self.differ(at, "a layout", "none") };
        self.same(&format!("{at}.members"), &s.fields.len(), &members.len())?;
        for ((m, f), offset) in members.iter().zip(&s.fields).zip(&layout.offsets) {
            let at = format!("{at}.{}", f.name);
            self.same(&at, &f.name, &m.name)?;
            self.optional(&at, "offset", *offset, m.offset)?;
            if f.embedded != m.embedded {
                return self.differ(&at, format!("embedded {}", f.embedded), format!("embedded {}", m.embedded));
            }
            self.equal(m.ty, &f.ty, &at)?;
        }
        Ok(())
    }

    fn subroutine(&mut self, f: &FuncType, params: &[(Option<TypeRef>, bool)], variadic: bool, at: &str) -> Compared {
        let ins = f.params.iter().map(|t| (t, false));
        let want: Vec<(&GoType, bool)> = ins.chain(f.results.iter().map(|t| (t, true))).collect();
        self.same(&format!("{at}.params"), &want.len(), &params.len())?;
        if f.variadic != variadic {
            return self.differ(at, format!("variadic {}", f.variadic), format!("variadic {variadic}"));
        }
        for (i, ((ty, result), (reference, got))) in want.iter().zip(params).enumerate() {
            let at = format!("{at}.params[{i}]");
            if result != got && !self.old {
                return self.differ(&at, format!("result {result}"), format!("result {got}"));
            }
            let pointed = reference.filter(|_| self.old && *result).and_then(|r| self.pointed(r));
            match pointed {
                // Those releases give a pointer to the result's type.
                Some(to) if self.equal(Some(to), ty, &at).is_ok() => {}
                Some(_) | None => self.equal(*reference, ty, &at)?,
            }
        }
        Ok(())
    }

    /// What a pointer type points to.
    fn pointed(&self, reference: TypeRef) -> Option<TypeRef> {
        match self.facts.resolve(reference)?.shape {
            Shape::Pointer { to } => to,
            Shape::Base { .. }
            | Shape::Struct { .. }
            | Shape::Array { .. }
            | Shape::Typedef { .. }
            | Shape::Subroutine { .. }
            | Shape::Unspecified
            | Shape::Other(_)
            | Shape::Unreadable(_) => None,
        }
    }
}
