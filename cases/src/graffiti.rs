//! Graffiti: values of which every byte tells to which word it belongs and
//! which byte of it it is, so that a shifted, swapped or truncated word reads
//! at a glance. A value is a function of its type and of its word's number
//! alone, and is written down as a plain Go expression: everything behind the
//! loading of a case knows nothing of graffiti.
//!
//! The words of all parameters and then of all results are numbered from 1 on,
//! as the ABI counts them: a string has two, a slice three, an interface two.
//! Word 1 is `0x1011121314151617`, word 2 `0x2021222324252627`, up to 15;
//! words 16 to 30 go on with `0x18191a1b1c1d1e1f`, and so on by [`ORDERS`].
//! A narrower value has the first bytes of its word: `0x2021` as a `uint16`.

use crate::types::{Basic, GoType};

/// The word in a case file that stands for such values.
pub const WORD: &str = "graffiti";

/// The lower halves of the bytes of a word, from the most significant byte on:
/// 15 words each, told apart by the upper halves. No order shares its first
/// byte, its first half or its last half with another, so that words differ
/// from each other however narrow they are or become.
const ORDERS: [[u8; 8]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7],
    [8, 9, 10, 11, 12, 13, 14, 15],
    [7, 6, 5, 4, 3, 2, 1, 0],
    [15, 14, 13, 12, 11, 10, 9, 8],
    [4, 5, 6, 7, 0, 1, 2, 3],
    [12, 13, 14, 15, 8, 9, 10, 11],
    [3, 2, 1, 0, 7, 6, 5, 4],
    [11, 10, 9, 8, 15, 14, 13, 12],
];

/// Words of one order.
const PER_ORDER: u32 = 15;

/// The last word that has a pattern of its own.
pub const LAST: u32 = 120;

/// Memory behind memory is followed so far.
const MAX_DEPTH: u32 = 2;

/// The bytes of a word as a number, most significant first. Words behind the
/// last begin again.
#[must_use]
pub fn pattern(word: u32) -> u64 {
    let n = word.saturating_sub(1) % LAST;
    let order = ORDERS.get((n / PER_ORDER) as usize).copied().unwrap_or_default();
    let upper = (n % PER_ORDER + 1) as u8;
    u64::from_be_bytes(order.map(|low| upper << 4 | low))
}

/// How many words the ABI counts for a value of the type, blank fields included.
#[must_use]
pub fn words(ty: &GoType) -> u32 {
    match ty.underlying() {
        GoType::Basic(Basic::Complex64 | Basic::Complex128 | Basic::String) | GoType::Interface(_) => 2,
        GoType::Slice(_) => 3,
        GoType::Array(n, e) => words(e).saturating_mul(u32::try_from(*n).unwrap_or(u32::MAX)),
        GoType::Struct(s) => s.fields.iter().fold(0, |sum: u32, f| sum.saturating_add(words(&f.ty))),
        _ => 1,
    }
}

/// Writes the values of a list of types, one after another.
pub struct Painter {
    /// The number of the next word.
    word: u32,
    /// Bools so far: they alternate, beginning with true.
    bools: u32,
    depth: u32,
    /// The first type that has no graffiti.
    refused: Option<String>,
}

impl Painter {
    /// A painter whose first word has this number.
    #[must_use]
    pub fn new(first: u32) -> Painter {
        Painter { word: first, bools: 0, depth: 0, refused: None }
    }

    /// The next value, as a Go expression that can be assigned to the type.
    ///
    /// # Errors
    /// Why the type, or so many words, have no graffiti. The words are counted all the same.
    pub fn value(&mut self, ty: &GoType) -> Result<String, String> {
        let end = self.word.saturating_add(words(ty));
        if end > LAST + 1 {
            // What follows says so too: patterns would be used twice.
            self.word = end;
            return Err(format!("graffiti tells {LAST} words apart, and this would be more"));
        }
        let text = self.paint(ty);
        match self.refused.take() {
            Some(why) => Err(why),
            None => Ok(text),
        }
    }

    /// What lies in memory behind the word `first`.
    fn memory(&mut self, first: u32, ty: &GoType) -> String {
        let mut p = Painter { word: first, bools: 0, depth: self.depth + 1, refused: None };
        let text = p.paint(ty);
        self.refused = self.refused.take().or(p.refused);
        text
    }

    fn next(&mut self) -> u32 {
        self.word += 1;
        self.word - 1
    }

