//! The page on Go's calling convention (`docs/abi.md`): what it prints is what
//! goabi prints, and what it claims is what compiled functions do.
//!
//! `GOABI_BLESS=1 cargo test -p goabi --test abi_page` writes the page's listings anew.
#![cfg(target_os = "linux")]

mod common;

use common::{Place, toolchain};
use goabi_cases::arch::{Arch, Reg};
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/abi.md")
}

/// The words of a command line as the page writes them: single quotes only.
fn words(line: &str) -> Vec<String> {
    let pieces = line.split('\'').enumerate();
    pieces
        .flat_map(
            |(i, p)| if i % 2 == 1 { vec![p.to_string()] } else { p.split_whitespace().map(str::to_string).collect() },
        )
        .collect()
}

/// `R0 – R15`, or the names where they do not count up.
fn sequence(list: &[Reg]) -> String {
    let number = |r: &Reg| r.name.trim_start_matches(char::is_alphabetic).parse::<u32>().ok();
    let letters = |r: &Reg| r.name.trim_end_matches(|c: char| c.is_ascii_digit()).to_string();
    let follows =
        |a: &Reg, b: &Reg| letters(a) == letters(b) && number(a).zip(number(b)).is_some_and(|(a, b)| a + 1 == b);
    let mut out: Vec<String> = Vec::new();
    let mut rest = list;
    while let Some(first) = rest.first() {
        let run = rest.windows(2).take_while(|w| follows(&w[0], &w[1])).count();
        out.push(if run > 1 { format!("{}–{}", first.name, rest[run].name) } else { first.name.clone() });
        rest = &rest[if run > 1 { run + 1 } else { 1 }..];
    }
    out.join(", ")
}

fn registers() -> String {
    let mut out = String::from(
        "| port | registers since | integer | floating point | closure context | goroutine |\n|---|---|---|---|---|---|\n",
    );
    for a in Arch::all() {
        let since =
            a.register_abi_since.map_or("no register ABI".to_string(), |v| format!("Go {}.{}", v.major, v.minor));
        let bank = |l: &[Reg]| if l.is_empty() { "–".to_string() } else { format!("{}: {}", l.len(), sequence(l)) };
        let g = a.roles.g.as_ref().map_or("in thread-local storage", |r| r.name.as_str());
        let (int, float) = (bank(&a.integer_registers), bank(&a.float_registers));
        let _ = writeln!(out, "| {} | {since} | {int} | {float} | {} | {g} |", a.goarch, a.roles.closure_context.name);
    }
    out
}

/// The page with everything written anew that goabi prints.
fn fresh(text: &str) -> String {
    let place = Place::new();
    let mut out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        if line == "<!-- written by a test: registers -->" {
            out += &registers();
            let _ = writeln!(out, "{}", lines.find(|l| *l == "<!-- end -->").expect("the table's end"));
        }
        let Some(command) = line.strip_prefix("$ goabi ") else { continue };
        let args = words(command);
        let mut cmd = place.command(&args.iter().map(String::as_str).collect::<Vec<_>>());
        let done = common::Done::of(cmd.env("COLUMNS", "110"));
        assert_eq!(done.code, Some(0), "{line}: {done:#?}");
        out += &done.stdout;
        let _ = writeln!(out, "{}", lines.find(|l| *l == "```").expect("the block's end"));
    }
    out
}

