//! Whose frame it is: the canonical frame address and the return address, known
//! since the function's entry, on a stack that the runtime may move meanwhile.

use super::claims::offset;
use super::walk::Machine;
use crate::gdbremote::{Registers, RemoteError};

/// The activation that is watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Truth {
    /// SP before the call.
    pub(super) cfa: u64,
    pub(super) return_address: u64,
    /// `None` where no register has the goroutine.
    goroutine: Option<Goroutine>,
    /// SP at the entry.
    at_entry: u64,
}

/// A goroutine and where its stack ends.
#[derive(Clone, Copy, Debug)]
struct Goroutine {
    g: u64,
    end: u64,
}

/// A place at which execution may come back to the activation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Landing {
    pub(super) pc: u64,
    /// From SP there to the canonical frame address.
    pub(super) below: i64,
}

impl Truth {
    /// At the function's first instruction.
    pub(super) fn at_entry(
        machine: &mut Machine<'_>,
        assembly: bool,
        registers: &Registers,
    ) -> Result<Truth, RemoteError> {
        let sp = machine.sp(registers);
        let return_address =
            if machine.has_link_register() { machine.link_register(registers) } else { machine.word(sp)? };
        let return_address = return_address
            .ok_or_else(|| RemoteError::Unsupported("the stub does not tell the return address".to_string()))?;
        // Assembly for ABI0 may have anything in that register of amd64's.
        let goroutine = if assembly && !machine.has_link_register() { None } else { goroutine(machine, registers)? };
        Ok(Truth { cfa: sp.wrapping_add(machine.pushed()), return_address, goroutine, at_entry: sp })
    }

    /// From SP to the canonical frame address.
    pub(super) fn below(&self, machine: &Machine<'_>, sp: u64) -> i64 {
        offset(self.cfa, sp, machine.arch.word_size)
    }

    /// Whether, at the first instruction, this is the activation's own beginning
    /// (after its stack was grown, or in a loop), and no call of the function by
    /// itself.
    pub(super) fn begins(&self, sp: u64) -> bool {
        sp == self.at_entry
    }

    /// Whether execution came back to the activation at a landing, and not to
    /// one below it or on another goroutine. The stack may have been moved: then
    /// the truth moves with it.
    pub(super) fn lands(
        &mut self,
        machine: &mut Machine<'_>,
        landing: &Landing,
        registers: &Registers,
    ) -> Result<bool, RemoteError> {
        let sp = machine.sp(registers);
        let cfa = match self.goroutine {
            Some(before) => match goroutine(machine, registers)? {
                Some(now) if now.g == before.g => {
                    let cfa = now.end.wrapping_sub(before.end.wrapping_sub(self.cfa));
                    if offset(cfa, sp, machine.arch.word_size) != landing.below {
                        return Ok(false);
                    }
                    self.goroutine = Some(now);
                    cfa
                }
                Some(_) | None => return Ok(false),
            },
            None if self.below(machine, sp) == landing.below => self.cfa,
            // Without a goroutine: a call keeps SP, so that the frame is where it
            // was from SP on, if the return address is there.
            None if machine.has_link_register() => return Ok(false),
            None => {
                let cfa = sp.wrapping_add_signed(landing.below);
                if machine.word(cfa.wrapping_sub(machine.pushed()))? != Some(self.return_address) {
                    return Ok(false);
                }
                cfa
            }
        };
        self.at_entry = self.at_entry.wrapping_add(cfa).wrapping_sub(self.cfa);
        self.cfa = cfa;
        Ok(true)
    }
}

/// The goroutine, if what is in its register is one: SP is on its stack.
fn goroutine(machine: &mut Machine<'_>, registers: &Registers) -> Result<Option<Goroutine>, RemoteError> {
    let Some(g) = machine.g(registers).filter(|g| *g != 0) else { return Ok(None) };
    // runtime.g begins with stack.lo and stack.hi.
    let (Some(begin), Some(end)) = (machine.word(g)?, machine.word(g.wrapping_add(machine.arch.word_size))?) else {
        return Ok(None);
    };
    let sp = machine.sp(registers);
    Ok((begin < sp && sp <= end).then_some(Goroutine { g, end }))
}
