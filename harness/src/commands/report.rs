//! `goabi report`: an old record, rendered again.

use super::CommandError;
use crate::cli::Report;
use crate::exit;
use goabi_reports::record::Record;
use goabi_reports::render::{RENDERERS, Renderer, by_id};
use goabi_reports::store;
use std::io::{ErrorKind, Write};
use std::path::Path;

pub(super) fn run(args: &Report) -> Result<u8, CommandError> {
    let mut formats = formats(&args.format)?;
    match (&args.out, formats.as_slice()) {
        (Some(out), _) => {
            if formats.is_empty() {
                formats.extend(RENDERERS);
            }
            let record = store::load(&args.record).map_err(CommandError::Record)?;
            to_files(&record, &args.record, &formats, out)?;
        }
        (None, []) => {
            return Err(CommandError::Usage(format!(
                "in which format? Give --format with one of {}; or --out with a folder, for all of them",
                ids()
            )));
        }
        (None, [one]) => {
            let record = store::load(&args.record).map_err(CommandError::Record)?;
            to_stdout(&rendered(&record, one)?)?;
        }
        (None, _) => {
            return Err(CommandError::Usage(
                "several formats do not go to one output: give --out with a folder".into(),
            ));
        }
    }
    Ok(exit::OK)
}

/// The renderers asked for, each once.
fn formats(words: &[String]) -> Result<Vec<&'static Renderer>, CommandError> {
    let mut formats: Vec<&Renderer> = Vec::new();
    for word in words.iter().flat_map(|w| w.split(',')).map(str::trim) {
        let found = by_id(word).ok_or_else(|| {
            CommandError::Usage(format!("there is no format `{word}`: choose from {} (md is markdown)", ids()))
        })?;
        if !formats.iter().any(|f| f.id == found.id) {
            formats.push(found);
        }
    }
    Ok(formats)
}

fn ids() -> String {
    RENDERERS.iter().map(|r| r.id).collect::<Vec<_>>().join(", ")
}

fn rendered(record: &Record, format: &Renderer) -> Result<String, CommandError> {
    (format.render)(record).map_err(|e| CommandError::Output(e.to_string()))
}

fn to_stdout(text: &str) -> Result<(), CommandError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // A reader that has seen enough closes the pipe: that is no failure.
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(CommandError::Output(format!("cannot write the report: {e}")))
        }
        _ => Ok(()),
    }
}

fn to_files(record: &Record, from: &Path, formats: &[&Renderer], out: &Path) -> Result<(), CommandError> {
    let from = std::fs::canonicalize(from).ok();
    for format in formats {
        let path = out.join(format.file);
        // A record is evidence: what a newer goabi put in it must not get lost here.
        if from.is_some() && std::fs::canonicalize(&path).ok() == from {
            to_stdout(&format!("{} (the record itself, left alone)\n", path.display()))?;
            continue;
        }
        let text = rendered(record, format)?;
        store::write(&path, &text).map_err(|e| CommandError::Output(super::with_causes(&e)))?;
        to_stdout(&format!("{}\n", path.display()))?;
    }
    Ok(())
}
