//! One child process run to its end: watched against limits, and killed with
//! all its descendants when it reaches one.

use crate::cancel::Cancel;
use crate::child::{Started, Streams};
use crate::error::{Result, RunnerError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

/// How often files and the token are looked at.
pub(crate) const TICK: Duration = Duration::from_millis(20);

/// What a child process may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest time without progress: growth of the progress file where there
    /// is one, otherwise the whole time.
    pub time: Duration,
    /// Bytes of stdout, stderr and the progress file together.
    pub output: u64,
    /// Resident bytes of the whole process group.
    pub memory: u64,
}

impl Limits {
    /// For `go build`: the first build for a port compiles the standard
    /// library, on a slow machine too.
    pub const BUILD: Limits = Limits { time: Duration::from_secs(600), output: 64 << 20, memory: 8 << 30 };
    /// For a generated program.
    pub const RUN: Limits = Limits { time: Duration::from_secs(20), output: 64 << 20, memory: 2 << 30 };
    /// For a program under a debugger, of which one unit may stop thousands of times.
    pub const WATCH: Limits = Limits { time: Duration::from_secs(60), output: 64 << 20, memory: 2 << 30 };
    /// For questions such as `go version`.
    pub(crate) const ASK: Limits = Limits { time: Duration::from_secs(60), output: 8 << 20, memory: 4 << 30 };
}

/// Why we killed a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stop {
    /// No progress for [`Limits::time`].
    Time,
    /// More than [`Limits::output`]. Also said of a process that ended before
    /// we came to kill it, so that it doesn't depend on the machine's speed.
    Output,
    /// More than [`Limits::memory`].
    Memory,
    /// The token was set.
    Cancelled,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// With this exit status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stop::Time => "no progress within the time limit",
            Stop::Output => "more output than its limit",
            Stop::Memory => "more memory than its limit",
            Stop::Cancelled => "interrupted",
        })
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Exited(status) => write!(f, "exited with status {status}"),
            Ended::Signalled(signal) => write!(f, "was ended by signal {signal}"),
        }
    }
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Ended {
        match (status.code(), status.signal()) {
            (Some(code), _) => Ended::Exited(code),
            (None, Some(signal)) => Ended::Signalled(signal),
            // Only a stopped process has neither, and we don't wait for stops.
            (None, None) => Ended::Exited(-1),
        }
    }
}

/// A process that has ended, with its whole group.
#[derive(Clone, Debug)]
pub struct Completed {
    pub ended: Ended,
    /// Set if it was we who ended it.
    pub stopped: Option<Stop>,
    /// The first 4 MiB.
    pub stdout: Vec<u8>,
    /// If there were more than 1 MiB, the first and the last half, with a line
    /// between them that says how much is missing.
    pub stderr: Vec<u8>,
    pub wall: Duration,
}

impl Completed {
    /// Whether it exited with status 0 and on its own.
    #[must_use]
    pub fn success(&self) -> bool {
        self.ended == Ended::Exited(0) && self.stopped.is_none()
    }

    /// stderr, then stdout, as text.
    pub(crate) fn output(&self) -> String {
        format!("{}{}", String::from_utf8_lossy(&self.stderr), String::from_utf8_lossy(&self.stdout))
    }
}

/// Whether children could have their output written: a folder for temporary
/// files that is not there is no fault of any program that is run.
///
/// # Errors
///
/// If no file can be made in it.
pub fn probe_temp() -> Result<()> {
    let temp = std::env::temp_dir();
    tempfile::tempfile().map(drop).map_err(RunnerError::io("create a temporary file in", &temp))
}

/// Runs a command to its end, or to a limit.
///
/// stdin is empty; stdout and stderr go to unnamed temporary files, never to
/// pipes, which a grandchild could hold open. The group is killed as soon as
/// its leader has ended, and this returns when no member is left.
///
/// # Errors
///
/// If the process cannot be started or its output cannot be read. A process
/// that fails or is killed is no error; nor is a set token: then `stopped`
/// says so.
pub fn run(cmd: Command, limits: &Limits, progress_file: Option<&Path>, cancel: &Cancel) -> Result<Completed> {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |m| m.len());
    match progress_file {
        None => run_watched(cmd, limits, &mut |_| None, cancel),
        Some(path) => {
            run_watched(cmd, limits, &mut |_| Some(Progress { mark: size(path), output: size(path) }), cancel)
        }
    }
}

/// What a look at a process's work showed.
pub(crate) struct Progress {
    /// Any change of this number resets the clock.
    pub(crate) mark: u64,
    /// Bytes that count as output.
    pub(crate) output: u64,
}

/// As [`run`], with any measure of progress. It is asked each tick, and told
/// how long the process has run.
pub(crate) fn run_watched(
    cmd: Command,
    limits: &Limits,
    progress: &mut dyn FnMut(Duration) -> Option<Progress>,
    cancel: &Cancel,
) -> Result<Completed> {
    cancel.check()?;
    let mut child = Started::start(cmd, Streams::Files, limits)?;
    let start = child.start;
    let (mut mark, mut fresh) = (0, start);
    let more = |p: &Option<Progress>| p.as_ref().map_or(0, |p| p.output);
    let stopped = loop {
        if child.wait(TICK) {
            break child.floods(more(&progress(start.elapsed()))).then_some(Stop::Output);
        }
        if cancel.is_cancelled() {
            break Some(Stop::Cancelled);
        }
        let now = Instant::now();
        let seen = progress(now - start);
        if let Some(stop) = child.exceeds(more(&seen), now) {
            break Some(stop);
        }
        if let Some(seen) = seen
            && seen.mark != mark
        {
            (mark, fresh) = (seen.mark, now);
        }
        if now - fresh > limits.time {
            break Some(Stop::Time);
        }
    };
    child.finish(stopped)
}

/// A command as one would type it, for messages.
#[must_use]
pub fn show(cmd: &Command) -> String {
    let quote = |s: &std::ffi::OsStr| {
        let s = s.to_string_lossy();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
        if !s.is_empty() && s.chars().all(plain) { s.into_owned() } else { format!("'{}'", s.replace('\'', r"'\''")) }
    };
    std::iter::once(cmd.get_program()).chain(cmd.get_args()).map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "process_tests.rs"]
mod tests;
