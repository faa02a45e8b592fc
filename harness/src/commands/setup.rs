//! `goabi setup`.

use super::{CommandError, Common, default_targets};
use crate::c_compilers::{names, remedy};
use crate::cli::Setup;
use crate::{exit, plan, setup};
use goabi_cases::arch::Arch;
use goabi_cases::cell::Target;
use goabi_runners::error::RunnerError;
use goabi_runners::gdbremote::DebugExec;
use goabi_runners::provision::{Exec, Provision};

pub(super) fn run(common: &Common, args: &Setup) -> Result<u8, CommandError> {
    let mut targets = plan::targets(&args.target)?;
    if targets.is_empty() {
        targets = default_targets(&[])?;
    }
    let p = setup::provision(common.cache.clone(), common.offline, &common.cancel)?;
    for t in setup::toolchains(&p, &args.go, &[])? {
        println!("{}  {}", t.label, t.goroot.display());
    }
    let mut code = exit::OK;
    let mut native = false;
    for (goarch, exec) in setup::execs(&p, &targets)? {
        match exec {
            Ok(Exec::Native) => {
                println!("linux/{goarch}  runs natively");
                native = true;
            }
            Ok(Exec::Emulated { path, version, .. }) => println!("linux/{goarch}  {} {version}", path.display()),
            Err(why) => {
                eprintln!("goabi: linux/{goarch}: {why}");
                code = exit::BROKEN;
            }
        }
    }
    // Emulators are their own debuggers.
    if native {
        match p.gdbserver() {
            Ok(DebugExec::Gdbserver { path, version }) => println!("gdbserver  {} {version}", path.display()),
            Ok(DebugExec::Emulator { .. }) => {}
            Err(RunnerError::Cancelled) => return Err(RunnerError::Cancelled.into()),
            // All can be run without it; only registers are then not observed.
            Err(e) => eprintln!("goabi: {e}{}", e.help().map(|h| format!("\n{h}")).unwrap_or_default()),
        }
    }
    if args.cgo {
        code = code.max(c_compilers(&p, &targets)?);
    }
    Ok(code)
}

/// One C compiler for each target; Zig is fetched where there is none.
fn c_compilers(p: &Provision, targets: &[Target]) -> Result<u8, CommandError> {
    let mut code = exit::OK;
    for arch in targets.iter().filter_map(|t| Arch::get(&t.goarch)) {
        let names = names(arch);
        let mut found = p.c_compilers(&names)?;
        if found.is_empty() && names.zig.is_some() {
            match p.zig() {
                Ok(_) => found = p.c_compilers(&names)?,
                Err(RunnerError::Cancelled) => return Err(RunnerError::Cancelled.into()),
                Err(e) => eprintln!("goabi: {e}{}", e.help().map(|h| format!("\n{h}")).unwrap_or_default()),
            }
        }
        match found.first() {
            Some(c) => println!("C for linux/{}  {} ({})", arch.goarch, c.command(), c.version),
            None => {
                eprintln!("goabi: linux/{}: no C compiler: {}", arch.goarch, remedy(&arch.goarch));
                code = exit::BROKEN;
            }
        }
    }
    Ok(code)
}
