//! Behind the entry of the call that is watched: places of its body, its return,
//! and where its caller goes on.

use super::facts::{PlaceKind, PlaceSeen, Sight, UnitSeen};
use super::plan::{Code, SlotAt, Watched};
use super::sight::Sights;
use super::watch::{MAX_INNER, Watch};
use crate::gdbremote::{Registers, RemoteError};
use crate::observe::dwarf::Place;

impl<'a> Watch<'a, '_> {
    /// DWARF at a place behind the entry; `moved`: whether the stack was moved
    /// since, where its end is not known.
    pub(super) fn place(
        &mut self,
        f: usize,
        pc: u64,
        kind: PlaceKind,
        registers: &Registers,
        moved: bool,
        seen: &mut UnitSeen,
    ) -> Result<(), RemoteError> {
        let Some((watched, code)) = self.parts(f) else { return Ok(()) };
        let (_, end, _) = self.goroutine(registers)?;
        let Some(open) = self.open.get(&f) else { return Ok(()) };
        // The results are read where they are returned, and nothing moves since.
        let moved = moved || end != open.stack_end;
        let stale = |variable: usize| match watched.variables.get(variable).copied().flatten() {
            Some(SlotAt::Input(n)) => moved && watched.assignment.inputs.get(n).is_some_and(|s| s.ty.has_pointers()),
            Some(SlotAt::Result(_)) | None => false,
        };
        let (call, unseen) = (open.call, open.unseen);
        let truth = open.truth.clone();
        let whole = kind == PlaceKind::AfterPrologue;
        let stays = |at: SlotAt| match at {
            SlotAt::Input(i) => whole || !watched.changed.get(i).copied().unwrap_or(true),
            SlotAt::Result(_) => kind == PlaceKind::Return,
        };
        let variables = self.look(watched, code, &truth, pc, registers, &stays)?.into_iter();
        let mut variables: Sights = variables
            .map(|(variable, sight)| match sight {
                Sight::Other { .. } if unseen && lost(watched, code, variable, pc) => {
                    let why = "the body does not read it, and a prologue that is begun anew need not keep it";
                    (variable, Sight::Unknown(why.to_string()))
                }
                sight => (variable, sight.on_moved_stack(stale(variable))),
            })
            .collect();
        let Some(call) = seen.calls.get_mut(call) else { return Ok(()) };
        if let PlaceKind::Statement(_) = kind {
            let (settled, early) = self.early(watched, code, pc, registers)?;
            variables.extend(settled);
            let place = call.places.len();
            if let Some(open) = self.open.get_mut(&f) {
                open.early.extend(early.into_iter().map(|e| (place, end, e)));
            }
        }
        call.places.push(PlaceSeen { offset: pc - code.dwarf.low_pc, kind, variables });
        Ok(())
    }

    pub(super) fn at_return(
        &mut self,
        f: usize,
        watched: &'a Watched,
        code: &'a Code<'a>,
        pc: u64,
        registers: &mut Registers,
        seen: &mut UnitSeen,
    ) -> Result<bool, RemoteError> {
        let sp = self.sp(registers);
        let (g, end, _) = self.goroutine(registers)?;
        let pushed = self.pushed();
        // Without a goroutine it is not known where a stack was moved to, but
        // only the outermost call returns into the unit.
        let back = if g == 0 { self.return_address(sp, registers)? } else { None };
        let Some(open) = self.open.get_mut(&f) else { return Ok(false) };
        let at_entry = if g == 0 { sp } else { end.wrapping_sub(open.depth) };
        // Where the return instruction itself gives the frame back, the tables say so.
        let frame = code.cfa(pc).map(|off| sp.wrapping_add(off).wrapping_sub(pushed));
        let outermost = if g == 0 { back == open.back } else { sp == at_entry || frame == Some(at_entry) };
        if g != open.g || !outermost {
            return Ok(self.passed_over(f));
        }
        let moved = g == 0 && open.depth != 0u64.wrapping_sub(sp);
        let before = registers.clone();
        // What stands in a delay slot is done before the caller goes on.
        if self.arch().goarch.starts_with("mips") {
            self.debuggee.step_over(pc)?;
            *registers = self.debuggee.registers()?;
        }
        let area = at_entry.wrapping_add(pushed).wrapping_add(watched.assignment.min_frame_size);
        let (images, values) = self.slots(&watched.assignment.results, area, registers)?;
        let bytes = self.kept(&images);
        if let Some(open) = self.open.get_mut(&f) {
            open.truth.results = Some(images);
            if let Some(call) = seen.calls.get_mut(open.call) {
                for (place, then, early) in std::mem::take(&mut open.early) {
                    let number = watched.assignment.inputs.len() + early.at;
                    let solid = code.solid.get(number).map(Vec::as_slice).unwrap_or_default();
                    let points = watched.assignment.results.get(early.at).is_some_and(|s| s.ty.has_pointers());
                    let (variable, sight) = early.settle(&open.truth, solid, watched.sets_results);
                    if let Some(place) = call.places.get_mut(place) {
                        place.variables.push((variable, sight.on_moved_stack(points && (moved || then != end))));
                    }
                }
                call.at_return = Some(values);
                call.return_bytes = bytes;
            }
        }
        self.place(f, pc, PlaceKind::Return, &before, moved, seen)?;
        Ok(false)
    }

    pub(super) fn in_caller(
        &mut self,
        f: usize,
        watched: &'a Watched,
        registers: &mut Registers,
        seen: &mut UnitSeen,
    ) -> Result<bool, RemoteError> {
        let sp = self.sp(registers);
        let (g, end, _) = self.goroutine(registers)?;
        let pushed = self.pushed();
        let Some(open) = self.open.get(&f) else { return Ok(false) };
        let at_entry = end.wrapping_sub(open.depth);
        // Without a goroutine the stack may have moved; the address is the unit's own.
        if g != open.g || (g != 0 && sp != at_entry.wrapping_add(pushed)) {
            return Ok(self.passed_over(f));
        }
        let (call, given_up) = (open.call, open.inner >= MAX_INNER);
        let before = open.truth.results.clone();
        let area = sp.wrapping_add(watched.assignment.min_frame_size);
        let (images, values) = self.slots(&watched.assignment.results, area, registers)?;
        if let Some(call) = seen.calls.get_mut(call) {
            (call.returned, call.given_up) = (true, given_up);
            if before.is_none_or(|b| b != images) {
                call.in_caller = Some(values);
            }
        }
        self.open.remove(&f);
        Ok(false)
    }
}

/// Whether a variable may be gone from its registers where it is not seen that the
/// function is begun anew.
fn lost(watched: &Watched, code: &Code<'_>, variable: usize, pc: u64) -> bool {
    let Some(Some(SlotAt::Input(input))) = watched.variables.get(variable) else { return false };
    let pieces = code.dwarf.params.get(variable).and_then(|v| v.location.at(pc).ok()).unwrap_or_default();
    watched.loses().any(|n| n == *input) && pieces.iter().all(|p| matches!(p.place, Place::Register(_)))
}
