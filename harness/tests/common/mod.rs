//! What the tests of the `goabi` binary share.
//!
//! Each test starts goabi in a temporary folder that is its TMPDIR, too: its
//! programs get that folder's path in their environment, so that what was left
//! behind, file or process, can be told from everybody else's.

// Each test binary uses a part of it.
#![allow(dead_code)]

pub mod audited;
pub mod faults;
pub mod planted;

use goabi::setup;
use goabi_reports::outcome::Outcome;
use goabi_reports::record::{CellRecord, Record};
use goabi_reports::verdict::Finding;
use goabi_runners::cancel::Cancel;
use goabi_runners::provision::Provision;
use goabi_runners::toolchain::Toolchain;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// For everything that is bound to happen: long enough for the slowest machine.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// The tests' own folder of case files.
pub fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// The host's GOARCH, for which programs run without an emulator.
pub fn host() -> &'static str {
    goabi_runners::host::goarch().expect("Go has a port for this host")
}

/// A toolchain as the suite gets it: fetched now, if it must be, and not by
/// each of several goabi processes.
pub fn toolchain() -> (Provision, Toolchain) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let offline = std::env::var_os("GOABI_OFFLINE").is_some();
    let provision = setup::provision(None, offline, &Cancel::new()).expect("a cache");
    let first = setup::toolchains(&provision, &[], &[]).expect("a toolchain").swap_remove(0);
    (provision, first)
}

/// One place to run goabi in.
pub struct Place {
    pub dir: TempDir,
    /// What to use in place of the user's cache.
    pub cache: Option<PathBuf>,
}

/// What a goabi process said.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    /// A fresh place with the user's cache.
    pub fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("tmp")).unwrap();
        Place { dir, cache: None }
    }

    /// A fresh place whose cache has toolchains and what Go itself keeps, but
    /// no program of ours.
    pub fn without_artifacts() -> Place {
        let mut place = Place::new();
        let (provision, _) = toolchain();
        let cache = place.dir.path().join("cache");
        std::fs::create_dir(&cache).unwrap();
        for part in ["toolchains", "emulators", "compilers", "zig-cache", "gocache", "fingerprints"] {
            std::os::unix::fs::symlink(provision.cache.root().join(part), cache.join(part)).unwrap();
        }
        place.cache = Some(cache);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The programs' temporary folders.
    pub fn tmp(&self) -> PathBuf {
        self.path("tmp")
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// goabi with these arguments, in this place.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut cmd = Command::new(env!("CARGO_BIN_EXE_goabi"));
        cmd.args(args).current_dir(self.dir.path()).env("TMPDIR", self.tmp()).stdin(Stdio::null());
        if let Some(cache) = &self.cache {
            cmd.env("GOABI_CACHE", cache);
        }
        cmd
    }

    pub fn goabi(&self, args: &[&str]) -> Done {
        Done::of(&mut self.command(args))
    }

    /// `goabi run` on the host, optimised, called directly, with reports in `out`.
    pub fn run(&self, cases: &Path, more: &[&str]) -> Done {
        self.goabi(&self.run_args(cases, more).iter().map(String::as_str).collect::<Vec<_>>())
    }

    pub fn run_args(&self, cases: &Path, more: &[&str]) -> Vec<String> {
        let cases = cases.to_str().unwrap();
        let fixed = ["run", "--quiet", "--cases", cases, "--target", host(), "--build", "opt", "--call", "direct"];
        fixed.iter().chain(&["--out", "out"]).chain(more).map(|s| (*s).to_string()).collect()
    }

    pub fn record(&self) -> Record {
        goabi_reports::store::load(&self.path("out/record.json")).unwrap()
    }

    /// Command lines of the live processes that were started in this place.
    pub fn processes(&self) -> Vec<String> {
        let mark = self.tmp().into_os_string().into_encoded_bytes();
        let mut out = Vec::new();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            // Other people's processes, and such as end meanwhile, cannot be read.
            let Ok(environment) = std::fs::read(entry.path().join("environ")) else { continue };
            if environment.windows(mark.len()).any(|w| w == mark) {
                out.push(
                    String::from_utf8_lossy(&std::fs::read(entry.path().join("cmdline")).unwrap_or_default()).into(),
                );
            }
        }
        out
    }

    /// Neither a process nor a temporary file is left.
    #[track_caller]
    pub fn is_clean(&self) {
        assert_eq!(self.processes(), [""; 0]);
        let left: Vec<_> = std::fs::read_dir(self.tmp()).unwrap().flatten().map(|e| e.path()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

impl Done {
    pub fn of(cmd: &mut Command) -> Done {
        let out = cmd.output().unwrap();
        Done {
            code: out.status.code(),
            stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
        }
    }

    /// Ended with that code, and said all of that on stderr.
    #[track_caller]
    pub fn failed(&self, code: u8, said: &[&str]) {
        assert_eq!(self.code, Some(code.into()), "{self:#?}");
        for s in said {
            assert!(self.stderr.contains(s), "nothing of {s:?} in {}", self.stderr);
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }

    #[track_caller]
    pub fn passed(&self) {
        assert_eq!(self.code, Some(0), "{self:#?}");
    }
}

/// A goabi process that runs; killed when dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Sends it SIGINT, as Ctrl-C does.
    pub fn interrupt(&self) {
        let kill = format!("kill -INT {}", self.0.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Its exit code, once it has ended.
    pub fn end(&mut self) -> Option<i32> {
        let status = eventually("goabi to end", || self.0.try_wait().unwrap());
        status.code()
    }
}

/// Asks until there is an answer.
#[track_caller]
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        // Only the pace of asking: nothing depends on how long it is.
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The cell of a case, which a run in one place has once.
#[track_caller]
pub fn cell<'a>(record: &'a Record, case: &str) -> &'a CellRecord {
    let start = format!("{case}@");
    let cells: Vec<_> = record.cells.iter().filter(|c| c.cell.starts_with(&start)).collect();
    assert_eq!(cells.len(), 1, "{case}: {cells:#?}");
    cells[0]
}

/// The failing findings of a case.
pub fn findings<'a>(record: &'a Record, case: &str) -> Vec<&'a Finding> {
    let cell = &cell(record, case).cell;
    record.findings.iter().filter(|f| f.outcome.fails() && f.finding.cells.contains(cell)).map(|f| &f.finding).collect()
}

