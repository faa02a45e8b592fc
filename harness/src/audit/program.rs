//! A binary that is audited.

use super::function::is_runtime;
use goabi_runners::observe::follow::{Arch, Image};
use goabi_runners::observe::unwind::{Binary, Cfi, Func, FuncTable};
use std::collections::{HashMap, HashSet};

/// What all threads share.
pub(super) struct Program<'a> {
    pub binary: &'a Binary<'a>,
    pub table: &'a FuncTable<'a>,
    pub cfi: &'a Cfi<'a>,
    pub arch: Arch,
    pub goarch: &'static str,
    /// Functions of the runtime that are treated apart, by entry.
    pub special: HashMap<u64, Special>,
    /// The compilation units that are compiled as part of the runtime, or may be.
    pub of_runtime: HashSet<u32>,
    /// `StackGuardMultiplier`: how much more room there is below the guard.
    pub guard_multiplier: i32,
}

/// What is known of some functions of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    /// It does not return.
    Never,
    /// Nor does it, and it checks the stack before it uses any: the compiler for
    /// amd64 and 386 does not count a call of it as one.
    NoCall,
    /// It gets a larger stack.
    Morestack,
    /// The same for what runs on a system stack, whose guard is another word.
    MorestackOnSystem,
    /// The write barrier: the sequence around it must not be preempted.
    WriteBarrier,
    /// duffzero and duffcopy, which are jumped into the middle of, and arm's division. They
    /// are assembly that calls nothing: no stack is scanned or grown meanwhile.
    Duff,
    /// What saves g to thread-local storage: it writes few registers, and some of its
    /// callers count on that.
    SaveG,
}

impl Special {
    fn of(name: &str) -> Option<Special> {
        let name = untrampled(name.strip_prefix("runtime.")?);
        let bounds = ["panicIndex", "panicSlice", "panicBounds", "panicExtend"];
        if bounds.iter().any(|b| name.starts_with(b)) || ["panicdivide", "panicshift", "panicwrap"].contains(&name) {
            return Some(Special::NoCall);
        }
        let never = name.starts_with("panic") || name.starts_with("goPanic");
        if never || ["gopanic", "throw", "fatal", "throwinit", "fatalthrow", "abort"].contains(&name) {
            return Some(Special::Never);
        }
        if name == "save_g" {
            return Some(Special::SaveG);
        }
        if name == "morestackc" {
            return Some(Special::MorestackOnSystem);
        }
        if name.starts_with("morestack") {
            return Some(Special::Morestack);
        }
        // `CALLudiv` of the compiler's ARMOps.go has no stack map either.
        if name.starts_with("duffzero") || name.starts_with("duffcopy") || name == "udiv" {
            return Some(Special::Duff);
        }
        (name.starts_with("gcWriteBarrier") || ["wbZero", "wbMove"].contains(&name)).then_some(Special::WriteBarrier)
    }
}

/// What a trampoline leads to, where the linker put one in between, since a call does
/// not reach so far: `wbMove-tramp0`, `duffzero+1c-tramp2` (`trampoline` of
/// `cmd/link/internal/riscv64/asm.go`, and of other ports).
fn untrampled(name: &str) -> &str {
    match name.rsplit_once("-tramp") {
        Some((to, number)) if number.parse::<u32>().is_ok() => to.split_once('+').map_or(to, |(to, _)| to),
        Some(_) | None => name,
    }
}

impl<'a> Program<'a> {
    pub(super) fn new(
        binary: &'a Binary<'a>,
        table: &'a FuncTable<'a>,
        cfi: &'a Cfi<'a>,
        (goarch, arch): (&'static str, Arch),
    ) -> Program<'a> {
        let named = table.functions().flatten().filter_map(|f| Some((f.entry(), Special::of(f.name().ok()?)?)));
        // Some of their functions have the names of others, or none of a package's.
        let of_runtime = |f: Func<'_>| f.name().is_ok_and(|name| is_runtime(name) || name.starts_with("internal/"));
        let of_runtime = table.functions().flatten().filter(|f| of_runtime(*f)).map(|f| f.unit()).collect();
        let race = binary.build_info().and_then(|b| b.setting("-race")) == Some("true");
        let special = named.collect();
        Program { binary, table, cfi, arch, goarch, special, of_runtime, guard_multiplier: if race { 2 } else { 1 } }
    }

    /// What is known of the function that an address is in, whether its entry or not.
    pub(super) fn special_at(&self, address: u64) -> Option<Special> {
        self.special.get(&self.table.find(address).ok()??.entry()).copied()
    }

    /// DWARF's number of SP.
    pub(super) fn stack_pointer(&self) -> u16 {
        match self.arch {
            Arch::Amd64 => 7,
            Arch::Arm => 13,
            Arch::Arm64 => 31,
            Arch::Loong64 => 3,
            Arch::Ppc64 | Arch::Ppc64le => 1,
            Arch::Riscv64 => 2,
            Arch::S390x => 15,
            Arch::X86 => 4,
        }
    }

    /// How far the canonical frame address is above SP at entry.
    pub(super) fn cfa_above(&self) -> i64 {
        self.arch.pushed().into()
    }
}

impl Image for Program<'_> {
    fn pointer(&self, address: u64) -> Option<u64> {
        let word = self.arch.word() as usize;
        let mut bytes = [0; 8];
        // A word has up to eight bytes.
        bytes.get_mut(..word)?.copy_from_slice(self.binary.memory(address, word as u64)?);
        // Those that are big-endian have eight.
        Some(if self.arch.is_big_endian() { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }

    fn keeps(&self, function: u64) -> Option<u64> {
        match (self.special.get(&function), self.arch) {
            // `tls_ppc64x.s` and `tls_s390x.s` of the runtime have it that `setg_gcc`
            // assumes so: all but R31, or all but R10 and R11.
            (Some(Special::SaveG), Arch::Ppc64 | Arch::Ppc64le) => Some(0x7fff_ffff),
            (Some(Special::SaveG), Arch::S390x) => Some(0x3ff),
            // It returns a place in the runtime's memory in one that C's callees keep: R9 of
            // s390x, R25 of arm64, R29 of ppc64. See `gcWriteBarrier` of `asm_*.s`.
            (Some(Special::WriteBarrier), _) => Some(0),
            _ => None,
        }
    }

    fn returns(&self, function: u64) -> bool {
        !matches!(self.special.get(&function), Some(Special::Never | Special::NoCall))
    }
}
