//! The second pass: instructions of the functions that findings speak of.

use super::Exhibit;
use super::sources::Sources;
use super::spoken::{Mark, Spoken};
use crate::job::Shared;
use crate::plan::Job;
use goabi_reports::function::{FunctionRecord, InstructionRecord, SourceRecord};
use goabi_reports::record::{FindingRecord, Problem, ProblemKind};
use goabi_runners::observe::disasm::{Kind, has_decoder};
use goabi_runners::observe::listing::{Entry, Listings, Wanted, list};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What the record shows.
#[derive(Default)]
pub(crate) struct Collected {
    pub functions: Vec<FunctionRecord>,
    pub sources: Vec<SourceRecord>,
    pub problems: Vec<Problem>,
}

/// One function of a program that a finding speaks of.
struct Spot {
    /// Index into the exhibits.
    at: usize,
    marks: BTreeSet<Mark>,
}

/// What became of one function: its instructions, or why there are none.
type Listed = (usize, Result<Vec<InstructionRecord>, String>);

/// Fills in what findings ask for, on all targets alike, so that they can be
/// compared; reads each program at most once. A cancelled run is told as the
/// reason why instructions are missing.
pub(crate) fn collect(
    jobs: &[Job],
    mut exhibits: Vec<Exhibit>,
    findings: &[FindingRecord],
    s: &Shared,
    threads: usize,
) -> Collected {
    let spoken = Spoken::of(findings);
    let mut sources = Sources::of(jobs, &spoken, s);
    let mut programs: BTreeMap<Arc<Path>, Vec<Spot>> = BTreeMap::new();
    for (at, e) in exhibits.iter_mut().enumerate() {
        let key = (e.record.case.as_str(), e.record.toolchain.as_str(), e.record.build.as_str());
        let marks = spoken.marks(key, &e.record.calls, &e.vectors);
        if marks.is_empty() {
            continue;
        }
        let missing = match &e.span {
            Err(why) => Some(why.clone()),
            Ok(_) if !has_decoder(&e.arch.goarch) => Some(format!("no decoder for {}", e.arch.goarch)),
            Ok(_) => None,
        };
        match missing {
            Some(why) => e.record.not_disassembled = Some(why),
            None => programs.entry(Arc::clone(&e.artifact)).or_default().push(Spot { at, marks }),
        }
    }
    let mut same_lines: BTreeSet<usize> = BTreeSet::new();
    for spot in programs.values().flatten() {
        let e = &exhibits[spot.at];
        if sources.has(&e.variant, &e.file, s) {
            same_lines.insert(spot.at);
        }
    }
    let (listed, problems) = read_all(&exhibits, programs, &same_lines, s, threads);
    for (at, result) in listed {
        match result {
            Ok(instructions) => exhibits[at].record.instructions = instructions,
            Err(why) => exhibits[at].record.not_disassembled = Some(why),
        }
    }
    let functions = exhibits.into_iter().map(|e| e.record).collect();
    Collected { functions, sources: sources.records(s), problems }
}

fn read_all(
    exhibits: &[Exhibit],
    programs: BTreeMap<Arc<Path>, Vec<Spot>>,
    same_lines: &BTreeSet<usize>,
    s: &Shared,
    threads: usize,
) -> (Vec<Listed>, Vec<Problem>) {
    let threads = threads.min(programs.len());
    let queue: Mutex<VecDeque<(Arc<Path>, Vec<Spot>)>> = Mutex::new(programs.into_iter().collect());
    let done: Mutex<(Vec<Listed>, Vec<Problem>)> = Mutex::default();
    let work = || {
        let next = || queue.lock().ok().and_then(|mut q| q.pop_front());
        while let Some((path, spots)) = next() {
            let (listed, problem) = if s.cancel.is_cancelled() {
                (refused(&spots, "the run was interrupted"), None)
            } else {
                program(exhibits, &path, &spots, same_lines)
            };
            if let Ok(mut done) = done.lock() {
                done.0.extend(listed);
                done.1.extend(problem);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    done.into_inner().unwrap_or_default()
}

fn refused(spots: &[Spot], why: &str) -> Vec<Listed> {
    spots.iter().map(|spot| (spot.at, Err(why.to_string()))).collect()
}

/// Reads one program.
fn program(
    exhibits: &[Exhibit],
    path: &Path,
    spots: &[Spot],
    same_lines: &BTreeSet<usize>,
) -> (Vec<Listed>, Option<Problem>) {
    let Some(first) = spots.first().map(|spot| &exhibits[spot.at]) else { return (vec![], None) };
    let problem = |why: String| Problem {
        kind: ProblemKind::Unreadable,
        toolchain: Some(first.record.toolchain.clone()),
        cell: None,
        message: format!("{}/{}/{}: {why}", first.record.toolchain, first.record.target, first.record.build),
    };
    let wanted: Vec<Wanted<'_>> = spots
        .iter()
        .map(|spot| {
            let e = &exhibits[spot.at];
            // Only functions with code are asked for.
            let (low_pc, high_pc) = e.span.as_ref().copied().unwrap_or_default();
            Wanted { package: &e.package, low_pc, high_pc }
        })
        .collect();
    let read = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    let read = read.and_then(|b| list(&b, &first.arch.goarch, &wanted).map_err(|e| e.to_string()));
    let Listings { functions, unreadable } = match read {
        Ok(l) => l,
        Err(why) => return (refused(spots, &why), Some(problem(why))),
    };
    let listed = spots.iter().zip(functions).map(|(spot, entries)| {
        let file = same_lines.contains(&spot.at).then_some(exhibits[spot.at].file.as_str());
        (spot.at, entries.map(|entries| entries.into_iter().map(|e| instruction(e, file, &spot.marks)).collect()))
    });
    (listed.collect(), unreadable.first().map(|why| problem(why.clone())))
}

/// One instruction; its line where it comes from the file that is shown.
fn instruction(entry: Entry, file: Option<&str>, marks: &BTreeSet<Mark>) -> InstructionRecord {
    let Entry { instruction: i, source } = entry;
    let mark = match i.kind {
        Kind::Return if marks.contains(&Mark::Return) => Some(Mark::Return),
        Kind::Return | Kind::Undecoded | Kind::Other => None,
    };
    let first = (i.offset == 0 && marks.contains(&Mark::Entry)).then_some(Mark::Entry);
    // The line table has the module's path before it.
    let ours =
        |path: &str| file.is_some_and(|f| path.strip_suffix(f).is_some_and(|p| p.is_empty() || p.ends_with('/')));
    InstructionRecord {
        offset: i.offset,
        text: i.text,
        line: source.filter(|(path, _)| ours(path)).map(|(_, line)| line),
        mark: first.or(mark).map(|m| m.word().to_string()),
    }
}
