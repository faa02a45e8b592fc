//! A client of the GDB remote serial protocol, which speaks to the stub of a
//! qemu-user emulator (`-g`) or to `gdbserver`, always on a unix socket.
//!
//! [`Debuggee::launch`] starts a program that stands before its first
//! instruction; then it is resumed, stepped and asked for registers and
//! memory. Every wait has a deadline and looks at the token; a process that
//! dies, hangs or talks nonsense is an error of this debuggee alone. Nothing of
//! it outlives the value: no process, no socket, no folder.
//!
//! Source of all that is said of the protocol: the GDB manual, appendix E
//! ("GDB Remote Serial Protocol") and appendix G ("Target Descriptions").
//!
//! | file | what it knows |
//! |---|---|
//! | `packet` | framing: checksums, escapes, run lengths |
//! | `wire` | a socket with deadlines, acknowledgement |
//! | `features` | the XML in which a stub describes its registers |
//! | `layouts` | the registers of stubs that describe none |
//! | `registers` | their place in a `g` packet, and their values |
//! | `stop` | what a stop reply says |
//! | `hello` | how a conversation begins |
//! | `session` | the requests |
//! | `offered` | what the stub says it can do |
//! | `launch` | starting the emulator or gdbserver |
//! | `process` | watching its process, and what it left |
//! | `error` | what can go wrong |

mod error;
mod features;
mod hello;
mod launch;
mod layouts;
mod offered;
mod packet;
mod process;
mod registers;
mod session;
mod stop;
mod wire;

pub use error::RemoteError;
pub use launch::{DebugExec, DebugSpec};
pub(crate) use launch::{unpacked, version};
pub use process::Process;
pub use registers::{Register, Registers};
pub use session::Debuggee;
pub use stop::{Stop, signal};
pub use wire::Watch;

#[cfg(test)]
pub(crate) mod live_tests;
#[cfg(test)]
mod scripted_tests;
