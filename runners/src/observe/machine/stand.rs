//! Where the machine stands: on which goroutine, how deep in its stack, and
//! whether in the call that is watched.

use super::held::Held;
use super::plan::Code;
use super::state::Registers as _;
use super::types::number;
use super::watch::{MAX_INNER, Watch};
use crate::gdbremote::{Registers, RemoteError};
use goabi_cases::arch::Reg;

impl Watch<'_, '_> {
    pub(super) fn sp(&self, registers: &Registers) -> u64 {
        self.role(Some(&self.arch().roles.stack_pointer), registers).unwrap_or(0)
    }

    /// What a register with a role holds.
    pub(super) fn role(&self, reg: Option<&Reg>, registers: &Registers) -> Option<u64> {
        let held = Held(registers, self.arch());
        Some(number(held.register(reg?.dwarf?)?, self.arch().byte_order))
    }

    /// Bytes that the call itself pushed.
    pub(super) fn pushed(&self) -> u64 {
        if self.arch().roles.link_register.is_none() { self.arch().word_size } else { 0 }
    }

    /// The goroutine, the end of its stack and the guard that prologues compare
    /// the stack pointer with; zeros on a port that keeps the goroutine in
    /// thread-local storage only.
    pub(super) fn goroutine(&mut self, registers: &Registers) -> Result<(u64, u64, u64), RemoteError> {
        let arch = self.arch();
        let Some(g) = self.role(arch.roles.g.as_ref(), registers).filter(|g| *g != 0) else {
            return Ok((0, 0, 0));
        };
        let word = usize::try_from(arch.word_size).unwrap_or(8);
        // runtime.g begins with stack.lo, stack.hi and stackguard0.
        match self.debuggee.read(g.wrapping_add(arch.word_size), 2 * word) {
            Ok(b) => {
                let (end, guard) = b.split_at(word.min(b.len()));
                Ok((g, number(end, arch.byte_order), number(guard, arch.byte_order)))
            }
            // No goroutine is where there is no memory.
            Err(RemoteError::Refused { .. }) => Ok((0, 0, 0)),
            Err(e) => Err(e),
        }
    }

    /// Whether the machine stands in the frame of the call that is watched, and
    /// not in that of a call below it or of another goroutine.
    pub(super) fn in_outermost(
        &mut self,
        f: usize,
        code: &Code<'_>,
        registers: &Registers,
    ) -> Result<bool, RemoteError> {
        let sp = self.sp(registers);
        let (g, end, _) = self.goroutine(registers)?;
        let Some(open) = self.open.get(&f) else { return Ok(false) };
        // Where the stack pointer is within its frame is not asked: of that the
        // tables speak, which may be wrong.
        Ok(g == open.g && end.wrapping_sub(open.depth).wrapping_sub(sp) <= code.frame())
    }

    /// Counts a stop within an inner call; whether the breakpoint stays.
    pub(super) fn passed_over(&mut self, f: usize) -> bool {
        let Some(open) = self.open.get_mut(&f) else { return false };
        open.inner += 1;
        open.inner < MAX_INNER
    }

    pub(super) fn return_address(&mut self, sp: u64, registers: &Registers) -> Result<Option<u64>, RemoteError> {
        let arch = self.arch();
        if arch.roles.link_register.is_some() {
            return Ok(self.role(arch.roles.link_register.as_ref(), registers));
        }
        let word = usize::try_from(arch.word_size).unwrap_or(8);
        Ok(Some(number(&self.debuggee.read(sp, word)?, arch.byte_order)))
    }
}
