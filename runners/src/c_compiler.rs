//! C compilers: what builds the C of a generated program, for the host and for
//! other ports. One that is found need not do what is wanted (no static C
//! library, say): whoever uses it builds a trial first, and takes the next.

use crate::cache::CacheDirs;
use crate::digest::sha256;
use crate::error::{Result, RunnerError, how};
use crate::fetch;
use crate::host;
use crate::process::{self, show};
use crate::provision::Provision;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a port is called by C compilers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CTarget<'a> {
    pub goarch: &'a str,
    /// What stands before `-gcc` in a cross compiler's name.
    pub gnu: Option<&'a str>,
    /// Zig's name of it, with the C library, and options behind it.
    pub zig: Option<&'a str>,
}

/// A C compiler for one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CCompiler {
    pub goarch: String,
    /// The program.
    pub path: PathBuf,
    /// What stands before all other arguments.
    pub args: Vec<String>,
    /// The first line of what it says of itself.
    pub version: String,
    /// Changes with the program, its arguments and its version.
    pub fingerprint: String,
    /// What it needs in its environment.
    pub env: Vec<(String, String)>,
}

/// The folder of fetched compilers that holds Zig.
pub(crate) fn zig_folder(cache: &CacheDirs) -> PathBuf {
    cache.compilers().join("zig")
}

/// The fetched Zig.
pub(crate) fn zig_in(folder: &Path) -> Option<PathBuf> {
    Some(folder.join("ziglang/zig")).filter(|p| p.is_file())
}

impl CCompiler {
    /// It and its arguments, as the go command reads them from `CC`.
    #[must_use]
    pub fn command(&self) -> String {
        // The go command splits at blanks, and knows quotes but no escapes.
        let quoted = |word: &str| match (word.contains([' ', '\t', '"']), word.contains('\'')) {
            (false, false) => word.to_string(),
            (_, false) => format!("'{word}'"),
            (_, true) => format!("\"{word}\""),
        };
        let words = std::iter::once(self.path.display().to_string()).chain(self.args.iter().cloned());
        words.map(|w| quoted(&w)).collect::<Vec<_>>().join(" ")
    }
}

impl Provision {
    /// The C compilers for a port that are here, the best first: what is on PATH
    /// under the port's own name, then Zig, which knows most.
    ///
    /// # Errors
    /// Only an interruption.
    pub fn c_compilers(&self, target: &CTarget<'_>) -> Result<Vec<CCompiler>> {
        let mut found = Vec::new();
        let on_path = |name: &str| which::which_in(name, Some(&self.env.path), "/").ok();
        let own: &[&str] = if host::goarch() == Some(target.goarch) { &["gcc", "cc", "clang"] } else { &[] };
        let names = own.iter().map(ToString::to_string).chain(target.gnu.map(|gnu| format!("{gnu}-gcc")));
        for path in names.filter_map(|n| on_path(&n)) {
            found.push((path, vec![], vec!["--version"], vec![]));
        }
        if let Some(name) = target.zig {
            let args: Vec<String> =
                ["cc", "-target"].into_iter().chain(name.split_whitespace()).map(str::to_string).collect();
            let cache = self.cache.zig_cache().display().to_string();
            let env: Vec<(String, String)> =
                ["ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"].map(|n| (n.to_string(), cache.clone())).to_vec();
            for path in zig_in(&zig_folder(&self.cache)).into_iter().chain(on_path("zig")) {
                found.push((path, args.clone(), vec!["version"], env.clone()));
            }
        }
        let mut out: Vec<CCompiler> = Vec::new();
        for (path, args, ask, env) in found {
            let version = match self.version_of_compiler(&path, &ask, &env) {
                Ok(version) => version,
                Err(RunnerError::Cancelled) => return Err(RunnerError::Cancelled),
                Err(error) => {
                    (self.say)(&format!("{} is not used: {error}", path.display()));
                    continue;
                }
            };
            // One that was built anew need not have a new version.
            let file = fs::metadata(&path).map(|m| (m.len(), m.mtime(), m.mtime_nsec())).unwrap_or_default();
            let text = format!("{} {args:?} {version} {file:?}", path.display());
            let goarch = target.goarch.to_string();
            out.push(CCompiler { goarch, path, args, version, fingerprint: sha256(text.as_bytes()), env });
        }
        Ok(out)
    }

    fn version_of_compiler(&self, path: &Path, ask: &[&str], env: &[(String, String)]) -> Result<String> {
        let mut cmd = Command::new(path);
        cmd.args(ask).env_clear().env("PATH", &self.env.path).env("LC_ALL", "C");
        cmd.envs(env.iter().map(|(n, v)| (n, v)));
        let command = show(&cmd);
        let done = process::run(cmd, &self.ask, None, &self.cancel)?;
        self.cancel.check()?;
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        match said.lines().map(str::trim).find(|l| !l.is_empty()) {
            Some(line) if done.success() && ask == ["version"] => Ok(format!("zig {line}")),
            Some(line) if done.success() => Ok(line.to_string()),
            Some(_) | None => {
                Err(RunnerError::Command { command, how: how(done.ended, done.stopped), output: done.output() })
            }
        }
    }

    /// Zig, which compiles C for most ports: fetched, unless it is here.
    ///
    /// # Errors
    /// If it cannot be fetched.
    pub fn zig(&self) -> Result<PathBuf> {
        match self.zig_here() {
            Some(path) => Ok(path),
            None => fetch::zig(self),
        }
    }

    /// Zig in the cache or on PATH.
    pub(crate) fn zig_here(&self) -> Option<PathBuf> {
        zig_in(&zig_folder(&self.cache)).or_else(|| which::which_in("zig", Some(&self.env.path), "/").ok())
    }
}

#[cfg(test)]
#[path = "c_compiler_tests.rs"]
mod tests;
