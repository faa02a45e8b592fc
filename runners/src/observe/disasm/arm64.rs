//! arm64, by yaxpeax-arm.

use super::{Code, Instruction, Kind, capitals};
use yaxpeax_arch::{Decoder, U8Reader};
use yaxpeax_arm::armv8::a64::{InstDecoder, Instruction as Decoded, Opcode, Operand};

/// Bytes of each instruction.
const LEN: usize = 4;

pub(super) fn decode(code: &Code<'_>) -> Vec<Instruction> {
    let decoder = InstDecoder::default();
    let mut out = Vec::new();
    for (i, word) in code.bytes.chunks(LEN).enumerate() {
        let offset = i * LEN;
        match decoder.decode(&mut U8Reader::new(word)) {
            Ok(one) if word.len() == LEN && one.opcode != Opcode::Invalid => {
                let kind = if one.opcode == Opcode::RET { Kind::Return } else { Kind::Other };
                let text = text(code, code.at.wrapping_add(offset as u64), &one);
                out.push(Instruction { offset: offset as u64, len: LEN as u64, text, kind });
            }
            Ok(_) | Err(_) => out.push(code.undecoded(offset, word.len())),
        }
    }
    out
}

/// The instruction at `pc` in capitals, its target named.
fn text(code: &Code<'_>, pc: u64, one: &Decoded) -> String {
    let plain = one.to_string();
    let target = one.operands.iter().find_map(|o| match o {
        Operand::PCOffset(distance) => Some(*distance),
        _ => None,
    });
    // The decoder writes `$+0x10` for it, always as the last operand.
    match (target, plain.split_once('$')) {
        (Some(distance), Some((before, _))) => {
            let place = match one.opcode {
                // The page of 4 KiB that an address is in: no symbol starts there.
                Opcode::ADRP => format!("{:#x}", (pc & !0xfff).wrapping_add_signed(distance)),
                _ => code.place(pc.wrapping_add_signed(distance)),
            };
            capitals(before) + &place
        }
        _ => capitals(&plain),
    }
}
