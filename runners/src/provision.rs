//! Getting toolchains and emulators: what is on this machine first, then what
//! was fetched before, then what can be fetched.

use crate::cache::CacheDirs;
use crate::cancel::Cancel;
use crate::emulator;
pub use crate::emulator::Exec;
use crate::error::{Result, RunnerError};
use crate::fetch::{self, Wanted};
use crate::gdbremote::{self, DebugExec};
use crate::host;
use crate::install::Part;
use crate::process::{self, Limits, show};
use crate::toolchain::{Origin, Toolchain};
use goabi_cases::version::GoVersion;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest Go on PATH that is used without having been asked for.
pub const OLDEST: GoVersion = GoVersion::new(1, 21, 0);
/// What is fetched where there is no Go at all: the newest release known to
/// work.
pub const NEWEST: GoVersion = GoVersion::new(1, 27, 3);

/// Finds and fetches.
pub struct Provision {
    pub cache: CacheDirs,
    /// Never fetch.
    pub offline: bool,
    pub cancel: Cancel,
    /// For questions such as `go version`.
    pub ask: Limits,
    /// Gets a line of text for each step that takes time.
    pub say: Box<dyn Fn(&str) + Send + Sync>,
    pub(crate) env: HostEnv,
}

/// What counts of the environment.
pub(crate) struct HostEnv {
    pub(crate) path: OsString,
    /// `$GOABI_TIP`.
    pub(crate) tip: Option<PathBuf>,
}

impl Provision {
    /// With this process's own PATH and environment.
    #[must_use]
    pub fn new(cache: CacheDirs, offline: bool, cancel: Cancel, say: Box<dyn Fn(&str) + Send + Sync>) -> Provision {
        let tip = std::env::var_os("GOABI_TIP").filter(|t| !t.is_empty()).map(PathBuf::from);
        let env = HostEnv { path: std::env::var_os("PATH").unwrap_or_default(), tip };
        Provision { cache, offline, cancel, ask: Limits::ASK, say, env }
    }

    /// The toolchain for those who ask for none: Go on PATH if it is 1.21 or
    /// newer, else the newest in the cache, else [`NEWEST`], fetched.
    ///
    /// # Errors
    ///
    /// If there is none and none can be fetched.
    pub fn default_toolchain(&self) -> Result<Toolchain> {
        match self.go_on_path("go") {
            Ok(Some(go)) if go.version >= OLDEST => return Ok(go),
            Ok(Some(go)) => {
                (self.say)(&format!("{} on PATH is older than go{OLDEST} and is not used", go.label));
            }
            Ok(None) => {}
            Err(RunnerError::Cancelled) => return Err(RunnerError::Cancelled),
            Err(error) => (self.say)(&format!("the go on PATH is not used: {error}")),
        }
        for (_, root) in self.cached_toolchains() {
            if let Some(toolchain) = self.look_in_cache(&root)? {
                return Ok(toolchain);
            }
        }
        fetch::toolchain(self, &Wanted::exactly(NEWEST))
    }

    /// A toolchain in the cache; none, and a word about it, if it is broken:
    /// it can be fetched again.
    pub(crate) fn look_in_cache(&self, root: &Path) -> Result<Option<Toolchain>> {
        match self.look(root, Origin::Cache) {
            Ok(toolchain) => Ok(Some(toolchain)),
            Err(error @ (RunnerError::Cancelled | RunnerError::DiskFull { .. })) => Err(error),
            Err(error) => {
                (self.say)(&format!("{} in the cache is not used: {error}", root.display()));
                Ok(None)
            }
        }
    }

    /// The toolchain of a request: `1.24.3` or `go1.24.3`; `1.24`, which is the
    /// newest patch that is here, or that can be fetched if none is; `tip`,
    /// which is `$GOABI_TIP` or `gotip` on PATH; or the path of a GOROOT.
    ///
    /// # Errors
    ///
    /// If the request makes no sense or what it asks for can't be had.
    pub fn toolchain(&self, request: &str) -> Result<Toolchain> {
        let bad = |reason: String| RunnerError::BadRequest { request: request.to_string(), reason };
        if request == "tip" {
            return self.tip();
        }
        if request.contains('/') {
            return self.look(Path::new(request), Origin::Goroot);
        }
        let wanted = match Wanted::parse(request) {
            Ok(wanted) => wanted,
            Err(_) if Path::new(request).is_dir() => return self.look(Path::new(request), Origin::Goroot),
            Err(error) => return Err(bad(error.to_string())),
        };
        if let Some(here) = self.here(&wanted)? {
            return Ok(here);
        }
        fetch::toolchain(self, &wanted)
    }

