//! Which words of the stack hold pointers.
//!
//! `stackmap` of `runtime/symtab.go`: how many bitmaps and how many bits each
//! has (32 bits each), then the bitmaps, each from a whole byte on.
//! `PCDATA_StackMapIndex` says which one holds; where it is -1, the runtime
//! takes the first one at the function's entry. A bit is a word: of the
//! arguments from the first one on, of the locals up to `varp`.

use super::error::{Part, Result, corrupt, truncated};
use super::flags::FuncData;
use super::func::Func;

/// Pointer maps of a function's arguments or locals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackMap<'t> {
    n: u32,
    nbit: u32,
    bits: &'t [u8],
}

/// One of its bitmaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bitmap<'t> {
    nbit: u32,
    bits: &'t [u8],
}

impl<'t> Func<'t> {
    /// The pointer maps of its arguments and results.
    ///
    /// # Errors
    ///
    /// If there is no module data, or they are not in the functions' data.
    pub fn args_pointer_maps(&self) -> Result<Option<StackMap<'t>>> {
        self.stack_map(FuncData::ArgsPointerMaps)
    }

    /// The pointer maps of its locals.
    ///
    /// # Errors
    ///
    /// As [`Func::args_pointer_maps`].
    pub fn locals_pointer_maps(&self) -> Result<Option<StackMap<'t>>> {
        self.stack_map(FuncData::LocalsPointerMaps)
    }

    fn stack_map(&self, kind: FuncData) -> Result<Option<StackMap<'t>>> {
        let Some((data, offset)) = self.data(kind)? else { return Ok(None) };
        let short = || truncated(Part::FuncData, offset);
        let (n, nbit) = (data.i32(0).ok_or_else(short)?, data.i32(4).ok_or_else(short)?);
        let (Ok(n), Ok(nbit)) = (u32::try_from(n), u32::try_from(nbit)) else {
            return Err(corrupt(Part::FuncData, offset, "a stack map has less than no bits"));
        };
        let len = (n as usize).checked_mul(nbit.div_ceil(8) as usize).ok_or_else(short)?;
        let bits = data.slice(8, len).ok_or_else(short)?;
        Ok(Some(StackMap { n, nbit, bits }))
    }
}

impl<'t> StackMap<'t> {
    /// How many bitmaps there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.n
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// How many bits, that is words, each has.
    #[must_use]
    pub fn nbit(&self) -> u32 {
        self.nbit
    }

    /// One of the bitmaps.
    #[must_use]
    pub fn get(&self, n: u32) -> Option<Bitmap<'t>> {
        let len = self.nbit.div_ceil(8) as usize;
        let at = (n < self.n).then(|| n as usize * len)?;
        Some(Bitmap { nbit: self.nbit, bits: self.bits.get(at..at + len)? })
    }
}

impl Bitmap<'_> {
    /// Whether a word holds a pointer; `None` behind the last one.
    #[must_use]
    pub fn bit(&self, n: u32) -> Option<bool> {
        let byte = self.bits.get(n as usize / 8)?;
        (n < self.nbit).then_some(byte >> (n % 8) & 1 == 1)
    }

    /// All words in order.
    pub fn bits(&self) -> impl Iterator<Item = bool> {
        (0..self.nbit).map_while(|n| self.bit(n))
    }
}
