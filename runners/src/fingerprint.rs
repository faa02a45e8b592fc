//! What tells two toolchains apart even if both claim one version: a digest of
//! everything in a GOROOT that may change what it builds.

use crate::cache::{CacheDirs, write_whole};
use crate::cancel::Cancel;
use crate::digest::{Parts, sha256, sha256_file};
use crate::error::{Result, RunnerError};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

/// What counts. `pkg` holds the compiler, linker and headers; older releases
/// and other distributions keep more there.
const COUNTS: [&str; 5] = ["VERSION", "go.env", "bin", "pkg", "src"];

/// Part of every remembered fingerprint: raise it when the digest changes.
const FORMAT: &str = "goabi fingerprint 1";

/// Timestamps of file systems may be this coarse. A root changed that recently
/// might change again without any trace in them, so it isn't remembered.
const COARSE: Duration = Duration::from_secs(3);

struct Entry {
    /// Relative to the root.
    name: PathBuf,
    path: PathBuf,
    meta: fs::Metadata,
}

/// The SHA-256 over names, run bits and contents of all files that count.
///
/// Reading all of it takes about half a second, so it is remembered under a
/// digest of the root's path and of each file's name, size, inode and times.
/// The time of the inode's last change is among these: it can't be set back,
/// so a byte patched with its old modification time restored is noticed.
///
/// # Errors
///
/// If a file cannot be read: then nothing is known.
pub(crate) fn of(root: &Path, cache: &CacheDirs, cancel: &Cancel) -> Result<String> {
    let mut entries = Vec::new();
    for part in COUNTS {
        let path = root.join(part);
        if path.exists() {
            list(PathBuf::from(part), path, &mut entries, &mut HashSet::new())?;
        }
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let quick = quick_key(root, &entries);
    // One file per root, so that a root that changes often leaves no litter.
    let memory = cache.fingerprints().join(sha256(root.as_os_str().as_bytes()));
    if let Ok(text) = fs::read_to_string(&memory)
        && let Some((key, value)) = text.trim_end().split_once(' ')
        && key == quick
        && value.len() == 64
    {
        return Ok(value.to_string());
    }
    let now = SystemTime::now();
    let value = contents(&entries, cancel)?;
    let settled = |e: &Entry| changed(&e.meta).is_some_and(|t| now.duration_since(t).is_ok_and(|age| age > COARSE));
    if entries.iter().all(settled) {
        write_whole(cache, &memory, format!("{quick} {value}\n").as_bytes())?;
    }
    Ok(value)
}

/// When a file's inode last changed, which unlike its modification time nobody
/// can set.
fn changed(meta: &fs::Metadata) -> Option<SystemTime> {
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(meta.ctime()).ok()?))
}

/// Lists all regular files, following links: distributions link `src` to
/// elsewhere. Folders being visited are kept, against loops.
fn list(name: PathBuf, path: PathBuf, out: &mut Vec<Entry>, above: &mut HashSet<(u64, u64)>) -> Result<()> {
    let meta = match fs::metadata(&path) {
        Ok(meta) => meta,
        // A dangling link is as good as nothing, for Go too.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(RunnerError::io("inspect", &path)(e)),
    };
    if meta.is_file() {
        out.push(Entry { name, path, meta });
    } else if meta.is_dir() {
        let id = (meta.dev(), meta.ino());
        if !above.insert(id) {
            return Ok(());
        }
        let read = RunnerError::io("read the folder", &path);
        for entry in fs::read_dir(&path).map_err(read)? {
            let entry = entry.map_err(RunnerError::io("read the folder", &path))?;
            // Python leaves these behind in fetched toolchains.
            if entry.file_name() != OsStr::new("__pycache__") {
                list(name.join(entry.file_name()), entry.path(), out, above)?;
            }
        }
        above.remove(&id);
    }
    Ok(())
}

