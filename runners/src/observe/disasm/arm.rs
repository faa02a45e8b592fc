//! arm.

use super::{Code, Instruction};

pub(super) fn decode(code: &Code<'_>) -> Vec<Instruction> {
    (0..code.bytes.len()).step_by(4).map(|at| code.undecoded(at, 4.min(code.bytes.len() - at))).collect()
}