#[test]
fn listings_are_what_goabi_prints() {
    let text = std::fs::read_to_string(page()).unwrap();
    let fresh = fresh(&text);
    if std::env::var_os("GOABI_BLESS").is_some() {
        std::fs::write(page(), &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(page()).unwrap();
    assert_eq!(committed, fresh, "docs/abi.md is stale: GOABI_BLESS=1 cargo test -p goabi --test abi_page");
}

#[test]
fn sequences_are_short() {
    let of = |g: &str| sequence(&Arch::get(g).unwrap().integer_registers);
    assert_eq!(of("amd64"), "RAX, RBX, RCX, RDI, RSI, R8–R11");
    assert_eq!(of("ppc64"), "R3–R10, R14–R17");
    assert_eq!(of("riscv64"), "X10–X17, X8, X9, X18–X23");
}

/// The instructions of one port in the output of `explain --asm`.
fn instructions(stdout: &str, port: &str) -> Vec<String> {
    let lines = stdout.lines().skip_while(|l| *l != port).skip(1).take_while(|l| l.starts_with("  "));
    let list: Vec<String> = lines.map(str::to_string).collect();
    assert!(list.len() > 2 && list.iter().any(|l| l.contains("RET")), "{port}: {stdout}");
    list
}

fn any(list: &[String], parts: &[&str]) -> bool {
    list.iter().any(|l| parts.iter().all(|p| l.contains(p)))
}

/// What a claim's command must show.
fn check(claim: usize, stdout: &str) {
    let amd64 = || instructions(stdout, "amd64");
    match claim {
        1 => {
            for (i, r) in ["RAX", "RBX", "RCX", "RDI", "RSI", "R8", "R9", "R10", "R11"].iter().enumerate() {
                assert!(any(&amd64(), &[&format!("MOV {r}, "), &format!("goabiResult{i}]")]), "{r}: {stdout}");
            }
            assert!(!any(&amd64(), &["[RSP"]), "nothing is on the stack: {stdout}");
        }
        2 => {
            assert!(any(&amd64(), &["MOV RAX, ", "goabiResult0]"]) && any(&amd64(), &["MOV RBX, ", "goabiResult1]"]));
            assert!(!any(&amd64(), &["RDX"]) && !any(&amd64(), &["[RSP"]), "{stdout}");
        }
        3 => {
            let list = instructions(stdout, "riscv64");
            assert!(["X10", "X11", "X12"].iter().all(|r| any(&list, &["MOV ", &format!(", {r}")])), "{stdout}");
            assert!(!any(&list, &["X2"]), "the stack pointer is not touched: {stdout}");
        }
        4 => {
            assert!(any(&amd64(), &["MOV [RSP+", "], RAX"]) && any(&amd64(), &["[RSP+", "LEA"]), "{stdout}");
            assert!(any(&instructions(stdout, "arm64"), &["X0, [SP"]), "{stdout}");
        }
        5 => {
            let list = instructions(stdout, "arm64");
            assert!((0..16).all(|i| any(&list, &[&format!("LDR X{i}, ")])), "{stdout}");
            assert!(!any(&list, &["[SP"]), "{stdout}");
        }
        6 => {
            let taken = ["MOV RAX, ", "MOV RBX, ", "MOV RCX, ", "MOVSD XMM0, "];
            assert!(taken.iter().all(|t| any(&amd64(), &[t])) && !any(&amd64(), &["[RSP"]), "{stdout}");
        }
        7 => {
            let list = instructions(stdout, "386");
            // Above the frame are the arguments, above these the results.
            assert!(any(&list, &["MOV EAX, [ESP+0x10]"]) && any(&list, &["MOV [ESP+0x18], E"]), "{stdout}");
            let list = amd64();
            assert!(any(&list, &["], EAX"]) && any(&list, &["], EBX"]) && any(&list, &["MOV EAX, ", "goabiResult0"]));
        }
        // The verdicts are judged where they are at hand.
        8 => {}
        other => panic!("claim {other} is not checked"),
    }
}

/// The nth file of cases on the page, counted from 1.
fn block(text: &str, n: usize) -> String {
    let after = text.split("```yaml,case\n").nth(n).expect("a file of cases");
    after.split("```").next().unwrap_or_default().to_string()
}

#[test]
fn the_machine_agrees() {
    toolchain();
    let text = std::fs::read_to_string(page()).unwrap();
    let place = Place::new();
    place.write("claims/machine.yaml", &block(&text, 2));
    let command = "run --cases claims/machine.yaml --target all --call direct";
    assert!(text.contains(&format!("`goabi {command}`")), "the page does not name the command");
    let command = format!("{} --out out", command.replace(" all ", &format!(" {} ", common::host())));
    let done = place.goabi(&words(&command).iter().map(String::as_str).collect::<Vec<_>>());
    let record = place.record();
    assert_eq!(record.cells.len(), 12, "{done:#?}");
    for cell in &record.cells {
        let seen = &cell.oracles["registers"];
        // What the toolchain's files say, and every word of at least one entry or return.
        assert!(seen.agree > 8 && seen.disagree == 0 && seen.unobserved == 0, "{cell:?}\n{done:#?}");
    }
}

#[test]
fn every_claim_is_checked() {
    let (_, toolchain) = toolchain();
    let text = std::fs::read_to_string(page()).unwrap();
    let place = Place::new();
    place.write("claims/results.yaml", &block(&text, 1));
    let rows: Vec<&str> = text.lines().filter(|l| l.starts_with("| ") && l.ends_with("` |")).collect();
    for (i, row) in rows.iter().enumerate() {
        let claim: usize = row.split('|').nth(1).unwrap().trim().parse().unwrap();
        assert_eq!(claim, i + 1, "{row}");
        let command = row.rsplit('`').nth(1).unwrap();
        let mut args = words(command.strip_prefix("goabi ").unwrap());
        if args[0] == "run" {
            args.extend(["--target", common::host(), "--out", "out"].map(str::to_string));
        }
        let done = place.goabi(&args.iter().map(String::as_str).collect::<Vec<_>>());
        if args[0] == "run" {
            // DWARF of some releases has known faults, which do not concern the claim.
            let record = place.record();
            let others: Vec<_> = record.findings.iter().filter(|f| f.finding.oracle != "dwarf").collect();
            assert!(others.is_empty() && record.cells.len() == 8, "{done:#?}");
            assert!(record.cells.iter().all(|c| c.unobserved().next().is_none()), "{done:#?}");
        } else {
            assert_eq!(done.code, Some(0), "{command}: {done:#?}");
        }
        if toolchain.version.minor < 24 && done.stdout.contains("no instructions: go tool objdump") {
            eprintln!("claim {claim} is not checked: {} cannot disassemble that port", toolchain.label);
            continue;
        }
        check(claim, &done.stdout);
    }
    assert_eq!(rows.len(), 8);
}
