//! riscv64, by capstone.

use super::capstone::Port;
use super::{Code, Instruction};
use capstone::arch::BuildsCapstone;
use capstone::arch::BuildsCapstoneExtraMode;
use capstone::arch::riscv::{ArchExtraMode, ArchMode};

const PORT: Port = Port {
    goarch: "riscv64",
    capstone: || {
        let modes = [ArchExtraMode::RiscVC];
        capstone::Capstone::new().riscv().mode(ArchMode::RiscV64).extra_mode(modes.into_iter()).build()
    },
    // JALR X0, 0(X1), and its compressed form.
    is_return: |b| b.starts_with(&[0x67, 0x80, 0, 0]) || b.starts_with(&[0x82, 0x80]),
    leads: |name| {
        let name = name.strip_prefix("c.").unwrap_or(name);
        matches!(name, "j" | "jal") || name.starts_with('b')
    },
    relative: true,
};

pub(super) fn decode(code: &Code<'_>) -> Vec<Instruction> {
    super::capstone::decode(code, &PORT)
}
