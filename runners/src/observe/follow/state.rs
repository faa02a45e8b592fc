//! What registers and the frame are known to hold at one place of the code.

use super::effect::{NONE, REGISTERS, Register, Roles};
use super::facts::{Fp, Kept, Sp, Why};

/// What a register or a word of the stack holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Unknown,
    /// A number or an address.
    Const(i64),
    /// SP at entry and so many bytes.
    Stack(i32),
    /// The frame pointer at entry.
    CallerFp,
    ReturnAddress,
    /// The current g; whether it was read from thread-local storage.
    G {
        local: bool,
    },
    /// The address of thread-local storage.
    Locals,
    /// The word of g at that offset.
    OfG(i32),
    /// Some word of the table at that address, up to that one.
    Entry {
        table: i64,
        bound: Option<u32>,
    },
}

/// How many words of the stack are followed at once: what the prologue saves,
/// and the addresses in the stack that are stored.
const SLOTS: usize = 8;

/// How far below SP a callee leaves words alone that it is not to touch: before
/// Go 1.26, `duffzero` and `duffcopy` are called with the frame pointer saved there.
const LEFT_ALONE: i32 = 24;

/// Which words of the stack hold something known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    count: u8,
    /// Bytes of each.
    word: u16,
    /// By bytes from SP at entry.
    words: [(i32, Value); SLOTS],
}

impl Slots {
    fn live(&self) -> &[(i32, Value)] {
        self.words.get(..usize::from(self.count)).unwrap_or_default()
    }

    fn retain(&mut self, keep: impl Fn(i32, Value) -> bool) -> bool {
        let mut kept = 0;
        for i in 0..usize::from(self.count) {
            let (at, value) = self.words[i];
            if keep(at, value) {
                self.words[kept] = (at, value);
                kept += 1;
            }
        }
        let changed = kept != usize::from(self.count);
        // There are no more than `SLOTS`.
        self.count = kept as u8;
        changed
    }

    /// A store of so many bytes.
    fn store(&mut self, at: i32, size: u16, value: Value) {
        let end = at.saturating_add(i32::from(size));
        let word = i32::from(self.word);
        self.retain(|slot, _| slot >= end || slot.saturating_add(word) <= at);
        let worth = match value {
            Value::CallerFp | Value::ReturnAddress => true,
            Value::Stack(_) => usize::from(self.count) < SLOTS,
            Value::Unknown
            | Value::Const(_)
            | Value::G { .. }
            | Value::Locals
            | Value::OfG(_)
            | Value::Entry { .. } => false,
        };
        if !worth || size != self.word {
            return;
        }
        if usize::from(self.count) == SLOTS {
            // An address in the stack makes room for what the caller entrusted.
            let Some(i) = self.words.iter().position(|(_, v)| matches!(v, Value::Stack(_))) else { return };
            self.words[i] = (at, value);
            return;
        }
        self.words[usize::from(self.count)] = (at, value);
        self.count += 1;
    }

    fn load(&self, at: i32) -> Value {
        self.live().iter().find(|(slot, _)| *slot == at).map_or(Value::Unknown, |(_, v)| *v)
    }

    /// The highest word that holds it.
    fn holding(&self, value: Value) -> Option<i32> {
        self.live().iter().filter(|(_, v)| *v == value).map(|(at, _)| *at).max()
    }
}

/// A register that was compared with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub register: Register,
    pub number: u32,
    /// Whether the number stands on the left.
    pub turned: bool,
}

/// All that is known at one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    registers: [Value; REGISTERS],
    slots: Slots,
    /// What to say of SP while its register is not known.
    lost: Sp,
    /// A register and the highest number, unsigned, that it can hold.
    pub bound: Option<(Register, u32)>,
    /// What was last compared, while it is not written.
    pub compared: Option<Bound>,
}

impl State {
    /// At a function's entry.
    pub(super) fn entry(roles: Roles) -> State {
        let mut state = State {
            registers: [Value::Unknown; REGISTERS],
            slots: Slots { count: 0, word: roles.word, words: [(0, Value::Unknown); SLOTS] },
            lost: Sp::Unknown(Why::Unreached),
            bound: None,
            compared: None,
        };
        state.put(roles.sp, Value::Stack(0));
        state.put(roles.fp, Value::CallerFp);
        state.put(roles.g, Value::G { local: false });
        if roles.lr == NONE {
            state.slots.store(0, roles.word, Value::ReturnAddress);
        } else {
            state.put(roles.lr, Value::ReturnAddress);
        }
        state
    }

    #[inline]
    pub(super) fn get(&self, register: Register) -> Value {
        self.registers.get(usize::from(register)).copied().unwrap_or(Value::Unknown)
    }

