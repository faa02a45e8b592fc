//! The runtime's table of functions, by pc.
//!
//! `runtime.functab`, written by `generateFunctab` of
//! `cmd/link/internal/ld/pcln.go`, read by `findfunc` of `runtime/symtab.go`:
//! for each function the offset of its entry from the beginning of the text and
//! the offset of its `_func` from the beginning of the table, 32 bits each; then
//! the offset at which the last one ends; then the `_func`s themselves.

use super::bytes::Bytes;
use super::error::{Part, Result, UnwindError, corrupt, truncated};
use super::func::Func;
use super::header::{Header, Layout};
use super::image::Image;
use super::moduledata::ModuleData;

/// The functions of a binary.
#[derive(Clone, Debug)]
pub struct FuncTable<'a> {
    pub(super) layout: Layout,
    /// The `1.N` that the binary was built with, where it says so.
    pub(super) minor: Option<u32>,
    pub(super) quantum: u64,
    /// Where the text begins.
    text: u64,
    address: u64,
    nfunc: usize,
    pub(super) names: Bytes<'a>,
    pub(super) units: Bytes<'a>,
    pub(super) files: Bytes<'a>,
    pub(super) pctab: Bytes<'a>,
    pub(super) functab: Bytes<'a>,
    /// What functions' data are offsets into, or why that is not known.
    pub(super) funcdata: Result<Bytes<'a>, &'static str>,
    module: Option<ModuleData>,
}

