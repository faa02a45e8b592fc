//! Sizes, alignments and field offsets, as `cmd/compile/internal/types/size.go`
//! calculates them, and how many registers a value would take.

use crate::arch::Arch;
use crate::types::{Basic, GoType, NamedType, StructType};
use std::collections::HashMap;
use std::sync::Arc;

/// How a type's values lie in memory, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub size: u64,
    pub align: u64,
    /// For a struct type the offset of each field, otherwise empty.
    pub offsets: Vec<u64>,
    /// What register assignment would take, were there registers enough;
    /// `None` where the type has an array of two or more elements in it.
    pub registers: Option<RegisterNeed>,
}

/// How many argument registers a value takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegisterNeed {
    pub integer: u64,
    pub float: u64,
}

/// A type has no layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    #[error("type {ty} is too large for {goarch}")]
    TooLarge { ty: String, goarch: String },
    #[error("type {ty} contains itself")]
    Recursive { ty: String },
    #[error("type {ty} has no declaration")]
    Undeclared { ty: String },
    #[error("a type is nested more than {MAX_DEPTH} deep")]
    TooDeep,
}

/// More nesting than any Go program has; keeps the recursion off the stack's end.
const MAX_DEPTH: usize = 500;

/// Rounds up to a multiple of `align`, which is a power of two; `None` on overflow.
pub(crate) fn round_up(n: u64, align: u64) -> Option<u64> {
    Some(n.checked_add(align - 1)? & !(align - 1))
}

impl GoType {
    /// The type's layout on an architecture.
    ///
    /// # Errors
    ///
    /// Where the compiler would refuse the type: it is larger than the address
    /// space or contains itself; or where a named type was never filled in.
    pub fn layout(&self, arch: &Arch) -> Result<Layout, LayoutError> {
        Layouts::new(arch).of(self)
    }
}

/// Calculates layouts for one architecture, each named type's once.
pub(crate) struct Layouts<'a> {
    arch: &'a Arch,
    /// By the address of the shared node, which `done` keeps alive.
    done: HashMap<*const NamedType, (Arc<NamedType>, Layout)>,
    open: Vec<Arc<NamedType>>,
    depth: usize,
}

impl<'a> Layouts<'a> {
    pub(crate) fn new(arch: &'a Arch) -> Self {
        Layouts { arch, done: HashMap::new(), open: Vec::new(), depth: 0 }
    }

    pub(crate) fn too_large(&self, ty: &GoType) -> LayoutError {
        LayoutError::TooLarge { ty: ty.reflect_name(), goarch: self.arch.goarch.clone() }
    }

    pub(crate) fn of(&mut self, ty: &GoType) -> Result<Layout, LayoutError> {
        let word = self.arch.word_size;
        match ty {
            GoType::Basic(b) => Ok(basic(*b, self.arch)),
            GoType::Pointer(_) | GoType::Map(..) | GoType::Chan(..) | GoType::Func(_) => Ok(words(1, word)),
            GoType::Interface(_) => Ok(words(2, word)),
            GoType::Slice(_) => Ok(words(3, word)),
            GoType::Array(n, elem) => self.array(ty, *n, elem),
            GoType::Struct(s) => self.structure(ty, s),
            GoType::Named(n) => self.named(n),
        }
    }

    fn nested(&mut self, ty: &GoType) -> Result<Layout, LayoutError> {
        if self.depth >= MAX_DEPTH {
            return Err(LayoutError::TooDeep);
        }
        self.depth += 1;
        let layout = self.of(ty);
        self.depth -= 1;
        layout
    }

    fn named(&mut self, n: &Arc<NamedType>) -> Result<Layout, LayoutError> {
        if let Some((_, layout)) = self.done.get(&Arc::as_ptr(n)) {
            return Ok(layout.clone());
        }
        let whole = GoType::Named(n.clone());
        if self.open.contains(n) {
            return Err(LayoutError::Recursive { ty: whole.reflect_name() });
        }
        let Some(underlying) = n.underlying.get() else {
            return Err(LayoutError::Undeclared { ty: whole.reflect_name() });
        };
        self.open.push(n.clone());
        let layout = self.nested(underlying);
        self.open.pop();
        let mut layout = layout?;
        // CalcStructSize knows this one type by its name.
        // (`explain --from` has all packages in one scope.)
        if (n.name == "align64" && n.package == "atomic") || n.name == "atomicᐧalign64" {
            layout.align = 8;
        }
        self.done.insert(Arc::as_ptr(n), (n.clone(), layout.clone()));
        Ok(layout)
    }

