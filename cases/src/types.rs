//! Go types as a closed enum. Named types are shared nodes whose underlying
//! type is filled in after all declarations of a file were read, so that
//! recursive types (`type List struct{ next *List }`) can exist.

use std::fmt;
use std::sync::{Arc, OnceLock};

/// The predeclared non-composite types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basic {
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    String,
    UnsafePointer,
}

/// Direction of a channel type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChanDir {
    Both,
    Send,
    Recv,
}

/// A Go type.
///
/// Equality is Go's type identity: named types are equal when they are the
/// same declaration with the same type arguments, others by structure.
#[derive(Clone, PartialEq, Eq)]
pub enum GoType {
    Basic(Basic),
    Slice(Arc<GoType>),
    /// Element count, element type.
    Array(u64, Arc<GoType>),
    Struct(Arc<StructType>),
    Pointer(Arc<GoType>),
    /// Key type, element type.
    Map(Arc<GoType>, Arc<GoType>),
    Chan(ChanDir, Arc<GoType>),
    Func(Arc<FuncType>),
    Interface(Arc<InterfaceType>),
    Named(Arc<NamedType>),
}

/// A struct type: its fields in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructType {
    pub fields: Vec<Field>,
}

/// One field of a struct type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The field's name; for an embedded field its type's name; `_` for a blank one.
    pub name: String,
    pub ty: GoType,
    pub embedded: bool,
    /// The tag's text between its quotes, empty where there is none.
    pub tag: String,
}

/// A function type, or a function's signature without its receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FuncType {
    pub params: Vec<GoType>,
    pub results: Vec<GoType>,
    /// Whether the last parameter is variadic; its type is then the slice type.
    pub variadic: bool,
}

/// An interface type: its method set, embedded interfaces flattened, sorted by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceType {
    pub methods: Vec<Method>,
}

/// One method of an interface or of a named type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    pub name: String,
    pub ty: FuncType,
    /// For a named type's own method: whether its receiver is a pointer.
    pub pointer_receiver: bool,
}

/// A defined type: a declaration, for generic ones with its type arguments.
pub struct NamedType {
    /// The name without type arguments.
    pub name: String,
    /// The import path's last element (`errors`, `fmt`, `runtime`), empty for
    /// predeclared types (`error`), [`USER_PACKAGE`] for a case file's own.
    pub package: String,
    pub type_args: Vec<GoType>,
    /// Set once the declaration's right side was read.
    pub underlying: OnceLock<GoType>,
    /// The methods declared on the type, set with the underlying type.
    pub methods: OnceLock<Vec<Method>>,
}

/// The package name of every case file's generated package.
pub const USER_PACKAGE: &str = "p";

impl PartialEq for NamedType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.package == other.package && self.type_args == other.type_args
    }
}
impl Eq for NamedType {}

impl fmt::Debug for NamedType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&named(self, &Spelling::REFLECT))
    }
}

impl fmt::Debug for GoType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reflect_name())
    }
}

impl fmt::Display for GoType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spell(&Spelling::SOURCE))
    }
}

impl Basic {
    /// The name as Go writes it, `unsafe.Pointer` included.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Basic::Bool => "bool",
            Basic::Int => "int",
            Basic::Int8 => "int8",
            Basic::Int16 => "int16",
            Basic::Int32 => "int32",
            Basic::Int64 => "int64",
            Basic::Uint => "uint",
            Basic::Uint8 => "uint8",
            Basic::Uint16 => "uint16",
            Basic::Uint32 => "uint32",
            Basic::Uint64 => "uint64",
            Basic::Uintptr => "uintptr",
            Basic::Float32 => "float32",
            Basic::Float64 => "float64",
            Basic::Complex64 => "complex64",
            Basic::Complex128 => "complex128",
            Basic::String => "string",
            Basic::UnsafePointer => "unsafe.Pointer",
        }
    }

    /// The type that a predeclared name stands for (`byte` and `rune` included).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Basic> {
        Some(match name {
            "bool" => Basic::Bool,
            "int" => Basic::Int,
            "int8" => Basic::Int8,
            "int16" => Basic::Int16,
            "int32" | "rune" => Basic::Int32,
            "int64" => Basic::Int64,
            "uint" => Basic::Uint,
            "uint8" | "byte" => Basic::Uint8,
            "uint16" => Basic::Uint16,
            "uint32" => Basic::Uint32,
            "uint64" => Basic::Uint64,
            "uintptr" => Basic::Uintptr,
            "float32" => Basic::Float32,
            "float64" => Basic::Float64,
            "complex64" => Basic::Complex64,
            "complex128" => Basic::Complex128,
            "string" => Basic::String,
            _ => return None,
        })
    }
}

/// How a type's text is spelt.
#[derive(Clone, Copy, Debug)]
pub struct Spelling {
    /// Write `p.T` for the case file's own types instead of `T`.
    pub qualify: bool,
    /// Write `interface {}`, `struct { A int8 }` and so on as package reflect
    /// and DWARF do, instead of the shortest Go source.
    pub reflect: bool,
}

impl Spelling {
    /// As a case file's own package would write it.
    pub const SOURCE: Spelling = Spelling { qualify: false, reflect: false };
    /// As `reflect.Type.String` and DWARF's type names do, import paths cut to
    /// their last element.
    pub const REFLECT: Spelling = Spelling { qualify: true, reflect: true };
}

fn join(types: &[GoType], s: &Spelling) -> String {
    types.iter().map(|t| t.spell(s)).collect::<Vec<_>>().join(", ")
}

