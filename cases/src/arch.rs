//! Architectures: what the ABI model needs to know of a GOARCH, read from
//! `cases/arch/<goarch>.yaml`. Each file cites the Go sources it follows.

use crate::debug_registers::DebugRegisters;
use crate::version::GoVersion;
use serde::Deserialize;
use std::fmt;
use std::sync::OnceLock;

/// `(file stem, text)` of every `arch/*.yaml`, listed by `build.rs`.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/arch_files.rs"));

/// The order of a word's bytes in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ByteOrder {
    Little,
    Big,
}

/// How a floating-point register holds a number of 4 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Float32Form {
    /// In its least significant bits.
    Low,
    /// In its most significant bits.
    High,
    /// Widened to 8 bytes.
    Double,
}

/// Which of an architecture's two sequences of argument registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegClass {
    Integer,
    Float,
}

/// One machine register.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reg {
    /// The name that Go's ABI specification gives it.
    pub name: String,
    /// Go's DWARF number; `None` where DWARF cannot name it.
    pub dwarf: Option<u16>,
}

/// Registers with a fixed meaning at calls.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    pub stack_pointer: Reg,
    /// `None` where a call pushes the return address.
    pub link_register: Option<Reg>,
    /// `None` where Go keeps no frame pointer.
    pub frame_pointer: Option<Reg>,
    pub closure_context: Reg,
    /// The current goroutine; `None` where it is in thread-local storage only.
    pub g: Option<Reg>,
    /// Holds zero at each call under ABIInternal.
    pub zero: Option<Reg>,
    /// Never holds an argument or result, free for assemblers and linkers.
    #[serde(default)]
    pub scratch: Vec<Reg>,
}

/// Releases, from one minor version up to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Releases {
    /// The first of them.
    pub since: GoVersion,
    /// The first after them.
    pub before: GoVersion,
}

/// How Go's assembler names what an assembly function moves values with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assembly {
    /// The moves between memory and a general register of 1, 2 and 4 bytes, and
    /// on 64-bit ports of 8.
    pub moves: Vec<String>,
    /// On a 32-bit port what moves a `float64` in one piece.
    pub float64: Option<FloatMove>,
    /// A general register that a function may change.
    pub value: String,
    /// Another one.
    pub address: String,
    /// The hardware's stack pointer.
    pub stack_pointer: String,
}

/// A move of 8 bytes that changes none of a float's bits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FloatMove {
    #[serde(rename = "move")]
    pub mnemonic: String,
    pub register: String,
}

/// What C compilers call a port; `None` where one does not know it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CCompilerNames {
    /// What stands before `-gcc` in a cross compiler's name.
    pub gnu: Option<String>,
    /// The argument of `zig cc -target`, and options behind it.
    pub zig: Option<String>,
}

/// One GOARCH under linux.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arch {
    pub goarch: String,
    /// Bytes in a pointer, an `int` and a general register.
    pub word_size: u64,
    pub byte_order: ByteOrder,
    /// Bytes: alignment of the 8-byte basic types (4 on 32-bit ports).
    pub max_align: u64,
    /// Bytes: a type must be smaller than this.
    pub max_type_size: u64,
    /// Bytes to which the stack pointer is aligned.
    pub stack_align: u64,
    /// Bytes between the stack pointer at a call and the argument area: the
    /// saved link register and what the platform reserves.
    pub min_frame_size: u64,
    /// The first release whose functions take arguments in registers.
    pub register_abi_since: Option<GoVersion>,
    /// How floating-point registers hold a `float32`.
    pub float32_form: Float32Form,
    /// The releases, of those since Go 1.21, in which `GOEXPERIMENT=noregabi`
    /// switches the register ABI off. In others Go ignores it silently.
    pub register_abi_optional: Option<Releases>,
    /// In the order in which the ABI assigns them.
    pub integer_registers: Vec<Reg>,
    /// In the order in which the ABI assigns them.
    pub float_registers: Vec<Reg>,
    pub roles: Roles,
    /// The return address's column in `.debug_frame`.
    pub return_address_column: u16,
    /// The program counter's name in GDB's target description.
    pub program_counter: String,
    /// Its number in GDB's protocol, for a port whose stub sends no description.
    pub program_counter_number: Option<u32>,
    /// What GDB's remote protocol calls the registers.
    pub debug_registers: DebugRegisters,
    pub assembly: Assembly,
    pub c_compiler: CCompilerNames,
    /// What the emulator does otherwise than the machine, so that programs are
    /// not watched under it where the machine itself runs them.
    #[serde(default)]
    pub emulator_flaw: Option<String>,
    /// The suffix of qemu-user's program name: `aarch64` of `qemu-aarch64`.
    pub emulator: String,
}

