//! Types by three witnesses in one form: the case's, DWARF's, and the runtime's
//! type descriptors, which interfaces point at.

use super::limits::Unread;
use super::memory::Reader;
use crate::observe::dwarf::{DwarfFacts, Shape, TypeRef};
use goabi_cases::arch::{Arch, ByteOrder};
use goabi_cases::layout::Layout;
use goabi_cases::types::{Basic, GoType};

/// A type, by whoever describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    /// As the case states it.
    Go(GoType),
    /// As DWARF has it.
    Dwarf(TypeRef),
    /// As the runtime's descriptor at that address has it.
    Runtime(u64),
}

/// One level of a type: how its bytes are to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    Bool,
    /// Bytes, and whether it is signed.
    Int(u64, bool),
    Float32,
    Float64,
    Complex64,
    Complex128,
    String,
    Slice(Ty),
    /// Element count, element type.
    Array(u64, Ty),
    /// Offset in bytes and type of each field.
    Struct(Vec<(u64, Ty)>),
    /// What it points at; `None` where that is not looked at.
    Pointer(Option<Ty>),
    Map,
    Chan,
    Func,
    /// `true` for the empty interface, whose first word is the type.
    Interface(bool),
    UnsafePointer,
}

/// What is known of types.
pub struct Types<'a> {
    pub arch: &'a Arch,
    pub dwarf: Option<&'a DwarfFacts>,
    /// Where the runtime's descriptors begin: names are offsets from there.
    pub descriptors: Option<u64>,
}

/// The bits of `Kind_` that are the kind, `internal/abi/type.go`.
const KIND_MASK: u8 = 31;

/// A number in the target's byte order; wider than 8 bytes is cut.
#[must_use]
pub fn number(bytes: &[u8], order: ByteOrder) -> u64 {
    let add = |n: u64, b: &u8| n << 8 | u64::from(*b);
    match order {
        ByteOrder::Big => bytes.iter().fold(0, add),
        ByteOrder::Little => bytes.iter().rev().fold(0, add),
    }
}

