//! Running a built program: all its units, whatever some of them do.

use crate::build::Artifact;
use crate::cache::tree_size;
use crate::cancel::Cancel;
use crate::emulator::{Exec, last_words};
use crate::error::{Result, RunnerError, how};
use crate::process::{self, Completed, Ended, Limits, Progress, Stop, show};
use crate::settle::{Settled, settle};
use crate::stood::{Stood, disassembled};
use crate::transcript;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// What to run.
#[derive(Clone, Debug)]
pub struct RunSpec<'a> {
    pub artifact: &'a Artifact,
    pub exec: &'a Exec,
    /// The program's id, as its transcript's header must say it.
    pub program: &'a str,
    /// How many units it has; they are numbered from 0.
    pub units: u32,
    /// Units that get a process each: they end it, or would disturb others.
    pub isolated: &'a BTreeSet<u32>,
    /// The units that are asked for; None for all.
    pub only: Option<&'a BTreeSet<u32>>,
    /// For each process. A unit that is killed for its output or memory while
    /// others ran before it in the same process gets a process of its own
    /// first, so that it doesn't pay for them.
    pub limits: Limits,
    /// The program gets this, PATH, a home and a temporary folder, the two
    /// variables of the protocol, and nothing else.
    pub env: &'a [(String, String)],
}

/// What happened to one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitFacts {
    pub unit: u32,
    /// The record lines that it wrote, as far as it came.
    pub records: Vec<String>,
    /// Whether its closing line is there and agrees with the records.
    pub complete: bool,
    pub end: UnitEnd,
}

/// How one unit ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnitEnd {
    /// It closed its part of the transcript.
    Finished,
    /// The process ended within it. If it is `complete`, the process ended
    /// after this unit and before the next began, or after the last one with
    /// another status than 0: this unit is the last that is known to have run.
    Died(Death),
    /// The transcript contradicts itself or what was asked for.
    Untrusted(String),
    /// It was never begun.
    NotRun(String),
}

/// How the process ended in which a unit died.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Death {
    pub ended: Ended,
    /// Set if one of our limits ended it.
    pub stopped: Option<Stop>,
    /// What the process printed (all its units), with its middle left out if
    /// it is long.
    pub stderr: String,
    pub stdout: String,
    /// The line with which the emulator said that it fails itself: then the
    /// program is not at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emulator: Option<String>,
    /// Where goroutines stood that a signal had preempted, as far as the runtime said it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stood: Vec<Stood>,
}

/// What happened to all units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFacts {
    /// Each unit that was asked for exactly once, in order.
    pub units: Vec<UnitFacts>,
    pub processes: u32,
    pub wall: Duration,
}

/// One process and what it wrote.
pub(crate) struct Launch {
    pub(crate) command: String,
    pub(crate) done: Completed,
    pub(crate) transcript: transcript::Transcript,
}

/// Runs the units that are asked for: those that aren't isolated in one
/// process, the others in one each. After a unit in which the process ends,
/// the run goes on with the next one in a fresh process.
///
/// # Errors
///
/// [`RunnerError::CannotExecute`] if the very first process doesn't even write
/// a header; [`RunnerError::Cancelled`].
pub fn run_program(spec: &RunSpec<'_>, cancel: &Cancel) -> Result<RunFacts> {
    let start = Instant::now();
    let asked = (0..spec.units).filter(|u| spec.only.is_none_or(|only| only.contains(u)));
    let (alone, together): (Vec<u32>, Vec<u32>) = asked.partition(|u| spec.isolated.contains(u));
    let mut todo: VecDeque<Vec<u32>> = alone.into_iter().map(|u| vec![u]).collect();
    if !together.is_empty() {
        todo.push_front(together);
    }
    let (mut units, mut processes) = (BTreeMap::new(), 0);
    while let Some(batch) = todo.pop_front() {
        let first = processes == 0;
        processes += 1;
        let settled = match launch(spec, &batch, cancel) {
            Ok(launch) if first && launch.transcript.is_empty() => return Err(cannot_execute(&launch)),
            Ok(launch) => settle(spec.program, &batch, &launch.done, &launch.transcript),
            Err(RunnerError::Spawn { command, source }) if first => {
                let how = source.to_string();
                return Err(RunnerError::CannotExecute { command, how, stderr: String::new() });
            }
            // It could be started before: the machine is out of something now.
            Err(error @ RunnerError::Spawn { .. }) => Settled::not_run(&batch, &error.to_string()),
            Err(error) => return Err(error),
        };
        // Each process settles one unit at least, so this comes to an end.
        debug_assert!(settled.rest.len() < batch.len());
        let emulated = matches!(spec.exec, Exec::Emulated { .. });
        units.extend(settled.units.into_iter().map(|mut u| {
            if let UnitEnd::Died(death) = &mut u.end {
                death.emulator = last_words(&death.stderr).filter(|_| emulated);
                // Without the file there are no instructions: it ran, and the place is known.
                if let (false, Ok(bytes)) = (death.stood.is_empty(), std::fs::read(&spec.artifact.path)) {
                    disassembled(&mut death.stood, &bytes);
                }
            }
            (u.unit, u)
        }));
        if !settled.rest.is_empty() && settled.rest.len() < batch.len() {
            todo.push_front(settled.rest);
        }
    }
    Ok(RunFacts { units: units.into_values().collect(), processes, wall: start.elapsed() })
}

