//! What is on this machine, and what the lack of each part costs.

use crate::c_compiler::CTarget;
use crate::emulator;
use crate::gdbremote;
use crate::host;
use crate::install::{self, Part};
use crate::process;
use crate::provision::{OLDEST, Provision};
use crate::toolchain::Toolchain;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub what: String,
    /// What was found; None if it is missing or broken.
    pub found: Option<String>,
    /// What is lost without it.
    pub cost: String,
    /// What to do about it.
    pub remedy: String,
}

/// Less room than this is reported as missing: a toolchain takes 0.3 GB, and
/// Go's own cache for all ports about 4 GB.
const ROOM: u64 = 2 << 30;

/// Looks at everything that goabi can use, and fetches nothing. `arches` holds
/// each port's GOARCH and the name of its emulator; `c` what C compilers call
/// the ports; `out` is where reports go.
#[must_use]
pub fn doctor(p: &Provision, arches: &[(String, String)], c: &[CTarget<'_>], out: &Path) -> Vec<Check> {
    let mut checks = vec![go(p), cached(p)];
    checks.extend(arches.iter().map(|(goarch, name)| port(p, goarch, name)));
    checks.push(gdbserver(p));
    checks.push(c_compilers(p, c));
    checks.push(pip(p));
    checks.push(room("room for the cache", p.cache.root()));
    checks.push(room("room for the reports", out));
    checks
}

fn check(what: &str, found: Option<String>, cost: &str, part: Part) -> Check {
    Check { what: what.to_string(), found, cost: cost.to_string(), remedy: install::hint(part) }
}

fn go(p: &Provision) -> Check {
    let describe = |t: &Toolchain| format!("{} in {}", t.version_text, t.goroot.display());
    let (found, cost) = match p.go_on_path("go") {
        Ok(Some(t)) if t.version >= OLDEST => (Some(describe(&t)), "a toolchain has to be fetched".to_string()),
        Ok(Some(t)) => (None, format!("{} is older than {OLDEST}: a toolchain has to be fetched", describe(&t))),
        Ok(None) => (None, "a toolchain has to be fetched, or given with --go".to_string()),
        Err(error) => (None, format!("a toolchain has to be fetched: {error}")),
    };
    check("go on PATH", found, &cost, Part::Go)
}

fn cached(p: &Provision) -> Check {
    let all: Vec<String> = p.cached_toolchains().into_iter().map(|(version, _)| format!("go{version}")).collect();
    let found = (!all.is_empty()).then(|| all.join(", "));
    check("fetched toolchains", found, "nothing, unless one is needed without a network", Part::Go)
}

fn port(p: &Provision, goarch: &str, name: &str) -> Check {
    let what = format!("linux/{goarch}");
    let cost = format!("{what} programs are built and inspected, but cannot be run");
    if host::goos() != "linux" {
        return check(&what, None, &cost, Part::Qemu);
    }
    if host::runs_natively(goarch) {
        return check(&what, Some("runs natively".to_string()), &cost, Part::Qemu);
    }
    match p.emulator_here(name).map(|path| (emulator::version(&path, &p.cancel), path)) {
        Some((Ok(version), path)) => check(&what, Some(format!("{} {version}", path.display())), &cost, Part::Qemu),
        Some((Err(error), path)) => {
            check(&what, None, &format!("{cost}: {} is broken: {error}", path.display()), Part::Qemu)
        }
        None => check(&what, None, &cost, Part::Qemu),
    }
}

fn gdbserver(p: &Provision) -> Check {
    let cost = "registers of native programs are not observed";
    match p.gdbserver_here().map(|path| (gdbremote::version(&path, &p.ask, &p.cancel), path)) {
        Some((Ok(version), path)) => {
            check("gdbserver", Some(format!("{} {version}", path.display())), cost, Part::Gdbserver)
        }
        Some((Err(error), path)) => {
            check("gdbserver", None, &format!("{cost}: {} is broken: {error}", path.display()), Part::Gdbserver)
        }
        None => check("gdbserver", None, cost, Part::Gdbserver),
    }
}

/// One line for all ports: which have a compiler, and which have none.
fn c_compilers(p: &Provision, targets: &[CTarget<'_>]) -> Check {
    let mut by: Vec<(String, Vec<&str>)> = Vec::new();
    let mut without = Vec::new();
    for t in targets {
        match p.c_compilers(t).unwrap_or_default().first() {
            None => without.push(t.goarch),
            Some(c) => match by.iter_mut().find(|(name, _)| *name == c.version) {
                Some((_, ports)) => ports.push(t.goarch),
                None => by.push((c.version.clone(), vec![t.goarch])),
            },
        }
    }
    let said: Vec<String> = by.iter().map(|(name, ports)| format!("{name} ({})", ports.join(", "))).collect();
    let cost = match (said.is_empty(), without.is_empty()) {
        (true, _) => "calls through C (c_caller, c_callback) are skipped".to_string(),
        (false, _) => format!(
            "calls through C (c_caller, c_callback) are skipped on {}; there is {}",
            without.join(", "),
            said.join("; ")
        ),
    };
    let found = (without.is_empty() && !said.is_empty()).then(|| said.join("; "));
    check("C compilers", found, &cost, Part::CCompiler)
}

fn pip(p: &Provision) -> Check {
    let python = which::which_in("python3", Some(&p.env.path), "/").ok();
    let found = python.and_then(|python| first_line(p, Command::new(python).args(["-m", "pip", "--version"])));
    check("python3 with pip", found, "toolchains cannot come from PyPI", Part::Pip)
}

fn first_line(p: &Provision, cmd: &mut Command) -> Option<String> {
    let cmd = std::mem::replace(cmd, Command::new(""));
    let done = process::run(cmd, &p.ask, None, &p.cancel).ok().filter(process::Completed::success)?;
    String::from_utf8_lossy(&done.stdout).lines().next().map(str::to_string)
}

fn room(what: &str, path: &Path) -> Check {
    // The folder itself may not be there yet.
    let path = &std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let there: Option<PathBuf> = path.ancestors().find(|a| a.exists()).map(Path::to_path_buf);
    let free = there.and_then(|at| rustix::fs::statvfs(&at).ok()).map(|s| s.f_bavail.saturating_mul(s.f_frsize));
    let gigabytes = |bytes: u64| format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10);
    let shown = free.map(|free| format!("{} free in {}", gigabytes(free), path.display()));
    let (found, cost) = match (free, shown) {
        (Some(free), Some(shown)) if free < ROOM => (None, format!("only {shown}: builds may fail")),
        (_, found) => (found, "builds may fail".to_string()),
    };
    check(what, found, &cost, Part::Disk)
}
