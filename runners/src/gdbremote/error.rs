//! What can go wrong between us and a debug stub.

use crate::error::RunnerError;
use crate::process;
use std::io;

/// Why a request to a stub was not fulfilled. None of these says anything about
/// other debuggees: each ends its own conversation at most.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// The stub's end of the socket is closed or its process has ended.
    #[error("the debug stub went away")]
    Closed,

    /// [`process::Limits::time`] is over.
    #[error("the debug stub gave no answer within the time limit")]
    Timeout,

    #[error("interrupted")]
    Cancelled,

    /// It exceeds a limit other than that of time.
    #[error("the process under the debugger was stopped: {0}")]
    Limit(process::Stop),

    /// The stub understood and answered `E` and a number, whose meaning is its
    /// own (an errno mostly): for memory that it is not mapped.
    #[error("the debug stub refused `{packet}` with error {code}")]
    Refused { packet: String, code: String },

    /// An answer that the protocol doesn't permit.
    #[error("the debug stub talks nonsense: {0}")]
    Garbage(String),

    /// The stub, or the machine, lacks something: a reason to skip, for people.
    #[error("{0}")]
    Unsupported(String),

    /// The stub's process ended before it could be spoken to.
    #[error("`{command}` {how} before it could be spoken to{}", said(output))]
    NotStarted { command: String, how: String, output: String },

    #[error("cannot {doing} the debug stub: {source}")]
    Io { doing: &'static str, source: io::Error },

    #[error(transparent)]
    Runner(RunnerError),
}

/// What the client's functions return.
pub type Result<T, E = RemoteError> = std::result::Result<T, E>;

impl From<RunnerError> for RemoteError {
    fn from(error: RunnerError) -> RemoteError {
        match error {
            RunnerError::Cancelled => RemoteError::Cancelled,
            error => RemoteError::Runner(error),
        }
    }
}

impl RemoteError {
    pub(super) fn garbage(what: &str, bytes: &[u8]) -> RemoteError {
        let shown = bytes.get(..bytes.len().min(80)).unwrap_or(bytes);
        RemoteError::Garbage(format!("{what} {}", shown.escape_ascii()))
    }
}

/// A child's output at the end of a line, or nothing.
fn said(output: &str) -> String {
    let output = output.trim_end();
    if output.is_empty() { String::new() } else { format!(":\n  {}", output.replace('\n', "\n  ")) }
}
