//! arm, by capstone.

use super::capstone::Port;
use super::{Code, Instruction};
use capstone::arch::BuildsCapstone;
use capstone::arch::arm::ArchMode;

const PORT: Port = Port {
    goarch: "arm",
    capstone: || capstone::Capstone::new().arm().mode(ArchMode::Arm).build(),
    is_return: |b| {
        let Some(Ok(word)) = b.get(..4).map(<[u8; 4]>::try_from) else { return false };
        let word = u32::from_le_bytes(word);
        // LDR PC, [SP], #n, or of a register; BX LR, MOV PC, LR, and ADD PC, LR, #0.
        matches!(word & 0xffff_f000, 0xe49d_f000 | 0xe69d_f000)
            || matches!(word, 0xe12f_ff1e | 0xe1a0_f00e | 0xe28e_f000)
    },
    // Not those through registers.
    leads: |name| name.starts_with('b') && !["bx", "bic", "bf", "bkpt"].iter().any(|other| name.starts_with(other)),
    relative: false,
};

pub(super) fn decode(code: &Code<'_>) -> Vec<Instruction> {
    super::capstone::decode(code, &PORT)
}
