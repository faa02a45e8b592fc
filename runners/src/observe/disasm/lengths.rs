//! Telling instructions apart by how long they are, which needs no decoder on
//! most ports.

use super::x86;

/// Where the machine instructions of some code begin, in bytes from its start;
/// `None` where the port is not known. What is no instruction counts as if it
/// were one: the literals that 32-bit arm keeps behind its code, padding, what
/// does not decode.
#[must_use]
pub fn starts(goarch: &str, code: &[u8]) -> Option<Vec<u64>> {
    match goarch {
        "amd64" => return Some(x86::starts(code, 64)),
        "386" => return Some(x86::starts(code, 32)),
        _ => {}
    }
    // A port that is not known is not known of empty code either.
    length(goarch, code)?;
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(rest) = code.get(at..).filter(|r| !r.is_empty()) {
        out.push(at as u64);
        at += length(goarch, rest)?;
    }
    Some(out)
}

/// How many bytes the first instruction of some code takes, on the ports where
/// that can be told without a decoder.
#[must_use]
pub fn length(goarch: &str, code: &[u8]) -> Option<usize> {
    Some(match goarch {
        "arm" | "arm64" | "loong64" | "mips" | "mips64" | "mips64le" | "mipsle" | "ppc64" | "ppc64le" => 4,
        "riscv64" => riscv64(code),
        "s390x" => s390x(code),
        // GOARCHes are an open set.
        _ => return None,
    })
}

/// The RISC-V manual, "Base Instruction-Length Encoding": 16 bits long are
/// those whose two lowest bits are not both set.
fn riscv64(code: &[u8]) -> usize {
    if code.first().is_some_and(|b| b & 0b11 != 0b11) { 2 } else { 4 }
}

/// z/Architecture Principles of Operation, "Instruction Formats": the two
/// highest bits tell the length.
fn s390x(code: &[u8]) -> usize {
    match code.first().map_or(0, |b| b >> 6) {
        0b00 => 2,
        0b01 | 0b10 => 4,
        _ => 6,
    }
}
