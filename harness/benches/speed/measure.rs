//! One goabi process, timed, with what it and its children took.

use goabi::setup;
use goabi_reports::record::Record;
use goabi_reports::store;
use goabi_runners::cancel::Cancel;
use goabi_runners::provision::Provision;
use goabi_runners::toolchain::Toolchain;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A cache of its own, in which only the toolchain and the standard library
/// are there already.
pub struct Bench {
    pub dir: TempDir,
    pub provision: Provision,
    pub toolchain: Toolchain,
}

/// What one run took.
pub struct Measured {
    /// Seconds.
    pub wall: f64,
    /// goabi's own part of the processor time that it and its children took.
    pub own_share: f64,
    /// Bytes of goabi itself, at most.
    pub memory: u64,
    pub cells: usize,
    record: Record,
}

impl Measured {
    /// Seconds of a stage, added up over threads.
    pub fn stage(&self, name: &str) -> f64 {
        self.record.timings.get(name).copied().unwrap_or_default()
    }
}

pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

const WARM: &str = "about: Nothing but what every program has.
cases:
  - name: warm
    why: the standard library is to be there before anything is timed
    func: 'func() error'
    vectors: [{args: [], returns: ['nil']}]
";

impl Bench {
    /// With nothing built yet: for what does not time builds.
    pub fn bare() -> Result<Bench> {
        let dir = tempfile::tempdir()?;
        let cancel = Cancel::new();
        let user = setup::provision(None, false, &cancel)?;
        // Fetched now, if they must be.
        setup::toolchains(&user, &[], &[])?;
        let cache = dir.path().join("cache");
        std::fs::create_dir(&cache)?;
        for part in ["toolchains", "emulators", "fingerprints"] {
            std::os::unix::fs::symlink(user.cache.root().join(part), cache.join(part))?;
        }
        let provision = setup::provision(Some(cache), false, &cancel)?;
        let toolchain = setup::toolchains(&provision, &[], &[])?.swap_remove(0);
        Ok(Bench { dir, provision, toolchain })
    }

    pub fn new() -> Result<Bench> {
        let b = Bench::bare()?;
        let warm = b.dir.path().join("warm/t");
        std::fs::create_dir_all(&warm)?;
        std::fs::write(warm.join("warm.yaml"), WARM)?;
        b.goabi(&warm, &[])?;
        // Packages of the standard library that only the suite's cases use.
        b.goabi(&b.copy_of_suite()?, &[])?;
        b.keep_standard_library()?;
        Ok(b)
    }

