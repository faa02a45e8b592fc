//! Counting instructions by how long they are, which needs no decoder on most
//! ports.

use super::x86;

/// How many machine instructions some code holds; `None` where the port is not
/// known. What is no instruction counts as if it were one: the literals that
/// 32-bit arm keeps behind its code, padding, what does not decode.
#[must_use]
pub fn count(goarch: &str, code: &[u8]) -> Option<u64> {
    match goarch {
        "amd64" => return Some(x86::count(code, 64)),
        "386" => return Some(x86::count(code, 32)),
        _ => {}
    }
    let (mut n, mut rest) = (0, code);
    // A port that is not known is not known of empty code either.
    length(goarch, rest)?;
    while !rest.is_empty() {
        rest = rest.get(length(goarch, rest)?..).unwrap_or_default();
        n += 1;
    }
    Some(n)
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