impl Types<'_> {
    /// One level of a type, and its size in bytes.
    ///
    /// # Errors
    ///
    /// In words, if its description is broken.
    pub fn layer(&self, ty: &Ty, memory: &mut Reader<'_, '_>) -> Result<(Layer, u64), Unread> {
        match ty {
            Ty::Go(t) => self.go(t),
            Ty::Dwarf(r) => self.dwarf(*r),
            Ty::Runtime(at) => self.runtime(*at, memory),
        }
    }

    fn go(&self, ty: &GoType) -> Result<(Layer, u64), Unread> {
        let Layout { size, offsets, .. } = ty.layout(self.arch).map_err(|e| e.to_string())?;
        let layer = match ty.underlying() {
            GoType::Basic(b) => self.basic(*b),
            GoType::Slice(e) => Layer::Slice(Ty::Go((**e).clone())),
            GoType::Array(n, e) => Layer::Array(*n, Ty::Go((**e).clone())),
            GoType::Struct(s) => {
                Layer::Struct(offsets.iter().zip(&s.fields).map(|(o, f)| (*o, Ty::Go(f.ty.clone()))).collect())
            }
            GoType::Pointer(e) => {
                let looked_at = |t: &GoType| match t {
                    GoType::Named(n) => !opaque(&n.package),
                    _ => true,
                };
                Layer::Pointer(looked_at(e).then(|| Ty::Go((**e).clone())))
            }
            GoType::Map(..) => Layer::Map,
            GoType::Chan(..) => Layer::Chan,
            GoType::Func(_) => Layer::Func,
            GoType::Interface(i) => Layer::Interface(i.methods.is_empty()),
            GoType::Named(_) => return Err(format!("type {ty} has no declaration").into()),
        };
        Ok((layer, size))
    }

    fn basic(&self, b: Basic) -> Layer {
        let word = self.arch.word_size;
        match b {
            Basic::Bool => Layer::Bool,
            Basic::Int => Layer::Int(word, true),
            Basic::Int8 => Layer::Int(1, true),
            Basic::Int16 => Layer::Int(2, true),
            Basic::Int32 => Layer::Int(4, true),
            Basic::Int64 => Layer::Int(8, true),
            Basic::Uint | Basic::Uintptr => Layer::Int(word, false),
            Basic::Uint8 => Layer::Int(1, false),
            Basic::Uint16 => Layer::Int(2, false),
            Basic::Uint32 => Layer::Int(4, false),
            Basic::Uint64 => Layer::Int(8, false),
            Basic::Float32 => Layer::Float32,
            Basic::Float64 => Layer::Float64,
            Basic::Complex64 => Layer::Complex64,
            Basic::Complex128 => Layer::Complex128,
            Basic::String => Layer::String,
            Basic::UnsafePointer => Layer::UnsafePointer,
        }
    }

    /// By `reflect.Kind`, which both DWARF and the descriptors have.
    fn of_kind(&self, kind: u64) -> Option<Layer> {
        let word = self.arch.word_size;
        Some(match kind {
            1 => Layer::Bool,
            2 => Layer::Int(word, true),
            3 => Layer::Int(1, true),
            4 => Layer::Int(2, true),
            5 => Layer::Int(4, true),
            6 => Layer::Int(8, true),
            7 | 12 => Layer::Int(word, false),
            8 => Layer::Int(1, false),
            9 => Layer::Int(2, false),
            10 => Layer::Int(4, false),
            11 => Layer::Int(8, false),
            13 => Layer::Float32,
            14 => Layer::Float64,
            15 => Layer::Complex64,
            16 => Layer::Complex128,
            18 => Layer::Chan,
            19 => Layer::Func,
            21 => Layer::Map,
            24 => Layer::String,
            26 => Layer::UnsafePointer,
            _ => return None,
        })
    }

    fn dwarf(&self, r: TypeRef) -> Result<(Layer, u64), Unread> {
        let facts = self.dwarf.ok_or("there is no DWARF")?;
        let outer = facts.type_of(r).ok_or("a type of DWARF's that is not there")?;
        let node = facts.resolve(r).ok_or("a typedef without a type")?;
        let name = || outer.name.clone().unwrap_or_else(|| "without a name".into());
        // Of a map, a channel or an interface the typedef tells what it is.
        let kind = outer.go_kind.or(node.go_kind).unwrap_or(0);
        let word = self.arch.word_size;
        // Typedefs, pointers and function types carry no size of their own.
        let size = |default| node.size.or(outer.size).unwrap_or(default);
        if let Some(layer) = self.of_kind(kind) {
            let natural = match layer {
                Layer::Int(n, _) => n,
                Layer::Bool => 1,
                Layer::Float32 => 4,
                Layer::Float64 | Layer::Complex64 => 8,
                Layer::Complex128 => 16,
                Layer::String => 2 * word,
                _ => word,
            };
            return Ok((layer, size(natural)));
        }
        let layer = match &node.shape {
            Shape::Pointer { to: None } => Layer::UnsafePointer,
            Shape::Pointer { to: Some(to) } => {
                let pointed = facts.type_of(*to).and_then(|t| t.name.as_deref()).unwrap_or_default();
                Layer::Pointer((!opaque(package_of(pointed))).then_some(Ty::Dwarf(*to)))
            }
            Shape::Array { count, elem: Some(elem) } => {
                Layer::Array(count.ok_or_else(|| format!("DWARF's type {} has no count", name()))?, Ty::Dwarf(*elem))
            }
            Shape::Struct { members } => match (kind, outer.go_elem.or(node.go_elem)) {
                (23, Some(elem)) => Layer::Slice(Ty::Dwarf(elem)),
                // Go's linker gives interfaces no kind: the typedef's target tells.
                _ if matches!(node.name.as_deref(), Some("runtime.eface" | "runtime.iface")) => {
                    Layer::Interface(node.name.as_deref() == Some("runtime.eface"))
                }
                _ => {
                    let field = |m: &crate::observe::dwarf::Member| Some((m.offset?, Ty::Dwarf(m.ty?)));
                    let fields = members.iter().map(field).collect::<Option<Vec<_>>>();
                    Layer::Struct(fields.ok_or_else(|| format!("a member of DWARF's type {} has no place", name()))?)
                }
            },
            Shape::Array { elem: None, .. }
            | Shape::Base { .. }
            | Shape::Typedef { .. }
            | Shape::Subroutine { .. }
            | Shape::Unspecified
            | Shape::Other(_)
            | Shape::Unreadable(_) => return Err(format!("DWARF's type {} cannot be read", name()).into()),
        };
        Ok((layer, size(word)))
    }

    /// Whether bytes read alike as either type; what lies behind pointers is
    /// not asked.
    #[must_use]
    pub fn alike(&self, a: &Ty, b: &Ty, depth: usize) -> bool {
        let one = |ty: &Ty| match ty {
            Ty::Go(t) => self.go(t),
            Ty::Dwarf(r) => self.dwarf(*r),
            Ty::Runtime(_) => Err("only known while the program runs".into()),
        };
        let (Ok((a, a_size)), Ok((b, b_size))) = (one(a), one(b)) else { return false };
        if a_size != b_size || depth > 50 {
            return false;
        }
        match (a, b) {
            (Layer::Array(n, a), Layer::Array(m, b)) => n == m && self.alike(&a, &b, depth + 1),
            (Layer::Struct(a), Layer::Struct(b)) => {
                a.len() == b.len() && a.iter().zip(&b).all(|((o, a), (p, b))| o == p && self.alike(a, b, depth + 1))
            }
            (Layer::Slice(_), Layer::Slice(_)) | (Layer::Pointer(_), Layer::Pointer(_)) => true,
            (a, b) => a == b,
        }
    }

    /// Reads a type descriptor: `abi.Type` and what follows it, in
    /// `internal/abi/type.go`, alike since Go 1.21.
    fn runtime(&self, at: u64, memory: &mut Reader<'_, '_>) -> Result<(Layer, u64), Unread> {
        let word = self.arch.word_size;
        let header = memory.read(at, header_len(word)).map_err(|e| e.of("the type descriptor"))?;
        let w = usize::try_from(word).unwrap_or(8);
        let order = self.arch.byte_order;
        let size = number(header.get(..w).unwrap_or_default(), order);
        let kind = header.get(2 * w + 7).copied().unwrap_or(0) & KIND_MASK;
        if let Some(layer) = self.of_kind(kind.into()) {
            return Ok((layer, size));
        }
        let end = at + header_len(word) as u64;
        let mut words = |n: u64| -> Result<u64, Unread> { Ok(number(&memory.read(end + n * word, w)?, order)) };
        let layer = match kind {
            // Elem, Slice, Len.
            17 => Layer::Array(words(2)?, Ty::Runtime(words(0)?)),
            // PkgPath, Methods.
            20 => Layer::Interface(words(2)? == 0),
            22 => {
                let to = words(0)?;
                let name = self.name(to, memory)?;
                Layer::Pointer((!opaque(package_of(&name))).then_some(Ty::Runtime(to)))
            }
            23 => Layer::Slice(Ty::Runtime(words(0)?)),
            // PkgPath, Fields; a field is Name, Typ, Offset.
            25 => {
                let (fields, n) = (words(1)?, words(2)?);
                if n > MAX_FIELDS {
                    return Err(format!("a type descriptor with {n} fields").into());
                }
                let mut out = Vec::new();
                for i in 0..n {
                    let field = memory.read(fields + i * 3 * word, 3 * w)?;
                    let part = |k: usize| number(field.get(k * w..(k + 1) * w).unwrap_or_default(), order);
                    out.push((part(2), Ty::Runtime(part(1))));
                }
                Layer::Struct(out)
            }
            other => return Err(format!("a type descriptor at {at:#x} of kind {other}").into()),
        };
        Ok((layer, size))
    }

    /// Whether values of the type with a descriptor are an interface's data word
    /// themselves: `KindDirectIface` up to Go 1.25, `TFlagDirectIface` from 1.26 on.
    ///
    /// # Errors
    ///
    /// In words, if it cannot be read.
    pub fn direct(&self, at: u64, memory: &mut Reader<'_, '_>) -> Result<bool, Unread> {
        let flags = memory.read(at + 2 * self.arch.word_size + 4, 4).map_err(|e| e.of("the type descriptor"))?;
        Ok([flags.first(), flags.last()].into_iter().flatten().any(|f| f & 0x20 != 0))
    }

    /// The name of the type with a descriptor, as package reflect gives it,
    /// import paths cut to their last element.
    ///
    /// # Errors
    ///
    /// In words, if it cannot be read.
    pub fn name(&self, at: u64, memory: &mut Reader<'_, '_>) -> Result<String, Unread> {
        let word = self.arch.word_size;
        let w = usize::try_from(word).unwrap_or(8);
        let order = self.arch.byte_order;
        let base = self.descriptors.ok_or("the program does not say where its type descriptors are")?;
        let header = memory.read(at, header_len(word)).map_err(|e| e.of("the type descriptor"))?;
        let flags = header.get(2 * w + 4).copied().unwrap_or(0);
        // Str follows Equal and GCData.
        let off = number(header.get(4 * w + 8..4 * w + 12).unwrap_or_default(), order);
        let text = self.name_at(base + off, memory)?;
        // TFlagExtraStar.
        let text = if flags & 2 != 0 { text.strip_prefix('*').unwrap_or(&text).to_string() } else { text };
        Ok(short(&text))
    }

    /// `abi.Name`: a byte of flags, the length as a varint, the text.
    fn name_at(&self, at: u64, memory: &mut Reader<'_, '_>) -> Result<String, Unread> {
        let (mut len, mut used) = (0u64, 1u64);
        loop {
            let b = memory.read(at + used, 1)?.first().copied().unwrap_or(0);
            len |= u64::from(b & 0x7f) << (7 * (used - 1));
            used += 1;
            if b & 0x80 == 0 {
                break;
            }
            if used > 4 {
                return Err(format!("a type's name at {at:#x} is broken").into());
            }
        }
        let len = usize::try_from(len).ok().filter(|n| *n < MAX_NAME).ok_or("a type's name is broken")?;
        String::from_utf8(memory.read(at + used, len)?).map_err(|_| "a type's name is no text".into())
    }
}