/// The case fails by this one finding: oracle, path, what was seen. What some
/// toolchain's DWARF says beside it is for the suite's expectations; where the
/// machine was watched, a wrong result was wrong there, too, and the callee erred.
#[track_caller]
pub fn fails(record: &Record, case: &str, oracle: &str, path: &str, actual: &str) {
    let cell = cell(record, case);
    assert_eq!(cell.outcome, Outcome::Fail, "{case}");
    let found = findings(record, case).into_iter().filter(|f| f.oracle != "dwarf");
    let (machine, found): (Vec<_>, Vec<_>) = found.partition(|f| f.oracle == "registers");
    let all: Vec<_> = found.iter().map(|f| (f.oracle.as_str(), f.path.as_str(), f.actual.as_str())).collect();
    assert_eq!(all, [(oracle, path, actual)], "{case}");
    let live = &cell.oracles["dwarf_live"];
    let watched = live.agree + live.not_described > 0;
    let at_return = path.replace("].results", "].return.results");
    let machine: Vec<_> = machine.iter().map(|f| (f.path.as_str(), f.actual.as_str())).collect();
    if watched && at_return != path {
        assert_eq!(machine, [(at_return.as_str(), actual)], "{case}");
        let side = "at the return the result is wrong already in registers and memory: the callee errs";
        assert!(found[0].evidence.iter().any(|e| e == side), "{case}: {:?}", found[0].evidence);
    } else {
        assert_eq!(machine, [], "{case}");
    }
}

/// Puts other bytes in a cached program's place, with a manifest that vouches for them.
pub fn replace(program: &Path, bytes: &[u8]) {
    let hex = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let manifest = program.with_file_name("manifest");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(text.split_once('\n').unwrap().1).unwrap();
    json["Program"]["sha256"] = hex(bytes).into();
    json["Program"]["size"] = bytes.len().into();
    let json = json.to_string();
    std::fs::write(manifest, format!("{}\n{json}", hex(json.as_bytes()))).unwrap();
    std::fs::write(program, bytes).unwrap();
}
