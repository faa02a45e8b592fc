//! The first pass: what is known of each function when its program was read.

use super::Exhibit;
use super::places::{assigned, located};
use super::read::Seen;
use super::sources::Variant;
use crate::job::port;
use crate::oracles::dwarf::named_slots;
use crate::plan::Job;
use goabi_cases::assignment::{Assignment, assign};
use goabi_cases::case::Case;
use goabi_cases::signature::Signature;
use goabi_cases::version::GoVersion;
use goabi_generators::program::{Function, Program};
use goabi_reports::function::{CodeRecord, FunctionRecord, VariableRecord};
use goabi_reports::record::{Problem, ProblemKind};
use goabi_runners::build::Artifact;
use goabi_runners::observe::dwarf::{self, DwarfFacts};
use goabi_runners::observe::records::Fact;
use goabi_runners::toolchain::Toolchain;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// A program and what it was made of.
pub(crate) struct Inside<'a> {
    pub job: &'a Job,
    pub toolchain: &'a Toolchain,
    pub program: &'a Program,
    pub artifact: &'a Artifact,
    /// The selection that it was generated from.
    pub picks: Vec<Picks<'a>>,
}

/// A case of the selection.
pub(crate) struct Picks<'a> {
    pub case: &'a Case,
    /// Indexes of its file, and of itself therein.
    pub at: (usize, usize),
    /// The calls that the program makes of it.
    pub calls: Vec<&'static str>,
    /// Those among them whose cells are judged.
    pub wanted: BTreeSet<&'static str>,
}

/// Describes each function under test that a judged cell calls.
pub(crate) fn describe(i: &Inside<'_>, seen: &Seen) -> (Vec<Exhibit>, Vec<Problem>) {
    let artifact: Arc<Path> = Arc::from(i.artifact.path.as_path());
    let wanted = i.program.functions.iter().filter_map(|f| {
        let picks = i.picks.get(f.case)?;
        f.calls.iter().any(|c| picks.wanted.contains(c)).then_some((f, picks))
    });
    let exhibits = wanted.map(|(f, picks)| exhibit(i, seen, f, picks, &artifact)).collect();
    (exhibits, problems(i, seen))
}

/// What could not be read of the program as a whole.
fn problems(i: &Inside<'_>, seen: &Seen) -> Vec<Problem> {
    let message = match (&seen.dwarf, &seen.code) {
        (Fact::Unavailable(why), _) | (_, Fact::Unavailable(why)) => why.clone(),
        (_, Fact::Seen(code)) => match code.unreadable.as_slice() {
            [] => return vec![],
            [one] => one.clone(),
            [first, rest @ ..] => format!("{first}; and {} more like this", rest.len()),
        },
        (_, Fact::NotRequested) => return vec![],
    };
    let place = format!("{}/{}/{}{}", i.toolchain.label, i.job.target, i.job.build, i.job.stress);
    vec![Problem {
        kind: ProblemKind::Unreadable,
        toolchain: Some(i.toolchain.label.clone()),
        cell: None,
        message: format!("{place}: {message}"),
    }]
}

fn exhibit(i: &Inside<'_>, seen: &Seen, f: &Function, picks: &Picks<'_>, artifact: &Arc<Path>) -> Exhibit {
    let signature = Signature { receiver: f.receiver.clone(), ..picks.case.signature.clone() };
    let arch = i.job.arch;
    let version = i.toolchain.version;
    let assignment = assign(&signature, arch, version, i.job.build);
    let facts = match &seen.dwarf {
        Fact::Seen(facts) => Some(facts.as_ref()),
        Fact::NotRequested | Fact::Unavailable(_) => None,
    };
    let function = facts.and_then(|facts| facts.functions.get(&f.symbol));
    let code = match &seen.code {
        Fact::Seen(code) => code.functions.get(&f.symbol),
        Fact::NotRequested | Fact::Unavailable(_) => None,
    };
    let record = FunctionRecord {
        case: picks.case.id.to_string(),
        toolchain: i.toolchain.label.clone(),
        target: i.job.target.to_string(),
        build: format!("{}{}", i.job.build, i.job.stress),
        symbol: f.symbol.clone(),
        calls: f.calls.iter().map(|c| (*c).to_string()).collect(),
        assignment: match &assignment {
            Ok(a) => a.to_string().lines().map(str::to_string).collect(),
            Err(e) => vec![e.to_string()],
        },
        code: code.map(|c| CodeRecord { text_bytes: c.text, frame_bytes: c.frame, instructions: c.instructions }),
        variables: match (facts, function) {
            (Some(facts), Some(function)) => {
                let described = code.map(|c| c.described.as_slice()).unwrap_or_default();
                variables(facts, function, described, &signature, version, assignment.as_ref().ok(), i.job)
            }
            (Some(_) | None, _) => vec![],
        },
        instructions: vec![],
        not_disassembled: None,
    };
    Exhibit {
        record,
        artifact: Arc::clone(artifact),
        arch,
        package: f.package.clone(),
        file: f.file.clone(),
        vectors: f.vectors.clone(),
        variant: Variant {
            case: picks.at,
            calls: picks.calls.clone(),
            goarch: &arch.goarch,
            version,
            takes: port(i.job).takes,
        },
        span: match (facts, function) {
            (_, Some(function)) => Ok((function.low_pc, function.high_pc)),
            (Some(facts), None) if facts.inlined_only.contains(&f.symbol) => {
                Err("it has no code of its own: every call of it was inlined".into())
            }
            (Some(_), None) => Err("the program has no code for it".into()),
            (None, None) => Err("the program's DWARF could not be read".into()),
        },
    }
}

fn variables(
    facts: &DwarfFacts,
    function: &dwarf::Function,
    described: &[u64],
    signature: &Signature,
    version: GoVersion,
    assignment: Option<&Assignment>,
    job: &Job,
) -> Vec<VariableRecord> {
    let slots = assignment.map(|a| named_slots(signature, version, a)).unwrap_or_default();
    let record = |(i, v): (usize, &dwarf::Variable)| {
        let slot = slots.iter().find(|(name, _)| *name == v.name).map(|(_, slot)| *slot);
        // What the signature does not have is called as DWARF calls it.
        let other = || v.ty.and_then(|t| facts.type_of(t)).and_then(|t| t.name.clone()).unwrap_or_default();
        VariableRecord {
            name: v.name.clone(),
            result: v.variable_parameter,
            ty: slot.map_or_else(other, |s| s.ty.reflect_name()),
            assigned: slot.map(assigned).unwrap_or_default(),
            locations: located(&v.location, function.low_pc, job.arch),
            described: described.get(i).copied(),
        }
    };
    function.params.iter().enumerate().map(record).collect()
}
