//! Watching one process: from stop to stop, until the program ends.
//!
//! A unit's breakpoints are set when it begins and taken away when the next one
//! does, so that few are set at a time. Each but the entry's is hit once: what
//! recursion does below the call under test is not asked for.

use super::facts::{CallSeen, EntrySeen, MachineFacts, PlaceKind, UnitSeen};
use super::plan::{Code, Prepared, SlotAt, Watched};
use super::sight::{Early, Truth};
use super::types::number;
use crate::gdbremote::{Debuggee, Registers, RemoteError, Stop};
use goabi_cases::arch::Arch;
use std::collections::BTreeMap;

/// Returns of inner calls that are passed over, at most: each costs a stop.
pub(super) const MAX_INNER: u32 = 2_000;

/// Bytes by which a stack must be larger than a frame for sure not to be grown:
/// more than `StackSmall` and `StackBig` of `internal/abi/stack.go` together.
const SLACK: u64 = 8 << 10;

/// The signal of a breakpoint.
const SIGTRAP: u8 = 5;

/// Why to stop at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    Entry(usize),
    AfterPrologue(usize),
    Statement(usize, u64),
    Return(usize),
    Caller(usize),
}

impl Point {
    fn function(self) -> usize {
        match self {
            Point::Entry(f)
            | Point::AfterPrologue(f)
            | Point::Statement(f, _)
            | Point::Return(f)
            | Point::Caller(f) => f,
        }
    }
}

/// The call of a function under test that is being watched.
pub(super) struct Open {
    /// Index into the unit's calls.
    pub call: usize,
    /// The goroutine, where the port has it in a register.
    pub g: u64,
    /// Bytes from the stack pointer at entry to the end of the goroutine's
    /// stack: the same wherever the runtime moves the stack to. Without a
    /// goroutine, counted down from 0.
    pub depth: u64,
    /// The end of the stack when the inputs were read.
    pub stack_end: u64,
    pub truth: Truth,
    /// What results showed at statements: at which of the call's places, and
    /// where the stack ended then.
    pub early: Vec<(usize, u64, Early)>,
    /// Whether execution came past the prologue.
    begun: bool,
    /// Whether it may have been begun anew without being seen.
    pub unseen: bool,
    pub inner: u32,
    /// Where it returns to, in the code of its unit, which nothing else does.
    pub back: Option<u64>,
}

/// One process and what is known of it.
pub(super) struct Watch<'a, 'd> {
    pub(super) prepared: &'a Prepared<'a, 'd>,
    pub(super) debuggee: Debuggee,
    points: BTreeMap<u64, Vec<Point>>,
    pub(super) open: BTreeMap<usize, Open>,
    /// The floating-point registers that the unit's functions may use.
    floats: Vec<String>,
    /// The unit that runs.
    pub(super) unit: Option<u32>,
    pub(super) stops: u64,
}

/// How a process ended.
pub(super) enum Finish {
    Exited(u8),
    Killed(u8),
}

impl<'a, 'd> Watch<'a, 'd> {
    pub(super) fn new(prepared: &'a Prepared<'a, 'd>, debuggee: Debuggee) -> Self {
        Watch {
            prepared,
            debuggee,
            points: BTreeMap::new(),
            open: BTreeMap::new(),
            floats: vec![],
            unit: None,
            stops: 0,
        }
    }

