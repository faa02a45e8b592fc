//! Writing files whole or not at all, and reading a record back.

use crate::record::{Record, SCHEMA_VERSION};
use serde::Deserialize;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Why a record or report could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file could not be read.
    #[error("cannot read the record {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no record: not JSON, cut off, or without something needed.
    #[error("{} is no goabi record, or it is broken: {source}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// It is a record of a form that this goabi does not know.
    #[error(
        "{} has schema version {found}, and this goabi reads version {SCHEMA_VERSION}: {}",
        path.display(),
        if *found > SCHEMA_VERSION { "use a newer goabi" } else { "make the record anew" }
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The version that it has.
        found: u32,
    },
}

/// Writes a file so that readers see the old contents or the new, never half.
pub fn write(path: &Path, contents: &str) -> Result<(), StoreError> {
    let failed = |source| StoreError::Write { path: path.to_path_buf(), source };
    let dir = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(dir).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".goabi-");
    // Reports are as readable as any other file of the user's: the umask decides.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(dir).map_err(failed)?;
    file.write_all(contents.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

/// Sees whether a folder, made if it is missing, takes a file.
pub fn probe(dir: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Write { path: dir.to_path_buf(), source };
    fs::create_dir_all(dir).map_err(failed)?;
    tempfile::tempfile_in(dir).map(drop).map_err(failed)
}

/// Reads a record.
pub fn load(path: &Path) -> Result<Record, StoreError> {
    /// The one field that every version has.
    #[derive(Deserialize)]
    struct Versioned {
        schema_version: u32,
    }
    let text = fs::read_to_string(path).map_err(|source| StoreError::Read { path: path.to_path_buf(), source })?;
    let broken = |source| StoreError::Broken { path: path.to_path_buf(), source };
    // The version first: a record of another form would fail at some field of
    // it, which tells nobody what is wrong.
    let found = serde_json::from_str::<Versioned>(&text).map_err(broken)?.schema_version;
    if found != SCHEMA_VERSION {
        return Err(StoreError::Version { path: path.to_path_buf(), found });
    }
    serde_json::from_str(&text).map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{example, json};

    fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/er/record.json");
        write(&path, text).unwrap();
        (dir, path)
    }

    #[test]
    fn comes_back_as_it_went() {
        let record = example::record();
        let (_dir, path) = written(&json::render(&record).unwrap());
        assert_eq!(load(&path).unwrap(), record);
    }

    #[test]
    fn replaces_and_leaves_nothing_behind() {
        let (_dir, path) = written("old");
        write(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_says_where() {
        let (_dir, path) = written("a file, no directory");
        let inside = path.join("record.json");
        let said = write(&inside, "x").unwrap_err().to_string();
        assert!(said.starts_with("cannot write ") && said.ends_with("record.json"), "{said}");
    }

    #[test]
    fn broken_ones_are_refused_clearly() {
        let whole = json::render(&example::record()).unwrap();
        for (text, says) in [
            ("", "EOF while parsing"),
            ("not json", "line 1 column 2"),
            ("{}", "missing field `schema_version`"),
            (r#"{"schema_version": 1}"#, "missing field `goabi_version`"),
            (r#"{"schema_version": 99}"#, "schema version 99, and this goabi reads version 1: use a newer goabi"),
            (r#"{"schema_version": 0}"#, "make the record anew"),
            (&whole[..whole.len() / 2], "EOF while parsing"),
        ] {
            let (_dir, path) = written(text);
            let said = load(&path).unwrap_err().to_string();
            assert!(said.contains(says), "{text:.40}: {said}");
        }
        let said = load(Path::new("/nowhere/record.json")).unwrap_err().to_string();
        assert_eq!(said, "cannot read the record /nowhere/record.json");
    }
}
