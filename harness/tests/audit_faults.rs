//! `goabi audit` of binaries whose code or tables were patched: each class of findings
//! on a planted fault, beside a change of the same sort that must not be flagged.

mod common;

use common::audited::code;
use common::faults::Wanted::{Found, Not, Nothing};
use common::faults::{
    BARRIER, BELOW, CHAIN, FORGOTTEN, Fault, GUARD, LESS, LOST, MEET, MISALIGNED, NOT_BACK, TABLES, all_found,
    last_unsafe, patch, plus, word,
};
use common::planted::plant_rows;
use goabi::audit::Class;
use goabi_runners::observe::unwind::PcData;

/// `LEA R12, [RSP-n]`, `SUB R12, n`, and what follows them.
const LEA: &str = "4c 8d a4 24 .. .. .. ..";
const SUB: &str = "49 81 ec .. .. .. ..";
const AMD64: [Fault; 18] = [
    ("the size of a large frame", "main.Large", LESS, |b| patch(b, "main.Large", LEA, |b| plus(b, 8))),
    ("more than a large frame", "main.Large", Nothing, |b| patch(b, "main.Large", LEA, |b| plus(b, -8))),
    ("the size of a huge frame", "main.Huge", LESS, |b| patch(b, "main.Huge", SUB, |b| plus(b, -8))),
    ("more than a huge frame", "main.Huge", Nothing, |b| patch(b, "main.Huge", SUB, |b| plus(b, 8))),
    ("no jump for more stack", "main.Large", FORGOTTEN, |b| {
        patch(b, "main.Large", "4d 3b 66 10 76 ..", |b| b[4..].copy_from_slice(&[0x66, 0x90]));
    }),
    ("the wrong jump", "main.Large", Found(Class::StackCheck, "the check jumps on another condition"), |b| {
        patch(b, "main.Large", "4d 3b 66 10 76 ..", |b| b[4] = 0x72);
    }),
    ("another guard", "main.Large", GUARD, |b| {
        patch(b, "main.Large", "4d 3b 66 10 76 ..", |b| b[3] = 0x18);
    }),
    ("SP moved on one way", "main.Fork", MEET, |b| {
        patch(b, "main.Fork", "48 83 c0 30", |b| b[2] = 0xc4);
    }),
    ("another sum on one way", "main.Fork", Nothing, |b| patch(b, "main.Fork", "48 83 c0 30", |b| b[3] = 0x38)),
    ("half a word at calls", "main.Maps", MISALIGNED, |b| {
        patch(b, "main.Maps", "48 83 ec ..", |b| b[3] += 4);
    }),
    ("a word more at calls", "main.Maps", Not(Class::MisalignedCall), |b| {
        patch(b, "main.Maps", "48 83 ec ..", |b| b[3] += 8);
    }),
    ("SP not given back", "main.Maps", NOT_BACK, |b| {
        patch(b, "main.Maps", "48 83 c4 ..", |b| b[3] -= 8);
    }),
    ("the return address overwritten", "main.Maps", LOST, |b| {
        patch(b, "main.Maps", "48 89 44 24 ..", |b| b[4] -= 8);
    }),
    ("the word above it overwritten", "main.Maps", Nothing, |b| patch(b, "main.Maps", "48 89 44 24 ..", |b| b[4] += 8)),
    ("a deeper chain", "main.Upper", CHAIN, |b| patch(b, "main.Lower", "48 81 ec .. .. .. ..", |b| plus(b, 512))),
    ("a chain that fits", "main.Upper", Nothing, |b| patch(b, "main.Lower", "48 81 ec .. .. .. ..", |b| plus(b, 64))),
    ("a circle", "main.Upper", CHAIN, |b| {
        let (to, from) = (code(b, "main.Upper").1, code(b, "main.Lower").1);
        patch(b, "main.Upper", "e8 .. .. .. ..", |b| {
            // Instead of Lower, Upper calls itself.
            plus(b, i32::try_from(to.cast_signed() - from.cast_signed()).unwrap());
        });
    }),
    ("the store of a write barrier", "main.Maps", BARRIER, |b| last_unsafe(b, 7)),
];

