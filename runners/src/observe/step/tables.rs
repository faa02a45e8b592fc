//! A function as its binary describes it.

use super::delay_slot::delay_slots;
use super::reserved::reserved;
use crate::observe::disasm::starts;
use crate::observe::unwind::{
    Binary, CfaRule, Cfi, CfiContext, FramePointer, Func, FuncFlags, PcRange, RegisterRule, UnwindError,
};
use std::collections::BTreeMap;

/// DWARF expressions are not evaluated: Go writes none.
const EXPRESSION: &str = "it is a DWARF expression";

/// All that is asked at each stop.
pub(super) struct Tables<'a> {
    pub(super) name: &'a str,
    pub(super) entry: u64,
    /// Where its instructions end.
    pub(super) end: u64,
    /// Where each of its instructions begins.
    starts: Vec<u64>,
    /// Of these, where no program is ever seen to be.
    delay_slots: Vec<u64>,
    reserved: BTreeMap<u64, Vec<u64>>,
    pcsp: Vec<PcRange>,
    pub(super) cfi: Vec<Row>,
    pub(super) frame_pointer: Option<FramePointer>,
    /// Where it goes on after a recovered panic.
    pub(super) deferreturn: Option<u64>,
    /// Whether the goroutine may be elsewhere than in its register.
    pub(super) assembly: bool,
}

/// A row of call frame information.
pub(super) struct Row {
    from: u64,
    to: u64,
    pub(super) cfa: CfaAt,
    pub(super) return_address: ReturnAt,
}

/// Where the canonical frame address is.
pub(super) enum CfaAt {
    /// At an offset from a register (DWARF number).
    Register(u16, i64),
    Unknown(&'static str),
}

/// Where the return address is.
pub(super) enum ReturnAt {
    /// In memory, at an offset from the canonical frame address.
    Memory(i64),
    /// In a register (DWARF number).
    Register(u16),
    Unknown(&'static str),
}

impl<'a> Tables<'a> {
    pub(super) fn of(
        binary: &Binary<'_>,
        cfi: &Cfi<'_>,
        func: &Func<'a>,
        goarch: &str,
    ) -> Result<Tables<'a>, UnwindError> {
        let end = func.pcline().end()?.or(func.pcsp().end()?).unwrap_or(func.limit());
        let code = binary.code(func.entry(), end).unwrap_or_default();
        let starts = starts(goarch, code).unwrap_or_default();
        let mut rows = Vec::new();
        if let Some(entry) = cfi.entry_at(func.entry()) {
            let mut context = CfiContext::default();
            let all = cfi.rows(entry, None, &mut context)?;
            let column = all.return_address_register();
            for row in all {
                let row = row?;
                let cfa = match row.cfa {
                    CfaRule::Register { register, offset } => CfaAt::Register(register, offset),
                    CfaRule::Expression(_) => CfaAt::Unknown(EXPRESSION),
                };
                let return_address = match row.return_address {
                    RegisterRule::Offset(offset) => ReturnAt::Memory(offset),
                    RegisterRule::Register(register) => ReturnAt::Register(register),
                    RegisterRule::SameValue => ReturnAt::Register(column),
                    RegisterRule::Undefined => ReturnAt::Unknown("it says that nothing called the function"),
                    RegisterRule::Unspecified => ReturnAt::Unknown("it does not say where the return address is"),
                    RegisterRule::Expression(_) | RegisterRule::ValExpression(_) => ReturnAt::Unknown(EXPRESSION),
                    RegisterRule::ValOffset(_) | RegisterRule::Constant(_) | RegisterRule::Architectural => {
                        ReturnAt::Unknown("its rule is none for a return address")
                    }
                };
                rows.push(Row { from: row.from, to: row.to, cfa, return_address });
            }
        }
        Ok(Tables {
            name: func.name()?,
            entry: func.entry(),
            end,
            delay_slots: delay_slots(goarch, binary.is_big_endian(), code).iter().map(|at| func.entry() + at).collect(),
            reserved: reserved(goarch, binary.is_big_endian(), code),
            starts: starts.into_iter().map(|at| func.entry() + at).collect(),
            pcsp: func.pcsp().runs().collect::<Result<_, _>>()?,
            cfi: rows,
            frame_pointer: FramePointer::of(goarch),
            deferreturn: func.deferreturn(),
            assembly: func.flags().contains(FuncFlags::ASM),
        })
    }

    pub(super) fn contains(&self, pc: u64) -> bool {
        (self.entry..self.end).contains(&pc)
    }

    /// How far SP is below its value at the entry, by the runtime's table.
    pub(super) fn depth(&self, pc: u64) -> Option<i32> {
        let n = self.pcsp.partition_point(|r| r.to <= pc);
        self.pcsp.get(n).filter(|r| r.from <= pc).map(|r| r.value)
    }

    pub(super) fn row(&self, pc: u64) -> Option<&Row> {
        self.cfi.iter().find(|r| (r.from..r.to).contains(&pc))
    }

    /// Whether the jump before the instruction is not done before it is.
    pub(super) fn in_delay_slot(&self, pc: u64) -> bool {
        self.delay_slots.binary_search(&pc).is_ok()
    }

    /// Instructions at which a program may be stopped, and goes on unharmed.
    pub(super) fn stoppable(&self) -> impl Iterator<Item = u64> {
        let inside = |pc: u64| {
            let of = |(from, ends): (&u64, &Vec<u64>)| {
                let behind = ends.first().copied().unwrap_or(*from);
                (self.entry + from + 1..self.entry + behind).contains(&pc)
            };
            self.reserved.iter().any(of)
        };
        self.starts.iter().copied().filter(move |pc| !self.in_delay_slot(*pc) && !inside(*pc))
    }

    /// Where execution may come to from the instruction, if it and some behind it
    /// must be executed at once.
    pub(super) fn at_once(&self, pc: u64) -> Option<impl Iterator<Item = u64>> {
        let ends = self.reserved.get(&pc.checked_sub(self.entry)?)?;
        Some(ends.iter().map(|end| self.entry.wrapping_add(*end)))
    }

    /// Where a call at this pc returns to: behind it and its delay slot.
    pub(super) fn behind(&self, pc: u64) -> Option<u64> {
        let n = self.starts.partition_point(|at| *at <= pc);
        let mut behind = self.starts.get(n..)?.iter().copied();
        behind.find(|at| !self.in_delay_slot(*at))
    }
}
