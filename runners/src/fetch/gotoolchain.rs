//! Go's own toolchain mechanism: any go of 1.21 or newer can bring another.

use super::{Staged, Wanted, fetching};
use crate::error::{Result, RunnerError};
use crate::goenv;
use crate::install::Part;
use crate::provision::{OLDEST, Provision};
use crate::toolchain::Origin;
use std::path::PathBuf;
use std::time::Duration;

/// A module proxy that can be reached answers sooner.
const STALLED: Duration = Duration::from_secs(20);

/// What of the user's environment decides how modules are fetched.
const NETWORK: [&str; 14] = [
    "GOPROXY",
    "GONOPROXY",
    "GOSUMDB",
    "GONOSUMDB",
    "GOAUTH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NETRC",
];

pub(crate) fn fetch(p: &Provision, wanted: &Wanted) -> Result<Staged> {
    let cannot =
        |why: &str| RunnerError::CannotGet { what: wanted.name(), part: Part::Go, tried: vec![why.to_string()] };
    let Some(release) = wanted.release() else {
        return Err(cannot("it fetches exact versions only"));
    };
    let Some(root) = any_go(p) else { return Err(cannot("it takes a go of 1.21 or newer, and there is none")) };
    let dir = p.cache.temp("gotoolchain-")?;
    let mut cmd = goenv::command(&root, dir.path(), &dir.path().join("gocache"));
    for name in ["GOPROXY", "GOSUMDB", "GOENV"] {
        cmd.env_remove(name);
    }
    for name in NETWORK {
        if let Some(value) = std::env::var_os(name) {
            cmd.env(name, value);
        }
    }
    // Folders that are not read-only can be moved and removed.
    cmd.env("GOTOOLCHAIN", &release).env("GOFLAGS", "-modcacherw").env_remove("GOROOT");
    cmd.args(["env", "GOROOT"]);
    let done = fetching(cmd, dir.path(), STALLED, &p.cancel)?;
    let root = PathBuf::from(String::from_utf8_lossy(&done.stdout).trim());
    if !root.starts_with(dir.path()) {
        return Err(cannot(&format!("it answered with {}, which it did not fetch", root.display())));
    }
    Ok(Staged { dir, root, origin: Origin::GoToolchain })
}

/// The GOROOT of a go that knows the mechanism.
fn any_go(p: &Provision) -> Option<PathBuf> {
    let on_path = p.go_on_path("go").ok().flatten().filter(|t| t.version >= OLDEST).map(|t| t.goroot);
    on_path.or_else(|| p.cached_toolchains().into_iter().find(|(v, _)| *v >= OLDEST).map(|(_, root)| root))
}
