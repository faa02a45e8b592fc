//! Location expressions and lists, reduced to pieces.

use super::facts::{LocationFact, Piece, Place, Range, SectionOffset};
use super::sections::Slice;
use gimli::{AttributeValue, Dwarf, Expression, Operation, Reader, Section, Unit};

/// More entries than any function of a sane program has.
const MAX_RANGES: usize = 20_000;

/// More operations than any sane expression has.
const MAX_OPERATIONS: usize = 2_000;

/// Reads the value of a `DW_AT_location` or `DW_AT_frame_base`.
pub(super) fn location(
    dwarf: &Dwarf<Slice<'_>>,
    unit: &Unit<Slice<'_>>,
    value: Option<&AttributeValue<Slice<'_>>>,
) -> (LocationFact, Option<SectionOffset>) {
    let Some(value) = value else { return (LocationFact::Absent, None) };
    match value {
        AttributeValue::Exprloc(e) => {
            let at = within(dwarf.debug_info.reader(), ".debug_info", e);
            let fact = match pieces(dwarf, unit, *e) {
                Ok(p) if p.is_empty() => LocationFact::Empty,
                Ok(p) => LocationFact::Expr(p),
                Err(e) => LocationFact::Unreadable(e),
            };
            (fact, at)
        }
        other => match list(dwarf, unit, *other) {
            Ok(ranges) if ranges.is_empty() => (LocationFact::Empty, None),
            Ok(ranges) => {
                let at = ranges.first().and_then(|r| r.at.clone());
                (LocationFact::List(ranges), at)
            }
            Err(e) => (LocationFact::Unreadable(e), None),
        },
    }
}

/// Where an expression's bytes are within a section.
fn within(section: &Slice<'_>, name: &'static str, e: &Expression<Slice<'_>>) -> Option<SectionOffset> {
    let base = section.slice().as_ptr() as usize;
    let start = e.0.slice().as_ptr() as usize;
    let offset = start.checked_sub(base).filter(|o| *o <= section.slice().len())?;
    Some(SectionOffset { section: name, offset: offset as u64, len: e.0.slice().len() as u64 })
}

fn list(
    dwarf: &Dwarf<Slice<'_>>,
    unit: &Unit<Slice<'_>>,
    value: AttributeValue<Slice<'_>>,
) -> Result<Vec<Range>, String> {
    let text = |e: gimli::Error| e.to_string();
    let Some(mut entries) = dwarf.attr_locations(unit, value).map_err(text)? else {
        return Err("neither an expression nor a location list".to_string());
    };
    let section = if unit.encoding().version >= 5 { ".debug_loclists" } else { ".debug_loc" };
    let mut ranges = Vec::new();
    while let Some(entry) = entries.next().map_err(text)? {
        if ranges.len() >= MAX_RANGES {
            return Err(format!("a location list of more than {MAX_RANGES} ranges"));
        }
        let at = list_section(dwarf, &entry.data).map(|(offset, len)| SectionOffset { section, offset, len });
        let pieces = pieces(dwarf, unit, entry.data)?;
        ranges.push(Range { low: entry.range.begin, high: entry.range.end, pieces, at });
    }
    Ok(ranges)
}

/// The offset of an expression in the section of location lists.
fn list_section(dwarf: &Dwarf<Slice<'_>>, e: &Expression<Slice<'_>>) -> Option<(u64, u64)> {
    let (_, _, offset) = dwarf.lookup_offset_id(e.0.offset_id())?;
    Some((offset as u64, e.0.slice().len() as u64))
}

/// Splits an expression into its pieces; one without `DW_OP_piece` is one
/// piece without a size.
fn pieces(dwarf: &Dwarf<Slice<'_>>, unit: &Unit<Slice<'_>>, e: Expression<Slice<'_>>) -> Result<Vec<Piece>, String> {
    let mut operations = e.operations(unit.encoding());
    let mut open: Vec<Operation<Slice<'_>>> = Vec::new();
    let mut out = Vec::new();
    let mut count = 0;
    // Where the operations of the open piece begin, and where the next one does.
    let (mut start, mut next) = (0, 0);
    let code = |from: usize, to: usize| e.0.slice().get(from..to).unwrap_or_default().to_vec();
    while let Some(op) = operations.next().map_err(|e| e.to_string())? {
        let end = operations.offset_from(&e);
        count += 1;
        if count > MAX_OPERATIONS {
            return Err(format!("an expression of more than {MAX_OPERATIONS} operations"));
        }
        if let Operation::Piece { size_in_bits, bit_offset } = op {
            let whole_bytes = size_in_bits.is_multiple_of(8) && bit_offset.unwrap_or(0) == 0;
            let place = if whole_bytes {
                place(dwarf, unit, &open, || code(start, next))
            } else {
                let text = format!("DW_OP_bit_piece of {size_in_bits} bits at {}", bit_offset.unwrap_or(0));
                Place::Other { text, code: vec![] }
            };
            out.push(Piece { size: Some(size_in_bits / 8), place });
            open.clear();
            start = end;
        } else {
            open.push(op);
        }
        next = end;
    }
    if !open.is_empty() {
        out.push(Piece { size: None, place: place(dwarf, unit, &open, || code(start, next)) });
    }
    Ok(out)
}

fn place(
    dwarf: &Dwarf<Slice<'_>>,
    unit: &Unit<Slice<'_>>,
    ops: &[Operation<Slice<'_>>],
    code: impl Fn() -> Vec<u8>,
) -> Place {
    let other = || Place::Other { text: format!("{ops:?}"), code: code() };
    match ops {
        [] => Place::EmptyPiece,
        [Operation::Register { register }] => Place::Register(register.0),
        [Operation::FrameOffset { offset }] => Place::FrameBase(*offset),
        [Operation::CallFrameCFA] => Place::CallFrameCfa(0),
        [Operation::CallFrameCFA, Operation::PlusConstant { value }] => match i64::try_from(*value) {
            Ok(v) => Place::CallFrameCfa(v),
            Err(_) => other(),
        },
        [Operation::CallFrameCFA, constant, Operation::Plus] => match constant {
            Operation::SignedConstant { value } => Place::CallFrameCfa(*value),
            Operation::UnsignedConstant { value } => {
                i64::try_from(*value).map_or_else(|_| other(), Place::CallFrameCfa)
            }
            _ => other(),
        },
        [Operation::Address { address }] => Place::Address(*address),
        [Operation::AddressIndex { index }] => match dwarf.address(unit, *index) {
            Ok(a) => Place::Address(a),
            Err(_) => other(),
        },
        [Operation::UnsignedConstant { value }, Operation::StackValue] => Place::Constant(*value),
        [Operation::SignedConstant { value }, Operation::StackValue] => Place::Constant(value.cast_unsigned()),
        [Operation::ImplicitValue { data }] => Place::Implicit(data.slice().to_vec()),
        _ => other(),
    }
}
