//! What is to be watched in a program: which function each unit enters, and
//! where the model and DWARF have its parameters and results.

use crate::exhibits::Inside;
use crate::oracles::LOOKED_AT;
use crate::oracles::dwarf::slot_numbers;
use goabi_cases::assignment::{Abi, assign_abi};
use goabi_cases::case::{Action, Case};
use goabi_cases::cell::Build;
use goabi_cases::layout::LayoutError;
use goabi_cases::signature::Signature;
use goabi_generators::program::{BEGIN, Function, RUNNING, UnitKind};
use goabi_runners::observe::dwarf::DwarfFacts;
use goabi_runners::observe::machine::{Plan, SlotAt, Watched};

/// The plan for a program.
///
/// # Errors
/// In words: a signature that the port cannot have.
pub(crate) fn plan<'a>(i: &Inside<'a>, dwarf: &'a DwarfFacts) -> Result<Plan<'a>, String> {
    let mut functions = Vec::new();
    for f in &i.program.functions {
        // One left out would give all that follow the numbers of others.
        let picks = i.picks.get(f.case).ok_or_else(|| format!("{}: its case was not chosen", f.symbol))?;
        functions.push(watched(i, f, picks.case, dwarf).map_err(|e| e.to_string())?);
    }
    let reaches = |unit: &goabi_generators::program::Unit| -> Vec<usize> {
        let UnitKind::Call { call, vector } = &unit.kind else { return vec![] };
        let reached = |f: &Function| f.case == unit.case && f.calls.contains(call) && f.vectors.contains(vector);
        i.program.functions.iter().enumerate().filter(|(_, f)| reached(f)).map(|(n, _)| n).collect()
    };
    // What DWARF says at statements is compared in some kinds' cells only.
    let looked_at = |unit: &goabi_generators::program::Unit| match &unit.kind {
        UnitKind::Call { call, .. } => LOOKED_AT.contains(call),
        UnitKind::Types => false,
    };
    Ok(Plan {
        arch: i.job.arch,
        dwarf,
        functions,
        units: i.program.units.iter().map(reaches).collect(),
        statements: i.program.units.iter().map(|u| i.job.build == Build::Noopt && looked_at(u)).collect(),
        bytes: false,
        begin: BEGIN,
        running: RUNNING,
    })
}

fn watched(i: &Inside<'_>, f: &Function, case: &Case, dwarf: &DwarfFacts) -> Result<Watched, LayoutError> {
    let signature = Signature { receiver: f.receiver.clone(), ..case.signature.clone() };
    let abi = Abi::of(i.job.arch, i.toolchain.version, i.job.build);
    let assignment = assign_abi(&signature, i.job.arch, abi)?;
    let slots = slot_numbers(&signature, i.toolchain.version);
    let variables = dwarf.functions.get(&f.symbol).map(|d| d.params.as_slice()).unwrap_or_default();
    let mut taken: Vec<SlotAt> = Vec::new();
    let variables = variables
        .iter()
        .map(|v| {
            let at = slots.iter().find(|(name, at)| *name == v.name && !taken.contains(at)).map(|(_, at)| *at)?;
            taken.push(at);
            Some(at)
        })
        .collect();
    let receiver = signature.receiver.iter().map(|_| false);
    let names = signature.params.iter().map(|p| p.visible_name());
    let changed = receiver.chain(names.map(|n| n.is_some_and(|n| may_change(case, &f.vectors, n)))).collect();
    let by_body = f.vectors.iter().filter_map(|v| case.vectors.get(*v)).any(|v| v.action == Action::Body);
    let sets_results = by_body && signature.results.iter().any(|r| r.visible_name().is_some());
    let unread = signature.receiver.iter().map(|_| false);
    let params = signature.params.iter().map(|p| case.record_args && p.visible_name().is_some());
    let read = unread.chain(params).collect();
    Ok(Watched {
        read,
        symbol: f.symbol.clone(),
        package: f.package.clone(),
        assignment,
        variables,
        changed,
        sets_results,
    })
}

/// Whether a function's body may change a parameter, or what it points at:
/// rather yes than no.
fn may_change(case: &Case, vectors: &[usize], name: &str) -> bool {
    let by_body = vectors.iter().filter_map(|v| case.vectors.get(*v)).any(|v| v.action == Action::Body);
    let Some(body) = case.body.as_deref().filter(|_| by_body) else { return false };
    body.lines().any(|line| {
        let mentioned = line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name);
        let compares = line.replace("==", "").replace("!=", "").replace("<=", "").replace(">=", "").replace(":=", "");
        let changes = compares.contains('=') || line.contains("++") || line.contains("--") || line.contains('&');
        // Methods may have pointer receivers; a declaration may shadow the name.
        let hides =
            line.contains(&format!("{name}.")) || line.contains(&format!("{name} :=")) || line.contains("range");
        mentioned && (changes || hides)
    })
}
