//! The frames that `goabi explain --abi0` prints, put to the test by `go vet`:
//! it works each frame out by itself and complains of every operand whose name,
//! offset or size is another, and of every wrong size behind `$0-`.

mod common;

use common::toolchain;
use goabi::explain::make::{Column, Subject, explain};
use goabi_cases::arch::Arch;
use goabi_cases::cell::Build;
use goabi_cases::resolve;
use goabi_cases::scope::Scope;
use goabi_cases::version::GoVersion;
use goabi_reports::explain::model::Operand;
use std::fmt::Write;
use std::process::Command;

/// Signatures with all kinds of words, padding, empty values, and no results.
const SIGNATURES: &[&str] = &[
    "func(a int8)",
    "func(a, b int32) (x int32, y bool)",
    "func(n int, p struct{ A int8; B float64 }) (v any, b []byte, err error)",
    "func(a int8, b int64, c int16, d uint64) (x int8, y int64)",
    "func(s string, t []string, m map[string]int, f func(), c chan int, p *int) (e error)",
    "func(z struct{}, a int8, y [0]int64, b int8) (x struct{}, r int16)",
    "func(a [3]int16, b bool, c [2]struct{ A int8; B int32 }) (r [2]bool)",
    "func(a complex64, b int8, c complex128) (x complex64, y float32, w float64)",
    "func(x struct{ A struct{ B int8; C int64 }; D string; E any }) (y struct{ P *int; Q uint16 })",
    "func(a float32, b float64, c uintptr) (x uint8)",
    "func() (a, b, c, d, e, f, g, h, i, j int)",
    "func(int, string) (bool, error)",
];

/// The move that loads or stores so many bytes, as `go vet` knows it on that port.
fn touch(goarch: &str, o: &Operand) -> Option<String> {
    let register = match goarch {
        "386" | "amd64" => "AX",
        "riscv64" => "X5",
        _ => "R4",
    };
    let instruction = match (goarch, o.bytes) {
        (_, 1) => "MOVB",
        ("386" | "amd64", 2) => "MOVW",
        (_, 2) => "MOVH",
        ("386" | "amd64", 4) => "MOVL",
        (_, 4) => "MOVW",
        ("amd64", 8) => "MOVQ",
        ("arm64" | "s390x" | "ppc64" | "ppc64le", 8) => "MOVD",
        ("riscv64", 8) => "MOV",
        ("loong64" | "mips64" | "mips64le", 8) => "MOVV",
        // A float64 on a 32-bit port takes a move of its own.
        _ => return None,
    };
    Some(format!("\t{instruction} {}, {register}\n", o.operand))
}

#[test]
fn go_vet_accepts_every_frame_on_every_port() {
    let (provision, toolchain) = toolchain();
    if toolchain.version < GoVersion::new(1, 22, 0) {
        // Its sizes of structs lack the padding at their end (go/types; right since 1.22).
        eprintln!("skipped: go vet of {} works frames out wrongly", toolchain.label);
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let scope = Scope::empty().unwrap();
    let mut declarations = String::from("package p\n\n");
    let mut touched = 0;
    for (i, text) in SIGNATURES.iter().enumerate() {
        let _ = writeln!(declarations, "func f{i}{}\n", text.strip_prefix("func").unwrap());
    }
    std::fs::write(dir.path().join("go.mod"), "module p\n\ngo 1.21\n").unwrap();
    std::fs::write(dir.path().join("p.go"), &declarations).unwrap();
    for arch in Arch::all() {
        let mut assembly = String::from("#include \"textflag.h\"\n");
        for (i, text) in SIGNATURES.iter().enumerate() {
            let signature = resolve::signature(&scope, text).unwrap();
            let subject =
                Subject { name: format!("f{i}"), signature, text: String::new(), declarations: String::new() };
            let column = Column { arch, version: GoVersion::new(1, 27, 3), build: Build::Opt };
            let frame = explain(&subject, &[column]).unwrap().ports.swap_remove(0).frame;
            let _ = writeln!(assembly, "\n{}", frame.text);
            for o in &frame.operands {
                let Some(line) = touch(&arch.goarch, o) else { continue };
                assembly += &line;
                touched += 1;
            }
            assembly += "\tRET\n";
        }
        std::fs::write(dir.path().join(format!("p_{}.s", arch.goarch)), assembly).unwrap();
    }
    assert!(touched > 500, "{touched}");
    for arch in Arch::all() {
        let vet = |expected: bool, what: &str| {
            let done = Command::new(toolchain.go())
                .args(["vet", "-asmdecl", "."])
                .current_dir(dir.path())
                .envs([
                    ("GOARCH", arch.goarch.as_str()),
                    ("GOOS", "linux"),
                    ("CGO_ENABLED", "0"),
                    ("GOTOOLCHAIN", "local"),
                ])
                .envs([("GOFLAGS", ""), ("GOPROXY", "off")])
                .env("GOCACHE", provision.cache.gocache(&toolchain.fingerprint))
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            // A result that is only read is not written: what vet says of that is
            // about this test, not about the frame.
            let frame: Vec<&str> =
                said.lines().filter(|l| l.contains(".s:") && !l.contains("RET without writing")).collect();
            assert_eq!(frame.is_empty(), expected, "{what} {}: {said}", arch.goarch);
        };
        vet(true, "as printed");
        // A near miss must be seen, or vet looks at nothing.
        let file = dir.path().join(format!("p_{}.s", arch.goarch));
        let right = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, right.replacen("a+0(FP)", "a+1(FP)", 1)).unwrap();
        vet(false, "one offset changed");
        std::fs::write(&file, right).unwrap();
    }
}
