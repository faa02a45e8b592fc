//! Sabotage that the running machine shows: a model of other registers than the
//! toolchain's, and binaries whose DWARF was patched. Each is found, by the
//! oracles whose business it is; and what is no fault is not.
#![cfg(target_os = "linux")]

#[path = "common/bench.rs"]
mod bench;
mod common;

use bench::{Bench, said};
use goabi_cases::arch::Arch;
use goabi_cases::cell::Build;
use goabi_reports::outcome::Outcome;
use goabi_reports::record::{OracleSummary, Record};
use goabi_runners::observe::dwarf::{LocationFact, SectionOffset};
use std::collections::BTreeSet;

const CASE: &str = "placed";

/// Parameters and results of the case, as DWARF numbers them.
const N: usize = 0;
const S: usize = 1;
const F: usize = 5;
const T: usize = 8;

/// The case's oracle by its name; the neighbour, in which nothing was planted,
/// passes.
#[track_caller]
fn oracle<'a>(record: &'a Record, oracle: &str) -> &'a OracleSummary {
    let of =
        |case: &str| record.cells.iter().find(|c| c.cell.starts_with(&format!("machine/patients/{case}@"))).unwrap();
    assert_eq!(of("neighbour").outcome, Outcome::Pass);
    &of(CASE).oracles[oracle]
}

/// What was found is found by just these oracles, and of this parameter or
/// result only.
#[track_caller]
fn found(record: &Record, oracles: &[&str], paths: &[&str]) {
    let said = said(record);
    let by: BTreeSet<&str> = said.iter().map(|f| f[0]).collect();
    assert_eq!(by, oracles.iter().copied().collect(), "{said:#?}");
    for f in &said {
        assert!(paths.iter().any(|p| f[1].contains(p)), "{f:?}");
    }
    assert_eq!(oracle(record, "registers").disagree, 0, "the machine itself is sound");
    assert_eq!(oracle(record, "values").disagree, 0);
}

/// Where the reference to a variable's type stands: behind the flag and the
/// line, both of one byte.
fn type_of(b: &Bench, i: usize) -> SectionOffset {
    let v = b.variable(CASE, i);
    let flag = v.flag_at.unwrap();
    let at = SectionOffset { offset: flag.offset + 2, len: 4, ..flag };
    let facts = b.facts(CASE);
    let wanted = facts.type_of(v.ty.unwrap()).unwrap().offset;
    assert_eq!(b.at(&at), u32::try_from(wanted).unwrap().to_le_bytes());
    at
}

/// The program with another type for a variable.
fn retyped(b: &Bench, i: usize, name: &str) -> Vec<u8> {
    let facts = b.facts(CASE);
    let other = facts.types.iter().find(|t| t.name.as_deref() == Some(name)).unwrap().offset;
    let other = u32::try_from(other).unwrap().to_le_bytes();
    b.patched(&type_of(b, i), |at| at.copy_from_slice(&other))
}

/// The places of the expressions of a variable's location list.
fn expressions(b: &Bench, i: usize) -> Vec<SectionOffset> {
    let LocationFact::List(ranges) = b.variable(CASE, i).location else { panic!("no location list") };
    ranges.into_iter().filter_map(|r| r.at).collect()
}

/// Where the first range of a location list says that it begins: in front of
/// its end and of the expression's length.
fn beginning(b: &Bench, i: usize) -> SectionOffset {
    let entry = expressions(b, i).swap_remove(0);
    let before = SectionOffset { offset: entry.offset - 6, len: 6, ..entry };
    let bytes = b.at(&before);
    let mut end = 4;
    while bytes[end - 1] & 0x80 != 0 {
        end -= 1;
    }
    // DW_LLE_offset_pair, from 0 on.
    assert_eq!(bytes[end - 2..end], [4, 0], "{bytes:x?}");
    SectionOffset { offset: before.offset + end as u64 - 1, len: 1, ..before }
}

/// DW_OP_reg0; the register's number is added.
const DW_OP_REG0: u8 = 0x50;

