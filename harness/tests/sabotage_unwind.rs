//! Sabotage that the oracle `unwind` sees: binaries whose unwinding tables, or
//! whose code, were patched, run as the suite runs them. On ports whose code is
//! decoded both the machine and the code show it, elsewhere the machine alone.
#![cfg(target_os = "linux")]

#[path = "common/bench.rs"]
mod bench;
mod common;

use bench::{Bench, said};
use common::planted::{plant_cfi, plant_depth, replaced};
use goabi_cases::cell::Build;
use goabi_reports::record::{OracleSummary, Record};
use std::collections::BTreeSet;

/// The function of the case `placed`, which returns for one vector and for another.
const FUNCTION: &str = "goabi.test/c/machine-patients.GoabiFunc_placed";

/// That of the case `unread`, which calls another and has a small frame.
const CALLS: &str = "goabi.test/c/machine-patients.GoabiFunc_unread";

fn summary(record: &Record, case: &str) -> OracleSummary {
    let of = format!("machine/patients/{case}@");
    record.cells.iter().find(|c| c.cell.starts_with(&of)).unwrap().oracles["unwind"].clone()
}

/// Where it was found: just there, by this oracle, in the case in which it was planted.
#[track_caller]
fn found(record: &Record, paths: &[&str]) {
    let all = said(record);
    let mine: BTreeSet<&str> = all.iter().filter(|f| f[0] == "unwind").map(|f| f[1]).collect();
    assert_eq!(mine, paths.iter().copied().collect(), "{all:#?}");
    assert_eq!((summary(record, "neighbour").disagree, summary(record, "neighbour").unobserved), (0, 0));
}

/// The program with an instruction of that case's function replaced.
fn with_code(bytes: &[u8], is: impl Fn(u32) -> bool, by: impl Fn(u32) -> u32) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    replaced(&mut bytes, CALLS, is, by);
    bytes
}

fn sabotage(goarch: &'static str, decoded: bool) {
    // Without optimisation each function has a frame.
    let Some(b) = Bench::new("machine", goarch, Build::Noopt) else { return };
    let sound = b.record(&b.bytes);
    found(&sound, &[]);
    let of = summary(&sound, "placed");
    assert!(of.agree > u32::from(decoded) && of.unobserved == 0, "{of:#?}");

    let mut bytes = b.bytes.clone();
    plant_depth(&mut bytes, FUNCTION);
    // What was not decoded is not seen in the code.
    let shown = if decoded { 2 } else { 1 };
    found(&b.record(&bytes), &["vectors[0].pcsp", "code.pcsp"][..shown]);

    let mut bytes = b.bytes.clone();
    plant_cfi(&mut bytes, FUNCTION);
    found(&b.record(&bytes), &["vectors[0].cfi", "code.cfi"][..shown]);
}

#[test]
fn patched_tables_of_amd64() {
    sabotage("amd64", true);
}

#[test]
fn patched_tables_of_arm64() {
    sabotage("arm64", true);
}

#[test]
fn patched_tables_of_riscv64() {
    sabotage("riscv64", true);
}

#[test]
fn patched_tables_of_a_big_endian_port() {
    sabotage("s390x", true);
}

#[test]
fn patched_tables_of_a_port_without_a_decoder() {
    sabotage("mips64le", false);
}

#[test]
fn patched_code() {
    let Some(b) = Bench::new("machine", "arm64", Build::Noopt) else { return };
    // MOVD R29, -8(RSP) becomes a NOP: the caller's frame pointer is not saved. The
    // return address is found all the same, so that only the code shows it.
    let unsaved = with_code(&b.bytes, |w| w == 0xf81f_83fd, |_| 0xd503_201f);
    found(&b.record(&unsaved), &["code.frame_pointer"]);
    // SUB $8, RSP, R29 becomes a NOP: at a call it is the caller's still.
    let unset = with_code(&b.bytes, |w| w == 0xd100_23fd, |_| 0xd503_201f);
    found(&b.record(&unset), &["code.frame_pointer", "vectors[0].frame_pointer"]);
    // A near miss: ADD becomes SUB, in a sum that is no frame's.
    let sum = with_code(&b.bytes, |w| w & 0xff20_0000 == 0x8b00_0000, |w| w | 0x4000_0000);
    let record = b.record(&sum);
    found(&record, &[]);
    assert!(said(&record).iter().any(|f| f[0] == "values"), "it is a fault, but none of this oracle's");
}