    #[inline]
    pub(super) fn put(&mut self, register: Register, value: Value) {
        if let Some(r) = self.registers.get_mut(usize::from(register)) {
            *r = value;
        }
        if self.bound.is_some_and(|(r, _)| r == register) {
            self.bound = None;
        }
        if self.compared.is_some_and(|b| b.register == register) {
            self.compared = None;
        }
    }

    pub(super) fn lose_sp(&mut self, roles: Roles, why: Why) {
        self.put(roles.sp, Value::Unknown);
        self.lost = Sp::Unknown(why);
    }

    pub(super) fn store(&mut self, at: i32, size: u16, value: Value) {
        self.slots.store(at, size, value);
    }

    pub(super) fn load(&self, at: i32) -> Value {
        self.slots.load(at)
    }

    pub(super) fn sp(&self, roles: Roles) -> Sp {
        match self.get(roles.sp) {
            Value::Stack(at) => Sp::Known(at.wrapping_neg()),
            Value::Unknown
            | Value::Const(_)
            | Value::CallerFp
            | Value::ReturnAddress
            | Value::G { .. }
            | Value::Locals
            | Value::OfG(_)
            | Value::Entry { .. } => self.lost,
        }
    }

    pub(super) fn fp(&self, roles: Roles) -> Fp {
        let now = self.get(roles.fp);
        let register = if let Value::Stack(at) = now { Some(at) } else { None };
        let slot = self.slots.holding(Value::CallerFp);
        Fp { caller: Kept { register: now == Value::CallerFp, slot }, register }
    }

    pub(super) fn ret(&self, roles: Roles) -> Kept {
        let register = self.get(roles.lr) == Value::ReturnAddress;
        Kept { register, slot: self.slots.holding(Value::ReturnAddress) }
    }

    /// A conflict is told where the two ways meet; behind it SP is just not known.
    pub(super) fn behind_conflict(&mut self) {
        if let Sp::Conflict(..) = self.lost {
            self.lost = Sp::Unknown(Why::Conflict);
        }
    }

    /// A callee did what it likes, and kept SP and FP, and what it is known to keep.
    pub(super) fn call(&mut self, roles: Roles, keeps: Option<u64>) {
        let keeps = keeps.unwrap_or(roles.callee_saved);
        let handed = self.get(roles.handed) == Value::ReturnAddress;
        for (register, value) in self.registers.iter_mut().enumerate() {
            let bit = 1u64 << register;
            // Go's callees keep nothing else. Who reads an address in the stack
            // from such a register behind a call has called C.
            let kept = match value {
                Value::Unknown => continue,
                Value::Stack(_) | Value::CallerFp | Value::ReturnAddress => {
                    keeps & bit != 0 || register == usize::from(roles.sp) || register == usize::from(roles.fp)
                }
                Value::G { .. } => register == usize::from(roles.g),
                Value::Const(_) | Value::Locals | Value::OfG(_) | Value::Entry { .. } => false,
            };
            if !kept {
                *value = Value::Unknown;
            }
        }
        (self.bound, self.compared) = (None, None);
        if handed {
            self.put(roles.lr, Value::ReturnAddress);
        }
        if let Value::Stack(sp) = self.get(roles.sp) {
            let is_address = |value| matches!(value, Value::Stack(_));
            self.slots
                .retain(|at, value| at >= sp.saturating_sub(LEFT_ALONE) && !(roles.on_stack && is_address(value)));
        }
    }

    /// An instruction that is not known did what it likes.
    pub(super) fn lose_all(&mut self, roles: Roles) {
        self.registers = [Value::Unknown; REGISTERS];
        (self.bound, self.compared) = (None, None);
        self.lose_sp(roles, Why::Undecoded);
    }

    /// Takes in what holds on another way to the same place; whether that
    /// changed anything.
    pub(super) fn join(&mut self, other: &State, roles: Roles) -> bool {
        let mut changed = false;
        if let (here @ Sp::Known(a), there) = (self.sp(roles), other.sp(roles))
            && here != there
        {
            self.lost = match there {
                Sp::Known(b) => Sp::Conflict(a.min(b), a.max(b)),
                Sp::Conflict(..) => Sp::Unknown(Why::Conflict),
                Sp::Unknown(why) => Sp::Unknown(why),
            };
        }
        for (here, there) in self.registers.iter_mut().zip(&other.registers) {
            if *here != Value::Unknown && *here != *there {
                *here = Value::Unknown;
                changed = true;
            }
        }
        changed |= self.slots.retain(|at, value| other.slots.load(at) == value);
        if self.bound.is_some() && self.bound != other.bound {
            self.bound = None;
            changed = true;
        }
        if self.compared.is_some() && self.compared != other.compared {
            self.compared = None;
            changed = true;
        }
        changed
    }
}
