//! A real Go program under real stubs: every port's emulator, and gdbserver.

use super::*;
use crate::build::{BuildSpec, Built, Sources, build};
use crate::cache::CacheDirs;
use crate::cancel::Cancel;
use crate::process::{Completed, Ended, Limits};
use crate::provision::Provision;
use goabi_cases::arch::Arch;
use goabi_cases::cell::{Build, Target};
use object::{Object, ObjectSection, ObjectSymbol};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const PROGRAM: &str = r#"package main

import (
	"os"
	"strconv"
)

// Hot is a leaf: a function that may grow its stack begins anew after that.
//
//go:noinline
func Hot(a, b int64, f float64) int64 {
	return a*3 + b + int64(f)
}

//go:noinline
func Nil(p *int64) (v int64) {
	defer func() { recover() }()
	return *p
}

func main() {
	n, _ := strconv.Atoi(os.Getenv("HOT"))
	var s int64
	for i := int64(0); i < int64(n); i++ {
		s += Hot(i, i+7, float64(i)+0.5)
	}
	if os.Getenv("HOT_NIL") == "yes" {
		s += Nil(nil)
	}
	for os.Getenv("HOT_SPIN") == "yes" {
	}
	os.Stdout.WriteString("out " + strconv.FormatInt(s, 10) + "\n")
	os.Stderr.WriteString("err\n")
	os.Exit(3)
}
"#;

/// The program of a port, and where `main.Hot` is. None where there is no
/// toolchain: on the CI there must be one.
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) hot: u64,
    /// The first bytes of it.
    pub(super) code: Vec<u8>,
}

pub(super) fn provision() -> &'static Provision {
    static PROVISION: OnceLock<Provision> = OnceLock::new();
    PROVISION.get_or_init(|| {
        let cache = CacheDirs::open(CacheDirs::default_root().unwrap()).unwrap();
        Provision::new(cache, true, Cancel::new(), Box::new(|_| {}))
    })
}

/// What must be there on the CI; elsewhere its lack is said and the test ends.
fn must<T, E: std::fmt::Display>(what: Result<T, E>) -> Option<T> {
    what.inspect_err(|why| {
        assert!(std::env::var_os("CI").is_none(), "{why}");
        eprintln!("not tested: {why}");
    })
    .ok()
}

pub(super) fn program(goarch: &str) -> Option<Program> {
    let p = provision();
    let asked = std::env::var("GOABI_GO").ok().filter(|go| !go.is_empty());
    let toolchain = must(asked.map_or_else(|| p.default_toolchain(), |go| p.toolchain(&go)))?;
    let files = [("go.mod", "module hot\n\ngo 1.21\n"), ("main.go", PROGRAM)];
    let sources = Sources { files: files.iter().map(|(n, t)| ((*n).to_string(), (*t).to_string())).collect() };
    let target = Target { goarch: goarch.to_string() };
    let limits = Limits::BUILD;
    let spec = BuildSpec {
        toolchain: &toolchain,
        target: &target,
        build: Build::Opt,
        sources: &sources,
        extra_env: &[],
        limits,
    };
    let path = match build(&p.cache, &spec, &Cancel::new()).unwrap() {
        Built::Artifact(artifact) => artifact.path,
        Built::Rejected { output, .. } => panic!("{output}"),
    };
    let bytes = std::fs::read(&path).unwrap();
    let file = object::File::parse(bytes.as_slice()).unwrap();
    let hot = file.symbols().find(|s| s.name() == Ok("main.Hot")).unwrap().address();
    let text = file.section_by_name(".text").unwrap();
    let at = usize::try_from(hot - text.address()).unwrap();
    Some(Program { path, hot, code: text.data().unwrap()[at..at + 16].to_vec() })
}

/// The stub in the port's emulator, even if the host runs the port itself.
pub(super) fn emulator(goarch: &str) -> Option<DebugExec> {
    let name = Arch::get(goarch).unwrap().emulator.as_str();
    let path = must(provision().emulator_here(name).ok_or(format!("there is no qemu-{name}")))?;
    let version = crate::emulator::version(&path, &Cancel::new()).unwrap();
    Some(DebugExec::Emulator { path, version })
}

pub(super) fn gdbserver() -> Option<DebugExec> {
    let goarch = crate::host::goarch().unwrap_or("?");
    must(provision().gdbserver(goarch))
}

pub(super) fn launch(exec: &DebugExec, goarch: &str, program: &Program, env: &[(&str, &str)]) -> Debuggee {
    launch_for(Duration::from_secs(60), exec, goarch, program, env).unwrap()
}

