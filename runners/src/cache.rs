//! The cache on disk: its place, its parts, what it takes up, and temporary
//! folders that do not outlive their process.

use crate::cancel::Cancel;
use crate::error::{Result, RunnerError};
use crate::lock::Lock;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// The parts that [`CacheDirs::clean`] removes: all of it can be made again
/// from what else is on this machine.
const REBUILDABLE: [&str; 5] = ["artifacts", "runs", "gocache", "fingerprints", "zig-cache"];
/// The parts that were fetched.
const FETCHED: [&str; 3] = ["toolchains", "emulators", "compilers"];

/// The cache's folders. A process that holds one of these (all clones count as
/// one) keeps other processes from cleaning the cache.
#[derive(Clone, Debug)]
pub struct CacheDirs {
    root: PathBuf,
    session: Arc<Session>,
}

/// This process's share: a lock on the whole cache, and a folder below `tmp`
/// with a lock beside it, which tells others that its owner lives.
#[derive(Debug)]
struct Session {
    whole: Lock,
    tmp: PathBuf,
    tmp_lock_path: PathBuf,
    _tmp_lock: Lock,
}

impl Drop for Session {
    fn drop(&mut self) {
        // What cannot be removed now is removed on somebody's next start.
        let _ = fs::remove_dir_all(&self.tmp);
        let _ = fs::remove_file(&self.tmp_lock_path);
    }
}

impl CacheDirs {
    /// The user's cache: `$GOABI_CACHE`, else `$XDG_CACHE_HOME/goabi`, else
    /// `~/.cache/goabi`.
    ///
    /// # Errors
    ///
    /// If none of these variables is set.
    pub fn default_root() -> Result<PathBuf> {
        root_from(|name| std::env::var_os(name))
    }

