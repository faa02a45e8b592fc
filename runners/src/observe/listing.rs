//! Listings: the instructions of functions, each with the source line that it
//! comes from.

use super::disasm::{self, Instruction, Symbols};
use super::dwarf::{DwarfError, Slice, load};
use super::text::Text;
use gimli::{AttributeValue, Dwarf, DwarfSections, RunTimeEndian, SectionId, Unit};
use object::Object;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A function to be listed.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The import path of its package.
    pub package: &'a str,
    pub low_pc: u64,
    /// The first address behind it.
    pub high_pc: u64,
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub instruction: Instruction,
    /// File, as the line table spells it, and line; `None` where it says nothing.
    pub source: Option<(String, u32)>,
}

/// The listings of functions of one artifact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listings {
    /// One for each function wanted, in order; `Err` says why there is none.
    pub functions: Vec<Result<Vec<Entry>, String>>,
    /// Line tables that could not be read, and why: their lines are missing.
    pub unreadable: Vec<String>,
}

/// Lists functions.
///
/// # Errors
///
/// If the bytes are no object file, or its DWARF sections cannot be decompressed.
pub fn list(bytes: &[u8], goarch: &str, wanted: &[Wanted<'_>]) -> Result<Listings, DwarfError> {
    let file = object::File::parse(bytes)?;
    let (text, symbols) = (Text::of(&file), Symbols::of(&file));
    let mut out = Listings::default();
    let lines = Lines::read(&file, wanted, &mut out.unreadable)?;
    for w in wanted {
        let Some(code) = text.bytes(w.low_pc, w.high_pc) else {
            out.functions.push(Err(format!("no code at {:#x} to {:#x}", w.low_pc, w.high_pc)));
            continue;
        };
        out.functions.push(match disasm::disassemble(goarch, code, w.low_pc, &symbols) {
            Some(list) => Ok(list.into_iter().map(|i| lines.entry(w.low_pc, i)).collect()),
            None => Err(format!("no decoder for {goarch}")),
        });
    }
    Ok(out)
}

/// The rows of line tables that concern the functions wanted.
#[derive(Default)]
struct Lines {
    /// First address, the first behind it, index into `files`, line; sorted.
    rows: Vec<(u64, u64, usize, u32)>,
    files: Vec<String>,
}

impl Lines {
    fn read(file: &object::File<'_>, wanted: &[Wanted<'_>], unreadable: &mut Vec<String>) -> Result<Lines, DwarfError> {
        let endian = if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
        let sections: DwarfSections<Cow<'_, [u8]>> = DwarfSections::load(|id| match id {
            // Large, and nothing to do with lines.
            SectionId::DebugLoc | SectionId::DebugLocLists | SectionId::DebugRanges | SectionId::DebugRngLists => {
                Ok(Cow::Borrowed(&[][..]))
            }
            _ => load(file, id),
        })?;
        let dwarf = sections.borrow(|data| Slice::new(data, endian));
        let packages: BTreeSet<&str> = wanted.iter().map(|w| w.package).collect();
        let mut spans: Vec<(u64, u64)> = wanted.iter().map(|w| (w.low_pc, w.high_pc)).collect();
        spans.sort_unstable();
        let mut lines = Lines::default();
        let mut units = dwarf.units();
        loop {
            let header = match units.next() {
                Ok(Some(h)) => h,
                Ok(None) => break,
                Err(e) => {
                    unreadable.push(format!("a unit's header: {e}"));
                    break;
                }
            };
            if let Err(e) = lines.unit(&dwarf, header, &packages, &spans) {
                unreadable.push(format!("a line table: {e}"));
            }
        }
        lines.rows.sort_unstable();
        Ok(lines)
    }

    fn unit<'a>(
        &mut self,
        dwarf: &Dwarf<Slice<'a>>,
        header: gimli::UnitHeader<Slice<'a>>,
        packages: &BTreeSet<&str>,
        spans: &[(u64, u64)],
    ) -> Result<(), gimli::Error> {
        let abbreviations = dwarf.abbreviations(&header)?;
        let root = header.entry(&abbreviations, header.root_offset())?;
        // One unit a package, named by its import path.
        let ours = match root.attr_value(gimli::DW_AT_name) {
            Some(AttributeValue::String(s)) => packages.contains(&*s.to_string_lossy()),
            _ => false,
        };
        if !ours {
            return Ok(());
        }
        let unit = Unit::new(dwarf, header)?;
        let Some(program) = unit.line_program.clone() else { return Ok(()) };
        let mut rows = program.rows();
        let mut before: Option<(u64, u64, Option<u32>)> = None;
        // Indexes of this unit's files, in `files`.
        let mut files: std::collections::BTreeMap<u64, usize> = std::collections::BTreeMap::new();
        while let Some((_, row)) = rows.next_row()? {
            if let Some((start, index, Some(line))) = before
                && start < row.address()
                && overlaps(spans, start, row.address())
            {
                let known = files.entry(index).or_insert_with(|| {
                    self.files.push(path(dwarf, &unit, index).unwrap_or_default());
                    self.files.len() - 1
                });
                self.rows.push((start, row.address(), *known, line));
            }
            let line = row.line().and_then(|l| u32::try_from(l.get()).ok());
            before = (!row.end_sequence()).then_some((row.address(), row.file_index(), line));
        }
        Ok(())
    }

    fn entry(&self, start: u64, instruction: Instruction) -> Entry {
        let at = start.saturating_add(instruction.offset);
        let behind = self.rows.partition_point(|r| r.0 <= at);
        let row = self.rows[..behind].last().filter(|r| at < r.1);
        let source = row.and_then(|r| Some((self.files.get(r.2).filter(|f| !f.is_empty())?.clone(), r.3)));
        Entry { instruction, source }
    }
}

/// The path of a unit's file, with the folder that version 5 keeps apart.
fn path(dwarf: &Dwarf<Slice<'_>>, unit: &Unit<Slice<'_>>, index: u64) -> Option<String> {
    let header = unit.line_program.as_ref()?.header();
    let file = header.file(index)?;
    let text = |v| dwarf.attr_string(unit, v).ok().map(|s| s.to_string_lossy().into_owned());
    let name = text(file.path_name())?;
    match file.directory(header).and_then(text) {
        Some(folder) if !folder.is_empty() && !name.starts_with('/') => Some(format!("{folder}/{name}")),
        Some(_) | None => Some(name),
    }
}

/// Whether a range of addresses touches one of the sorted spans.
fn overlaps(spans: &[(u64, u64)], low: u64, high: u64) -> bool {
    let behind = spans.partition_point(|s| s.0 < high);
    spans[..behind].last().is_some_and(|s| s.1 > low)
}
