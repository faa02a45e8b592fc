//! A program that is audited.

use super::{Place, toolchain};
use goabi::audit::{Finding, Report};
use goabi_cases::cell::{Build, Target};
use goabi_cases::stress::Stress;
use goabi_runners::build::{BuildSpec, Built, Sources, build};
use goabi_runners::cancel::Cancel;
use goabi_runners::observe::unwind::Binary;
use goabi_runners::process::Limits;
use std::path::PathBuf;

/// `Big` has a frame beyond 64 KiB, `Calls` a small one with a stack check.
const PROGRAM: &str = r"package main

//go:noinline
func Big(n int) int {
	var a [0x10010]byte
	fill(&a, n)
	return int(a[n])
}

//go:noinline
func fill(a *[0x10010]byte, n int) { a[n] = 7 }

//go:noinline
func Calls(n int) int { return Big(n) + Big(n+1) }

func main() { println(Calls(5)) }
";

/// The program, built for a port, with call frame information as it is.
pub fn built(goarch: &str) -> PathBuf {
    built_of(goarch, PROGRAM)
}

/// A program of one file, built likewise.
pub fn built_of(goarch: &str, program: &str) -> PathBuf {
    let (provision, toolchain) = toolchain();
    let files = [("go.mod", "module audited\n\ngo 1.21\n"), ("main.go", program)];
    let sources = Sources { files: files.iter().map(|(n, t)| ((*n).to_string(), (*t).to_string())).collect() };
    let target = Target { goarch: goarch.to_string() };
    let spec = BuildSpec {
        toolchain: &toolchain,
        target: &target,
        build: Build::Opt,
        stress: Stress::NONE,
        sources: &sources,
        c: None,
        extra_env: &[("GOFLAGS".into(), "-ldflags=-compressdwarf=false".into())],
        limits: Limits::BUILD,
    };
    match build(&provision.cache, &spec, &Cancel::new()).unwrap() {
        Built::Artifact(artifact) => artifact.path,
        Built::Rejected { output, .. } => panic!("{output}"),
    }
}

/// All findings in the program's own functions, and the exit code.
pub fn audited(place: &Place, binary: &std::path::Path) -> (Option<i32>, Vec<Finding>) {
    let done = place.goabi(&["audit", "--format", "json", binary.to_str().unwrap()]);
    let report: Report = serde_json::from_str(&done.stdout).unwrap_or_else(|e| panic!("{e}: {done:?}"));
    let counts = report.binaries[0].counts;
    assert!(counts.audited > 500 && counts.compared_pcsp > 50_000, "{counts:?}");
    assert!(counts.compared_cfi > 50_000, "{counts:?}");
    (done.code, report.binaries.into_iter().next().unwrap().findings)
}

/// Where in the file a function's code is, and where it is in memory.
pub fn code(bytes: &[u8], name: &str) -> (usize, u64, usize) {
    let binary = Binary::open(bytes).unwrap();
    let table = binary.functions().unwrap();
    let func = table.functions().flatten().find(|f| f.name().unwrap() == name).unwrap();
    let code = binary.code_of(&func).unwrap();
    (code.as_ptr() as usize - bytes.as_ptr() as usize, func.entry(), code.len())
}
