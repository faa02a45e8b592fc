//! The words of results, as the ABI counts them, and what can go wrong with
//! one value: a flipped bit, a lost length, another dynamic type, nil.

use goabi_cases::resolve::type_of_text;
use goabi_cases::scope::Scope;
use goabi_cases::types::{Basic, GoType};
use goabi_cases::value::{Dynamic, Func, Map, Place, Pointer, Slice, Value};
use std::collections::HashSet;

/// From the list of results to a value: indices of fields and elements.
pub type Path = Vec<usize>;

/// What a word is to the type that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of the value.
    Whole,
    Real,
    Imaginary,
    Length,
    Capacity,
    /// Pointers, and what is exchanged with its whole content: a string's
    /// data, an interface.
    Content,
}

/// One word of the results.
#[derive(Clone, Debug)]
pub struct Word {
    pub path: Path,
    pub part: Part,
    pub ty: GoType,
    /// The width of a number, a length or a capacity in bits.
    pub bits: u32,
}

/// The words of a value of the type. Blank fields have none: a case cannot set them.
pub fn words(ty: &GoType, int_bits: u32, path: Path, out: &mut Vec<Word>) {
    let mut word = |part, bits| out.push(Word { path: path.clone(), part, ty: ty.clone(), bits });
    match ty.underlying() {
        GoType::Basic(b) => match b {
            Basic::Bool | Basic::Int8 | Basic::Uint8 => word(Part::Whole, 8),
            Basic::Int16 | Basic::Uint16 => word(Part::Whole, 16),
            Basic::Int32 | Basic::Uint32 | Basic::Float32 => word(Part::Whole, 32),
            Basic::Int64 | Basic::Uint64 | Basic::Float64 => word(Part::Whole, 64),
            Basic::Int | Basic::Uint | Basic::Uintptr => word(Part::Whole, int_bits),
            Basic::Complex64 | Basic::Complex128 => {
                let bits = if *b == Basic::Complex64 { 32 } else { 64 };
                word(Part::Real, bits);
                word(Part::Imaginary, bits);
            }
            Basic::String => {
                word(Part::Content, int_bits);
                word(Part::Length, int_bits);
            }
            Basic::UnsafePointer => word(Part::Content, int_bits),
        },
        GoType::Slice(_) => {
            word(Part::Content, int_bits);
            word(Part::Length, int_bits);
            word(Part::Capacity, int_bits);
        }
        GoType::Pointer(_) | GoType::Map(..) | GoType::Chan(..) | GoType::Func(_) | GoType::Interface(_) => {
            word(Part::Content, int_bits);
        }
        GoType::Array(n, e) => {
            for i in 0..*n {
                words(e, int_bits, [path.as_slice(), &[i as usize]].concat(), out);
            }
        }
        GoType::Struct(s) => {
            for (i, f) in s.fields.iter().enumerate().filter(|(_, f)| f.name != "_") {
                words(&f.ty, int_bits, [path.as_slice(), &[i]].concat(), out);
            }
        }
        GoType::Named(_) => panic!("{ty} was never filled in"),
    }
}

impl Word {
    /// Whether the two can change places: numbers of one width, contents of one kind.
    pub fn exchanges_with(&self, other: &Word) -> bool {
        let kind = |w: &Word| std::mem::discriminant(w.ty.underlying());
        match (self.part == Part::Content, other.part == Part::Content) {
            (false, false) => self.bits == other.bits,
            (true, true) => kind(self) == kind(other),
            _ => false,
        }
    }

    pub fn is_bool(&self) -> bool {
        *self.ty.underlying() == GoType::Basic(Basic::Bool)
    }

    /// The word's bits in this value; `None` for contents, and for what the case leaves open.
    pub fn get(&self, v: &Value) -> Option<u64> {
        let mask = if self.bits == 64 { u64::MAX } else { (1 << self.bits) - 1 };
        Some(match (self.part, v) {
            (Part::Whole, Value::Bool(b)) => u64::from(*b),
            (Part::Whole, Value::Int(n)) => *n as u64 & mask,
            (Part::Whole, Value::Float32(b)) => u64::from(*b),
            (Part::Whole, Value::Float64(b)) => *b,
            (Part::Real, Value::Complex64(r, _)) => u64::from(*r),
            (Part::Imaginary, Value::Complex64(_, i)) => u64::from(*i),
            (Part::Real, Value::Complex128(r, _)) => *r,
            (Part::Imaginary, Value::Complex128(_, i)) => *i,
            (Part::Length, Value::String(s)) => s.len() as u64,
            (Part::Length | Part::Capacity, Value::Slice(None)) => 0,
            (Part::Length, Value::Slice(Some(s))) => s.elems.len() as u64,
            (Part::Capacity, Value::Slice(Some(s))) => s.cap?,
            _ => return None,
        })
    }

