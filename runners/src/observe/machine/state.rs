//! Bytes of values in registers and memory while the machine stands still.

use super::limits::{MAX_VALUE, Unread};
use super::memory::Reader;
use crate::observe::dwarf::{LocationFact, Piece, Place};
use gimli::{EndianSlice, Evaluation, EvaluationResult, Location, RunTimeEndian, Value};
use goabi_cases::arch::{Arch, ByteOrder, Float32Form, RegClass};
use goabi_cases::assignment::{Slot, SlotPlace};

/// The registers of the thread that stopped.
pub trait Registers {
    /// A register by its DWARF number, in the target's byte order.
    fn register(&self, dwarf: u16) -> Option<&[u8]>;
}

/// One place at which the machine stands still.
pub struct State<'a, 'm, 'r, 'd> {
    pub arch: &'a Arch,
    pub registers: &'a dyn Registers,
    pub memory: &'m mut Reader<'r, 'd>,
    /// The canonical frame address by `.debug_frame`; or why it is not known.
    pub cfa: Result<u64, String>,
}

/// A value's bytes, and which of them are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub bytes: Vec<u8>,
    pub known: Vec<bool>,
}

/// A value's bytes, or why they were not read.
pub type ImageSeen = Result<Image, Unread>;

impl Image {
    fn blank(len: usize) -> Image {
        Image { bytes: vec![0; len], known: vec![false; len] }
    }

    fn put(&mut self, at: usize, part: &[u8]) {
        let end = at.saturating_add(part.len());
        if let (Some(bytes), Some(known)) = (self.bytes.get_mut(at..end), self.known.get_mut(at..end)) {
            bytes.copy_from_slice(part);
            known.fill(true);
        }
    }
}

fn len(size: u64) -> Result<usize, Unread> {
    usize::try_from(size)
        .ok()
        .filter(|_| size <= MAX_VALUE)
        .ok_or_else(|| Unread::TooMuch(format!("a value of {size} bytes")))
}

impl State<'_, '_, '_, '_> {
    /// The bytes of a parameter or result where the model assigns it; `area` is
    /// the address of the argument area.
    ///
    /// # Errors
    ///
    /// In words, if a register or memory cannot be read.
    pub fn assigned(&mut self, slot: &Slot, area: u64) -> Result<Image, Unread> {
        let mut image = Image::blank(len(slot.size)?);
        match &slot.place {
            SlotPlace::Stack { offset } => {
                let bytes = self.memory.read(area.wrapping_add(*offset), len(slot.size)?)?;
                image.put(0, &bytes);
            }
            SlotPlace::Registers { pieces, .. } => {
                for p in pieces {
                    let reg = self.arch.registers(p.class).get(p.index).ok_or("the model has no such register")?;
                    let number = reg.dwarf.ok_or_else(|| format!("{} has no DWARF number", reg.name))?;
                    let part = self.part(number, p.class, p.size)?;
                    image.put(len(p.offset)?, &part);
                }
            }
        }
        Ok(image)
    }

    /// The bytes of a register that hold a value of `size` bytes.
    fn part(&self, number: u16, class: RegClass, size: u64) -> Result<Vec<u8>, Unread> {
        let name = || self.arch.register_name(number).map_or_else(|| format!("register {number}"), str::to_string);
        let whole = self.registers.register(number).ok_or_else(|| format!("{} cannot be read", name()))?;
        let size = len(size)?;
        let float32 = class == RegClass::Float && size == 4;
        let low = match (self.arch.byte_order, self.arch.float32_form) {
            // The register holds the number as a double.
            (order, Float32Form::Double) if float32 => {
                let bits = super::types::number(whole, order);
                let narrow = narrow(bits).to_be_bytes();
                return Ok(match order {
                    ByteOrder::Big => narrow.to_vec(),
                    ByteOrder::Little => narrow.into_iter().rev().collect(),
                });
            }
            (ByteOrder::Big, Float32Form::High) if float32 => whole.get(..size),
            (ByteOrder::Little, Float32Form::High) if float32 => {
                whole.len().checked_sub(size).and_then(|from| whole.get(from..))
            }
            (ByteOrder::Little, _) => whole.get(..size),
            (ByteOrder::Big, _) => whole.len().checked_sub(size).and_then(|from| whole.get(from..)),
        };
        low.map(<[u8]>::to_vec).ok_or_else(|| format!("{} has {} bytes, not {size}", name(), whole.len()).into())
    }

