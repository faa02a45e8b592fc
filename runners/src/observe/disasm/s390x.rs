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
    // All that are relative, but for those that load and store there.
    leads: |name| name.starts_with('j') || name.starts_with("bras") || name.starts_with("brc") || relative(name),
    relative: false,
};

/// Compare and branch, branch on count, and the address of a place.
fn relative(name: &str) -> bool {
    ["crj", "cgrj", "clrj", "clgrj", "cij", "cgij", "clij", "clgij", "brct", "larl", "lgrl", "stgrl"]
        .iter()
        .any(|start| name.starts_with(start))
}

pub(super) fn decode(code: &Code<'_>) -> Vec<Instruction> {
    super::capstone::decode(code, &PORT)
}
