//! The primitive parts of a value, each with what it is: a string's pointer
//! and length, an interface's type word and data word, a struct's fields.

use crate::arch::{Arch, ByteOrder};
use crate::layout::LayoutError;
use crate::types::{Basic, GoType, InterfaceType};

/// One part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// As a person writes it behind the value's name: `.A`, `[1]`, `.len`;
    /// empty where the value is its own only part.
    pub label: String,
    /// As Go assembly writes it behind the name, and `go vet` checks it:
    /// `_A`, `_1`, `_len`.
    pub suffix: String,
    /// Bytes from the value's start.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
}

/// A value's parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub list: Vec<Part>,
    /// Whether there are more than [`MAX_PARTS`].
    pub more: bool,
}

/// As many as anybody reads of one value; an array may have billions.
pub const MAX_PARTS: usize = 256;

/// The parts of a type's values on an architecture, in the order of their
/// offsets, without padding and without what takes no bytes.
///
/// # Errors
/// The type has no layout.
pub fn parts(ty: &GoType, arch: &Arch) -> Result<Parts, LayoutError> {
    // Whether the whole has a layout is asked first: then each part has one.
    ty.layout(arch)?;
    let mut out = Parts::default();
    walk(ty, arch, Place::default(), &mut out)?;
    Ok(out)
}

#[derive(Clone, Default)]
struct Place {
    label: String,
    suffix: String,
    offset: u64,
}

impl Place {
    fn deeper(&self, label: &str, suffix: &str, offset: u64) -> Place {
        Place {
            label: format!("{}{label}", self.label),
            suffix: format!("{}_{suffix}", self.suffix),
            offset: self.offset + offset,
        }
    }
}

fn add(out: &mut Parts, place: Place, size: u64) {
    if out.list.len() < MAX_PARTS {
        out.list.push(Part { label: place.label, suffix: place.suffix, offset: place.offset, size });
    } else {
        out.more = true;
    }
}

fn walk(ty: &GoType, arch: &Arch, at: Place, out: &mut Parts) -> Result<(), LayoutError> {
    let word = arch.word_size;
    let words = |out: &mut Parts, names: &[(&str, &str)]| {
        for (i, (label, suffix)) in (0..).zip(names) {
            add(out, at.deeper(label, suffix, i * word), word);
        }
    };
    match ty.underlying() {
        GoType::Basic(Basic::String) => words(out, &[(".ptr", "base"), (".len", "len")]),
        GoType::Slice(_) => words(out, &[(".ptr", "base"), (".len", "len"), (".cap", "cap")]),
        GoType::Interface(i) => {
            let first = if has_methods(i) { (".itab", "itable") } else { (".type", "type") };
            words(out, &[first, (".data", "data")]);
        }
        GoType::Basic(b @ (Basic::Complex64 | Basic::Complex128)) => {
            let half = if matches!(b, Basic::Complex64) { 4 } else { 8 };
            add(out, at.deeper(".real", "real", 0), half);
            add(out, at.deeper(".imag", "imag", half), half);
        }
        GoType::Basic(Basic::Int64 | Basic::Uint64) if word == 4 => {
            let (low, high) = match arch.byte_order {
                ByteOrder::Little => (0, 4),
                ByteOrder::Big => (4, 0),
            };
            let mut halves = [(".lo", "lo", low), (".hi", "hi", high)];
            halves.sort_by_key(|h| h.2);
            for (label, suffix, offset) in halves {
                add(out, at.deeper(label, suffix, offset), 4);
            }
        }
        GoType::Struct(s) => {
            let layout = ty.layout(arch)?;
            if layout.size > 0 {
                for (field, offset) in s.fields.iter().zip(&layout.offsets) {
                    walk(&field.ty, arch, at.deeper(&format!(".{}", field.name), &field.name, *offset), out)?;
                }
            }
        }
        GoType::Array(n, elem) => {
            let size = elem.layout(arch)?.size;
            for i in (0..*n).take_while(|_| size > 0) {
                if out.more {
                    break;
                }
                walk(elem, arch, at.deeper(&format!("[{i}]"), &i.to_string(), i * size), out)?;
            }
        }
        GoType::Basic(_) | GoType::Pointer(_) | GoType::Map(..) | GoType::Chan(..) | GoType::Func(_) => {
            let size = ty.layout(arch)?.size;
            add(out, at, size);
        }
        // `layout` refused a named type that was never declared.
        GoType::Named(_) => {}
    }
    Ok(())
}

fn has_methods(i: &InterfaceType) -> bool {
    !i.methods.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::type_of_text;
    use crate::scope::Scope;

    fn text(goarch: &str, ty: &str) -> String {
        let arch = Arch::get(goarch).unwrap();
        let all = parts(&type_of_text(&Scope::empty().unwrap(), ty).unwrap(), arch).unwrap();
        let one = |p: &Part| format!("{}|{}@{}+{}", p.label, p.suffix, p.offset, p.size);
        all.list.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn parts_are_named_for_people_and_for_assembly() {
        assert_eq!(text("amd64", "int8"), "|@0+1");
        assert_eq!(text("amd64", "string"), ".ptr|_base@0+8 .len|_len@8+8");
        assert_eq!(text("386", "[]byte"), ".ptr|_base@0+4 .len|_len@4+4 .cap|_cap@8+4");
        assert_eq!(text("amd64", "any"), ".type|_type@0+8 .data|_data@8+8");
        assert_eq!(text("amd64", "error"), ".itab|_itable@0+8 .data|_data@8+8");
        assert_eq!(text("arm", "complex64"), ".real|_real@0+4 .imag|_imag@4+4");
        assert_eq!(text("386", "int64"), ".lo|_lo@0+4 .hi|_hi@4+4");
        assert_eq!(text("mips", "uint64"), ".hi|_hi@0+4 .lo|_lo@4+4");
        assert_eq!(text("mips", "float64"), "|@0+8");
        assert_eq!(
            text("amd64", "struct{ A int8; B struct{ C [2]int16 }; D struct{} }"),
            ".A|_A@0+1 .B.C[0]|_B_C_0@2+2 .B.C[1]|_B_C_1@4+2"
        );
        assert_eq!(text("amd64", "struct{}"), "");
    }

    #[test]
    fn huge_arrays_are_cut_off() {
        let arch = Arch::get("amd64").unwrap();
        let all = parts(&type_of_text(&Scope::empty().unwrap(), "[1000000000]int").unwrap(), arch).unwrap();
        assert_eq!((all.list.len(), all.more), (MAX_PARTS, true));
        let none = parts(&type_of_text(&Scope::empty().unwrap(), "[1000000000]struct{}").unwrap(), arch).unwrap();
        assert_eq!((none.list.len(), none.more), (0, false));
    }
}
