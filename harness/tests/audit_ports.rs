//! As `audit_faults.rs`, on the ports whose instructions are words, or a few halves: which
//! instruction becomes which, and what is found of it.

mod common;

use common::Place;
use common::audited::code;
use common::faults::Wanted::{Found, Not, Nothing};
use common::faults::{
    BARRIER, CHAIN, FORGOTTEN, Fault, GUARD, LESS, LOST, MEET, MISALIGNED, NOT_BACK, TABLES, Wanted, all_found, found,
    last_unsafe, sound,
};
use goabi::audit::Class;

const CONDITION: Wanted = Found(Class::StackCheck, "the check jumps on another condition");
/// Jumps of both sorts there were on loong64, so that the other one is around the call.
const ELSEWHERE: Wanted = Found(Class::StackCheck, "the check does not lead to more stack");
const UNGUARDED: Wanted = Found(Class::StackCheck, "the check does not see an address below zero");

/// What it is, where it is found and what, and which instruction of the function named, or
/// of that, becomes which.
type Change = (&'static str, &'static str, Wanted, &'static str, &'static str);

const ARM: [Change; 17] = [
    ("the size of a large frame", "main.Large", LESS, "e24d20ac", "e24d20a8"),
    ("more than a large frame", "main.Large", Nothing, "e24d20ac", "e24d20b0"),
    ("the size of a huge frame", "main.Huge", LESS, "e302be74", "e302be70"),
    ("more than a huge frame", "main.Huge", Nothing, "e302be74", "e302be78"),
    ("no jump for more stack", "main.Large", FORGOTTEN, "9a000011", "e1a00000"),
    ("another guard", "main.Large", GUARD, "e59a1008", "e59a100c"),
    ("the wrong jump", "main.Large", CONDITION, "9a000011", "3a000011"),
    ("a comparison whatever the subtraction did", "main.Huge", UNGUARDED, "21520001", "e1520001"),
    ("SP moved on one way", "main.Fork", MEET, "e2811030", "e28dd030"),
    ("another sum on one way", "main.Fork", Nothing, "e2811030", "e2811038"),
    ("half a word at calls", "main.Maps", MISALIGNED, "e52de020", "e52de01e"),
    ("a word more at calls", "main.Maps", Not(Class::MisalignedCall), "e52de020", "e52de024"),
    ("SP not given back", "main.Maps", NOT_BACK, "e49df020", "e49df01c"),
    ("the return address overwritten", "main.Maps", LOST, "e58d0004", "e58d0000"),
    ("the word above it overwritten", "main.Maps", Nothing, "e58d0004", "e58d0008"),
    ("a deeper chain", "main.Upper", CHAIN, "main.Lower e52de07c", "e52de27c"),
    ("a chain that fits", "main.Upper", Nothing, "main.Lower e52de07c", "e52de0bc"),
];

const RISCV64: [Change; 16] = [
    ("the size of a large frame", "main.Large", LESS, "e2810393", "e3010393"),
    ("more than a large frame", "main.Large", Nothing, "e2810393", "e2010393"),
    ("the size of a huge frame", "main.Huge", LESS, "298f8f9b", "2a0f8f9b"),
    ("more than a huge frame", "main.Huge", Nothing, "298f8f9b", "290f8f9b"),
    ("no way to more stack", "main.Large", FORGOTTEN, "00736863", "0100006f"),
    ("another guard", "main.Large", GUARD, "010db303", "018db303"),
    ("the wrong jump", "main.Large", CONDITION, "00736863", "00737863"),
    ("no jump for an address below zero", "main.Huge", UNGUARDED, "00716a63", "00000013"),
    ("SP moved on one way", "main.Fork", MEET, "03050513", "03010113"),
    ("another sum on one way", "main.Fork", Nothing, "03050513", "03850513"),
    ("half a word at calls", "main.Large", MISALIGNED, "da810113", "dac10113"),
    ("a word more at calls", "main.Large", Not(Class::MisalignedCall), "da810113", "da010113"),
    ("SP not given back", "main.Large", NOT_BACK, "25810113", "25010113"),
    ("the return address not read back", "main.Large", LOST, "6082", "0001"),
    ("a deeper chain", "main.Upper", CHAIN, "main.Lower f0810113", "d0810113"),
    ("a chain that fits", "main.Upper", Nothing, "main.Lower f0810113", "ec810113"),
];

