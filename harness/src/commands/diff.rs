//! `goabi diff`.

use super::CommandError;
use crate::cli::{Diff, ToolchainMatch};
use crate::exit;
use goabi_reports::compare::{self, Toolchains, render::FORMATS};
use goabi_reports::store;
use std::io::Write;

pub(super) fn run(args: &Diff) -> Result<u8, CommandError> {
    let old = store::load(&args.old).map_err(CommandError::Record)?;
    let new = store::load(&args.new).map_err(CommandError::Record)?;
    let toolchains = match args.toolchains {
        ToolchainMatch::Auto => Toolchains::Auto,
        ToolchainMatch::Match => Toolchains::Match,
        ToolchainMatch::Ignore => Toolchains::Ignore,
    };
    let mut comparison =
        compare::compare(&old, &new, toolchains).map_err(|e| CommandError::Usage(format!("cannot compare: {e}")))?;
    if !args.all {
        comparison = comparison.without_same();
    }
    let format = FORMATS.iter().find(|f| f.id == args.format).ok_or_else(|| {
        let known: Vec<&str> = FORMATS.iter().map(|f| f.id).collect();
        CommandError::Usage(format!("there is no format {}; there are {}", args.format, known.join(", ")))
    })?;
    let text = (format.render)(&comparison).map_err(|e| CommandError::Output(e.to_string()))?;
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        // A reader that has seen enough closes the pipe: that is no failure.
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            return Err(CommandError::Output(format!("cannot write the comparison: {e}")));
        }
        Ok(()) | Err(_) => {}
    }
    Ok(if comparison.fails() { exit::FINDINGS } else { exit::OK })
}
