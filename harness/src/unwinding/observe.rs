//! Stepping through what was chosen, in one way of running the program: the
//! machine itself where it can, else an emulator.

use super::{Choice, Steps};
use crate::exhibits::Inside;
use crate::job::{JobResult, Shared};
use crate::witness::How;
use goabi_generators::program::{BEGIN, RUNNING};
use goabi_reports::record::{Problem, ProblemKind};
use goabi_runners::error::RunnerError;
use goabi_runners::gdbremote::DebugExec;
use goabi_runners::observe::step::{ProgramSpec, ProgramStepped, StepError, StepSpec, step_program};
use goabi_runners::observe::unwind::Binary;
use goabi_runners::observe::unwind::{Cfi, FuncTable};
use goabi_runners::reuse::RunKey;
use std::time::Instant;

/// Instructions that are stopped at in a function, at most: what is done again and
/// again runs by itself, so that this is for what grows without end.
const STEPS: u64 = 50_000;

/// A program's file, opened.
#[derive(Clone, Copy)]
pub(crate) struct File<'a> {
    pub bytes: &'a [u8],
    pub binary: &'a Binary<'a>,
    pub table: &'a FuncTable<'a>,
    pub cfi: &'a Cfi<'a>,
}

/// Steps through the functions that were chosen.
///
/// # Errors
/// An interruption, or what concerns the whole run.
pub(crate) fn stepped(
    s: &Shared,
    inside: &Inside<'_>,
    file: &File<'_>,
    choices: &[Choice],
    out: &mut JobResult,
) -> Result<Steps, RunnerError> {
    let observers = s.observers.get(&inside.job.target.goarch).map(Vec::as_slice).unwrap_or_default();
    let Some((how, exec)) = first(observers) else {
        let why = observers.iter().find_map(|(_, exec)| exec.as_ref().err());
        let why = why.and_then(|why| why.lines().next()).unwrap_or("the machine was not watched");
        return Ok(Steps::Skipped(why.to_string()));
    };
    let mut asked: Vec<(u32, &str)> = Vec::new();
    for choice in choices {
        if let Ok(function) = &choice.function {
            asked.extend(choice.units.iter().map(|(unit, _)| (*unit, function.as_str())));
        }
    }
    asked.sort_unstable();
    let spec = ProgramSpec {
        step: StepSpec {
            program: &inside.artifact.path,
            binary: file.binary,
            cfi: file.cfi,
            arch: inside.job.arch,
            exec,
            limits: s.watch_limits,
            steps: STEPS,
        },
        table: file.table,
        bytes: file.bytes,
        begin: BEGIN,
        running: RUNNING,
        asked: &asked,
    };
    let key = RunKey::of_steps(s.cache, &spec, &inside.artifact.digest);
    let kept = Some(&key).filter(|_| !s.fresh).and_then(RunKey::recall::<ProgramStepped>);
    let reused = kept.is_some();
    let start = Instant::now();
    let facts = match kept {
        Some(facts) => facts,
        None => match step_program(&spec, s.cancel) {
            Ok(facts) => facts,
            Err(StepError::Runner(e)) => return Err(e),
            Err(StepError::Unsupported(why)) => {
                let message = format!("{}, {how}: {why}", inside.job.target);
                out.problems.push(Problem { kind: ProblemKind::NotWatched, toolchain: None, cell: None, message });
                return Ok(Steps::Skipped(why));
            }
            Err(e @ (StepError::Program(_) | StepError::Unwind(_))) => return Ok(Steps::Unavailable(e.to_string())),
        },
    };
    if !reused {
        // That it could not be kept costs a run next time, and no more.
        let _ = key.keep_steps(s.cache, &facts);
        *out.timings.entry("step").or_default() += start.elapsed();
        out.stops += facts.steps;
    }
    out.runs.push(key);
    Ok(Steps::Seen(how, facts))
}

/// One way is enough: what is compared is what the same machine holds and what the
/// same file says.
pub(super) fn first(observers: &[(How, Result<DebugExec, String>)]) -> Option<(How, &DebugExec)> {
    let mut all: Vec<_> = observers.iter().filter_map(|(how, exec)| Some((*how, exec.as_ref().ok()?))).collect();
    all.sort_by_key(|(how, _)| *how);
    all.first().copied()
}
