//! Functions of a generated program, one a unit, in as few processes as will do.

use super::facts::{End, Stepped};
use super::observe::{CALM, StepError, StepSpec};
use super::tables::Tables;
use super::walk::{Machine, Walk, ended};
use crate::cancel::Cancel;
use crate::error::RunnerError;
use crate::gdbremote::{DebugSpec, Debuggee, RemoteError, Stop, signal};
use crate::observe::unwind::FuncTable;
use crate::run::ranges;
use object::{Object, ObjectSymbol};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What to step through in a program of many units.
#[derive(Clone, Copy, Debug)]
pub struct ProgramSpec<'a> {
    pub step: StepSpec<'a>,
    pub table: &'a FuncTable<'a>,
    /// The file's bytes.
    pub bytes: &'a [u8],
    /// The functions that are called in turns when a unit begins, and the variable
    /// that then holds its number: symbols of the program.
    pub begin: [&'a str; 2],
    pub running: &'a str,
    /// Units by number, ascending, each with the function that is stepped through
    /// the first time that it is entered there. None of them is to end the process.
    pub asked: &'a [(u32, &'a str)],
}

/// What was seen of a program's functions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramStepped {
    /// By unit: each that was asked for.
    pub units: BTreeMap<u32, Stepped>,
    /// Instructions that were stopped at.
    pub steps: u64,
    pub processes: u32,
}

/// Where the program tells which unit runs.
struct Marks {
    begin: [u64; 2],
    running: u64,
}

/// Steps through one activation of a function in each unit that is asked for.
/// What is lost on the way is recorded in its [`Stepped::end`], and costs no
/// other unit anything.
///
/// # Errors
///
/// An interruption, a stub that cannot serve, or a program that is not what the
/// generator and Go make.
pub fn step_program(spec: &ProgramSpec<'_>, cancel: &Cancel) -> Result<ProgramStepped, StepError> {
    let marks = marks(spec)?;
    let mut all = BTreeMap::new();
    for func in spec.table.functions().flatten() {
        if let Ok(name) = func.name()
            && !func.pcsp().is_absent()
            && spec.asked.iter().any(|(_, asked)| *asked == name)
        {
            all.insert(name, Tables::of(spec.step.binary, spec.step.cfi, &func, &spec.step.arch.goarch)?);
        }
    }
    let mut out = ProgramStepped::default();
    let mut left = spec.asked;
    while !left.is_empty() {
        let before = left.len();
        out.processes += 1;
        let (done, why) = process(spec, &marks, &all, left, &mut out, cancel)?;
        left = left.get(done..).unwrap_or_default();
        // Each process settles one unit at least, so this comes to an end.
        if left.len() == before
            && let Some(((unit, name), rest)) = left.split_first()
        {
            out.units.insert(*unit, not_entered(name, &all, why));
            left = rest;
        }
    }
    Ok(out)
}

fn not_entered(name: &str, all: &BTreeMap<&str, Tables<'_>>, why: String) -> Stepped {
    let tables = all.get(name);
    Stepped {
        function: name.to_string(),
        entry: tables.map_or(0, |t| t.entry),
        has_cfi: tables.is_some_and(|t| !t.cfi.is_empty()),
        begun: 0,
        steps: 0,
        places: vec![],
        end: End::NotEntered(why),
    }
}

fn marks(spec: &ProgramSpec<'_>) -> Result<Marks, StepError> {
    let file = object::File::parse(spec.bytes).map_err(|e| StepError::Program(e.to_string()))?;
    let found: BTreeMap<&str, u64> = file.symbols().filter_map(|s| Some((s.name().ok()?, s.address()))).collect();
    let symbol = |name: &str| {
        found.get(name).copied().ok_or_else(|| StepError::Program(format!("the program has no symbol {name}")))
    };
    Ok(Marks { begin: [symbol(spec.begin[0])?, symbol(spec.begin[1])?], running: symbol(spec.running)? })
}

/// One process for as many of the units as it survives: how many of them are
/// settled, and how the process ended.
fn process(
    spec: &ProgramSpec<'_>,
    marks: &Marks,
    all: &BTreeMap<&str, Tables<'_>>,
    asked: &[(u32, &str)],
    out: &mut ProgramStepped,
    cancel: &Cancel,
) -> Result<(usize, String), StepError> {
    let units: Vec<u32> = asked.iter().map(|(unit, _)| *unit).collect();
    let units = ranges(&units);
    let own = [("GOABI_UNITS", units.as_str()), ("GOABI_TRANSCRIPT", "transcript"), ("GOABI_QUIET", "1")];
    let env: Vec<(String, String)> = own.into_iter().chain(CALM).map(|(k, v)| (k.to_string(), v.to_string())).collect();
    let debug = DebugSpec {
        exec: spec.step.exec,
        goarch: &spec.step.arch.goarch,
        program: spec.step.program,
        env: &env,
        limits: spec.step.limits,
    };
    let debuggee = match Debuggee::launch(&debug, cancel) {
        Ok(debuggee) => debuggee,
        Err(RemoteError::Cancelled) => return Err(RunnerError::Cancelled.into()),
        Err(RemoteError::Unsupported(why)) => return Err(StepError::Unsupported(why)),
        Err(e) => return Ok((0, e.to_string())),
    };
    let mut tour = Tour { spec, marks, all, machine: Machine::new(spec.step.arch, debuggee), open: None, out };
    let why = match tour.run() {
        Ok(why) => why,
        Err(RemoteError::Cancelled) => return Err(RunnerError::Cancelled.into()),
        Err(RemoteError::Timeout) => format!("nothing came of it within {} s", spec.step.limits.time.as_secs()),
        Err(e) => e.to_string(),
    };
    let reached = match tour.open.take() {
        Some((unit, name)) => {
            tour.out.units.entry(unit).or_insert_with(|| not_entered(name, all, why.clone()));
            Some(unit)
        }
        None => tour.out.units.last_key_value().map(|(unit, _)| *unit),
    };
    let done = reached.and_then(|unit| asked.iter().position(|(asked, _)| *asked == unit)).map_or(0, |at| at + 1);
    Ok((done, why))
}