fn quick_key(root: &Path, entries: &[Entry]) -> String {
    let mut parts = Parts::new();
    parts.add(FORMAT).add(root.as_os_str().as_bytes());
    for Entry { name, meta, .. } in entries {
        parts.add(name.as_os_str().as_bytes());
        let numbers = [meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec(), i64::from(meta.mode())];
        let mut bytes = Vec::with_capacity(56);
        numbers.iter().for_each(|n| bytes.extend_from_slice(&n.to_le_bytes()));
        bytes.extend_from_slice(&meta.len().to_le_bytes());
        bytes.extend_from_slice(&meta.ino().to_le_bytes());
        parts.add(&bytes);
    }
    parts.hex()
}

/// The true fingerprint, computed on all processors.
fn contents(entries: &[Entry], cancel: &Cancel) -> Result<String> {
    let digests = Mutex::new(vec![String::new(); entries.len()]);
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(entry) = entries.get(at) else { return Ok(()) };
            cancel.check()?;
            let (digest, _) = sha256_file(&entry.path)?;
            // A poisoned lock means that another worker panicked, which the
            // scope below passes on.
            if let Ok(mut digests) = digests.lock() {
                digests[at] = digest;
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    std::thread::scope(|scope| {
        let handles: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let mine = work();
        handles.into_iter().try_fold((), |(), handle| match handle.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })?;
        mine
    })?;
    let digests = digests.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut parts = Parts::new();
    parts.add(FORMAT);
    for (entry, digest) in entries.iter().zip(&digests) {
        let runs = if entry.meta.mode() & 0o111 == 0 { "-" } else { "x" };
        parts.add(entry.name.as_os_str().as_bytes()).add(runs).add(digest);
    }
    Ok(parts.hex())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn root() -> (tempfile::TempDir, CacheDirs, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        for (file, text) in
            [("VERSION", "go1.27.3"), ("bin/go", "go"), ("pkg/tool/a/compile", "c"), ("src/r/a.go", "r")]
        {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), text).unwrap();
        }
        let cache = CacheDirs::open(dir.path().join("cache")).unwrap();
        (dir, cache, root)
    }

    #[test]
    fn any_changed_byte_changes_it() {
        let (_dir, cache, root) = root();
        let of = || of(&root, &cache, &Cancel::new()).unwrap();
        let first = of();
        assert_eq!(first, of());
        for file in ["bin/go", "pkg/tool/a/compile", "src/r/a.go", "VERSION"] {
            let path = root.join(file);
            let (old, time) = (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().modified().unwrap());
            let mut new = old.clone();
            new[0] ^= 1;
            fs::write(&path, &new).unwrap();
            fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
            assert_ne!(first, of(), "{file}");
            fs::write(&path, &old).unwrap();
            assert_eq!(first, of(), "{file}");
        }
        fs::write(root.join("src/r/b.go"), "").unwrap();
        assert_ne!(first, of());
    }

    #[test]
    fn place_and_litter_do_not_count_and_loops_end() {
        let (dir, cache, root) = root();
        let first = of(&root, &cache, &Cancel::new()).unwrap();
        let moved = dir.path().join("moved");
        fs::rename(&root, &moved).unwrap();
        fs::create_dir(moved.join("src/__pycache__")).unwrap();
        fs::write(moved.join("src/__pycache__/x.pyc"), "x").unwrap();
        assert_eq!(first, of(&moved, &cache, &Cancel::new()).unwrap());
        symlink("..", moved.join("src/loop")).unwrap();
        assert_ne!(first, of(&moved, &cache, &Cancel::new()).unwrap());
    }

    #[test]
    fn a_settled_root_is_remembered_and_a_wrong_memory_ignored() {
        let (_dir, cache, root) = root();
        let memory = cache.fingerprints().join(sha256(root.as_os_str().as_bytes()));
        let first = of(&root, &cache, &Cancel::new()).unwrap();
        // The files were written just now.
        assert!(!memory.exists());
        fs::write(&memory, "some rubbish").unwrap();
        assert_eq!(first, of(&root, &cache, &Cancel::new()).unwrap());
    }
}
