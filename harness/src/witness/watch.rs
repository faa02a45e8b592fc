//! Watching a program in all ways in which this machine can.

use super::{How, Watched, plan};
use crate::exhibits::Inside;
use crate::job::{JobResult, Shared};
use goabi_generators::program::{Unit, UnitKind};
use goabi_reports::record::{Problem, ProblemKind};
use goabi_runners::error::RunnerError;
use goabi_runners::gdbremote::DebugExec;
use goabi_runners::observe::dwarf::DwarfFacts;
use goabi_runners::observe::machine::{Cut, MachineFacts, ObserveError, ObserveSpec, Plan, UnitSeen, observe};
use goabi_runners::observe::records::Fact;
use goabi_runners::reuse::RunKey;
use goabi_runners::run::{Death, RunFacts, UnitEnd};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// By GOARCH: each way of watching its programs, or why it cannot be done.
pub type Observers = BTreeMap<String, Vec<(How, Result<DebugExec, String>)>>;

/// Watches a program; one entry a way.
///
/// # Errors
/// An interruption, or what concerns the whole run.
pub(crate) fn watch(
    s: &Shared,
    inside: &Inside<'_>,
    dwarf: &Fact<Arc<DwarfFacts>>,
    ran: &RunFacts,
    only: Option<&BTreeSet<u32>>,
    out: &mut JobResult,
) -> Result<Vec<(How, Watched)>, RunnerError> {
    let observers = s.observers.get(&inside.job.target.goarch).map(Vec::as_slice).unwrap_or_default();
    let all = |program: &Watched| observers.iter().map(|(how, _)| (*how, program.clone())).collect();
    let dwarf = match dwarf {
        Fact::Seen(dwarf) => dwarf,
        Fact::NotRequested => return Ok(all(&Watched::Unavailable("the program's DWARF was not read".into()))),
        Fact::Unavailable(why) => return Ok(all(&Watched::Unavailable(why.clone()))),
    };
    let plan = match plan(inside, dwarf) {
        Ok(plan) => plan,
        Err(why) => return Ok(all(&Watched::Unavailable(why))),
    };
    watch_by(s, inside, &plan, (Some(ran), only), out)
}

/// As [`watch`], by a plan that was made before; `units`: what they did when the
/// program ran by itself, and which of them are asked for.
///
/// # Errors
/// As [`watch`].
pub(crate) fn watch_by(
    s: &Shared,
    inside: &Inside<'_>,
    plan: &Plan<'_>,
    units: (Option<&RunFacts>, Option<&BTreeSet<u32>>),
    out: &mut JobResult,
) -> Result<Vec<(How, Watched)>, RunnerError> {
    let observers = s.observers.get(&inside.job.target.goarch).map(Vec::as_slice).unwrap_or_default();
    let mut seen = Vec::new();
    // Where the machine itself runs the programs, an emulator that cannot says
    // nothing of them: so does qemu-i386 with the runtime of Go 1.27.
    let natively = observers.iter().any(|(how, _)| *how == How::Native);
    for (how, exec) in observers {
        let program = match exec {
            Ok(exec) => {
                let needed = !natively || *how == How::Native;
                one(s, inside, plan, (*how, exec, needed), units, out)?
            }
            Err(why) => Watched::Skipped(why.lines().next().unwrap_or_default().to_string()),
        };
        if let (Watched::Skipped(why), Ok(_)) = (&program, exec) {
            let message = format!("{}, {how}: {why}", inside.job.target);
            out.problems.push(Problem { kind: ProblemKind::NotWatched, toolchain: None, cell: None, message });
        }
        seen.push((*how, program));
    }
    Ok(seen)
}

/// One way of watching a program; `needed`: whether no other way can do it.
fn one(
    s: &Shared,
    inside: &Inside<'_>,
    plan: &Plan<'_>,
    (how, exec, needed): (How, &DebugExec, bool),
    (ran, only): (Option<&RunFacts>, Option<&BTreeSet<u32>>),
    out: &mut JobResult,
) -> Result<Watched, RunnerError> {
    // What hangs or floods does that under a debugger, too, and takes its time.
    let stopped: BTreeMap<u32, String> = ran
        .into_iter()
        .flat_map(|ran| &ran.units)
        .filter_map(|u| match &u.end {
            UnitEnd::Died(Death { stopped: Some(stop), .. }) => Some((u.unit, format!("its run was stopped: {stop}"))),
            UnitEnd::Finished | UnitEnd::Died(_) | UnitEnd::Untrusted(_) | UnitEnd::NotRun(_) => None,
        })
        .collect();
    let numbered = || (0u32..).zip(&inside.program.units);
    let new = |u: &Unit| match u.kind {
        UnitKind::Call { vector, .. } => {
            inside.picks.get(u.case).is_none_or(|picks| picks.case.repeats(vector).is_none())
        }
        UnitKind::Types => false,
    };
    let asked: Vec<u32> = numbered()
        .filter(|(n, u)| new(u) && only.is_none_or(|o| o.contains(n)))
        .map(|(n, _)| n)
        .filter(|n| !stopped.contains_key(n))
        .collect();
    let isolated: BTreeSet<u32> = numbered().filter(|(_, u)| u.isolated).map(|(n, _)| n).collect();
    let spec = ObserveSpec {
        artifact: inside.artifact,
        goarch: &inside.job.target.goarch,
        exec,
        plan,
        asked: &asked,
        isolated: &isolated,
        limits: s.watch_limits,
    };
    // Whoever asks for some units wants to see them run.
    let key = only.is_none().then(|| RunKey::of_machine(s.cache, &spec));
    let kept = key.as_ref().filter(|_| !s.fresh).and_then(RunKey::recall::<MachineFacts>);
    let reused = kept.is_some();
    let start = Instant::now();
    let mut facts = match kept {
        Some(facts) => facts,
        None => match observe(&spec, s.cancel) {
            Ok(facts) => facts,
            Err(ObserveError::Runner(e)) => return Err(e),
            Err(ObserveError::Unsupported(why)) => return Ok(Watched::Skipped(why)),
            Err(e @ ObserveError::NotBegun(_)) if !needed => return Ok(Watched::Skipped(format!("{how} {e}"))),
            Err(e @ (ObserveError::Program(_) | ObserveError::NotBegun(_))) => {
                return Ok(Watched::Unavailable(e.to_string()));
            }
        },
    };
    if let Some(key) = key {
        if !reused {
            // That it could not be kept costs a run next time, and no more.
            let _ = key.keep_machine(s.cache, &facts);
        }
        out.runs.push(key);
    }
    if !reused {
        *out.timings.entry("watch").or_default() += start.elapsed();
        out.stops += facts.stops;
    }
    let cut = |why| UnitSeen { calls: vec![], cut: Some(Cut::NotRun(why)) };
    facts.units.extend(stopped.into_iter().map(|(unit, why)| (unit, cut(why))));
    Ok(Watched::Seen(Arc::new(facts)))
}