pub(super) fn launch_for(
    time: Duration,
    exec: &DebugExec,
    goarch: &str,
    program: &Program,
    env: &[(&str, &str)],
) -> error::Result<Debuggee> {
    let calm = [("GODEBUG", "asyncpreemptoff=1"), ("GOMAXPROCS", "1")];
    let env: Vec<(String, String)> =
        calm.iter().chain(env).map(|(n, v)| ((*n).to_string(), (*v).to_string())).collect();
    let limits = Limits { time, ..Limits::RUN };
    Debuggee::launch(&DebugSpec { exec, goarch, program: &program.path, env: &env, limits }, &Cancel::new())
}

/// The stub's names of the program counter, and of the registers that hold the
/// first two integer arguments and the first floating-point one.
fn names(goarch: &str) -> (&'static str, Option<[&'static str; 3]>) {
    match goarch {
        "amd64" => ("rip", Some(["rax", "rbx", "xmm0"])),
        "386" => ("eip", None),
        "arm64" => ("pc", Some(["x0", "x1", "z0"])),
        "riscv64" => ("pc", Some(["a0", "a1", "fa0"])),
        "ppc64" | "ppc64le" => ("pc", Some(["r3", "r4", "f1"])),
        "s390x" => ("pswa", Some(["r2", "r3", "f0"])),
        "loong64" => ("pc", Some(["r4", "r5", "f0"])),
        _ => ("pc", None),
    }
}

fn trapped(stop: &Stop) -> bool {
    matches!(stop, Stop::Signal { signal: signal::TRAP, .. })
}

/// Stops, looks, steps over, goes on to the end.
fn tour(goarch: &str, exec: &DebugExec) -> Option<Completed> {
    let program = program(goarch)?;
    let (pc, arguments) = names(goarch);
    // A processor without SVE, or a kernel's stub, calls it otherwise.
    let mut debuggee = launch(exec, goarch, &program, &[("HOT", "5")]);
    let arguments = arguments.map(|[a, b, f]| {
        let there = debuggee.registers().unwrap().described().iter().any(|r| r.name == f);
        [a, b, if there { f } else { "v0" }]
    });
    assert!(!debuggee.threads().unwrap().is_empty());
    debuggee.insert(program.hot).unwrap();
    debuggee.insert(program.hot).unwrap();
    for i in 0..3_u64 {
        let stop = debuggee.resume().unwrap();
        assert!(trapped(&stop), "{goarch} {i}: {stop:?}");
        let wanted: Vec<&str> = arguments.iter().flatten().copied().collect();
        let registers = debuggee.registers_and(&wanted).unwrap();
        assert_eq!(registers.unsigned(pc), Some(program.hot), "{goarch} {i}");
        if let Some([a, b, f]) = arguments {
            let bits = (i as f64 + 0.5).to_bits();
            assert_eq!(registers.unsigned(a), Some(i), "{goarch}");
            assert_eq!(registers.unsigned(b), Some(i + 7), "{goarch}");
            assert_eq!(registers.unsigned(f), Some(bits), "{goarch}");
        }
        assert_eq!(debuggee.read(program.hot, 16).unwrap(), program.code, "{goarch}");
        assert!(matches!(debuggee.read(8, 8), Err(RemoteError::Refused { .. })), "{goarch}");
        assert!(trapped(&debuggee.step_over(program.hot).unwrap()));
        let after = debuggee.registers().unwrap().unsigned(pc).unwrap();
        assert!(after > program.hot && after < program.hot + 16, "{goarch}: {after:x}");
    }
    debuggee.remove(program.hot).unwrap();
    assert_eq!(debuggee.resume().unwrap(), Stop::Exited(3), "{goarch}");
    assert!(matches!(debuggee.resume(), Err(RemoteError::Closed)));
    let done = debuggee.finish().unwrap();
    assert_eq!((done.ended, done.stopped), (Ended::Exited(3), None), "{goarch}: {done:?}");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "out 85\n", "{goarch}");
    assert_eq!(String::from_utf8_lossy(&done.stderr), "err\n", "{goarch}");
    Some(done)
}

#[test]
fn every_ports_emulator() {
    for arch in Arch::all() {
        // Go's runtime dies there, with or without a debugger: see below.
        if arch.goarch != "386"
            && let Some(exec) = emulator(&arch.goarch)
        {
            let start = Instant::now();
            tour(&arch.goarch, &exec);
            eprintln!("{}: {:?}", arch.goarch, start.elapsed());
        }
    }
}

#[test]
fn the_hosts_gdbserver() {
    if let (Some(exec), Some(goarch)) = (gdbserver(), crate::host::goarch()) {
        tour(goarch, &exec);
        if goarch == "amd64" {
            tour("386", &exec);
        }
    }
}