fn named(n: &NamedType, s: &Spelling) -> String {
    let mut out = String::new();
    let own = n.package == USER_PACKAGE;
    if !n.package.is_empty() && (!own || s.qualify) {
        out.push_str(&n.package);
        out.push('.');
    }
    out.push_str(&n.name);
    if !n.type_args.is_empty() {
        let sep = if s.reflect { "," } else { ", " };
        let args: Vec<_> = n.type_args.iter().map(|t| t.spell(s)).collect();
        out.push('[');
        out.push_str(&args.join(sep));
        out.push(']');
    }
    out
}

impl FuncType {
    /// The text after `func`: parameters and results.
    #[must_use]
    pub fn spell_tail(&self, s: &Spelling) -> String {
        let mut params: Vec<String> = self.params.iter().map(|t| t.spell(s)).collect();
        if self.variadic
            && let Some(GoType::Slice(e)) = self.params.last()
            && let Some(last) = params.last_mut()
        {
            *last = format!("...{}", e.spell(s));
        }
        let results = match self.results.as_slice() {
            [] => String::new(),
            [one] => format!(" {}", one.spell(s)),
            many => format!(" ({})", join(many, s)),
        };
        format!("({}){results}", params.join(", "))
    }
}

impl GoType {
    /// The empty interface.
    #[must_use]
    pub fn any() -> GoType {
        GoType::Interface(Arc::new(InterfaceType { methods: vec![] }))
    }

    /// The text of the type in the given spelling.
    #[must_use]
    pub fn spell(&self, s: &Spelling) -> String {
        match self {
            GoType::Basic(b) => b.name().to_string(),
            GoType::Slice(e) => format!("[]{}", e.spell(s)),
            GoType::Array(n, e) => format!("[{n}]{}", e.spell(s)),
            GoType::Struct(st) => {
                let fields: Vec<String> = st
                    .fields
                    .iter()
                    .map(|f| {
                        let name = if f.embedded { String::new() } else { format!("{} ", f.name) };
                        let tag = if f.tag.is_empty() { String::new() } else { format!(" {:?}", f.tag) };
                        format!("{name}{}{tag}", f.ty.spell(s))
                    })
                    .collect();
                match (s.reflect, fields.is_empty()) {
                    (true, true) => "struct {}".to_string(),
                    (false, true) => "struct{}".to_string(),
                    (true, false) => format!("struct {{ {} }}", fields.join("; ")),
                    (false, false) => format!("struct{{ {} }}", fields.join("; ")),
                }
            }
            GoType::Pointer(e) => format!("*{}", e.spell(s)),
            GoType::Map(k, v) => format!("map[{}]{}", k.spell(s), v.spell(s)),
            GoType::Chan(d, e) => {
                let inner = e.spell(s);
                match d {
                    ChanDir::Send => format!("chan<- {inner}"),
                    ChanDir::Recv => format!("<-chan {inner}"),
                    // `chan (<-chan T)` needs its parentheses.
                    ChanDir::Both if inner.starts_with("<-") => format!("chan ({inner})"),
                    ChanDir::Both => format!("chan {inner}"),
                }
            }
            GoType::Func(f) => format!("func{}", f.spell_tail(s)),
            GoType::Interface(i) => {
                let methods: Vec<String> =
                    i.methods.iter().map(|m| format!("{}{}", m.name, m.ty.spell_tail(s))).collect();
                match (s.reflect, methods.is_empty()) {
                    (true, true) => "interface {}".to_string(),
                    (false, true) => "any".to_string(),
                    (true, false) => format!("interface {{ {} }}", methods.join("; ")),
                    (false, false) => format!("interface{{ {} }}", methods.join("; ")),
                }
            }
            GoType::Named(n) => named(n, s),
        }
    }

    /// The text that `reflect.Type.String` gives (package paths cut to names).
    #[must_use]
    pub fn reflect_name(&self) -> String {
        self.spell(&Spelling::REFLECT)
    }

    /// The underlying type: what a named type was declared to be.
    #[must_use]
    pub fn underlying(&self) -> &GoType {
        let mut t = self;
        while let GoType::Named(n) = t {
            match n.underlying.get() {
                Some(u) => t = u,
                None => break,
            }
        }
        t
    }

    /// Whether the underlying type is an interface.
    #[must_use]
    pub fn is_interface(&self) -> bool {
        matches!(self.underlying(), GoType::Interface(_))
    }

    /// Whether values of the type hold addresses: what the runtime changes when
    /// it moves the memory that they point into.
    #[must_use]
    pub fn has_pointers(&self) -> bool {
        match self.underlying() {
            GoType::Basic(b) => matches!(b, Basic::String | Basic::UnsafePointer),
            GoType::Array(n, elem) => *n > 0 && elem.has_pointers(),
            GoType::Struct(s) => s.fields.iter().any(|f| f.ty.has_pointers()),
            GoType::Slice(_)
            | GoType::Pointer(_)
            | GoType::Map(..)
            | GoType::Chan(..)
            | GoType::Func(_)
            | GoType::Interface(_)
            // One without a declaration might.
            | GoType::Named(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::resolve::type_of_text;
    use crate::scope::Scope;

    #[test]
    fn what_holds_addresses_is_told_from_what_does_not() {
        let scope = Scope::read("p", "type P struct { A int8; S string }\ntype N [3]P").unwrap();
        let has = |text: &str| type_of_text(&scope, text).unwrap().has_pointers();
        for with in
            ["string", "[]int8", "*int8", "any", "func()", "chan int", "map[int]int", "P", "N", "unsafe.Pointer"]
        {
            assert!(has(with), "{with}");
        }
        for without in ["int", "uintptr", "complex128", "[4]float64", "struct { A bool; B [2]int }", "[0]P"] {
            assert!(!has(without), "{without}");
        }
    }
}
