//! The `goabi` command.

use clap::Parser;
use goabi::{cli::Cli, commands};
use goabi_runners::cancel::Cancel;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        if let Err(e) = signal_hook::flag::register(signal, Arc::clone(&flag)) {
            eprintln!("goabi: cannot watch for signal {signal}: {e}");
        }
    }
    ExitCode::from(commands::main(cli, &Cancel::from_flag(flag)))
}
