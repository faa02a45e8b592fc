//! A whole program under a debugger: all its units, whatever some of them do.

use super::facts::{Cut, MachineFacts, UnitSeen};
use super::plan::{Plan, Prepared, prepare};
use super::watch::{Finish, Watch};
use crate::build::Artifact;
use crate::cancel::Cancel;
use crate::error::RunnerError;
use crate::gdbremote::{DebugExec, DebugSpec, Debuggee, RemoteError};
use crate::process::Limits;
use crate::run::ranges;
use std::collections::{BTreeSet, VecDeque};

/// Goroutines are preempted at calls only: a program that is stopped thousands
/// of times would see little but preemption.
const CALM: (&str, &str) = ("GODEBUG", "asyncpreemptoff=1");

/// What to observe, and how.
#[derive(Clone, Debug)]
pub struct ObserveSpec<'a> {
    pub artifact: &'a Artifact,
    pub goarch: &'a str,
    pub exec: &'a DebugExec,
    pub plan: &'a Plan<'a>,
    /// The units that are asked for, in order.
    pub asked: &'a [u32],
    /// Units that get a process each.
    pub isolated: &'a BTreeSet<u32>,
    /// For each process, but for `time`: that is of one unit.
    pub limits: Limits,
}

/// Why nothing could be observed.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// The emulator or gdbserver lacks something: no fault of the program.
    #[error("{0}")]
    Unsupported(String),
    /// The very first process ended before any unit began: under an emulator of a
    /// port that the machine runs itself that is the emulator's affair.
    #[error("{0} before any unit began")]
    NotBegun(String),
    /// The program is not what the generator and Go make.
    #[error("the program cannot be watched: {0}")]
    Program(String),
    #[error(transparent)]
    Runner(#[from] RunnerError),
}

/// Runs the units under a debugger. A unit in which the process ends, hangs or
/// the debugger's side fails costs no other its facts.
///
/// # Errors
///
/// [`ObserveError::Unsupported`] if the very first process shows that nothing
/// can be observed in this way.
pub fn observe(spec: &ObserveSpec<'_>, cancel: &Cancel) -> std::result::Result<MachineFacts, ObserveError> {
    let path = &spec.artifact.path;
    let bytes = std::fs::read(path).map_err(RunnerError::io("read", path))?;
    let prepared = prepare(&bytes, spec.plan).map_err(ObserveError::Program)?;
    let mut facts = MachineFacts::default();
    let (alone, together): (Vec<u32>, Vec<u32>) = spec.asked.iter().partition(|u| spec.isolated.contains(u));
    let mut todo: VecDeque<Vec<u32>> = alone.into_iter().map(|u| vec![u]).collect();
    if !together.is_empty() {
        todo.push_front(together);
    }
    while let Some(batch) = todo.pop_front() {
        let first = facts.processes == 0;
        facts.processes += 1;
        let rest = match one(spec, &prepared, &batch, &mut facts, cancel) {
            Ok(rest) => rest,
            Err(ObserveError::Unsupported(why)) if !first => {
                not_run(&batch, &why, &mut facts);
                vec![]
            }
            Err(e) => return Err(e),
        };
        // Each process settles one unit at least, so this comes to an end.
        if !rest.is_empty() && rest.len() < batch.len() {
            todo.push_front(rest);
        }
    }
    Ok(facts)
}

fn not_run(units: &[u32], why: &str, facts: &mut MachineFacts) {
    for u in units {
        facts.units.insert(*u, UnitSeen { calls: vec![], cut: Some(Cut::NotRun(why.to_string())) });
    }
}

/// One process; the units that are left for another.
fn one(
    spec: &ObserveSpec<'_>,
    prepared: &Prepared<'_, '_>,
    batch: &[u32],
    facts: &mut MachineFacts,
    cancel: &Cancel,
) -> std::result::Result<Vec<u32>, ObserveError> {
    let units = ranges(batch);
    // The working folder is the program's own, and gone with it.
    let env =
        [("GOABI_UNITS", &*units), ("GOABI_TRANSCRIPT", "transcript"), ("GOABI_QUIET", "1"), ("GOMAXPROCS", "1"), CALM]
            .map(|(k, v)| (k.to_string(), v.to_string()));
    let debug = DebugSpec {
        exec: spec.exec,
        goarch: spec.goarch,
        program: &spec.artifact.path,
        env: &env,
        limits: spec.limits,
    };
    let debuggee = match Debuggee::launch(&debug, cancel) {
        Ok(d) => d,
        Err(RemoteError::Cancelled) => return Err(RunnerError::Cancelled.into()),
        Err(RemoteError::Unsupported(why)) => return Err(ObserveError::Unsupported(why)),
        Err(e) => {
            not_run(batch, &e.to_string(), facts);
            return Ok(vec![]);
        }
    };
    let mut watch = Watch::new(prepared, debuggee);
    let end = watch.run(facts);
    facts.stops += watch.stops;
    let unit = watch.unit;
    // The next process begins when this one is gone.
    drop(watch);
    let done = unit.and_then(|u| batch.iter().position(|b| *b == u)).map_or(0, |at| at + 1);
    let left = batch.get(done..).unwrap_or_default().to_vec();
    let cut = match end {
        // With some units left, one of them made it exit.
        Ok(Finish::Exited(0)) if left.is_empty() => None,
        Ok(Finish::Exited(status)) => Some(Cut::Died(format!("the process exited with status {status}"))),
        Ok(Finish::Killed(signal)) => Some(Cut::Died(format!("the process was ended by signal {signal}"))),
        Err(RemoteError::Cancelled) => return Err(RunnerError::Cancelled.into()),
        Err(RemoteError::Timeout) => {
            Some(Cut::Lost(format!("under the debugger it took longer than {} s", spec.limits.time.as_secs())))
        }
        Err(e) => Some(Cut::Lost(e.to_string())),
    };
    match (unit, cut) {
        // Before any unit began: no later process would come further.
        (None, cut) => {
            let why = match cut {
                Some(Cut::Died(why) | Cut::Lost(why) | Cut::NotRun(why)) => why,
                None => "the process ended".to_string(),
            };
            if facts.processes == 1 {
                return Err(ObserveError::NotBegun(why));
            }
            not_run(batch, &format!("{why} before any unit began"), facts);
            return Ok(vec![]);
        }
        (Some(u), cut @ Some(_)) => {
            if let Some(seen) = facts.units.get_mut(&u) {
                seen.cut = cut;
            }
        }
        (Some(_), None) => {}
    }
    Ok(left)
}