/// More than any type of a program has.
const MAX_FIELDS: u64 = 1 << 12;
const MAX_NAME: usize = 1 << 16;

/// Bytes of `abi.Type`.
fn header_len(word: u64) -> usize {
    // Size_, PtrBytes; Hash, TFlag, Align_, FieldAlign_, Kind_; Equal, GCData; Str, PtrToThis.
    usize::try_from(4 * word + 16).unwrap_or(48)
}

/// Packages whose structures are not the cases' business, as in `rt.go`.
fn opaque(package: &str) -> bool {
    matches!(package, "runtime" | "abi" | "sync" | "reflect" | "time")
}

/// The package in front of a named type's name.
fn package_of(name: &str) -> &str {
    let bare = name.split('[').next().unwrap_or_default();
    let named = bare.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '/' | '_' | '-' | '·'));
    match bare.rsplit_once('.') {
        Some((package, _)) if named => package.rsplit('/').next().unwrap_or_default(),
        Some(_) | None => "",
    }
}

/// Import paths cut to their last element, and the packages of case files as
/// their package clause names them: `p`. What `rt.go` does with names.
#[must_use]
pub fn short(name: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut String| {
        match (word.find('-'), word.rfind('.')) {
            (Some(dash), Some(dot)) if dot > dash => {
                out.push('p');
                out.push_str(&word[dot..]);
            }
            _ => out.push_str(word),
        }
        word.clear();
    };
    for c in name.chars() {
        match c {
            '/' => word.clear(),
            '.' | '-' | '_' => word.push(c),
            c if c.is_ascii_alphanumeric() || !c.is_ascii() => word.push(c),
            other => {
                flush(&mut word, &mut out);
                out.push(other);
            }
        }
    }
    flush(&mut word, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_as_the_program_cuts_them() {
        assert_eq!(short("p.Pair[goabi.test/c/results-mixed/p.T,int]"), "p.Pair[p.T,int]");
        assert_eq!(short("map[string]*goabi.test/c/a-b.T"), "map[string]*p.T");
        assert_eq!(short("[]interface {}"), "[]interface {}");
        assert_eq!(short("struct { A int8 \"x/y\" }"), "struct { A int8 \"y\" }");
    }

    #[test]
    fn packages_are_those_of_named_types_only() {
        assert_eq!(package_of("runtime.hchan"), "runtime");
        assert_eq!(package_of("internal/sync.Mutex"), "sync");
        assert_eq!(package_of("[]sync.Mutex"), "");
        assert_eq!(package_of("p.Pair[sync.Mutex]"), "p");
    }
}
