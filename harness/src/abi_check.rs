//! Judges a toolchain's own source files against our architecture files: if
//! they differ, every other verdict on that port stands on sand.

use crate::oracles::dwarf::{Check, Judgement};
use goabi_cases::arch::{Arch, Reg};
use goabi_cases::assignment::Abi;
use goabi_cases::cell::Build;
use goabi_cases::version::GoVersion;
use goabi_runners::abi_files::{AbiFacts, Cited};
use goabi_runners::observe::records::Fact;

/// Bytes: all ports with a register ABI pass a `float64` whole
/// (`EffectiveFloatRegSize`, `internal/abi`).
const FLOAT_REGISTER_SIZE: u64 = 8;

/// Compares what our file of an architecture says with what a toolchain of
/// that version says of itself, for one build mode.
#[must_use]
pub fn abi_facts(arch: &Arch, version: GoVersion, build: Build, facts: &AbiFacts) -> Vec<Check> {
    let registers = match Abi::of(arch, version, build) {
        Abi::AbiInternal => Some((arch.integer_registers.as_slice(), arch.float_registers.as_slice())),
        Abi::Abi0 => None,
    };
    let (integers, floats) = registers.unwrap_or_default();
    let float_size = if floats.is_empty() { 0 } else { FLOAT_REGISTER_SIZE };
    let has = arch.register_abi(version);
    let ours = format!("cases/arch/{}.yaml for go {version}", arch.goarch);
    let check = |path: &str, judgement| Check::new(path, judgement);
    let mut out = vec![
        check("abi.integer_registers", equal(&(integers.len() as u64), &facts.integer_count, &ours)),
        check("abi.float_registers", equal(&(floats.len() as u64), &facts.float_count, &ours)),
        check("abi.float_register_size", equal(&float_size, &facts.float_size, &ours)),
        check("abi.register_abi", equal(&has, &facts.supported, &ours)),
        check(
            "abi.register_abi_always_on",
            equal(&(has && !arch.register_abi_optional(version)), &facts.always_on, &ours),
        ),
    ];
    // A port without the register ABI may have tables that nobody reads.
    if registers.is_some() {
        out.push(check("abi.integer_sequence", sequence(integers, &facts.integer_sequence, &ours)));
        out.push(check("abi.float_sequence", sequence(floats, &facts.float_sequence, &ours)));
    }
    out
}

fn equal<T: PartialEq + ToString>(expected: &T, fact: &Fact<Cited<T>>, ours: &str) -> Judgement {
    match fact {
        Fact::Seen(seen) if seen.value == *expected => Judgement::Agree,
        Fact::Seen(seen) => Judgement::Disagree {
            expected: expected.to_string(),
            actual: seen.value.to_string(),
            evidence: vec![format!("expected: {ours}"), format!("actual: {}", seen.at)],
        },
        Fact::NotRequested => Judgement::Unobserved("the toolchain's files were not read".into()),
        Fact::Unavailable(why) => Judgement::Unobserved(format!("the toolchain's files cannot be understood: {why}")),
    }
}

/// Sequences as text, so that a finding shows them whole.
fn sequence(expected: &[Reg], fact: &Fact<Cited<Vec<String>>>, ours: &str) -> Judgement {
    let names: Vec<&str> = expected.iter().map(|r| compilers_name(&r.name)).collect();
    let seen = match fact {
        Fact::Seen(c) => Fact::Seen(Cited { value: c.value.join(" "), at: c.at.clone() }),
        Fact::NotRequested => Fact::NotRequested,
        Fact::Unavailable(why) => Fact::Unavailable(why.clone()),
    };
    equal(&names.join(" "), &seen, ours)
}

/// The specification's RAX is the compiler's AX.
fn compilers_name(name: &str) -> &str {
    name.strip_prefix('R').filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic())).unwrap_or(name)
}

#[cfg(test)]
#[path = "abi_check_tests.rs"]
mod tests;
