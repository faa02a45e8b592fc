//! What an instruction's effects make of what is known.

use super::effect::{Effect, NONE, Register, Roles};
use super::facts::{Move, Why, Writes};
use super::state::{Bound, State, Value};

/// A comparison of an address in the stack with a word of g.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compared {
    /// Bytes from SP at entry.
    pub lowered: i32,
    /// The word of g.
    pub at: i32,
    /// Whether g was read from thread-local storage.
    pub local: bool,
    /// Whether what was lowered is known to not have run below zero.
    pub above_zero: bool,
    /// Whether the word of g stands on the left of the comparison.
    pub turned: bool,
}

/// What one instruction did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    pub moves: Move,
    pub writes: Writes,
    /// Whether anything happened that matters to where the caller's frame pointer
    /// and the return address are.
    pub kept_changed: bool,
    pub guard: Option<Compared>,
}

/// Applies the effects of one instruction.
pub(super) fn step(state: &mut State, effects: &[Effect], roles: Roles) -> Done {
    let before = state.get(roles.sp);
    let mut done = Done { moves: Move::None, writes: Writes::default(), kept_changed: false, guard: None };
    // What was added to SP, while it is only added to.
    let mut added = Some(0i32);
    for effect in effects {
        done.one(state, *effect, roles, &mut added);
    }
    if done.writes.sp {
        done.moves = match (before, state.get(roles.sp), added) {
            (Value::Stack(a), Value::Stack(b), _) => Move::By(b.wrapping_sub(a)),
            (_, _, Some(by)) => Move::By(by),
            (_, _, None) => Move::Unknown,
        };
    }
    done
}

impl Done {
    fn one(&mut self, state: &mut State, effect: Effect, roles: Roles, added: &mut Option<i32>) {
        // Why SP is not known, if it is written and is not: `None` where it was not
        // known before.
        let (to, value, why) = match effect {
            Effect::Clobber(mask) => {
                let mut rest = mask;
                while rest != 0 {
                    let register = rest.trailing_zeros() as Register;
                    rest &= rest - 1;
                    if register == roles.sp {
                        *added = None;
                    }
                    self.write(state, register, Value::Unknown, Some(Why::Arithmetic), roles);
                }
                return;
            }
            Effect::Set { to, value } => (to, Value::Const(value), Why::Arithmetic),
            Effect::Insert { to, bits, shift } => (to, insert(state.get(to), bits, shift), Why::Arithmetic),
            Effect::Add { to, from, value } => {
                let sum = plus(state.get(from), value);
                if to == roles.sp {
                    let by = i32::try_from(value).ok().filter(|_| from == roles.sp);
                    *added = added.zip(by).map(|(a, b)| a.wrapping_add(b));
                    self.write(state, to, sum, (from != roles.sp).then_some(Why::Register), roles);
                    return;
                }
                (to, sum, Why::Register)
            }
            Effect::AddRegister { to, left, right, shift, minus } => {
                let number = number(state.get(right)).and_then(|n| scaled(n, shift, minus));
                let sum = sum(state.get(left), state.get(right), shift, minus);
                if to == roles.sp {
                    let by = number.filter(|_| left == roles.sp).and_then(|n| i32::try_from(n).ok());
                    *added = added.zip(by).map(|(a, b)| a.wrapping_add(b));
                    let known = left == roles.sp && number.is_some();
                    self.write(state, to, sum, (!known).then_some(Why::Register), roles);
                    return;
                }
                (to, sum, Why::Register)
            }
            Effect::AddWord { to, from, value } => {
                let sum = number(state.get(from)).map(|n| i64::from(n.wrapping_add(value) as i32));
                (to, sum.map_or(Value::Unknown, Value::Const), Why::Arithmetic)
            }
            Effect::Or { to, from, kept, value } => {
                let mask = 1u64.checked_shl(kept.into()).map_or(u64::MAX, |bit| bit - 1);
                let bits = number(state.get(from)).map(|n| n & mask.cast_signed() | value);
                (to, bits.map_or(Value::Unknown, Value::Const), Why::Arithmetic)
            }
            Effect::Align { to } => (to, Value::Unknown, Why::Aligned),
            Effect::Swap(a, b) => {
                let (of_a, of_b) = (state.get(a), state.get(b));
                self.write(state, a, of_b, Some(Why::Register), roles);
                (b, of_a, Why::Register)
            }
            Effect::Load { to, base, at } => {
                let value = match state.get(base) {
                    Value::Stack(place) => state.load(place.saturating_add(at)),
                    Value::G { .. } => Value::OfG(at),
                    // What C keeps there is above, on Linux: the guard of its own frames.
                    Value::Locals if at < 0 => Value::G { local: true },
                    Value::Unknown
                    | Value::Const(_)
                    | Value::Locals
                    | Value::CallerFp
                    | Value::ReturnAddress
                    | Value::OfG(_)
                    | Value::Entry { .. } => Value::Unknown,
                };
                (to, value, Why::Loaded)
            }
            Effect::LoadEntry { to, base, index } => {
                let bound = state.bound.filter(|(r, _)| *r == index).map(|(_, n)| n);
                let value = if let Value::Const(table) = state.get(base) {
                    Value::Entry { table, bound }
                } else {
                    Value::Unknown
                };
                (to, value, Why::Loaded)
            }
            Effect::LoadLocals { to } => (to, Value::Locals, Why::Loaded),
            Effect::LoadLocal { to } => (to, Value::G { local: true }, Why::Loaded),
            Effect::Store { base, at, size, from } => {
                if let Value::Stack(place) = state.get(base) {
                    let value = if from == NONE { Value::Unknown } else { state.get(from) };
                    state.store(place.saturating_add(at), size, value);
                    self.kept_changed = true;
                }
                return;
            }
            Effect::StoreSum { base, at, size, from } => {
                // Nothing is added where only the bus is to be locked.
                if let (Value::Stack(place), false) = (state.get(base), state.get(from) == Value::Const(0)) {
                    state.store(place.saturating_add(at), size, Value::Unknown);
                    self.kept_changed = true;
                }
                return;
            }
            Effect::Compare { left, right } => {
                let (of_left, of_right) = (state.get(left), state.get(right));
                self.guard = guard(of_left, of_right);
                state.compared = bound(left, of_right, false).or_else(|| bound(right, of_left, true));
                return;
            }
            Effect::CompareUnlessBelowZero { left, right } => {
                self.guard = guard(state.get(left), state.get(right));
                if let Some(guard) = &mut self.guard {
                    guard.above_zero = true;
                }
                return;
            }
            Effect::CompareMemory { left, base, at } => {
                if let (Value::Stack(lowered), Value::G { local }) = (state.get(left), state.get(base)) {
                    self.guard = Some(Compared { lowered, at, local, above_zero: false, turned: false });
                }
                return;
            }
            Effect::CompareValue { left, value } => {
                state.compared = bound(left, Value::Const(value), false);
                return;
            }
        };
        if to == roles.sp {
            *added = None;
        }
        self.write(state, to, value, Some(why), roles);
    }

