//! Some functions of a binary that is open already: those of a generated program's
//! own packages.

use super::binary::{Share, function};
use super::program::Program;
use super::report::Finding;
use super::{chain, group};
use goabi_runners::observe::follow::{Arch, Follower};
use goabi_runners::observe::unwind::{Binary, Cfi, CfiContext, FuncTable, UnwindError};

/// A function that was audited.
#[derive(Clone, Debug)]
pub(crate) struct Selected {
    /// Where it is declared, if its table of lines says so.
    pub file: Option<String>,
    pub function: String,
    pub findings: Vec<Finding>,
}

/// Audits the functions whose names are wanted; `None` where there is no decoder
/// for the port.
///
/// # Errors
///
/// If the table of functions is damaged. What is wrong with one function's tables
/// is a finding.
pub(crate) fn selected(
    binary: &Binary<'_>,
    table: &FuncTable<'_>,
    cfi: &Cfi<'_>,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Option<Vec<Selected>>, UnwindError> {
    let goarch = binary.goarch().unwrap_or("an unknown port");
    let Some(arch) = Arch::of(goarch) else { return Ok(None) };
    let program = Program::new(binary, table, cfi, (goarch, arch));
    let (mut follower, mut context) = (Follower::new(), CfiContext::default());
    let (mut unchecked, mut out) = (Vec::new(), Vec::new());
    for n in 0..table.len() {
        let func = table.get(n)?;
        let name = func.name()?;
        if !wanted(name) {
            continue;
        }
        let mut share = Share::default();
        if let Err(error) = function(&program, func, &mut follower, &mut context, &mut share) {
            share.findings.push(group::unreadable(name.to_string(), func.entry(), &error));
        }
        let Share { findings, unchecked: more, .. } = share;
        unchecked.extend(more);
        let file = func.file_line(func.entry()).ok().flatten().map(|(file, _)| file.into_owned());
        out.push(Selected { file, function: name.to_string(), findings });
    }
    // Of chains, those that lie within what was wanted.
    for finding in chain::findings(&program, &unchecked) {
        if let Some(of) = out.iter_mut().find(|s| s.function == finding.function) {
            of.findings.push(finding);
        }
    }
    Ok(Some(out))
}
