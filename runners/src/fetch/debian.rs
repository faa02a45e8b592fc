//! Emulators and gdbserver from Debian's packages: installed by root, otherwise
//! unpacked into the cache.

use super::{STALLED, fetching};
use crate::cache::remove;
use crate::error::{Result, RunnerError};
use crate::install::Part;
use crate::provision::Provision;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What holds the emulators. From Debian 13 on the first is only links into
/// the second.
pub(crate) const QEMU: &[&str] = &["qemu-user-static", "qemu-user"];
/// What holds gdbserver. The libraries that it needs are those of apt-get
/// itself (the C, C++ and compiler runtime's), so they are there.
pub(crate) const GDBSERVER: &[&str] = &["gdbserver"];

/// Something that is brought.
pub(crate) struct Parcel<'a> {
    /// For messages.
    pub(crate) what: String,
    pub(crate) part: Part,
    /// Tried in this order; the first is installed.
    pub(crate) packages: &'static [&'static str],
    /// Whether the unpacked packages in a folder hold it.
    pub(crate) is_in: &'a dyn Fn(&Path) -> bool,
    /// Where they lie, unpacked.
    pub(crate) place: PathBuf,
}

/// A way to get them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// `apt-get install`.
    Install,
    /// `apt-get download` and `dpkg-deb --extract`.
    Unpack,
}

/// Those that are open to this user.
pub(crate) fn ways() -> Vec<Way> {
    if rustix::process::geteuid().is_root() { vec![Way::Install, Way::Unpack] } else { vec![Way::Unpack] }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Way::Install => "apt-get install",
            Way::Unpack => "apt-get download",
        })
    }
}

impl Way {
    /// Brings the package that holds it.
    pub(crate) fn fetch(self, p: &Provision, parcel: &Parcel<'_>) -> Result<()> {
        match self {
            Way::Install => install(p, parcel),
            Way::Unpack => unpack(p, parcel),
        }
    }
}

fn install(p: &Provision, parcel: &Parcel<'_>) -> Result<()> {
    let dir = p.cache.temp("apt-")?;
    let install = || {
        let mut cmd = tool(p, parcel, "apt-get")?;
        cmd.args(["install", "--yes", "--quiet", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=60"]);
        cmd.args(parcel.packages.iter().take(1));
        fetching(cmd, dir.path(), LONG, &p.cancel)
    };
    match install() {
        Ok(_) => Ok(()),
        Err(RunnerError::Command { .. }) => {
            // A fresh machine or container has no package lists.
            let mut update = tool(p, parcel, "apt-get")?;
            update.args(["update", "--quiet"]);
            fetching(update, dir.path(), LONG, &p.cancel)?;
            install().map(drop)
        }
        Err(error) => Err(error),
    }
}

/// apt-get keeps what it downloads elsewhere, so its whole time counts.
const LONG: std::time::Duration = std::time::Duration::from_secs(900);

fn unpack(p: &Provision, parcel: &Parcel<'_>) -> Result<()> {
    let dir = p.cache.temp("apt-")?;
    let root = dir.path().join("root");
    for package in parcel.packages {
        let debs = dir.path().join(package);
        fs::create_dir(&debs).map_err(RunnerError::io("create", &debs))?;
        // apt drops root's rights for downloads, and then must write there.
        open_to_all(dir.path());
        open_to_all(&debs);
        let mut download = tool(p, parcel, "apt-get")?;
        download.args(["download", "--quiet", package]).current_dir(&debs);
        fetching(download, dir.path(), STALLED, &p.cancel)?;
        for deb in fs::read_dir(&debs).map_err(RunnerError::io("read", &debs))?.flatten() {
            let mut extract = tool(p, parcel, "dpkg-deb")?;
            extract.arg("--extract").arg(deb.path()).arg(&root);
            fetching(extract, dir.path(), STALLED, &p.cancel)?;
        }
        if (parcel.is_in)(&root) {
            break;
        }
    }
    if !(parcel.is_in)(&root) {
        return Err(RunnerError::CannotGet {
            what: parcel.what.clone(),
            part: parcel.part,
            tried: vec![format!("no package of {} holds it", parcel.packages.join(", "))],
        });
    }
    // An older one that lacks this makes room; we hold the lock.
    remove(&parcel.place)?;
    fs::rename(&root, &parcel.place).map_err(RunnerError::io("rename what was fetched to", &parcel.place))
}

fn open_to_all(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    // Where this fails, apt warns and goes on.
    let _ = fs::set_permissions(dir, fs::Permissions::from_mode(0o777));
}

fn tool(p: &Provision, parcel: &Parcel<'_>, name: &str) -> Result<Command> {
    let Ok(path) = which::which_in(name, Some(&p.env.path), "/") else {
        return Err(RunnerError::CannotGet {
            what: "Debian's packages".to_string(),
            part: parcel.part,
            tried: vec![format!("there is no {name} on PATH")],
        });
    };
    let mut cmd = Command::new(path);
    cmd.env("PATH", &p.env.path).env("DEBIAN_FRONTEND", "noninteractive");
    Ok(cmd)
}
