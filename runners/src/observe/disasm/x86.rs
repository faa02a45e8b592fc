//! amd64 and 386, by iced.

use super::{Code, Instruction, Kind};
use iced_x86::{
    Decoder, DecoderError, DecoderOptions, Formatter, FormatterOutput, FormatterTextKind, Instruction as Decoded,
    IntelFormatter, Mnemonic, NumberKind, OpKind, Register,
};

pub(super) fn decode_64(code: &Code<'_>) -> Vec<Instruction> {
    decode(code, 64)
}

pub(super) fn decode_32(code: &Code<'_>) -> Vec<Instruction> {
    decode(code, 32)
}

/// Where instructions begin.
pub(super) fn starts(code: &[u8], bits: u32) -> Vec<u64> {
    let mut decoder = Decoder::new(bits, code, DecoderOptions::NONE);
    let mut one = Decoded::default();
    let mut out = Vec::new();
    while decoder.can_decode() {
        out.push(decoder.position() as u64);
        step(&mut decoder, &mut one);
    }
    out
}

/// Decodes one, and gives its length in bytes. The decoder takes all bytes that
/// it looked at for an invalid one; we take the first alone, so that the others
/// are not lost, but all that is left where it is cut short.
fn step(decoder: &mut Decoder<'_>, one: &mut Decoded) -> usize {
    let (offset, ip) = (decoder.position(), decoder.ip());
    decoder.decode_out(one);
    let looked_at = decoder.position() - offset;
    if one.is_invalid() && decoder.last_error() != DecoderError::NoMoreBytes && looked_at > 1 {
        decoder.set_ip(ip.wrapping_add(1));
        // Behind one byte of those just looked at there is a position.
        let _ = decoder.set_position(offset + 1);
    }
    decoder.position() - offset
}

fn decode(code: &Code<'_>, bits: u32) -> Vec<Instruction> {
    let mut decoder = Decoder::with_ip(bits, code.bytes, code.at, DecoderOptions::NONE);
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_uppercase_all(true);
    options.set_uppercase_hex(false);
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_space_after_operand_separator(true);
    options.set_branch_leading_zeros(false);
    options.set_show_branch_size(false);
    options.set_rip_relative_addresses(false);
    let mut one = Decoded::default();
    let mut out = Vec::new();
    while decoder.can_decode() {
        let offset = decoder.position();
        let len = step(&mut decoder, &mut one);
        if one.is_invalid() {
            out.push(code.undecoded(offset, len));
            continue;
        }
        let mut line = Line { code, text: String::new() };
        formatter.format(&one, &mut line);
        let kind = match one.mnemonic() {
            Mnemonic::Ret | Mnemonic::Retf => Kind::Return,
            _ => Kind::Other,
        };
        out.push(Instruction { offset: offset as u64, len: len as u64, text: line.text, kind });
    }
    out
}

/// Takes an instruction's text in parts, and names addresses in it.
struct Line<'a, 'c> {
    code: &'a Code<'c>,
    text: String,
}

impl FormatterOutput for Line<'_, '_> {
    fn write(&mut self, text: &str, _: FormatterTextKind) {
        self.text.push_str(text);
    }

    fn write_number(
        &mut self,
        instruction: &Decoded,
        _: u32,
        operand: Option<u32>,
        text: &str,
        value: u64,
        _: NumberKind,
        _: FormatterTextKind,
    ) {
        let place = match operand.map(|o| instruction.op_kind(o)) {
            Some(OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64) => Some(self.code.place(value)),
            Some(OpKind::Memory) if absolute(instruction) => self.code.symbols.name(value),
            Some(_) | None => None,
        };
        self.text.push_str(place.as_deref().unwrap_or(text));
    }
}

/// Whether the memory operand is at one address, whatever registers hold.
fn absolute(i: &Decoded) -> bool {
    let base = matches!(i.memory_base(), Register::None | Register::RIP | Register::EIP);
    // Thread-local storage lies at small numbers behind a segment.
    base && i.memory_index() == Register::None && i.segment_prefix() == Register::None
}
