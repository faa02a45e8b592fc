//! How much is read of a value, and why one was not read.

use goabi_cases::value::Value;
use serde::{Deserialize, Serialize};

/// Bytes of memory that are read for one value at one stop, at most.
pub(super) const MEMORY: usize = 8 << 20;

/// The longest value that is looked at, in bytes.
pub(super) const MAX_VALUE: u64 = 1 << 22;

/// More elements than are read of anything: a broken length must not fill memory.
pub(super) const MAX_ELEMENTS: u64 = 1 << 20;

/// More nodes than a value has, cycles through slices and interfaces included.
pub(super) const MAX_NODES: usize = 1 << 21;

/// Bytes that are asked for at once: small values lie close together, and a
/// chunk never reaches into a page that might not be there.
pub(super) const CHUNK: u64 = 512;

/// Why a value was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Unread {
    /// What is there cannot be such a value.
    #[error("{0}")]
    Broken(String),
    /// It would be larger than what is read of one value: a value that is, or a
    /// length that is broken. See [`may_be_too_large`].
    #[error("{0}")]
    TooMuch(String),
}

impl Unread {
    /// The same, of a part that is named.
    pub(super) fn of(self, part: &str) -> Unread {
        match self {
            Unread::Broken(why) => Unread::Broken(format!("{part}: {why}")),
            Unread::TooMuch(why) => Unread::TooMuch(format!("{part}: {why}")),
        }
    }
}

impl From<String> for Unread {
    fn from(why: String) -> Unread {
        Unread::Broken(why)
    }
}

impl From<&str> for Unread {
    fn from(why: &str) -> Unread {
        Unread::Broken(why.to_string())
    }
}

/// Whether a value may be larger than what is read of one: rather yes than no,
/// but a small one never is.
#[must_use]
pub fn may_be_too_large(value: &Value) -> bool {
    // A part that lies by itself costs the chunks that it touches, two at most.
    weight(value, 2 * CHUNK) >= MEMORY as u64
}

/// The most bytes that a value can cost, if each part costs that many.
fn weight(value: &Value, part: u64) -> u64 {
    let all =
        |values: &mut dyn Iterator<Item = &Value>| values.map(|v| weight(v, part)).fold(part, u64::saturating_add);
    match value {
        // Whatever the program made of it.
        Value::Unstated => u64::MAX,
        Value::String(text) => part.saturating_add(text.len() as u64),
        Value::Slice(Some(s)) => all(&mut s.elems.iter()),
        Value::Array(items) | Value::Struct(items) => all(&mut items.iter()),
        Value::Pointer(Some(p)) => all(&mut p.target.iter().map(Box::as_ref)),
        Value::Interface(Some(d)) => all(&mut [&*d.value].into_iter()),
        // Of a map no more is read than the number of its entries.
        Value::Map(Some(m)) => part.saturating_mul(1 + m.entries.len() as u64),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Float32(_)
        | Value::Float64(_)
        | Value::Complex64(..)
        | Value::Complex128(..)
        | Value::Slice(None)
        | Value::Pointer(None)
        | Value::Map(None)
        | Value::Chan(_)
        | Value::Func(_)
        | Value::Interface(None)
        | Value::UnsafePointer(_) => part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use goabi_cases::value::{Dynamic, Map, Place, Slice};

    fn slice(elems: Vec<Value>) -> Value {
        Value::Slice(Some(Slice { place: Place::Address(1), elem_size: 1, cap: None, elems }))
    }

    #[test]
    fn a_small_value_is_never_too_large_and_a_large_one_always() {
        let few = slice(vec![Value::Int(1); 1000]);
        assert!(!may_be_too_large(&few));
        assert!(!may_be_too_large(&Value::String(vec![0; 1 << 20])));
        let in_interface = |v: Value| Value::Interface(Some(Dynamic { ty: "T".into(), value: Box::new(v) }));
        assert!(!may_be_too_large(&in_interface(few)));
        for large in [
            Value::String(vec![0; MEMORY]),
            slice(vec![Value::Int(1); MAX_ELEMENTS as usize + 1]),
            Value::Array(vec![Value::Bool(false); MAX_VALUE as usize + 1]),
        ] {
            assert!(may_be_too_large(&large));
            assert!(may_be_too_large(&in_interface(large)));
        }
    }

    #[test]
    fn what_the_case_leaves_open_may_be_large_unless_it_is_not_read() {
        assert!(may_be_too_large(&Value::Struct(vec![Value::Int(1), Value::Unstated])));
        let entries = vec![(Value::Unstated, Value::Unstated); 3];
        assert!(!may_be_too_large(&Value::Map(Some(Map { place: Place::Address(1), entries }))));
    }
}
