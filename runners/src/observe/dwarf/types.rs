//! Type entries, followed from where variables refer to them.

use super::facts::{Member, SectionOffset, Shape, TypeNode, TypeRef};
use super::functions::{string, target, value};
use super::sections::Slice;
use gimli::{Attribute, AttributeValue, Dwarf, Unit, UnitHeader};
use std::collections::HashMap;
use std::rc::Rc;

/// Go's own attributes, `cmd/internal/dwarf/dwarf.go`.
const GO_KIND: gimli::DwAt = gimli::DwAt(0x2900);
const GO_KEY: gimli::DwAt = gimli::DwAt(0x2901);
const GO_ELEM: gimli::DwAt = gimli::DwAt(0x2902);
const GO_EMBEDDED_FIELD: gimli::DwAt = gimli::DwAt(0x2903);
const GO_RUNTIME_TYPE: gimli::DwAt = gimli::DwAt(0x2904);

/// More types than a program refers to from its parameters.
const MAX_TYPES: usize = 200_000;

/// The header of the unit that holds an offset of `.debug_info`.
pub(super) fn locate<'a>(headers: &[UnitHeader<Slice<'a>>], at: usize) -> Option<UnitHeader<Slice<'a>>> {
    let start = |h: &UnitHeader<Slice<'a>>| h.debug_info_offset().map_or(usize::MAX, |o| o.0);
    let i = headers.partition_point(|h| start(h) <= at);
    headers.get(i.checked_sub(1)?).copied()
}

/// Collects type entries by their offset.
pub(super) struct Types<'a, 'd> {
    dwarf: &'d Dwarf<Slice<'a>>,
    headers: &'d [UnitHeader<Slice<'a>>],
    units: HashMap<usize, Option<Rc<Unit<Slice<'a>>>>>,
    index: HashMap<usize, TypeRef>,
    /// Offsets in the order of their [`TypeRef`]s.
    offsets: Vec<usize>,
}

