//! From one process's end and transcript to what happened to its units.

use crate::error::how;
use crate::process::{Completed, Ended, Stop};
use crate::run::{Death, UnitEnd, UnitFacts, shorten};
use crate::stood::stood;
use crate::transcript::{State, Trailer, Transcript, Unit};

/// How much of each end of a dead process's output is kept.
const OUTPUT_KEPT: usize = 16 << 10;

/// What is known of a batch after one process.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    pub(crate) units: Vec<UnitFacts>,
    /// What a fresh process has to run: always less than the batch.
    pub(crate) rest: Vec<u32>,
}

impl Settled {
    /// No unit of the batch was begun, for this reason.
    pub(crate) fn not_run(batch: &[u32], reason: &str) -> Settled {
        Settled::all(batch, &UnitEnd::NotRun(reason.to_string()))
    }

    fn all(batch: &[u32], end: &UnitEnd) -> Settled {
        Settled { units: batch.iter().map(|u| without_records(*u, end.clone())).collect(), rest: Vec::new() }
    }
}

/// Settles what one process did with the batch that it was asked for.
pub(crate) fn settle(program: &str, batch: &[u32], done: &Completed, transcript: &Transcript) -> Settled {
    let ended = how(done.ended, done.stopped);
    let Some(header) = &transcript.header else {
        return match &transcript.breach {
            Some(breach) => Settled::all(batch, &UnitEnd::Untrusted(breach.clone())),
            None => Settled::not_run(batch, &format!("the process {ended} before it wrote a header")),
        };
    };
    if header.program != program || header.asked as usize != batch.len() {
        let (is, asked, want) = (&header.program, header.asked, batch.len());
        let breach = format!("the header says program {is}, {asked} units; wanted are program {program}, {want} units");
        return Settled::all(batch, &UnitEnd::Untrusted(breach));
    }
    let Placed { mut units, mut left, mut breach } = place(batch, &transcript.units, || death(done));
    if transcript.breach.is_some() {
        breach.clone_from(&transcript.breach);
    }
    let ended_well = done.ended == Ended::Exited(0) && done.stopped.is_none();
    let open = transcript.units.last().is_some_and(|u| u.state == State::Open);
    if breach.is_none() && ended_well && !open && transcript.trailer == Trailer::Missing && !units.is_empty() {
        breach = Some("the process exited with status 0 and wrote no trailer".to_string());
    }
    // Nothing stays to be trusted in a false transcript.
    if let Some(breach) = breach {
        units.iter_mut().for_each(|u| u.end = UnitEnd::Untrusted(breach.clone()));
    } else if open && transcript.units.len() > 1 && matches!(done.stopped, Some(Stop::Output | Stop::Memory)) {
        // Others before it had their part in that: once more, at the front.
        if let Some(last) = units.pop_if(|u| matches!(u.end, UnitEnd::Died(_))) {
            left.insert(0, last.unit);
        }
    } else if !open && !finished(done, transcript) {
        // The process ended between two units, or after the last.
        if let Some(last) = units.last_mut().filter(|u| u.end == UnitEnd::Finished) {
            last.end = UnitEnd::Died(death(done));
        }
    }
    if units.is_empty() {
        return Settled::not_run(batch, &format!("the process {ended} before it began any unit"));
    }
    if transcript.trailer == Trailer::True {
        let end = UnitEnd::Untrusted("the program ended without having begun it".to_string());
        units.extend(left.drain(..).map(|u| without_records(u, end.clone())));
    }
    Settled { units, rest: left }
}

/// Whether the process came to its own good end. One that wrote a true trailer
/// and exited with 0 before it could be killed for its output did.
fn finished(done: &Completed, transcript: &Transcript) -> bool {
    done.ended == Ended::Exited(0) && (done.stopped.is_none() || transcript.trailer == Trailer::True)
}

/// The units of a transcript against the batch.
struct Placed {
    units: Vec<UnitFacts>,
    /// Those after the last one begun.
    left: Vec<u32>,
    breach: Option<String>,
}

fn place(batch: &[u32], seen: &[Unit], death: impl Fn() -> Death) -> Placed {
    let (mut units, mut next, mut breach): (Vec<UnitFacts>, _, _) = (Vec::new(), 0, None);
    for unit in seen {
        let Some(at) = batch.iter().position(|u| *u == unit.unit) else {
            breach.get_or_insert(format!("it holds unit {}, which was not asked for", unit.unit));
            continue;
        };
        if at < next {
            // Begun twice, or after one that should have come after it.
            let end = UnitEnd::Untrusted("it was begun out of order".to_string());
            units.iter_mut().filter(|u| u.unit == unit.unit).for_each(|u| u.end = end.clone());
            continue;
        }
        let skipped = UnitEnd::Untrusted(format!("the program went on to unit {} without it", unit.unit));
        units.extend(batch[next..at].iter().map(|u| without_records(*u, skipped.clone())));
        next = at + 1;
        let (complete, end) = match &unit.state {
            State::Closed => (true, UnitEnd::Finished),
            State::Open => (false, UnitEnd::Died(death())),
            State::Breach(reason) => (false, UnitEnd::Untrusted(reason.clone())),
        };
        units.push(UnitFacts { unit: unit.unit, records: unit.records.clone(), complete, end });
    }
    Placed { units, left: batch[next..].to_vec(), breach }
}

fn without_records(unit: u32, end: UnitEnd) -> UnitFacts {
    UnitFacts { unit, records: Vec::new(), complete: false, end }
}

fn death(done: &Completed) -> Death {
    Death {
        ended: done.ended,
        stopped: done.stopped,
        stderr: shorten(&done.stderr, OUTPUT_KEPT),
        stdout: shorten(&done.stdout, OUTPUT_KEPT),
        emulator: None,
        stood: stood(&String::from_utf8_lossy(&done.stderr)),
    }
}
