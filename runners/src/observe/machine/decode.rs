//! From bytes to values: the other half of `rt.go`'s walk, done from outside.

use super::limits::{MAX_ELEMENTS, MAX_NODES, Unread};
use super::memory::Reader;
use super::types::{Layer, Ty, Types, number};
use goabi_cases::value::{Chan, Dynamic, Func, Map, Place, Pointer, Slice, Value};

/// How deep values are followed, as in `rt.go`.
const MAX_DEPTH: usize = 100;

/// Reads values out of bytes and memory.
pub struct Decoder<'a, 'm, 'r, 'd> {
    pub types: &'a Types<'a>,
    pub memory: &'m mut Reader<'r, 'd>,
    visiting: Vec<u64>,
    nodes: usize,
}

impl<'a, 'm, 'r, 'd> Decoder<'a, 'm, 'r, 'd> {
    pub fn new(types: &'a Types<'a>, memory: &'m mut Reader<'r, 'd>) -> Self {
        Decoder { types, memory, visiting: vec![], nodes: 0 }
    }

    /// The value that some bytes of a type stand for. `bytes` may be longer.
    ///
    /// # Errors
    ///
    /// In words, where memory or a type cannot be read.
    pub fn value(&mut self, ty: &Ty, bytes: &[u8]) -> Result<Value, Unread> {
        self.nested(ty, bytes, 0)
    }

    fn word(&self) -> usize {
        usize::try_from(self.types.arch.word_size).unwrap_or(8)
    }

    fn number(&self, bytes: &[u8], at: usize, len: usize) -> Result<u64, Unread> {
        let part = bytes.get(at..at + len).ok_or("a value of fewer bytes than its type has")?;
        Ok(number(part, self.types.arch.byte_order))
    }

    fn nested(&mut self, ty: &Ty, bytes: &[u8], depth: usize) -> Result<Value, Unread> {
        self.nodes += 1;
        if depth > MAX_DEPTH {
            return Err("nested too deeply".into());
        }
        if self.nodes > MAX_NODES {
            return Err(Unread::TooMuch(format!("more than {MAX_NODES} parts")));
        }
        let (layer, size) = self.types.layer(ty, self.memory)?;
        if (bytes.len() as u64) < size {
            return Err(format!("{} bytes where the type has {size}", bytes.len()).into());
        }
        let w = self.word();
        let first = if size >= w as u64 { self.number(bytes, 0, w)? } else { 0 };
        Ok(match layer {
            // A bool of another byte is worth seeing.
            Layer::Bool => match self.number(bytes, 0, 1)? {
                0 => Value::Bool(false),
                1 => Value::Bool(true),
                n => Value::Int(n.into()),
            },
            Layer::Int(n, signed) => {
                let len = usize::try_from(n).unwrap_or(8);
                let v = self.number(bytes, 0, len)?;
                let shift = 64 - 8 * u32::try_from(n).unwrap_or(8);
                Value::Int(if signed { ((v << shift).cast_signed() >> shift).into() } else { v.into() })
            }
            Layer::Float32 => Value::Float32(self.half(bytes, 0)?),
            Layer::Float64 => Value::Float64(self.number(bytes, 0, 8)?),
            Layer::Complex64 => Value::Complex64(self.half(bytes, 0)?, self.half(bytes, 4)?),
            Layer::Complex128 => Value::Complex128(self.number(bytes, 0, 8)?, self.number(bytes, 8, 8)?),
            Layer::String => {
                let len = self.number(bytes, w, w)?;
                Value::String(if len == 0 { vec![] } else { self.bytes_at(first, len, 1, "string")? })
            }
            Layer::Slice(elem) => self.slice(&elem, bytes, first, depth)?,
            Layer::Array(n, elem) => Value::Array(self.elements(&elem, bytes, n, depth)?),
            Layer::Struct(fields) => {
                let mut out = Vec::with_capacity(fields.len());
                for (offset, ty) in fields {
                    let at = usize::try_from(offset).unwrap_or(usize::MAX);
                    let part = bytes.get(at..).ok_or("a field that lies outside its struct")?;
                    out.push(self.nested(&ty, part, depth + 1)?);
                }
                Value::Struct(out)
            }
            Layer::Pointer(to) => self.pointer(to.as_ref(), first, depth)?,
            Layer::Map if first == 0 => Value::Map(None),
            Layer::Map => Value::Map(Some(self.map(first)?)),
            Layer::Chan if first == 0 => Value::Chan(None),
            Layer::Chan => {
                // runtime.hchan: qcount, dataqsiz.
                let head = self.memory.read(first, 2 * w)?;
                let (len, cap) = (self.number(&head, 0, w)?, self.number(&head, w, w)?);
                Value::Chan(Some(Chan { place: Place::Address(first), len, cap }))
            }
            Layer::Func if first == 0 => Value::Func(None),
            Layer::Func => Value::Func(Some(Func { returns: vec![] })),
            Layer::Interface(_) if first == 0 => Value::Interface(None),
            Layer::Interface(empty) => self.interface(empty, bytes, first, depth)?,
            Layer::UnsafePointer => Value::UnsafePointer((first != 0).then_some(Place::Address(first))),
        })
    }

    fn half(&self, bytes: &[u8], at: usize) -> Result<u32, Unread> {
        Ok(u32::try_from(self.number(bytes, at, 4)?).unwrap_or(0))
    }

