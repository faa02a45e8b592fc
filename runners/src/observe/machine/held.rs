//! What is held in registers and memory at a stop: values where the model has
//! them, and what DWARF would show.

use super::decode::Decoder;
use super::facts::{BytesSeen, SlotSeen};
use super::limits::{MEMORY, Unread};
use super::memory::{Constant, Memory, Reader};
use super::plan::{Code, SlotAt, Watched};
use super::sight::{Early, Sights, Truth, early, sights};
use super::state::{ImageSeen, State};
use super::types::Ty;
use super::watch::Watch;
use crate::gdbremote::{Registers, RemoteError};
use goabi_cases::arch::Arch;
use goabi_cases::assignment::Slot;

type Read<'a> = &'a mut dyn FnMut(u64, usize) -> Result<Vec<u8>, RemoteError>;

/// Memory behind a debug stub. That it has none somewhere is a fact about the
/// program; whatever else fails is the debugger's side, and none.
struct Live<'a> {
    read: Read<'a>,
    failed: Option<RemoteError>,
}

impl Memory for Live<'_> {
    fn read(&mut self, at: u64, len: usize) -> Result<Vec<u8>, Unread> {
        if let Some(e) = &self.failed {
            return Err(e.to_string().into());
        }
        (self.read)(at, len).map_err(|e| match e {
            RemoteError::Refused { .. } => format!("there is no memory at {at:#x}").into(),
            other => {
                let why = other.to_string();
                self.failed = Some(other);
                why.into()
            }
        })
    }
}

/// Lets something be read at one stop. Where the debugger's side failed in the
/// middle of it there is no answer.
fn read_at_stop<T>(
    read: Read<'_>,
    constant: &Constant<'_>,
    ask: impl FnOnce(&mut Reader<'_, '_>) -> T,
) -> Result<T, RemoteError> {
    let mut live = Live { read, failed: None };
    let answer = ask(&mut Reader::new(constant, &mut live, MEMORY));
    live.failed.map_or(Ok(answer), Err)
}

pub(super) struct Held<'a>(pub &'a Registers, pub &'a Arch);

impl super::state::Registers for Held<'_> {
    fn register(&self, dwarf: u16) -> Option<&[u8]> {
        self.1.debug_registers.get(dwarf)?.names.iter().find_map(|name| self.0.bytes(name))
    }
}

impl<'a> Watch<'a, '_> {
    /// Slots by the model: their bytes, and the values that these stand for.
    pub(super) fn slots(
        &mut self,
        slots: &'a [Slot],
        area: u64,
        registers: &Registers,
    ) -> Result<(Vec<ImageSeen>, Vec<SlotSeen>), RemoteError> {
        let prepared = self.prepared;
        let held = Held(registers, prepared.plan.arch);
        let debuggee = &mut self.debuggee;
        read_at_stop(&mut |at, len| debuggee.read(at, len), &prepared.constant, |reader| {
            let mut images = Vec::new();
            let mut values = Vec::new();
            for slot in slots {
                reader.next_value();
                let mut state = State {
                    arch: prepared.plan.arch,
                    registers: &held,
                    memory: reader,
                    cfa: Err("not asked".to_string()),
                };
                let image = state.assigned(slot, area);
                values.push(match &image {
                    Ok(image) => Decoder::new(&prepared.types, reader).value(&Ty::Go(slot.ty.clone()), &image.bytes),
                    Err(why) => Err(why.clone()),
                });
                images.push(image);
            }
            (images, values)
        })
    }

    /// The bytes of some slots, if the plan asks for them.
    pub(super) fn kept(&self, images: &[ImageSeen]) -> Vec<BytesSeen> {
        if !self.prepared.plan.bytes {
            return vec![];
        }
        images.iter().map(|i| i.as_ref().map(|i| i.bytes.clone()).map_err(Clone::clone)).collect()
    }

    pub(super) fn look(
        &mut self,
        watched: &Watched,
        code: &Code<'_>,
        truth: &Truth,
        pc: u64,
        registers: &Registers,
        wanted: &dyn Fn(SlotAt) -> bool,
    ) -> Result<Sights, RemoteError> {
        let types = &self.prepared.types;
        self.standing(code, pc, registers, |state| sights(state, types, watched, code, truth, pc, wanted))
    }

    /// The results before the function returns.
    pub(super) fn early(
        &mut self,
        watched: &Watched,
        code: &Code<'_>,
        pc: u64,
        registers: &Registers,
    ) -> Result<(Sights, Vec<Early>), RemoteError> {
        let types = &self.prepared.types;
        self.standing(code, pc, registers, |state| early(state, types, watched, code, pc))
    }

    /// Asks something of the machine as it stands at an instruction.
    fn standing<T>(
        &mut self,
        code: &Code<'_>,
        pc: u64,
        registers: &Registers,
        ask: impl FnOnce(&mut State<'_, '_, '_, '_>) -> T,
    ) -> Result<T, RemoteError> {
        let cfa = code.cfa(pc).map(|off| self.sp(registers).wrapping_add(off));
        let prepared = self.prepared;
        let held = Held(registers, prepared.plan.arch);
        let debuggee = &mut self.debuggee;
        read_at_stop(&mut |at, len| debuggee.read(at, len), &prepared.constant, |memory| {
            ask(&mut State {
                arch: prepared.plan.arch,
                registers: &held,
                memory,
                cfa: cfa.ok_or_else(|| format!(".debug_frame has no row for {pc:#x}")),
            })
        })
    }
}

#[cfg(test)]
#[path = "held_tests.rs"]
mod tests;
