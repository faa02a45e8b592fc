//! What instructions do, in terms that all architectures share.

use super::facts::Condition;

/// A general register, by its number in the machine's encoding; SP of arm64 is 31.
/// What lies beyond the general ones, as the link register of ppc64, follows them.
pub(super) type Register = u8;

/// How many registers are followed.
pub(super) const REGISTERS: usize = 34;

/// No register: the zero register, or something that is no register at all.
pub(super) const NONE: Register = 0xff;

/// Registers of an architecture that have a part to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Roles {
    /// Bytes of a word.
    pub word: u16,
    pub sp: Register,
    /// The frame pointer, or `NONE`.
    pub fp: Register,
    /// The link register, or `NONE`.
    pub lr: Register,
    /// What holds g in ABIInternal, or `NONE`.
    pub g: Register,
    /// In what `runtime.morestack` is handed the return address, which it puts
    /// back into the link register; or `NONE`.
    pub handed: Register,
    /// What callees keep in the C ABI of the machine, SP and FP left out, a bit each.
    pub callee_saved: u64,
    /// Whether arguments and results are on the stack in ABIInternal, too: callees may
    /// write any of them.
    pub on_stack: bool,
    /// Whether the compiler's stack checks jump where there is enough of it, and fall
    /// into the call for more where there is not.
    pub falls_into_morestack: bool,
}

/// One effect of an instruction. Those of one instruction happen one behind the
/// other. Registers are whole: what writes a part of one clobbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// These registers, a bit each, hold something that is not followed.
    Clobber(u64),
    Set {
        to: Register,
        value: i64,
    },
    /// Keeps the other bits.
    Insert {
        to: Register,
        bits: u16,
        shift: u8,
    },
    Add {
        to: Register,
        from: Register,
        value: i64,
    },
    AddRegister {
        to: Register,
        left: Register,
        right: Register,
        shift: u8,
        minus: bool,
    },
    /// A sum of 32 bits, extended by its sign.
    AddWord {
        to: Register,
        from: Register,
        value: i64,
    },
    /// So many of the lowest bits of a register, the others zero, or a number.
    Or {
        to: Register,
        from: Register,
        kept: u8,
        value: i64,
    },
    /// Some bits cleared.
    Align {
        to: Register,
    },
    Swap(Register, Register),
    /// A whole word.
    Load {
        to: Register,
        base: Register,
        at: i32,
    },
    /// An entry of a table of words.
    LoadEntry {
        to: Register,
        base: Register,
        index: Register,
    },
    /// From thread-local storage.
    LoadLocal {
        to: Register,
    },
    /// The address of thread-local storage.
    LoadLocals {
        to: Register,
    },
    /// `from` is `NONE` where less or more than a whole register is stored.
    Store {
        base: Register,
        at: i32,
        size: u16,
        from: Register,
    },
    /// A register is added to memory.
    StoreSum {
        base: Register,
        at: i32,
        size: u16,
        from: Register,
    },
    Compare {
        left: Register,
        right: Register,
    },
    /// The same, unless what made the left side ran below zero: then what follows goes as
    /// if it were below the right one.
    CompareUnlessBelowZero {
        left: Register,
        right: Register,
    },
    CompareValue {
        left: Register,
        value: i64,
    },
    CompareMemory {
        left: Register,
        base: Register,
        at: i32,
    },
}

/// Where control goes behind an instruction; targets are addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Nop,
    Call(u64),
    CallRegister(Register),
    CallMemory,
    Return,
    /// To the return address, which the instruction itself loaded into that register.
    ReturnThrough(Register),
    Jump(u64),
    JumpIf(u64, Condition),
    JumpRegister(Register),
    /// To the word at `base + at` and `index` words further.
    JumpEntry {
        base: Register,
        index: Register,
        at: i32,
    },
    JumpMemory,
    Trap,
    /// Not decoded; whether it may write general registers all the same.
    Undecoded {
        writes: bool,
    },
}

impl Flow {
    /// Whether it leads to where a register or memory says.
    pub(super) fn is_indirect(self) -> bool {
        match self {
            Flow::CallRegister(_)
            | Flow::CallMemory
            | Flow::JumpRegister(_)
            | Flow::JumpEntry { .. }
            | Flow::JumpMemory => true,
            Flow::Next
            | Flow::Nop
            | Flow::Call(_)
            | Flow::Return
            | Flow::ReturnThrough(_)
            | Flow::Jump(_)
            | Flow::JumpIf(..)
            | Flow::Trap
            | Flow::Undecoded { .. } => false,
        }
    }
}

/// An instruction, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub offset: u32,
    pub len: u8,
    /// Whether it may fill a gap: a no-op, a trap, zeros.
    pub filling: bool,
    /// How many effects it has, and where the first one is.
    pub effects: u8,
    pub first: u32,
    pub flow: Flow,
}

/// All of a function's instructions, decoded one behind the other.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub all: Vec<Line>,
    pub effects: Vec<Effect>,
    /// Offsets that instructions load literals from, and their sizes.
    pub literals: Vec<(u32, u8)>,
}

impl Lines {
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.effects.clear();
        self.literals.clear();
    }

    /// Notes an effect of the instruction that is decoded now.
    #[inline]
    pub(super) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Notes that the instruction decoded now writes that register.
    #[inline]
    pub(super) fn clobber(&mut self, register: Register) {
        if register != NONE {
            self.effects.push(Effect::Clobber(1 << register));
        }
    }

    /// Notes the instruction itself, behind its effects, of which `first` is the first.
    #[inline]
    pub(super) fn line(&mut self, offset: u32, len: u8, first: usize, flow: Flow, filling: bool) {
        // An instruction has a handful of effects.
        let effects = (self.effects.len() - first) as u8;
        self.all.push(Line { offset, len, filling, effects, first: first as u32, flow });
    }

    /// The instruction that begins at that offset.
    pub(super) fn starting_at(&self, offset: u64) -> Option<u32> {
        let found = self.all.binary_search_by_key(&offset, |l| u64::from(l.offset)).ok()?;
        u32::try_from(found).ok()
    }

    pub(super) fn effects_of(&self, line: &Line) -> &[Effect] {
        let first = line.first as usize;
        self.effects.get(first..first + usize::from(line.effects)).unwrap_or_default()
    }
}
