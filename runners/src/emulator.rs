//! What runs a program of another port.

use crate::cancel::Cancel;
use crate::error::{Result, RunnerError, how};
use crate::process::{self, Limits, show};
use serde::Serialize;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How programs of a port are executed here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Exec {
    /// By this machine itself.
    Native,
    /// By an emulator, which gets the program as its argument.
    Emulated {
        goarch: String,
        path: PathBuf,
        /// Like `7.2.22`.
        version: String,
        /// Options that stand before the program.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        options: Vec<String>,
    },
}

impl Exec {
    /// The same with options for the emulator, if it is one.
    #[must_use]
    pub fn with_options(&self, more: &[&str]) -> Exec {
        let mut out = self.clone();
        if let Exec::Emulated { options, .. } = &mut out {
            options.extend(more.iter().map(|o| (*o).to_string()));
        }
        out
    }
}

/// The line by which qemu-user says that it cannot go on itself. That its guest
/// was ended by a signal ("uncaught target signal") is the guest's own affair.
pub(crate) fn last_words(stderr: &str) -> Option<String> {
    let fails = |line: &&str| {
        let qemu = line.strip_prefix("qemu").map(|rest| rest.split_once(": ").map_or(rest, |(_, said)| said));
        // cpu_abort, an exception that linux-user does not know, its own fault
        // outside of translated code, assert(), and GLib's g_assert().
        qemu.is_some_and(|said| {
            said.starts_with("fatal: ")
                || said.starts_with("unhandled CPU exception")
                || said.contains("received signal outside vCPU context")
                || (said.contains(": Assertion `") && said.ends_with(" failed."))
        }) || line.strip_prefix("ERROR:").is_some_and(|at| at.starts_with("../") && at.contains(".c:"))
            || line.starts_with("Bail out! ERROR:../")
    };
    stderr.lines().map(str::trim_end).find(fails).map(str::to_string)
}

/// The names under which distributions ship the emulator called `name`.
/// Statically linked ones come first: they don't depend on the host's libraries.
pub(crate) fn file_names(name: &str) -> [String; 2] {
    [format!("qemu-{name}-static"), format!("qemu-{name}")]
}

/// The first emulator on a PATH.
pub(crate) fn on_path(name: &str, path: &OsStr) -> Option<PathBuf> {
    file_names(name).iter().find_map(|file| which::which_in(file, Some(path), "/").ok())
}

/// The emulator in an unpacked Debian package.
pub(crate) fn unpacked(name: &str, root: &Path) -> Option<PathBuf> {
    let found = file_names(name).map(|file| root.join("usr/bin").join(file));
    // Newer packages hold a link to a file of another package: it must exist.
    found.into_iter().find(|path| path.is_file())
}

/// Asks an emulator for its version, which also proves that it can be run.
pub(crate) fn version(path: &Path, cancel: &Cancel) -> Result<String> {
    let mut cmd = Command::new(path);
    cmd.arg("--version").env_clear().env("LC_ALL", "C");
    let command = show(&cmd);
    let done = process::run(cmd, &Limits::ASK, None, cancel)?;
    cancel.check()?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    match said.split_once(" version ").and_then(|(_, rest)| rest.split_whitespace().next()) {
        Some(version) if done.success() => Ok(version.to_string()),
        Some(_) | None => {
            let how = how(done.ended, done.stopped);
            Err(RunnerError::Command { command, how, output: done.output() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emulator_that_fails_says_so() {
        for line in [
            "qemu: fatal: Trying to execute code outside RAM or ROM at 0x0",
            "qemu: unhandled CPU exception 0x10002 - aborting",
            "qemu:handle_cpu_signal received signal outside vCPU context @ pc=0x7f2a",
            "qemu-aarch64-static: ../../linux-user/mmap.c:120: target_mprotect: Assertion `have_mmap_lock()' failed.",
            "ERROR:../../accel/tcg/cpu-exec.c:928:cpu_exec: assertion failed: (cpu == current_cpu)",
        ] {
            assert_eq!(last_words(&format!("something\n{line}\r\nmore")), Some(line.to_string()));
        }
        for line in [
            "",
            "qemu: uncaught target signal 11 (Segmentation fault) - core dumped",
            "panic: qemu: fatal: not at all",
            "fatal error: unexpected signal",
            "ERROR: something of the program's",
        ] {
            assert_eq!(last_words(line), None, "{line}");
        }
    }
}
