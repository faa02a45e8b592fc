//! Files that users write, as they lie on disk: found, and read if they are
//! what they should be.

use crate::mistake::{Mistake, Source};
use crate::yaml::MAX_BYTES;
use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Folders within each other below the one that was named.
const MAX_FOLDERS: usize = 64;

/// All YAML files below a folder (`<topic>/<file>.yaml`), in the order of
/// their paths. Links are followed, but not around in circles.
///
/// # Errors
/// A folder that cannot be read.
pub fn find(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    below(root, &mut HashSet::new(), &mut out)?;
    out.sort();
    Ok(out)
}

/// What a path leads to, links followed.
#[cfg(unix)]
fn identity(meta: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.dev(), meta.ino())
}

/// Elsewhere the depth alone keeps circles from going on.
#[cfg(not(unix))]
fn identity(_meta: &Metadata) -> (u64, u64) {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    (0, NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
}

fn below(folder: &Path, above: &mut HashSet<(u64, u64)>, out: &mut Vec<PathBuf>) -> io::Result<()> {
    let id = identity(&fs::metadata(folder)?);
    if above.len() >= MAX_FOLDERS || !above.insert(id) {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            below(&path, above, out)?;
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            out.push(path);
        }
    }
    above.remove(&id);
    Ok(())
}

impl Source {
    /// Reads a file: a regular one, of a size that a person may have written,
    /// in UTF-8.
    ///
    /// # Errors
    /// What else it is.
    pub fn read(path: &Path) -> Result<Source, Box<Mistake>> {
        let refuse = |message: String, help: Option<&str>| {
            Box::new(Source::new(path, "").mistake(0..0, message, help.map(str::to_string)))
        };
        let unreadable = |e: io::Error| refuse(format!("the file cannot be read: {e}"), None);
        // Before it is opened: to open a pipe is to wait for its writer.
        let meta = fs::metadata(path).map_err(unreadable)?;
        if !meta.is_file() {
            let what = if meta.is_dir() { "a folder" } else { "a pipe, socket or device" };
            return Err(refuse(format!("this is {what} and no file"), None));
        }
        let too_large = |size: u64| {
            let message = format!("the file has {size} bytes; at most {MAX_BYTES} are read");
            refuse(message, Some("split it into several files"))
        };
        let most = MAX_BYTES as u64;
        if meta.len() > most {
            return Err(too_large(meta.len()));
        }
        // Those of /proc say that they are empty.
        let mut bytes = Vec::new();
        File::open(path).and_then(|f| f.take(most + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
        if bytes.len() > MAX_BYTES {
            return Err(too_large(bytes.len() as u64));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Source::new(path, &text)),
            Err(e) => {
                let at = e.utf8_error().valid_up_to();
                let source = Source::new(path, &String::from_utf8_lossy(e.as_bytes()));
                let help = "save it in UTF-8".to_string();
                Err(Box::new(source.mistake(at..at, "the file is not UTF-8 from here on", Some(help))))
            }
        }
    }
}
