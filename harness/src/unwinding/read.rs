//! From what was seen of a program, and its file, to what is known of each case.

use super::observe::{File, first, stepped};
use super::{Audit, Choice, Stepped, Steps, Unwinding, choose};
use crate::audit::{Selected, selected};
use crate::exhibits::Inside;
use crate::job::{JobResult, Shared, owners, timed};
use crate::step::{FunctionReport, judged_in};
use crate::witness::How;
use goabi_generators::names::MODULE;
use goabi_runners::error::RunnerError;
use goabi_runners::observe::step::ProgramStepped;
use goabi_runners::observe::unwind::{Binary, UnwindError};
use std::collections::BTreeMap;

/// What is known of each case that is judged, by its index in the program.
///
/// # Errors
/// An interruption, or what concerns the whole run.
pub(crate) fn read(
    s: &Shared,
    inside: &Inside<'_>,
    out: &mut JobResult,
) -> Result<BTreeMap<usize, Unwinding>, RunnerError> {
    let mut choices = choose(inside.program, &inside.picks);
    let observers = s.observers.get(&inside.job.target.goarch).map(Vec::as_slice).unwrap_or_default();
    if first(observers).is_some_and(|(how, _)| how == How::Emulated) {
        by_turns(inside, &mut choices);
    }
    let choices = choices;
    let unreadable = |why: &str| {
        let all = choices.iter().map(|c| {
            let (stepped, audit) = (Stepped::Unavailable(why.to_string()), Audit::Unavailable(why.to_string()));
            (c.case, Unwinding { home: c.home, stepped, audit })
        });
        Ok(all.collect())
    };
    let path = &inside.artifact.path;
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) => return unreadable(&format!("{}: {e}", path.display())),
    };
    let binary = match Binary::open(&bytes) {
        Ok(binary) => binary,
        Err(e) => return unreadable(&tables(e)),
    };
    let (table, sections) = match (binary.functions(), binary.cfi()) {
        (Ok(table), Ok(sections)) => (table, sections),
        (Err(e), _) | (_, Err(e)) => return unreadable(&tables(e)),
    };
    let cfi = sections.read();
    let file = File { bytes: &bytes, binary: &binary, table: &table, cfi: &cfi };
    let steps = stepped(s, inside, &file, &choices, out)?;
    Ok(timed(out, "unwind", || {
        let mut audits = audits(inside, &file, &choices);
        let of = |choice: Choice| {
            let stepped = match &steps {
                Steps::Skipped(why) => Stepped::Skipped(why.clone()),
                Steps::Unavailable(why) => Stepped::Unavailable(why.clone()),
                Steps::Seen(how, facts) => match &choice.function {
                    Err(why) => Stepped::Skipped(why.clone()),
                    Ok(_) => match reports(inside, &file, &choice, facts) {
                        Ok(all) => Stepped::Seen(*how, all),
                        Err(why) => Stepped::Unavailable(why),
                    },
                },
            };
            let audit = audits.remove(&choice.case).unwrap_or(Audit::Seen(0, vec![]));
            (choice.case, Unwinding { home: choice.home, stepped, audit })
        };
        choices.into_iter().map(of).collect()
    }))
}

/// Emulators take their time for each stop: where cells are thinned out each case is
/// stepped through in one of the builds, unless it runs in some of them only.
fn by_turns(inside: &Inside<'_>, choices: &mut [Choice]) {
    let Some(turn) = inside.job.turn else { return };
    for choice in choices {
        let Some(picks) = inside.picks.get(choice.case) else { continue };
        let restrictions = [&picks.case.only, &picks.case.except];
        let in_some = restrictions.iter().any(|r| r.as_ref().is_some_and(|r| !r.builds.is_empty()));
        if !in_some && !turn.is_of(picks.at.1) && choice.function.is_ok() {
            choice.function = Err("in this profile under an emulator only in one of the builds, by turns".into());
        }
    }
}

fn tables(e: UnwindError) -> String {
    format!("the program's unwinding tables cannot be read: {e}")
}

/// What was seen of a case's function, judged.
fn reports(
    inside: &Inside<'_>,
    file: &File<'_>,
    choice: &Choice,
    facts: &ProgramStepped,
) -> Result<Vec<(usize, FunctionReport)>, String> {
    let mut out = Vec::new();
    for (unit, vector) in &choice.units {
        let seen = facts.units.get(unit).ok_or_else(|| format!("vectors[{vector}] was not stepped through"))?;
        out.push((*vector, judged_in(file.binary, file.table, inside.job.arch, seen).map_err(tables)?));
    }
    Ok(out)
}

/// All functions of the generated packages, audited; each belongs to the case that
/// its file was made for, and one of no file to the first of its package.
fn audits(inside: &Inside<'_>, file: &File<'_>, choices: &[Choice]) -> BTreeMap<usize, Audit> {
    let all = |audit: Audit| choices.iter().map(|c| (c.case, audit.clone())).collect();
    let prefix = format!("{MODULE}/");
    let found = match selected(file.binary, file.table, file.cfi, &|name| name.starts_with(&prefix)) {
        Ok(Some(found)) => found,
        Ok(None) => return all(Audit::Skipped(format!("code for {} is not decoded", inside.job.target.goarch))),
        Err(e) => return all(Audit::Unavailable(format!("the program cannot be audited: {e}"))),
    };
    let mut out: BTreeMap<usize, Audit> = choices.iter().map(|c| (c.case, Audit::Seen(0, vec![]))).collect();
    let Some(first) = choices.first().map(|c| c.case) else { return out };
    for Selected { file, function, findings } in found {
        let by_file = file.as_deref().map(relative).and_then(|f| owners(inside.program, f).first().copied());
        let package = || {
            let of = |p: &str| function.strip_prefix(p).is_some_and(|rest| rest.starts_with('.'));
            inside.program.functions.iter().find(|f| of(&f.package)).map(|f| f.case)
        };
        let case = by_file.or_else(package).filter(|case| out.contains_key(case)).unwrap_or(first);
        if let Some(Audit::Seen(n, all)) = out.get_mut(&case) {
            *n += 1;
            all.extend(findings);
        }
    }
    out
}

/// A generated file's path, of one in which the compiler has the module's in front.
fn relative(path: &str) -> &str {
    let inside = path.find(MODULE).and_then(|at| path.get(at + MODULE.len()..));
    inside.map_or(path, |rest| rest.trim_start_matches('/'))
}
