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
    leads: |name| LEAD.contains(&name.strip_prefix("c.").unwrap_or(name)),
    relative: true,
};

/// All that jump to a place: their last operand is how far that is.
const LEAD: [&str; 14] =
    ["j", "jal", "beq", "bne", "blt", "bge", "bltu", "bgeu", "beqz", "bnez", "blez", "bgez", "bltz", "bgtz"];

pub(super) fn decode(code: &Code<'_>) -> Vec<Instruction> {
    super::capstone::decode(code, &PORT)
}
