//! The numbers of flags and tables.
//!
//! `internal/abi/symtab.go` (until Go 1.20: `runtime/symtab.go` and
//! `runtime/funcdata.h`). They have not changed, only grown.

use std::fmt;

/// `FuncFlag`: what the runtime must know before it unwinds a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FuncFlags(pub u8);

impl FuncFlags {
    /// `TOPFRAME`: nothing called it, unwinding ends here.
    pub const TOP_FRAME: FuncFlags = FuncFlags(1);
    /// `SPWRITE`: it writes SP other than by adding a constant, so that no table
    /// can say how to unwind it.
    pub const SP_WRITE: FuncFlags = FuncFlags(2);
    /// `ASM`: it was written in assembly.
    pub const ASM: FuncFlags = FuncFlags(4);

    /// Whether it has all of these.
    #[must_use]
    pub fn contains(self, flags: FuncFlags) -> bool {
        self.0 & flags.0 == flags.0
    }
}

impl fmt::Display for FuncFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [(FuncFlags::TOP_FRAME, "TOPFRAME"), (FuncFlags::SP_WRITE, "SPWRITE"), (FuncFlags::ASM, "ASM")];
        let mut words: Vec<String> =
            named.into_iter().filter(|(flag, _)| self.contains(*flag)).map(|(_, name)| name.to_string()).collect();
        let rest = named.iter().fold(self.0, |rest, (flag, _)| rest & !flag.0);
        if rest != 0 || words.is_empty() {
            words.push(format!("{rest:#x}"));
        }
        f.write_str(&words.join("|"))
    }
}

/// The kinds of `PCDATA` tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PcData {
    /// Where a goroutine may be stopped, see [`UnsafePoint`].
    UnsafePoint,
    /// Which bitmap of the pointer maps holds.
    StackMapIndex,
    /// Which inlined call a pc belongs to.
    InlTreeIndex,
    /// Which arguments are live, for tracebacks.
    ArgLiveIndex,
    /// What a failed bounds check compared; since Go 1.26.
    PanicBounds,
}

impl PcData {
    pub const ALL: [PcData; 5] =
        [PcData::UnsafePoint, PcData::StackMapIndex, PcData::InlTreeIndex, PcData::ArgLiveIndex, PcData::PanicBounds];

    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            PcData::UnsafePoint => 0,
            PcData::StackMapIndex => 1,
            PcData::InlTreeIndex => 2,
            PcData::ArgLiveIndex => 3,
            PcData::PanicBounds => 4,
        }
    }
}

/// The kinds of `FUNCDATA`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FuncData {
    ArgsPointerMaps,
    LocalsPointerMaps,
    StackObjects,
    InlTree,
    OpenCodedDeferInfo,
    ArgInfo,
    ArgLiveInfo,
    WrapInfo,
}

impl FuncData {
    pub const ALL: [FuncData; 8] = [
        FuncData::ArgsPointerMaps,
        FuncData::LocalsPointerMaps,
        FuncData::StackObjects,
        FuncData::InlTree,
        FuncData::OpenCodedDeferInfo,
        FuncData::ArgInfo,
        FuncData::ArgLiveInfo,
        FuncData::WrapInfo,
    ];

    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            FuncData::ArgsPointerMaps => 0,
            FuncData::LocalsPointerMaps => 1,
            FuncData::StackObjects => 2,
            FuncData::InlTree => 3,
            FuncData::OpenCodedDeferInfo => 4,
            FuncData::ArgInfo => 5,
            FuncData::ArgLiveInfo => 6,
            FuncData::WrapInfo => 7,
        }
    }
}

/// The values of [`PcData::UnsafePoint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnsafePoint {
    /// -1: may be preempted asynchronously. Also where there is no table.
    Safe,
    /// -2: may not.
    Unsafe,
    /// -3 and -4: may, but goes on at the beginning of the sequence. Two, so that
    /// one sequence may follow another.
    Restart1,
    Restart2,
    /// -5: may, but goes on at the function's entry.
    RestartAtEntry,
    /// None of Go's.
    Other(i32),
}

impl UnsafePoint {
    #[must_use]
    pub fn of(value: i32) -> UnsafePoint {
        match value {
            -1 => UnsafePoint::Safe,
            -2 => UnsafePoint::Unsafe,
            -3 => UnsafePoint::Restart1,
            -4 => UnsafePoint::Restart2,
            -5 => UnsafePoint::RestartAtEntry,
            other => UnsafePoint::Other(other),
        }
    }
}
