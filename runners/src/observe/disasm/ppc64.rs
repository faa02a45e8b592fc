//! ppc64 and ppc64le, by capstone.

use super::capstone::Port;
use super::{Code, Instruction, Kind};
use capstone::arch::ppc::ArchMode;
use capstone::arch::{BuildsCapstone, BuildsCapstoneEndian};
use capstone::{Capstone, Endian};

const BIG: Port = Port {
    goarch: "ppc64",
    capstone: || Capstone::new().ppc().mode(ArchMode::Mode64).endian(Endian::Big).build(),
    // BCLR 20, 0.
    is_return: |b| b.starts_with(&[0x4e, 0x80, 0, 0x20]),
    // Not those through the link and count registers.
    leads: |name| name.starts_with('b') && !name.contains("lr") && !name.contains("ctr"),
    relative: false,
};

const LITTLE: Port = Port {
    goarch: "ppc64le",
    capstone: || Capstone::new().ppc().mode(ArchMode::Mode64).endian(Endian::Little).build(),
    is_return: |b| b.starts_with(&[0x20, 0, 0x80, 0x4e]),
    ..BIG
};

pub(super) fn big(code: &Code<'_>) -> Vec<Instruction> {
    decode(code, &BIG, u32::from_be_bytes, u32::to_be_bytes)
}

pub(super) fn little(code: &Code<'_>) -> Vec<Instruction> {
    decode(code, &LITTLE, u32::from_le_bytes, u32::to_le_bytes)
}

/// Branches through a register have a hint of where they lead, as Go's calls of what
/// a register holds do. It is not for readers, and capstone takes such ones for others.
fn decode(code: &Code<'_>, port: &Port, read: fn([u8; 4]) -> u32, write: fn(u32) -> [u8; 4]) -> Vec<Instruction> {
    let mut bytes = code.bytes.to_vec();
    for chunk in bytes.chunks_exact_mut(4) {
        let Ok(word) = <[u8; 4]>::try_from(&*chunk).map(read) else { continue };
        // BCLR and BCCTR, and with LK.
        if word >> 26 == 19 && matches!(word >> 1 & 0x3ff, 16 | 528) {
            chunk.copy_from_slice(&write(word & !0x1800));
        }
    }
    let mut all = super::capstone::decode(&Code { bytes: &bytes, ..*code }, port);
    for one in all.iter_mut().filter(|one| one.kind == Kind::Undecoded) {
        *one = code.undecoded(one.offset as usize, one.len as usize);
    }
    all
}