fn launch(spec: &RunSpec<'_>, batch: &[u32], cancel: &Cancel) -> Result<Launch> {
    let temp = std::env::temp_dir();
    let dir = tempfile::Builder::new().prefix("goabi-run-").tempdir();
    let dir = dir.map_err(RunnerError::io("create a folder in", &temp))?;
    // Beside the working folder, where a case's own files don't reach.
    let (file, work) = (dir.path().join("transcript"), dir.path().join("work"));
    std::fs::create_dir(&work).map_err(RunnerError::io("create", &work))?;
    let mut cmd = spec.exec.command(&spec.artifact.path);
    cmd.env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C"), ("TZ", "UTC")])
        .env("HOME", &work)
        .env("TMPDIR", &work)
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .env("GOABI_TRANSCRIPT", &file)
        .env("GOABI_UNITS", ranges(batch))
        .current_dir(&work);
    let command = show(&cmd);
    // Files that a case writes fill the disk as its prints do.
    let size = || std::fs::metadata(&file).map_or(0, |m| m.len());
    let mut progress = |_| Some(Progress { mark: size(), output: tree_size(dir.path()) });
    let done = process::run_watched(cmd, &spec.limits, &mut progress, cancel)?;
    let transcript = transcript::read(&head(&file, spec.limits.output)?);
    // A case may have made a folder read-only, which the guard's own removal
    // would leave behind.
    let _ = crate::cache::remove(dir.path());
    if done.stopped == Some(Stop::Cancelled) {
        return Err(RunnerError::Cancelled);
    }
    Ok(Launch { command, done, transcript })
}

/// The file's first bytes: what goes beyond the limit isn't read, so a flood
/// ends in the unit that made it, on a fast machine as on a slow one.
fn head(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(most).read_to_end(&mut bytes).map_err(RunnerError::io("read", path))?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => 0,
        Err(e) => return Err(RunnerError::io("open", path)(e)),
    };
    Ok(bytes)
}

fn cannot_execute(launch: &Launch) -> RunnerError {
    let Launch { command, done, .. } = launch;
    RunnerError::CannotExecute {
        command: command.clone(),
        how: format!("{} and wrote no transcript", how(done.ended, done.stopped)),
        stderr: shorten(&done.stderr, 4 << 10),
    }
}

impl Exec {
    /// The command that runs a program.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        match self {
            Exec::Native => Command::new(program),
            Exec::Emulated { path, options, .. } => {
                let mut cmd = Command::new(path);
                cmd.args(options).arg(program);
                cmd
            }
        }
    }
}

/// Bytes as text, with the middle left out if there are more than twice `end`.
pub(crate) fn shorten(bytes: &[u8], end: usize) -> String {
    if bytes.len() <= 2 * end {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let (head, tail) = (&bytes[..end], &bytes[bytes.len() - end..]);
    let left_out = bytes.len() - 2 * end;
    format!("{}\n[... {left_out} bytes left out ...]\n{}", String::from_utf8_lossy(head), String::from_utf8_lossy(tail))
}

/// Ascending numbers as inclusive ranges: `0-17,19,21-30`.
#[must_use]
pub fn ranges(units: &[u32]) -> String {
    let mut out: Vec<(u32, u32)> = Vec::new();
    for unit in units {
        match out.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*unit) => *last = *unit,
            _ => out.push((*unit, *unit)),
        }
    }
    let text = |(a, b): &(u32, u32)| if a == b { a.to_string() } else { format!("{a}-{b}") };
    out.iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
