//! Toolchains and emulators for a run: found, or brought.

use crate::witness::{How, Observers};
use goabi_cases::arch::Arch;
use goabi_cases::cell::Target;
use goabi_cases::selector::Selector;
use goabi_runners::cache::CacheDirs;
use goabi_runners::cancel::Cancel;
use goabi_runners::error::RunnerError;
use goabi_runners::gdbremote::DebugExec;
use goabi_runners::provision::{Exec, Provision};
use goabi_runners::toolchain::{Toolchain, disambiguate};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What executes each target's programs, or why nothing does.
pub type Execs = BTreeMap<String, Result<Exec, String>>;

/// Opens the cache and what brings things into it.
///
/// # Errors
/// No place for a cache, or one that cannot be written.
pub fn provision(cache: Option<PathBuf>, offline: bool, cancel: &Cancel) -> Result<Provision, RunnerError> {
    let root = match cache {
        Some(c) => c,
        None => CacheDirs::default_root()?,
    };
    goabi_runners::process::probe_temp()?;
    let say = Box::new(|line: &str| eprintln!("goabi: {line}"));
    Ok(Provision::new(CacheDirs::open(root)?, offline, cancel.clone(), say))
}

/// The toolchains that are asked for: by `--go`, else by `GOABI_GO`, else by
/// the selectors where all of them name one, else the default one.
///
/// # Errors
/// A toolchain that cannot be had.
pub fn toolchains(p: &Provision, asked: &[String], selectors: &[Selector]) -> Result<Vec<Toolchain>, RunnerError> {
    let mut words: Vec<String> = asked.to_vec();
    if words.is_empty() {
        words = std::env::var("GOABI_GO").ok().filter(|v| !v.is_empty()).into_iter().collect();
    }
    if words.is_empty() {
        words = named(selectors, 0).unwrap_or_default();
    }
    let words: Vec<String> =
        words.iter().flat_map(|w| w.split(',')).map(str::trim).filter(|w| !w.is_empty()).map(str::to_string).collect();
    let mut out = Vec::new();
    if words.is_empty() {
        out.push(p.default_toolchain()?);
    }
    for w in &words {
        out.push(p.toolchain(w)?);
    }
    disambiguate(&mut out);
    Ok(out)
}

/// What the selectors name in one of their parts, if each of them names something.
#[must_use]
pub fn named(selectors: &[Selector], part: usize) -> Option<Vec<String>> {
    let mut words = selectors.iter().map(|s| s.names(part).map(str::to_string)).collect::<Option<Vec<_>>>()?;
    words.sort();
    words.dedup();
    (!words.is_empty()).then_some(words)
}

/// How the targets' programs are watched here; `ways` of those that there are.
///
/// # Errors
/// Only an interruption.
pub fn observers(p: &Provision, execs: &Execs, ways: &[How]) -> Result<Observers, RunnerError> {
    let mut out = Observers::new();
    for (goarch, exec) in execs {
        let Ok(exec) = exec else { continue };
        let arch = Arch::get(goarch);
        let name = arch.map_or(goarch.as_str(), |a| a.emulator.as_str());
        let mut mine = Vec::new();
        for how in ways {
            let found = match (how, exec) {
                (How::Native, Exec::Native) => p.gdbserver().map(Some),
                // Programs of other ports do not run natively.
                (How::Native, Exec::Emulated { .. }) => continue,
                (How::Emulated, Exec::Emulated { .. }) => Ok(DebugExec::of(exec)),
                (How::Emulated, Exec::Native) => match arch.and_then(|a| a.emulator_flaw.as_ref()) {
                    Some(flaw) => {
                        mine.push((*how, Err(flaw.clone())));
                        continue;
                    }
                    None => p.emulated(goarch, name).map(|exec| DebugExec::of(&exec)),
                },
            };
            mine.push((
                *how,
                match found {
                    Ok(Some(e)) => Ok(e),
                    Ok(None) => Err(format!("nothing that runs {goarch} programs here has a debug stub")),
                    Err(RunnerError::Cancelled) => return Err(RunnerError::Cancelled),
                    Err(e) => Err(format!("{e}{}", e.help().map(|h| format!("\n{h}")).unwrap_or_default())),
                },
            ));
        }
        out.insert(goarch.clone(), mine);
    }
    Ok(out)
}

/// What executes the targets' programs here. An emulator that cannot be had is
/// no error yet: the other targets can run.
///
/// # Errors
/// Only an interruption.
pub fn execs(p: &Provision, targets: &[Target]) -> Result<Execs, RunnerError> {
    let mut out = Execs::new();
    for t in targets {
        let name = Arch::get(&t.goarch).map_or(t.goarch.as_str(), |a| a.emulator.as_str());
        let exec = match p.emulator(&t.goarch, name) {
            Ok(e) => Ok(e),
            Err(RunnerError::Cancelled) => return Err(RunnerError::Cancelled),
            Err(e) => Err(format!("{e}{}", e.help().map(|h| format!("\n{h}")).unwrap_or_default())),
        };
        out.insert(t.goarch.clone(), exec);
    }
    Ok(out)
}
