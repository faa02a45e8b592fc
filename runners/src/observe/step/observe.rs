//! A function in a process of its own.

use super::facts::{End, Stepped};
use super::tables::Tables;
use super::walk::{Machine, Walk};
use crate::cancel::Cancel;
use crate::error::RunnerError;
use crate::gdbremote::{DebugExec, DebugSpec, Debuggee, RemoteError};
use crate::observe::unwind::{Binary, Cfi, Func, UnwindError};
use crate::process::Limits;
use goabi_cases::arch::Arch;
use std::path::Path;

/// What the program gets in its environment: qemu's stub does not stop other
/// threads, and a program that is preempted by signals would be seen to be
/// preempted, and little else.
pub(super) const CALM: [(&str, &str); 2] = [("GOMAXPROCS", "1"), ("GODEBUG", "asyncpreemptoff=1")];

/// What to step through, and how.
#[derive(Clone, Copy, Debug)]
pub struct StepSpec<'a> {
    /// The file, by an absolute path.
    pub program: &'a Path,
    pub binary: &'a Binary<'a>,
    pub cfi: &'a Cfi<'a>,
    pub arch: &'a Arch,
    pub exec: &'a DebugExec,
    /// `time` is that without progress: until the entry, in a callee.
    pub limits: Limits,
    /// Instructions executed in a function, at most.
    pub steps: u64,
}

/// Why nothing can be stepped through.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The emulator or gdbserver lacks something.
    #[error("{0}")]
    Unsupported(String),
    /// The program is not what the generator and Go make.
    #[error("the program cannot be stepped through: {0}")]
    Program(String),
    /// The function's own tables cannot be read.
    #[error(transparent)]
    Unwind(#[from] UnwindError),
    #[error(transparent)]
    Runner(#[from] RunnerError),
}

/// Steps through the first activation of a function. Whatever the program does,
/// and whatever is lost on the way, is recorded in [`Stepped::end`].
///
/// # Errors
///
/// An interruption, a function whose tables cannot be read, or a stub that
/// cannot serve.
pub fn step(spec: &StepSpec<'_>, func: &Func<'_>, cancel: &Cancel) -> Result<Stepped, StepError> {
    let tables = Tables::of(spec.binary, spec.cfi, func, &spec.arch.goarch)?;
    let env = CALM.map(|(k, v)| (k.to_string(), v.to_string()));
    let debug =
        DebugSpec { exec: spec.exec, goarch: &spec.arch.goarch, program: spec.program, env: &env, limits: spec.limits };
    let mut seen = Stepped {
        function: tables.name.to_string(),
        entry: tables.entry,
        has_cfi: !tables.cfi.is_empty(),
        begun: 0,
        steps: 0,
        places: vec![],
        end: End::NotEntered(String::new()),
    };
    let debuggee = match Debuggee::launch(&debug, cancel) {
        Ok(debuggee) => debuggee,
        Err(RemoteError::Cancelled) => return Err(RunnerError::Cancelled.into()),
        Err(RemoteError::Unsupported(why)) => return Err(StepError::Unsupported(why)),
        Err(e) => {
            seen.end = End::NotEntered(e.to_string());
            return Ok(seen);
        }
    };
    let mut machine = Machine::new(spec.arch, debuggee);
    let mut walk = Walk::new(&mut machine, &tables, spec.steps, &[]);
    let end = walk.run();
    (seen.begun, seen.steps) = (walk.begun, walk.steps);
    seen.places = walk.places.into_values().flatten().collect();
    // The next process begins when this one is gone.
    drop(machine);
    let lost = |why: String| if seen.begun == 0 { End::NotEntered(why) } else { End::Cut(why) };
    seen.end = match end {
        Ok(end) => end,
        Err(RemoteError::Cancelled) => return Err(RunnerError::Cancelled.into()),
        Err(RemoteError::Timeout) => lost(format!("nothing came of it within {} s", spec.limits.time.as_secs())),
        Err(e) => lost(e.to_string()),
    };
    Ok(seen)
}
