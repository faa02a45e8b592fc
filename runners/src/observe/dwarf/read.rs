//! Reading an artifact: which units, and which functions in them.

use super::facts::DwarfFacts;
use super::functions::Functions;
use super::sections::{DwarfError, Slice, load};
use super::types::Types;
use gimli::{AttributeValue, Dwarf, DwarfSections, RunTimeEndian, Section, Unit, UnitHeader};
use object::Object;
use std::borrow::Cow;

/// Reads what an artifact's DWARF says of the functions whose names are wanted.
///
/// # Errors
///
/// If the bytes are no object file, have no DWARF, or its sections cannot be
/// decompressed. What is wrong in single entries is a fact, not an error.
pub fn read(bytes: &[u8], wanted: &dyn Fn(&str) -> bool) -> Result<DwarfFacts, DwarfError> {
    read_packages(bytes, &|_| true, wanted)
}

/// As [`read`], but looks only into the units of the packages wanted: Go has
/// one unit a package, named by its import path.
///
/// # Errors
///
/// As [`read`].
pub fn read_packages(
    bytes: &[u8],
    package: &dyn Fn(&str) -> bool,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<DwarfFacts, DwarfError> {
    let file = object::File::parse(bytes)?;
    let endian = if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let sections: DwarfSections<Cow<'_, [u8]>> = DwarfSections::load(|id| {
        // The line table is needed for file names only; the rest of DWARF's
        // sections is not needed at all.
        load(&file, id)
    })?;
    let dwarf = sections.borrow(|data| Slice::new(data, endian));
    if dwarf.debug_info.reader().slice().is_empty() {
        return Err(DwarfError::NoDwarf);
    }
    let mut facts = DwarfFacts {
        big_endian: !file.is_little_endian(),
        address_size: if file.is_64() { 8 } else { 4 },
        ..DwarfFacts::default()
    };
    let headers = headers(&dwarf, &mut facts);
    let mut functions = Functions::new(&dwarf, &headers);
    let mut types = Types::new(&dwarf, &headers);
    for header in &headers {
        let offset = header.debug_info_offset().map_or(0, |o| o.0);
        if let Err(e) = read_unit(&dwarf, *header, package, wanted, &mut functions, &mut types, &mut facts) {
            facts.unreadable.push(format!("unit at {offset:#x}: {e}"));
        }
    }
    functions.finish(&mut facts);
    facts.types = types.finish();
    Ok(facts)
}

/// The units' headers in order; stops at the first that cannot be read.
fn headers<'a>(dwarf: &Dwarf<Slice<'a>>, facts: &mut DwarfFacts) -> Vec<UnitHeader<Slice<'a>>> {
    let mut out: Vec<UnitHeader<Slice<'a>>> = Vec::new();
    let mut units = dwarf.units();
    loop {
        match units.next() {
            Ok(Some(h)) => {
                if out.is_empty() {
                    facts.version = h.version();
                    facts.address_size = h.address_size();
                }
                out.push(h);
            }
            Ok(None) => return out,
            Err(e) => {
                facts.unreadable.push(format!("unit header {}: {e}", out.len()));
                return out;
            }
        }
    }
}

fn read_unit<'a>(
    dwarf: &Dwarf<Slice<'a>>,
    header: UnitHeader<Slice<'a>>,
    package: &dyn Fn(&str) -> bool,
    wanted: &dyn Fn(&str) -> bool,
    functions: &mut Functions<'a, '_>,
    types: &mut Types<'a, '_>,
    facts: &mut DwarfFacts,
) -> Result<(), gimli::Error> {
    // The root entry alone, before the costlier whole unit.
    let abbreviations = dwarf.abbreviations(&header)?;
    let root = header.entry(&abbreviations, header.root_offset())?;
    let name = match root.attr_value(gimli::DW_AT_name) {
        Some(AttributeValue::String(s)) => s.to_string_lossy(),
        _ => Cow::Borrowed(""),
    };
    if !name.is_empty() && !package(&name) {
        return Ok(());
    }
    let unit = Unit::new(dwarf, header)?;
    functions.unit(&unit, wanted, types, facts)
}
