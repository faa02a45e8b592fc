//! `goabi setup`.

use super::{CommandError, Common, default_targets};
use crate::cli::Setup;
use crate::{exit, plan, setup};
use goabi_runners::provision::Exec;

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
    for (goarch, exec) in setup::execs(&p, &targets)? {
        match exec {
            Ok(Exec::Native) => println!("linux/{goarch}  runs natively"),
            Ok(Exec::Emulated { path, version, .. }) => println!("linux/{goarch}  {} {version}", path.display()),
            Err(why) => {
                eprintln!("goabi: linux/{goarch}: {why}");
                code = exit::BROKEN;
            }
        }
    }
    Ok(code)
}