    /// The releases that are here, on PATH or in the cache.
    ///
    /// # Errors
    ///
    /// Only an interruption.
    pub fn releases_here(&self) -> Result<Vec<GoVersion>> {
        let mut all: Vec<GoVersion> = self.cached_toolchains().into_iter().map(|(v, _)| v).collect();
        match self.go_on_path("go") {
            Ok(go) => all.extend(go.map(|t| t.version).filter(|v| !v.is_tip())),
            Err(RunnerError::Cancelled) => return Err(RunnerError::Cancelled),
            Err(error) => (self.say)(&format!("the go on PATH is not used: {error}")),
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    /// The releases that can be fetched by version.
    ///
    /// # Errors
    ///
    /// If nobody can be asked, or `offline` forbids it.
    pub fn releases_listed(&self) -> Result<Vec<GoVersion>> {
        fetch::releases::listed(self)
    }

    /// Names the GOROOT that `tip` is from now on.
    pub fn set_tip(&mut self, goroot: &Path) {
        self.env.tip = Some(goroot.to_path_buf());
    }

    /// What runs programs of a port, whose emulator is `qemu-<name>`.
    ///
    /// # Errors
    ///
    /// If no emulator can be had, or if this host runs no linux programs.
    pub fn emulator(&self, goarch: &str, name: &str) -> Result<Exec> {
        if host::goos() != "linux" {
            return Err(RunnerError::NoLinux { goarch: goarch.to_string(), host: host::goos().to_string() });
        }
        if host::runs_natively(goarch) {
            return Ok(Exec::Native);
        }
        self.emulated(goarch, name)
    }

    /// As [`Provision::emulator`], for the host's own ports too.
    ///
    /// # Errors
    ///
    /// If no emulator can be had.
    pub fn emulated(&self, goarch: &str, name: &str) -> Result<Exec> {
        let path = match self.emulator_here(name) {
            Some(path) => path,
            None => fetch::emulator(self, name)?,
        };
        let version = emulator::version(&path, &self.cancel)?;
        Ok(Exec::Emulated { goarch: goarch.to_string(), path, version, options: vec![] })
    }

    /// What debugs programs of a port, whose emulator is `qemu-<name>`: that
    /// emulator, or gdbserver where this machine runs them itself.
    ///
    /// # Errors
    ///
    /// If there is none and none can be had: registers of that port are not
    /// observed then, for this reason.
    pub fn debugger(&self, goarch: &str, name: &str) -> Result<DebugExec> {
        let exec = self.emulator(goarch, name)?;
        DebugExec::of(&exec).map_or_else(|| self.gdbserver(), Ok)
    }

    /// What debugs programs that this machine runs itself.
    ///
    /// # Errors
    ///
    /// If there is no gdbserver and none can be fetched.
    pub fn gdbserver(&self) -> Result<DebugExec> {
        let path = match self.gdbserver_here() {
            Some(path) => path,
            None => fetch::gdbserver(self)?,
        };
        let version = gdbremote::version(&path, &self.ask, &self.cancel)?;
        Ok(DebugExec::Gdbserver { path, version })
    }

    /// gdbserver on PATH or in the cache.
    pub(crate) fn gdbserver_here(&self) -> Option<PathBuf> {
        let on_path = which::which_in("gdbserver", Some(&self.env.path), "/").ok();
        on_path.or_else(|| gdbremote::unpacked(&fetch::gdbserver_folder(&self.cache)))
    }

    /// An emulator on PATH or in the cache.
    pub(crate) fn emulator_here(&self, name: &str) -> Option<PathBuf> {
        emulator::on_path(name, &self.env.path)
            .or_else(|| emulator::unpacked(name, &fetch::emulator_folder(&self.cache)))
    }

    /// A toolchain on PATH or in the cache that is what is wanted; the newest,
    /// and of two equal ones that on PATH.
    pub(crate) fn here(&self, wanted: &Wanted) -> Result<Option<Toolchain>> {
        let mut found = Vec::new();
        // golang.org/dl installs commands with such names.
        for command in ["go".to_string(), wanted.name()] {
            match self.go_on_path(&command) {
                Ok(go) => found.extend(go.filter(|t| wanted.fits(t.version))),
                Err(RunnerError::Cancelled) => return Err(RunnerError::Cancelled),
                Err(error) => (self.say)(&format!("{command} on PATH is not used: {error}")),
            }
        }
        for (version, root) in self.cached_toolchains() {
            if wanted.fits(version) && found.iter().all(|t| t.version < version) {
                found.extend(self.look_in_cache(&root)?);
            }
        }
        Ok(found.into_iter().reduce(|best, t| if t.version > best.version { t } else { best }))
    }

    /// The fetched toolchains by the names of their folders, newest first.
    pub(crate) fn cached_toolchains(&self) -> Vec<(GoVersion, PathBuf)> {
        let entries = fs::read_dir(self.cache.toolchains()).into_iter().flatten().flatten();
        let roots = entries.map(|e| e.path()).filter(|p| p.join("bin/go").is_file());
        let name = |p: &Path| p.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_prefix("go")?.parse().ok());
        let mut all: Vec<_> = roots.filter_map(|p| Some((name(&p)?, p))).collect();
        all.sort_by(|a, b| b.cmp(a));
        all
    }

    /// The toolchain behind a go command on PATH, or none.
    pub(crate) fn go_on_path(&self, command: &str) -> Result<Option<Toolchain>> {
        let Ok(go) = which::which_in(command, Some(&self.env.path), "/") else { return Ok(None) };
        let root = self.goroot_of(&go)?;
        self.look(&root, Origin::Path).map(Some)
    }

    /// Asks a go command, which may be a wrapper of any kind, for its GOROOT.
    fn goroot_of(&self, go: &Path) -> Result<PathBuf> {
        let scratch = self.cache.temp("ask-")?;
        let mut cmd = Command::new(go);
        // Wrappers need the user's environment; Go's own settings must not
        // lead it elsewhere.
        cmd.args(["env", "GOROOT"]).current_dir(scratch.path()).env("PATH", &self.env.path);
        cmd.env("GOTOOLCHAIN", "local").env("GOFLAGS", "").env_remove("GOROOT");
        let command = show(&cmd);
        let done = process::run(cmd, &self.ask, None, &self.cancel)?;
        self.cancel.check()?;
        let said = String::from_utf8_lossy(&done.stdout).trim().to_string();
        if !done.success() || said.is_empty() {
            let how = crate::error::how(done.ended, done.stopped);
            return Err(RunnerError::Command { command, how, output: done.output() });
        }
        Ok(PathBuf::from(said))
    }

    fn tip(&self) -> Result<Toolchain> {
        if let Some(root) = &self.env.tip {
            return self.look(root, Origin::Tip).map(as_tip);
        }
        let Ok(gotip) = which::which_in("gotip", Some(&self.env.path), "/") else {
            let tried = vec![
                "GOABI_TIP: not set (it names the GOROOT of a development tip)".to_string(),
                "PATH: no gotip (go install golang.org/dl/gotip@latest && gotip download)".to_string(),
            ];
            return Err(RunnerError::CannotGet { what: "a development tip of Go".to_string(), part: Part::Go, tried });
        };
        let root = self.goroot_of(&gotip)?;
        self.look(&root, Origin::Tip).map(as_tip)
    }

    pub(crate) fn look(&self, root: &Path, origin: Origin) -> Result<Toolchain> {
        Toolchain::from_goroot(root, origin, &self.cache, &self.ask, &self.cancel)
    }
}

/// Who names a root as tip means it, whatever its VERSION says.
fn as_tip(mut toolchain: Toolchain) -> Toolchain {
    toolchain.version = GoVersion::TIP;
    toolchain.label = "tip".to_string();
    toolchain
}

#[cfg(test)]
#[path = "provision_tests.rs"]
mod tests;