    pub fn host(&self) -> &'static str {
        goabi_runners::host::goarch().unwrap_or("amd64")
    }

    /// A copy of the suite, to change cases in.
    pub fn copy_of_suite(&self) -> Result<PathBuf> {
        let to = self.dir.path().join("suite");
        let _ = std::fs::remove_dir_all(&to);
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases/suite");
        for file in goabi::plan::yaml_files(std::slice::from_ref(&from))? {
            let at = to.join(file.strip_prefix(&from)?);
            std::fs::create_dir_all(at.parent().unwrap_or(&to))?;
            std::fs::copy(&file, at)?;
        }
        Ok(to)
    }

    /// Changes a case: its text must be there, or nothing would be measured.
    pub fn edit(&self, file: &Path, from: &str, to: &str) -> Result<()> {
        let text = std::fs::read_to_string(file)?;
        if !text.contains(from) {
            return Err(format!("{} has no {from:?} to change", file.display()).into());
        }
        Ok(std::fs::write(file, text.replace(from, to))?)
    }

    pub fn gocache(&self) -> PathBuf {
        self.provision.cache.gocache(&self.toolchain.fingerprint)
    }

    /// Puts aside what Go's cache holds of the standard library: everything
    /// that was compiled with the packages of the generated programs removed.
    fn keep_standard_library(&self) -> Result<()> {
        // Go's cache cannot say what belongs to which package; but a cache in
        // which `go list -export std` was run holds exactly the standard library.
        let kept = self.dir.path().join("std");
        std::fs::create_dir_all(&kept)?;
        let empty = self.dir.path().join("empty");
        std::fs::create_dir_all(&empty)?;
        for arch in ["amd64", "arm64", self.host()] {
            for flags in [&["-trimpath"][..], &["-trimpath", "-gcflags=all=-N -l"]] {
                let done = self.go(&kept, arch)?.current_dir(&empty).arg("build").args(flags).arg("std").output()?;
                if !done.status.success() {
                    return Err(String::from_utf8_lossy(&done.stderr).into_owned().into());
                }
            }
        }
        Ok(())
    }

    /// The go command, with a cache and a target.
    pub fn go(&self, gocache: &Path, goarch: &str) -> Result<Command> {
        let mut cmd = Command::new(self.toolchain.go());
        cmd.env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.dir.path())
            .envs([
                ("GOTOOLCHAIN", "local"),
                ("GOPROXY", "off"),
                ("GOENV", "off"),
                ("GOFLAGS", ""),
                ("CGO_ENABLED", "0"),
            ])
            .env("GOCACHE", gocache)
            .envs([("GOOS", "linux"), ("GOARCH", goarch)])
            .stdin(Stdio::null());
        Ok(cmd)
    }

    /// No artifact, nothing that ran, and of Go's own cache the standard library only.
    pub fn clear(&self) -> Result<()> {
        for part in [self.provision.cache.artifacts(), self.provision.cache.runs(), self.gocache()] {
            let _ = std::fs::remove_dir_all(part);
        }
        let gocache = self.gocache();
        std::fs::create_dir_all(&gocache)?;
        let done = Command::new("cp").arg("-a").arg(self.dir.path().join("std/.")).arg(&gocache).status()?;
        if !done.success() {
            return Err("the standard library's cache cannot be copied".into());
        }
        Ok(())
    }

    /// `goabi run` on some cases. What fails is the suite's business; that
    /// something was judged is ours.
    pub fn goabi(&self, cases: &Path, more: &[&str]) -> Result<Measured> {
        let out = self.dir.path().join("out");
        let expectations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases/expectations");
        let mut cmd = Command::new(env!("CARGO_BIN_EXE_goabi"));
        cmd.args(["run", "--quiet", "--cases"]).arg(cases).arg("--out").arg(&out);
        cmd.arg("--expectations").arg(expectations).args(more);
        cmd.env("GOABI_CACHE", self.provision.cache.root()).env("GOABI_GO", &self.toolchain.goroot);
        cmd.stdin(Stdio::null()).stdout(Stdio::null());
        let start = Instant::now();
        let mut child = cmd.spawn()?;
        let mut seen = Seen::default();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            seen.look(child.id());
            std::thread::sleep(Duration::from_millis(5));
        };
        let wall = start.elapsed().as_secs_f64();
        if !matches!(status.code(), Some(0 | 1)) {
            return Err(format!("goabi run ended with {status}").into());
        }
        let record = store::load(&out.join("record.json"))?;
        let own_share = seen.own / (seen.own + seen.children).max(1.0);
        Ok(Measured { wall, own_share, memory: seen.memory, cells: record.cells.len(), record })
    }
}

/// What /proc said of a process when it was last looked at.
#[derive(Default)]
struct Seen {
    /// Clock ticks of processor time.
    own: f64,
    children: f64,
    memory: u64,
}

impl Seen {
    fn look(&mut self, pid: u32) {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
        // After the name in parentheses: state is the third field, utime the fourteenth.
        let stat = read("stat");
        let fields: Vec<f64> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().map(|w| w.parse().unwrap_or(0.0)).collect();
        if let Some([utime, stime, cutime, cstime]) = fields.get(11..15) {
            (self.own, self.children) = (utime + stime, cutime + cstime);
        }
        let high = read("status")
            .lines()
            .find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok());
        self.memory = self.memory.max(high.map_or(0, |kib: u64| kib << 10));
    }
}