    fn bytes_at(&mut self, at: u64, count: u64, elem: u64, what: &str) -> Result<Vec<u8>, Unread> {
        let too_much = || Unread::TooMuch(format!("a {what} of length {count}"));
        let len = count.checked_mul(elem).and_then(|n| usize::try_from(n).ok()).ok_or_else(too_much)?;
        self.memory.read(at, len).map_err(|e| match e {
            Unread::TooMuch(_) => too_much(),
            broken @ Unread::Broken(_) => broken,
        })
    }

    /// `n` elements that lie one behind the other.
    fn elements(&mut self, elem: &Ty, bytes: &[u8], n: u64, depth: usize) -> Result<Vec<Value>, Unread> {
        let (_, size) = self.types.layer(elem, self.memory)?;
        let step = usize::try_from(size).unwrap_or(usize::MAX);
        if n > MAX_ELEMENTS {
            return Err(Unread::TooMuch(format!("{n} elements")));
        }
        let n = usize::try_from(n).unwrap_or(0);
        let mut out: Vec<Value> = Vec::new();
        for i in 0..n {
            let part = i.checked_mul(step).and_then(|at| bytes.get(at..)).ok_or("elements that lie outside")?;
            // Large arrays are mostly zeros: what has the same bytes has the same value.
            let before = i.checked_sub(1).and_then(|p| bytes.get(p * step..i * step));
            let same = before.is_some_and(|b| !b.is_empty() && part.get(..step) == Some(b));
            let value = match out.last().filter(|_| same) {
                Some(last) => last.clone(),
                None => self.nested(elem, part, depth + 1)?,
            };
            out.push(value);
        }
        Ok(out)
    }

    fn slice(&mut self, elem: &Ty, bytes: &[u8], array: u64, depth: usize) -> Result<Value, Unread> {
        let w = self.word();
        if array == 0 {
            return Ok(Value::Slice(None));
        }
        let (len, cap) = (self.number(bytes, w, w)?, self.number(bytes, 2 * w, w)?);
        let (_, size) = self.types.layer(elem, self.memory)?;
        let held = self.bytes_at(array, len, size, "slice")?;
        let elems = self.elements(elem, &held, len, depth)?;
        Ok(Value::Slice(Some(Slice { place: Place::Address(array), elem_size: size, cap: Some(cap), elems })))
    }

    fn pointer(&mut self, to: Option<&Ty>, at: u64, depth: usize) -> Result<Value, Unread> {
        if at == 0 {
            return Ok(Value::Pointer(None));
        }
        let Some(to) = to else {
            return Ok(Value::Pointer(Some(Pointer { place: Place::Address(at), target: None })));
        };
        let (_, size) = self.types.layer(to, self.memory)?;
        // All pointers to what has no size may be one address: it says nothing.
        let place = if size == 0 { Place::Nowhere } else { Place::Address(at) };
        if self.visiting.contains(&at) {
            return Ok(Value::Pointer(Some(Pointer { place, target: None })));
        }
        let held = self.bytes_at(at, size, 1, "target")?;
        self.visiting.push(at);
        let target = self.nested(to, &held, depth + 1);
        self.visiting.pop();
        Ok(Value::Pointer(Some(Pointer { place, target: Some(Box::new(target?)) })))
    }

    /// A map: its first word is the number of entries, in `runtime.hmap` (`count
    /// int`) as in `internal/runtime/maps.Map` (`used uint64`).
    fn map(&mut self, at: u64) -> Result<Map, Unread> {
        let head = self.memory.read(at, 8)?;
        let w = self.word();
        // Where a word is 4 bytes, flags and B of a hmap follow its count and make
        // the wider field large; no map of a case has so many entries.
        let (count, used) = (self.number(&head, 0, w)?, self.number(&head, 0, 8)?);
        let n = if w == 8 || used >= 1 << 16 { count } else { used };
        let few = usize::try_from(n).ok().filter(|_| n <= MAX_ELEMENTS);
        let n = few.ok_or_else(|| Unread::TooMuch(format!("{n} entries")))?;
        Ok(Map { place: Place::Address(at), entries: vec![(Value::Unstated, Value::Unstated); n] })
    }

    fn interface(&mut self, empty: bool, bytes: &[u8], first: u64, depth: usize) -> Result<Value, Unread> {
        let w = self.word();
        let ty = if empty {
            first
        } else {
            // abi.ITab: Inter, Type.
            let itab = self.memory.read(first, 2 * w).map_err(|e| e.of("the itab"))?;
            self.number(&itab, w, w)?
        };
        let name = self.types.name(ty, self.memory)?;
        let dynamic = Ty::Runtime(ty);
        let data = bytes.get(w..2 * w).unwrap_or_default().to_vec();
        let value = if self.types.direct(ty, self.memory)? {
            self.nested(&dynamic, &data, depth + 1)?
        } else {
            let (_, size) = self.types.layer(&dynamic, self.memory)?;
            let at = self.number(&data, 0, w)?;
            let held = self.bytes_at(at, size, 1, "dynamic value")?;
            self.nested(&dynamic, &held, depth + 1)?
        };
        Ok(Value::Interface(Some(Dynamic { ty: name, value: Box::new(value) })))
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