impl Arch {
    /// The architecture of that GOARCH, if there is a file for it.
    #[must_use]
    pub fn get(goarch: &str) -> Option<&'static Arch> {
        Arch::all().iter().find(|a| a.goarch == goarch)
    }

    /// All architectures, sorted by GOARCH.
    #[must_use]
    pub fn all() -> &'static [Arch] {
        static ALL: OnceLock<Vec<Arch>> = OnceLock::new();
        ALL.get_or_init(|| {
            // The texts are part of the binary; the test `every_file_loads`
            // reads each of them.
            FILES.iter().map(|(_, text)| serde_saphyr::from_str(text).expect("an embedded arch file loads")).collect()
        })
    }

    /// Whether functions take arguments in registers under that release.
    #[must_use]
    pub fn register_abi(&self, version: GoVersion) -> bool {
        // Release candidates of the first release have it as well.
        self.register_abi_since.is_some_and(|since| (version.major, version.minor) >= (since.major, since.minor))
    }

    /// Whether `GOEXPERIMENT=noregabi` gives ABI0 under that release.
    #[must_use]
    pub fn register_abi_optional(&self, version: GoVersion) -> bool {
        let minor = |v: GoVersion| (v.major, v.minor);
        self.register_abi_optional.is_some_and(|r| (minor(r.since)..minor(r.before)).contains(&minor(version)))
    }

    /// What GDB calls the register with Go's DWARF number, where the stub has
    /// no other name for it (see [`crate::debug_registers::DebugRegister`]).
    #[must_use]
    pub fn gdb_register(&self, dwarf: u16) -> Option<&str> {
        self.debug_registers.get(dwarf)?.names.first().map(String::as_str)
    }

    /// The argument registers of a class, in assignment order.
    #[must_use]
    pub fn registers(&self, class: RegClass) -> &[Reg] {
        match class {
            RegClass::Integer => &self.integer_registers,
            RegClass::Float => &self.float_registers,
        }
    }

    /// The class of the register with a DWARF number: on all ports
    /// floating-point registers are numbered behind the others.
    #[must_use]
    pub fn register_class(&self, dwarf: u16) -> RegClass {
        match self.float_registers.iter().filter_map(|r| r.dwarf).min() {
            Some(first) if dwarf >= first => RegClass::Float,
            Some(_) | None => RegClass::Integer,
        }
    }

    /// The place in the assignment order of the register with a DWARF number.
    #[must_use]
    pub fn argument_register(&self, dwarf: u16) -> Option<(RegClass, usize)> {
        [RegClass::Integer, RegClass::Float].into_iter().find_map(|class| {
            let index = self.registers(class).iter().position(|r| r.dwarf == Some(dwarf))?;
            Some((class, index))
        })
    }

    /// The name of the register with a DWARF number, among all those listed.
    #[must_use]
    pub fn register_name(&self, dwarf: u16) -> Option<&str> {
        let r = &self.roles;
        let fixed = [Some(&r.stack_pointer), r.link_register.as_ref(), r.frame_pointer.as_ref()];
        let more = [Some(&r.closure_context), r.g.as_ref(), r.zero.as_ref()];
        self.integer_registers
            .iter()
            .chain(&self.float_registers)
            .chain(fixed.into_iter().flatten())
            .chain(more.into_iter().flatten())
            .chain(&r.scratch)
            .find(|reg| reg.dwarf == Some(dwarf))
            .map(|reg| reg.name.as_str())
    }

    /// Bytes between the stack pointer and the argument area when a function
    /// is entered: the return PC, or what a caller reserves below its outgoing
    /// arguments.
    #[must_use]
    pub fn entry_offset(&self) -> u64 {
        if self.roles.link_register.is_some() { self.min_frame_size } else { self.word_size }
    }

    /// Whether this is a 32-bit port.
    #[must_use]
    pub fn is_32_bit(&self) -> bool {
        self.word_size == 4
    }
}

impl Assembly {
    /// What moves so many bytes between memory and a register: the mnemonic and
    /// the register. `None` where no single move does.
    #[must_use]
    pub fn mover(&self, bytes: u64) -> Option<(&str, &str)> {
        let general = |i: usize| self.moves.get(i).map(|m| (m.as_str(), self.value.as_str()));
        match bytes {
            1 => general(0),
            2 => general(1),
            4 => general(2),
            8 => general(3).or_else(|| self.float64.as_ref().map(|f| (f.mnemonic.as_str(), f.register.as_str()))),
            _ => None,
        }
    }
}

