//! What a program did, kept from one run to the next: the same binary, run in
//! the same way, does the same again unless it is flaky. Whoever wants to know
//! that runs it afresh.

use crate::cache::{CacheDirs, make, write_whole};
use crate::digest::{Parts, sha256};
use crate::emulator::Exec;
use crate::error::Result;
use crate::gdbremote::DebugExec;
use crate::observe::machine::{Cut, MachineFacts, ObserveSpec};
use crate::observe::step::{End, ProgramSpec, ProgramStepped};
use crate::run::{RunFacts, RunSpec, UnitEnd};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// Part of every key: raise it when the way of running changes, or what is kept.
const FORMAT: &str = "goabi run 1";

/// The same for what a debugger shows.
const MACHINE_FORMAT: &str = "goabi machine 6";

/// The same for what stepping through functions shows.
const STEPS_FORMAT: &str = "goabi steps 2";

/// Where the facts of one way of running one binary are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunKey(PathBuf);

impl RunKey {
    /// The key of a run of all units; None where only some are asked for, since
    /// whoever asks for some wants to see them run.
    #[must_use]
    pub fn of(cache: &CacheDirs, spec: &RunSpec<'_>) -> Option<RunKey> {
        if spec.only.is_some() {
            return None;
        }
        let mut parts = Parts::new();
        parts.add(FORMAT).add(&spec.artifact.digest).add(spec.program).add(spec.units.to_le_bytes());
        match spec.exec {
            Exec::Native => parts.add("native"),
            Exec::Emulated { goarch, path, version, options } => {
                // An emulator that was built anew need not have a new version.
                let file = fs::metadata(path).map(|m| (m.len(), m.mtime(), m.mtime_nsec())).unwrap_or_default();
                parts.add(goarch).add(path.as_os_str().as_encoded_bytes()).add(version).add(format!("{file:?}"));
                parts.add(options.join(" "))
            }
        };
        parts.add(format!("{:?} {:?}", spec.isolated, spec.limits));
        for (name, value) in spec.env {
            parts.add(name).add(value);
        }
        Some(RunKey::at(cache, parts))
    }

    /// The key of watching all units of a program.
    #[must_use]
    pub fn of_machine(cache: &CacheDirs, spec: &ObserveSpec<'_>) -> RunKey {
        let mut parts = Parts::new();
        parts.add(MACHINE_FORMAT).add(&spec.artifact.digest);
        add_debugger(&mut parts, spec.exec);
        parts.add(format!("{:?} {:?} {:?}", spec.asked, spec.isolated, spec.limits));
        let plan = spec.plan;
        parts.add(format!("{:?} {:?} {:?} {:?}", plan.arch, plan.functions, plan.units, plan.statements));
        if plan.bytes {
            parts.add("bytes");
        }
        RunKey::at(cache, parts)
    }

    /// The key of stepping through functions of a program of that digest.
    #[must_use]
    pub fn of_steps(cache: &CacheDirs, spec: &ProgramSpec<'_>, digest: &str) -> RunKey {
        let mut parts = Parts::new();
        parts.add(STEPS_FORMAT).add(digest);
        add_debugger(&mut parts, spec.step.exec);
        parts.add(format!("{:?} {:?} {}", spec.asked, spec.step.limits, spec.step.steps));
        parts.add(format!("{:?}", spec.step.arch));
        RunKey::at(cache, parts)
    }

    fn at(cache: &CacheDirs, parts: Parts) -> RunKey {
        let key = parts.hex();
        RunKey(cache.runs().join(key.get(..2).unwrap_or("--")).join(key))
    }

    /// What is kept under the key, if it is whole.
    #[must_use]
    pub fn recall<T: DeserializeOwned>(&self) -> Option<T> {
        let text = fs::read_to_string(&self.0).ok()?;
        let (digest, json) = text.split_once('\n')?;
        (sha256(json.as_bytes()) == digest).then(|| serde_json::from_str(json).ok())?
    }

    /// Keeps facts, unless a limit, a false transcript or this machine's state
    /// had a part in them: those are to be seen again, or not.
    ///
    /// # Errors
    ///
    /// If the cache cannot be written.
    pub fn keep(&self, cache: &CacheDirs, facts: &RunFacts) -> Result<()> {
        let lasting = |end: &UnitEnd| match end {
            UnitEnd::Finished => true,
            UnitEnd::Died(death) => death.stopped.is_none() && death.emulator.is_none(),
            UnitEnd::Untrusted(_) | UnitEnd::NotRun(_) => false,
        };
        if !facts.units.iter().all(|u| lasting(&u.end)) {
            return Ok(());
        }
        self.write(cache, facts)
    }

    /// As [`RunKey::keep`], of what a debugger showed.
    ///
    /// # Errors
    ///
    /// If the cache cannot be written.
    pub fn keep_machine(&self, cache: &CacheDirs, facts: &MachineFacts) -> Result<()> {
        let lasting = |cut: &Option<Cut>| match cut {
            None | Some(Cut::Died(_)) => true,
            Some(Cut::Lost(_) | Cut::NotRun(_)) => false,
        };
        if facts.units.values().all(|u| lasting(&u.cut)) { self.write(cache, facts) } else { Ok(()) }
    }

    /// As [`RunKey::keep`], of functions that were stepped through: all of them to
    /// their end.
    ///
    /// # Errors
    ///
    /// If the cache cannot be written.
    pub fn keep_steps(&self, cache: &CacheDirs, facts: &ProgramStepped) -> Result<()> {
        let lasting = |end: &End| match end {
            End::Returned | End::Left | End::GivenUp(_) => true,
            End::NotEntered(_) | End::Cut(_) => false,
        };
        if facts.units.values().all(|u| lasting(&u.end)) { self.write(cache, facts) } else { Ok(()) }
    }

    fn write<T: Serialize>(&self, cache: &CacheDirs, facts: &T) -> Result<()> {
        let Ok(json) = serde_json::to_string(facts) else { return Ok(()) };
        self.0.parent().map_or(Ok(()), make)?;
        write_whole(cache, &self.0, format!("{}\n{json}", sha256(json.as_bytes())).as_bytes())
    }

    /// Forgets what is kept: what failed is run again next time.
    pub fn forget(&self) {
        // Where it cannot be removed it cannot have been written by this user.
        let _ = fs::remove_file(&self.0);
    }
}

/// Which debugger it is: one that was built anew need not have a new version.
fn add_debugger(parts: &mut Parts, exec: &DebugExec) {
    let path = match exec {
        DebugExec::Emulator { path, version } | DebugExec::Gdbserver { path, version } => {
            parts.add(version);
            path
        }
    };
    let file = fs::metadata(path).map(|m| (m.len(), m.mtime(), m.mtime_nsec())).unwrap_or_default();
    parts.add(path.as_os_str().as_encoded_bytes()).add(format!("{file:?}"));
}

#[cfg(test)]
#[path = "reuse_tests.rs"]
mod tests;
