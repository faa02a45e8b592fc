//! Registers: what a stub calls them, where they stand in a `g` packet, and
//! what they held at one stop.

use super::error::{RemoteError, Result};
use super::packet::push_hex;
use goabi_cases::arch::ByteOrder;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// One register, as a target description has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// As the stub spells it: `x0`, `rax`.
    pub name: String,
    pub bits: u32,
    /// Its number in `p` packets; in `g` packets they stand in ascending order.
    pub number: u32,
}

/// All registers of a stub.
#[derive(Debug)]
pub(super) struct Description {
    /// By number.
    pub(super) all: Vec<Register>,
    /// Of each, where it stands in a `g` packet long enough for it.
    places: Vec<Range<usize>>,
    names: HashMap<String, usize>,
    pub(super) order: ByteOrder,
}

impl Description {
    pub(super) fn new(mut all: Vec<Register>, order: ByteOrder) -> Description {
        // Stable: of two with one number, the first is meant.
        all.sort_by_key(|r| r.number);
        all.dedup_by_key(|r| r.number);
        let mut end = 0;
        let mut place = |r: &Register| {
            let start = end;
            end += bytes_of(r);
            start..end
        };
        let places = all.iter().map(&mut place).collect();
        let mut names = HashMap::new();
        for (index, register) in all.iter().enumerate() {
            names.entry(register.name.clone()).or_insert(index);
        }
        Description { all, places, names, order }
    }

    pub(super) fn index(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    pub(super) fn place(&self, index: usize) -> Range<usize> {
        self.places.get(index).cloned().unwrap_or_default()
    }
}

/// Whole bytes that hold it.
pub(super) fn bytes_of(register: &Register) -> usize {
    usize::try_from(register.bits.div_ceil(8)).unwrap_or(usize::MAX)
}

/// What the registers of one thread held at one stop.
#[derive(Clone, Debug)]
pub struct Registers {
    pub(super) description: Arc<Description>,
    /// The `g` packet's bytes. It may be shorter than the description: stubs
    /// leave registers out of it that are asked for one by one.
    bytes: Vec<u8>,
    /// Which of the bytes are unavailable; empty if all are known.
    unknown: Vec<bool>,
    /// By index: what was asked for one by one.
    single: Vec<(usize, Vec<u8>)>,
}

impl Registers {
    /// Of none is anything known yet.
    pub(super) fn none(description: &Arc<Description>) -> Registers {
        Registers { description: description.clone(), bytes: Vec::new(), unknown: Vec::new(), single: Vec::new() }
    }

    /// Takes over the text of a `g` packet's answer.
    pub(super) fn parse(&mut self, text: &[u8]) -> Result<()> {
        (self.bytes, self.unknown) = parse(text).ok_or_else(|| RemoteError::garbage("no registers:", text))?;
        Ok(())
    }

    /// Adds a register from the text of a `p` packet's answer.
    pub(super) fn add(&mut self, index: usize, text: &[u8]) -> Result<()> {
        let (bytes, unknown) = parse(text).ok_or_else(|| RemoteError::garbage("no register:", text))?;
        // Some stubs answer with nothing for registers of a processor that this one isn't.
        if unknown.is_empty() && self.description.all.get(index).is_some_and(|r| bytes_of(r) == bytes.len()) {
            self.single.push((index, bytes));
        }
        Ok(())
    }

    /// All that the stub has, whether or not they are known here.
    #[must_use]
    pub fn described(&self) -> &[Register] {
        &self.description.all
    }

    /// The bytes of a register in the target's byte order. None if the stub has
    /// none of that name, if its value is unavailable, or if it is not part of
    /// `g` packets and was not asked for.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        let index = self.description.index(name)?;
        if let Some((_, bytes)) = self.single.iter().find(|(i, _)| *i == index) {
            return Some(bytes);
        }
        let place = self.description.place(index);
        let known = self.unknown.is_empty() || !self.unknown.get(place.clone())?.contains(&true);
        self.bytes.get(place).filter(|_| known)
    }

    /// A register as a number; of a wider one than 64 bits the low ones.
    #[must_use]
    pub fn unsigned(&self, name: &str) -> Option<u64> {
        let bytes = self.bytes(name)?;
        let add = |n: u64, byte: &u8| n << 8 | u64::from(*byte);
        Some(match self.description.order {
            ByteOrder::Little => bytes.iter().take(8).rev().fold(0, add),
            ByteOrder::Big => bytes.iter().skip(bytes.len().saturating_sub(8)).fold(0, add),
        })
    }

    /// The whole as the text of a `G` packet, with one register changed; None
    /// if it is not part of it.
    pub(super) fn with(&self, index: usize, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut all = self.bytes.clone();
        all.get_mut(self.description.place(index))?.copy_from_slice(bytes);
        let mut text = vec![b'G'];
        push_hex(&all, &mut text);
        Some(text)
    }
}

/// Bytes from hex digits, with `xx` for those that are unavailable.
fn parse(text: &[u8]) -> Option<(Vec<u8>, Vec<bool>)> {
    if let Some(bytes) = super::packet::unhex(text) {
        return Some((bytes, Vec::new()));
    }
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    let (mut bytes, mut unknown) = (Vec::new(), Vec::new());
    for pair in pairs {
        unknown.push(pair == b"xx");
        bytes.push(if pair == b"xx" { 0 } else { *super::packet::unhex(pair)?.first()? });
    }
    Some((bytes, unknown))
}

#[cfg(test)]
#[path = "registers_tests.rs"]
mod tests;
