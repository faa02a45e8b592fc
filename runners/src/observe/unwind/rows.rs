//! Rows of call frame information: how to unwind at a pc.

use super::cfi::CfiEntry;
use super::error::{Result, UnwindError};
use crate::observe::dwarf::Slice;
use gimli::{Register, UnwindContext, UnwindTable, UnwindTableRow};
use std::iter::FusedIterator;

/// Room for the evaluation of rows, to be used again and again.
#[derive(Debug, Default)]
pub struct CfiContext(pub(super) Box<UnwindContext<usize>>);

/// How to unwind, and from which pc to which that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CfiRow<'s> {
    pub from: u64,
    pub to: u64,
    /// What the canonical frame address is: the caller's SP.
    pub cfa: CfaRule<'s>,
    /// Where the return address is.
    pub return_address: RegisterRule<'s>,
    /// Where the caller's frame pointer is, if its register was asked for.
    pub frame_pointer: RegisterRule<'s>,
}

/// What the canonical frame address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CfaRule<'s> {
    /// A register (DWARF number) and an offset.
    Register { register: u16, offset: i64 },
    /// A DWARF expression.
    Expression(&'s [u8]),
}

/// What a register was in the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterRule<'s> {
    /// Nothing is said of it.
    Unspecified,
    Undefined,
    /// What it is.
    SameValue,
    /// What is in memory at this offset from the CFA.
    Offset(i64),
    /// The CFA and this offset.
    ValOffset(i64),
    /// What another register (DWARF number) is.
    Register(u16),
    /// What is in memory where this DWARF expression says.
    Expression(&'s [u8]),
    /// What this DWARF expression says.
    ValExpression(&'s [u8]),
    /// This number.
    Constant(u64),
    /// By a rule of the machine's own.
    Architectural,
}

/// The rows of one entry. After an error there is nothing more.
#[derive(Debug)]
pub struct CfiRows<'c, 's> {
    table: Option<UnwindTable<'c, 'c, Slice<'s>>>,
    entry: CfiEntry,
    section: &'s [u8],
    ra: Register,
    fp: Option<Register>,
}

impl<'c, 's> CfiRows<'c, 's> {
    pub(super) fn new(
        table: UnwindTable<'c, 'c, Slice<'s>>,
        entry: CfiEntry,
        section: &'s [u8],
        ra: Register,
        fp: Option<u16>,
    ) -> CfiRows<'c, 's> {
        CfiRows { table: Some(table), entry, section, ra, fp: fp.map(Register) }
    }

    /// The DWARF number under which the rules have the return address.
    #[must_use]
    pub fn return_address_register(&self) -> u16 {
        self.ra.0
    }
}

impl<'s> Iterator for CfiRows<'_, 's> {
    type Item = Result<CfiRow<'s>>;

    fn next(&mut self) -> Option<Self::Item> {
        let table = self.table.as_mut()?;
        match table.next_row() {
            Ok(Some(row)) => Some(Ok(convert(row, self.section, self.ra, self.fp))),
            Ok(None) => {
                self.table = None;
                None
            }
            Err(source) => {
                self.table = None;
                let CfiEntry { section, offset, .. } = self.entry;
                Some(Err(UnwindError::Cfi { part: section.part(), offset: offset as u64, source }))
            }
        }
    }
}

impl FusedIterator for CfiRows<'_, '_> {}

fn convert<'s>(row: &UnwindTableRow<usize>, section: &'s [u8], ra: Register, fp: Option<Register>) -> CfiRow<'s> {
    let expression = |e: &gimli::UnwindExpression<usize>| {
        // It was read from there.
        let end = e.offset.saturating_add(e.length);
        section.get(e.offset..end).unwrap_or_default()
    };
    let rule = |register: Option<Register>| match register.and_then(|r| row.register(r)) {
        None => RegisterRule::Unspecified,
        Some(rule) => match rule {
            gimli::RegisterRule::Undefined => RegisterRule::Undefined,
            gimli::RegisterRule::SameValue => RegisterRule::SameValue,
            gimli::RegisterRule::Offset(offset) => RegisterRule::Offset(offset),
            gimli::RegisterRule::ValOffset(offset) => RegisterRule::ValOffset(offset),
            gimli::RegisterRule::Register(r) => RegisterRule::Register(r.0),
            gimli::RegisterRule::Expression(e) => RegisterRule::Expression(expression(&e)),
            gimli::RegisterRule::ValExpression(e) => RegisterRule::ValExpression(expression(&e)),
            gimli::RegisterRule::Constant(value) => RegisterRule::Constant(value),
            _ => RegisterRule::Architectural,
        },
    };
    let cfa = match row.cfa() {
        gimli::CfaRule::RegisterAndOffset { register, offset } => {
            CfaRule::Register { register: register.0, offset: *offset }
        }
        gimli::CfaRule::Expression(e) => CfaRule::Expression(expression(e)),
    };
    CfiRow {
        from: row.start_address(),
        to: row.end_address(),
        cfa,
        return_address: rule(Some(ra)),
        frame_pointer: rule(fp),
    }
}