    /// The value with other bits in this word.
    pub fn set(&self, v: &mut Value, raw: u64) {
        let signed = matches!(
            self.ty.underlying(),
            GoType::Basic(Basic::Int | Basic::Int8 | Basic::Int16 | Basic::Int32 | Basic::Int64)
        );
        if let Value::Bool(_) = v {
            // A bool of another byte is decoded as a number.
            *v = if raw < 2 { Value::Bool(raw == 1) } else { Value::Int(raw.into()) };
            return;
        }
        match (self.part, v) {
            (Part::Whole, Value::Int(n)) => {
                *n = i128::from(raw);
                if signed && raw >> (self.bits - 1) == 1 {
                    *n -= 1 << self.bits;
                }
            }
            (Part::Whole, Value::Float32(b)) => *b = raw as u32,
            (Part::Whole, Value::Float64(b)) => *b = raw,
            (Part::Real, Value::Complex64(r, _)) => *r = raw as u32,
            (Part::Imaginary, Value::Complex64(_, i)) => *i = raw as u32,
            (Part::Real, Value::Complex128(r, _)) => *r = raw,
            (Part::Imaginary, Value::Complex128(_, i)) => *i = raw,
            // What lies behind the end is anybody's; a wild length ends the program, or shows as no bytes.
            (Part::Length, Value::String(s)) => s.resize(raw.min(4096) as usize, 0),
            (Part::Length, Value::Slice(Some(s))) => s.elems.resize(raw.min(4096) as usize, Value::Int(0)),
            (Part::Capacity, Value::Slice(Some(s))) => s.cap = Some(raw),
            (Part::Length | Part::Capacity, Value::Slice(s @ None)) => {
                let (len, cap) = if self.part == Part::Length { (raw.min(4096), 0) } else { (0, raw) };
                let elems = vec![Value::Int(0); len as usize];
                *s = Some(Slice { place: Place::Nowhere, elem_size: 1, cap: Some(cap), elems });
            }
            _ => panic!("the value has no {:?}", self.part),
        }
    }
}

/// The value at the end of a path.
pub fn at<'v>(values: &'v mut [Value], path: &[usize]) -> &'v mut Value {
    let (first, rest) = path.split_first().expect("a path begins with the result");
    let mut v = &mut values[*first];
    for i in rest {
        v = match v {
            Value::Array(items) | Value::Struct(items) => &mut items[*i],
            Value::Slice(Some(s)) => &mut s.elems[*i],
            Value::Pointer(Some(p)) => p.target.as_mut().expect("followed where there is a target"),
            Value::Interface(Some(d)) => &mut d.value,
            Value::Map(Some(m)) => {
                let (k, x) = &mut m.entries[i / 2];
                if i % 2 == 0 { k } else { x }
            }
            Value::Func(Some(f)) => &mut f.returns[*i],
            _ => panic!("the value has no parts"),
        };
    }
    v
}

/// Walks what values consist of.
pub struct Walk<'a> {
    pub scope: &'a Scope,
    /// Targets that were met: memory is compared at its first sight, it cannot be another at the second.
    pub met: HashSet<u64>,
    /// Each value's path, and its type where it is known.
    pub found: Vec<(Path, Option<GoType>)>,
}

impl Walk<'_> {
    /// Every value inside `v`, itself first.
    pub fn inside(&mut self, ty: Option<&GoType>, v: &Value, path: Path) {
        self.found.push((path.clone(), ty.cloned()));
        let deeper = |i: usize| [path.as_slice(), &[i]].concat();
        let part = |pick: fn(&GoType) -> Option<&GoType>| ty.and_then(|t| pick(t.underlying())).cloned();
        match v {
            Value::Array(items) | Value::Slice(Some(Slice { elems: items, .. })) => {
                let elem = part(|t| match t {
                    GoType::Array(_, e) | GoType::Slice(e) => Some(e),
                    _ => None,
                });
                // Long ones are alike from here on.
                for (i, x) in items.iter().enumerate().take(40) {
                    self.inside(elem.as_ref(), x, deeper(i));
                }
            }
            Value::Struct(items) => {
                for (i, x) in items.iter().enumerate() {
                    let field = match ty.map(GoType::underlying) {
                        Some(GoType::Struct(s)) => s.fields.get(i).map(|f| f.ty.clone()),
                        _ => None,
                    };
                    self.inside(field.as_ref(), x, deeper(i));
                }
            }
            Value::Pointer(Some(Pointer { target: Some(t), place })) => {
                if let Place::Address(a) = place
                    && !self.met.insert(*a)
                {
                    return;
                }
                let elem = part(|t| if let GoType::Pointer(e) = t { Some(e) } else { None });
                self.inside(elem.as_ref(), t, deeper(0));
            }
            Value::Interface(Some(d)) => {
                let ty = type_of_text(self.scope, &d.ty.replace("p.", "")).ok();
                self.inside(ty.as_ref(), &d.value, deeper(0));
            }
            Value::Map(Some(m)) => {
                let key = part(|t| if let GoType::Map(k, _) = t { Some(k) } else { None });
                let elem = part(|t| if let GoType::Map(_, e) = t { Some(e) } else { None });
                for (i, (k, x)) in m.entries.iter().enumerate() {
                    self.inside(key.as_ref(), k, deeper(2 * i));
                    self.inside(elem.as_ref(), x, deeper(2 * i + 1));
                }
            }
            Value::Func(Some(f)) => {
                for (i, x) in f.returns.iter().enumerate() {
                    self.inside(None, x, deeper(i));
                }
            }
            _ => {}
        }
    }
}

