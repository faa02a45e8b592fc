//! Asks the toolchain for a function's signature.
//!
//! A small Go program does it (`helper.go`): `go list -export` compiles what the
//! package imports and says where the export data is, and `go/types` checks the
//! package's own files against that, without function bodies. So it knows
//! modules, build tags and vendoring as `go build` does, needs nothing beyond
//! the standard library, and is exact where DWARF of a linked program would
//! lack what nobody calls.

use crate::cache::CacheDirs;
use crate::cancel::Cancel;
use crate::error::{Result, RunnerError, how};
use crate::goenv;
use crate::process::{self, Limits, show};
use crate::toolchain::Toolchain;
use serde::Deserialize;
use std::fs;
use std::path::Path;
use std::process::Command;

const HELPER: &str = include_str!("helper.go");

/// Which function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// `Func`, or `Type.Method`.
    Name(String),
    /// The one that this line belongs to, in the file of that name.
    Line { file: String, line: u32 },
}

/// A function of a package.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Function {
    /// With its package: `pkg.Func`, `pkg.(*T).M`.
    pub name: String,
    /// The package's import path.
    pub package: String,
    /// In Go, without name and receiver.
    pub signature: String,
    /// The receiver's type; empty where there is none.
    pub receiver: String,
    pub receiver_name: String,
    /// Go declarations of the types that the signature names, all in one scope:
    /// `ᐧ` stands for the dot of other packages' types. What is only pointed to
    /// is declared as an empty struct.
    pub declarations: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Failure {
    error: String,
}

/// Looks a function up in the package that `pattern` names as `go list` has it,
/// seen from `dir`, as built for linux on `goarch`. `Err(why)` inside where the
/// package or the function is at fault.
///
/// # Errors
/// The toolchain does not do its work.
pub fn look_up(
    toolchain: &Toolchain,
    cache: &CacheDirs,
    dir: &Path,
    (pattern, wanted, goarch): (&str, &Wanted, &str),
    offline: bool,
    cancel: &Cancel,
) -> Result<std::result::Result<Function, String>> {
    let scratch = cache.temp("package-")?;
    let gocache = cache.gocache(&toolchain.fingerprint);
    let (source, helper) = (scratch.path().join("helper.go"), scratch.path().join("helper"));
    fs::write(&source, HELPER).map_err(RunnerError::io("write", &source))?;
    let mut build = goenv::command(&toolchain.goroot, scratch.path(), &gocache);
    build.arg("build").arg("-o").arg(&helper).arg(&source);
    run(build, cancel)?;
    // Here the user's own environment counts: it says where modules are.
    let mut look = Command::new(&helper);
    let (name, place) = match wanted {
        Wanted::Name(name) => (name.clone(), String::new()),
        Wanted::Line { file, line } => (String::new(), format!("{file}:{line}")),
    };
    look.arg(toolchain.go()).args([goarch, pattern, &name, &place]).current_dir(dir);
    look.env("GOROOT", &toolchain.goroot).env("GOCACHE", &gocache).env("GOTOOLCHAIN", "local");
    look.env("GOOS", "linux").env("GOARCH", goarch).env("CGO_ENABLED", "0");
    if offline {
        look.env("GOPROXY", "off");
    }
    let text = run(look, cancel)?;
    if let Ok(Failure { error }) = serde_json::from_str(&text) {
        return Ok(Err(error));
    }
    match serde_json::from_str(&text) {
        Ok(function) => Ok(Ok(function)),
        Err(e) => Ok(Err(format!("what the Go toolchain says of it is not understood: {e}"))),
    }
}

/// Runs a command to its end; its stdout.
fn run(cmd: Command, cancel: &Cancel) -> Result<String> {
    let command = show(&cmd);
    let done = process::run(cmd, &Limits::BUILD, None, cancel)?;
    if done.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    if done.stopped == Some(process::Stop::Cancelled) {
        return Err(RunnerError::Cancelled);
    }
    Err(RunnerError::Command { command, how: how(done.ended, done.stopped), output: done.output() })
}
