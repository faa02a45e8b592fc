//! What a stop reply says (GDB manual, E.3 "Stop Reply Packets").

use super::error::{RemoteError, Result};
use super::packet::unhex;
use crate::process::Ended;

/// Why the program runs no more, for now or for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A signal is about to be delivered, or a breakpoint or a single step's
    /// end was reached: then it is [`signal::TRAP`].
    Signal {
        /// In GDB's numbers, see [`signal`].
        signal: u8,
        /// The thread that stopped, as the stub spells it.
        thread: Option<String>,
    },
    /// It exited with this status.
    Exited(u8),
    /// This signal ended it, in GDB's numbers.
    Killed(u8),
}

/// Signals as the protocol numbers them, which is how no system does (GDB's
/// `include/gdb/signals.def`): up to 15 they are mostly linux's.
pub mod signal {
    pub const ILL: u8 = 4;
    /// Breakpoints and single steps; also what `int3` and the like send.
    pub const TRAP: u8 = 5;
    pub const ABRT: u8 = 6;
    pub const FPE: u8 = 8;
    pub const KILL: u8 = 9;
    pub const BUS: u8 = 10;
    /// Go makes a panic of it where a nil pointer is dereferenced.
    pub const SEGV: u8 = 11;
    pub const SYS: u8 = 12;
    /// By which Go preempts a goroutine.
    pub const URG: u8 = 16;
    pub(crate) const PASSED: [u8; 9] = [PIPE, ALRM, URG, CHLD, VTALRM, PROF, WINCH, USR1, USR2];
    const PIPE: u8 = 13;
    const ALRM: u8 = 14;
    const CHLD: u8 = 20;
    const VTALRM: u8 = 26;
    const PROF: u8 = 27;
    const WINCH: u8 = 28;
    const USR1: u8 = 30;
    const USR2: u8 = 31;

    /// Linux's number for it (`asm-generic/signal.h`; on mips some differ).
    #[must_use]
    pub fn to_linux(signal: u8) -> i32 {
        match signal {
            BUS => 7,
            SYS => 31,
            URG => 23,
            17 => 19,
            18 => 20,
            19 => 18,
            CHLD => 17,
            23 => 29,
            USR1 => 10,
            USR2 => 12,
            // HUP to ABRT, FPE, KILL, SEGV, PIPE to TERM, TTIN to TTOU, XCPU to WINCH.
            same => i32::from(same),
        }
    }
}

impl Stop {
    /// How the program ended, if it did.
    #[must_use]
    pub fn ended(&self) -> Option<Ended> {
        match self {
            Stop::Signal { .. } => None,
            Stop::Exited(status) => Some(Ended::Exited(i32::from(*status))),
            Stop::Killed(signal) => Some(Ended::Signalled(signal::to_linux(*signal))),
        }
    }

    /// Reads a stop reply; None for what a running program's stub may send in
    /// between: console output.
    pub(super) fn parse(reply: &[u8]) -> Result<Option<Stop>> {
        let garbage = || RemoteError::garbage("no stop reply:", reply);
        let (kind, rest) = reply.split_first().ok_or_else(garbage)?;
        let number = || match unhex(rest.get(..2)?)?.as_slice() {
            [number] => Some(*number),
            _ => None,
        };
        match kind {
            b'S' | b'T' => {
                let rest = rest.get(2..).unwrap_or_default();
                let mut pairs = rest.split(|b| *b == b';').filter_map(|pair| pair.strip_prefix(b"thread:"));
                let thread = match pairs.next().map(str::from_utf8) {
                    Some(Ok(id)) if is_thread(id) => Some(id.to_string()),
                    None => None,
                    Some(Ok(_) | Err(_)) => return Err(garbage()),
                };
                Ok(Some(Stop::Signal { signal: number().ok_or_else(garbage)?, thread }))
            }
            b'W' => Ok(Some(Stop::Exited(number().ok_or_else(garbage)?))),
            b'X' => Ok(Some(Stop::Killed(number().ok_or_else(garbage)?))),
            b'O' if unhex(rest).is_some() => Ok(None),
            b'E' => Err(RemoteError::Refused {
                packet: "resume".to_string(),
                code: String::from_utf8_lossy(rest).into_owned(),
            }),
            _ => Err(garbage()),
        }
    }
}

/// Whether it is a thread id: hex digits, perhaps `p1f.20`.
pub(super) fn is_thread(id: &str) -> bool {
    !id.is_empty() && id.len() < 40 && id.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'p' | b'.' | b'-'))
}
