//! The header of the function table, and where the table is.
//!
//! `pcHeader` of `runtime/symtab.go`, written by `generatePCHeader` of
//! `cmd/link/internal/ld/pcln.go`:
//!
//! ```text
//! magic          uint32   0xfffffff0 in Go 1.18 and 1.19, 0xfffffff1 since
//! pad1, pad2     uint8    0, 0
//! minLC          uint8    smallest step of a pc: 1, 2 or 4
//! ptrSize        uint8    4 or 8
//! nfunc          int
//! nfiles         uint
//! textStart      uintptr  what pcs are relative to; 0 since Go 1.26
//! funcnameOffset uintptr  these five from the header on, in this order
//! cuOffset       uintptr
//! filetabOffset  uintptr
//! pctabOffset    uintptr
//! pclnOffset     uintptr
//! ```

use super::bytes::Bytes;
use super::error::{Part, Result, UnwindError, corrupt, truncated};
use super::image::Image;
use object::{Object, ObjectSection};

/// The layouts that the table's entries have had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layout {
    /// Of Go 1.18 and 1.19: without the functions' first lines, and with other
    /// entries for inlined calls.
    Go118,
    /// Since Go 1.20.
    Go120,
}

impl Layout {
    fn of(magic: u32) -> Option<Layout> {
        match magic {
            0xffff_fff0 => Some(Layout::Go118),
            0xffff_fff1 => Some(Layout::Go120),
            _ => None,
        }
    }
}

/// A header that holds together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    /// Where it is.
    pub(super) address: u64,
    /// From the header to the end of what there is.
    pub(super) region: Bytes<'a>,
    pub(super) layout: Layout,
    pub(super) quantum: u64,
    pub(super) nfunc: usize,
    pub(super) text_start: u64,
    /// Of the names, units, files, pc values and functions.
    pub(super) offsets: [usize; 5],
}

impl<'a> Header<'a> {
    fn read(address: u64, region: Bytes<'a>) -> Result<Header<'a>> {
        let word = region.form.word;
        let short = |at| truncated(Part::Header, at);
        let magic = region.u32(0).ok_or(short(0))?;
        let layout = Layout::of(magic).ok_or(UnwindError::Magic { magic })?;
        let small = region.slice(4, 4).ok_or(short(4))?;
        if small[..2] != [0, 0] {
            return Err(corrupt(Part::Header, 4, "the padding is not zero"));
        }
        if ![1, 2, 4].contains(&small[2]) {
            return Err(corrupt(Part::Header, 6, "no machine's instructions have that alignment"));
        }
        if usize::from(small[3]) != word {
            return Err(corrupt(Part::Header, 7, "the pointer size is not that of the file"));
        }
        let field = |n: usize| {
            let at = 8 + n * word;
            region.word(at).ok_or(short(at))
        };
        let at = |n| field(n).and_then(|o| usize::try_from(o).map_err(|_| short(8 + n * word)));
        let offsets = [at(3)?, at(4)?, at(5)?, at(6)?, at(7)?];
        let nfunc = at(0)?;
        if offsets[0] < 8 + 8 * word || !offsets.is_sorted() {
            return Err(corrupt(Part::Header, 8 + 3 * word, "the tables are not in their order"));
        }
        // An offset a function, its place, and the end of the last one.
        let functab = nfunc.checked_mul(8).and_then(|n| n.checked_add(4)).ok_or(short(8))?;
        if nfunc == 0 || region.slice(offsets[4], functab).is_none() {
            return Err(corrupt(Part::Header, 8, "there is no room for so many functions"));
        }
        let text_start = field(2)?;
        Ok(Header { address, region, layout, quantum: u64::from(small[2]), nfunc, text_start, offsets })
    }

    /// One of the five tables, from its offset to the next one's.
    pub(super) fn table(&self, n: usize) -> &'a [u8] {
        let end = self.offsets.get(n + 1).copied().unwrap_or(self.region.data.len());
        self.region.data.get(self.offsets[n]..end).unwrap_or_default()
    }

    /// Whether its functions look like some: what the bytes of a header that
    /// is none would hardly have.
    fn plausible(&self) -> bool {
        let functab = self.region.form.of(self.table(4));
        let first = self.nfunc.min(16);
        let offsets: Option<Vec<u32>> = (0..=first).map(|n| functab.u32(n * 8)).collect();
        offsets.is_some_and(|o| o.is_sorted()) && functab.u32(4).is_some_and(|f| f as usize >= self.nfunc * 8)
    }
}

/// The sections that are named for the table: ELF, ELF that is position
/// independent (until Go 1.25), Mach-O.
const SECTIONS: [&str; 3] = [".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab"];

/// Finds the table: in the section of its name, else by its header.
pub(super) fn locate<'a>(file: &object::File<'a>, image: &Image<'a>) -> Result<Header<'a>> {
    for name in SECTIONS {
        let Some(section) = file.section_by_name(name) else { continue };
        // One that a tool has emptied (`objcopy --only-keep-debug`) has none.
        let Ok(data) = section.data() else { continue };
        if !data.is_empty() {
            return Header::read(section.address(), image.form.of(data));
        }
    }
    // PE has no section of its own for it; nor has ELF that another linker
    // made position independent.
    [false, true].into_iter().find_map(|executable| search(image, executable)).ok_or(UnwindError::NoFunctionTable)
}

fn search<'a>(image: &Image<'a>, executable: bool) -> Option<Header<'a>> {
    for (address, data) in image.searched(executable) {
        let word = data.form.word;
        // The linker aligns it to a pointer, and segments to more.
        for (n, chunk) in data.data.chunks_exact(word).enumerate() {
            let magic = if data.form.big_endian { &chunk[..3] } else { &chunk[1..4] };
            if magic != [0xff; 3] {
                continue;
            }
            let at = n * word;
            let region = data.form.of(&data.data[at..]);
            match Header::read(address.wrapping_add(at as u64), region) {
                Ok(header) if header.plausible() => return Some(header),
                Ok(_) | Err(_) => {}
            }
        }
    }
    None
}
