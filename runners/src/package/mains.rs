//! Builds the programs of a user's module.

use crate::cache::CacheDirs;
use crate::cancel::Cancel;
use crate::error::{Result, RunnerError, how};
use crate::process::{self, Limits, Stop, show};
use crate::toolchain::Toolchain;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A main package, built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Main {
    /// The package's import path.
    pub package: String,
    pub program: PathBuf,
}

/// Builds the main packages that `patterns` name as `go list` has them, seen from
/// `dir`, for linux on `goarch`, into the folder `out`, without cgo. As in
/// [`super::look_up`], the user's own environment counts: it says where modules are.
/// `Err(why)` inside where the packages are at fault, or none is a main package.
///
/// # Errors
/// The toolchain does not do its work.
pub fn build_mains(
    toolchain: &Toolchain,
    cache: &CacheDirs,
    (dir, patterns, goarch): (&Path, &[String], &str),
    out: &Path,
    offline: bool,
    cancel: &Cancel,
) -> Result<std::result::Result<Vec<Main>, String>> {
    let go = |args: &[&str]| {
        let mut cmd = Command::new(toolchain.go());
        cmd.args(args).current_dir(dir);
        cmd.env("GOROOT", &toolchain.goroot).env("GOCACHE", cache.gocache(&toolchain.fingerprint));
        cmd.env("GOTOOLCHAIN", "local").env("GOOS", "linux").env("GOARCH", goarch).env("CGO_ENABLED", "0");
        if offline {
            cmd.env("GOPROXY", "off");
        }
        cmd
    };
    let mut list = go(&["list", "-find", "-f", "{{if eq .Name \"main\"}}{{.ImportPath}}{{end}}", "--"]);
    list.args(patterns);
    let listed = match run(list, cancel)? {
        Ok(listed) => listed,
        Err(why) => return Ok(Err(why)),
    };
    let packages: Vec<&str> = listed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if packages.is_empty() {
        return Ok(Err(format!("{} names no main package: there is no program to build", patterns.join(" "))));
    }
    let mut mains = Vec::new();
    for (n, package) in packages.into_iter().enumerate() {
        let program = out.join(format!("{goarch}-{n}"));
        let mut build = go(&["build", "-o"]);
        build.arg(&program).arg("--").arg(package);
        if let Err(why) = run(build, cancel)? {
            return Ok(Err(why));
        }
        mains.push(Main { package: package.to_string(), program });
    }
    Ok(Ok(mains))
}

/// Runs a command to its end; its stdout, or what it says where it fails by itself.
fn run(cmd: Command, cancel: &Cancel) -> Result<std::result::Result<String, String>> {
    let command = show(&cmd);
    let done = process::run(cmd, &Limits::BUILD, None, cancel)?;
    match done.stopped {
        None if done.success() => Ok(Ok(String::from_utf8_lossy(&done.stdout).into_owned())),
        None => Ok(Err(format!("`{command}` {}:\n{}", how(done.ended, None), done.output().trim_end()))),
        Some(Stop::Cancelled) => Err(RunnerError::Cancelled),
        Some(stop) => Err(RunnerError::Command { command, how: how(done.ended, Some(stop)), output: done.output() }),
    }
}
