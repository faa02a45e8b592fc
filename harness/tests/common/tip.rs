//! Tips made for a test: GOROOTs of links to the real one, whose VERSION says
//! devel and whose go command does what the test wants.

use super::common::{Place, toolchain};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// What their VERSION says.
pub const VERSION: &str = "go1.99-devel_0123abc";

/// A shell script that can be run.
pub fn script(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A place in which a tip's own cache goes away with it, since it is another
/// one each time; the release's is the user's.
pub fn place() -> Place {
    let place = Place::without_artifacts();
    let (provision, release) = toolchain();
    let gocache = place.cache.as_ref().unwrap().join("gocache");
    std::fs::remove_file(&gocache).unwrap();
    std::fs::create_dir(&gocache).unwrap();
    symlink(provision.cache.gocache(&release.fingerprint), gocache.join(&release.fingerprint)).unwrap();
    place
}

/// A tip whose `go build` does `before` first, in the folder of the sources.
pub fn tip(place: &Place, before: &str) -> PathBuf {
    let (provision, release) = toolchain();
    let (real, gocache) = (release.goroot, provision.cache.gocache(&release.fingerprint));
    let root = place.path("tip");
    std::fs::create_dir_all(root.join("bin")).unwrap();
    for part in ["src", "pkg", "lib", "go.env"] {
        if real.join(part).exists() {
            symlink(real.join(part), root.join(part)).unwrap();
        }
    }
    std::fs::write(root.join("VERSION"), format!("{VERSION}\ntime 2026-11-20T00:00:00Z\n")).unwrap();
    let (real, own, gocache) = (real.display(), root.display(), gocache.display());
    // The compiler is the release's, and so is what it made of the standard library.
    let text = format!(
        "case $1 in\nversion) echo go version {VERSION} linux/amd64; exit ;;\nbuild) {before} ;;\nesac\n\
         GOCACHE='{gocache}' GOROOT='{own}' exec '{real}/bin/go' \"$@\""
    );
    script(&root.join("bin/go"), &text);
    root
}
