//! The reports' folder: seen to before a run, filled after it.

use super::{CommandError, with_causes};
use goabi_reports::record::Record;
use goabi_reports::render::{RENDERERS, Renderer, compatibility};
use goabi_reports::store;
use std::io::ErrorKind;
use std::path::Path;

/// Before hours of work, not after them: can the reports be written?
pub(super) fn prepare(out: &Path) -> Result<(), CommandError> {
    let cannot = |what: String| CommandError::Output(format!("{what}; choose another folder with --out"));
    store::probe(out).map_err(|e| cannot(format!("cannot write reports: {}", with_causes(&e))))?;
    match RENDERERS.iter().map(|r| out.join(r.file)).find(|p| p.is_dir()) {
        Some(folder) => Err(cannot(format!("cannot write reports: {} is a folder", folder.display()))),
        None => Ok(()),
    }
}

/// Writes the record first, then every view of it; what cannot be written
/// costs none of the others.
pub(super) fn write(record: &Record, out: &Path) -> Result<(), CommandError> {
    let failed: Vec<String> = RENDERERS.iter().filter_map(|r| one(r, record, out).err()).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let help = "make room or permit it, and run again: what ran and passed is not run again";
    Err(CommandError::Output(format!("{}\n{help}", failed.join("\ngoabi: "))))
}

fn one(r: &Renderer, record: &Record, out: &Path) -> Result<(), String> {
    let path = out.join(r.file);
    if r.id == "compatibility" && !compatibility::compares(record) {
        // One of an earlier run, of several toolchains, would be taken for this run's.
        return match std::fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(format!("cannot remove {}: {e}", path.display())),
            Ok(()) | Err(_) => Ok(()),
        };
    }
    let text = (r.render)(record).map_err(|e| e.to_string())?;
    store::write(&path, &text).map_err(|e| with_causes(&e))
}