    /// CalcArraySize.
    fn array(&mut self, ty: &GoType, n: u64, elem: &GoType) -> Result<Layout, LayoutError> {
        let e = self.nested(elem)?;
        let size = e.size.checked_mul(n).filter(|s| *s < self.arch.max_type_size);
        let size = size.ok_or_else(|| self.too_large(ty))?;
        let registers = match n {
            0 => Some(RegisterNeed::default()),
            1 => e.registers,
            // Two elements of size zero are refused, too.
            _ => None,
        };
        Ok(Layout { size, align: e.align, offsets: vec![], registers })
    }

    /// calcStructOffset and CalcStructSize.
    fn structure(&mut self, ty: &GoType, s: &StructType) -> Result<Layout, LayoutError> {
        // On 32-bit ports a field's offset must fit reflect's 31 bits.
        let limit = if self.arch.max_type_size < 1 << 32 { (1 << 31) - 1 } else { self.arch.max_type_size };
        let (mut size, mut align) = (0u64, 1u64);
        let mut last_is_empty = false;
        let mut registers = Some(RegisterNeed::default());
        let mut offsets = Vec::with_capacity(s.fields.len());
        for field in &s.fields {
            let f = self.nested(&field.ty)?;
            let offset = round_up(size, f.align).ok_or_else(|| self.too_large(ty))?;
            offsets.push(offset);
            size = offset.checked_add(f.size).filter(|s| *s < limit).ok_or_else(|| self.too_large(ty))?;
            align = align.max(f.align);
            last_is_empty = f.size == 0;
            registers = match (registers, f.registers) {
                (Some(a), Some(b)) => Some(RegisterNeed {
                    integer: a.integer.saturating_add(b.integer),
                    float: a.float.saturating_add(b.float),
                }),
                (Some(_) | None, None) | (None, Some(_)) => None,
            };
        }
        // A pointer to a trailing empty field must not point past the struct.
        if size > 0 && last_is_empty {
            size += 1;
        }
        let size = round_up(size, align).ok_or_else(|| self.too_large(ty))?;
        Ok(Layout { size, align, offsets, registers })
    }
}

fn words(n: u64, word: u64) -> Layout {
    Layout { size: n * word, align: word, offsets: vec![], registers: Some(RegisterNeed { integer: n, float: 0 }) }
}

