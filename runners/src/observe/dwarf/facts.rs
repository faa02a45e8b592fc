//! The facts that are read, as plain data.

use goabi_cases::arch::Arch;
use std::collections::{BTreeMap, BTreeSet};

/// What the DWARF of one artifact says of the functions asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DwarfFacts {
    /// The DWARF version of the first unit; 0 where there is none.
    pub version: u16,
    pub big_endian: bool,
    /// Bytes.
    pub address_size: u8,
    /// By name, those with machine code of their own.
    pub functions: BTreeMap<String, Function>,
    /// Functions that exist as inlined copies only.
    pub inlined_only: BTreeSet<String>,
    /// The types that the functions' variables have, and those these refer to.
    pub types: Vec<TypeNode>,
    /// Units or entries that could not be read, and why.
    pub unreadable: Vec<String>,
}

/// One function with machine code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub low_pc: u64,
    /// The first address behind it.
    pub high_pc: u64,
    /// The file that declares it, as the line table spells it.
    pub decl_file: Option<String>,
    pub decl_line: Option<u64>,
    pub frame_base: LocationFact,
    /// Parameters and results in the order of their entries.
    pub params: Vec<Variable>,
    /// Whether an abstract instance exists, since calls of it were inlined.
    pub inlined_at_least_once: bool,
}

/// A parameter or result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    /// `DW_AT_variable_parameter`; Go sets it on results.
    pub variable_parameter: bool,
    pub decl_line: Option<u64>,
    pub ty: Option<TypeRef>,
    pub location: LocationFact,
    /// Where the location's bytes are; for a list those of the list's first entry.
    pub location_at: Option<SectionOffset>,
    /// Where the `DW_AT_variable_parameter` attribute's byte is.
    pub flag_at: Option<SectionOffset>,
}

/// A place in an uncompressed section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionOffset {
    /// Such as `.debug_info`.
    pub section: &'static str,
    /// Bytes from its start.
    pub offset: u64,
    /// Bytes that the value takes.
    pub len: u64,
}

/// What `DW_AT_location` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocationFact {
    /// There is no such attribute.
    Absent,
    /// An expression of no bytes, or a list of no ranges.
    Empty,
    Unreadable(String),
    /// One expression for the whole function.
    Expr(Vec<Piece>),
    /// A location list.
    List(Vec<Range>),
}

/// One entry of a location list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub low: u64,
    /// The first address behind it.
    pub high: u64,
    /// Empty where the expression has no bytes.
    pub pieces: Vec<Piece>,
    /// Where the expression's bytes are.
    pub at: Option<SectionOffset>,
}

/// A part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Bytes; `None` for an expression without pieces: the whole value.
    pub size: Option<u64>,
    pub place: Place,
}

/// Where a part of a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the register of that DWARF number.
    Register(u16),
    /// In memory, bytes from the function's frame base.
    FrameBase(i64),
    /// In memory, bytes from the canonical frame address.
    CallFrameCfa(i64),
    /// In memory, at a fixed address.
    Address(u64),
    /// Not stored: the value is this constant.
    Constant(u64),
    /// Not stored: the value is these bytes.
    Implicit(Vec<u8>),
    /// A piece without a place: not available.
    EmptyPiece,
    /// Anything else: as text, and the operations' bytes for whoever has a
    /// machine to evaluate them on.
    Other { text: String, code: Vec<u8> },
}

/// The index of a type in [`DwarfFacts::types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeRef(pub usize);

/// One type entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeNode {
    /// Bytes from the start of `.debug_info`.
    pub offset: u64,
    pub name: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// `DW_AT_go_kind`: a `reflect.Kind`.
    pub go_kind: Option<u64>,
    /// `DW_AT_go_key`: a map's key type.
    pub go_key: Option<TypeRef>,
    /// `DW_AT_go_elem`: the element type of a slice, map or channel.
    pub go_elem: Option<TypeRef>,
    /// `DW_AT_go_runtime_type`: where the runtime's type descriptor is.
    pub go_runtime_type: Option<u64>,
    pub shape: Shape,
}

/// What kind of type entry, with what only that kind has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `DW_AT_encoding`.
    Base {
        encoding: u8,
    },
    Struct {
        members: Vec<Member>,
    },
    Array {
        count: Option<u64>,
        elem: Option<TypeRef>,
    },
    /// No target for `unsafe.Pointer`.
    Pointer {
        to: Option<TypeRef>,
    },
    Typedef {
        of: Option<TypeRef>,
    },
    /// Parameters, then results (`true`), and whether it is variadic.
    Subroutine {
        params: Vec<(Option<TypeRef>, bool)>,
        variadic: bool,
    },
    Unspecified,
    /// A tag that Go does not use for types.
    Other(u16),
    Unreadable(String),
}

/// A struct's member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    /// Bytes.
    pub offset: Option<u64>,
    pub ty: Option<TypeRef>,
    /// `DW_AT_go_embedded_field`.
    pub embedded: bool,
    /// Where the offset's bytes are.
    pub offset_at: Option<SectionOffset>,
}

impl LocationFact {
    /// The pieces at an instruction; none where there is no location.
    ///
    /// # Errors
    ///
    /// In words, if the location cannot be read.
    pub fn at(&self, pc: u64) -> Result<&[Piece], String> {
        match self {
            LocationFact::Absent | LocationFact::Empty => Ok(&[]),
            LocationFact::Unreadable(why) => Err(why.clone()),
            LocationFact::Expr(pieces) => Ok(pieces),
            // Debuggers take the first that matches.
            LocationFact::List(ranges) => {
                let here = ranges.iter().find(|r| (r.low..r.high).contains(&pc));
                Ok(here.map(|r| r.pieces.as_slice()).unwrap_or_default())
            }
        }
    }
}

/// A location in words, with the machine's names of registers; `empty` where it
/// has no pieces.
#[must_use]
pub fn words(pieces: &[Piece], arch: &Arch) -> String {
    let one = |p: &Piece| {
        let place = match &p.place {
            Place::Register(n) => arch.register_name(*n).map_or_else(|| format!("reg{n}"), str::to_string),
            Place::FrameBase(o) => format!("fbreg{o:+}"),
            Place::CallFrameCfa(o) => format!("cfa{o:+}"),
            Place::Address(a) => format!("addr {a:#x}"),
            Place::Constant(c) => format!("constant {c:#x}"),
            Place::Implicit(b) => format!("bytes {b:02x?}"),
            Place::EmptyPiece => "nothing".to_string(),
            Place::Other { text, .. } => text.clone(),
        };
        p.size.map_or_else(|| place.clone(), |n| format!("{place} piece {n}"))
    };
    if pieces.is_empty() { "empty".to_string() } else { pieces.iter().map(one).collect::<Vec<_>>().join(", ") }
}

impl DwarfFacts {
    /// The type of that index.
    #[must_use]
    pub fn type_of(&self, r: TypeRef) -> Option<&TypeNode> {
        self.types.get(r.0)
    }

    /// The type itself, behind the typedefs that only repeat its name.
    #[must_use]
    pub fn resolve(&self, r: TypeRef) -> Option<&TypeNode> {
        let mut node = self.type_of(r)?;
        // A chain longer than the table is a cycle.
        for _ in 0..=self.types.len() {
            match node.shape {
                Shape::Typedef { of: Some(next) } => node = self.type_of(next)?,
                _ => return Some(node),
            }
        }
        None
    }
}
