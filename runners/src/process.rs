//! One child process: started in a process group of its own, with its output
//! in files, watched against limits, and killed with all its descendants.

use crate::cancel::Cancel;
use crate::error::{Result, RunnerError};
use crate::wait::{Leader, pause};
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How much of stdout is kept.
const STDOUT_KEPT: u64 = 4 << 20;
/// How much of each end of stderr is kept.
const STDERR_KEPT: u64 = 512 << 10;
/// How often files and the token are looked at.
const TICK: Duration = Duration::from_millis(20);
/// How often /proc is read for memory, which costs more.
const MEMORY_TICK: Duration = Duration::from_millis(60);
/// No file of a child grows beyond this even between two looks at it.
const FILE_BACKSTOP: u64 = 1 << 30;

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
    mut cmd: Command,
    limits: &Limits,
    progress: &mut dyn FnMut(Duration) -> Option<Progress>,
    cancel: &Cancel,
) -> Result<Completed> {
    cancel.check()?;
    let temp = std::env::temp_dir();
    let file = || -> Result<File> {
        let file = tempfile::tempfile().map_err(RunnerError::io("create a temporary file in", &temp))?;
        // On a full disk a child's words would be lost, and it would seem to have said nothing.
        let room = file.write_all_at(b" ", 0).and_then(|()| file.set_len(0));
        room.map_err(RunnerError::io("write a temporary file in", &temp))?;
        Ok(file)
    };
    let (stdout, stderr) = (file()?, file()?);
    let again = |f: &File| f.try_clone().map_err(RunnerError::io("duplicate a temporary file in", &temp));
    cmd.stdin(Stdio::null()).stdout(again(&stdout)?).stderr(again(&stderr)?).process_group(0);

    let start = Instant::now();
    let mark = mark();
    cmd.env(MARK, &mark);
    let mut group = Group::new(spawn(&mut cmd)?, &mark);
    // The command holds duplicates of the files.
    drop(cmd);
    let leader = Leader::new(group.pid, FILE_BACKSTOP.max(limits.output.saturating_mul(2)));

    let written = |p: &Option<Progress>| length(&stdout) + length(&stderr) + p.as_ref().map_or(0, |p| p.output);
    let (mut mark, mut fresh, mut memory_at) = (0, start, start + MEMORY_TICK);
    let stopped = loop {
        if leader.wait(TICK) {
            break (written(&progress(start.elapsed())) > limits.output).then_some(Stop::Output);
        }
        if cancel.is_cancelled() {
            break Some(Stop::Cancelled);
        }
        let now = Instant::now();
        let seen = progress(now - start);
        if written(&seen) > limits.output {
            break Some(Stop::Output);
        }
        if let Some(seen) = seen
            && seen.mark != mark
        {
            (mark, fresh) = (seen.mark, now);
        }
        if now >= memory_at {
            if crate::group::look(group.pid).memory > limits.memory {
                break Some(Stop::Memory);
            }
            memory_at = now + MEMORY_TICK;
        }
        if now - fresh > limits.time {
            break Some(Stop::Time);
        }
    };
    let status = group.end().map_err(RunnerError::io("wait for a child in", &temp))?;
    let wall = start.elapsed();
    let read = |f: &File, head, tail| capped(f, head, tail).map_err(RunnerError::io("read a temporary file in", &temp));
    Ok(Completed {
        ended: Ended::from(status),
        stopped,
        stdout: read(&stdout, STDOUT_KEPT, 0)?,
        stderr: read(&stderr, STDERR_KEPT, STDERR_KEPT)?,
        wall,
    })
}

/// Starts it. "Text file busy" means that some other thread forked while it
/// (or its parent) still wrote the file, and passes within moments.
fn spawn(cmd: &mut Command) -> Result<Child> {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match cmd.spawn() {
            Ok(child) => return Ok(child),
            Err(e) if e.kind() == io::ErrorKind::ExecutableFileBusy && Instant::now() < deadline => {
                pause(Duration::from_millis(5));
            }
            Err(source) => return Err(RunnerError::Spawn { command: show(cmd), source }),
        }
    }
}

/// A started group. It is killed when dropped, so that no error or panic
/// leaves one behind.
struct Group {
    child: Child,
    pid: Pid,
    /// What its descendants have in their environment, even if they left the group.
    mark: Vec<u8>,
    ended: bool,
}

/// The variable that tells whose descendant a process is.
const MARK: &str = "GOABI_PROCESS";

/// A text that no other process has.
fn mark() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let time = std::time::UNIX_EPOCH.elapsed().map_or(0, |t| t.as_nanos());
    format!("{}-{time:x}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Group {
    fn new(child: Child, mark: &str) -> Group {
        let pid = Pid::from_child(&child);
        Group { child, pid, mark: format!("{MARK}={mark}").into_bytes(), ended: false }
    }

    /// Kills all members and waits until they are gone. The leader is reaped
    /// last, because while it is a zombie its number belongs to nobody else.
    fn end(&mut self) -> io::Result<ExitStatus> {
        // Fails only if there is no member left.
        let _ = kill_process_group(self.pid, Signal::KILL);
        // A member in an uninterruptible wait may take long: don't hang on it.
        let deadline = Instant::now() + Duration::from_secs(5);
        while crate::group::look(self.pid).alive > 0 && Instant::now() < deadline {
            // One that was being forked when we killed.
            let _ = kill_process_group(self.pid, Signal::KILL);
            pause(Duration::from_millis(2));
        }
        // Those that started a session of their own. What they start meanwhile
        // has the mark, too.
        while crate::group::kill_escaped(self.pid, &self.mark) > 0 && Instant::now() < deadline {
            pause(Duration::from_millis(2));
        }
        self.ended = true;
        self.child.wait()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.ended {
            let _ = self.end();
        }
    }
}

fn length(file: &File) -> u64 {
    file.metadata().map_or(0, |m| m.len())
}

/// The first `head` and the last `tail` bytes of a file, or all of it.
fn capped(file: &File, head: u64, tail: u64) -> io::Result<Vec<u8>> {
    let size = length(file);
    let mut out = Vec::new();
    if size <= head + tail {
        read_range(file, 0, size, &mut out)?;
        return Ok(out);
    }
    read_range(file, 0, head, &mut out)?;
    if tail > 0 {
        out.extend_from_slice(format!("\n[... {} bytes left out ...]\n", size - head - tail).as_bytes());
        read_range(file, size - tail, tail, &mut out)?;
    }
    Ok(out)
}

fn read_range(file: &File, offset: u64, len: u64, out: &mut Vec<u8>) -> io::Result<()> {
    let start = out.len();
    out.resize(start + usize::try_from(len).unwrap_or(usize::MAX), 0);
    let mut done = 0;
    while start + done < out.len() {
        match file.read_at(&mut out[start + done..], offset + done as u64) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    out.truncate(start + done);
    Ok(())
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
