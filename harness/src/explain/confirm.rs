//! What a machine showed of each word of a value: numbers by their bytes,
//! what points somewhere by what it leads to.

use goabi_cases::arch::{Arch, ByteOrder};
use goabi_cases::types::{Basic, GoType};
use goabi_cases::value::{Place, Value, at_rest, differences, show};
use goabi_reports::explain::model::{Answer, Confirmed};
use goabi_runners::observe::machine::{BytesSeen, SlotSeen};

/// A value that was wanted somewhere, and what was there.
pub struct Seen<'a> {
    pub ty: &'a GoType,
    pub want: &'a Value,
    pub value: &'a SlotSeen,
    pub bytes: &'a BytesSeen,
    /// Why the wanted value tells nothing, if so.
    pub untold: Option<&'a str>,
}

/// Addresses below are never mapped, on no port.
const FIRST_ADDRESS: u64 = 4096;

/// Characters of a value that are shown.
const SHOWN: usize = 60;

/// A word of the wanted value.
enum Leaf {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What it leads to, by the wanted value and by the machine's.
    Leads { want: Box<Value>, seen: Option<Box<Value>> },
    /// The dynamic type.
    Type { want: String, seen: Option<String> },
    /// Nothing can be told of it.
    Untold(&'static str),
}

/// What was seen of the word at `offset`, of `size` bytes.
#[must_use]
pub fn word(arch: &Arch, seen: &Seen<'_>, offset: u64, size: u64) -> Confirmed {
    let not = |why: &str| Confirmed { answer: Answer::NotObserved, seen: why.to_string() };
    if let Some(why) = seen.untold {
        return not(why);
    }
    let bytes = match seen.bytes {
        Ok(bytes) => bytes,
        Err(why) => return not(&why.to_string()),
    };
    let range = |of: &[u8], from: u64| {
        let from = usize::try_from(from).ok()?;
        of.get(from..from.checked_add(usize::try_from(size).ok()?)?).map(<[u8]>::to_vec)
    };
    let Some(held) = range(bytes, offset) else { return not("it was not read") };
    let mut want = seen.want.clone();
    at_rest(&mut want);
    let Some((leaf, at)) = leaf(arch, seen.ty, &want, seen.value.as_ref().ok(), offset, 0) else {
        return not("it was not looked at");
    };
    let number = hex(&held, arch.byte_order);
    let answer = |same: bool, seen: String| Confirmed {
        answer: if same { Answer::Held } else { Answer::HeldOther },
        seen: cut(&seen),
    };
    match leaf {
        Leaf::Bytes(want) => match range(&want, offset - at) {
            Some(want) => answer(want == held, number),
            None => not("it was not looked at"),
        },
        Leaf::Untold(why) => not(why),
        // No pointer, whatever lies behind the others.
        Leaf::Leads { .. } | Leaf::Type { .. } if value_of(&held, arch.byte_order) < FIRST_ADDRESS => {
            answer(false, number)
        }
        Leaf::Type { want, seen: Some(seen) } => answer(want == seen, seen),
        Leaf::Leads { mut want, seen: Some(mut seen) } => {
            nowhere(&mut want);
            nowhere(&mut seen);
            match differences(&want, &seen).first() {
                None => answer(true, show(&seen)),
                Some(_) => answer(false, show(&seen)),
            }
        }
        Leaf::Leads { seen: None, .. } | Leaf::Type { seen: None, .. } => {
            let why = seen.value.as_ref().err().map_or("what it leads to was not read".into(), ToString::to_string);
            not(&format!("{number} could not be followed: {why}"))
        }
    }
}

/// Forgets the addresses in a value: each word is compared by itself, and
/// what it leads to is at another place in every run.
fn nowhere(v: &mut Value) {
    if let Some(place) = v.place_mut() {
        *place = Place::Nowhere;
    }
    v.children_mut().into_iter().for_each(nowhere);
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_string(),
    }
}

fn value_of(bytes: &[u8], order: ByteOrder) -> u64 {
    let add = |n: u64, b: &u8| n << 8 | u64::from(*b);
    match order {
        ByteOrder::Big => bytes.iter().fold(0, add),
        ByteOrder::Little => bytes.iter().rev().fold(0, add),
    }
}

fn hex(bytes: &[u8], order: ByteOrder) -> String {
    format!("{:#0width$x}", value_of(bytes, order), width = 2 + 2 * bytes.len())
}

/// The bytes of a number of some size.
fn number(n: u128, size: u64, order: ByteOrder) -> Vec<u8> {
    let all = n.to_be_bytes();
    let size = usize::try_from(size).unwrap_or(8).min(all.len());
    let mut low = all[all.len() - size..].to_vec();
    if order == ByteOrder::Little {
        low.reverse();
    }
    low
}