fn sabotage_dwarf(goarch: &'static str, mode: Build) {
    let Some(b) = Bench::new("machine", goarch, mode) else { return };
    let sound = b.record(&b.bytes);
    found(&sound, &[], &[]);
    for word in ["registers", "dwarf_live"] {
        let o = oracle(&sound, word);
        assert!(o.agree >= 20 && o.unobserved == 0, "{word}: {o:#?}");
    }
    let arch = Arch::get(goarch).unwrap();
    let op = |n: usize| DW_OP_REG0 + u8::try_from(arch.integer_registers[n].dwarf.unwrap()).unwrap();
    let both = ["dwarf", "dwarf_live"];
    let run = |bytes: Vec<u8>| b.record(&bytes);

    // A register, for one of which nothing is assigned.
    let entry = expressions(&b, N).swap_remove(0);
    found(&run(b.patched(&entry, |e| e[0] = op(7))), &both, &["params[0]", "args[0]"]);
    // The two registers of a string, swapped.
    let entry = expressions(&b, S).swap_remove(0);
    found(&run(b.patched(&entry, |e| e.swap(0, 3))), &both, &["params[1]", "args[1]"]);
    // Half of its length: a debugger says that it does not know all of it.
    let half = run(b.patched(&entry, |e| e[5] = 4));
    found(&half, &["dwarf"], &["params[1]"]);
    assert!(oracle(&half, "dwarf_live").not_described > oracle(&sound, "dwarf_live").not_described);

    // A number of another kind, and one of another sign.
    found(&run(retyped(&b, N, "float64")), &both, &["params[0]", "args[0]"]);
    found(&run(retyped(&b, N, "uint64")), &both, &["params[0]", "args[0]"]);
    // Another name for what reads alike is no lie about the value.
    found(&run(retyped(&b, N, "int")), &["dwarf"], &["params[0]"]);

    // A parameter that says it is a result: its value is shown all the same.
    let flag = b.variable(CASE, N).flag_at.unwrap();
    found(&run(b.patched(&flag, |f| f[0] = 1)), &["dwarf"], &["params[0]"]);

    // A hole at the entry: nothing is shown there, and nothing is wrong.
    let hole = run(b.patched(&beginning(&b, N), |at| at[0] = 1));
    for word in both {
        let more = oracle(&hole, word).not_described - oracle(&sound, word).not_described;
        match (mode, word) {
            // Optimised code may do that; it is counted.
            (Build::Opt, _) | (_, "dwarf_live") => assert!(more > 0, "{word}"),
            (_, _) => assert_eq!(more, 0),
        }
    }
    match mode {
        Build::Noopt => found(&hole, &["dwarf"], &["params[0]"]),
        Build::Opt | Build::Noregabi => found(&hole, &[], &[]),
    }

    if mode == Build::Noopt {
        // Where a parameter was stored: `dwarf` leaves that to the compiler.
        let home = expressions(&b, F).swap_remove(1);
        assert_eq!(b.at(&home)[0], 0x91, "DW_OP_fbreg");
        found(&run(b.patched(&home, |e| e[1] = e[1].wrapping_sub(8) & 0x7f)), &["dwarf_live"], &["args[5]"]);
        // And a result, by one word.
        let home = b.variable(CASE, T).location_at.unwrap();
        assert_eq!(b.at(&home)[0], 0x91, "DW_OP_fbreg");
        let record = run(b.patched(&home, |e| e[1] ^= 8));
        let live: Vec<_> = said(&record).into_iter().filter(|f| f[0] == "dwarf_live").collect();
        assert!(!live.is_empty() && live.iter().all(|f| f[1].ends_with("return.results[1]")), "{live:?}");
    }
}

/// What no body reads is looked at behind the prologue, too, though it may be gone
/// there after its function was begun anew.
fn sabotage_unread(goarch: &'static str) {
    let Some(b) = Bench::new("machine", goarch, Build::Opt) else { return };
    assert_eq!(said(&b.record(&b.bytes)), [] as [[&str; 4]; 0]);
    let arch = Arch::get(goarch).unwrap();
    let LocationFact::List(ranges) = b.variable("unread", 0).location else { panic!("no location list") };
    let at = ranges[0].at.clone().unwrap();
    let other = DW_OP_REG0 + u8::try_from(arch.integer_registers[7].dwarf.unwrap()).unwrap();
    let record = b.record(&b.patched(&at, |e| e[0] = other));
    let live: Vec<_> = said(&record).into_iter().filter(|f| f[0] == "dwarf_live").map(|f| f[1]).collect();
    assert_eq!(live, ["vectors[0].entry.args[0]", "vectors[0].prologue.args[0]"]);
}

