//! Following SP through a function's machine code: what the stack pointer, the
//! frame pointer and the return address are at each instruction boundary, along
//! the control flow, with no opinion. A decoder a file; the rest is the same for
//! all architectures.

mod amd64;
mod amd64_exact;
mod amd64_operands;
mod arm;
mod arm64;
mod arm64_memory;
mod arm_memory;
mod arm_vector;
mod blocks;
mod check;
mod code;
mod effect;
mod facts;
mod follower;
mod loong64;
mod passing;
mod ppc64;
mod ppc64_branch;
mod ppc64_extended;
mod ppc64_memory;
mod ppc64_prefixed;
mod ppc64_vector;
mod riscv64;
mod riscv64_compressed;
mod riscv64_known;
mod s390x;
mod s390x_branch;
mod s390x_four;
mod s390x_six;
mod state;
mod step;
mod sum;
mod walk;

#[cfg(test)]
mod against_tables;
#[cfg(test)]
mod amd64_tests;
#[cfg(test)]
mod arm64_tests;
#[cfg(test)]
mod arm_tests;
#[cfg(test)]
mod flow_tests;
#[cfg(test)]
mod loong64_tests;
#[cfg(test)]
mod machine;
#[cfg(test)]
mod ppc64_tests;
#[cfg(test)]
mod riscv64_tests;
#[cfg(test)]
mod s390x_tests;
#[cfg(test)]
mod x86_tests;

pub use check::{Form, Morestack, StackCheck};
pub use code::{Arch, Code, Image};
pub use facts::{Boundary, Condition, Counts, Followed, Fp, Kept, Kind, Move, Reach, Sp, Target, Why, Writes};
pub use follower::Follower;
