//! From the entry of a function to its return, an instruction at a time. What
//! it calls runs through.

use super::claims::claims;
use super::facts::{End, PlaceSeen};
use super::tables::Tables;
use super::truth::{Landing, Truth};
use crate::gdbremote::{Debuggee, Registers, RemoteError, Stop, signal};
use goabi_cases::arch::{Arch, ByteOrder, Reg};
use std::collections::BTreeMap;

/// Steps in a row at which nothing new was seen, after which a loop runs on by
/// itself until it comes to an instruction that was not executed before.
const IN_A_LOOP: u32 = 64;

/// Stops at which it was some other activation's turn, at most, while one is waited
/// for: what calls itself thousands of times comes back as often.
const OTHERS: u32 = 1_000;

/// A machine that stands still.
pub(super) struct Machine<'a> {
    pub(super) arch: &'a Arch,
    pub(super) debuggee: Debuggee,
    /// What was read since it stands here: several ways of unwinding look at the
    /// same words.
    read: Vec<(u64, Option<u64>)>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(arch: &'a Arch, debuggee: Debuggee) -> Machine<'a> {
        Machine { arch, debuggee, read: vec![] }
    }

    /// Registers, where the machine stands now.
    pub(super) fn registers(&mut self) -> Result<Registers, RemoteError> {
        self.read.clear();
        self.debuggee.registers()
    }

    fn role(&self, reg: Option<&Reg>, registers: &Registers) -> Option<u64> {
        self.by_dwarf(reg?.dwarf?, registers)
    }

    /// A register by Go's DWARF number.
    pub(super) fn by_dwarf(&self, number: u16, registers: &Registers) -> Option<u64> {
        let names = &self.arch.debug_registers.get(number)?.names;
        names.iter().find_map(|name| registers.unsigned(name))
    }

    pub(super) fn sp(&self, registers: &Registers) -> u64 {
        // `observe` has seen that the stub tells it.
        self.role(Some(&self.arch.roles.stack_pointer), registers).unwrap_or(0)
    }

    pub(super) fn pc(&self, registers: &Registers) -> Result<u64, RemoteError> {
        let tells = self.role(Some(&self.arch.roles.stack_pointer), registers).is_some();
        let pc = registers.unsigned(&self.arch.program_counter).filter(|_| tells);
        pc.ok_or_else(|| RemoteError::Unsupported("the stub does not tell the program counter or SP".into()))
    }

    pub(super) fn g(&self, registers: &Registers) -> Option<u64> {
        self.role(self.arch.roles.g.as_ref(), registers)
    }

    pub(super) fn has_link_register(&self) -> bool {
        self.arch.roles.link_register.is_some()
    }

    pub(super) fn link_register(&self, registers: &Registers) -> Option<u64> {
        self.role(self.arch.roles.link_register.as_ref(), registers)
    }

    /// Bytes that a call itself pushes.
    pub(super) fn pushed(&self) -> u64 {
        if self.has_link_register() { 0 } else { self.arch.word_size }
    }

    /// A word of memory; `None` where there is none.
    pub(super) fn word(&mut self, at: u64) -> Result<Option<u64>, RemoteError> {
        let at = if self.arch.word_size == 4 { u64::from(at as u32) } else { at };
        if let Some((_, word)) = self.read.iter().find(|(a, _)| *a == at) {
            return Ok(*word);
        }
        let word = match self.debuggee.read(at, usize::try_from(self.arch.word_size).unwrap_or(8)) {
            Ok(bytes) => {
                let add = |n: u64, byte: &u8| n << 8 | u64::from(*byte);
                Some(match self.arch.byte_order {
                    ByteOrder::Little => bytes.iter().rev().fold(0, add),
                    ByteOrder::Big => bytes.iter().fold(0, add),
                })
            }
            Err(RemoteError::Refused { .. }) => None,
            Err(e) => return Err(e),
        };
        self.read.push((at, word));
        Ok(word)
    }

    /// A word of memory, as the answer of who looks for the return address there.
    pub(super) fn told(&mut self, at: u64) -> Result<super::facts::Told<u64>, RemoteError> {
        let nothing = || super::facts::Told::Nothing(format!("there is no memory at {at:#x}"));
        Ok(self.word(at)?.map_or_else(nothing, super::facts::Told::Is))
    }
}

/// What was seen of one activation of a function.
pub(super) struct Walk<'m, 'a, 't> {
    machine: &'m mut Machine<'a>,
    tables: &'t Tables<'t>,
    limit: u64,
    /// Where there are breakpoints at which the activation is over, whether it
    /// returned or not.
    ends: &'t [u64],
    pub(super) begun: u64,
    pub(super) steps: u64,
    pub(super) places: BTreeMap<u64, Vec<PlaceSeen>>,
}

