//! What a debugger calls the registers: GDB's target descriptions, which
//! qemu-user and gdbserver send, number and name registers in their own way.

use serde::Deserialize;

/// One register as GDB's remote protocol knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugRegister {
    /// In the stub's target description; the first that is there counts:
    /// with SVE an arm64 stub has `z0`, of which `v0` is the lower half.
    pub names: Vec<String>,
    /// The register's number in the protocol, for a port whose stub sends no
    /// description.
    pub number: Option<u32>,
}

/// DWARF register numbers to registers of the debugger's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Run>")]
pub struct DebugRegisters {
    /// Indexed by DWARF number.
    table: Vec<Option<DebugRegister>>,
}

/// Some registers whose DWARF numbers, names and protocol numbers go up
/// together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    dwarf: u16,
    /// Between the DWARF numbers of neighbours.
    #[serde(default = "one")]
    step: u16,
    /// The first one's name; its trailing number goes up by one.
    gdb: String,
    /// The name elsewhere.
    also: Option<String>,
    /// The first one's number in the protocol.
    number: Option<u32>,
    #[serde(default = "one")]
    count: u16,
}

fn one() -> u16 {
    1
}

impl DebugRegisters {
    /// The register with Go's DWARF number.
    #[must_use]
    pub fn get(&self, dwarf: u16) -> Option<&DebugRegister> {
        self.table.get(usize::from(dwarf))?.as_ref()
    }

    /// All registers, by DWARF number.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &DebugRegister)> {
        (0..).zip(&self.table).filter_map(|(dwarf, r)| Some((dwarf, r.as_ref()?)))
    }
}

/// The name `i` places after `first`: `x3` is 3 after `x0`.
fn later(first: &str, i: u16) -> String {
    let stem = first.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = first.get(stem.len()..).unwrap_or_default();
    match digits.parse::<u32>() {
        Ok(n) => format!("{stem}{}", n + u32::from(i)),
        Err(_) => first.to_string(),
    }
}

impl TryFrom<Vec<Run>> for DebugRegisters {
    type Error = String;

    fn try_from(runs: Vec<Run>) -> Result<Self, String> {
        let mut table: Vec<Option<DebugRegister>> = Vec::new();
        for run in runs {
            for i in 0..run.count {
                let dwarf = usize::from(run.dwarf) + usize::from(run.step) * usize::from(i);
                if table.len() <= dwarf {
                    table.resize(dwarf + 1, None);
                }
                let names = std::iter::once(&run.gdb).chain(&run.also).map(|n| later(n, i)).collect();
                let register = DebugRegister { names, number: run.number.map(|n| n + u32::from(i)) };
                if let Some(Some(old)) = table.get(dwarf) {
                    return Err(format!("DWARF number {dwarf} is {:?} and {:?}", old.names, register.names));
                }
                if let Some(place) = table.get_mut(dwarf) {
                    *place = Some(register);
                }
            }
        }
        Ok(DebugRegisters { table })
    }
}

#[cfg(test)]
mod tests {
    use crate::arch::{Arch, Reg};
    use std::collections::BTreeSet;

    /// Every register that an architecture's file names.
    fn all_of(arch: &Arch) -> impl Iterator<Item = &Reg> {
        let r = &arch.roles;
        let roles = [Some(&r.stack_pointer), Some(&r.closure_context), r.link_register.as_ref()];
        let more = [r.frame_pointer.as_ref(), r.g.as_ref(), r.zero.as_ref()];
        let fixed = roles.into_iter().chain(more).flatten();
        arch.integer_registers.iter().chain(&arch.float_registers).chain(fixed).chain(&r.scratch)
    }

    #[test]
    fn every_register_with_a_number_has_a_name_of_its_own() {
        for arch in Arch::all() {
            for reg in all_of(arch) {
                let Some(dwarf) = reg.dwarf else { continue };
                assert!(arch.gdb_register(dwarf).is_some(), "{}: {}", arch.goarch, reg.name);
            }
            let names: Vec<&String> = arch.debug_registers.iter().flat_map(|(_, r)| &r.names).collect();
            let once: BTreeSet<&String> = names.iter().copied().collect();
            assert_eq!(names.len(), once.len(), "{}", arch.goarch);
            assert!(!once.contains(&arch.program_counter), "{}", arch.goarch);
            let numbers: Vec<u32> = arch.debug_registers.iter().filter_map(|(_, r)| r.number).collect();
            let once: BTreeSet<u32> = numbers.iter().copied().chain(arch.program_counter_number).collect();
            let want = numbers.len() + usize::from(arch.program_counter_number.is_some());
            assert_eq!(once.len(), want, "{}", arch.goarch);
        }
    }

    /// What the stubs of qemu-user 7.2 sent: `qXfer:features:read`, or the
    /// layout of the `g` packet where they send no description.
    #[test]
    fn names_are_those_of_the_stubs() {
        for (goarch, dwarf, name) in [
            ("386", 1, "ecx"),
            ("386", 21, "xmm0"),
            ("amd64", 1, "rdx"),
            ("amd64", 17, "xmm0"),
            ("amd64", 32, "xmm15"),
            ("arm", 13, "sp"),
            ("arm", 64, "d0"),
            ("arm", 94, "d15"),
            ("arm64", 30, "x30"),
            ("arm64", 31, "sp"),
            ("arm64", 95, "v31"),
            ("loong64", 4, "r4"),
            ("loong64", 63, "f31"),
            ("mips", 31, "r31"),
            ("mips64le", 32, "f0"),
            ("ppc64le", 33, "f1"),
            ("ppc64", 65, "lr"),
            ("riscv64", 8, "fp"),
            ("riscv64", 10, "a0"),
            ("riscv64", 18, "s2"),
            ("riscv64", 31, "t6"),
            ("riscv64", 40, "fs0"),
            ("riscv64", 42, "fa0"),
            ("riscv64", 63, "ft11"),
            ("s390x", 17, "f2"),
            ("s390x", 20, "f1"),
            ("s390x", 31, "f15"),
        ] {
            assert_eq!(Arch::get(goarch).unwrap().gdb_register(dwarf), Some(name), "{goarch} {dwarf}");
        }
        let arm64 = Arch::get("arm64").unwrap();
        assert_eq!(arm64.debug_registers.get(66).unwrap().names, ["v2", "z2"]);
        assert_eq!(arm64.gdb_register(1000), None);
        let number = |goarch: &str, dwarf| Arch::get(goarch).unwrap().debug_registers.get(dwarf).unwrap().number;
        assert_eq!((number("mips", 33), number("loong64", 32), number("amd64", 0)), (Some(39), Some(35), None));
    }

    #[test]
    fn a_number_with_two_names_is_refused() {
        let text = "[{dwarf: 0, gdb: x0, count: 3}, {dwarf: 2, gdb: y}]";
        let error = serde_saphyr::from_str::<super::DebugRegisters>(text).unwrap_err().to_string();
        assert!(error.contains("DWARF number 2"), "{error}");
    }
}
