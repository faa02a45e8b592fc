//! Where a function returns: the addresses of its return instructions.

use crate::observe::disasm::{self, Kind, Symbols, length};

/// Offsets in bytes of the instructions of some code that return to its
/// caller, as Go's assembler writes `RET` on that port; `None` where the port
/// is not known.
#[must_use]
pub fn returns(goarch: &str, code: &[u8]) -> Option<Vec<u64>> {
    let is_return: fn(&[u8]) -> bool = match goarch {
        "amd64" | "386" | "arm64" => {
            let all = disasm::disassemble(goarch, code, 0, &Symbols::default())?;
            return Some(all.into_iter().filter(|i| i.kind == Kind::Return).map(|i| i.offset).collect());
        }
        // MOVW.P n(SP), PC, from a register on with a frame beyond 4 KiB; BX LR, MOVW LR, PC and ADD $0, LR, PC of leaf functions.
        "arm" => |b| {
            let plain = matches!(word(b, false), 0xe12f_ff1e | 0xe1a0_f00e | 0xe28e_f000);
            plain || word(b, false) & !0xfff == 0xe49d_f000 || word(b, false) & !0xf == 0xe69d_f000
        },
        // JIRL R0, R1, 0.
        "loong64" => |b| word(b, false) == 0x4c00_0020,
        // JR R31; what stands in its delay slot is still to come.
        "mips" | "mips64" => |b| word(b, true) == 0x03e0_0008,
        "mipsle" | "mips64le" => |b| word(b, false) == 0x03e0_0008,
        // BCLR 20, 0.
        "ppc64" => |b| word(b, true) == 0x4e80_0020,
        "ppc64le" => |b| word(b, false) == 0x4e80_0020,
        // JALR X0, 0(X1), and its compressed form.
        "riscv64" => |b| word(b, false) == 0x0000_8067 || b.get(..2) == Some(&[0x82, 0x80]),
        // BCR 15, R14.
        "s390x" => |b| b.get(..2) == Some(&[0x07, 0xfe]),
        // GOARCHes are an open set.
        _ => return None,
    };
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(rest) = code.get(at..).filter(|r| !r.is_empty()) {
        if is_return(rest) {
            out.push(at as u64);
        }
        at += length(goarch, rest)?;
    }
    Some(out)
}

/// The first four bytes as a number; 0, which is no instruction, where there are fewer.
fn word(bytes: &[u8], big: bool) -> u32 {
    let Some(Ok(four)) = bytes.get(..4).map(<[u8; 4]>::try_from) else { return 0 };
    if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ports_return_is_known() {
        for (goarch, code, want) in [
            ("amd64", &[0x90, 0xc3, 0xc3][..], &[1u64, 2][..]),
            ("arm64", &[0x1f, 0x20, 0x03, 0xd5, 0xc0, 0x03, 0x5f, 0xd6], &[4]),
            ("arm", &[0x08, 0xf0, 0x9d, 0xe4, 0x1e, 0xff, 0x2f, 0xe1], &[0, 4]),
            ("arm", &[0x6c, 0xb0, 0x9f, 0xe5, 0x0b, 0xf0, 0x9d, 0xe6], &[4]),
            ("loong64", &[0x20, 0x00, 0x00, 0x4c], &[0]),
            ("mips", &[0x03, 0xe0, 0x00, 0x08, 0, 0, 0, 0], &[0]),
            ("mips64le", &[0x08, 0x00, 0xe0, 0x03], &[0]),
            ("ppc64", &[0x4e, 0x80, 0x00, 0x20], &[0]),
            ("ppc64le", &[0x20, 0x00, 0x80, 0x4e], &[0]),
            // The same bytes within a longer instruction are none.
            ("riscv64", &[0x13, 0x01, 0x82, 0x80, 0x82, 0x80, 0x67, 0x80, 0x00, 0x00], &[4, 6]),
            ("s390x", &[0xe3, 0x00, 0x07, 0xfe, 0x00, 0x04, 0x07, 0xfe], &[6]),
        ] {
            assert_eq!(returns(goarch, code).as_deref(), Some(want), "{goarch}");
        }
        assert_eq!(returns("vax", &[]), None);
    }
}