    /// The bytes of a value of `size` bytes where DWARF says that it is. Pieces
    /// that do not add up to the size give an image of their own size.
    ///
    /// # Errors
    ///
    /// In words, if the location cannot be evaluated.
    pub fn located(&mut self, pieces: &[Piece], size: u64, frame_base: &LocationFact) -> Result<Image, Unread> {
        let total = match pieces {
            [one] if one.size.is_none() => size,
            many => many.iter().map(|p| p.size.unwrap_or(size)).fold(0u64, u64::saturating_add),
        };
        let mut image = Image::blank(len(total)?);
        let mut at = 0;
        for p in pieces {
            let n = p.size.unwrap_or(size);
            // A register alone holds no more than itself.
            let held = match (p.size, &p.place) {
                (None, Place::Register(r)) => n.min(self.registers.register(*r).map_or(n, |b| b.len() as u64)),
                (Some(_) | None, _) => n,
            };
            if let Some(bytes) = self.piece(&p.place, held, frame_base)? {
                image.put(at, &bytes);
            }
            at += len(n)?;
        }
        Ok(image)
    }

    /// `None` for a piece that is not available.
    fn piece(&mut self, place: &Place, size: u64, frame_base: &LocationFact) -> Result<Option<Vec<u8>>, Unread> {
        let n = len(size)?;
        Ok(Some(match place {
            Place::EmptyPiece => return Ok(None),
            Place::Register(number) => self.dwarf_register(*number, size)?,
            Place::FrameBase(offset) => {
                let base = self.frame_base(frame_base)?;
                self.memory.read(base.wrapping_add_signed(*offset), n)?
            }
            Place::CallFrameCfa(offset) => {
                let cfa = self.cfa.clone()?;
                self.memory.read(cfa.wrapping_add_signed(*offset), n)?
            }
            Place::Address(at) => self.memory.read(*at, n)?,
            Place::Constant(c) => self.constant(*c, n),
            Place::Implicit(bytes) => bytes.get(..n).ok_or("fewer implicit bytes than the piece has")?.to_vec(),
            Place::Other { code, text } if code.is_empty() => return Err(format!("not evaluated: {text}").into()),
            Place::Other { code, .. } => return self.expression(code, size, frame_base),
        }))
    }

    fn dwarf_register(&self, number: u16, size: u64) -> Result<Vec<u8>, Unread> {
        self.part(number, self.arch.register_class(number), size)
    }

    fn constant(&self, c: u64, n: usize) -> Vec<u8> {
        let mut bytes = c.to_be_bytes().to_vec();
        while bytes.len() < n {
            bytes.insert(0, 0);
        }
        let mut low = bytes.split_off(bytes.len() - n);
        if self.arch.byte_order == ByteOrder::Little {
            low.reverse();
        }
        low
    }

    fn frame_base(&mut self, frame_base: &LocationFact) -> Result<u64, Unread> {
        match frame_base {
            LocationFact::Expr(pieces) => match pieces.as_slice() {
                [Piece { size: None, place: Place::CallFrameCfa(offset) }] => {
                    Ok(self.cfa.clone()?.wrapping_add_signed(*offset))
                }
                [Piece { size: None, place: Place::Register(number) }] => {
                    let bytes = self.dwarf_register(*number, self.arch.word_size)?;
                    Ok(super::types::number(&bytes, self.arch.byte_order))
                }
                other => Err(format!("a frame base of another form: {other:?}").into()),
            },
            LocationFact::Absent | LocationFact::Empty | LocationFact::Unreadable(_) | LocationFact::List(_) => {
                Err("the function has no frame base".into())
            }
        }
    }

