//! From what one cell showed to what the oracles say of it.

use crate::job::CellResult;
use crate::oracles::{ORACLES, Subject, VectorSeen, registers};
use crate::peers::Open;
use goabi_cases::case::Expected;
use goabi_generators::program::Site;
use goabi_reports::verdict::Verdict;
use goabi_runners::observe::records::{self, Fact};
use goabi_runners::run::{UnitEnd, UnitFacts};
use std::collections::BTreeMap;

/// How a unit came to its end, for a person.
pub(crate) fn end_words(end: &UnitEnd) -> String {
    match end {
        UnitEnd::Finished => "the unit's records are incomplete".into(),
        UnitEnd::Died(d) => match d.stopped {
            Some(stop) => format!("the process was stopped: {stop}"),
            None => format!("the process {}", d.ended),
        },
        UnitEnd::Untrusted(why) | UnitEnd::NotRun(why) => why.clone(),
    }
}

/// With what words the emulator failed in the middle of a unit, if it did: of
/// the program that says nothing.
pub(crate) fn emulator_died(end: &UnitEnd) -> Option<&str> {
    match end {
        UnitEnd::Died(death) => death.emulator.as_deref(),
        UnitEnd::Finished | UnitEnd::Untrusted(_) | UnitEnd::NotRun(_) => None,
    }
}

/// What of a vector's unit can be trusted: whole records, and of a unit that
/// died what it wrote before.
pub(crate) fn vector_seen(expected: Expected, site: Site, facts: Option<&UnitFacts>) -> VectorSeen {
    let Some(f) = facts else {
        let why = "the unit is not among what was run".to_string();
        return VectorSeen { expected, site, records: Fact::NotRequested, end: UnitEnd::NotRun(why) };
    };
    let records = match (&f.end, records::call(&f.records)) {
        (UnitEnd::Untrusted(why) | UnitEnd::NotRun(why), _) => Fact::Unavailable(why.clone()),
        (UnitEnd::Finished, _) if !f.complete => Fact::Unavailable(end_words(&f.end)),
        (UnitEnd::Finished | UnitEnd::Died(_), Ok(r)) => Fact::Seen(r),
        // The last line of a process that died may be cut short.
        (UnitEnd::Died(_), Err(_)) => {
            let whole = f.records.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default();
            records::call(&whole).map_or_else(Fact::Unavailable, Fact::Seen)
        }
        (UnitEnd::Finished, Err(e)) => Fact::Unavailable(e),
    };
    VectorSeen { expected, site, records, end: f.end.clone() }
}

/// Adds to a wrong value which side erred, caller or callee, where registers
/// and memory showed what one handed to the other.
fn name_the_side(subject: &Subject, verdict: &mut Verdict) {
    let Verdict::Disagree(f) = verdict else { return };
    if f.oracle != "values" {
        return;
    }
    let Some(right) = registers::handed_over(subject, &f.path) else { return };
    let argument = f.path.split_once("].").is_some_and(|(_, rest)| rest.starts_with("args"));
    f.evidence.push(
        match (argument, right) {
            (true, true) => "at the entry the argument is right in registers and memory: the callee errs",
            (true, false) => "at the entry the argument is wrong already in registers and memory: the caller errs",
            (false, true) => "at the return the result is right in registers and memory: the caller errs",
            (false, false) => "at the return the result is wrong already in registers and memory: the callee errs",
        }
        .to_string(),
    );
}

/// Asks all oracles.
pub(crate) fn judge(subject: &Subject) -> CellResult {
    let cell = subject.cell.to_string();
    let mut result = CellResult {
        cell: cell.clone(),
        oracles: BTreeMap::new(),
        findings: vec![],
        unobserved: vec![],
        open: vec![],
        watched: registers::watched(subject),
    };
    for oracle in ORACLES {
        let mut verdicts = oracle.judge(subject);
        verdicts.iter_mut().for_each(|v| name_the_side(subject, v));
        if verdicts.is_empty() {
            verdicts.push(Verdict::Unobserved(format!("{} had nothing to judge", oracle.id())));
        }
        let summary = result.oracles.entry(oracle.id().to_string()).or_default();
        for v in verdicts {
            summary.add(&v);
            match v {
                Verdict::Disagree(f) => result.findings.push(f),
                Verdict::Unobserved(why) => result.unobserved.push(format!("{}: {why}", oracle.id())),
                Verdict::Agree | Verdict::Inapplicable(_) | Verdict::NotDescribed => {}
            }
        }
        result.open.extend(oracle.open(subject).into_iter().map(|fact| Open {
            case: subject.case.id.to_string(),
            cell: cell.clone(),
            oracle: oracle.id(),
            fact,
        }));
    }
    result
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
