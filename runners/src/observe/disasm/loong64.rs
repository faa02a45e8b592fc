//! loong64, by the table of instructions.

use super::loong64_table::{Operand, Row, Sort, find};
use super::{Code, Instruction, Kind};

/// Bytes of each instruction.
const LEN: usize = 4;
/// `ANDI R0, R0, 0`.
const NOP: u32 = 0x0340_0000;
/// `JIRL R0, R1, 0`.
const RETURN: u32 = 0x4c00_0020;

pub(super) fn decode(code: &Code<'_>) -> Vec<Instruction> {
    let mut out = Vec::new();
    for (i, bytes) in code.bytes.chunks(LEN).enumerate() {
        let offset = i * LEN;
        let word = <[u8; LEN]>::try_from(bytes).ok().map(u32::from_le_bytes);
        out.push(match word.and_then(|word| Some((word, find(word)?))) {
            Some((word, row)) => {
                let kind = if word == RETURN { Kind::Return } else { Kind::Other };
                let text = text(code, code.at.wrapping_add(offset as u64), word, row);
                Instruction { offset: offset as u64, len: LEN as u64, text, kind }
            }
            None => code.undecoded(offset, bytes.len()),
        });
    }
    out
}

/// The instruction at `pc`, its target named.
fn text(code: &Code<'_>, pc: u64, word: u32, row: &Row) -> String {
    if word == NOP {
        return "NOP".into();
    }
    let mut text = row.name.to_uppercase();
    for (i, operand) in row.operands.iter().enumerate() {
        text += if i == 0 { " " } else { ", " };
        text += &match (operand, operand.of(word)) {
            (Operand::Register(sort, _), n) => format!("{}{n}", prefix(*sort)),
            (Operand::Distance(_), by) if row.name != "jirl" => code.place(pc.wrapping_add_signed(by)),
            // The address, as far as this instruction makes it: no symbol starts there.
            (Operand::Signed(..), n) if row.name.starts_with("pca") => format!("{:#x}", address(row.name, pc, n)),
            // By how many bits it is shifted is written, and that less one stored.
            (Operand::Unsigned(..), n) if row.name.starts_with("alsl") => (n + 1).to_string(),
            (_, n) => number(n),
        };
    }
    text
}

fn prefix(sort: Sort) -> &'static str {
    match sort {
        Sort::General => "R",
        Sort::Float => "F",
        Sort::FloatControl => "FCSR",
        Sort::Condition => "FCC",
        Sort::Vector => "V",
        Sort::Double => "X",
    }
}

/// What an instruction that adds to its own address makes of a number.
fn address(name: &str, pc: u64, n: i64) -> u64 {
    match name {
        "pcaddi" => pc.wrapping_add_signed(n << 2),
        "pcaddu12i" => pc.wrapping_add_signed(n << 12),
        "pcaddu18i" => pc.wrapping_add_signed(n << 18),
        _ => pc.wrapping_add_signed(n << 12) & !0xfff,
    }
}

/// Small numbers as they are, others in hexadecimal.
fn number(n: i64) -> String {
    let sign = if n < 0 { "-" } else { "" };
    match n.unsigned_abs() {
        small @ 0..=9 => format!("{sign}{small}"),
        large => format!("{sign}{large:#x}"),
    }
}