    pub(super) fn arch(&self) -> &'a Arch {
        self.prepared.plan.arch
    }

    /// Follows the program to its end.
    pub(super) fn run(&mut self, facts: &mut MachineFacts) -> Result<Finish, RemoteError> {
        self.debuggee.insert(self.prepared.begin[0])?;
        let mut stop = self.debuggee.resume()?;
        loop {
            stop = match stop {
                Stop::Exited(status) => return Ok(Finish::Exited(status)),
                Stop::Killed(signal) => return Ok(Finish::Killed(signal)),
                Stop::Signal { signal: SIGTRAP, .. } => {
                    self.stops += 1;
                    self.trap(facts)?
                }
                Stop::Signal { signal, .. } => self.debuggee.resume_with_signal(signal)?,
            };
        }
    }

    /// A stop of our own, unless the program made it.
    fn trap(&mut self, facts: &mut MachineFacts) -> Result<Stop, RemoteError> {
        let floats: Vec<&str> = self.floats.iter().map(String::as_str).collect();
        let mut registers = self.debuggee.registers_and(&floats)?;
        let pc = registers.unsigned(&self.arch().program_counter);
        let pc = pc.ok_or_else(|| RemoteError::Unsupported("the stub does not tell the program counter".into()))?;
        let [even, odd] = self.prepared.begin;
        if pc == even || pc == odd {
            self.begin(facts)?;
            self.debuggee.remove(pc)?;
            self.debuggee.insert(if pc == even { odd } else { even })?;
            return self.debuggee.resume();
        }
        let Some(points) = self.points.get(&pc).cloned() else {
            return self.debuggee.resume_with_signal(SIGTRAP);
        };
        for point in points {
            if !self.at(point, pc, &mut registers, facts)? {
                self.drop_point(pc, point);
            }
        }
        if !self.points.contains_key(&pc) {
            self.debuggee.remove(pc)?;
        } else {
            match self.debuggee.step_over(pc)? {
                Stop::Signal { signal: SIGTRAP, .. } => {}
                // A signal of the program's, or its end.
                other => return Ok(other),
            }
        }
        self.debuggee.resume()
    }

    fn drop_point(&mut self, pc: u64, point: Point) {
        if let Some(list) = self.points.get_mut(&pc) {
            list.retain(|p| *p != point);
            if list.is_empty() {
                self.points.remove(&pc);
            }
        }
    }

    fn set(&mut self, at: u64, point: Point) -> Result<(), RemoteError> {
        let list = self.points.entry(at).or_default();
        if list.is_empty() {
            self.debuggee.insert(at)?;
        }
        if !list.contains(&point) {
            list.push(point);
        }
        Ok(())
    }

    /// A unit begins: the breakpoints of the last one go, its own come.
    fn begin(&mut self, facts: &mut MachineFacts) -> Result<(), RemoteError> {
        for at in std::mem::take(&mut self.points).into_keys() {
            self.debuggee.remove(at)?;
        }
        self.open.clear();
        let word = usize::try_from(self.arch().word_size).unwrap_or(8);
        let bytes = self.debuggee.read(self.prepared.running, word)?;
        let unit = u32::try_from(number(&bytes, self.arch().byte_order)).unwrap_or(u32::MAX);
        self.unit = Some(unit);
        self.debuggee.renew();
        facts.units.insert(unit, UnitSeen::default());
        let plan = self.prepared.plan;
        let functions = usize::try_from(unit).ok().and_then(|n| plan.units.get(n));
        self.floats.clear();
        for f in functions.into_iter().flatten() {
            if let Some(Some(code)) = self.prepared.functions.get(*f) {
                self.floats.extend_from_slice(&code.floats);
                self.set(code.dwarf.low_pc, Point::Entry(*f))?;
            }
        }
        Ok(())
    }

    pub(super) fn parts(&self, f: usize) -> Option<(&'a Watched, &'a Code<'a>)> {
        let code = self.prepared.functions.get(f)?.as_ref()?;
        Some((self.prepared.plan.functions.get(f)?, code))
    }

    /// Handles one reason for a stop; whether the breakpoint stays for it.
    fn at(
        &mut self,
        point: Point,
        pc: u64,
        registers: &mut Registers,
        facts: &mut MachineFacts,
    ) -> Result<bool, RemoteError> {
        let f = point.function();
        let (Some((watched, code)), Some(unit)) = (self.parts(f), self.unit) else { return Ok(false) };
        let Some(seen) = facts.units.get_mut(&unit) else { return Ok(false) };
        match point {
            Point::Entry(_) => self.entry(f, watched, code, registers, seen),
            Point::AfterPrologue(_) | Point::Statement(..) if !self.in_outermost(f, code, registers)? => {
                Ok(self.passed_over(f))
            }
            Point::AfterPrologue(_) => {
                self.place(f, pc, PlaceKind::AfterPrologue, registers, false, seen)?;
                if let Some(open) = self.open.get_mut(&f) {
                    open.begun = true;
                }
                self.forget(code.dwarf.low_pc, Point::Entry(f))?;
                Ok(false)
            }
            Point::Statement(_, line) => {
                // The code that grows the stack comes before the prologue, whatever
                // its address: the line table gives it the function's own line,
                // the location lists the places of the body.
                if (code.lines.prologue_end.is_some() || !code.is_in_body(pc))
                    && self.open.get(&f).is_some_and(|o| !o.begun)
                {
                    return Ok(true);
                }
                if let Some(open) = self.open.get_mut(&f) {
                    open.begun = true;
                }
                self.forget(code.dwarf.low_pc, Point::Entry(f))?;
                self.place(f, pc, PlaceKind::Statement(line), registers, false, seen)?;
                Ok(false)
            }
            Point::Return(_) => self.at_return(f, watched, code, pc, registers, seen),
            Point::Caller(_) => self.in_caller(f, watched, registers, seen),
        }
    }

    /// Where the argument area of a function begins that is entered with that
    /// stack pointer.
    fn area(&self, sp: u64, watched: &Watched) -> u64 {
        sp.wrapping_add(self.pushed()).wrapping_add(watched.assignment.min_frame_size)
    }

    /// Whether the unit that runs is looked at at each statement.
    fn at_statements(&self) -> bool {
        let unit = self.unit.and_then(|u| usize::try_from(u).ok());
        unit.and_then(|u| self.prepared.plan.statements.get(u)).copied().unwrap_or(false)
    }

    fn forget(&mut self, at: u64, point: Point) -> Result<(), RemoteError> {
        let had = self.points.contains_key(&at);
        self.drop_point(at, point);
        if had && !self.points.contains_key(&at) {
            self.debuggee.remove(at)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        f: usize,
        watched: &'a Watched,
        code: &'a Code<'a>,
        registers: &mut Registers,
        seen: &mut UnitSeen,
    ) -> Result<bool, RemoteError> {
        let sp = self.sp(registers);
        let (g, end, guard) = self.goroutine(registers)?;
        let depth = end.wrapping_sub(sp);
        match self.open.get(&f) {
            // Begun anew where it stood, because its time was up: how often that
            // happens is chance, and no part of what is seen.
            Some(open) if open.g == g && !open.begun && open.depth == depth && open.stack_end == end => {
                let (inputs, _) = self.slots(&watched.assignment.inputs, self.area(sp, watched), registers)?;
                if let Some(open) = self.open.get_mut(&f) {
                    open.truth.begin_anew(inputs, watched);
                }
                return Ok(true);
            }
            // Begun anew, on a larger stack.
            Some(open) if open.g == g && !open.begun && (open.depth == depth || g == 0) => {}
            // Another goroutine's, while the watched one may still be begun anew.
            Some(open) if !open.begun => {
                let stays = self.passed_over(f);
                if let Some(open) = self.open.get_mut(&f) {
                    open.unseen |= !stays;
                }
                return Ok(stays);
            }
            // A call below the one that is watched.
            Some(_) => return Ok(false),
            None => {
                if seen.calls.iter().any(|c| c.function == watched.symbol) {
                    return Ok(false);
                }
                seen.calls.push(CallSeen {
                    function: watched.symbol.clone(),
                    entries: vec![],
                    places: vec![],
                    at_return: None,
                    return_bytes: vec![],
                    in_caller: None,
                    returned: false,
                    given_up: false,
                });
                for at in &code.returns {
                    self.set(*at, Point::Return(f))?;
                }
                if let Some(at) = code.lines.prologue_end.filter(|at| *at != code.dwarf.low_pc) {
                    self.set(at, Point::AfterPrologue(f))?;
                }
                if self.at_statements() {
                    for (at, line) in &code.lines.statements {
                        // At the entry DWARF is asked anyway.
                        if *at != code.dwarf.low_pc && code.lines.prologue_end != Some(*at) {
                            self.set(*at, Point::Statement(f, *line))?;
                        }
                    }
                }
            }
        }
        let call = seen.calls.iter().position(|c| c.function == watched.symbol).unwrap_or(0);
        let area = self.area(sp, watched);
        let (inputs, values) = self.slots(&watched.assignment.inputs, area, registers)?;
        let bytes = self.kept(&inputs);
        let truth = Truth { inputs, results: None };
        let variables =
            self.look(watched, code, &truth, code.dwarf.low_pc, registers, &|at| matches!(at, SlotAt::Input(_)))?;
        if let Some(call) = seen.calls.get_mut(call) {
            call.entries.push(EntrySeen { inputs: values, bytes, variables });
        }
        let back = self.return_address(sp, registers)?;
        if let Some(back) = back {
            self.set(back, Point::Caller(f))?;
        }
        // Whether the function may be begun anew: to grow its stack, or because its
        // time is up, after which what its body does not read may be gone from its
        // registers. Code before which there is no prologue never is. Without a mark
        // behind the prologue nobody would take the breakpoint away again, and the
        // second beginning is not seen.
        let prologue = code.lines.prologue_end != Some(code.dwarf.low_pc);
        let tight = g == 0 || sp.wrapping_sub(code.frame() + SLACK) <= guard;
        let marked = code.is_marked(self.at_statements());
        let stays = prologue && marked && (tight || watched.loses().next().is_some());
        let unseen = prologue && !stays;
        let open = Open { call, g, depth, stack_end: end, truth, early: vec![], begun: false, unseen, inner: 0, back };
        self.open.insert(f, open);
        Ok(stays)
    }
}