impl<'a, 'd> Types<'a, 'd> {
    pub(super) fn new(dwarf: &'d Dwarf<Slice<'a>>, headers: &'d [UnitHeader<Slice<'a>>]) -> Self {
        Types { dwarf, headers, units: HashMap::new(), index: HashMap::new(), offsets: Vec::new() }
    }

    /// The index that the type at an offset has or will have.
    pub(super) fn intern(&mut self, at: usize) -> TypeRef {
        if let Some(r) = self.index.get(&at) {
            return *r;
        }
        let r = TypeRef(self.offsets.len());
        self.index.insert(at, r);
        self.offsets.push(at);
        r
    }

    /// Reads all types interned, and those they refer to.
    pub(super) fn finish(mut self) -> Vec<TypeNode> {
        let mut nodes = Vec::new();
        while let Some(&at) = self.offsets.get(nodes.len()) {
            if nodes.len() >= MAX_TYPES {
                break;
            }
            let node = self.node(at).unwrap_or_else(|e| TypeNode {
                offset: at as u64,
                name: None,
                size: None,
                go_kind: None,
                go_key: None,
                go_elem: None,
                go_runtime_type: None,
                shape: Shape::Unreadable(e),
            });
            nodes.push(node);
        }
        nodes
    }

    fn unit(&mut self, at: usize) -> Option<Rc<Unit<Slice<'a>>>> {
        let header = locate(self.headers, at)?;
        let start = header.debug_info_offset()?.0;
        let dwarf = self.dwarf;
        self.units.entry(start).or_insert_with(|| Unit::new(dwarf, header).ok().map(Rc::new)).clone()
    }

    fn refer(&mut self, unit: &Unit<Slice<'a>>, v: Option<AttributeValue<Slice<'a>>>) -> Option<TypeRef> {
        target(unit, v).map(|at| self.intern(at))
    }

    fn node(&mut self, at: usize) -> Result<TypeNode, String> {
        let text = |e: gimli::Error| e.to_string();
        let unit = self.unit(at).ok_or_else(|| format!("no unit holds {at:#x}"))?;
        let start = gimli::DebugInfoOffset(at)
            .to_unit_offset(&unit.header)
            .ok_or_else(|| format!("{at:#x} is outside its unit"))?;
        let mut raw = unit.entries_raw(Some(start)).map_err(text)?;
        let abbreviation = raw.read_abbreviation().map_err(text)?.ok_or("a null entry")?;
        let mut attrs: Vec<Attribute<Slice<'a>>> = Vec::new();
        raw.read_attributes(abbreviation.attributes(), &mut attrs).map_err(text)?;
        let number = |name| value(&attrs, name).and_then(|v| v.udata_value());
        let go_type_offset = |name| match value(&attrs, name) {
            Some(AttributeValue::Addr(a)) => Some(a),
            Some(v) => v.udata_value().or_else(|| v.offset_value().map(|o| o as u64)),
            None => None,
        };
        let mut node = TypeNode {
            offset: at as u64,
            name: string(self.dwarf, &unit, &attrs),
            size: number(gimli::DW_AT_byte_size),
            go_kind: number(GO_KIND),
            go_runtime_type: go_type_offset(GO_RUNTIME_TYPE),
            go_key: self.refer(&unit, value(&attrs, GO_KEY)),
            go_elem: self.refer(&unit, value(&attrs, GO_ELEM)),
            shape: Shape::Unspecified,
        };
        let to = self.refer(&unit, value(&attrs, gimli::DW_AT_type));
        node.shape = match abbreviation.tag() {
            gimli::DW_TAG_base_type => Shape::Base {
                encoding: match value(&attrs, gimli::DW_AT_encoding) {
                    Some(AttributeValue::Encoding(e)) => e.0,
                    Some(_) | None => 0,
                },
            },
            gimli::DW_TAG_pointer_type => Shape::Pointer { to },
            gimli::DW_TAG_typedef => Shape::Typedef { of: to },
            gimli::DW_TAG_unspecified_type => Shape::Unspecified,
            gimli::DW_TAG_structure_type => Shape::Struct { members: vec![] },
            gimli::DW_TAG_array_type => Shape::Array { count: None, elem: to },
            gimli::DW_TAG_subroutine_type => Shape::Subroutine { params: vec![], variadic: false },
            other => Shape::Other(other.0),
        };
        let has_children = abbreviation.has_children();
        while has_children && !raw.is_empty() && raw.next_depth() > 0 {
            let (offset, depth) = (raw.next_offset(), raw.next_depth());
            let Some(abbreviation) = raw.read_abbreviation().map_err(text)? else { continue };
            raw.read_attributes(abbreviation.attributes(), &mut attrs).map_err(text)?;
            if depth == 1 {
                let own = offset.to_debug_info_offset(&unit.header).map_or(0, |o| o.0);
                let end = raw.next_offset().to_debug_info_offset(&unit.header).map_or(0, |o| o.0);
                self.child(&unit, abbreviation.tag(), &attrs, (own, end), &mut node.shape);
            }
        }
        Ok(node)
    }

    /// Adds a child entry to its type.
    fn child(
        &mut self,
        unit: &Unit<Slice<'a>>,
        tag: gimli::DwTag,
        attrs: &Vec<Attribute<Slice<'a>>>,
        bytes: (usize, usize),
        shape: &mut Shape,
    ) {
        let ty = self.refer(unit, value(attrs, gimli::DW_AT_type));
        match (shape, tag) {
            (Shape::Struct { members }, gimli::DW_TAG_member) => {
                let name = string(self.dwarf, unit, attrs).unwrap_or_default();
                let offset = value(attrs, gimli::DW_AT_data_member_location).and_then(|v| v.udata_value());
                members.push(Member {
                    embedded: matches!(value(attrs, GO_EMBEDDED_FIELD), Some(AttributeValue::Flag(true))),
                    offset_at: offset.and_then(|o| member_offset_at(bytes, &name, o)),
                    name,
                    offset,
                    ty,
                });
            }
            (Shape::Array { count, .. }, gimli::DW_TAG_subrange_type) => {
                *count = value(attrs, gimli::DW_AT_count).and_then(|v| v.udata_value());
            }
            (Shape::Subroutine { params, .. }, gimli::DW_TAG_formal_parameter) => {
                let result = matches!(value(attrs, gimli::DW_AT_variable_parameter), Some(AttributeValue::Flag(true)));
                params.push((ty, result));
            }
            (Shape::Subroutine { variadic, .. }, gimli::DW_TAG_unspecified_parameters) => *variadic = true,
            (
                Shape::Base { .. }
                | Shape::Struct { .. }
                | Shape::Array { .. }
                | Shape::Pointer { .. }
                | Shape::Typedef { .. }
                | Shape::Subroutine { .. }
                | Shape::Unspecified
                | Shape::Other(_)
                | Shape::Unreadable(_),
                _,
            ) => {}
        }
    }
}

/// Where a member's one-byte offset is: Go writes the abbreviation's code, the
/// name in place, and the offset as ULEB128.
fn member_offset_at((own, end): (usize, usize), name: &str, offset: u64) -> Option<SectionOffset> {
    // Codes are below 128 in all releases so far.
    let at = own + 1 + name.len() + 1;
    (offset < 0x80 && at < end).then_some(SectionOffset { section: ".debug_info", offset: at as u64, len: 1 })
}