const ARM64: [Fault; 15] = [
    ("the size of a large frame", "main.Large", LESS, |b| word(b, "main.Large", CHECKED, |w| w - (16 << 10))),
    ("more than a large frame", "main.Large", Nothing, |b| word(b, "main.Large", CHECKED, |w| w + (16 << 10))),
    ("the size of a huge frame", "main.Huge", LESS, |b| word(b, "main.Huge", CONSTANT, |w| w - (16 << 5))),
    ("more than a huge frame", "main.Huge", Nothing, |b| word(b, "main.Huge", CONSTANT, |w| w + (16 << 5))),
    ("no jump for more stack", "main.Large", FORGOTTEN, |b| {
        word(b, "main.Large", (0xff00_001f, 0x5400_0009), |_| 0xd503_201f);
    }),
    ("SP moved on one way", "main.Fork", MEET, |b| {
        word(b, "main.Fork", (!0, 0x9100_c000), |w| w | 0x3ff);
    }),
    ("another sum on one way", "main.Fork", Nothing, |b| word(b, "main.Fork", (!0, 0x9100_c000), |w| w + (16 << 10))),
    ("half of what is aligned, at calls", "main.Maps", MISALIGNED, |b| {
        word(b, "main.Maps", PUSHED, |w| w - (8 << 12));
    }),
    ("16 bytes more at calls", "main.Maps", Not(Class::MisalignedCall), |b| {
        word(b, "main.Maps", PUSHED, |w| w - (16 << 12));
    }),
    ("LR not read back", "main.Maps", LOST, |b| {
        // LDR X30, [SP], #n becomes ADD SP, SP, #n.
        word(b, "main.Maps", (0xffe0_0fff, 0xf840_07fe), |w| 0x9100_03ff | (w >> 12 & 0x1ff) << 10);
    }),
    ("another word read", "main.Maps", Nothing, |b| {
        word(b, "main.Maps", (0xffc0_03e0, 0xf940_03e0), |w| w + (1 << 10))
    }),
    ("a deeper chain", "main.Upper", CHAIN, |b| word(b, "main.Lower", FRAME, |w| w + (512 << 10))),
    ("a chain that fits", "main.Upper", Nothing, |b| word(b, "main.Lower", FRAME, |w| w + (64 << 10))),
    ("the store of a write barrier", "main.Maps", BARRIER, |b| last_unsafe(b, 8)),
    ("the move of SP below what is saved", "main.Large", BELOW, |b| {
        // Where MOV SP, X20 is unsafe, the instruction behind it is instead.
        plant_rows(
            b,
            "main.Large",
            |f| f.pcdata(PcData::UnsafePoint),
            |rows| {
                let n = rows.iter().position(|r| r.value == -2 && r.to - r.from == 4).unwrap();
                let [before, here, behind] = &mut rows[n - 1..=n + 1] else { panic!("three rows") };
                (before.to, here.from, here.to, behind.from) = (here.to, here.to, here.to + 4, here.to + 4);
            },
        );
    }),
];

const X86: [Fault; 16] = [
    ("the size of a large frame", "main.Large", LESS, |b| {
        patch(b, "main.Large", "8d 84 24 .. .. .. ..", |b| plus(b, 4))
    }),
    ("more than a large frame", "main.Large", Nothing, |b| {
        patch(b, "main.Large", "8d 84 24 .. .. .. ..", |b| plus(b, -4))
    }),
    ("the size of a huge frame", "main.Huge", LESS, |b| patch(b, "main.Huge", "2d .. .. .. ..", |b| plus(b, -4))),
    ("more than a huge frame", "main.Huge", Nothing, |b| patch(b, "main.Huge", "2d .. .. .. ..", |b| plus(b, 4))),
    ("no jump for more stack", "main.Large", FORGOTTEN, |b| {
        patch(b, "main.Large", "3b 41 08 76 ..", |b| b[3..].copy_from_slice(&[0x66, 0x90]));
    }),
    ("another guard", "main.Large", GUARD, |b| patch(b, "main.Large", "3b 41 08 76 ..", |b| b[2] = 0x0c)),
    ("SP moved on one way", "main.Fork", MEET, |b| patch(b, "main.Fork", "83 c1 30", |b| b[1] = 0xc4)),
    ("another sum on one way", "main.Fork", Nothing, |b| patch(b, "main.Fork", "83 c1 30", |b| b[2] = 0x38)),
    ("half a word at calls", "main.Maps", MISALIGNED, |b| patch(b, "main.Maps", "83 ec ..", |b| b[2] += 2)),
    ("a word more at calls", "main.Maps", Not(Class::MisalignedCall), |b| {
        patch(b, "main.Maps", "83 ec ..", |b| b[2] += 4)
    }),
    ("SP not given back", "main.Maps", NOT_BACK, |b| patch(b, "main.Maps", "83 c4 ..", |b| b[2] -= 4)),
    ("the return address overwritten", "main.Maps", LOST, |b| patch(b, "main.Maps", "89 44 24 10", |b| b[3] = 0x18)),
    ("the word above it overwritten", "main.Maps", Nothing, |b| patch(b, "main.Maps", "89 44 24 10", |b| b[3] = 0x1c)),
    ("a deeper chain", "main.Upper", CHAIN, |b| patch(b, "main.Upper", "81 ec .. .. .. ..", |b| plus(b, 512))),
    ("a chain that fits", "main.Upper", Not(Class::StackCheck), |b| {
        patch(b, "main.Upper", "81 ec .. .. .. ..", |b| plus(b, 64));
    }),
    ("the store of a write barrier", "main.Maps", BARRIER, |b| last_unsafe(b, 6)),
];

/// `SUB X17, SP, #n`, `MOV X27, #n`, `STR X30, [SP, #-n]!` and `SUB X20, SP, #n`.
const CHECKED: (u32, u32) = (0xffc0_03ff, 0xd100_03f1);
const CONSTANT: (u32, u32) = (0xffe0_001f, 0xd280_001b);
const PUSHED: (u32, u32) = (0xffe0_0fff, 0xf800_0ffe);
const FRAME: (u32, u32) = (0xffc0_03ff, 0xd100_03f4);

#[test]
fn planted_faults_are_found_on_amd64_and_near_misses_are_not() {
    all_found("amd64", &AMD64);
    all_found("amd64", &TABLES);
}

#[test]
fn planted_faults_are_found_on_386_and_near_misses_are_not() {
    all_found("386", &X86);
    all_found("386", &TABLES);
}

#[test]
fn planted_faults_are_found_on_arm64_and_near_misses_are_not() {
    all_found("arm64", &ARM64);
    all_found("arm64", &TABLES);
}