/// A process and what it is doing.
struct Tour<'a, 'o> {
    spec: &'a ProgramSpec<'a>,
    marks: &'a Marks,
    all: &'a BTreeMap<&'a str, Tables<'a>>,
    machine: Machine<'a>,
    /// The unit that runs, and the function that is waited for or stepped through.
    open: Option<(u32, &'a str)>,
    out: &'o mut ProgramStepped,
}

impl Tour<'_, '_> {
    /// Follows the program to its end, which it tells in words.
    fn run(&mut self) -> Result<String, RemoteError> {
        self.machine.debuggee.insert(self.marks.begin[0])?;
        let mut stop = self.machine.debuggee.resume()?;
        loop {
            stop = match stop {
                Stop::Exited(_) | Stop::Killed(_) => return Ok(ended(&stop)),
                Stop::Signal { signal: signal::TRAP, .. } => match self.trap()? {
                    Some(stop) => stop,
                    None => return Ok("the program ended in its function".to_string()),
                },
                Stop::Signal { signal, .. } => self.machine.debuggee.resume_with_signal(signal)?,
            };
        }
    }

    /// A unit begins, or its function is entered; `None` if the program ended there.
    fn trap(&mut self) -> Result<Option<Stop>, RemoteError> {
        let registers = self.machine.registers()?;
        let pc = self.machine.pc(&registers)?;
        let [even, odd] = self.marks.begin;
        if pc == even || pc == odd {
            self.begin()?;
            self.machine.debuggee.remove(pc)?;
            self.machine.debuggee.insert(if pc == even { odd } else { even })?;
            return self.machine.debuggee.resume().map(Some);
        }
        let Some((unit, name)) = self.open else {
            return self.machine.debuggee.resume_with_signal(signal::TRAP).map(Some);
        };
        let Some(tables) = self.all.get(name).filter(|tables| tables.entry == pc) else {
            return self.machine.debuggee.resume_with_signal(signal::TRAP).map(Some);
        };
        self.machine.debuggee.remove(pc)?;
        let mut walk = Walk::new(&mut self.machine, tables, self.spec.step.steps, &self.marks.begin);
        let end = walk.whole(registers);
        let (begun, steps) = (walk.begun, walk.steps);
        let places = walk.places.into_values().flatten().collect();
        let lost = |e: &RemoteError| match e {
            RemoteError::Timeout => format!("nothing came of it within {} s", self.spec.step.limits.time.as_secs()),
            e => e.to_string(),
        };
        // Behind the last unit nothing begins any more: the program ends well.
        let is_last = self.spec.asked.last().is_some_and(|(last, _)| *last == unit);
        let well = is_last && matches!(self.machine.debuggee.ended(), Some(Stop::Exited(0)));
        let seen = Stepped {
            function: name.to_string(),
            entry: pc,
            has_cfi: !tables.cfi.is_empty(),
            begun,
            steps,
            places,
            end: match &end {
                Ok(End::Cut(_)) if well => End::Left,
                Ok(end) => end.clone(),
                Err(e) => End::Cut(lost(e)),
            },
        };
        self.out.steps += steps;
        self.out.units.insert(unit, seen);
        match end? {
            // At a mark: the next turn looks at it.
            End::Left => Ok(Some(Stop::Signal { signal: signal::TRAP, thread: None })),
            End::Returned => self.machine.debuggee.resume().map(Some),
            End::NotEntered(_) | End::Cut(_) | End::GivenUp(_) if self.machine.debuggee.ended().is_some() => Ok(None),
            End::NotEntered(_) | End::Cut(_) | End::GivenUp(_) => self.machine.debuggee.resume().map(Some),
        }
    }

    /// Waits for the function of the unit that begins, if it has one.
    fn begin(&mut self) -> Result<(), RemoteError> {
        if let Some((unit, name)) = self.open.take() {
            if let Some(tables) = self.all.get(name) {
                self.machine.debuggee.remove(tables.entry)?;
            }
            let never = || not_entered(name, self.all, "the unit ended without it".to_string());
            self.out.units.entry(unit).or_insert_with(never);
        }
        self.machine.debuggee.renew();
        let unit = self.machine.word(self.marks.running)?.and_then(|n| u32::try_from(n).ok());
        let asked = |(number, _): &&(u32, &str)| Some(*number) == unit;
        if let Some((unit, name)) = self.spec.asked.iter().find(asked) {
            match self.all.get(name) {
                Some(tables) => {
                    self.open = Some((*unit, name));
                    self.machine.debuggee.insert(tables.entry)?;
                }
                None => {
                    let why = "the program has no such function".to_string();
                    self.out.units.insert(*unit, not_entered(name, self.all, why));
                }
            }
        }
        Ok(())
    }
}
