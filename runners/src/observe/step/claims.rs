//! What each way of unwinding says at a stop.

use super::facts::{Claim, Claims, Told};
use super::tables::{CfaAt, ReturnAt, Tables};
use super::walk::Machine;
use crate::gdbremote::{Registers, RemoteError};
use std::fmt::Display;

/// As far as it can be told from here.
pub(super) fn claims(
    machine: &mut Machine<'_>,
    tables: &Tables<'_>,
    pc: u64,
    registers: &Registers,
) -> Result<Claims, RemoteError> {
    let sp = machine.sp(registers);
    let word = machine.arch.word_size;
    let depth = tables.depth(pc);
    let link = machine.link_register(registers);
    let no_row = "the table does not reach the instruction";

    let pcsp = Claim {
        cfa: depth.map_or_else(
            || nothing(no_row),
            |depth| Told::Is(i64::from(depth).wrapping_add_unsigned(machine.pushed())),
        ),
        return_address: match (machine.has_link_register(), depth) {
            (true, _) => Told::Inapplicable,
            (false, None) => nothing(no_row),
            (false, Some(depth)) => machine.told(sp.wrapping_add_signed(depth.into()))?,
        },
    };
    // (*unwinder).resolveInternal of runtime/traceback.go: of the innermost frame
    // in memory if it has one, else in the link register.
    let runtime = match (machine.has_link_register(), depth) {
        (false, _) => None,
        (true, None) => Some(Claim { cfa: Told::Inapplicable, return_address: nothing(no_row) }),
        (true, Some(depth)) => {
            let return_address = if depth > 0 { machine.told(sp)? } else { register(link) };
            Some(Claim { cfa: Told::Inapplicable, return_address })
        }
    };
    let cfi = if tables.cfi.is_empty() { None } else { Some(by_cfi(machine, tables, pc, (sp, word), registers)?) };
    let frame_pointer = match tables.frame_pointer {
        None => None,
        Some(f) => Some(match machine.by_dwarf(f.dwarf, registers) {
            None => Claim { cfa: Told::Inapplicable, return_address: nothing("the stub does not tell the register") },
            Some(at) => Claim {
                cfa: f.cfa.map_or(Told::Inapplicable, |cfa| Told::Is(offset(at.wrapping_add_signed(cfa), sp, word))),
                return_address: machine.told(at.wrapping_add_signed(f.return_address))?,
            },
        }),
    };
    Ok(Claims { pcsp, runtime, cfi, frame_pointer })
}

fn by_cfi(
    machine: &mut Machine<'_>,
    tables: &Tables<'_>,
    pc: u64,
    (sp, word): (u64, u64),
    registers: &Registers,
) -> Result<Claim, RemoteError> {
    let Some(row) = tables.row(pc) else {
        let no = "no row is of the instruction";
        return Ok(Claim { cfa: nothing(no), return_address: nothing(no) });
    };
    let cfa = match row.cfa {
        CfaAt::Unknown(why) => Err(why.to_string()),
        CfaAt::Register(number, offset) => match machine.by_dwarf(number, registers) {
            Some(value) => Ok(value.wrapping_add_signed(offset)),
            None => Err(format!("the stub does not tell DWARF's register {number}")),
        },
    };
    let return_address = match (&row.return_address, &cfa) {
        (ReturnAt::Unknown(why), _) => nothing(why),
        (ReturnAt::Register(number), _) => register(machine.by_dwarf(*number, registers)),
        (ReturnAt::Memory(_), Err(why)) => nothing(why),
        (ReturnAt::Memory(offset), Ok(cfa)) => machine.told(cfa.wrapping_add_signed(*offset))?,
    };
    let cfa = cfa.map_or_else(nothing, |cfa| Told::Is(offset(cfa, sp, word)));
    Ok(Claim { cfa, return_address })
}

/// From SP to an address: of 32 bits where the machine has no more.
pub(super) fn offset(address: u64, sp: u64, word: u64) -> i64 {
    let difference = address.wrapping_sub(sp);
    if word == 4 { i64::from((difference as u32).cast_signed()) } else { difference.cast_signed() }
}

fn register(value: Option<u64>) -> Told<u64> {
    value.map_or_else(|| nothing("the stub does not tell the register"), Told::Is)
}

fn nothing<T>(why: impl Display) -> Told<T> {
    Told::Nothing(why.to_string())
}
