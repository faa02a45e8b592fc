//! `--observe`: a function of the signature is called with values whose every
//! word tells itself, watched as `goabi run` watches, and each word ticked that
//! was where the explanation has it.

use super::confirm::{Seen, word};
use super::make::Column;
use crate::chunks::Picked;
use crate::exhibits;
use crate::job::{JobResult, Shared, build_spec, inside, program_of};
use crate::plan::{Job, PlannedCell};
use crate::setup::Execs;
use crate::witness::{How, Watched, plan, watch_by};
use goabi_cases::arch::Arch;
use goabi_cases::case::{Expected, Outcome};
use goabi_cases::cell::{Cell, Target};
use goabi_cases::stress::Stress;
use goabi_cases::types::GoType;
use goabi_cases::value::Value;
use goabi_generators::call::by_id;
use goabi_reports::explain::model::{Answer, Confirmed, Port};
use goabi_runners::build::{Built, Sources, build};
use goabi_runners::error::RunnerError;
use goabi_runners::observe::machine::{BytesSeen, CallSeen, Cut, SlotSeen};
use goabi_runners::observe::records::Fact;

/// How the function is called.
pub const CALL: &str = "direct";

/// What was seen of a call, or why it was not.
type Shown = Result<(How, CallSeen), String>;

/// Watches a call for one column, by the toolchain of that index, and notes at
/// the port what was seen. `shared` holds the staged file.
///
/// # Errors
/// An interruption alone: all else is a reason, and noted as such.
pub fn observe(
    port: &mut Port,
    (column, toolchain): (&Column, usize),
    untold: &[Option<String>],
    execs: &Execs,
    shared: &Shared<'_>,
) -> Result<(), RunnerError> {
    let watched = match seen(column, toolchain, execs, shared) {
        Ok(watched) => watched,
        Err(RunnerError::Cancelled) => return Err(RunnerError::Cancelled),
        Err(e) => Err(first_line(&e.to_string())),
    };
    match watched.and_then(|(how, call)| Ok((how, confirm(port, column.arch, untold, shared, &call)?))) {
        Ok((how, ())) => port.observed = Some(words(how).to_string()),
        Err(why) => port.not_observed = Some(why),
    }
    Ok(())
}

/// Short, since it heads a column.
fn words(how: How) -> &'static str {
    match how {
        How::Native => "natively",
        How::Emulated => "emulated",
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_string()
}

/// The job of one column: one cell of one case.
fn job(column: &Column, toolchain: usize, shared: &Shared<'_>) -> Option<Job> {
    let target = Target { goarch: column.arch.goarch.clone() };
    let call = by_id(CALL)?;
    let cell = Cell {
        case: shared.files.first()?.cases.first()?.id.clone(),
        toolchain: shared.toolchains.get(toolchain)?.label.clone(),
        target: target.clone(),
        build: column.build,
        stress: Stress::NONE,
        call: CALL.to_string(),
    };
    let cells = vec![PlannedCell { cell, case: (0, 0), call, skip: None }];
    Some(Job {
        toolchain,
        target,
        build: column.build,
        stress: Stress::NONE,
        arch: column.arch,
        version: column.version,
        cells,
        turn: None,
    })
}