const PPC64LE: [Change; 16] = [
    ("the size of a large frame", "main.Large", LESS, "3ae1fe10", "3ae1fe18"),
    ("more than a large frame", "main.Large", Nothing, "3ae1fe10", "3ae1fe08"),
    ("the size of a huge frame", "main.Huge", LESS, "3ae1a280", "3ae1a288"),
    ("more than a huge frame", "main.Huge", Nothing, "3ae1a280", "3ae1a278"),
    ("no way to more stack", "main.Large", FORGOTTEN, "41800018", "48000018"),
    ("another guard", "main.Large", GUARD, "eade0010", "eade0018"),
    ("the wrong jump", "main.Large", CONDITION, "41800018", "41810018"),
    ("no jump for an address below zero", "main.Huge", UNGUARDED, "41800010", "60000000"),
    ("SP moved on one way", "main.Fork", MEET, "38630030", "38210030"),
    ("another sum on one way", "main.Fork", Nothing, "38630030", "38630038"),
    ("half a word at calls", "main.Maps", MISALIGNED, "fbe1ff91", "fbe1ff95"),
    ("a word more at calls", "main.Maps", Not(Class::MisalignedCall), "fbe1ff91", "fbe1ff89"),
    ("SP not given back", "main.Maps", NOT_BACK, "38210070", "38210068"),
    ("the return address not put back", "main.Maps", LOST, "7fe803a6", "60000000"),
    ("a deeper chain", "main.Upper", CHAIN, "main.Lower fbe1fef1", "fbe1fcf1"),
    ("a chain that fits", "main.Upper", Nothing, "main.Lower fbe1fef1", "fbe1feb1"),
];

const S390X: [Change; 16] = [
    ("the size of a large frame", "main.Large", LESS, "ecbffe2800d9", "ecbffe3000d9"),
    ("more than a large frame", "main.Large", Nothing, "ecbffe2800d9", "ecbffe2000d9"),
    ("the size of a huge frame", "main.Huge", LESS, "ecbfa29800d9", "ecbfa2a000d9"),
    ("more than a huge frame", "main.Huge", Nothing, "ecbfa29800d9", "ecbfa29000d9"),
    ("no jump for more stack", "main.Large", FORGOTTEN, "ecab0036a065", "c00400000000"),
    ("another guard", "main.Large", GUARD, "e3a0d0100004", "e3a0d0180004"),
    ("the wrong jump", "main.Large", CONDITION, "ecab0036a065", "ecab00362065"),
    ("no jump for an address below zero", "main.Huge", UNGUARDED, "ecfb00424065", "c00400000000"),
    ("SP moved on one way", "main.Fork", MEET, "a72b0030", "a7fb0030"),
    ("another sum on one way", "main.Fork", Nothing, "a72b0030", "a72b0038"),
    ("half a word at calls", "main.Maps", MISALIGNED, "e3ff0fc0ff71", "e3ff0fc4ff71"),
    ("a word more at calls", "main.Maps", Not(Class::MisalignedCall), "e3ff0fc0ff71", "e3ff0fb8ff71"),
    ("SP not given back", "main.Maps", NOT_BACK, "a7fb0040", "a7fb0038"),
    ("the return address not read back", "main.Maps", LOST, "e3e0f0000004", "e300f0000004"),
    ("a deeper chain", "main.Upper", CHAIN, "main.Lower e3ff0f08ff71", "e3ff0d08ff71"),
    ("a chain that fits", "main.Upper", Nothing, "main.Lower e3ff0f08ff71", "e3ff0ec8ff71"),
];

