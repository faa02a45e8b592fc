//! What else is told of a function's frame: deferred calls, objects whose
//! address is taken, and which function a wrapper wraps.

use super::error::{Part, Result, UnwindError, corrupt, truncated};
use super::flags::FuncData;
use super::func::Func;

/// `FUNCDATA_OpenCodedDeferInfo`, written by `emitOpenDeferInfo` of
/// `cmd/compile/internal/ssagen/ssa.go`: where a function keeps its deferred
/// calls, in bytes below `varp`, the end of its locals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCodedDefers {
    /// Where the byte is that says which of them are pending.
    pub defer_bits: u32,
    pub slots: DeferSlots,
}

/// Where the closures are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeferSlots {
    /// Since Go 1.22: the first one; the others follow.
    From(u32),
    /// Until Go 1.21: each one, the last one deferred first.
    Each(Vec<u32>),
}

/// `stackObjectRecord` of `runtime/stack.go`: a local or argument whose address
/// is taken, so that the pointer maps leave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StackObject {
    /// From the first argument on, or, if negative, from `varp`.
    pub offset: i32,
    pub size: i32,
    /// Bytes to the end of its last pointer (negative in some versions where
    /// the mask is that of a program).
    pub ptr_bytes: i32,
    /// The mask of its pointers, from `moduledata.rodata` on.
    pub gcdata_offset: u32,
}

/// The compiler has at most 8 defers open-coded.
const MAX_DEFERS: u32 = 8;

impl Func<'_> {
    /// Where it keeps its deferred calls, if they are open-coded.
    ///
    /// # Errors
    ///
    /// If there is no module data, or it is not in the functions' data, or the
    /// binary does not say its Go version, on which this depends.
    pub fn open_coded_defers(&self) -> Result<Option<OpenCodedDefers>> {
        let Some((data, offset)) = self.data(FuncData::OpenCodedDeferInfo)? else { return Ok(None) };
        let mut at = 0;
        let mut next = || {
            let (value, n) = data.varint(at).ok_or_else(|| truncated(Part::FuncData, offset.saturating_add(at)))?;
            at += n;
            Ok::<u32, UnwindError>(value)
        };
        let defer_bits = next()?;
        let slots = match self.table().minor {
            None => return Err(UnwindError::NoVersion { what: "open-coded defers" }),
            Some(22..) => DeferSlots::From(next()?),
            Some(..22) => {
                let n = next()?;
                if n > MAX_DEFERS {
                    return Err(corrupt(Part::FuncData, offset, "more open-coded defers than the compiler makes"));
                }
                DeferSlots::Each((0..n).map(|_| next()).collect::<Result<_>>()?)
            }
        };
        Ok(Some(OpenCodedDefers { defer_bits, slots }))
    }

    /// Its objects whose address is taken: their number is a word, they
    /// follow.
    ///
    /// # Errors
    ///
    /// If there is no module data, or they are not in the functions' data.
    pub fn stack_objects(&self) -> Result<impl ExactSizeIterator<Item = StackObject>> {
        let form = self.table().functab.form;
        let mut records: &[u8] = &[];
        if let Some((data, offset)) = self.data(FuncData::StackObjects)? {
            let n = data.word(0).and_then(|n| usize::try_from(n).ok());
            let all = n.and_then(|n| data.slice(form.word, n.checked_mul(16)?));
            records = all.ok_or_else(|| truncated(Part::FuncData, offset))?;
        }
        Ok(records.chunks_exact(16).map(move |record| {
            let r = form.of(record);
            // A record has its 16 bytes.
            let field = |n: usize| r.u32(n * 4).unwrap_or_default();
            StackObject {
                offset: field(0).cast_signed(),
                size: field(1).cast_signed(),
                ptr_bytes: field(2).cast_signed(),
                gcdata_offset: field(3),
            }
        }))
    }

    /// `FUNCDATA_WrapInfo`: the entry of the function that this one, which the
    /// compiler made for a `go` or `defer` statement, calls in its stead.
    ///
    /// # Errors
    ///
    /// If there is no module data, or it is not in the functions' data.
    pub fn wrapped(&self) -> Result<Option<u64>> {
        let Some((data, offset)) = self.data(FuncData::WrapInfo)? else { return Ok(None) };
        let entry = data.u32(0).ok_or_else(|| truncated(Part::FuncData, offset))?;
        Ok(Some(self.table().pc(entry)))
    }
}
