//! `goabi step`.

use super::{CommandError, Common};
use crate::audit::Level;
use crate::cli::{Step, StepFormat};
use crate::exit;
use crate::setup;
use crate::step::{self, StepFailed, Wanted};
use goabi_runners::process::Limits;
use std::time::Duration;

pub(super) fn run(common: &Common, args: &Step) -> Result<u8, CommandError> {
    let provision = setup::provision(common.cache.clone(), common.offline, &common.cancel)?;
    let wanted = Wanted {
        binary: &args.binary,
        functions: &args.functions,
        limits: Limits { time: Duration::from_secs(args.timeout), ..Limits::WATCH },
        steps: args.limit,
    };
    let report = step::step(&wanted, &provision, &common.cancel).map_err(|e| match e {
        StepFailed::Runner(e) => CommandError::Runner(e),
        StepFailed::NotObserved(_) => CommandError::Output(e.to_string()),
        StepFailed::Read { .. }
        | StepFailed::Binary { .. }
        | StepFailed::Form { .. }
        | StepFailed::NoFunction { .. } => CommandError::Usage(e.to_string()),
    })?;
    let text = match args.format {
        StepFormat::Text => step::text(&report, args.all),
        StepFormat::Json => {
            serde_json::to_string_pretty(&report).map_err(|e| CommandError::Output(e.to_string()))? + "\n"
        }
    };
    print!("{text}");
    let functions = &report.functions;
    let errors = functions.iter().flat_map(|f| &f.findings).any(|f| f.level == Level::Error);
    Ok(if errors || functions.iter().any(|f| f.not_observed.is_some()) { exit::FINDINGS } else { exit::OK })
}
