//! Values that hold over ranges of pcs.
//!
//! `funcpctab` of `cmd/internal/obj/pcln.go` writes them, `step` of
//! `runtime/symtab.go` reads them: pairs of a difference to the value before
//! (zigzag, the first one to -1) and to the pc before (in the smallest steps of
//! a pc, the first one to the function's entry), as numbers of 7 bits a byte,
//! until a difference of the value that is 0. Each pair says which value holds
//! from the pc before to this one.

use super::bytes::Bytes;
use super::error::{Part, Result, corrupt, truncated};
use std::iter::FusedIterator;

/// What the runtime takes where a function has no such table.
pub const NO_VALUE: i32 = -1;

/// One function's table of one kind.
#[derive(Clone, Copy, Debug)]
pub struct PcTable<'t> {
    pub(super) pctab: Bytes<'t>,
    /// Where in there it begins; 0 where the function has none.
    pub(super) offset: u32,
    pub(super) quantum: u64,
    pub(super) entry: u64,
    /// The entry of the next function: no table goes further.
    pub(super) limit: u64,
}

/// A value, and from which pc to which it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PcRange {
    pub from: u64,
    /// The first pc behind.
    pub to: u64,
    pub value: i32,
}

impl<'t> PcTable<'t> {
    /// Whether the function has no such table: it has [`NO_VALUE`] everywhere.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.offset == 0
    }

    /// Its runs in order: without gaps, from the entry on, none empty. There
    /// are none if it is absent. The last one ends where the function's own
    /// instructions do: padding before the next function has no value. After an
    /// error there is nothing more.
    #[must_use]
    pub fn runs(&self) -> PcRanges<'t> {
        let state = if self.is_absent() { State::Done } else { State::First };
        PcRanges { table: *self, at: self.offset as usize, pc: self.entry, value: NO_VALUE, state, empty: 0 }
    }

    /// The table's bytes in the file, up to the end of its last run; none if it is absent.
    ///
    /// # Errors
    ///
    /// If the table is corrupt.
    pub fn encoded(&self) -> Result<&'t [u8]> {
        let mut runs = self.runs();
        for run in runs.by_ref() {
            run?;
        }
        let from = self.offset as usize;
        let len = if self.is_absent() { 0 } else { runs.at - from };
        self.pctab.slice(from, len).ok_or_else(|| truncated(Part::PcValues, from))
    }

    /// The value at a pc. `None` where the table does not reach it, or is
    /// absent.
    ///
    /// # Errors
    ///
    /// If the table is corrupt before that pc.
    pub fn at(&self, pc: u64) -> Result<Option<PcRange>> {
        for run in self.runs() {
            let run = run?;
            if pc < run.to {
                return Ok((run.from <= pc).then_some(run));
            }
        }
        Ok(None)
    }

    /// Where the last run ends, which is where the function's instructions end.
    /// `None` if the table is absent.
    ///
    /// # Errors
    ///
    /// If the table is corrupt.
    pub fn end(&self) -> Result<Option<u64>> {
        let mut end = None;
        for run in self.runs() {
            end = Some(run?.to);
        }
        Ok(end)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    First,
    Next,
    Done,
}

/// The runs of a [`PcTable`].
#[derive(Clone, Debug)]
pub struct PcRanges<'t> {
    table: PcTable<'t>,
    at: usize,
    pc: u64,
    value: i32,
    state: State,
    /// How many runs of no instructions there were.
    empty: u64,
}

impl PcRanges<'_> {
    /// One pair; `None` at the end.
    fn step(&mut self) -> Result<Option<PcRange>> {
        let pctab = &self.table.pctab;
        loop {
            let begin = self.at;
            let (value, n) = pctab.varint(begin).ok_or_else(|| truncated(Part::PcValues, begin))?;
            if value == 0 && self.state == State::Next {
                return Ok(None);
            }
            self.state = State::Next;
            let (steps, m) = pctab.varint(begin + n).ok_or_else(|| truncated(Part::PcValues, begin + n))?;
            self.at = begin + n + m;
            let difference = (value >> 1).cast_signed() ^ -(value & 1).cast_signed();
            self.value = self.value.wrapping_add(difference);
            let from = self.pc;
            if steps == 0 {
                // The compiler's last instruction may be none of the machine's, and have
                // a value of its own; and instructions may be written a byte at a time,
                // each less than the smallest step (math's assembly for s390x). There are
                // no more of them than bytes: a table of many more could keep us busy
                // again for each function.
                self.empty += 1;
                if self.empty > self.table.limit.saturating_sub(self.table.entry) {
                    return Err(corrupt(Part::PcValues, begin, "more runs of no instructions than there are bytes"));
                }
                continue;
            }
            // No overflow: 32 bits, times 4 at most.
            let to = from.saturating_add(u64::from(steps) * self.table.quantum);
            if to > self.table.limit {
                return Err(corrupt(Part::PcValues, begin, "a run goes on past the next function's entry"));
            }
            self.pc = to;
            return Ok(Some(PcRange { from, to, value: self.value }));
        }
    }
}

impl Iterator for PcRanges<'_> {
    type Item = Result<PcRange>;

    fn next(&mut self) -> Option<Result<PcRange>> {
        if self.state == State::Done {
            return None;
        }
        let step = self.step().transpose();
        if !matches!(step, Some(Ok(_))) {
            self.state = State::Done;
        }
        step
    }
}

impl FusedIterator for PcRanges<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::unwind::bytes::Form;

    #[test]
    fn there_are_no_more_empty_runs_than_bytes() {
        // So many runs of no instructions, and one of a byte, in a function of eight.
        let runs = |empty: usize| {
            let values = [vec![0], [2, 0].repeat(empty), vec![2, 1, 0]].concat();
            let form = Form { big_endian: false, word: 8 };
            let table = PcTable { pctab: form.of(&values), offset: 1, quantum: 1, entry: 16, limit: 24 };
            table.runs().collect::<Result<Vec<_>>>()
        };
        for empty in [0, 1, 8] {
            let value = i32::try_from(empty).unwrap();
            assert_eq!(runs(empty).unwrap(), [PcRange { from: 16, to: 17, value }], "{empty}");
        }
        let said = runs(9).unwrap_err().to_string();
        assert!(said.ends_with("more runs of no instructions than there are bytes"), "{said}");
    }
}