    #[inline]
    fn write(&mut self, state: &mut State, to: Register, value: Value, why: Option<Why>, roles: Roles) {
        if to == roles.sp {
            self.writes.sp = true;
            if let Value::Stack(_) = value {
                state.put(to, value);
            } else if let Some(why) = why {
                state.lose_sp(roles, why);
            }
            return;
        }
        if to == roles.fp {
            (self.writes.fp, self.kept_changed) = (true, true);
        } else if to == roles.lr && roles.lr != NONE {
            (self.writes.lr, self.kept_changed) = (true, true);
        }
        state.put(to, value);
    }
}

/// It is seen where the machine compares two registers, of which one was loaded
/// from g before.
fn guard(left: Value, right: Value) -> Option<Compared> {
    match (left, right) {
        (Value::Stack(lowered), Value::OfG(at)) => {
            Some(Compared { lowered, at, local: false, above_zero: false, turned: false })
        }
        (Value::OfG(at), Value::Stack(lowered)) => {
            Some(Compared { lowered, at, local: false, above_zero: false, turned: true })
        }
        _ => None,
    }
}

/// A register that is compared with a number.
fn bound(register: Register, with: Value, turned: bool) -> Option<Bound> {
    let number = u32::try_from(number(with)?).ok()?;
    Some(Bound { register, number, turned })
}

fn number(value: Value) -> Option<i64> {
    if let Value::Const(n) = value { Some(n) } else { None }
}

fn plus(value: Value, n: i64) -> Value {
    match value {
        Value::Stack(at) => {
            let sum = i64::from(at).checked_add(n).and_then(|n| i32::try_from(n).ok());
            sum.map_or(Value::Unknown, Value::Stack)
        }
        Value::Const(c) => Value::Const(c.wrapping_add(n)),
        Value::Unknown
        | Value::Locals
        | Value::CallerFp
        | Value::ReturnAddress
        | Value::G { .. }
        | Value::OfG(_)
        | Value::Entry { .. } => {
            if n == 0 {
                value
            } else {
                Value::Unknown
            }
        }
    }
}

fn scaled(n: i64, shift: u8, minus: bool) -> Option<i64> {
    let n = n.checked_mul(1i64.checked_shl(u32::from(shift))?)?;
    if minus { n.checked_neg() } else { Some(n) }
}

fn sum(left: Value, right: Value, shift: u8, minus: bool) -> Value {
    if let Value::Const(n) = right {
        return scaled(n, shift, minus).map_or(Value::Unknown, |n| plus(left, n));
    }
    if let Value::Const(n) = left
        && shift == 0
        && !minus
    {
        return plus(right, n);
    }
    Value::Unknown
}

fn insert(value: Value, bits: u16, shift: u8) -> Value {
    let Value::Const(n) = value else { return Value::Unknown };
    Value::Const(n & !(0xffff << shift) | i64::from(bits) << shift)
}
