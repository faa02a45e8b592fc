//! A program in memory for tests, and code for it.

use super::facts::{Boundary, Followed, Sp};
use super::{Arch, Code, Follower, Image};

/// Where the functions of tests begin.
pub const ADDRESS: u64 = 0x40_1000;

/// What surrounds a function under test.
#[derive(Default)]
pub struct Memory {
    pub pointers: Vec<(u64, u64)>,
    pub never_return: Vec<u64>,
    /// Functions, and the registers that they are known to keep.
    pub keep: Vec<(u64, u64)>,
}

impl Image for Memory {
    fn pointer(&self, address: u64) -> Option<u64> {
        self.pointers.iter().find(|(at, _)| *at == address).map(|(_, to)| *to)
    }
    fn keeps(&self, function: u64) -> Option<u64> {
        self.keep.iter().find(|(at, _)| *at == function).map(|(_, registers)| *registers)
    }
    fn returns(&self, function: u64) -> bool {
        !self.never_return.contains(&function)
    }
}

pub fn follow_in(memory: &Memory, arch: Arch, bytes: &[u8], resumes: Option<u32>) -> Followed {
    let code = Code { arch, address: ADDRESS, bytes, resumes };
    Follower::new().follow(&code, memory).clone()
}

/// Bytes in hexadecimal; what stands behind a `;` is a comment.
pub fn amd64(text: &str) -> Followed {
    follow_in(&Memory::default(), Arch::Amd64, &hex(text), None)
}

pub fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.lines().map(|l| l.split(';').next().unwrap()).collect::<Vec<_>>().join(" ");
    digits.split_whitespace().map(|b| u8::from_str_radix(b, 16).unwrap()).collect()
}

pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

pub fn arm64(code: &[u32]) -> Followed {
    follow_in(&Memory::default(), Arch::Arm64, &words(code), None)
}

/// SP at each boundary; `None` where it is not known.
pub fn depths(f: &Followed) -> Vec<Option<i32>> {
    f.boundaries.iter().map(|b| if let Sp::Known(n) = b.sp { Some(n) } else { None }).collect()
}

pub fn known(all: &[i32]) -> Vec<Option<i32>> {
    all.iter().map(|n| Some(*n)).collect()
}

pub fn last(f: &Followed) -> Boundary {
    *f.boundaries.last().unwrap()
}

/// The boundary of the n-th instruction.
pub fn nth(f: &Followed, n: usize) -> Boundary {
    f.boundaries[n]
}