    /// Opens a cache, making what is missing, and clears away the temporary
    /// folders of processes that have died.
    ///
    /// # Errors
    ///
    /// If it cannot be created or locked.
    pub fn open(root: impl Into<PathBuf>) -> Result<CacheDirs> {
        let root = root.into();
        let root = std::path::absolute(&root).map_err(RunnerError::io("find", &root))?;
        if root.as_os_str().as_encoded_bytes().iter().any(|b| matches!(b, b'\n' | b'\r')) {
            return Err(RunnerError::LineBreak { root });
        }
        let tmp = root.join("tmp");
        make(&tmp)?;
        let whole = Lock::shared(&root.join("in-use.lock"))?;
        for part in REBUILDABLE.iter().chain(&FETCHED) {
            make(&root.join(part))?;
        }
        make(&tmp)?;
        sweep(&tmp)?;
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // The time keeps processes apart that have one number in two containers.
        let time = std::time::UNIX_EPOCH.elapsed().map_or(0, |t| t.as_nanos());
        let name = format!("{}-{time:x}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let tmp_lock_path = tmp.join(format!("{name}.lock"));
        let tmp_lock = Lock::exclusive(&tmp_lock_path, &Cancel::new())?;
        let tmp = tmp.join(name);
        make(&tmp)?;
        Ok(CacheDirs { root, session: Arc::new(Session { whole, tmp, tmp_lock_path, _tmp_lock: tmp_lock }) })
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Fetched toolchains, one GOROOT a folder.
    #[must_use]
    pub fn toolchains(&self) -> PathBuf {
        self.root.join("toolchains")
    }

    /// Fetched emulators.
    #[must_use]
    pub fn emulators(&self) -> PathBuf {
        self.root.join("emulators")
    }

    /// Fetched C compilers.
    #[must_use]
    pub fn compilers(&self) -> PathBuf {
        self.root.join("compilers")
    }

    /// What Zig keeps: C libraries, built once for each port.
    #[must_use]
    pub fn zig_cache(&self) -> PathBuf {
        self.root.join("zig-cache")
    }

    /// Built programs.
    #[must_use]
    pub fn artifacts(&self) -> PathBuf {
        self.root.join("artifacts")
    }

    /// What programs did when they ran.
    #[must_use]
    pub fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// The GOCACHE of the toolchain with that fingerprint. A release's cache
    /// keys hold only its version, so two roots must never share one.
    #[must_use]
    pub fn gocache(&self, fingerprint: &str) -> PathBuf {
        self.root.join("gocache").join(fingerprint)
    }

    /// Remembered fingerprints.
    #[must_use]
    pub fn fingerprints(&self) -> PathBuf {
        self.root.join("fingerprints")
    }

    /// A new temporary folder, in the cache's file system so that it can be
    /// renamed into the cache, and gone when dropped or after the process.
    ///
    /// # Errors
    ///
    /// If it cannot be created.
    pub fn temp(&self, prefix: &str) -> Result<TempDir> {
        let at = &self.session.tmp;
        tempfile::Builder::new().prefix(prefix).tempdir_in(at).map_err(RunnerError::io("create a folder in", at))
    }

    /// The bytes that the whole cache takes up.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn size(&self) -> Result<u64> {
        Ok(tree_size(&self.root))
    }

    /// The bytes that each part takes up.
    #[must_use]
    pub fn sizes(&self) -> Vec<(&'static str, u64)> {
        FETCHED.iter().chain(&REBUILDABLE).map(|part| (*part, tree_size(&self.root.join(part)))).collect()
    }

    /// Removes what can be built again (artifacts, Go's own caches,
    /// fingerprints) and gives the number of bytes freed. What was
    /// fetched stays.
    ///
    /// # Errors
    ///
    /// [`RunnerError::CacheBusy`] if another process uses this cache.
    pub fn clean(&self) -> Result<u64> {
        self.remove_parts(&REBUILDABLE)
    }

    /// Removes fetched toolchains, emulators and compilers too.
    ///
    /// # Errors
    ///
    /// As [`CacheDirs::clean`].
    pub fn clean_all(&self) -> Result<u64> {
        let all: Vec<_> = REBUILDABLE.iter().chain(&FETCHED).copied().collect();
        self.remove_parts(&all)
    }

    fn remove_parts(&self, parts: &[&str]) -> Result<u64> {
        let path = self.root.join("in-use.lock");
        if !self.session.whole.upgrade(&path)? {
            return Err(RunnerError::CacheBusy { root: self.root.clone() });
        }
        let removed = parts.iter().try_fold(0, |sum, part| {
            let at = self.root.join(part);
            let size = tree_size(&at);
            remove(&at)?;
            make(&at)?;
            Ok(sum + size)
        });
        self.session.whole.share(&path)?;
        removed
    }
}

fn root_from(var: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    let set = |name| var(name).filter(|v: &OsString| !v.is_empty()).map(PathBuf::from);
    set("GOABI_CACHE")
        // The XDG specification says to ignore a relative path.
        .or_else(|| set("XDG_CACHE_HOME").filter(|p| p.is_absolute()).map(|p| p.join("goabi")))
        .or_else(|| set("HOME").map(|p| p.join(".cache").join("goabi")))
        .ok_or(RunnerError::NoHome)
}

/// Removes the folders whose owners have died: their locks can be had.
fn sweep(tmp: &Path) -> Result<()> {
    for entry in fs::read_dir(tmp).map_err(RunnerError::io("read", tmp))?.flatten() {
        let path = entry.path();
        if path.extension() != Some(OsStr::new("lock")) {
            continue;
        }
        if let Some(_lock) = Lock::try_exclusive(&path)? {
            remove(&path.with_extension(""))?;
            let _ = fs::remove_file(&path);
        }
    }
    Ok(())
}

pub(crate) fn make(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).map_err(RunnerError::io("create", dir))
}