impl<'a> FuncTable<'a> {
    pub(super) fn new(
        image: &Image<'a>,
        header: &Header<'a>,
        module: Result<ModuleData>,
        minor: Option<u32>,
    ) -> Result<FuncTable<'a>> {
        let (module, reason) = match module {
            Ok(module) => (Some(module), ""),
            Err(UnwindError::NoModuleData { reason }) => (None, reason),
            Err(other) => return Err(other),
        };
        let text = match &module {
            Some(module) => module.text,
            // Since Go 1.26 the header has none.
            None if header.text_start == 0 => return Err(UnwindError::NoModuleData { reason }),
            None => header.text_start,
        };
        let form = image.form;
        let table = |n| form.of(header.table(n));
        let funcdata = match &module {
            None => Err(reason),
            Some(m) => {
                let mut data = image.from(m.gofunc).unwrap_or_default();
                if let Some(end) = m.epclntab {
                    let len = usize::try_from(end.saturating_sub(m.gofunc)).unwrap_or(usize::MAX);
                    data = data.get(..len).unwrap_or(data);
                }
                Ok(form.of(data))
            }
        };
        let table = FuncTable {
            layout: header.layout,
            minor,
            quantum: header.quantum,
            text,
            address: header.address,
            nfunc: header.nfunc,
            names: table(0),
            units: table(1),
            files: table(2),
            pctab: table(3),
            functab: table(4),
            funcdata,
            module,
        };
        table.check(image.len)?;
        if let Some(m) = &table.module {
            let at = |n| table.offset(n).map(|o| table.pc(o));
            if at(0)? != m.min_pc || at(table.nfunc)? != m.max_pc {
                let reason = "the first or last function is not where the module data has it";
                return Err(corrupt(Part::Functions, 0, reason));
            }
        }
        Ok(table)
    }

    /// As the runtime's `moduledataverify1`. That the functions follow each other
    /// and have no more code than there are bytes in the file is also what keeps
    /// the reading of all of them from being longer than the file.
    fn check(&self, file: usize) -> Result<()> {
        let mut before = 0;
        for n in 0..=self.nfunc {
            let offset = self.offset(n)?;
            if offset < before {
                return Err(corrupt(Part::Functions, n * 8, "the functions are not sorted"));
            }
            before = offset;
        }
        if before as usize > file {
            return Err(corrupt(Part::Functions, self.nfunc * 8, "the functions have more code than the file"));
        }
        Ok(())
    }

    /// Where the table is.
    #[must_use]
    pub fn address(&self) -> u64 {
        self.address
    }

    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The smallest step of a pc: 1, 2 or 4 bytes.
    #[must_use]
    pub fn quantum(&self) -> u64 {
        self.quantum
    }

    /// Where the text begins: what the tables' offsets are relative to.
    #[must_use]
    pub fn text(&self) -> u64 {
        self.text
    }

    /// The module data, without which functions' data cannot be read.
    #[must_use]
    pub fn module(&self) -> Option<&ModuleData> {
        self.module.as_ref()
    }

    /// How many functions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nfunc
    }

    /// Never true: the linker writes no table without functions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nfunc == 0
    }

    /// The functions by entry. An unreadable one is an error of its own, after
    /// which the next ones come.
    pub fn functions(&self) -> impl ExactSizeIterator<Item = Result<Func<'_>>> {
        (0..self.nfunc).map(|n| self.get(n))
    }

    /// The function with this number, counted by entry.
    ///
    /// # Errors
    ///
    /// If there is none, or it is unreadable.
    pub fn get(&self, n: usize) -> Result<Func<'_>> {
        if n >= self.nfunc {
            return Err(truncated(Part::Functions, n.saturating_mul(8)));
        }
        let (from, to) = (self.offset(n)?, self.offset(n + 1)?);
        let at = self.functab.u32(n * 8 + 4).ok_or_else(|| truncated(Part::Functions, n * 8 + 4))?;
        let (entry, limit) = (self.pc(from), self.pc(to));
        if let Some(m) = &self.module
            && limit > m.etext
        {
            return Err(corrupt(Part::Functions, n * 8, "a function goes on past the text"));
        }
        Func::read(self, n, at as usize, from, entry..limit)
    }

    /// The function at a pc: that with the last entry at or before it. `None`
    /// where the pc is not in the text. What the linker puts between a function
    /// and the next one counts as the former's, as it does for the runtime.
    ///
    /// # Errors
    ///
    /// If the function's entry is unreadable.
    pub fn find(&self, pc: u64) -> Result<Option<Func<'_>>> {
        let Some(offset) = self.text_offset(pc) else { return Ok(None) };
        // The first function whose entry is behind the pc.
        let (mut low, mut high) = (0, self.nfunc);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.offset(middle)? <= offset { low = middle + 1 } else { high = middle }
        }
        if low == 0 || (low == self.nfunc && self.offset(low)? <= offset) {
            return Ok(None);
        }
        self.get(low - 1).map(Some)
    }

    /// The offset of the nth function's entry; that of `len` is the end.
    fn offset(&self, n: usize) -> Result<u32> {
        self.functab.u32(n * 8).ok_or_else(|| truncated(Part::Functions, n * 8))
    }

    /// An offset's pc, as the runtime's `textAddr`.
    pub(super) fn pc(&self, offset: u32) -> u64 {
        let offset = u64::from(offset);
        let sections = self.module.as_ref().map(|m| &m.text_sections[..]).unwrap_or_default();
        let section = match sections {
            [] | [_] => None,
            // The end of the last one is in the table, too.
            [.., last] => {
                sections.iter().find(|s| (s.from..s.to).contains(&offset)).or((offset == last.to).then_some(last))
            }
        };
        let (from, address) = section.map_or((0, self.text), |s| (s.from, s.address));
        address.wrapping_add(offset - from)
    }

    /// As the runtime's `textOff`.
    fn text_offset(&self, pc: u64) -> Option<u32> {
        let sections = self.module.as_ref().map(|m| &m.text_sections[..]).unwrap_or_default();
        let offset = match sections {
            [] | [_] => pc.checked_sub(self.text)?,
            sections => {
                let within = |s: &&super::moduledata::TextSection| s.address <= pc && pc - s.address < s.to - s.from;
                let s = sections.iter().find(within)?;
                pc - s.address + s.from
            }
        };
        u32::try_from(offset).ok()
    }
}
