//! `goabi doctor`.

use super::{CommandError, Common};
use crate::c_compilers::names;
use crate::cli::Doctor;
use crate::{exit, setup};
use goabi_cases::arch::Arch;
use goabi_runners::doctor::doctor;

pub(super) fn run(common: &Common, args: &Doctor) -> Result<u8, CommandError> {
    let p = setup::provision(common.cache.clone(), true, &common.cancel)?;
    let arches: Vec<(String, String)> = Arch::all().iter().map(|a| (a.goarch.clone(), a.emulator.clone())).collect();
    let c: Vec<_> = Arch::all().iter().map(names).collect();
    let checks = doctor(&p, &arches, &c, &args.out);
    let width = checks.iter().map(|c| c.what.chars().count()).max().unwrap_or(0);
    let mut missing = 0;
    for c in &checks {
        match &c.found {
            Some(found) => println!("ok       {:width$}  {found}", c.what),
            None => {
                missing += 1;
                println!("missing  {:width$}  {}", c.what, c.cost);
                for line in c.remedy.lines() {
                    println!("         {:width$}    {line}", "");
                }
            }
        }
    }
    println!();
    if missing == 0 {
        println!("nothing is missing");
    } else {
        println!(
            "{missing} missing; `goabi setup` and `goabi run` bring toolchains, emulators and gdbserver by themselves, `goabi setup --cgo` a C compiler"
        );
    }
    Ok(exit::OK)
}
