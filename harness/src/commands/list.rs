//! `goabi list`.

use super::{CommandError, Common, load, request};
use crate::cli::List;
use crate::plan::{PlannedToolchain, expand};
use crate::{exit, setup};
use goabi_cases::version::GoVersion;
use goabi_runners::error::RunnerError;
use goabi_runners::provision::NEWEST;
use std::io::Write;

pub(super) fn run(common: &Common, args: &List) -> Result<u8, CommandError> {
    let request = request(&args.selection)?;
    let (files, _) = load(&request)?;
    // A version stands for itself; only what has no version of its own is
    // looked at, and nothing is fetched.
    let mut planned = Vec::new();
    let asked: Vec<String> = args.selection.go.iter().flat_map(|w| w.split(',')).map(str::to_string).collect();
    let versions: Option<Vec<GoVersion>> = asked
        .iter()
        .map(|w| w.parse::<GoVersion>().ok().filter(|v| w.matches('.').count() == 2 || v.is_tip()))
        .collect();
    match versions.filter(|v| !v.is_empty()) {
        Some(versions) => planned.extend(versions.into_iter().map(|v| {
            let label = if v.is_tip() { "tip".to_string() } else { format!("go{v}") };
            PlannedToolchain { label, version: v }
        })),
        None => {
            let p = setup::provision(common.cache.clone(), true, &common.cancel)?;
            let found = match setup::toolchains(&p, &args.selection.go, &request.selectors) {
                // Nothing is here and nothing was asked for: the cells are those of what a run would fetch.
                Err(RunnerError::Offline { .. }) if asked.is_empty() && std::env::var_os("GOABI_GO").is_none() => {
                    planned.push(PlannedToolchain { label: format!("go{NEWEST}"), version: NEWEST });
                    vec![]
                }
                found => found?,
            };
            planned.extend(found.into_iter().map(|t| PlannedToolchain { label: t.label, version: t.version }));
        }
    }
    let mut out = std::io::stdout().lock();
    let mut any = false;
    for c in expand(&files, &request, &planned).iter().flat_map(|j| &j.cells) {
        any = true;
        let line = match &c.skip {
            Some(why) => format!("{}  # skipped: {}", c.cell, why.lines().next().unwrap_or_default()),
            None => c.cell.to_string(),
        };
        // A reader that has seen enough closes the pipe: that is no failure.
        if writeln!(out, "{line}").is_err() {
            break;
        }
    }
    Ok(if any { exit::OK } else { exit::NOTHING })
}
