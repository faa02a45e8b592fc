//! Values of Go types, as a case states them and as a program reports them.
//!
//! Both carry addresses: the program's real ones, and virtual ones given out
//! by [`crate::eval`]. [`identify`] replaces them, on both sides by the same
//! rule, with numbers in the order of first sight, so that sharing (two slices
//! of one array, the same pointer twice) compares and addresses do not.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A Go value. Floats are held as bits, nil is apart from empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    Bool(bool),
    /// Any integer type.
    Int(i128),
    /// IEEE 754 bits.
    Float32(u32),
    Float64(u64),
    /// Bits of the real and of the imaginary part.
    Complex64(u32, u32),
    Complex128(u64, u64),
    String(Vec<u8>),
    Slice(Option<Slice>),
    Array(Vec<Value>),
    /// Field values in order, blank and embedded ones included.
    Struct(Vec<Value>),
    Pointer(Option<Pointer>),
    Map(Option<Map>),
    Chan(Option<Chan>),
    Func(Option<Func>),
    Interface(Option<Dynamic>),
    /// The address where it is not nil.
    UnsafePointer(Option<Place>),
    /// The case does not say: equal to everything.
    Unstated,
}

/// An address, or what [`identify`] made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    Address(u64),
    /// At which place of the traversal the memory was first seen, and the
    /// offset in bytes from there.
    Seen(u32, i64),
    /// Memory without an identity of its own (of zero size).
    Nowhere,
}

/// A slice that is not nil.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    pub place: Place,
    /// The size of an element in bytes.
    pub elem_size: u64,
    /// `None` where Go leaves the capacity open (`[]byte("x")`).
    pub cap: Option<u64>,
    pub elems: Vec<Value>,
}

/// A pointer that is not nil.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    pub place: Place,
    /// What it points to; `None` where it was shown before, or not looked at.
    pub target: Option<Box<Value>>,
}

/// A map that is not nil; entries in no order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Map {
    pub place: Place,
    pub entries: Vec<(Value, Value)>,
}

/// A channel that is not nil.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chan {
    pub place: Place,
    pub len: u64,
    pub cap: u64,
}

/// A func value that is not nil, by what it returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Func {
    pub returns: Vec<Value>,
}

/// The content of an interface that is not nil.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dynamic {
    /// The dynamic type as package reflect prints it.
    pub ty: String,
    pub value: Box<Value>,
}

/// One difference between a wanted and an observed value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where below the value: `.elems[2]`, `.dynamic`, `.cap`; empty at the top.
    pub path: String,
    pub want: String,
    pub got: String,
}

/// How many bits of an ordinal count the places within one value.
const PER_VALUE: u32 = 16;

impl Value {
    /// The values that it consists of and leads to, in the order in which
    /// [`identify`] meets them.
    pub fn children_mut(&mut self) -> Vec<&mut Value> {
        match self {
            Value::Slice(Some(s)) => s.elems.iter_mut().collect(),
            Value::Array(items) | Value::Struct(items) => items.iter_mut().collect(),
            Value::Pointer(Some(p)) => p.target.as_deref_mut().into_iter().collect(),
            Value::Map(Some(m)) => m.entries.iter_mut().flat_map(|(k, v)| [k, v]).collect(),
            Value::Func(Some(f)) => f.returns.iter_mut().collect(),
            Value::Interface(Some(d)) => vec![&mut d.value],
            Value::Bool(_)
            | Value::Int(_)
            | Value::Float32(_)
            | Value::Float64(_)
            | Value::Complex64(..)
            | Value::Complex128(..)
            | Value::String(_)
            | Value::Slice(None)
            | Value::Pointer(None)
            | Value::Map(None)
            | Value::Chan(_)
            | Value::UnsafePointer(_)
            | Value::Func(None)
            | Value::Interface(None)
            | Value::Unstated => vec![],
        }
    }

    /// The address that it holds.
    pub fn place_mut(&mut self) -> Option<&mut Place> {
        match self {
            Value::Slice(s) => s.as_mut().map(|s| &mut s.place),
            Value::Pointer(p) => p.as_mut().map(|p| &mut p.place),
            Value::Map(m) => m.as_mut().map(|m| &mut m.place),
            Value::Chan(c) => c.as_mut().map(|c| &mut c.place),
            Value::UnsafePointer(p) => p.as_mut(),
            Value::Bool(_)
            | Value::Int(_)
            | Value::Float32(_)
            | Value::Float64(_)
            | Value::Complex64(..)
            | Value::Complex128(..)
            | Value::String(_)
            | Value::Array(_)
            | Value::Struct(_)
            | Value::Func(_)
            | Value::Interface(_)
            | Value::Unstated => None,
        }
    }
}