    fn paint(&mut self, ty: &GoType) -> String {
        let first = self.word;
        match ty.underlying() {
            GoType::Basic(b) => self.basic(*b, ty),
            GoType::Struct(s) => {
                let mut fields = Vec::new();
                for f in &s.fields {
                    let text = self.paint(&f.ty);
                    if f.name != "_" {
                        fields.push(format!("{}: {text}", f.name));
                    }
                }
                format!("{ty}{{{}}}", fields.join(", "))
            }
            GoType::Array(n, e) => {
                // A list beyond all bounds is refused before it is written.
                let items: Vec<String> = (0..(*n).min(u64::from(LAST))).map(|_| self.paint(e)).collect();
                format!("{ty}{{{}}}", items.join(", "))
            }
            GoType::Interface(i) => {
                self.word += 2;
                match i.methods.as_slice() {
                    [] => dynamic(first + 1),
                    [one] if one.name == "Error" => error(first),
                    _ => {
                        let why = format!("goabi does not know what could be in a {ty}: write the value out");
                        self.refused.get_or_insert(why);
                        "nil".into()
                    }
                }
            }
            GoType::Slice(_) | GoType::Pointer(_) | GoType::Map(..) | GoType::Chan(..) | GoType::Func(_)
                if self.depth >= MAX_DEPTH =>
            {
                self.word += words(ty);
                "nil".into()
            }
            // Length and capacity are their words' numbers.
            GoType::Slice(e) => {
                self.word += 3;
                let (len, cap) = (first + 1, first + 2);
                let [a, b, c] = [0, 1, 2].map(|i| self.memory(first + i, e));
                let last = if len > 2 { format!("{}: {b}", len - 1) } else { b };
                format!("{ty}{{{a}, {last}, {}: {c}}}[:{len}]", cap - 1)
            }
            GoType::Pointer(e) => {
                let n = self.next();
                let target = self.memory(n, e);
                match e.underlying() {
                    GoType::Struct(_) | GoType::Array(..) => format!("&{target}"),
                    _ => format!("&[]{e}{{{target}}}[0]"),
                }
            }
            GoType::Map(k, v) => {
                let n = self.next();
                let (k, v) = (self.memory(n, k), self.memory(n + 1, v));
                format!("{ty}{{{k}: {v}}}")
            }
            GoType::Chan(..) => format!("make({ty}, {})", self.next()),
            GoType::Func(f) => {
                let mut n = self.next();
                let mut results = Vec::new();
                for r in &f.results {
                    results.push(self.memory(n, r));
                    n += words(r);
                }
                let body = if results.is_empty() { String::new() } else { format!(" return {} ", results.join(", ")) };
                format!("{} {{{body}}}", ty.underlying())
            }
            // Only a type that was never filled in.
            GoType::Named(_) => "nil".into(),
        }
    }

    fn basic(&mut self, b: Basic, ty: &GoType) -> String {
        // What a function of the standard library gives must be converted to a named type.
        let named = |text: String| if matches!(ty, GoType::Named(_)) { format!("{ty}({text})") } else { text };
        match b {
            Basic::Bool => {
                self.word += 1;
                self.bools += 1;
                (self.bools % 2 == 1).to_string()
            }
            Basic::Int8 => integer(self.next(), true, Some(8)),
            Basic::Int16 => integer(self.next(), true, Some(16)),
            Basic::Int32 => integer(self.next(), true, Some(32)),
            Basic::Int64 => integer(self.next(), true, Some(64)),
            Basic::Int => integer(self.next(), true, None),
            Basic::Uint8 => integer(self.next(), false, Some(8)),
            Basic::Uint16 => integer(self.next(), false, Some(16)),
            Basic::Uint32 => integer(self.next(), false, Some(32)),
            Basic::Uint64 => integer(self.next(), false, Some(64)),
            Basic::Uint | Basic::Uintptr => integer(self.next(), false, None),
            Basic::Float32 => named(float(self.next(), 32)),
            Basic::Float64 => named(float(self.next(), 64)),
            Basic::Complex64 => named(format!("complex({}, {})", float(self.next(), 32), float(self.next(), 32))),
            Basic::Complex128 => named(format!("complex({}, {})", float(self.next(), 64), float(self.next(), 64))),
            Basic::String => {
                self.word += 2;
                string(self.word - 2)
            }
            Basic::UnsafePointer => format!("unsafe.Pointer(&[]uint64{{{:#x}}}[0])", pattern(self.next())),
        }
    }
}

/// An integer constant; without a width that of an `int`, which has the upper
/// half of the word where it has 32 bits.
fn integer(word: u32, signed: bool, bits: Option<u32>) -> String {
    let p = pattern(word);
    let negative = signed && p >> 63 == 1;
    match bits {
        Some(bits) => {
            let shown = p >> (64 - bits);
            // The pattern stays readable: it is the number's two's complement.
            if negative { format!("{shown:#x} - 1<<{bits}") } else { format!("{shown:#x}") }
        }
        None => {
            let sign = if negative { " - 1<<bits.UintSize" } else { "" };
            format!("{p:#x}>>(64-bits.UintSize){sign}")
        }
    }
}

fn float(word: u32, bits: u32) -> String {
    format!("math.Float{bits}frombits({:#x})", pattern(word) >> (64 - bits))
}

/// A string that begins with its word's number and is as long as the number of
/// its length's word; each of the letters has its place.
fn string(word: u32) -> String {
    let letters = ('a'..='z').chain('A'..='Z').cycle();
    let text: String = format!("{word}:").chars().chain(letters).take(word as usize + 1).collect();
    format!("{text:?}")
}

/// A value for an empty interface whose data word has this number. Seven types
/// in turn: neighbours differ in their dynamic types too.
fn dynamic(data: u32) -> String {
    let n = |signed, bits| integer(data, signed, Some(bits));
    match data / 2 % 7 {
        0 => string(data),
        1 => format!("uint64({})", n(false, 64)),
        2 => float(data, 64),
        3 => format!("int32({})", n(true, 32)),
        4 => format!("uint16({})", n(false, 16)),
        5 => float(data, 32),
        _ => format!("int64({})", n(true, 64)),
    }
}

/// An error whose type word has this number: plain and wrapped ones in turn.
fn error(word: u32) -> String {
    let text = string(word);
    if (word / 2).is_multiple_of(2) {
        format!("errors.New({text})")
    } else {
        format!("fmt.Errorf(\"%s wraps: %w\", {text}, errors.New({}))", string(word + 1))
    }
}

#[cfg(test)]
#[path = "graffiti_tests.rs"]
mod tests;
