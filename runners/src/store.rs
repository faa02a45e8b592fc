//! Built programs on disk, under the digest of all that went into them.

use crate::cache::{CacheDirs, make, remove};
use crate::cancel::Cancel;
use crate::diagnostics::Diagnostic;
use crate::digest::{sha256, sha256_file};
use crate::error::{Result, RunnerError};
use crate::lock::Lock;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PROGRAM: &str = "program";
const MANIFEST: &str = "manifest";

/// What an entry holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Entry {
    Program { sha256: String, size: u64, built_in: Duration },
    Rejected { diagnostics: Vec<Diagnostic>, output: String },
}

/// The place of one entry, locked: nobody else builds or replaces it.
pub(crate) struct Slot {
    dir: PathBuf,
    _lock: Lock,
}

impl Slot {
    /// Waits until nobody else builds this entry.
    pub(crate) fn lock(cache: &CacheDirs, key: &str, cancel: &Cancel) -> Result<Slot> {
        // Folders of a thousandth each, since a large one is slow to list.
        let shelf = cache.artifacts().join(key.get(..2).unwrap_or("--"));
        make(&shelf)?;
        let lock = Lock::exclusive(&shelf.join(format!("{key}.lock")), cancel)?;
        Ok(Slot { dir: shelf.join(key), _lock: lock })
    }

    pub(crate) fn program(&self) -> PathBuf {
        self.dir.join(PROGRAM)
    }

    /// The entry, if there is a sound one. Everything is checked on each use:
    /// one that is truncated, patched or of another format is removed.
    pub(crate) fn get(&self) -> Result<Option<Entry>> {
        let entry = match fs::read_to_string(self.dir.join(MANIFEST)) {
            Ok(text) => self.check(&text),
            // Absent, unreadable, or no text.
            Err(_) => None,
        };
        if entry.is_none() {
            remove(&self.dir)?;
        }
        Ok(entry)
    }

    fn check(&self, manifest: &str) -> Option<Entry> {
        let (digest, json) = manifest.split_once('\n')?;
        (sha256(json.as_bytes()) == digest).then_some(())?;
        let entry: Entry = serde_json::from_str(json).ok()?;
        match &entry {
            Entry::Rejected { .. } => Some(entry),
            Entry::Program { sha256, size, .. } => {
                let (digest, length) = sha256_file(&self.program()).ok()?;
                (digest == *sha256 && length == *size && runs(&self.program())).then_some(entry)
            }
        }
    }

    /// Puts an entry in place, at once and whole. `dir` lies in the cache's
    /// `tmp` and already holds the program, if there is one.
    pub(crate) fn put(&self, dir: &Path, entry: &Entry) -> Result<()> {
        let json = serde_json::to_string(entry).map_err(|e| RunnerError::io("write", dir)(e.into()))?;
        let manifest = dir.join(MANIFEST);
        let text = format!("{}\n{json}", sha256(json.as_bytes()));
        fs::write(&manifest, text).map_err(RunnerError::io("write", &manifest))?;
        remove(&self.dir)?;
        fs::rename(dir, &self.dir).map_err(RunnerError::io("rename a new entry to", &self.dir))
    }

    /// Where a new program is written to, in a folder for [`Slot::put`].
    pub(crate) fn program_in(dir: &Path) -> PathBuf {
        dir.join(PROGRAM)
    }
}

fn runs(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o111 != 0)
}
