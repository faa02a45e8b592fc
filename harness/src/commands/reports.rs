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
/// costs none of the others. They are rendered side by side: some take as long
/// as all the rest of a run in which nothing changed.
pub(super) fn write(record: &Record, out: &Path) -> Result<(), CommandError> {
    let failed: Vec<String> = std::thread::scope(|scope| {
        let texts: Vec<_> = RENDERERS.iter().map(|r| (r, scope.spawn(|| text(r, record)))).collect();
        let written = texts.into_iter().map(|(r, text)| {
            let text = text.join().unwrap_or_else(|_| Err(format!("{} was not rendered", r.file)));
            text.and_then(|text| one(r, text.as_deref(), out))
        });
        written.filter_map(Result::err).collect()
    });
    if failed.is_empty() {
        return Ok(());
    }
    let help = "make room or permit it, and run again: what ran and passed is not run again";
    Err(CommandError::Output(format!("{}\n{help}", failed.join("\ngoabi: "))))
}

/// The report, or none where it does not apply.
fn text(r: &Renderer, record: &Record) -> Result<Option<String>, String> {
    if r.id == "compatibility" && !compatibility::compares(record) {
        return Ok(None);
    }
    (r.render)(record).map(Some).map_err(|e| e.to_string())
}

fn one(r: &Renderer, text: Option<&str>, out: &Path) -> Result<(), String> {
    let path = out.join(r.file);
    let Some(text) = text else {
        // One of an earlier run, of several toolchains, would be taken for this run's.
        return match std::fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(format!("cannot remove {}: {e}", path.display())),
            Ok(()) | Err(_) => Ok(()),
        };
    };
    store::write(&path, text).map_err(|e| with_causes(&e))
}