/// What a machine that stands still can show of a value: of a map its number
/// of entries, of a func whether it is nil.
pub fn at_rest(v: &mut Value) {
    if let Value::Map(Some(m)) = v {
        m.entries.iter_mut().for_each(|e| *e = (Value::Unstated, Value::Unstated));
    }
    if let Value::Func(Some(f)) = v {
        f.returns.clear();
    }
    v.children_mut().into_iter().for_each(at_rest);
}

#[derive(Default)]
struct Regions {
    /// Start, end (exclusive) and ordinal of each region; the address that was seen first.
    seen: Vec<(u64, u64, u32, u64)>,
    /// Ordinal of the last place met. Places without an identity count too, so
    /// that both sides number alike whatever memory Go chose for them.
    ordinal: u32,
    objects: HashMap<u64, u32>,
}

impl Regions {
    fn object(&mut self, p: &mut Place) -> bool {
        self.ordinal += 1;
        let Place::Address(a) = *p else { return false };
        let known = self.objects.contains_key(&a);
        let n = *self.objects.entry(a).or_insert(self.ordinal);
        *p = Place::Seen(n, 0);
        known
    }

    fn range(&mut self, p: &mut Place, bytes: u64) {
        self.ordinal += 1;
        let Place::Address(a) = *p else { return };
        if bytes == 0 {
            *p = Place::Nowhere;
            return;
        }
        let end = a.saturating_add(bytes);
        for (start, stop, n, first) in &mut self.seen {
            if a < *stop && *start < end {
                *start = a.min(*start);
                *stop = end.max(*stop);
                *p = Place::Seen(*n, i64::try_from(i128::from(a) - i128::from(*first)).unwrap_or(i64::MAX));
                return;
            }
        }
        self.seen.push((a, end, self.ordinal, a));
        *p = Place::Seen(self.ordinal, 0);
    }
}

/// Replaces the addresses in the values of one call, in their order, by
/// numbers of first sight. A pointer's target is kept at its first sight only.
pub fn identify<'a>(values: impl IntoIterator<Item = &'a mut Value>) {
    let mut r = Regions::default();
    for (i, v) in (0u32..).zip(values) {
        // Each value numbers from a place of its own, so that one with more or
        // less memory than wanted is the only one that differs.
        r.ordinal = r.ordinal.max(i << PER_VALUE);
        walk(v, &mut r);
    }
}

fn walk(v: &mut Value, r: &mut Regions) {
    if let Value::Slice(Some(s)) = v {
        // Where the capacity is open, the elements alone are what two slices can share.
        let n = s.elems.len() as u64;
        r.range(&mut s.place, s.elem_size.saturating_mul(s.cap.unwrap_or(n)));
    } else if let Some(place) = v.place_mut() {
        let known = r.object(place);
        if let Value::Pointer(Some(p)) = v
            && known
        {
            p.target = None;
        }
    }
    if let Value::Map(Some(m)) = v {
        m.entries.sort_by_cached_key(|(k, _)| show(k));
    }
    v.children_mut().into_iter().for_each(|e| walk(e, r));
}

/// The differences of an observed value from a wanted one, both identified.
#[must_use]
pub fn differences(want: &Value, got: &Value) -> Vec<Difference> {
    let mut out = Vec::new();
    diff(want, got, "", &mut out);
    out
}

fn push(out: &mut Vec<Difference>, path: String, want: impl Into<String>, got: impl Into<String>) {
    out.push(Difference { path, want: want.into(), got: got.into() });
}

fn diff_list(want: &[Value], got: &[Value], path: &str, what: &str, out: &mut Vec<Difference>) {
    if want.len() != got.len() {
        push(out, format!("{path}.len"), want.len().to_string(), got.len().to_string());
        return;
    }
    // Nearly all are equal, and a path is made for the others only.
    for (i, (w, g)) in want.iter().zip(got).enumerate().filter(|(_, (w, g))| w != g) {
        diff(w, g, &format!("{path}.{what}[{i}]"), out);
    }
}

fn diff_place(want: Place, got: Place, path: &str, out: &mut Vec<Difference>) {
    if want != got {
        push(out, format!("{path}.identity"), show_place(want), show_place(got));
    }
}

