//! What can be found, and how bad it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// SP is not where the runtime's own table has it.
    Pcsp,
    /// SP is not where the call frame information has it, though the runtime's table is right.
    Cfi,
    /// SP moves in several steps, and the tables know of one.
    SpInSteps,
    /// Two ways lead to an instruction with SP at different depths.
    SpConflict,
    /// A return, or a place to unwind from, where the return address is not where it is looked for.
    ReturnAddress,
    /// The stack check is missing, or checks the wrong thing.
    StackCheck,
    /// The caller's frame pointer is not saved, or not given back.
    FramePointer,
    /// SP at a call is not aligned as the port wants.
    MisalignedCall,
    /// A call at which the runtime finds no pointer map.
    NoStackMap,
    /// A place that must not be preempted, and is not marked; or one that is without need.
    UnsafePoint,
    /// A function's tables cannot be read.
    Unreadable,
}

impl Class {
    pub const ALL: [Class; 11] = [
        Class::Pcsp,
        Class::Cfi,
        Class::SpInSteps,
        Class::SpConflict,
        Class::ReturnAddress,
        Class::StackCheck,
        Class::FramePointer,
        Class::MisalignedCall,
        Class::NoStackMap,
        Class::UnsafePoint,
        Class::Unreadable,
    ];

    /// As it is written.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Class::Pcsp => "pcsp",
            Class::Cfi => "cfi",
            Class::SpInSteps => "sp_in_steps",
            Class::SpConflict => "sp_conflict",
            Class::ReturnAddress => "return_address",
            Class::StackCheck => "stack_check",
            Class::FramePointer => "frame_pointer",
            Class::MisalignedCall => "misaligned_call",
            Class::NoStackMap => "no_stack_map",
            Class::UnsafePoint => "unsafe_point",
            Class::Unreadable => "unreadable",
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Class::Pcsp => "SP is not where the runtime's table (pcsp) has it",
            Class::Cfi => "SP is not where the call frame information has it",
            Class::SpInSteps => "SP moves in several steps, and the tables know of one",
            Class::SpConflict => "SP has two depths at one instruction",
            Class::ReturnAddress => "the return address is not where it is looked for",
            Class::StackCheck => "the stack check is missing or wrong",
            Class::FramePointer => "the frame pointer is not saved or not given back",
            Class::MisalignedCall => "SP is not aligned at a call",
            Class::NoStackMap => "a call without a pointer map",
            Class::UnsafePoint => "an unsafe point that is not marked, or a mark without need",
            Class::Unreadable => "a function's tables cannot be read",
        }
    }

    /// Why it is dangerous.
    #[must_use]
    pub fn danger(self) -> &'static str {
        match self {
            Class::Pcsp => {
                "A goroutine that is stopped here is unwound with the wrong frame size: the garbage collector and \
                 tracebacks take some other word for the return address, and the runtime dies or pointers are missed."
            }
            Class::Cfi => {
                "The runtime does not read this, but debuggers and system profilers (gdb, delve, perf) unwind to the \
                 wrong caller here."
            }
            Class::SpInSteps => {
                "Between the steps the tables have another depth than SP: a goroutine that is preempted there is \
                 unwound from the wrong address, and the runtime dies (\"traceback did not unwind completely\") or \
                 takes junk for pointers."
            }
            Class::SpConflict => "No table can be right for both depths: by one of the two ways unwinding goes wrong.",
            Class::ReturnAddress => {
                "Unwinding, or the function's own return, goes on at an address that is no return address."
            }
            Class::StackCheck => "The function may write below its goroutine's stack, over other memory.",
            Class::FramePointer => {
                "Execution traces, block and mutex profiles, and perf follow the chain of frame pointers: they get \
                 wrong stacks or read junk."
            }
            Class::MisalignedCall => {
                "On arm64 the machine faults where it uses such an SP; elsewhere the callee's data is not aligned."
            }
            Class::NoStackMap => {
                "When the stack is scanned or moved during this call, the runtime dies, or misses pointers in the frame."
            }
            Class::UnsafePoint => {
                "A goroutine that is preempted within such a sequence runs the rest of it when what it began with no \
                 longer holds; one that cannot be preempted elsewhere keeps the garbage collector waiting."
            }
            Class::Unreadable => {
                "The runtime reads the same tables: what cannot be read here, it reads as something else."
            }
        }
    }
}

/// How bad a finding is; the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Recorded: nobody unwinds from here, or whoever does stops here.
    Note,
    /// Only debuggers and profilers, which stop a program anywhere, are misled.
    Warning,
    /// The runtime itself goes wrong here.
    Error,
}

impl Level {
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}
