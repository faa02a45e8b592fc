//! What is held in registers and memory at a stop: values where the model has
//! them, and what DWARF would show.

use super::decode::Decoder;
use super::facts::{BytesSeen, Sight, SlotSeen};
use super::memory::{Memory, Reader};
use super::plan::{Code, SlotAt, Watched};
use super::sight::{Early, Truth, early, sights};
use super::state::{Image, State};
use super::types::Ty;
use super::watch::Watch;
use crate::gdbremote::{Debuggee, Registers, RemoteError};
use goabi_cases::arch::Arch;
use goabi_cases::assignment::Slot;

/// Bytes of memory that are read at one stop, at most.
const MEMORY_PER_STOP: usize = 8 << 20;

struct Live<'a>(&'a mut Debuggee);

impl Memory for Live<'_> {
    fn read(&mut self, at: u64, len: usize) -> Result<Vec<u8>, String> {
        self.0.read(at, len).map_err(|e| match e {
            RemoteError::Refused { .. } => format!("there is no memory at {at:#x}"),
            other => other.to_string(),
        })
    }
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
    ) -> (Vec<Result<Image, String>>, Vec<SlotSeen>) {
        let prepared = self.prepared;
        let held = Held(registers, prepared.plan.arch);
        let mut live = Live(&mut self.debuggee);
        let mut reader = Reader::new(&prepared.constant, &mut live, MEMORY_PER_STOP);
        let mut images = Vec::new();
        let mut values = Vec::new();
        for slot in slots {
            let mut state = State {
                arch: prepared.plan.arch,
                registers: &held,
                memory: &mut reader,
                cfa: Err("not asked".to_string()),
            };
            let image = state.assigned(slot, area);
            values.push(match &image {
                Ok(image) => Decoder::new(&prepared.types, &mut reader).value(&Ty::Go(slot.ty.clone()), &image.bytes),
                Err(why) => Err(why.clone()),
            });
            images.push(image);
        }
        (images, values)
    }

    /// The bytes of some slots, if the plan asks for them.
    pub(super) fn kept(&self, images: &[Result<Image, String>]) -> Vec<BytesSeen> {
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
    ) -> Vec<(usize, Sight)> {
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
    ) -> (Vec<(usize, Sight)>, Vec<Early>) {
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
    ) -> T {
        let cfa = code.cfa(pc).map(|off| self.sp(registers).wrapping_add(off));
        let prepared = self.prepared;
        let held = Held(registers, prepared.plan.arch);
        let mut live = Live(&mut self.debuggee);
        let mut reader = Reader::new(&prepared.constant, &mut live, MEMORY_PER_STOP);
        ask(&mut State {
            arch: prepared.plan.arch,
            registers: &held,
            memory: &mut reader,
            cfa: cfa.ok_or_else(|| format!(".debug_frame has no row for {pc:#x}")),
        })
    }
}
