//! The environment in which a go command runs: nothing of the user's.

use std::path::Path;
use std::process::Command;

/// What any go command of ours gets, and what therefore no build depends on:
/// no user's GOEXPERIMENT, GOAMD64, GOFLAGS, GODEBUG, proxy or configuration.
const FIXED: [(&str, &str); 14] = [
    ("GOTOOLCHAIN", "local"),
    ("GOPROXY", "off"),
    ("GOSUMDB", "off"),
    ("GOFLAGS", ""),
    ("GOENV", "off"),
    ("GOWORK", "off"),
    ("GO111MODULE", "on"),
    ("GOVCS", "*:off"),
    ("GOTELEMETRY", "off"),
    ("CGO_ENABLED", "0"),
    // Compilers and linkers live shortly: a quarter of their time went into collecting
    // garbage. It changes nothing that they write.
    ("GOGC", "400"),
    ("LC_ALL", "C"),
    ("TZ", "UTC"),
    // A go command finds its tools through GOROOT; some want a PATH to be set.
    ("PATH", "/usr/bin:/bin"),
];

/// A command for the GOROOT's own `bin/go`. `scratch` becomes its home, its
/// temporary folder and its GOPATH.
pub(crate) fn command(goroot: &Path, scratch: &Path, gocache: &Path) -> Command {
    let mut cmd = Command::new(goroot.join("bin").join("go"));
    // GOPATH is a list with colons between, and cannot name a folder that has one.
    let colon = scratch.as_os_str().as_encoded_bytes().contains(&b':');
    let gopath = if colon { Path::new("/nonexistent/gopath").to_path_buf() } else { scratch.join("gopath") };
    cmd.env_clear()
        .envs(FIXED)
        .env("GOROOT", goroot)
        .env("GOCACHE", gocache)
        .env("GOPATH", gopath)
        .env("GOMODCACHE", scratch.join("gopath").join("mod"))
        .env("GOTMPDIR", scratch)
        .env("TMPDIR", scratch)
        .env("HOME", scratch)
        .current_dir(scratch);
    cmd
}