#[test]
fn a_lie_about_what_is_never_read_is_found_behind_the_prologue_of_amd64() {
    sabotage_unread("amd64");
}

#[test]
fn a_lie_about_what_is_never_read_is_found_behind_the_prologue_of_arm64() {
    sabotage_unread("arm64");
}

#[test]
fn patched_dwarf_is_found_in_the_machine_of_optimised_amd64() {
    sabotage_dwarf("amd64", Build::Opt);
}

#[test]
fn patched_dwarf_is_found_in_the_machine_of_unoptimised_amd64() {
    sabotage_dwarf("amd64", Build::Noopt);
}

#[test]
fn patched_dwarf_is_found_in_the_machine_of_optimised_arm64() {
    sabotage_dwarf("arm64", Build::Opt);
}

#[test]
fn patched_dwarf_is_found_in_the_machine_of_unoptimised_arm64() {
    sabotage_dwarf("arm64", Build::Noopt);
}

/// The paths at which `registers` finds something, of all vectors.
fn by_registers(record: &Record) -> BTreeSet<String> {
    let all = said(record).into_iter().filter(|f| f[0] == "registers");
    all.map(|f| f[1].split_once("].").map_or(f[1], |(_, rest)| rest).to_string()).collect()
}

fn model(goarch: &str, change: impl FnOnce(&mut Arch)) -> &'static Arch {
    let mut arch = Arch::get(goarch).unwrap().clone();
    change(&mut arch);
    Box::leak(Box::new(arch))
}

fn sabotage_model(goarch: &'static str) {
    let Some(b) = Bench::new("machine", goarch, Build::Opt) else { return };
    let by = |change: &dyn Fn(&mut Arch)| by_registers(&b.record_by(&b.bytes, model(goarch, change)));
    let has = |found: &BTreeSet<String>, paths: &[&str]| paths.iter().all(|p| found.contains(*p));

    // Two integer registers: the number and the string lie in each other's.
    let found = by(&|a| a.integer_registers.swap(0, 1));
    assert!(has(&found, &["abi.integer_sequence", "entry.args[0]", "entry.args[1]"]), "{found:?}");
    assert!(has(&found, &["return.results[0]", "return.results[1]"]), "{found:?}");
    assert!(!has(&found, &["entry.args[5]"]) && !has(&found, &["return.results[2]"]), "{found:?}");
    // Two floating-point registers.
    let found = by(&|a| a.float_registers.swap(0, 1));
    assert!(has(&found, &["abi.float_sequence", "entry.args[2]", "entry.args[5]", "return.results[2]"]), "{found:?}");
    assert!(!has(&found, &["entry.args[0]"]) && !has(&found, &["return.results[0]"]), "{found:?}");
    // Their numbers only: the toolchain's files know registers by name, the
    // machine shows what is there.
    let found = by(&|a| {
        let (x, y) = (a.integer_registers[0].dwarf, a.integer_registers[1].dwarf);
        (a.integer_registers[0].dwarf, a.integer_registers[1].dwarf) = (y, x);
    });
    assert!(has(&found, &["entry.args[0]", "entry.args[1]", "return.results[0]"]), "{found:?}");
    assert!(!has(&found, &["abi.integer_sequence"]), "{found:?}");
    // Two that no function here uses: the files know better, the machine does not.
    let found = by(&|a| a.integer_registers.swap(7, 8));
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["abi.integer_sequence"]);

    // Not to be flagged: registers that hold neither argument nor result.
    let record = b.record_by(&b.bytes, model(goarch, |a| a.roles.scratch.reverse()));
    assert_eq!(said(&record), [] as [[&str; 4]; 0]);
    assert!(oracle(&record, "registers").agree >= 20);
}

#[test]
fn a_model_of_other_registers_is_found_on_amd64() {
    sabotage_model("amd64");
}

#[test]
fn a_model_of_other_registers_is_found_on_arm64() {
    sabotage_model("arm64");
}
