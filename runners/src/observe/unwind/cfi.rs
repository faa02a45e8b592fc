//! Call frame information: what `.debug_frame` and `.eh_frame` say of unwinding.
//!
//! `writeframes` of `cmd/link/internal/ld/dwarf.go` makes `.debug_frame` from
//! the functions' `pcsp` tables. `.eh_frame` is of C code, where a binary has
//! some.

use super::binary::Binary;
use super::error::{Part, Result, UnwindError, corrupt};
use super::rows::{CfiContext, CfiRow, CfiRows};
use crate::observe::dwarf::{DwarfError, Slice, load};
use gimli::{
    BaseAddresses, CieOrFde, CommonInformationEntry, DebugFrame, EhFrame, FrameDescriptionEntry, RunTimeEndian,
    Section, SectionId, UnwindSection,
};
use object::{Object, ObjectSection};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A CIE has some 20 bytes. Each entry evaluates its own's anew, so that a large
/// one would keep us busy.
const MAX_CIE: usize = 4096;

/// The two sections, decompressed.
#[derive(Debug)]
pub struct CfiSections<'a> {
    debug_frame: Cow<'a, [u8]>,
    eh_frame: Cow<'a, [u8]>,
    bases: BaseAddresses,
    endian: RunTimeEndian,
    address_size: u8,
}

/// An entry (FDE): the pcs that it describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CfiEntry {
    pub from: u64,
    pub to: u64,
    pub section: CfiSection,
    /// Where in the section it is.
    pub offset: usize,
}

/// Which section an entry is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CfiSection {
    DebugFrame,
    EhFrame,
}

impl CfiSection {
    pub(super) fn part(self) -> Part {
        match self {
            CfiSection::DebugFrame => Part::DebugFrame,
            CfiSection::EhFrame => Part::EhFrame,
        }
    }
}

/// The entries of both sections, by pc.
#[derive(Debug)]
pub struct Cfi<'s> {
    debug_frame: DebugFrame<Slice<'s>>,
    eh_frame: EhFrame<Slice<'s>>,
    bases: &'s BaseAddresses,
    entries: Vec<CfiEntry>,
    unreadable: Vec<UnwindError>,
}

impl<'a> CfiSections<'a> {
    pub(super) fn of(file: &object::File<'a>) -> Result<CfiSections<'a>, DwarfError> {
        let address = |name| file.section_by_name(name).map(|s| s.address());
        let mut bases = BaseAddresses::default();
        for name in [".eh_frame", "__eh_frame"] {
            bases = address(name).map_or(bases.clone(), |a| bases.set_eh_frame(a));
        }
        for name in [".text", "__text"] {
            bases = address(name).map_or(bases.clone(), |a| bases.set_text(a));
        }
        bases = address(".got").map_or(bases.clone(), |a| bases.set_got(a));
        Ok(CfiSections {
            debug_frame: load(file, SectionId::DebugFrame)?,
            eh_frame: load(file, SectionId::EhFrame)?,
            bases,
            endian: if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big },
            address_size: if file.is_64() { 8 } else { 4 },
        })
    }

    /// Reads which pcs have an entry. What each says is read when it is asked
    /// for.
    #[must_use]
    pub fn read(&self) -> Cfi<'_> {
        let mut debug_frame = DebugFrame::from(Slice::new(&self.debug_frame, self.endian));
        debug_frame.set_address_size(self.address_size);
        let mut eh_frame = EhFrame::from(Slice::new(&self.eh_frame, self.endian));
        eh_frame.set_address_size(self.address_size);
        let mut cfi = Cfi { debug_frame, eh_frame, bases: &self.bases, entries: vec![], unreadable: vec![] };
        let Cfi { debug_frame, eh_frame, bases, entries, unreadable } = &mut cfi;
        index(debug_frame, bases, CfiSection::DebugFrame, entries, unreadable);
        index(eh_frame, bases, CfiSection::EhFrame, entries, unreadable);
        entries.sort_by_key(|e| (e.from, e.section, e.offset));
        cfi
    }
}