    /// Evaluates what is more than a plain place.
    fn expression(&mut self, code: &[u8], size: u64, frame_base: &LocationFact) -> Result<Option<Vec<u8>>, Unread> {
        let endian = match self.arch.byte_order {
            ByteOrder::Little => RunTimeEndian::Little,
            ByteOrder::Big => RunTimeEndian::Big,
        };
        let word = u8::try_from(self.arch.word_size).unwrap_or(8);
        let encoding = gimli::Encoding { address_size: word, format: gimli::Format::Dwarf32, version: 5 };
        let mut evaluation = Evaluation::new(EndianSlice::new(code, endian), encoding);
        evaluation.set_max_iterations(10_000);
        let text = |e: gimli::Error| e.to_string();
        let mut result = evaluation.evaluate().map_err(text)?;
        loop {
            result = match result {
                EvaluationResult::Complete => break,
                EvaluationResult::RequiresMemory { address, size, space: None, .. } => {
                    let bytes = self.memory.read(address, size.into())?;
                    let n = super::types::number(&bytes, self.arch.byte_order);
                    evaluation.resume_with_memory(Value::Generic(n)).map_err(text)?
                }
                EvaluationResult::RequiresRegister { register, .. } => {
                    let bytes = self.dwarf_register(register.0, self.arch.word_size)?;
                    let n = super::types::number(&bytes, self.arch.byte_order);
                    evaluation.resume_with_register(Value::Generic(n)).map_err(text)?
                }
                EvaluationResult::RequiresFrameBase => {
                    let base = self.frame_base(frame_base)?;
                    evaluation.resume_with_frame_base(base).map_err(text)?
                }
                EvaluationResult::RequiresCallFrameCfa => {
                    let cfa = self.cfa.clone()?;
                    evaluation.resume_with_call_frame_cfa(cfa).map_err(text)?
                }
                EvaluationResult::RequiresRelocatedAddress(at) => {
                    evaluation.resume_with_relocated_address(at).map_err(text)?
                }
                // What the caller's frame held is not known at this stop: a
                // debugger says "optimized out" here, too.
                EvaluationResult::RequiresEntryValue(_) => return Ok(None),
                other => return Err(format!("not evaluated: {other:?}").into()),
            };
        }
        let n = len(size)?;
        let parts = evaluation.result();
        let [one] = parts.as_slice() else { return Err("pieces within a piece".into()) };
        Ok(match &one.location {
            Location::Empty => None,
            Location::Register { register } => Some(self.dwarf_register(register.0, size)?),
            Location::Address { address } => Some(self.memory.read(*address, n)?),
            Location::Value { value } => Some(self.constant(value.to_u64(u64::MAX).map_err(text)?, n)),
            Location::Bytes { value } => {
                Some(value.slice().get(..n).ok_or("fewer implicit bytes than the piece has")?.to_vec())
            }
            other => return Err(format!("not evaluated: {other:?}").into()),
        })
    }
}

/// The single-precision number that a register holds in double format, as a
/// store of single precision writes it (Power ISA, "Single-Precision Store"):
/// a mere rearrangement of bits, which keeps the payload of a NaN.
fn narrow(bits: u64) -> u32 {
    let exponent = (bits >> 52) & 0x7ff;
    let high = u32::try_from(bits >> 32).unwrap_or(0) & 0xc000_0000;
    if exponent > 896 || bits << 1 == 0 {
        return high | (u32::try_from((bits >> 29) & 0x3fff_ffff).unwrap_or(0));
    }
    if exponent < 874 {
        // Undefined there, and no single-precision number is held so.
        return high & 0x8000_0000;
    }
    // A denormal.
    let fraction = (bits & ((1 << 52) - 1)) | (1 << 52);
    let shift = 896 - exponent + 1 + 29;
    (high & 0x8000_0000) | u32::try_from(fraction >> shift).unwrap_or(0)
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