const LOONG64: [Change; 16] = [
    ("the size of a large frame", "main.Large", LESS, "02f8a078", "02f8c078"),
    ("more than a large frame", "main.Large", Nothing, "02f8a078", "02f88078"),
    ("the size of a huge frame", "main.Huge", LESS, "038a63de", "038a83de"),
    ("more than a huge frame", "main.Huge", Nothing, "038a63de", "038a43de"),
    ("no jump for more stack", "main.Large", FORGOTTEN, "4000ca80", "03400000"),
    ("another guard", "main.Large", GUARD, "28c042d4", "28c062d4"),
    ("the wrong jump", "main.Large", ELSEWHERE, "4000ca80", "4400ca80"),
    ("no jump for an address below zero", "main.Huge", UNGUARDED, "4400f300", "03400000"),
    ("SP moved on one way", "main.Fork", MEET, "02c0c084", "02c0c063"),
    ("another sum on one way", "main.Fork", Nothing, "02c0c084", "02c0e084"),
    ("half a word at calls", "main.Maps", MISALIGNED, "02ff0063", "02ff1063"),
    ("a word more at calls", "main.Maps", Not(Class::MisalignedCall), "02ff0063", "02fee063"),
    ("SP not given back", "main.Maps", NOT_BACK, "02c10063", "02c0e063"),
    ("the return address not read back", "main.Maps", LOST, "28c00061", "28c00060"),
    ("a deeper chain", "main.Upper", CHAIN, "main.Lower 02fc2063", "02f42063"),
    ("a chain that fits", "main.Upper", Nothing, "main.Lower 02fc2063", "02fb2063"),
];

/// An instruction as it is in memory: s390x is big-endian.
fn encoded(goarch: &str, hex: &str) -> Vec<u8> {
    let digits = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).unwrap();
    let mut bytes: Vec<u8> = (0..hex.len()).step_by(2).map(digits).collect();
    if goarch != "s390x" {
        bytes.reverse();
    }
    bytes
}

fn all_changes(goarch: &str, changes: &[Change], barrier: Fault) {
    let (place, sound) = (Place::new(), sound(goarch));
    // Where instructions may begin.
    let step = if matches!(goarch, "riscv64" | "s390x") { 2 } else { 4 };
    for (what, function, wanted, from, to) in changes {
        let (within, from) = from.split_once(' ').unwrap_or((function, from));
        let (from, to) = (encoded(goarch, from), encoded(goarch, to));
        let mut bytes = sound.clone();
        let (at, _, len) = code(&bytes, within);
        let i = (at..at + len).step_by(step).find(|i| bytes[*i..].starts_with(&from));
        let i = i.unwrap_or_else(|| panic!("{goarch}, {what}: {within} has {from:x?}"));
        bytes[i..i + to.len()].copy_from_slice(&to);
        found(&place, (goarch, what, function), *wanted, &bytes);
    }
    all_found(goarch, &[barrier]);
    all_found(goarch, &TABLES);
}

#[test]
fn planted_faults_are_found_on_arm_and_near_misses_are_not() {
    let barrier: Fault = ("the store of a write barrier", "main.Maps", BARRIER, |b| last_unsafe(b, 8));
    all_changes("arm", &ARM, barrier);
}

#[test]
fn planted_faults_are_found_on_riscv64_and_near_misses_are_not() {
    let barrier: Fault = ("the store of a write barrier", "main.Maps", BARRIER, |b| last_unsafe(b, 8));
    all_changes("riscv64", &RISCV64, barrier);
}

#[test]
fn planted_faults_are_found_on_ppc64le_and_near_misses_are_not() {
    let barrier: Fault = ("the store of a write barrier", "main.Maps", BARRIER, |b| last_unsafe(b, 4));
    all_changes("ppc64le", &PPC64LE, barrier);
}

#[test]
fn planted_faults_are_found_on_s390x_and_near_misses_are_not() {
    let barrier: Fault = ("the store of a write barrier", "main.Maps", BARRIER, |b| last_unsafe(b, 6));
    all_changes("s390x", &S390X, barrier);
}

#[test]
fn planted_faults_are_found_on_loong64_and_near_misses_are_not() {
    let barrier: Fault = ("the store of a write barrier", "main.Maps", BARRIER, |b| last_unsafe(b, 8));
    all_changes("loong64", &LOONG64, barrier);
}
