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
	"bytes"
	"os"
	"strconv"
	"syscall"
)

var eaten [][]byte

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
	switch os.Getenv("HOT_DIE") {
	case "print":
		for {
			os.Stdout.WriteString("0123456789012345678901234567890123456789\n")
		}
	case "eat":
		for {
			eaten = append(eaten, bytes.Repeat([]byte{1}, 1<<20))
		}
	case "abort":
		panic("to be aborted")
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	if os.Getenv("HOT_NIL") == "yes" {
		s += Nil(nil)
	}
	os.WriteFile("spinning", nil, 0o666)
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

pub(crate) fn provision() -> &'static Provision {
    static PROVISION: OnceLock<Provision> = OnceLock::new();
    PROVISION.get_or_init(|| {
        let cache = CacheDirs::open(CacheDirs::default_root().unwrap()).unwrap();
        Provision::new(cache, true, Cancel::new(), Box::new(|_| {}))
    })
}

/// What must be there on the CI; elsewhere its lack is said and the test ends.
pub(crate) fn must<T, E: std::fmt::Display>(what: Result<T, E>) -> Option<T> {
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
        stress: goabi_cases::stress::Stress::NONE,
        sources: &sources,
        extra_env: &[],
        c: None,
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
    must(provision().gdbserver())
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
    let limits = Limits { time, output: 4 << 20, memory: 400 << 20 };
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
        // More than a packet of qemu's holds.
        assert_eq!(debuggee.read(program.hot - 5000, 5016).unwrap()[5000..], program.code, "{goarch}");
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
        // Under qemu-i386 Go 1.27's runtime lives with one P only, as here.
        if let Some(exec) = emulator(&arch.goarch) {
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

#[cfg(target_os = "linux")]
fn alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

/// All processes with this text in their command line.
#[cfg(target_os = "linux")]
fn processes(of: &std::path::Path) -> Vec<i32> {
    let pids = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
    let text = of.to_str().unwrap();
    let runs = |pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        alive(*pid) && String::from_utf8_lossy(&line).contains(text)
    };
    pids.filter(runs).collect()
}

/// A copy of the program, so that its processes can be told from others'.
#[cfg(target_os = "linux")]
fn own(program: &Program, dir: &tempfile::TempDir) -> Program {
    let path = dir.path().join("it's a program");
    std::fs::copy(&program.path, &path).unwrap();
    Program { path, hot: program.hot, code: program.code.clone() }
}

/// What is here to try: an emulator, and gdbserver.
fn stubs() -> Vec<(&'static str, DebugExec)> {
    let native = crate::host::goarch().and_then(|goarch| Some((goarch, gdbserver()?)));
    emulator("arm64").map(|exec| ("arm64", exec)).into_iter().chain(native).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_left_behind() {
    for (goarch, exec) in stubs() {
        let Some(program) = program(goarch) else { return };
        let dir = tempfile::tempdir().unwrap();
        let program = own(&program, &dir);
        let mut debuggee = launch(&exec, goarch, &program, &[("HOT", "5")]);
        debuggee.insert(program.hot).unwrap();
        assert!(trapped(&debuggee.resume().unwrap()));
        let folder = debuggee.wire.watch.dir().to_path_buf();
        let pids = processes(&program.path);
        assert!(!pids.is_empty() && folder.exists(), "{goarch}");
        drop(debuggee);
        assert!(!folder.exists() && processes(&program.path).is_empty(), "{goarch}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_stub_is_told_at_once_and_takes_the_program_with_it() {
    for (goarch, exec) in stubs() {
        let Some(program) = program(goarch) else { return };
        let dir = tempfile::tempdir().unwrap();
        let program = own(&program, &dir);
        // Once while it is stopped, once while it runs.
        for running in [false, true] {
            let mut debuggee = launch(&exec, goarch, &program, &[("HOT", "1"), ("HOT_SPIN", "yes")]);
            let pid = debuggee.wire.watch.started().unwrap().pid();
            let kill = move || rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            let start = Instant::now();
            if running {
                let file = debuggee.wire.watch.dir().join("work/spinning");
                let killer = std::thread::spawn(move || {
                    while !file.exists() && start.elapsed() < Duration::from_secs(30) {
                        crate::wait::pause(Duration::from_millis(2));
                    }
                    kill();
                });
                assert!(matches!(debuggee.resume(), Err(RemoteError::Closed)), "{goarch}");
                killer.join().unwrap();
            } else {
                kill();
                assert!(matches!(debuggee.registers(), Err(RemoteError::Closed)), "{goarch}");
            }
            assert!(start.elapsed() < Duration::from_secs(40));
            let done = debuggee.finish().unwrap();
            assert_eq!((done.ended, done.stopped), (Ended::Signalled(9), None), "{goarch}");
            assert!(processes(&program.path).is_empty(), "{goarch}");
        }
    }
}

#[test]
fn a_program_that_hangs_runs_into_its_limit() {
    for (goarch, exec) in stubs() {
        let Some(program) = program(goarch) else { return };
        let time = Duration::from_millis(1500);
        let env = [("HOT", "1"), ("HOT_SPIN", "yes")];
        let mut debuggee = launch_for(time, &exec, goarch, &program, &env).unwrap();
        assert!(matches!(debuggee.resume(), Err(RemoteError::Timeout)), "{goarch}");
        let done = debuggee.finish().unwrap();
        assert_eq!((done.ended, done.stopped), (Ended::Signalled(9), Some(crate::process::Stop::Time)), "{goarch}");
    }
}

#[test]
fn a_flood_and_a_glutton_run_into_theirs() {
    use crate::process::Stop::{Memory, Output};
    for (goarch, exec) in stubs() {
        let Some(program) = program(goarch) else { return };
        for (how, limit) in [("print", Output), ("eat", Memory)] {
            let mut debuggee = launch(&exec, goarch, &program, &[("HOT_DIE", how)]);
            let error = debuggee.resume().unwrap_err();
            assert!(matches!(&error, RemoteError::Limit(stop) if *stop == limit), "{goarch} {how}: {error}");
            assert_eq!(debuggee.finish().unwrap().stopped, Some(limit), "{goarch} {how}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_token_ends_it_all() {
    for (goarch, exec) in stubs() {
        let Some(program) = program(goarch) else { return };
        let dir = tempfile::tempdir().unwrap();
        let program = own(&program, &dir);
        let cancel = Cancel::new();
        let env = [("HOT_SPIN".to_string(), "yes".to_string())];
        let spec = DebugSpec { exec: &exec, goarch, program: &program.path, env: &env, limits: Limits::RUN };
        let mut debuggee = Debuggee::launch(&spec, &cancel).unwrap();
        let token = cancel.clone();
        let thread = std::thread::spawn(move || token.cancel());
        assert!(matches!(debuggee.resume(), Err(RemoteError::Cancelled)), "{goarch}");
        thread.join().unwrap();
        drop(debuggee);
        assert!(processes(&program.path).is_empty(), "{goarch}");
        assert!(matches!(Debuggee::launch(&spec, &cancel), Err(RemoteError::Cancelled)));
    }
}

#[test]
fn signals_are_passed_on() {
    for (goarch, exec) in stubs() {
        let Some(program) = program(goarch) else { return };
        let mut debuggee = launch(&exec, goarch, &program, &[("HOT", "1"), ("HOT_NIL", "yes")]);
        let stop = debuggee.resume().unwrap();
        assert!(matches!(stop, Stop::Signal { signal: signal::SEGV, .. }), "{goarch}: {stop:?}");
        // The runtime makes a panic of it, which the program recovers.
        assert_eq!(debuggee.resume_with_signal(signal::SEGV).unwrap(), Stop::Exited(3), "{goarch}");
        assert_eq!(String::from_utf8_lossy(&debuggee.finish().unwrap().stdout), "out 7\n", "{goarch}");
    }
}

#[test]
fn registers_are_changed() {
    let all = ["arm64", "mips"].map(|goarch| emulator(goarch).map(|exec| (goarch, exec)));
    for (goarch, exec) in all.into_iter().flatten().chain(stubs()) {
        let Some(program) = program(goarch) else { return };
        let mut debuggee = launch(&exec, goarch, &program, &[("HOT", "1")]);
        debuggee.insert(program.hot).unwrap();
        debuggee.resume().unwrap();
        // Registers that hold no argument and no state of the runtime's at entry.
        let name = match goarch {
            "amd64" => "rdx",
            "mips" => "r8",
            _ => "x8",
        };
        let old = debuggee.registers().unwrap().bytes(name).unwrap().to_vec();
        let new: Vec<u8> = old.iter().map(|b| !b).collect();
        debuggee.set_register(name, &new).unwrap();
        assert_eq!(debuggee.registers().unwrap().bytes(name), Some(new.as_slice()), "{goarch}");
        debuggee.remove(program.hot).unwrap();
        assert_eq!(debuggee.resume().unwrap(), Stop::Exited(3), "{goarch}");
    }
}

#[test]
fn a_program_that_dies_has_an_end() {
    for (goarch, exec) in stubs() {
        let Some(program) = program(goarch) else { return };
        let end = |how: &str| {
            let env = [("HOT", "1"), ("HOT_DIE", how), ("GOTRACEBACK", "crash")];
            let mut debuggee = launch(&exec, goarch, &program, &env);
            let mut last = debuggee.resume();
            while let Ok(Stop::Signal { signal, .. }) = last {
                last = debuggee.resume_with_signal(signal);
            }
            (last, debuggee.finish().unwrap().ended)
        };
        let (stop, ended) = end("abort");
        assert_eq!((stop.unwrap(), ended), (Stop::Killed(signal::ABRT), Ended::Signalled(6)), "{goarch}");
        // What kills the program kills its emulator, before that can say so.
        let (stop, ended) = end("kill");
        assert!(matches!(stop, Ok(Stop::Killed(signal::KILL)) | Err(RemoteError::Closed)), "{goarch}: {stop:?}");
        assert_eq!(ended, Ended::Signalled(9), "{goarch}");
    }
}

#[test]
fn what_cannot_start_says_why() {
    for (goarch, exec) in stubs() {
        let program = Program { path: "/no/such/program".into(), hot: 0, code: Vec::new() };
        let error = launch_for(Duration::from_secs(60), &exec, goarch, &program, &[]).unwrap_err();
        assert!(matches!(&error, RemoteError::NotStarted { .. }), "{error}");
        // An emulator says nothing about it when it has a debugger to wait for.
        let says = matches!(exec, DebugExec::Gdbserver { .. });
        assert!(!says || error.to_string().contains("not found"), "{error}");
    }
    let old = DebugExec::Emulator { path: "/bin/false".into(), version: "5.0.1".into() };
    let program = Program { path: "/bin/true".into(), hot: 0, code: Vec::new() };
    let of = |exec: &DebugExec, goarch| launch_for(Duration::from_secs(60), exec, goarch, &program, &[]).unwrap_err();
    assert!(matches!(of(&old, "arm64"), RemoteError::Unsupported(_)));
    let dead = DebugExec::Emulator { path: "/bin/false".into(), version: "7.2".into() };
    assert!(matches!(of(&dead, "arm64"), RemoteError::NotStarted { .. }));
    assert!(matches!(of(&dead, "vax"), RemoteError::Unsupported(_)));
}