/// The values that come of flipping one bit, or of losing what a value is.
pub fn faults(v: &Value, ty: Option<&GoType>, int_bits: u32) -> Vec<Value> {
    let mut out = Vec::new();
    let mut all = Vec::new();
    match v {
        Value::Bool(_)
        | Value::Int(_)
        | Value::Float32(_)
        | Value::Float64(_)
        | Value::Complex64(..)
        | Value::Complex128(..) => {
            // Of unknown width one byte is flipped.
            let fallback = GoType::Basic(Basic::Uint8);
            words(ty.filter(|_| !matches!(v, Value::Unstated)).unwrap_or(&fallback), int_bits, vec![], &mut all);
            for w in &all {
                let Some(raw) = w.get(v) else { continue };
                for bit in 0..w.bits {
                    let mut x = v.clone();
                    w.set(&mut x, raw ^ 1 << bit);
                    out.push(x);
                }
            }
        }
        Value::String(s) => {
            // Of a long string the ends, and places in between.
            let far = |i: &usize| s.len() > 64 && *i >= 128 && *i + 128 < s.len() * 8 && !i.is_multiple_of(331);
            for i in (0..s.len() * 8).filter(|i| !far(i)) {
                let mut x = s.clone();
                x[i / 8] ^= 1 << (i % 8);
                out.push(Value::String(x));
            }
            for bit in 0..4 {
                let mut x = s.clone();
                x.resize(s.len() ^ 1 << bit, 0);
                out.push(Value::String(x));
            }
        }
        Value::Slice(Some(s)) => {
            out.push(Value::Slice(None));
            for bit in 0..4 {
                let mut x = s.clone();
                x.elems.resize(s.elems.len() ^ 1 << bit, Value::Int(0));
                out.push(Value::Slice(Some(x)));
                // A capacity that Go leaves open is nobody's business.
                if let Some(cap) = s.cap {
                    out.push(Value::Slice(Some(Slice { cap: Some(cap ^ 1 << bit), ..s.clone() })));
                }
            }
        }
        Value::Slice(None) => {
            out.push(Value::Slice(Some(Slice { place: Place::Nowhere, elem_size: 1, cap: Some(0), elems: vec![] })));
        }
        Value::Pointer(Some(_)) => out.push(Value::Pointer(None)),
        Value::Pointer(None) => out.push(Value::Pointer(Some(Pointer { place: Place::Nowhere, target: None }))),
        Value::Map(Some(m)) => {
            out.push(Value::Map(None));
            let mut more = m.clone();
            more.entries.push((Value::Int(0), Value::Int(0)));
            out.push(Value::Map(Some(more)));
        }
        Value::Map(None) => out.push(Value::Map(Some(Map { place: Place::Address(16), entries: vec![] }))),
        Value::Chan(Some(c)) => {
            let mut other = c.clone();
            other.cap ^= 1;
            out.extend([Value::Chan(None), Value::Chan(Some(other))]);
        }
        Value::Func(Some(_)) => out.push(Value::Func(None)),
        Value::Func(None) => out.push(Value::Func(Some(Func { returns: vec![] }))),
        Value::Interface(Some(d)) => {
            let other = Dynamic { ty: format!("{}2", d.ty), ..d.clone() };
            out.extend([Value::Interface(None), Value::Interface(Some(other))]);
        }
        Value::Interface(None) => {
            out.push(Value::Interface(Some(Dynamic { ty: "int".into(), value: Box::new(Value::Int(0)) })));
        }
        Value::UnsafePointer(Some(_)) => out.push(Value::UnsafePointer(None)),
        Value::UnsafePointer(None) => out.push(Value::UnsafePointer(Some(Place::Address(16)))),
        Value::Array(_) | Value::Struct(_) | Value::Chan(None) | Value::Unstated => {}
    }
    out
}
