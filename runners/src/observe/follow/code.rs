//! What is to be followed, and what it is part of.

use super::effect::Roles;
use super::facts::Target;
use super::{amd64, arm, arm64, loong64, ppc64, riscv64, s390x};

/// An architecture whose code can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    Amd64,
    Arm,
    Arm64,
    Loong64,
    Ppc64,
    Ppc64le,
    Riscv64,
    S390x,
    /// 386.
    X86,
}

impl Arch {
    pub const ALL: [Arch; 9] = [
        Arch::Amd64,
        Arch::Arm,
        Arch::Arm64,
        Arch::Loong64,
        Arch::Ppc64,
        Arch::Ppc64le,
        Arch::Riscv64,
        Arch::S390x,
        Arch::X86,
    ];

    /// `None` where there is no decoder for the port.
    #[must_use]
    pub fn of(goarch: &str) -> Option<Arch> {
        // GOARCHes are an open set; so far the others have none.
        Arch::ALL.into_iter().find(|arch| arch.goarch() == goarch)
    }

    /// What Go calls it.
    #[must_use]
    pub fn goarch(self) -> &'static str {
        match self {
            Arch::Amd64 => "amd64",
            Arch::Arm => "arm",
            Arch::Arm64 => "arm64",
            Arch::Loong64 => "loong64",
            Arch::Ppc64 => "ppc64",
            Arch::Ppc64le => "ppc64le",
            Arch::Riscv64 => "riscv64",
            Arch::S390x => "s390x",
            Arch::X86 => "386",
        }
    }

    /// Bytes of a word: an address, a general register.
    #[must_use]
    pub fn word(self) -> i32 {
        match self {
            Arch::Amd64 | Arch::Arm64 | Arch::Loong64 | Arch::Ppc64 | Arch::Ppc64le | Arch::Riscv64 | Arch::S390x => 8,
            Arch::Arm | Arch::X86 => 4,
        }
    }

    /// What a call pushes: the return address, where there is no register for it.
    #[must_use]
    pub fn pushed(self) -> i32 {
        match self {
            Arch::Amd64 => 8,
            Arch::X86 => 4,
            Arch::Arm | Arch::Arm64 | Arch::Loong64 | Arch::Ppc64 | Arch::Ppc64le | Arch::Riscv64 | Arch::S390x => 0,
        }
    }

    /// Whether functions keep a frame pointer.
    #[must_use]
    pub fn has_frame_pointer(self) -> bool {
        match self {
            Arch::Amd64 | Arch::Arm64 => true,
            Arch::Arm | Arch::Loong64 | Arch::Ppc64 | Arch::Ppc64le | Arch::Riscv64 | Arch::S390x | Arch::X86 => false,
        }
    }

    /// Whether the lowest byte of a word comes last.
    #[must_use]
    pub fn is_big_endian(self) -> bool {
        match self {
            Arch::Ppc64 | Arch::S390x => true,
            Arch::Amd64 | Arch::Arm | Arch::Arm64 | Arch::Loong64 | Arch::Ppc64le | Arch::Riscv64 | Arch::X86 => false,
        }
    }

    pub(super) fn roles(self) -> Roles {
        match self {
            Arch::Amd64 => amd64::ROLES,
            Arch::Arm => arm::ROLES,
            Arch::Arm64 => arm64::ROLES,
            Arch::Loong64 => loong64::ROLES,
            Arch::Ppc64 | Arch::Ppc64le => ppc64::ROLES,
            Arch::Riscv64 => riscv64::ROLES,
            Arch::S390x => s390x::ROLES,
            Arch::X86 => amd64::ROLES_OF_386,
        }
    }
}

/// One function's code; its entry is the first byte.
#[derive(Clone, Copy, Debug)]
pub struct Code<'a> {
    pub arch: Arch,
    /// The address of the first byte.
    pub address: u64,
    pub bytes: &'a [u8],
    /// Where the runtime goes on after a recovery, in bytes from the entry: what
    /// the function table calls `deferreturn`.
    pub resumes: Option<u32>,
}

/// The program that the code is in.
pub trait Image {
    /// The pointer at an address, as it is once the program is loaded where it
    /// was linked to: relocations are applied. `None` where that is not known.
    fn pointer(&self, address: u64) -> Option<u64>;
    /// Whether a call of the function at an address may come back. What is not
    /// known to never return, may.
    fn returns(&self, function: u64) -> bool;
    /// Which registers a function at an address leaves alone beside SP, FP and g, a bit
    /// each; `None` where that is not known, so that it may be of C.
    fn keeps(&self, function: u64) -> Option<u64> {
        let _ = function;
        None
    }
}

/// What goes along with all of a function.
pub(super) struct Scene<'a, I: ?Sized> {
    pub code: &'a Code<'a>,
    pub image: &'a I,
    pub roles: Roles,
}

impl<I: Image + ?Sized> Scene<'_, I> {
    pub(super) fn place(&self, address: u64) -> Target {
        let offset = address.wrapping_sub(self.code.address);
        // Functions are smaller than 4 GiB.
        if offset < self.code.bytes.len() as u64 { Target::Inside(offset as u32) } else { Target::Outside(address) }
    }
}