/// The entries of one section.
fn index<'s, S>(
    section: &S,
    bases: &BaseAddresses,
    id: CfiSection,
    out: &mut Vec<CfiEntry>,
    unreadable: &mut Vec<UnwindError>,
) where
    S: UnwindSection<Slice<'s>>,
    S::Offset: gimli::UnwindOffset<usize>,
{
    let part = id.part();
    let fail = |offset: usize, source| UnwindError::Cfi { part, offset: offset as u64, source };
    let mut cies: BTreeMap<usize, Option<CommonInformationEntry<Slice<'s>>>> = BTreeMap::new();
    let mut entries = section.entries(bases);
    let mut at = 0;
    loop {
        let partial = match entries.next() {
            Ok(None) => return,
            Ok(Some(CieOrFde::Cie(cie))) => {
                at = cie.offset() + cie.entry_len();
                continue;
            }
            Ok(Some(CieOrFde::Fde(partial))) => partial,
            Err(error) => return unreadable.push(fail(at, error)),
        };
        at = partial.offset() + partial.entry_len();
        let cie_at = gimli::UnwindOffset::into(partial.cie_offset());
        let mut first = None;
        let cie = cies.entry(cie_at).or_insert_with(|| {
            let cie = section.cie_from_offset(bases, partial.cie_offset());
            match cie {
                Ok(cie) if cie.entry_len() <= MAX_CIE => Some(cie),
                Ok(_) => {
                    first = Some(corrupt(part, cie_at, "a CIE of so many bytes"));
                    None
                }
                Err(error) => {
                    first = Some(fail(cie_at, error));
                    None
                }
            }
        });
        // Said once for all entries of a CIE.
        unreadable.extend(first);
        let Some(cie) = cie else { continue };
        let offset = partial.offset();
        match partial.parse(|_, _, _| Ok(cie.clone())) {
            Ok(fde) => {
                let from = fde.initial_address();
                let to = from.saturating_add(fde.len());
                out.push(CfiEntry { from, to, section: id, offset });
            }
            Err(error) => unreadable.push(fail(offset, error)),
        }
    }
}

impl<'s> Cfi<'s> {
    /// The entries by their first pc; those of `.debug_frame` first where both
    /// sections have one.
    #[must_use]
    pub fn entries(&self) -> &[CfiEntry] {
        &self.entries
    }

    /// What of the sections cannot be read.
    #[must_use]
    pub fn unreadable(&self) -> &[UnwindError] {
        &self.unreadable
    }

    /// The entry that describes a pc: of those that begin at or before it the
    /// last one.
    #[must_use]
    pub fn entry_at(&self, pc: u64) -> Option<&CfiEntry> {
        let n = self.entries.partition_point(|e| e.from <= pc);
        let last = self.entries.get(n.checked_sub(1)?)?;
        // The first one of those that begin alike.
        let first = self.entries.partition_point(|e| e.from < last.from);
        self.entries[first..n].iter().find(|e| pc < e.to)
    }

    /// The rows of an entry in order. `frame_pointer` is the register whose rule
    /// is wanted beside the return address's; the context is used again and
    /// again.
    ///
    /// # Errors
    ///
    /// If the entry cannot be read.
    pub fn rows<'c>(
        &'c self,
        entry: &CfiEntry,
        frame_pointer: Option<u16>,
        context: &'c mut CfiContext,
    ) -> Result<CfiRows<'c, 's>> {
        let fail = |source| UnwindError::Cfi { part: entry.section.part(), offset: entry.offset as u64, source };
        let rows = match entry.section {
            CfiSection::DebugFrame => {
                let offset = gimli::DebugFrameOffset(entry.offset);
                let fde = self.debug_frame.fde_from_offset(self.bases, offset, DebugFrame::cie_from_offset);
                self.table(&self.debug_frame, &fde.map_err(fail)?, context)
            }
            CfiSection::EhFrame => {
                let offset = gimli::EhFrameOffset(entry.offset);
                let fde = self.eh_frame.fde_from_offset(self.bases, offset, EhFrame::cie_from_offset);
                self.table(&self.eh_frame, &fde.map_err(fail)?, context)
            }
        };
        let (table, ra) = rows.map_err(fail)?;
        let section = match entry.section {
            CfiSection::DebugFrame => self.debug_frame.reader().slice(),
            CfiSection::EhFrame => self.eh_frame.reader().slice(),
        };
        Ok(CfiRows::new(table, *entry, section, ra, frame_pointer))
    }

    fn table<'c, S: UnwindSection<Slice<'s>>>(
        &'c self,
        section: &'c S,
        fde: &FrameDescriptionEntry<Slice<'s>>,
        context: &'c mut CfiContext,
    ) -> Result<(gimli::UnwindTable<'c, 'c, Slice<'s>>, gimli::Register), gimli::Error> {
        let ra = fde.cie().return_address_register();
        Ok((fde.rows(section, self.bases, &mut context.0)?, ra))
    }

    /// The row that holds at a pc; `None` where no entry describes it.
    ///
    /// # Errors
    ///
    /// If the entry cannot be read up to there.
    pub fn row_at(&self, pc: u64, frame_pointer: Option<u16>, context: &mut CfiContext) -> Result<Option<CfiRow<'s>>> {
        let Some(entry) = self.entry_at(pc) else { return Ok(None) };
        for row in self.rows(entry, frame_pointer, context)? {
            let row = row?;
            if (row.from..row.to).contains(&pc) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }
}

impl<'a> Binary<'a> {
    /// The sections of call frame information; empty where there are none.
    ///
    /// # Errors
    ///
    /// If one cannot be decompressed.
    pub fn cfi(&self) -> Result<CfiSections<'a>> {
        Ok(CfiSections::of(self.file())?)
    }
}
