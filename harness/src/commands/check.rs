//! `goabi check`.

use super::CommandError;
use crate::cli::Check;
use crate::{exit, plan};
use goabi_cases::expectation;
use goabi_cases::mistake::{Mistake, Source};
use std::path::Path;

/// Whether a YAML file says it holds expectations.
fn holds_expectations(path: &Path) -> bool {
    Source::read(path)
        .is_ok_and(|s| s.text.lines().any(|l| ["expectations:", "permitted:"].iter().any(|k| l.starts_with(k))))
}

pub(super) fn run(args: &Check) -> Result<u8, CommandError> {
    let mut paths = args.files.clone();
    if paths.is_empty() {
        paths.push(plan::default_cases());
        paths.extend(Some(plan::default_expectations()).filter(|p| plan::yaml_files(std::slice::from_ref(p)).is_ok()));
    }
    let files = plan::yaml_files(&paths)?;
    let (expectations, cases): (Vec<_>, Vec<_>) = files.into_iter().partition(|p| holds_expectations(p));
    let loaded = goabi_cases::load::load(&cases, &goabi_generators::call::ids());
    let mut mistakes: Vec<Mistake> = loaded.mistakes;
    let (oracles, calls) = (crate::oracles::ids(), goabi_generators::call::ids());
    let (all, more) = expectation::load(&expectations, &loaded.files, &oracles, &calls);
    mistakes.extend(more);
    if !mistakes.is_empty() {
        return Err(CommandError::Mistakes(mistakes));
    }
    let forgiving = all.known.len() + all.permitted.len();
    let count: usize = loaded.files.iter().map(|f| f.cases.len()).sum();
    println!("{count} cases in {} files, {} expectations: no mistakes", loaded.files.len(), forgiving);
    Ok(if count + forgiving == 0 { exit::NOTHING } else { exit::OK })
}
