//! s390x, by capstone.

use super::capstone::Port;
use super::{Code, Instruction};
use capstone::arch::BuildsCapstone;
use capstone::arch::sysz::ArchMode;

const PORT: Port = Port {
    goarch: "s390x",
    capstone: || capstone::Capstone::new().sysz().mode(ArchMode::Default).build(),
    // BCR 15, R14.
    is_return: |b| b.starts_with(&[0x07, 0xfe]),
    leads: relative,
    relative: false,
};

/// Branches that are relative, and what ends with "relative long": loads, stores,
/// comparisons, addresses. A shift and a move have the same end.
fn relative(name: &str) -> bool {
    let branches = ["j", "bras", "brc", "brx", "crj", "cgrj", "clrj", "clgrj", "cij", "cgij", "clij", "clgij"];
    let long = name.ends_with("rl") && !name.starts_with('v') && !["srl", "mvcrl"].contains(&name);
    long || branches.iter().any(|start| name.starts_with(start))
}

pub(super) fn decode(code: &Code<'_>) -> Vec<Instruction> {
    super::capstone::decode(code, &PORT)
}
