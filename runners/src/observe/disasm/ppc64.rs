//! ppc64 and ppc64le, by capstone.

use super::capstone::Port;
use super::{Code, Instruction};
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
    super::capstone::decode(code, &BIG)
}

pub(super) fn little(code: &Code<'_>) -> Vec<Instruction> {
    super::capstone::decode(code, &LITTLE)
}
