//! What is found of a function's code.

use super::check::StackCheck;
use super::code::Arch;

/// A function, followed. The boundaries are in order of their offsets, and their
/// instructions cover every byte of the code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    pub boundaries: Vec<Boundary>,
    pub counts: Counts,
    /// The comparison of SP with the stack guard at entry, where there is one.
    pub check: Option<StackCheck>,
    /// Jumps through a register or memory whose targets are not known.
    pub unresolved: u32,
    /// Direct jumps to bytes within the function where no instruction begins. On
    /// amd64 that is tried to be mended: code is decoded anew from there on, and
    /// what stood before it counts as undecoded.
    pub into_instructions: u32,
    /// Whether some instruction is the last one, and control goes on behind it.
    pub runs_off: bool,
    /// Whether following was given up before all was settled: some boundaries
    /// may then be in conflict that are not.
    pub unsettled: bool,
}

impl Followed {
    /// The boundary at that offset, if an instruction begins there.
    #[must_use]
    pub fn at(&self, offset: u32) -> Option<&Boundary> {
        let i = self.boundaries.binary_search_by_key(&offset, |b| b.offset).ok()?;
        self.boundaries.get(i)
    }
}

/// How many boundaries there are of each sort. Padding and data are no
/// instructions; all others are reached or not, and the reached ones have SP
/// known or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All but padding and data.
    pub instructions: u32,
    /// Of the instructions, those that the decoder does not know.
    pub undecoded: u32,
    /// Of the instructions, those that are reached, with SP known.
    pub followed: u32,
    /// Of the instructions, those that are reached by two ways that differ.
    pub conflicts: u32,
    /// Of the instructions, those that control does not reach.
    pub unreached: u32,
    /// Unreached fillings: no-ops, traps, zeros.
    pub padding: u32,
    /// Unreached literals that some instruction loads.
    pub data: u32,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.instructions += other.instructions;
        self.undecoded += other.undecoded;
        self.followed += other.followed;
        self.conflicts += other.conflicts;
        self.unreached += other.unreached;
        self.padding += other.padding;
        self.data += other.data;
    }
}

/// The state of the machine right before an instruction, and what sort of
/// instruction it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// Bytes from the function's entry.
    pub offset: u32,
    /// Bytes that the instruction takes.
    pub len: u8,
    pub reach: Reach,
    pub sp: Sp,
    pub fp: Fp,
    /// Where the return address is.
    pub ret: Kept,
    pub kind: Kind,
    /// Whether it is a call or jump through a register or memory, though its target
    /// may be known.
    pub indirect: bool,
    /// What the instruction does to SP.
    pub moves: Move,
    pub writes: Writes,
}

/// Whether control comes to an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// By a way that is taken for sure to exist.
    Reached,
    /// Only behind a call that does not return, where the runtime goes on after
    /// a recovery, or maybe by a jump whose targets are not known.
    Assumed,
    Unreached,
    /// Unreached, and a filling: a no-op, a trap, zeros.
    Padding,
    /// Unreached, and loaded by some instruction of the function.
    Data,
}

/// Where SP is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sp {
    /// So many bytes below SP at entry: Go's pcsp value. On amd64 the call has
    /// pushed the return address before, so that the canonical frame address is
    /// eight bytes above.
    Known(i32),
    /// Two ways lead to here, with these two, the lower number first.
    Conflict(i32, i32),
    Unknown(Why),
}

/// Why it is not known where SP is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Control does not come here.
    Unreached,
    /// It was aligned.
    Aligned,
    /// It was set from memory that holds nothing known.
    Loaded,
    /// It was set from a register that holds nothing known.
    Register,
    /// Anything else was done to it.
    Arithmetic,
    /// It is behind an instruction that does not decode.
    Undecoded,
    /// It is behind a conflict.
    Conflict,
}

/// The frame pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fp {
    /// Where the caller's is.
    pub caller: Kept,
    /// What the register holds where that is an address in the stack: so many
    /// bytes from SP at entry, below it where negative.
    pub register: Option<i32>,
}

impl Fp {
    /// Whether the register holds what a caller in Go had there. On arm64, leaf
    /// functions of Go do not read theirs back: they set it to eight bytes below SP
    /// at entry, where the convention has it.
    #[must_use]
    pub fn restored(&self, arch: Arch) -> bool {
        let conventional = match arch {
            Arch::Amd64 => false,
            Arch::Arm64 => self.register == Some(-8),
            Arch::Arm | Arch::Loong64 | Arch::Ppc64 | Arch::Ppc64le | Arch::Riscv64 | Arch::S390x | Arch::X86 => true,
        };
        self.caller.register || conventional
    }
}

/// Where something that the caller has entrusted is. It is lost where it is
/// nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// In its own register: the frame pointer, which there is not on 386, or the link
    /// register, which there is on arm64 alone.
    pub register: bool,
    /// In memory, at so many bytes from SP at entry, below it where negative.
    pub slot: Option<i32>,
}

/// What an instruction does to SP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// It leaves it, or restores it within itself as a call does.
    None,
    /// It adds so many bytes; may be 0, where it writes what was there.
    By(i32),
    /// It sets it to what is not known, or from what is not known.
    Unknown,
}

/// Which of these registers an instruction writes, whatever with. Calls, whose
/// callee does it, are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    pub sp: bool,
    pub fp: bool,
    /// The link register, which there is not on amd64.
    pub lr: bool,
}

/// What matters of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Nop,
    /// To that address; `None` where it goes through a register or memory that
    /// holds nothing known.
    Call(Option<u64>),
    Return,
    Jump(Target),
    ConditionalJump(Target, Condition),
    /// By a table of so many entries.
    JumpTable(u32),
    /// Through a register or memory that holds nothing known.
    IndirectJump,
    /// It stops the program.
    Trap,
    /// None that the decoder knows.
    Undecoded,
}

impl Kind {
    /// The address that is called, if this is a call to a known one.
    #[must_use]
    pub fn callee(self) -> Option<u64> {
        match self {
            Kind::Call(callee) => callee,
            Kind::Plain
            | Kind::Nop
            | Kind::Return
            | Kind::Jump(_)
            | Kind::ConditionalJump(..)
            | Kind::JumpTable(_)
            | Kind::IndirectJump
            | Kind::Trap
            | Kind::Undecoded => None,
        }
    }
}

/// Where a direct jump leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// To that offset in the function.
    Inside(u32),
    /// To that address: a tail call.
    Outside(u64),
}

/// When a conditional jump jumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Unsigned, as the next three.
    Below,
    BelowOrEqual,
    AboveOrEqual,
    Above,
    Equal,
    NotEqual,
    /// Any other.
    Other,
}

impl Condition {
    /// What holds of the right side and the left one where this holds of the left one
    /// and the right.
    pub(super) fn turned(self) -> Condition {
        match self {
            Condition::Below => Condition::Above,
            Condition::BelowOrEqual => Condition::AboveOrEqual,
            Condition::AboveOrEqual => Condition::BelowOrEqual,
            Condition::Above => Condition::Below,
            Condition::Equal | Condition::NotEqual | Condition::Other => self,
        }
    }

    /// What holds where this does not.
    pub(super) fn otherwise(self) -> Condition {
        match self {
            Condition::Below => Condition::AboveOrEqual,
            Condition::BelowOrEqual => Condition::Above,
            Condition::AboveOrEqual => Condition::Below,
            Condition::Above => Condition::BelowOrEqual,
            Condition::Equal => Condition::NotEqual,
            Condition::NotEqual => Condition::Equal,
            Condition::Other => Condition::Other,
        }
    }
}