/// Where a run came to.
enum Came {
    /// To this of the landings.
    To(Landing, Registers),
    /// To a place at which the activation is over.
    Left,
    /// To the program's end, told in words.
    Ended(String),
    /// To others' turns again and again.
    Crowded,
}

impl<'m, 'a, 't> Walk<'m, 'a, 't> {
    pub(super) fn new(
        machine: &'m mut Machine<'a>,
        tables: &'t Tables<'t>,
        limit: u64,
        ends: &'t [u64],
    ) -> Walk<'m, 'a, 't> {
        Walk { machine, tables, limit, ends, begun: 0, steps: 0, places: BTreeMap::new() }
    }

    /// Runs to the first entry.
    fn enter(&mut self) -> Result<Result<Registers, String>, RemoteError> {
        let entry = self.tables.entry;
        self.machine.debuggee.insert(entry)?;
        let mut stop = self.machine.debuggee.resume()?;
        loop {
            let signal = match stop {
                Stop::Signal { signal, .. } => signal,
                Stop::Exited(_) | Stop::Killed(_) => return Ok(Err(ended(&stop))),
            };
            if signal == signal::TRAP {
                let registers = self.machine.registers()?;
                if self.machine.pc(&registers)? == entry {
                    self.machine.debuggee.remove(entry)?;
                    return Ok(Ok(registers));
                }
            }
            stop = self.machine.debuggee.resume_with_signal(signal)?;
        }
    }

    /// All of it, from the program's beginning.
    pub(super) fn run(&mut self) -> Result<End, RemoteError> {
        match self.enter()? {
            Ok(registers) => self.whole(registers),
            Err(why) => Ok(End::NotEntered(why)),
        }
    }

    /// All of it, from the entry, at which the machine stands.
    pub(super) fn whole(&mut self, mut registers: Registers) -> Result<End, RemoteError> {
        let mut truth = Truth::at_entry(self.machine, self.tables.assembly, &registers)?;
        self.begun = 1;
        let mut behind_call = false;
        let mut same = 0;
        // The instruction that is executed, and where the frame ends.
        let (mut pc, mut below) = (self.tables.entry, 0);
        loop {
            if self.steps >= self.limit {
                return Ok(End::Cut(format!("more than {} instructions were executed in it", self.limit)));
            }
            self.machine.debuggee.renew();
            let at = self.machine.pc(&registers)?;
            self.steps += 1;
            if !self.tables.in_delay_slot(at) {
                pc = at;
                below = truth.below(self.machine, self.machine.sp(&registers));
                let new = self.record(pc, below, &truth, behind_call, &registers)?;
                same = if new { 0 } else { same + 1 };
            }
            behind_call = false;
            if same > IN_A_LOOP {
                same = 0;
                let mut landings = vec![Landing { pc: truth.return_address, below: 0 }];
                landings.extend(self.not_executed().map(|pc| Landing { pc, below }));
                landings.extend(self.tables.deferreturn.map(|pc| Landing { pc, below }));
                match self.through(&landings, &mut truth, None)? {
                    Came::To(landing, _) if landing.pc == truth.return_address && landing.below == 0 => {
                        return Ok(End::Returned);
                    }
                    Came::To(_, there) => {
                        registers = there;
                        continue;
                    }
                    other => return Ok(over(&other)),
                }
            }
            if let Some(ends) = self.tables.at_once(at) {
                let landings: Vec<Landing> = ends.map(|pc| Landing { pc, below }).collect();
                match self.through(&landings, &mut truth, None)? {
                    Came::To(_, there) => registers = there,
                    other => return Ok(over(&other)),
                }
                continue;
            }

            let signal = match self.machine.debuggee.step()? {
                Stop::Signal { signal: signal::TRAP, .. } => None,
                Stop::Signal { signal, .. } => Some(signal),
                stop @ (Stop::Exited(_) | Stop::Killed(_)) => return Ok(End::Cut(ended(&stop))),
            };
            registers = self.machine.registers()?;
            let (at, now) = (self.machine.pc(&registers)?, self.machine.sp(&registers));
            if at == truth.return_address && now == truth.cfa {
                return Ok(End::Returned);
            }
            let recursion = at == self.tables.entry && !truth.begins(now);
            if self.tables.contains(at) && !recursion && signal.is_none() {
                // Begun anew, it has the frame that it had: where a larger stack has
                // that, the landing behind the call for it has told.
                self.begun += u64::from(at == self.tables.entry);
                continue;
            }
            let left = signal.is_none();
            if left {
                self.leaves(pc, at);
            }
            let mut landings = vec![Landing { pc: truth.return_address, below: 0 }];
            let behind = self.tables.behind(pc);
            landings.extend(behind.map(|pc| Landing { pc, below }));
            landings.extend(self.tables.deferreturn.map(|pc| Landing { pc, below }));
            if signal.is_some() && self.tables.contains(at) {
                // It goes on there when the program has handled the signal.
                let below = truth.below(self.machine, now);
                landings.push(Landing { pc: at, below });
            }
            match self.through(&landings, &mut truth, signal)? {
                Came::To(landing, _) if landing.pc == truth.return_address && landing.below == 0 => {
                    return Ok(End::Returned);
                }
                Came::To(landing, there) => {
                    behind_call = behind == Some(landing.pc) && left;
                    registers = there;
                }
                other => return Ok(over(&other)),
            }
        }
    }

    /// Lets the program run until the activation goes on at one of the landings.
    fn through(&mut self, landings: &[Landing], truth: &mut Truth, signal: Option<u8>) -> Result<Came, RemoteError> {
        for landing in landings {
            self.machine.debuggee.insert(landing.pc)?;
        }
        let mut others = 0;
        let mut stop = match signal {
            Some(signal) => self.machine.debuggee.resume_with_signal(signal)?,
            None => self.machine.debuggee.resume()?,
        };
        loop {
            let signal = match stop {
                Stop::Signal { signal, .. } => signal,
                Stop::Exited(_) | Stop::Killed(_) => return Ok(Came::Ended(ended(&stop))),
            };
            if signal != signal::TRAP {
                stop = self.machine.debuggee.resume_with_signal(signal)?;
                continue;
            }
            let registers = self.machine.registers()?;
            let pc = self.machine.pc(&registers)?;
            let mut came = self.ends.contains(&pc).then_some(Came::Left);
            let mut here = false;
            for landing in landings.iter().filter(|l| l.pc == pc) {
                here = true;
                if came.is_none() && truth.lands(self.machine, landing, &registers)? {
                    came = Some(Came::To(*landing, registers.clone()));
                }
            }
            others += u32::from(here);
            if came.is_none() && others > OTHERS {
                came = Some(Came::Crowded);
            }
            if let Some(came) = came {
                for landing in landings {
                    self.machine.debuggee.remove(landing.pc)?;
                }
                return Ok(came);
            }
            stop = if here {
                // Another activation's, or another goroutine's.
                match self.machine.debuggee.step_over(pc)? {
                    Stop::Signal { signal: signal::TRAP, .. } => self.machine.debuggee.resume()?,
                    other => other,
                }
            } else {
                self.machine.debuggee.resume_with_signal(signal)?
            };
        }
    }

    /// Instructions that were not executed yet, and at which a program can be stopped.
    fn not_executed(&self) -> impl Iterator<Item = u64> {
        self.tables.stoppable().filter(|pc| !self.places.contains_key(pc))
    }

    /// Adds a stop to those at the same place at which everything was the same;
    /// whether there was none.
    fn record(
        &mut self,
        pc: u64,
        cfa: i64,
        truth: &Truth,
        behind_call: bool,
        registers: &Registers,
    ) -> Result<bool, RemoteError> {
        let claims = claims(self.machine, self.tables, pc, registers)?;
        let return_address = truth.return_address;
        let all = self.places.entry(pc).or_default();
        let same = |p: &&mut PlaceSeen| p.cfa == cfa && p.return_address == return_address && p.claims == claims;
        match all.iter_mut().find(same) {
            Some(place) => {
                place.stops += 1;
                place.behind_call |= behind_call;
                Ok(false)
            }
            None => {
                all.push(PlaceSeen { pc, stops: 1, cfa, return_address, claims, behind_call, left_to: None });
                Ok(true)
            }
        }
    }

    fn leaves(&mut self, pc: u64, to: u64) {
        for place in self.places.get_mut(&pc).into_iter().flatten() {
            place.left_to = Some(to);
        }
    }
}

/// How an activation ended that did not return.
fn over(came: &Came) -> End {
    match came {
        Came::Ended(why) => End::Cut(format!("{why} before the function returned")),
        Came::Crowded => End::GivenUp(format!("calls of itself came back {OTHERS} times before it went on")),
        Came::Left | Came::To(..) => End::Left,
    }
}

/// How a program ended.
pub(super) fn ended(stop: &Stop) -> String {
    match stop {
        Stop::Exited(status) => format!("the program exited with status {status}"),
        Stop::Killed(signal) => format!("the program was ended by signal {}", signal::to_linux(*signal)),
        Stop::Signal { signal, .. } => format!("the program was stopped by signal {}", signal::to_linux(*signal)),
    }
}
