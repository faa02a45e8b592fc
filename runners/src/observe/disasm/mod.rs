//! Machine code to text, a decoder a file. Decoders never panic, always
//! advance, and account for each byte: what does not decode is shown as `?`
//! with its bytes.

mod arm;
mod arm64;
mod capstone;
mod lengths;
mod loong64;
pub(in crate::observe) mod loong64_table;
mod ppc64;
mod riscv64;
mod s390x;
mod symbols;
mod x86;

#[cfg(test)]
mod tests;

pub use lengths::{length, starts};
pub use symbols::Symbols;

/// One machine instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Bytes from the start of the code.
    pub offset: u64,
    /// Bytes that it takes.
    pub len: u64,
    /// In the notation of the processor's maker, mnemonics and registers in
    /// capitals as Go writes them. Targets of jumps within the code are
    /// offsets from its start, `+0x3c`; others are symbols.
    pub text: String,
    pub kind: Kind,
}

/// What matters of an instruction beyond its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It returns to the caller.
    Return,
    /// It is none that the decoder knows: data, or padding, or too new.
    Undecoded,
    /// Any other.
    Other,
}

/// Code to be decoded, and what names its addresses.
pub(super) struct Code<'a> {
    pub bytes: &'a [u8],
    /// The address of its first byte.
    pub at: u64,
    pub symbols: &'a Symbols,
}

impl Code<'_> {
    /// An address that the code refers to, in words: `+0x3c`, `runtime.f`,
    /// `runtime.x+0x8`; the number where no symbol covers it.
    fn place(&self, address: u64) -> String {
        match address.checked_sub(self.at) {
            Some(offset) if offset < self.bytes.len() as u64 => format!("+{offset:#x}"),
            Some(_) | None => self.symbols.name(address).unwrap_or_else(|| format!("{address:#x}")),
        }
    }

    /// What does not decode.
    fn undecoded(&self, offset: usize, len: usize) -> Instruction {
        let bytes = self.bytes.get(offset..offset + len).unwrap_or_default();
        let text = bytes.iter().fold("?".to_string(), |text, b| format!("{text} {b:02x}"));
        Instruction { offset: offset as u64, len: len as u64, text, kind: Kind::Undecoded }
    }
}

/// All but hexadecimal numbers in capitals.
fn capitals(text: &str) -> String {
    let mut parts = text.split("0x");
    let mut out = parts.next().unwrap_or_default().to_uppercase();
    for part in parts {
        let (digits, rest) = part.split_at(part.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(part.len()));
        out += "0x";
        out += digits;
        out += &rest.to_uppercase();
    }
    out
}

type Decode = fn(&Code<'_>) -> Vec<Instruction>;

fn decoder(goarch: &str) -> Option<Decode> {
    match goarch {
        "amd64" => Some(x86::decode_64),
        "386" => Some(x86::decode_32),
        "arm" => Some(arm::decode),
        "arm64" => Some(arm64::decode),
        "loong64" => Some(loong64::decode),
        "ppc64" => Some(ppc64::big),
        "ppc64le" => Some(ppc64::little),
        "riscv64" => Some(riscv64::decode),
        "s390x" => Some(s390x::decode),
        // GOARCHes are an open set; so far the others have none.
        _ => None,
    }
}

/// Whether there is a decoder for that port.
#[must_use]
pub fn has_decoder(goarch: &str) -> bool {
    decoder(goarch).is_some()
}

/// The instructions of some code that lies at the address given; `None` where
/// there is no decoder for the port.
#[must_use]
pub fn disassemble(goarch: &str, bytes: &[u8], at: u64, symbols: &Symbols) -> Option<Vec<Instruction>> {
    Some(decoder(goarch)?(&Code { bytes, at, symbols }))
}