/// Removes a folder and all that is in it, even where folders are read-only,
/// as in Go's module cache. Nothing there is fine.
pub(crate) fn remove(dir: &Path) -> Result<()> {
    let gone = |r: io::Result<()>| match r {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        r => r,
    };
    if gone(fs::remove_dir_all(dir)).is_ok() {
        return Ok(());
    }
    make_writable(dir);
    gone(fs::remove_dir_all(dir)).map_err(RunnerError::io("remove", dir))
}

fn make_writable(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    // What fails here shows when it is removed.
    let _ = fs::set_permissions(dir, fs::Permissions::from_mode(0o755));
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            make_writable(&entry.path());
        }
    }
}

/// The bytes of all files below a folder. What vanishes meanwhile counts as
/// nothing.
pub(crate) fn tree_size(dir: &Path) -> u64 {
    let mut sum = 0;
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.metadata() {
            Ok(m) if m.is_dir() => sum += tree_size(&entry.path()),
            Ok(m) => sum += m.len(),
            Err(_) => {}
        }
    }
    sum
}

/// Writes a file so that others see all of it or nothing.
pub(crate) fn write_whole(cache: &CacheDirs, path: &Path, bytes: &[u8]) -> Result<()> {
    let tmp = cache.temp("write-")?;
    let new = tmp.path().join("new");
    fs::write(&new, bytes).map_err(RunnerError::io("write", &new))?;
    fs::rename(&new, path).map_err(RunnerError::io("rename a new file to", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_follows_the_environment() {
        let root = |vars: &[(&str, &str)]| {
            root_from(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v)))
        };
        assert_eq!(root(&[("GOABI_CACHE", "/a"), ("HOME", "/h")]).unwrap(), Path::new("/a"));
        assert_eq!(root(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]).unwrap(), Path::new("/x/goabi"));
        assert_eq!(root(&[("XDG_CACHE_HOME", "x"), ("HOME", "/h")]).unwrap(), Path::new("/h/.cache/goabi"));
        let error = root(&[("HOME", "")]).unwrap_err();
        assert!(error.to_string().contains("GOABI_CACHE"), "{error}");
    }

    #[test]
    fn folders_of_the_dead_are_swept_and_those_of_the_living_stay() {
        let dir = tempfile::tempdir().unwrap();
        let dead = dir.path().join("tmp/999999999-0");
        fs::create_dir_all(dead.join("half/toolchain")).unwrap();
        fs::write(dir.path().join("tmp/999999999-0.lock"), "").unwrap();
        let living = CacheDirs::open(dir.path()).unwrap();
        assert!(!dead.exists() && !dir.path().join("tmp/999999999-0.lock").exists());
        let kept = living.temp("x-").unwrap();
        let second = CacheDirs::open(dir.path()).unwrap();
        assert!(kept.path().is_dir());
        drop(kept);
        drop((living, second));
        assert_eq!(fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
    }

    #[test]
    fn cleaning_spares_a_cache_in_use() {
        let dir = tempfile::tempdir().unwrap();
        let one = CacheDirs::open(dir.path()).unwrap();
        fs::write(one.artifacts().join("a"), [0; 1000]).unwrap();
        fs::create_dir_all(one.toolchains().join("go1.2.3")).unwrap();
        let other = CacheDirs::open(dir.path()).unwrap();
        assert!(matches!(one.clean(), Err(RunnerError::CacheBusy { .. })));
        assert!(one.artifacts().join("a").exists());
        drop(other);
        assert_eq!(one.clean().unwrap(), 1000);
        assert!(!one.artifacts().join("a").exists() && one.toolchains().join("go1.2.3").exists());
        one.clean_all().unwrap();
        assert!(!one.toolchains().join("go1.2.3").exists());
    }

    #[test]
    fn read_only_folders_can_be_removed() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.join("f"), "x").unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o555)).unwrap();
        remove(&dir.path().join("a")).unwrap();
        remove(&dir.path().join("a")).unwrap();
        assert!(!dir.path().join("a").exists());
    }
}
