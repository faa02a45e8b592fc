//! Which calls were inlined into a function, and where.
//!
//! `inlinedCall` of `runtime/symtabinl.go`, written by `genInlTreeSym` of
//! `cmd/link/internal/ld/pcln.go`. Since Go 1.20:
//!
//! ```text
//! funcID    uint8, padding
//! nameOff   int32   into runtime.funcnametab
//! parentPc  int32   from the entry: a pc of the caller, at the call
//! startLine int32
//! ```
//!
//! Go 1.18 and 1.19 (`runtime/symtab.go`): `parent int16, funcID uint8,
//! padding, file, line, nameOff, parentPc int32`. The table does not say how
//! long it is; `PCDATA_InlTreeIndex` says which entry a pc belongs to.

use super::bytes::Bytes;
use super::error::{Part, Result, corrupt, truncated};
use super::flags::{FuncData, PcData};
use super::func::{Func, name};
use super::header::Layout;

/// A call that was inlined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InlinedCall<'t> {
    /// Its number in the function's inline tree.
    pub index: u32,
    /// The function called.
    pub name: &'t str,
    /// A pc of the caller: its tables say file and line of the call there, and
    /// whether the caller itself was inlined.
    pub parent_pc: u64,
    /// The line of the called function's `func`.
    pub start_line: Option<i32>,
    /// As [`Func::id`].
    pub func_id: u8,
}

/// A function's inlined calls.
#[derive(Clone, Copy, Debug)]
pub struct InlineTree<'t> {
    func: Func<'t>,
    data: Bytes<'t>,
    /// Where in the functions' data it is, for errors.
    offset: usize,
}

impl<'t> Func<'t> {
    /// Its inlined calls; `None` if it has none.
    ///
    /// # Errors
    ///
    /// If there is no module data, or the tree is not in the functions' data.
    pub fn inline_tree(&self) -> Result<Option<InlineTree<'t>>> {
        let data = self.data(FuncData::InlTree)?;
        Ok(data.map(|(data, offset)| InlineTree { func: *self, data, offset }))
    }

    /// The inlined calls that a pc is in, from the innermost on. None if it
    /// belongs to the function itself.
    ///
    /// # Errors
    ///
    /// As [`Func::inline_tree`].
    pub fn inlined_at(&self, pc: u64) -> Result<InlineStack<'t>> {
        Ok(InlineStack { tree: self.inline_tree()?, pc: Some(pc), above: u32::MAX })
    }
}

impl<'t> InlineTree<'t> {
    /// One entry.
    ///
    /// # Errors
    ///
    /// If it is not in the functions' data, or its name in none.
    pub fn get(&self, index: u32) -> Result<InlinedCall<'t>> {
        let (size, id, name_at) = match self.func.table().layout {
            Layout::Go118 => (20, 2, 12),
            Layout::Go120 => (16, 0, 4),
        };
        let at = index as usize * size;
        let short = || truncated(Part::FuncData, self.offset.saturating_add(at));
        let entry = self.data.slice(at, size).ok_or_else(short)?;
        let entry = self.data.form.of(entry);
        let func_id = entry.u8(id).ok_or_else(short)?;
        let name = name(self.func.table(), entry.u32(name_at).ok_or_else(short)?)?;
        let parent = entry.i32(name_at + 4).ok_or_else(short)?;
        let start_line = match self.func.table().layout {
            Layout::Go118 => None,
            Layout::Go120 => Some(entry.i32(12).ok_or_else(short)?),
        };
        let parent_pc = self.func.entry().wrapping_add_signed(parent.into());
        Ok(InlinedCall { index, name, parent_pc, start_line, func_id })
    }

    /// How many entries there are at least: as many as pcs need.
    ///
    /// # Errors
    ///
    /// If `PCDATA_InlTreeIndex` is corrupt.
    pub fn count(&self) -> Result<u32> {
        let mut count = 0;
        for run in self.func.pcdata(PcData::InlTreeIndex).runs() {
            // -1 is no entry.
            count = count.max(run?.value.wrapping_add(1));
        }
        Ok(u32::try_from(count).unwrap_or(0))
    }

    /// The entries, as many as pcs need.
    ///
    /// # Errors
    ///
    /// If `PCDATA_InlTreeIndex` is corrupt, or says more than there can be.
    pub fn calls(&self) -> Result<impl Iterator<Item = Result<InlinedCall<'t>>>> {
        let count = self.count()?;
        // Each call has some instruction, if only the one that marks it.
        if u64::from(count) > self.func.limit() - self.func.entry() {
            return Err(corrupt(Part::FuncData, self.offset, "more inlined calls than instructions"));
        }
        let tree = *self;
        Ok((0..count).map(move |n| tree.get(n)))
    }
}

/// The inlined calls that a pc is in, see [`Func::inlined_at`].
#[derive(Clone, Debug)]
pub struct InlineStack<'t> {
    tree: Option<InlineTree<'t>>,
    /// Where to go on.
    pc: Option<u64>,
    /// The index of the call before: the compiler enters callers before what
    /// they call, so that a tree without loops has ever smaller ones.
    above: u32,
}

impl<'t> InlineStack<'t> {
    fn step(&mut self) -> Result<Option<InlinedCall<'t>>> {
        let (Some(tree), Some(pc)) = (self.tree, self.pc.take()) else { return Ok(None) };
        let run = tree.func.pcdata(PcData::InlTreeIndex).at(pc)?;
        let Some(index) = run.and_then(|run| u32::try_from(run.value).ok()) else { return Ok(None) };
        if index >= self.above {
            return Err(corrupt(Part::FuncData, tree.offset, "an inlined call is not behind its caller"));
        }
        self.above = index;
        let call = tree.get(index)?;
        self.pc = Some(call.parent_pc);
        Ok(Some(call))
    }
}

impl<'t> Iterator for InlineStack<'t> {
    type Item = Result<InlinedCall<'t>>;

    fn next(&mut self) -> Option<Result<InlinedCall<'t>>> {
        self.step().transpose()
    }
}
