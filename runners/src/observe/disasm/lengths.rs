//! Counting instructions by how long they are, which needs no decoder on most
//! ports.

use super::x86;

/// How many machine instructions some code holds; `None` where the port is not
/// known. What is no instruction counts as if it were one: the literals that
/// 32-bit arm keeps behind its code, padding, what does not decode.
#[must_use]
pub fn count(goarch: &str, code: &[u8]) -> Option<u64> {
    let length: fn(&[u8]) -> usize = match goarch {
        "amd64" => return Some(x86::count(code, 64)),
        "386" => return Some(x86::count(code, 32)),
        "arm" | "arm64" | "loong64" | "mips" | "mips64" | "mips64le" | "mipsle" | "ppc64" | "ppc64le" => |_| 4,
        "riscv64" => riscv64,
        "s390x" => s390x,
        // GOARCHes are an open set.
        _ => return None,
    };
    let (mut n, mut rest) = (0, code);
    while !rest.is_empty() {
        rest = rest.get(length(rest)..).unwrap_or_default();
        n += 1;
    }
    Some(n)
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
