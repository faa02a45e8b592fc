//! What the runtime knows of one function.
//!
//! `_func` of `runtime/runtime2.go`, written by `writeFuncs` of
//! `cmd/link/internal/ld/pcln.go`. All are 32 bits but the last four:
//!
//! ```text
//! entryOff     from the beginning of the text
//! nameOff      into runtime.funcnametab
//! args         size of arguments and results on the stack
//! deferreturn  from the entry to a call of runtime.deferreturn, or 0
//! pcsp, pcfile, pcln   into runtime.pctab
//! npcdata
//! cuOffset     into runtime.cutab
//! startLine    since Go 1.20
//! funcID, flag, padding, nfuncdata   a byte each
//! pcdata       [npcdata], into runtime.pctab, 0 for none
//! funcdata     [nfuncdata], from moduledata.gofunc, ^0 for none
//! ```

use super::bytes::Bytes;
use super::error::{Part, Result, UnwindError, corrupt, truncated};
use super::flags::{FuncData, FuncFlags, PcData};
use super::functab::FuncTable;
use super::header::Layout;
use super::pcvalue::PcTable;
use std::borrow::Cow;
use std::ops::Range;

/// `abi.ArgsSizeUnknown`: of variadic C functions, and of assembly that does not
/// say it.
const ARGS_UNKNOWN: i32 = i32::MIN;

/// A function of the runtime's table.
#[derive(Clone, Copy, Debug)]
pub struct Func<'t> {
    table: &'t FuncTable<'t>,
    number: usize,
    /// Where its `_func` is.
    at: usize,
    entry: u64,
    limit: u64,
    name: u32,
    args: i32,
    deferreturn: u32,
    pcsp: u32,
    pcfile: u32,
    pcln: u32,
    unit: u32,
    start_line: Option<i32>,
    id: u8,
    flags: FuncFlags,
    npcdata: u32,
    nfuncdata: u8,
}