impl fmt::Display for RegClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RegClass::Integer => "integer",
            RegClass::Float => "float",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_dwarf_number_tells_the_class_of_its_register() {
        for arch in Arch::all() {
            for class in [RegClass::Integer, RegClass::Float] {
                for r in arch.registers(class) {
                    assert_eq!(
                        r.dwarf.map(|n| arch.register_class(n)),
                        r.dwarf.map(|_| class),
                        "{} {}",
                        arch.goarch,
                        r.name
                    );
                }
            }
            let stack_pointer = arch.roles.stack_pointer.dwarf.unwrap();
            assert_eq!(arch.register_class(stack_pointer), RegClass::Integer, "{}", arch.goarch);
        }
    }

    #[test]
    fn every_file_loads() {
        for (stem, text) in FILES {
            let arch: Arch = serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{stem}: {e}"));
            assert_eq!(&arch.goarch, stem);
        }
    }

    #[test]
    fn all_linux_ports_of_go_1_27_are_there() {
        let have: Vec<&str> = Arch::all().iter().map(|a| a.goarch.as_str()).collect();
        let want = [
            "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
            "riscv64", "s390x",
        ];
        assert_eq!(have, want);
    }

    #[test]
    fn register_budgets_are_those_of_internal_abi() {
        for (goarch, ints, floats) in [
            ("amd64", 9, 15),
            ("arm64", 16, 16),
            ("loong64", 16, 16),
            ("ppc64", 12, 12),
            ("ppc64le", 12, 12),
            ("riscv64", 16, 16),
            ("s390x", 8, 16),
            ("386", 0, 0),
            ("arm", 0, 0),
            ("mips64", 0, 0),
        ] {
            let arch = Arch::get(goarch).unwrap();
            assert_eq!((arch.integer_registers.len(), arch.float_registers.len()), (ints, floats), "{goarch}");
        }
    }

    #[test]
    fn no_register_has_two_meanings() {
        for arch in Arch::all() {
            let args: Vec<&Reg> = arch.integer_registers.iter().chain(&arch.float_registers).collect();
            let names: BTreeSet<&str> = args.iter().map(|r| r.name.as_str()).collect();
            let numbers: BTreeSet<u16> = args.iter().filter_map(|r| r.dwarf).collect();
            assert_eq!((names.len(), numbers.len()), (args.len(), args.len()), "{}", arch.goarch);
            let r = &arch.roles;
            let fixed = [Some(&r.stack_pointer), r.link_register.as_ref(), r.g.as_ref(), r.frame_pointer.as_ref()];
            for reg in fixed.into_iter().flatten().chain([&r.closure_context]).chain(&r.scratch) {
                assert!(!names.contains(reg.name.as_str()), "{}: {}", arch.goarch, reg.name);
            }
        }
    }

    #[test]
    fn the_register_abi_begins_where_go_says() {
        let v = |s: &str| s.parse::<GoVersion>().unwrap();
        let holds = |goarch: &str, s: &str| Arch::get(goarch).unwrap().register_abi(v(s));
        assert!(holds("amd64", "1.17.0") && !holds("amd64", "1.16.15"));
        assert!(holds("loong64", "1.22.10") && !holds("loong64", "1.21.13"));
        assert!(holds("s390x", "1.26rc1") && !holds("s390x", "1.25.5"));
        assert!(!holds("386", "tip") && holds("riscv64", "tip"));
    }

    #[test]
    fn the_register_abi_can_be_switched_off_in_one_release() {
        let v = |s: &str| s.parse::<GoVersion>().unwrap();
        let optional = |goarch: &str, s: &str| Arch::get(goarch).unwrap().register_abi_optional(v(s));
        assert!(optional("loong64", "1.22.10") && optional("loong64", "1.22rc1"));
        assert!(!optional("loong64", "1.21.13") && !optional("loong64", "1.23.0"));
        assert!(optional("s390x", "1.26.6") && !optional("s390x", "1.27.0") && !optional("s390x", "tip"));
        assert!(!optional("amd64", "1.26.6") && !optional("386", "1.26.6"));
        for arch in Arch::all() {
            let Some(r) = arch.register_abi_optional else { continue };
            assert_eq!(Some(r.since), arch.register_abi_since, "{}", arch.goarch);
        }
    }

    #[test]
    fn assembly_has_a_move_for_each_size() {
        for arch in Arch::all() {
            let a = &arch.assembly;
            let moves: Vec<_> = [1, 2, 4, 8].iter().map(|n| a.mover(*n).unwrap()).collect();
            assert_eq!(BTreeSet::from_iter(&moves).len(), 4, "{}", arch.goarch);
            assert_eq!((a.moves.len(), a.float64.is_some()), if arch.is_32_bit() { (3, true) } else { (4, false) });
            assert_eq!(a.mover(16), None);
            let registers = BTreeSet::from([&a.value, &a.address, &a.stack_pointer]);
            assert_eq!(registers.len(), 3, "{}", arch.goarch);
        }
    }

    #[test]
    fn numbers_are_gos_own() {
        let of = |goarch: &str, name: &str| {
            let arch = Arch::get(goarch).unwrap();
            arch.integer_registers.iter().chain(&arch.float_registers).find(|r| r.name == name).unwrap().dwarf.unwrap()
        };
        assert_eq!((of("amd64", "RBX"), of("amd64", "X0"), of("amd64", "X14")), (3, 17, 31));
        assert_eq!((of("arm64", "R15"), of("arm64", "F0")), (15, 64));
        assert_eq!((of("s390x", "F1"), of("s390x", "F2"), of("s390x", "F8"), of("s390x", "F15")), (20, 17, 24, 31));
        assert_eq!((of("ppc64le", "R14"), of("ppc64le", "F1")), (14, 33));
        assert_eq!((of("riscv64", "X8"), of("riscv64", "F10")), (8, 42));
        assert_eq!((of("loong64", "R4"), of("loong64", "F0")), (4, 32));
    }
}
