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
    },
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