fn diff(want: &Value, got: &Value, path: &str, out: &mut Vec<Difference>) {
    match (want, got) {
        (Value::Unstated, _) => {}
        (Value::Slice(Some(w)), Value::Slice(Some(g))) => {
            if let (Some(wc), Some(gc)) = (w.cap, g.cap)
                && wc != gc
            {
                push(out, format!("{path}.cap"), wc.to_string(), gc.to_string());
            }
            // With an open capacity nothing is known of an empty slice's memory.
            if w.cap.is_some() || (!w.elems.is_empty() && w.elem_size > 0) {
                diff_place(w.place, g.place, path, out);
            }
            diff_list(&w.elems, &g.elems, path, "elems", out);
        }
        (Value::Array(w), Value::Array(g)) => diff_list(w, g, path, "elems", out),
        (Value::Struct(w), Value::Struct(g)) => diff_list(w, g, path, "fields", out),
        (Value::Pointer(Some(w)), Value::Pointer(Some(g))) => {
            if w.place != Place::Nowhere {
                diff_place(w.place, g.place, path, out);
            }
            match (&w.target, &g.target) {
                (Some(wt), Some(gt)) => diff(wt, gt, &format!("{path}.target"), out),
                (None, _) => {}
                (Some(wt), None) => push(out, format!("{path}.target"), show(wt), "not seen"),
            }
        }
        (Value::Map(Some(w)), Value::Map(Some(g))) => {
            diff_place(w.place, g.place, path, out);
            if w.entries.len() != g.entries.len() {
                push(out, format!("{path}.len"), w.entries.len().to_string(), g.entries.len().to_string());
            }
            for (i, ((wk, wv), (gk, gv))) in w.entries.iter().zip(&g.entries).enumerate() {
                diff(wk, gk, &format!("{path}.keys[{i}]"), out);
                diff(wv, gv, &format!("{path}.elems[{i}]"), out);
            }
        }
        (Value::Chan(Some(w)), Value::Chan(Some(g))) => {
            diff_place(w.place, g.place, path, out);
            if (w.len, w.cap) != (g.len, g.cap) {
                push(out, path.to_string(), show(want), show(got));
            }
        }
        (Value::Func(Some(w)), Value::Func(Some(g))) => diff_list(&w.returns, &g.returns, path, "returns", out),
        (Value::Interface(Some(w)), Value::Interface(Some(g))) => {
            if w.ty == g.ty {
                diff(&w.value, &g.value, &format!("{path}.dynamic"), out);
            } else {
                push(out, format!("{path}.dynamic.type"), show(want), show(got));
            }
        }
        (Value::UnsafePointer(Some(w)), Value::UnsafePointer(Some(g))) => diff_place(*w, *g, path, out),
        _ if want == got => {}
        _ => push(out, path.to_string(), show(want), show(got)),
    }
}

fn show_place(p: Place) -> String {
    match p {
        Place::Address(_) => "somewhere".into(),
        Place::Seen(n, off) => {
            let (value, place) = ((n >> PER_VALUE) + 1, n & ((1 << PER_VALUE) - 1));
            let place = if place == 1 { String::new() } else { format!(".{place}") };
            let off = if off == 0 { String::new() } else { format!("{off:+}") };
            format!("memory #{value}{place}{off}")
        }
        Place::Nowhere => "no memory of its own".into(),
    }
}

fn list(items: &[Value]) -> String {
    items.iter().map(show).collect::<Vec<_>>().join(", ")
}

/// Bytes as a Go string literal.
#[must_use]
pub fn quote(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                c if c.is_control() => {
                    let _ = write!(out, "\\u{:04x}", u32::from(c));
                }
                c => out.push(c),
            }
        }
        for b in chunk.invalid() {
            let _ = write!(out, "\\x{b:02x}");
        }
    }
    out.push('"');
    out
}

fn float(bits: u64, value: f64, digits: usize) -> String {
    format!("{value:?} (bits {bits:#0w$x})", w = digits + 2)
}