fn seen(column: &Column, toolchain: usize, execs: &Execs, shared: &Shared<'_>) -> Result<Shown, RunnerError> {
    if let Err(why) = column.build.applies(column.arch, column.version) {
        return Ok(Err(why));
    }
    match execs.get(&column.arch.goarch) {
        Some(Ok(_)) => {}
        Some(Err(why)) => return Ok(Err(first_line(why))),
        None => return Ok(Err("nothing executes its programs".into())),
    }
    let Some(job) = job(column, toolchain, shared) else { return Ok(Err("there is no call to make".into())) };
    let picked = Picked { case: (0, 0), cells: vec![0] };
    let group = [&picked];
    let program = program_of(&job, shared, &group);
    let sources = Sources { files: program.files.clone() };
    let artifact = match build(shared.cache, &build_spec(&job, shared, &sources, None), shared.cancel)? {
        Built::Artifact(artifact) => artifact,
        Built::Rejected { diagnostics, output } => {
            let said = diagnostics.first().map_or_else(|| first_line(output.trim()), |d| d.message.clone());
            return Ok(Err(format!("the compiler rejects the generated call: {said}")));
        }
    };
    let read = exhibits::read(&artifact, &program, job.arch);
    let dwarf = match &read.dwarf {
        Fact::Seen(dwarf) => dwarf,
        Fact::NotRequested => return Ok(Err("the program's DWARF was not read".into())),
        Fact::Unavailable(why) => return Ok(Err(why.clone())),
    };
    let inside = inside(&job, shared, &group, &program, &artifact);
    let mut plan = match plan(&inside, dwarf) {
        Ok(plan) => plan,
        Err(why) => return Ok(Err(why)),
    };
    plan.bytes = true;
    plan.statements.fill(false);
    let all = watch_by(shared, &inside, &plan, (None, None), &mut JobResult::default())?;
    Ok(called(&all))
}

/// The first way of watching that showed the call; else why none did.
fn called(all: &[(How, Watched)]) -> Shown {
    let mut reasons = Vec::new();
    for (how, program) in all {
        let why = match program {
            Watched::Seen(facts) => {
                let mut units = facts.units.values();
                if let Some(call) = facts.units.values().find_map(|u| u.calls.first()) {
                    return Ok((*how, call.clone()));
                }
                match units.find_map(|u| u.cut.as_ref()) {
                    Some(Cut::Died(why) | Cut::NotRun(why) | Cut::Lost(why)) => why.clone(),
                    None => "the function was never entered".to_string(),
                }
            }
            Watched::Skipped(why) | Watched::Unavailable(why) => why.clone(),
        };
        reasons.push(why);
    }
    Err(if reasons.is_empty() { "there is no way of watching its programs".into() } else { reasons.join("; ") })
}

/// What the call must show, and what it showed.
fn confirm(
    port: &mut Port,
    arch: &Arch,
    untold: &[Option<String>],
    shared: &Shared<'_>,
    call: &CallSeen,
) -> Result<(), String> {
    let file = shared.files.first().ok_or("there is no case")?;
    let case = file.cases.first().ok_or("there is no case")?;
    let vector = case.vectors.first().ok_or("there is no call")?;
    let size = u32::try_from(arch.word_size).unwrap_or(8);
    let expected: Expected = case.expected_at_rest(&file.scope, vector, size).map_err(|bad| bad.error.message)?;
    let Outcome::Returns(results) = &expected.outcome else { return Err("the call is not to return".into()) };
    let entry = call.entries.first().ok_or("the function's entry was not seen")?;
    let wanted: Vec<&Value> = expected.args.iter().chain(results).collect();
    let types: Vec<&GoType> = case.signature.params.iter().chain(&case.signature.results).map(|p| &p.ty).collect();
    let inputs = expected.args.len();
    port.confirm(|i, value, w| {
        let not = |why: &str| Some(Confirmed { answer: Answer::NotObserved, seen: why.to_string() });
        let (values, bytes, k): (&[SlotSeen], &[BytesSeen], usize) = if value.role.is_input() {
            (&entry.inputs, &entry.bytes, i)
        } else {
            match &call.at_return {
                Some(values) => (values, &call.return_bytes, i - inputs.min(i)),
                None => return not("the function's return was not seen"),
            }
        };
        match (values.get(k), bytes.get(k), wanted.get(i), types.get(i)) {
            (Some(value), Some(bytes), Some(want), Some(ty)) => {
                let seen = Seen { ty, want, value, bytes, untold: untold.get(i).and_then(Option::as_deref) };
                Some(word(arch, &seen, w.offset, w.bytes))
            }
            _ => not("it was not read"),
        }
    });
    Ok(())
}
