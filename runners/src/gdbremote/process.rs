//! The process of a stub: watched while it is talked to, gone afterwards.

use super::error::{RemoteError, Result};
use super::session::Debuggee;
use super::wire::Watch;
use crate::cache::{remove, tree_size};
use crate::cancel::Cancel;
use crate::child::Started;
use crate::error::{RunnerError, how};
use crate::process::{Completed, Ended, Stop, TICK};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a stub may take to exit after its program did.
const GRACE: Duration = Duration::from_secs(2);

/// An emulator or gdbserver, with all its descendants and its folder. When it
/// is dropped, they are gone.
pub struct Process {
    started: Option<Started>,
    dir: TempDir,
    cancel: Cancel,
    time: Duration,
    until: Instant,
    next: Instant,
    stopped: Option<Stop>,
}

impl Process {
    pub(super) fn new(started: Started, dir: TempDir, time: Duration, cancel: &Cancel) -> Process {
        let start = started.start;
        let until = after(start, time);
        Process { started: Some(started), dir, cancel: cancel.clone(), time, until, next: start, stopped: None }
    }

    /// The folder that is its own.
    #[cfg(test)]
    pub(super) fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// Waits for its end, at most this long (below one second).
    pub(super) fn wait(&self, most: Duration) -> bool {
        self.started.as_ref().is_none_or(|s| s.wait(most))
    }

    pub(super) fn started(&mut self) -> Option<&mut Started> {
        self.started.as_mut()
    }

    /// It ended by itself, before it was of any use.
    pub(super) fn not_started(mut self, command: String) -> RemoteError {
        let Some(started) = self.started.take() else { return RemoteError::Closed };
        let own = started.own_words();
        match started.finish(None) {
            Ok(done) => {
                let output = own.map_or_else(|| done.output(), |own| format!("{own}{}", done.output()));
                // Containers often forbid it.
                if output.contains("ptrace") && output.contains("not permitted") {
                    let why = format!("this machine does not permit debugging: `{command}` said {}", output.trim());
                    return RemoteError::Unsupported(why);
                }
                RemoteError::NotStarted { command, how: how(done.ended, done.stopped), output }
            }
            Err(error) => error.into(),
        }
    }

    /// Ends it. If the program has ended, its stub is given time to do so, too.
    fn finish(mut self, program: Option<Ended>) -> crate::error::Result<Completed> {
        let Some(started) = self.started.take() else { return Err(RunnerError::Cancelled) };
        if program.is_some() {
            let until = Instant::now() + GRACE;
            while !started.wait(TICK) && Instant::now() < until && !self.cancel.is_cancelled() {}
        }
        let mut done = started.finish(self.stopped)?;
        if let Some(ended) = program {
            done.ended = ended;
        }
        Ok(done)
    }
}

/// No limit is longer than the clock goes.
fn after(start: Instant, time: Duration) -> Instant {
    start.checked_add(time).unwrap_or_else(|| start + Duration::from_secs(1 << 30))
}

impl Watch for Process {
    fn look(&mut self) -> Result<()> {
        let now = Instant::now();
        if now >= self.until {
            self.stopped = Some(Stop::Time);
            return Err(RemoteError::Timeout);
        }
        if now < self.next {
            return Ok(());
        }
        self.next = now + TICK;
        if self.cancel.is_cancelled() {
            self.stopped = Some(Stop::Cancelled);
            return Err(RemoteError::Cancelled);
        }
        // Files that the program writes fill the disk as its prints do.
        let files = tree_size(self.dir.path());
        match self.started.as_mut().and_then(|s| s.exceeds(files, now)) {
            Some(stop) => {
                self.stopped = Some(stop);
                Err(RemoteError::Limit(stop))
            }
            None => Ok(()),
        }
    }

    fn is_gone(&mut self) -> bool {
        self.wait(Duration::ZERO)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // First those who could still write into the folder.
        drop(self.started.take());
        // The program may have made a folder read-only, which the guard's own
        // removal would leave behind.
        let _ = remove(self.dir.path());
    }
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process").field("dir", &self.dir).field("stopped", &self.stopped).finish_non_exhaustive()
    }
}

impl Debuggee<Process> {
    /// Lets the limit on time begin anew: what made progress may go on.
    pub fn renew(&mut self) {
        let process = &mut self.wire.watch;
        process.until = after(Instant::now(), process.time);
    }

    /// Kills the program if it still lives, and says what it printed and how
    /// it ended: by signal 9 if we killed it, with `stopped` set if that was
    /// because of a limit or the token.
    ///
    /// # Errors
    ///
    /// If its output cannot be read.
    pub fn finish(self) -> crate::error::Result<Completed> {
        let program = self.ended.as_ref().and_then(super::Stop::ended);
        if program.is_some() {
            // Now gdbserver has nothing to wait for.
            return self.wire.close().finish(program);
        }
        self.wire.end(|process| process.finish(None))
    }
}
