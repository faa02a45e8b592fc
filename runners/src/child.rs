//! A started child process: in a process group of its own, with its output in
//! files, measured against limits, and killed with all its descendants. Both
//! those that are waited for ([`crate::process`]) and those that are talked to
//! meanwhile ([`crate::gdbremote`]) are such.

use crate::error::{Result, RunnerError};
use crate::process::{Completed, Ended, Limits, Stop, show};
use crate::wait::{Leader, pause};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How much of stdout is kept.
const STDOUT_KEPT: u64 = 4 << 20;
/// How much of each end of stderr is kept.
const STDERR_KEPT: u64 = 512 << 10;
/// How often /proc is read for memory, which costs more than a look at files.
const MEMORY_TICK: Duration = Duration::from_millis(60);
/// No file of a child grows beyond this even between two looks at it.
const FILE_BACKSTOP: u64 = 1 << 30;

/// What a child has for stdin and stdout. Its stderr is a file in any case.
pub(crate) enum Streams {
    /// An empty stdin, and a file.
    Files,
    /// A socket over which it is talked to. What counts as its output is what
    /// its own child writes to these files.
    Socket { stdin: OwnedFd, stdout: OwnedFd, child_stdout: File, child_stderr: File },
}

/// A running child. It is killed with its group when dropped, so that no error
/// or panic leaves one behind.
pub(crate) struct Started {
    group: Group,
    leader: Leader,
    stdout: File,
    stderr: File,
    /// Its own stderr, if `stderr` is its child's.
    own: Option<File>,
    limits: Limits,
    memory_at: Instant,
    /// A group that a descendant has made for itself.
    other: Option<Pid>,
    pub(crate) start: Instant,
}

impl Started {
    /// Starts it.
    pub(crate) fn start(mut cmd: Command, streams: Streams, limits: &Limits) -> Result<Started> {
        let temp = std::env::temp_dir();
        let file = || -> Result<File> {
            let file = tempfile::tempfile().map_err(RunnerError::io("create a temporary file in", &temp))?;
            // On a full disk a child's words would be lost, and it would seem to have said nothing.
            let room = file.write_all_at(b" ", 0).and_then(|()| file.set_len(0));
            room.map_err(RunnerError::io("write a temporary file in", &temp))?;
            Ok(file)
        };
        let again = |f: &File| f.try_clone().map_err(RunnerError::io("duplicate a temporary file in", &temp));
        let mine = file()?;
        cmd.stderr(again(&mine)?);
        let (stdout, stderr, own) = match streams {
            Streams::Files => {
                let stdout = file()?;
                cmd.stdin(Stdio::null()).stdout(again(&stdout)?);
                (stdout, mine, None)
            }
            Streams::Socket { stdin, stdout, child_stdout, child_stderr } => {
                cmd.stdin(stdin).stdout(stdout);
                (child_stdout, child_stderr, Some(mine))
            }
        };
        let start = Instant::now();
        let mark = mark();
        cmd.process_group(0).env(MARK, &mark);
        let group = Group::new(spawn(&mut cmd)?, &mark);
        // The command holds duplicates of the files.
        drop(cmd);
        let leader = Leader::new(group.pid, FILE_BACKSTOP.max(limits.output.saturating_mul(2)));
        let memory_at = start + MEMORY_TICK;
        Ok(Started { group, leader, stdout, stderr, own, limits: *limits, memory_at, other: None, start })
    }

    /// Waits for its end, at most this long (below one second), and says
    /// whether it has ended.
    pub(crate) fn wait(&self, most: Duration) -> bool {
        self.leader.wait(most)
    }

    /// The leader's.
    #[cfg(test)]
    pub(crate) fn pid(&self) -> Pid {
        self.group.pid
    }

    /// Counts the memory of the group that a descendant has made for itself.
    pub(crate) fn count_group(&mut self, group: Pid) {
        self.other = Some(group);
    }

    /// Whether it has written more than its limit, `more` bytes included.
    pub(crate) fn floods(&self, more: u64) -> bool {
        length(&self.stdout) + length(&self.stderr) + self.own.as_ref().map_or(0, length) + more > self.limits.output
    }

    /// The limit of output or memory that it exceeds. Memory is looked at now
    /// and then only.
    pub(crate) fn exceeds(&mut self, more: u64, now: Instant) -> Option<Stop> {
        if self.floods(more) {
            return Some(Stop::Output);
        }
        if now >= self.memory_at {
            let memory = |group| crate::group::look(group).memory;
            if memory(self.group.pid) + self.other.map_or(0, memory) > self.limits.memory {
                return Some(Stop::Memory);
            }
            self.memory_at = now + MEMORY_TICK;
        }
        None
    }

    /// What it has written to stderr so far, where that is apart from its
    /// child's words.
    pub(crate) fn own_words(&self) -> Option<String> {
        let own = capped(self.own.as_ref()?, STDERR_KEPT, STDERR_KEPT).unwrap_or_default();
        Some(String::from_utf8_lossy(&own).into_owned())
    }

    /// Kills what is left of it, and says what became of it.
    pub(crate) fn finish(mut self, stopped: Option<Stop>) -> Result<Completed> {
        let temp = std::env::temp_dir();
        let status = self.group.end().map_err(RunnerError::io("wait for a child in", &temp))?;
        let wall = self.start.elapsed();
        let read =
            |f: &File, head, tail| capped(f, head, tail).map_err(RunnerError::io("read a temporary file in", &temp));
        Ok(Completed {
            ended: Ended::from(status),
            stopped,
            stdout: read(&self.stdout, STDOUT_KEPT, 0)?,
            stderr: read(&self.stderr, STDERR_KEPT, STDERR_KEPT)?,
            wall,
        })
    }
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

/// A started group. It is killed when dropped.
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
