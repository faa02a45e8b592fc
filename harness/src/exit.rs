//! Exit codes. They are part of goabi's interface: scripts rely on them.

/// Everything is as the cases and expectations say.
pub const OK: u8 = 0;
/// An oracle found something, or an expectation no longer holds.
pub const FINDINGS: u8 = 1;
/// A mistake in a case file, in an expectation, or on the command line.
pub const MISTAKE: u8 = 2;
/// Something that is needed is missing or broken: toolchain, emulator, disk.
pub const BROKEN: u8 = 3;
/// Nothing was judged.
pub const NOTHING: u8 = 4;
/// Interrupted.
pub const INTERRUPTED: u8 = 130;

/// Code and meaning, for the help text.
pub const TABLE: [(u8, &str); 6] = [
    (OK, "everything is as the cases and expectations say"),
    (FINDINGS, "findings, or an expectation that no longer holds"),
    (MISTAKE, "a mistake in a case file or on the command line"),
    (BROKEN, "something needed is missing or broken: toolchain, emulator, disk"),
    (NOTHING, "nothing was judged"),
    (INTERRUPTED, "interrupted"),
];