fn basic(b: Basic, arch: &Arch) -> Layout {
    let word = arch.word_size;
    let integer = |size: u64, align: u64| Layout {
        size,
        align,
        offsets: vec![],
        registers: Some(RegisterNeed { integer: size.div_ceil(word), float: 0 }),
    };
    let float = |size: u64, align: u64, parts: u64| Layout {
        size,
        align,
        offsets: vec![],
        registers: Some(RegisterNeed { integer: 0, float: parts }),
    };
    match b {
        Basic::Bool | Basic::Int8 | Basic::Uint8 => integer(1, 1),
        Basic::Int16 | Basic::Uint16 => integer(2, 2),
        Basic::Int32 | Basic::Uint32 => integer(4, 4),
        Basic::Int64 | Basic::Uint64 => integer(8, arch.max_align),
        Basic::Int | Basic::Uint | Basic::Uintptr | Basic::UnsafePointer => integer(word, word),
        Basic::Float32 => float(4, 4, 1),
        Basic::Float64 => float(8, arch.max_align, 1),
        Basic::Complex64 => float(8, 4, 2),
        Basic::Complex128 => float(16, arch.max_align, 2),
        Basic::String => words(2, word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Field, USER_PACKAGE};
    use std::sync::OnceLock;

    fn b(b: Basic) -> GoType {
        GoType::Basic(b)
    }

    fn strukt(types: Vec<GoType>) -> GoType {
        let field = |(i, ty)| Field { name: format!("F{i}"), ty, embedded: false, tag: String::new() };
        GoType::Struct(Arc::new(StructType { fields: types.into_iter().enumerate().map(field).collect() }))
    }

    fn array(n: u64, t: GoType) -> GoType {
        GoType::Array(n, Arc::new(t))
    }

    fn named(name: &str) -> Arc<NamedType> {
        Arc::new(NamedType {
            name: name.into(),
            package: USER_PACKAGE.into(),
            type_args: vec![],
            underlying: OnceLock::new(),
            methods: OnceLock::new(),
        })
    }

    /// `(size, align, offsets)` on that architecture.
    fn on(goarch: &str, t: &GoType) -> (u64, u64, Vec<u64>) {
        let l = t.layout(Arch::get(goarch).unwrap()).unwrap();
        (l.size, l.align, l.offsets)
    }

    #[test]
    fn the_specifications_table() {
        use Basic::*;
        for (basic, wide, narrow) in [
            (Bool, (1, 1), (1, 1)),
            (Int16, (2, 2), (2, 2)),
            (Uint32, (4, 4), (4, 4)),
            (Int64, (8, 8), (8, 4)),
            (Int, (8, 8), (4, 4)),
            (Float32, (4, 4), (4, 4)),
            (Float64, (8, 8), (8, 4)),
            (Complex64, (8, 4), (8, 4)),
            (Complex128, (16, 8), (16, 4)),
            (Uintptr, (8, 8), (4, 4)),
            (UnsafePointer, (8, 8), (4, 4)),
            (String, (16, 8), (8, 4)),
        ] {
            for goarch in ["amd64", "s390x", "mips64"] {
                assert_eq!(on(goarch, &b(basic)), (wide.0, wide.1, vec![]), "{basic:?} {goarch}");
            }
            for goarch in ["386", "arm", "mips"] {
                assert_eq!(on(goarch, &b(basic)), (narrow.0, narrow.1, vec![]), "{basic:?} {goarch}");
            }
        }
    }

    #[test]
    fn structs_are_padded_between_and_behind_fields() {
        use Basic::*;
        let t = strukt(vec![b(Int8), b(Float64), b(Int16)]);
        assert_eq!(on("arm64", &t), (24, 8, vec![0, 8, 16]));
        assert_eq!(on("386", &t), (16, 4, vec![0, 4, 12]));
        assert_eq!(on("amd64", &strukt(vec![])), (0, 1, vec![]));
        assert_eq!(on("amd64", &strukt(vec![b(Int8), b(Complex64)])), (12, 4, vec![0, 4]));
    }

    #[test]
    fn a_trailing_empty_field_costs_a_byte() {
        use Basic::*;
        let empty = strukt(vec![]);
        assert_eq!(on("amd64", &strukt(vec![b(Int64), empty.clone()])), (16, 8, vec![0, 8]));
        assert_eq!(on("amd64", &strukt(vec![b(Int8), array(0, b(Int64))])), (16, 8, vec![0, 8]));
        // Nothing but empty fields, or one that does not trail: no byte.
        assert_eq!(on("amd64", &strukt(vec![empty.clone(), array(0, b(Int64))])), (0, 8, vec![0, 0]));
        assert_eq!(on("amd64", &strukt(vec![empty, b(Int64)])), (8, 8, vec![0, 0]));
    }

    #[test]
    fn recursion_through_pointers_is_fine_and_through_values_is_not() {
        let list = named("List");
        let t = GoType::Named(list.clone());
        let next = GoType::Pointer(Arc::new(t.clone()));
        list.underlying.set(strukt(vec![b(Basic::Int), next, GoType::Slice(Arc::new(t.clone()))])).unwrap();
        assert_eq!(on("amd64", &t), (40, 8, vec![0, 8, 16]));

        let bad = named("Bad");
        let t = GoType::Named(bad.clone());
        bad.underlying.set(strukt(vec![array(1, t.clone())])).unwrap();
        let arch = Arch::get("amd64").unwrap();
        assert_eq!(t.layout(arch), Err(LayoutError::Recursive { ty: "p.Bad".into() }));
        let open = GoType::Named(named("Open"));
        assert_eq!(open.layout(arch), Err(LayoutError::Undeclared { ty: "p.Open".into() }));
    }

    #[test]
    fn types_larger_than_the_address_space_are_refused() {
        let big = array(1 << 40, array(1 << 40, b(Basic::Int8)));
        let half = array(1 << 30, b(Basic::Int8));
        let arch = |g| Arch::get(g).unwrap();
        assert!(matches!(big.layout(arch("amd64")), Err(LayoutError::TooLarge { .. })));
        assert!(half.layout(arch("mips")).is_ok());
        let two = strukt(vec![half.clone(), half]);
        assert!(matches!(two.layout(arch("386")), Err(LayoutError::TooLarge { .. })));
        assert!(two.layout(arch("amd64")).is_ok());
        let deep = (0..100_000).fold(b(Basic::Int), |t, _| array(1, t));
        assert_eq!(deep.layout(arch("amd64")), Err(LayoutError::TooDeep));
        // Dropping so deep a tree by recursion would overflow the stack.
        std::mem::forget(deep);
    }

    #[test]
    fn doubling_named_structs_take_linear_time() {
        let mut t = b(Basic::Int8);
        for i in 0..40 {
            let n = named(&format!("T{i}"));
            n.underlying.set(strukt(vec![t.clone(), t])).unwrap();
            t = GoType::Named(n);
        }
        assert_eq!(on("amd64", &t).0, 1 << 40);
    }
}
