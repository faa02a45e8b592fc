//! Everything that a binary's tables say, read once and counted: to see that
//! all of it can be read.

use super::binary::Binary;
use super::cfi::Cfi;
use super::error::Result;
use super::flags::PcData;
use super::frame_pointer::FramePointer;
use super::func::Func;
use super::functab::FuncTable;
use super::rows::CfiContext;

/// How much there is of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    pub functions: u64,
    /// Functions of which something could not be read.
    pub unreadable: u64,
    /// Functions without machine code at their addresses.
    pub without_code: u64,
    /// Runs of all tables of values by pc.
    pub runs: u64,
    pub inlined: u64,
    /// Bitmaps of arguments and locals.
    pub bitmaps: u64,
    /// Steps of the arguments in tracebacks.
    pub arg_infos: u64,
    pub open_coded_defers: u64,
    pub stack_objects: u64,
    pub wrappers: u64,
    pub cfi_entries: u64,
    pub cfi_rows: u64,
    /// What of the call frame information could not be read.
    pub cfi_unreadable: u64,
}

impl Census {
    /// Reads everything. What of a function cannot be read is counted, not an
    /// error.
    ///
    /// # Errors
    ///
    /// If there is no function table, or the call frame information cannot be
    /// decompressed.
    pub fn take(binary: &Binary<'_>) -> Result<Census> {
        let mut census = Census::default();
        census.functions(binary)?;
        census.frames(binary)?;
        Ok(census)
    }

    /// Counts what the runtime's tables say.
    ///
    /// # Errors
    ///
    /// If there is no function table.
    pub fn functions(&mut self, binary: &Binary<'_>) -> Result<()> {
        let table = binary.functions()?;
        for func in table.functions() {
            self.functions += 1;
            if func.and_then(|f| self.function(binary, &table, &f)).is_err() {
                self.unreadable += 1;
            }
        }
        Ok(())
    }

    /// Counts what the call frame information says.
    ///
    /// # Errors
    ///
    /// If it cannot be decompressed.
    pub fn frames(&mut self, binary: &Binary<'_>) -> Result<()> {
        let sections = binary.cfi()?;
        self.cfi(&sections.read(), binary.goarch());
        Ok(())
    }

    fn function(&mut self, binary: &Binary<'_>, table: &FuncTable<'_>, f: &Func<'_>) -> Result<()> {
        f.name()?;
        self.without_code += u64::from(binary.code_of(f).is_none());
        for values in [f.pcsp(), f.pcline()].into_iter().chain(PcData::ALL.map(|kind| f.pcdata(kind))) {
            for run in values.runs() {
                run?;
                self.runs += 1;
            }
        }
        for run in f.pcfile().runs() {
            f.file(run?.value)?;
            self.runs += 1;
        }
        if let Some(tree) = f.inline_tree()? {
            for call in tree.calls()? {
                call?;
                self.inlined += 1;
            }
        }
        for map in [f.args_pointer_maps()?, f.locals_pointer_maps()?].into_iter().flatten() {
            self.bitmaps += u64::from(map.len());
        }
        self.arg_infos += f.arg_info()?.map_or(0, |steps| steps.len() as u64);
        f.arg_live_info()?;
        self.open_coded_defers += u64::from(f.open_coded_defers()?.is_some());
        self.stack_objects += f.stack_objects()?.len() as u64;
        if let Some(entry) = f.wrapped()? {
            table.find(entry)?;
            self.wrappers += 1;
        }
        Ok(())
    }

    fn cfi(&mut self, cfi: &Cfi<'_>, goarch: Option<&str>) {
        let fp = goarch.and_then(FramePointer::of).map(|fp| fp.dwarf);
        let mut context = CfiContext::default();
        self.cfi_entries += cfi.entries().len() as u64;
        self.cfi_unreadable += cfi.unreadable().len() as u64;
        for entry in cfi.entries() {
            let Ok(rows) = cfi.rows(entry, fp, &mut context) else {
                self.cfi_unreadable += 1;
                continue;
            };
            for row in rows {
                match row {
                    Ok(_) => self.cfi_rows += 1,
                    Err(_) => self.cfi_unreadable += 1,
                }
            }
        }
    }
}
