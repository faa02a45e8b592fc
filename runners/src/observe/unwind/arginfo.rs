//! What tracebacks print of arguments.
//!
//! `FUNCDATA_ArgInfo`, written by `EmitArgInfo` of
//! `cmd/compile/internal/ssagen/ssa.go`, read by `printArgs` of
//! `runtime/traceback.go`, its numbers in `internal/abi/type.go` (until Go 1.23
//! in `runtime/traceback.go`): a stream of bytes, offset and size of each
//! component, and operators from 0xf0 on. `FUNCDATA_ArgLiveInfo`: the smallest
//! offset whose liveness is told, a byte, then bitmaps of components, to which
//! `PCDATA_ArgLiveIndex` is the offset.

use super::error::{Part, Result, corrupt, truncated};
use super::flags::FuncData;
use super::func::Func;

/// `TraceArgsMaxLen`: 10 components, 5 levels.
const MAX_LEN: usize = (5 * 3 + 2) * 10 + 1;

/// One step of a traceback's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArgInfo {
    /// A component: where it is from the first argument on (in its spill space
    /// if it came in a register), and how many bytes it has.
    Slot { offset: u8, size: u8 },
    /// `{`
    StartAggregate,
    /// `}`
    EndAggregate,
    /// `...`: there is more, which is not printed.
    DotDotDot,
    /// `_`: a component too far away to be told.
    OffsetTooLarge,
}

/// Which components of the arguments are live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArgLiveInfo<'t> {
    /// Components before this offset are always live.
    pub start_offset: u8,
    /// From `start_offset`'s own byte on.
    data: &'t [u8],
}

impl<'t> Func<'t> {
    /// What a traceback prints of its arguments; `None` if it has none, or is
    /// of assembly that no Go file declares.
    ///
    /// # Errors
    ///
    /// If there is no module data, or the stream has no end.
    pub fn arg_info(&self) -> Result<Option<Vec<ArgInfo>>> {
        let Some((data, offset)) = self.data(FuncData::ArgInfo)? else { return Ok(None) };
        let mut bytes = data.data.iter().take(MAX_LEN).copied().enumerate();
        let mut out = Vec::new();
        while let Some((at, byte)) = bytes.next() {
            out.push(match byte {
                0xff => return Ok(Some(out)),
                0xfe => ArgInfo::StartAggregate,
                0xfd => ArgInfo::EndAggregate,
                0xfc => ArgInfo::DotDotDot,
                0xfb => ArgInfo::OffsetTooLarge,
                0xf0..=0xfa => return Err(corrupt(Part::FuncData, offset + at, "an unknown operator of arguments")),
                slot => match bytes.next() {
                    Some((_, size)) => ArgInfo::Slot { offset: slot, size },
                    None => break,
                },
            });
        }
        Err(truncated(Part::FuncData, offset))
    }

    /// Which components of its arguments are live where; `None` if all are
    /// everywhere.
    ///
    /// # Errors
    ///
    /// If there is no module data, or it is not in the functions' data.
    pub fn arg_live_info(&self) -> Result<Option<ArgLiveInfo<'t>>> {
        let Some((data, offset)) = self.data(FuncData::ArgLiveInfo)? else { return Ok(None) };
        let start_offset = data.u8(0).ok_or_else(|| truncated(Part::FuncData, offset))?;
        Ok(Some(ArgLiveInfo { start_offset, data: data.data }))
    }
}

impl ArgLiveInfo<'_> {
    /// Whether a component is live: the nth of those from `start_offset` on,
    /// where [`PcData::ArgLiveIndex`](super::PcData::ArgLiveIndex) has this
    /// value. `None` if the bitmap is not in the functions' data.
    #[must_use]
    pub fn is_live(&self, index: i32, slot: u8) -> Option<bool> {
        match usize::try_from(index) {
            // No bitmap: everything is live.
            Err(_) | Ok(0) => Some(true),
            Ok(at) => self.data.get(at.checked_add(usize::from(slot / 8))?).map(|b| b >> (slot % 8) & 1 == 1),
        }
    }
}