impl<'t> Func<'t> {
    pub(super) fn read(
        table: &'t FuncTable<'_>,
        number: usize,
        at: usize,
        offset: u32,
        pcs: Range<u64>,
    ) -> Result<Func<'t>> {
        let f = table.functab.form.of(table.functab.data.get(at..).unwrap_or_default());
        let field = |n: usize| f.u32(n * 4).ok_or_else(|| truncated(Part::Functions, at.saturating_add(n * 4)));
        let (start_line, small) = match table.layout {
            Layout::Go118 => (None, 9),
            Layout::Go120 => (Some(field(9)?.cast_signed()), 10),
        };
        field(small)?;
        let byte = |n: usize| f.u8(small * 4 + n).unwrap_or_default();
        let func = Func {
            table,
            number,
            at,
            entry: pcs.start,
            limit: pcs.end,
            name: field(1)?,
            args: field(2)?.cast_signed(),
            deferreturn: field(3)?,
            pcsp: field(4)?,
            pcfile: field(5)?,
            pcln: field(6)?,
            npcdata: field(7)?,
            unit: field(8)?,
            start_line,
            id: byte(0),
            flags: FuncFlags(byte(1)),
            nfuncdata: byte(3),
        };
        if field(0)? != offset {
            return Err(corrupt(Part::Functions, at, "a function's entry is not that of the table"));
        }
        let lists = (func.npcdata as usize).checked_add(func.nfuncdata.into()).and_then(|n| n.checked_mul(4));
        if lists.and_then(|len| f.slice(small * 4 + 4, len)).is_none() {
            return Err(truncated(Part::Functions, at));
        }
        Ok(func)
    }

    /// Its number, counted by entry.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    /// The compilation unit that it is of, a package most of the time: what tells it
    /// from others.
    #[must_use]
    pub fn unit(&self) -> u32 {
        self.unit
    }

    /// Its first pc.
    #[must_use]
    pub fn entry(&self) -> u64 {
        self.entry
    }

    /// The entry of the next function, or the end of the last one: its own
    /// instructions may end earlier, see [`Func::end`].
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Where its instructions end, without the padding before the next
    /// function: by its table of lines or of stack depths. `None` if it has
    /// neither, as code of C.
    ///
    /// # Errors
    ///
    /// If that table is corrupt.
    pub fn end(&self) -> Result<Option<u64>> {
        match self.pcsp().end()? {
            Some(end) => Ok(Some(end)),
            None => self.pcline().end(),
        }
    }

    /// The linker's name of it, with the shapes of generic functions
    /// (`slices.Sort[go.shape.[]int,go.shape.int]`).
    ///
    /// # Errors
    ///
    /// If it is not in the table of names, or no text.
    pub fn name(&self) -> Result<&'t str> {
        name(self.table, self.name)
    }

    /// `args`: how many bytes its arguments and results have on the stack, or
    /// would have (spill space); `None` where it is not known.
    #[must_use]
    pub fn args(&self) -> Option<i32> {
        (self.args != ARGS_UNKNOWN).then_some(self.args)
    }

    /// Where it calls `runtime.deferreturn`, if it does: where it goes on after
    /// a recovered panic.
    #[must_use]
    pub fn deferreturn(&self) -> Option<u64> {
        (self.deferreturn != 0).then(|| self.entry.wrapping_add(self.deferreturn.into()))
    }

    #[must_use]
    pub fn flags(&self) -> FuncFlags {
        self.flags
    }

    /// `funcID`: not 0 for functions that the runtime treats apart; the numbers
    /// differ between Go versions.
    #[must_use]
    pub fn id(&self) -> u8 {
        self.id
    }

    /// The line of its `func` or `TEXT`; Go 1.18 and 1.19 do not say it.
    #[must_use]
    pub fn start_line(&self) -> Option<i32> {
        self.start_line
    }

    /// How far SP is below its value at the entry, by pc.
    #[must_use]
    pub fn pcsp(&self) -> PcTable<'t> {
        self.pc_table(self.pcsp)
    }

    /// The largest value of [`Func::pcsp`]: the size of its frame, without what
    /// the call itself pushes. `None` if the table is absent.
    ///
    /// # Errors
    ///
    /// If the table is corrupt.
    pub fn max_sp_delta(&self) -> Result<Option<i32>> {
        let mut most = None;
        for run in self.pcsp().runs() {
            most = most.max(Some(run?.value));
        }
        Ok(most)
    }

    /// Numbers of files, by pc, see [`Func::file`].
    #[must_use]
    pub fn pcfile(&self) -> PcTable<'t> {
        self.pc_table(self.pcfile)
    }

    /// Lines, by pc: of the innermost inlined function.
    #[must_use]
    pub fn pcline(&self) -> PcTable<'t> {
        self.pc_table(self.pcln)
    }

    /// A `PCDATA` table.
    #[must_use]
    pub fn pcdata(&self, kind: PcData) -> PcTable<'t> {
        let n = kind.number();
        let offset = if n < self.npcdata { self.list(n as usize) } else { Some(0) };
        // The lists were looked at when the function was read.
        self.pc_table(offset.unwrap_or(0))
    }

    /// How many `PCDATA` tables it could have: with higher numbers it has none.
    #[must_use]
    pub fn npcdata(&self) -> u32 {
        self.npcdata
    }

    fn pc_table(&self, offset: u32) -> PcTable<'t> {
        let FuncTable { pctab, quantum, .. } = *self.table;
        PcTable { pctab, offset, quantum, entry: self.entry, limit: self.limit }
    }

    /// An entry of the lists behind the function's own fields.
    fn list(&self, n: usize) -> Option<u32> {
        let fields = match self.table.layout {
            Layout::Go118 => 10,
            Layout::Go120 => 11,
        };
        self.table.functab.u32(self.at + (fields + n) * 4)
    }

    /// The name of a file by its number in [`Func::pcfile`]. `None` where the
    /// linker says that it has none.
    ///
    /// # Errors
    ///
    /// If it is not in the tables.
    pub fn file(&self, number: i32) -> Result<Option<Cow<'t, str>>> {
        let at = u32::try_from(number).ok().and_then(|n| self.unit.checked_add(n)).map(|n| n as usize);
        let at = at.and_then(|n| n.checked_mul(4)).ok_or_else(|| truncated(Part::Units, usize::MAX))?;
        let offset = self.table.units.u32(at).ok_or_else(|| truncated(Part::Units, at))?;
        if offset == u32::MAX {
            return Ok(None);
        }
        let text = self.table.files.text(offset as usize);
        Ok(Some(String::from_utf8_lossy(text.ok_or_else(|| truncated(Part::Files, offset as usize))?)))
    }

    /// File and line of a pc: of the innermost inlined function. `None` where
    /// its tables do not say it.
    ///
    /// # Errors
    ///
    /// If a table is corrupt.
    pub fn file_line(&self, pc: u64) -> Result<Option<(Cow<'t, str>, i32)>> {
        let (Some(file), Some(line)) = (self.pcfile().at(pc)?, self.pcline().at(pc)?) else { return Ok(None) };
        Ok(self.file(file.value)?.map(|file| (file, line.value)))
    }

    /// The offset of a `FUNCDATA` from `moduledata.gofunc`.
    #[must_use]
    pub fn funcdata_offset(&self, kind: FuncData) -> Option<u32> {
        let n = kind.number();
        if n >= self.nfuncdata {
            return None;
        }
        self.list(self.npcdata as usize + usize::from(n)).filter(|offset| *offset != u32::MAX)
    }

    /// From a `FUNCDATA` to the end of all functions' data: what it contains says
    /// how long it is.
    ///
    /// # Errors
    ///
    /// If there is no module data, which says where functions' data are.
    pub fn funcdata(&self, kind: FuncData) -> Result<Option<&'t [u8]>> {
        Ok(self.data(kind)?.map(|(data, _)| data.data))
    }

    /// As [`Func::funcdata`], with its offset.
    pub(super) fn data(&self, kind: FuncData) -> Result<Option<(Bytes<'t>, usize)>> {
        let Some(offset) = self.funcdata_offset(kind) else { return Ok(None) };
        let all = self.table.funcdata.as_ref().map_err(|reason| UnwindError::NoModuleData { reason })?;
        let offset = offset as usize;
        let data = all.data.get(offset..).ok_or_else(|| truncated(Part::FuncData, offset))?;
        Ok(Some((all.form.of(data), offset)))
    }

    pub(super) fn table(&self) -> &'t FuncTable<'t> {
        self.table
    }
}

/// A name of the table of names.
pub(super) fn name<'t>(table: &'t FuncTable<'_>, offset: u32) -> Result<&'t str> {
    let offset = offset as usize;
    let text = table.names.text(offset).ok_or_else(|| truncated(Part::Names, offset))?;
    str::from_utf8(text).map_err(|_| corrupt(Part::Names, offset, "a name is no UTF-8"))
}
