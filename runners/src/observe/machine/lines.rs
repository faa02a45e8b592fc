//! Where functions' statements begin and their prologues end, by the line table.

use crate::observe::dwarf::{DwarfError, Slice, load};
use gimli::{AttributeValue, Dwarf, DwarfSections, RunTimeEndian, Unit};
use object::Object;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Of one function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The address that the line table marks as the prologue's end.
    pub prologue_end: Option<u64>,
    /// Address and line of each place where a debugger would stop, in order;
    /// one for each run of places of one line.
    pub statements: Vec<(u64, u64)>,
}

/// Reads the line tables of the packages wanted, for the functions that begin
/// and end at the addresses given; by their first address.
///
/// # Errors
///
/// If the bytes are no object file or a line table cannot be read.
pub fn lines(
    bytes: &[u8],
    package: &dyn Fn(&str) -> bool,
    functions: &BTreeMap<u64, u64>,
) -> Result<BTreeMap<u64, Lines>, DwarfError> {
    let file = object::File::parse(bytes)?;
    let endian = if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let sections: DwarfSections<Cow<'_, [u8]>> = DwarfSections::load(|id| load(&file, id))?;
    let dwarf: Dwarf<Slice<'_>> = sections.borrow(|data| Slice::new(data, endian));
    let mut out: BTreeMap<u64, Lines> = BTreeMap::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let abbreviations = dwarf.abbreviations(&header)?;
        let root = header.entry(&abbreviations, header.root_offset())?;
        let name = match root.attr_value(gimli::DW_AT_name) {
            Some(AttributeValue::String(s)) => s.to_string_lossy(),
            _ => Cow::Borrowed(""),
        };
        if !package(&name) {
            continue;
        }
        let unit = Unit::new(&dwarf, header)?;
        let Some(program) = unit.line_program.clone() else { continue };
        let mut rows = program.rows();
        while let Some((_, row)) = rows.next_row()? {
            let Some((start, end)) = functions.range(..=row.address()).next_back() else { continue };
            if row.end_sequence() || row.address() >= *end {
                continue;
            }
            let of = out.entry(*start).or_default();
            if row.prologue_end() {
                of.prologue_end.get_or_insert(row.address());
            }
            let line = row.line().map_or(0, std::num::NonZeroU64::get);
            if row.is_stmt() && of.statements.last().is_none_or(|(at, l)| *at != row.address() && *l != line) {
                of.statements.push((row.address(), line));
            }
        }
    }
    Ok(out)
}
