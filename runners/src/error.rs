//! What can go wrong while finding, building and running, apart from what a
//! case itself does: that is recorded as a fact and is no error.

use crate::install::{self, Part};
use crate::process::{Ended, Stop};
use std::io;
use std::path::{Path, PathBuf};

/// Why a runner could not do its work. None of these says anything about a
/// case: a rejected build or a dead process is a fact, not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunnerError {
    #[error("cannot {doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },

    #[error("no space left on the disk of {}", path.display())]
    DiskFull { path: PathBuf },

    #[error("cannot start `{command}`: {source}")]
    Spawn { command: String, source: io::Error },

    #[error("interrupted")]
    Cancelled,

    #[error("no place for the cache: neither GOABI_CACHE nor XDG_CACHE_HOME nor HOME is set")]
    NoHome,

    #[error("the cache cannot lie in {}: Go builds nothing below a folder with a line break in its path", root.display())]
    LineBreak { root: PathBuf },

    #[error("the cache {} is in use by another run", root.display())]
    CacheBusy { root: PathBuf },

    #[error("{request:?} names no Go toolchain: {reason}")]
    BadRequest { request: String, reason: String },

    #[error("{} is no usable GOROOT: {reason}", path.display())]
    NotAGoroot { path: PathBuf, reason: String },

    /// A GOROOT with a go command, of which something else is missing.
    #[error("the Go in {} is incomplete: it has no {missing}", goroot.display())]
    Incomplete { goroot: PathBuf, missing: &'static str },

    #[error("`{command}` says what is no Go version{}", indented(output))]
    NoVersion { command: String, output: String },

    /// Every way of getting something was tried; each line says what one way
    /// answered.
    #[error("cannot get {what}:\n  {}", tried.join("\n  "))]
    CannotGet { what: String, part: Part, tried: Vec<String> },

    #[error("{what} is not on this machine, and --offline forbids fetching it ({would})")]
    Offline { what: String, part: Part, would: String },

    #[error("linux/{goarch} programs do not run on this {host} host")]
    NoLinux { goarch: String, host: String },

    /// A helper command (pip, apt-get, go env, an emulator's --version) failed.
    #[error("`{command}` {how}{}", indented(output))]
    Command { command: String, how: String, output: String },

    /// `go build` failed, and not because of a mistake in the sources. The
    /// packages are those that its output names, so that a caller may search
    /// for the culprit.
    #[error("`{command}` {how}, and its output names no error in the generated sources{}", indented(output))]
    GoTool { command: String, how: String, packages: Vec<String>, output: String },

    /// `go build` was killed by one of the limits.
    #[error("`{command}` was killed: {stop}{}", indented(output))]
    GoStopped { command: String, stop: Stop, packages: Vec<String>, output: String },

    #[error("`{command}` ended with success but left no {} behind{}", path.display(), indented(output))]
    NoOutput { command: String, path: PathBuf, output: String },

    #[error("`{command}` left something in {} that is no ELF binary", path.display())]
    NotAnElf { command: String, path: PathBuf },

    #[error("the source path {path:?} leaves the program's folder")]
    BadSourcePath { path: String },

    /// The program did not even write its header: it was not executed, and
    /// nothing is known of any of its units.
    #[error("cannot execute `{command}`: {how}{}", indented(stderr))]
    CannotExecute { command: String, how: String, stderr: String },
}

/// What the crate's functions return.
pub type Result<T, E = RunnerError> = std::result::Result<T, E>;

impl RunnerError {
    /// What a person can do about it, where there is something to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            RunnerError::DiskFull { .. } => Some(
                "free some room, remove what can be rebuilt with `goabi cache clean`, or set GOABI_CACHE (for the \
                 cache) or TMPDIR (for what programs write) to a folder on another disk"
                    .to_string(),
            ),
            RunnerError::LineBreak { .. } | RunnerError::NoHome => {
                Some("set GOABI_CACHE to a folder in which goabi may keep its cache".to_string())
            }
            RunnerError::CacheBusy { .. } => Some("wait until the other goabi run has ended".to_string()),
            RunnerError::BadRequest { .. } => Some(
                "write a version like 1.27.3 or 1.27, the word tip, or the path of a GOROOT (./go for one in the \
                 current folder)"
                    .to_string(),
            ),
            RunnerError::NotAGoroot { .. } => {
                Some("a GOROOT has bin/go, pkg/tool and src/runtime: a checkout needs src/make.bash first".to_string())
            }
            RunnerError::Incomplete { missing, .. } => Some(format!(
                "{}, or choose another Go with --go",
                if missing.starts_with("src") {
                    "install its sources too (some distributions have them in a package of their own)"
                } else {
                    "install it anew (a checkout needs src/make.bash first)"
                }
            )),
            RunnerError::NoVersion { .. }
            | RunnerError::GoTool { .. }
            | RunnerError::NoOutput { .. }
            | RunnerError::NotAnElf { .. } => {
                Some("try this Go by hand, install it anew, or choose another with --go".to_string())
            }
            RunnerError::CannotGet { part, .. } => Some(install::hint(*part)),
            RunnerError::Offline { part, .. } => {
                Some(format!("run once without --offline, or install it:\n{}", install::hint(*part)))
            }
            RunnerError::NoLinux { .. } => {
                Some("build and inspect here, and run the binaries on a linux machine or container".to_string())
            }
            RunnerError::CannotExecute { .. } => Some(install::hint(Part::Qemu)),
            RunnerError::GoStopped { stop, .. } => match stop {
                Stop::Time | Stop::Output | Stop::Memory => {
                    Some("raise the limit, if the machine is merely slow or small".to_string())
                }
                Stop::Cancelled => None,
            },
            RunnerError::Io { doing, source, .. } => {
                let place = matches!(
                    source.kind(),
                    io::ErrorKind::PermissionDenied
                        | io::ErrorKind::ReadOnlyFilesystem
                        | io::ErrorKind::NotADirectory
                        | io::ErrorKind::AlreadyExists
                        | io::ErrorKind::NotFound
                );
                let writes = ["create", "write", "open the lock", "rename"].iter().any(|w| doing.starts_with(w));
                (place && writes).then(|| {
                    "the cache lies in GOABI_CACHE, and what programs write in TMPDIR: set them to folders that can \
                     be written"
                        .to_string()
                })
            }
            RunnerError::Spawn { .. }
            | RunnerError::Cancelled
            | RunnerError::Command { .. }
            | RunnerError::BadSourcePath { .. } => None,
        }
    }

    /// Makes an error of a failed file operation; a full disk is told apart,
    /// since there the remedy is another.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RunnerError {
        let path = path.to_path_buf();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => RunnerError::DiskFull { path },
            _ => RunnerError::Io { doing, path, source },
        }
    }
}

/// How a process ended, as the end of a sentence: "exited with status 2".
pub(crate) fn how(ended: Ended, stopped: Option<Stop>) -> String {
    match stopped {
        Some(stop) => format!("was killed: {stop}"),
        None => ended.to_string(),
    }
}

/// A child's output below the error's first line, or nothing.
fn indented(output: &str) -> String {
    let output = output.trim_end();
    if output.is_empty() { String::new() } else { format!(":\n  {}", output.replace('\n', "\n  ")) }
}