/// A value's text for people: close to Go's, floats with their bits.
#[must_use]
pub fn show(v: &Value) -> String {
    match v {
        Value::Bool(b) => b.to_string(),
        // In hexadecimal bytes can be told apart; of a negative number those of its two's complement.
        Value::Int(n) if *n < -15 => {
            let bits = [8, 16, 32].into_iter().find(|b| *n >= -1 << (b - 1)).unwrap_or(64);
            format!("{n} (-{:#x}, bits {:#x})", n.unsigned_abs(), n & ((1 << bits) - 1))
        }
        Value::Int(n) if *n > 15 => format!("{n} ({n:#x})"),
        Value::Int(n) => n.to_string(),
        Value::Float32(b) => float(u64::from(*b), f64::from(f32::from_bits(*b)), 8),
        Value::Float64(b) => float(*b, f64::from_bits(*b), 16),
        Value::Complex64(r, i) => format!("complex({}, {})", show(&Value::Float32(*r)), show(&Value::Float32(*i))),
        Value::Complex128(r, i) => format!("complex({}, {})", show(&Value::Float64(*r)), show(&Value::Float64(*i))),
        Value::String(s) => quote(s),
        Value::Slice(Some(s)) => {
            let cap = s.cap.filter(|c| *c != s.elems.len() as u64).map(|c| format!(" cap {c}")).unwrap_or_default();
            format!("[{}]{cap}", list(&s.elems))
        }
        Value::Array(items) => format!("[{}]{{{}}}", items.len(), list(items)),
        Value::Struct(items) => format!("{{{}}}", list(items)),
        Value::Pointer(Some(p)) => match &p.target {
            Some(t) => format!("&{}", show(t)),
            None => format!("pointer to {}", show_place(p.place)),
        },
        Value::Map(Some(m)) => {
            let entries: Vec<_> = m.entries.iter().map(|(k, v)| format!("{}: {}", show(k), show(v))).collect();
            format!("map[{}]", entries.join(", "))
        }
        Value::Chan(Some(c)) => format!("chan with {} of {}", c.len, c.cap),
        Value::Func(Some(f)) => format!("func returning ({})", list(&f.returns)),
        Value::Interface(Some(d)) => format!("{}({})", d.ty, show(&d.value)),
        Value::UnsafePointer(Some(p)) => format!("unsafe.Pointer to {}", show_place(*p)),
        Value::Unstated => "_".into(),
        Value::Slice(None)
        | Value::Pointer(None)
        | Value::Map(None)
        | Value::Chan(None)
        | Value::UnsafePointer(None)
        | Value::Func(None)
        | Value::Interface(None) => "nil".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(addr: u64, s: &[u8], cap: Option<u64>) -> Value {
        let elems = s.iter().map(|b| Value::Int((*b).into())).collect();
        Value::Slice(Some(Slice { place: Place::Address(addr), elem_size: 1, cap, elems }))
    }

    fn compare(want: Vec<Value>, got: Vec<Value>) -> Vec<String> {
        let (mut want, mut got) = (want, got);
        identify(&mut want);
        identify(&mut got);
        want.iter().zip(&got).flat_map(|(w, g)| differences(w, g)).map(|d| d.path).collect()
    }

    #[test]
    fn sharing_compares_and_addresses_do_not() {
        let want = || vec![bytes(100, b"abc", Some(8)), bytes(101, b"b", Some(7))];
        assert_eq!(compare(want(), vec![bytes(9000, b"abc", Some(8)), bytes(9001, b"b", Some(7))]), [""; 0]);
        // A copy in place of the shared array.
        assert_eq!(compare(want(), vec![bytes(9000, b"abc", Some(8)), bytes(7001, b"b", Some(7))]), [".identity"]);
        // One byte off.
        assert_eq!(compare(want(), vec![bytes(9000, b"abc", Some(8)), bytes(9002, b"b", Some(7))]), [".identity"]);
    }

    #[test]
    fn one_values_memory_is_not_held_against_the_next() {
        let want = vec![bytes(5, b"", Some(0)), bytes(100, b"a", Some(1)), bytes(100, b"a", Some(1))];
        let got = vec![Value::Slice(None), bytes(700, b"a", Some(1)), bytes(700, b"a", Some(1))];
        assert_eq!(compare(want, got), [""]);
    }

    #[test]
    fn open_capacities_and_nil_and_empty() {
        assert_eq!(compare(vec![bytes(1, b"ab", None)], vec![bytes(5, b"ab", Some(8))]), [""; 0]);
        assert_eq!(compare(vec![bytes(1, b"ab", Some(2))], vec![bytes(5, b"ab", Some(8))]), [".cap"]);
        assert_eq!(compare(vec![Value::Slice(None)], vec![bytes(5, b"", Some(0))]), [""]);
        assert_eq!(compare(vec![bytes(5, b"", Some(0))], vec![bytes(77, b"", Some(0))]), [""; 0]);
    }

    #[test]
    fn floats_compare_by_bits() {
        let nan = |b| vec![Value::Float64(b)];
        assert_eq!(compare(nan(0x7ff8_0000_0000_0001), nan(0x7ff8_0000_0000_0002)), [""]);
        assert_eq!(compare(nan(0), nan(1 << 63)), [""]);
    }

    #[test]
    fn interfaces_tell_type_from_value() {
        let i = |ty: &str, n| vec![Value::Interface(Some(Dynamic { ty: ty.into(), value: Box::new(Value::Int(n)) }))];
        assert_eq!(compare(i("int", 1), i("int8", 1)), [".dynamic.type"]);
        assert_eq!(compare(i("int", 1), i("int", 2)), [".dynamic"]);
        assert_eq!(compare(i("int", 1), vec![Value::Interface(None)]), [""]);
    }

    #[test]
    fn text_shows_bits_and_bytes() {
        assert_eq!(show(&Value::Float32(0x7fc0_0001)), "NaN (bits 0x7fc00001)");
        assert_eq!(show(&Value::Int(0x1112_1314)), "286397204 (0x11121314)");
        assert_eq!(quote(b"a\"\xff\n"), r#""a\"\xff\n""#);
    }
}
