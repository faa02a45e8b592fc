//! Printing to a stdout that may be closed, or a file on a full disk.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};
use std::sync::Once;

/// Prints. A reader that has seen enough closes the pipe, which is no failure;
/// any other is said once on stderr, and what else is to be done goes on.
pub(crate) fn print(text: Arguments<'_>) {
    static SAID: Once = Once::new();
    let mut out = std::io::stdout().lock();
    match out.write_fmt(text).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            SAID.call_once(|| {
                // There is nobody left to tell if this fails.
                let _ = writeln!(std::io::stderr(), "goabi: cannot write to stdout: {e}");
            });
        }
        Ok(()) | Err(_) => {}
    }
}