/// The leaf of a value that covers an offset, and where it begins. Offsets
/// count from the outermost value's start; `base` is where this one begins.
fn leaf(arch: &Arch, ty: &GoType, want: &Value, seen: Option<&Value>, offset: u64, base: u64) -> Option<(Leaf, u64)> {
    let (order, w) = (arch.byte_order, arch.word_size);
    let layout = ty.layout(arch).ok()?;
    let size = layout.size;
    let nth = (offset - base).checked_div(w)?;
    let whole = |n: u128| Some((Leaf::Bytes(number(n, size, order)), base));
    let word = |n: u64| Some((Leaf::Bytes(number(n.into(), w, order)), base + nth * w));
    let leads = |seen: Option<&Value>| {
        let (want, seen) = (Box::new(want.clone()), seen.map(|s| Box::new(s.clone())));
        Some((Leaf::Leads { want, seen }, base + nth * w))
    };
    match (ty.underlying(), want) {
        (GoType::Struct(s), Value::Struct(items)) => {
            let mut fields = s.fields.iter().zip(&layout.offsets).enumerate();
            // What has no bytes covers none.
            let (i, (field, at)) = fields.find(|(_, (f, at))| {
                let end = f.ty.layout(arch).map_or(0, |l| l.size) + **at + base;
                (base + **at..end).contains(&offset)
            })?;
            if field.name == "_" {
                return Some((Leaf::Untold("a blank field, which an assignment need not copy"), base + at));
            }
            let seen = seen.and_then(|v| if let Value::Struct(s) = v { s.get(i) } else { None });
            leaf(arch, &field.ty, items.get(i)?, seen, offset, base + at)
        }
        (GoType::Array(_, e), Value::Array(items)) => {
            let step = e.layout(arch).ok()?.size;
            let i = (offset - base).checked_div(step)?;
            let n = usize::try_from(i).ok()?;
            let seen = seen.and_then(|v| if let Value::Array(s) = v { s.get(n) } else { None });
            leaf(arch, e, items.get(n)?, seen, offset, base + i * step)
        }
        (_, Value::Bool(b)) => whole(u128::from(*b)),
        (_, Value::Int(n)) => whole(n.cast_unsigned()),
        (_, Value::Float32(b)) => whole((*b).into()),
        (_, Value::Float64(b)) => whole((*b).into()),
        (_, Value::Complex64(re, im)) => halves((*re).into(), (*im).into(), 4, order, base),
        (_, Value::Complex128(re, im)) => halves(*re, *im, 8, order, base),
        (_, Value::String(text)) if nth == 1 => word(text.len() as u64),
        (_, Value::Slice(Some(s))) if nth == 1 => word(s.elems.len() as u64),
        (_, Value::Slice(Some(s))) if nth == 2 => match s.cap {
            Some(cap) => word(cap),
            None => Some((Leaf::Untold("a capacity that Go leaves open"), base + 2 * w)),
        },
        (_, Value::Slice(Some(s))) => {
            // Length and capacity are words of their own.
            let mut want = s.clone();
            want.cap = None;
            let seen = seen.cloned().map(|v| match v {
                Value::Slice(Some(mut s)) => {
                    s.cap = None;
                    Value::Slice(Some(s))
                }
                other => other,
            });
            let (want, seen) = (Box::new(Value::Slice(Some(want))), seen.map(Box::new));
            Some((Leaf::Leads { want, seen }, base))
        }
        (_, Value::Interface(Some(d))) => {
            let seen = seen.and_then(|v| if let Value::Interface(Some(d)) = v { Some(d) } else { None });
            if nth == 0 {
                return Some((Leaf::Type { want: d.ty.clone(), seen: seen.map(|s| s.ty.clone()) }, base));
            }
            let (want, seen) = (d.value.clone(), seen.map(|s| s.value.clone()));
            Some((Leaf::Leads { want, seen }, base + w))
        }
        (_, Value::String(_) | Value::Pointer(Some(_)) | Value::Chan(Some(_))) => leads(seen),
        (_, Value::Map(Some(_))) => Some((Leaf::Untold("of a map nothing but its size is read"), base)),
        (_, Value::Func(Some(_))) => Some((Leaf::Untold("of a func nothing is read but whether it is nil"), base)),
        (_, Value::UnsafePointer(Some(_))) => {
            Some((Leaf::Untold("what an unsafe.Pointer leads to is not known"), base))
        }
        (GoType::Basic(Basic::UnsafePointer), _)
        | (
            _,
            Value::Slice(None)
            | Value::Pointer(None)
            | Value::Map(None)
            | Value::Chan(None)
            | Value::Func(None)
            | Value::Interface(None)
            | Value::UnsafePointer(None),
        ) => Some((Leaf::Untold("nil tells nothing"), base)),
        (_, Value::Unstated | Value::Struct(_) | Value::Array(_)) => None,
    }
}

fn halves(re: u64, im: u64, half: u64, order: ByteOrder, base: u64) -> Option<(Leaf, u64)> {
    let mut bytes = number(re.into(), half, order);
    bytes.extend(number(im.into(), half, order));
    Some((Leaf::Bytes(bytes), base))
}

#[cfg(test)]
#[path = "confirm_tests.rs"]
mod tests;
