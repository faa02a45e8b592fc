//! How many stops a second a debugger makes: a breakpoint in a function that is
//! called in a loop; there the registers, a piece of the stack, and on: by a
//! step past the breakpoint, or to a breakpoint in another function, with only
//! one of the two there at a time.

use crate::measure::{Bench, Result};
use goabi_cases::arch::Arch;
use goabi_runners::cancel::Cancel;
use goabi_runners::gdbremote::{DebugExec, DebugSpec, Debuggee, Stop};
use goabi_runners::process::Limits;
use object::{Object, ObjectSymbol};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const PROGRAM: &str = "package main

//go:noinline
func Hot(a, b int64) int64 { return a*3 + b }

//go:noinline
func Cool(a int64) int64 { return a >> 1 }

func main() {
	var s int64
	for i := int64(0); i < 1<<40; i++ {
		s += Cool(Hot(i, s))
	}
	println(s)
}
";

const STOPS: u32 = 5_000;

/// Measures here, and then once more on one processor.
pub fn stops(b: &Bench) -> Result<()> {
    measure_all(b, "all processors")?;
    let Ok(taskset) = which::which("taskset") else { return Ok(()) };
    let status =
        Command::new(taskset).args(["--cpu-list", "0"]).arg(std::env::current_exe()?).arg("stops-here").status()?;
    if status.success() { Ok(()) } else { Err(format!("the measurement on one processor ended with {status}").into()) }
}

/// Measures on the processors that are given.
pub fn measure_all(b: &Bench, note: &str) -> Result<()> {
    println!("\nstops under a debugger, {note}: g, 64 bytes of the stack, and on");
    for goarch in ["arm64", "ppc64le", "riscv64", "s390x", b.host()] {
        let arch = Arch::get(goarch).ok_or("no such port")?;
        let program = build(b, goarch)?;
        let exec = match b.provision.debugger(goarch, &arch.emulator) {
            Ok(exec) => exec,
            Err(why) => {
                println!("{goarch:<34} {why}");
                continue;
            }
        };
        let name = match &exec {
            DebugExec::Emulator { version, .. } => format!("{goarch}, qemu {version}"),
            DebugExec::Gdbserver { version, .. } => format!("{goarch}, gdbserver {version}"),
        };
        for by_turns in [false, true] {
            let (wall, stops) = measure(&exec, goarch, &program, by_turns)?;
            let each = wall.as_secs_f64() / f64::from(stops);
            let note = if by_turns { "two breakpoints by turns" } else { "a step past it" };
            println!("{name:<34} {:>8.0} stops/s {:>8.1} µs each, {note}", 1.0 / each, each * 1e6);
        }
    }
    Ok(())
}

fn measure(exec: &DebugExec, goarch: &str, program: &Path, by_turns: bool) -> Result<(Duration, u32)> {
    let calm = [("GODEBUG", "asyncpreemptoff=1"), ("GOMAXPROCS", "1")];
    let env: Vec<(String, String)> = calm.iter().map(|(n, v)| ((*n).to_string(), (*v).to_string())).collect();
    let limits = Limits { time: Duration::from_secs(120), ..Limits::RUN };
    let (mut here, mut there) = (address(program, "main.Hot")?, address(program, "main.Cool")?);
    let mut debuggee = Debuggee::launch(&DebugSpec { exec, goarch, program, env: &env, limits }, &Cancel::new())?;
    let stack = match goarch {
        "amd64" => "rsp",
        "s390x" => "r15",
        "ppc64le" => "r1",
        _ => "sp",
    };
    debuggee.insert(here)?;
    let start = Instant::now();
    for _ in 0..STOPS {
        let stop = debuggee.resume()?;
        if !matches!(stop, Stop::Signal { signal: goabi_runners::gdbremote::signal::TRAP, .. }) {
            return Err(format!("{goarch}: {stop:?}").into());
        }
        let registers = debuggee.registers()?;
        let stack = registers.unsigned(stack).ok_or("no stack pointer")?;
        debuggee.read(stack, 64)?;
        if by_turns {
            debuggee.remove(here)?;
            debuggee.insert(there)?;
            std::mem::swap(&mut here, &mut there);
        } else {
            debuggee.step_over(here)?;
        }
    }
    let wall = start.elapsed();
    debuggee.finish()?;
    Ok((wall, STOPS))
}

fn build(b: &Bench, goarch: &str) -> Result<PathBuf> {
    let dir = b.dir.path().join(format!("stops-{goarch}"));
    std::fs::create_dir_all(&dir)?;
    std::fs::write(dir.join("go.mod"), "module hot\n\ngo 1.21\n")?;
    std::fs::write(dir.join("main.go"), PROGRAM)?;
    let done = b.go(&b.gocache(), goarch)?.current_dir(&dir).args(["build", "-o", "hot"]).output()?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned().into());
    }
    Ok(dir.join("hot"))
}

fn address(program: &Path, name: &str) -> Result<u64> {
    let bytes = std::fs::read(program)?;
    let file = object::File::parse(bytes.as_slice())?;
    let found = file.symbols().find(|s| s.name() == Ok(name)).ok_or("no such function")?;
    Ok(found.address())
}
