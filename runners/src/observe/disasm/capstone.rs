//! Ports whose instructions capstone turns into text.

use super::{Code, Instruction, Kind, length};
use capstone::Capstone;

/// What is particular to a port.
pub(super) struct Port {
    pub goarch: &'static str,
    pub capstone: fn() -> capstone::CsResult<Capstone>,
    pub is_return: fn(&[u8]) -> bool,
    /// Whether an instruction of that name leads to where its last operand says.
    pub leads: fn(&str) -> bool,
    /// Whether that operand is a distance from the instruction.
    pub relative: bool,
}

pub(super) fn decode(code: &Code<'_>, port: &Port) -> Vec<Instruction> {
    let Ok(capstone) = (port.capstone)() else { return vec![code.undecoded(0, code.bytes.len())] };
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(rest) = code.bytes.get(at..).filter(|rest| !rest.is_empty()) {
        // The ports that come here are those whose lengths are known.
        let len = length(port.goarch, rest).unwrap_or(1).min(rest.len());
        let pc = code.at.wrapping_add(at as u64);
        let decoded = rest.get(..len).and_then(|bytes| text(code, port, &capstone, bytes, pc));
        out.push(match decoded {
            Some(text) => {
                let kind = if (port.is_return)(rest) { Kind::Return } else { Kind::Other };
                Instruction { offset: at as u64, len: len as u64, text, kind }
            }
            None => code.undecoded(at, len),
        });
        at += len;
    }
    out
}

/// The instruction at `pc` in capitals, its target named.
fn text(code: &Code<'_>, port: &Port, capstone: &Capstone, bytes: &[u8], pc: u64) -> Option<String> {
    let all = capstone.disasm_count(bytes, pc, 1).ok()?;
    let one = all.iter().next().filter(|one| one.bytes().len() == bytes.len())?;
    let (name, operands) = (one.mnemonic()?, one.op_str().unwrap_or_default());
    let plain = if operands.is_empty() { name.to_string() } else { format!("{name} {operands}") };
    let target = plain.rsplit([' ', ',', '#']).next().filter(|_| (port.leads)(name)).and_then(number);
    let Some(target) = target else { return Some(super::capitals(&plain)) };
    let place = code.place(if port.relative { pc.wrapping_add_signed(target) } else { target.cast_unsigned() });
    let before = plain.rfind([' ', ',', '#']).map_or("", |end| plain[..=end].trim_end_matches('#'));
    Some(super::capitals(before) + &place)
}

/// A number as capstone writes it: small ones without `0x`.
fn number(text: &str) -> Option<i64> {
    let (minus, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let number = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok()?.cast_signed(),
        None => digits.parse().ok()?,
    };
    Some(if minus { number.wrapping_neg() } else { number })
}
