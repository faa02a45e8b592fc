//! All functions of a binary, by all cores.

use super::chain::Unchecked;
use super::function::{Audited, Point, follow};
use super::program::Program;
use super::report::{BinaryReport, Counts, Finding};
use super::{calls, chain, depth, group, marks, prologue};
use goabi_runners::observe::follow::{Arch, Follower};
use goabi_runners::observe::unwind::{Binary, BuildInfo, CfiContext, Func, UnwindError};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Functions that a thread takes at a time.
const CHUNK: usize = 64;

/// Why a binary cannot be audited.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("cannot read {path}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("{path} is no Go binary that can be audited: {source}")]
    Binary { path: String, source: UnwindError },
    #[error("{path} is for {goarch}; only code for {} can be audited", ports())]
    Port { path: String, goarch: String },
}

/// The ports whose code can be audited.
#[must_use]
pub fn ports() -> String {
    Arch::ALL.map(Arch::goarch).join(", ")
}

/// Audits a binary, by so many threads.
///
/// # Errors
///
/// If it cannot be read, is no Go binary, or is of a port without a decoder.
pub fn audit(path: &std::path::Path, threads: usize) -> Result<BinaryReport, AuditError> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|source| AuditError::Read { path: name.clone(), source })?;
    bytes_of(&name, &bytes, threads)
}

/// As [`audit`], of what is in memory.
pub(super) fn bytes_of(path: &str, bytes: &[u8], threads: usize) -> Result<BinaryReport, AuditError> {
    let not_go = |source| AuditError::Binary { path: path.to_string(), source };
    let binary = Binary::open(bytes).map_err(not_go)?;
    let table = binary.functions().map_err(not_go)?;
    let goarch = binary.goarch().unwrap_or("an unknown port");
    let Some(arch) = Arch::of(goarch) else {
        return Err(AuditError::Port { path: path.to_string(), goarch: goarch.to_string() });
    };
    let sections = binary.cfi().map_err(not_go)?;
    let cfi = sections.read();
    let program = Program::new(&binary, &table, &cfi, (goarch, arch));

    let next = AtomicUsize::new(0);
    let all = Mutex::new(Share::default());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                let share = work(&program, &next);
                // Nothing panics while the lock is held.
                let mut all = all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                all.counts += share.counts;
                all.findings.extend(share.findings);
                all.unchecked.extend(share.unchecked);
            });
        }
    });
    let Share { counts, mut findings, unchecked } = all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    findings.extend(chain::findings(&program, &unchecked));
    let key = |f: &Finding| (std::cmp::Reverse(f.level), f.class, f.place.address, f.pattern.clone());
    findings.sort_by_key(key);
    Ok(BinaryReport {
        path: path.to_string(),
        goarch: goarch.to_string(),
        go: binary.build_info().map(|b| b.version.to_string()),
        package: binary.build_info().and_then(BuildInfo::path).map(str::to_string),
        has_cfi: counts.compared_cfi > 0,
        counts,
        findings,
    })
}

/// What one thread, or all of them, found.
#[derive(Default)]
pub(super) struct Share {
    pub(super) counts: Counts,
    pub(super) findings: Vec<Finding>,
    /// Functions without a stack check.
    pub(super) unchecked: Vec<Unchecked>,
}

/// One thread's share.
fn work(program: &Program<'_>, next: &AtomicUsize) -> Share {
    let mut out = Share::default();
    let (mut follower, mut context) = (Follower::new(), CfiContext::default());
    loop {
        let from = next.fetch_add(CHUNK, Ordering::Relaxed);
        if from >= program.table.len() {
            return out;
        }
        for n in from..(from + CHUNK).min(program.table.len()) {
            out.counts.functions += 1;
            let func = match program.table.get(n) {
                Ok(func) => func,
                Err(error) => {
                    out.counts.skipped.unreadable += 1;
                    out.findings.push(group::unreadable(format!("function {n} of the table"), 0, &error));
                    continue;
                }
            };
            if let Err(error) = function(program, func, &mut follower, &mut context, &mut out) {
                out.counts.skipped.unreadable += 1;
                let name = func.name().map_or_else(|_| format!("function {n} of the table"), str::to_string);
                out.findings.push(group::unreadable(name, func.entry(), &error));
            }
        }
    }
}

/// Audits one function. What was counted of one whose tables turn out to be
/// unreadable is forgotten.
pub(super) fn function<'p>(
    program: &'p Program<'p>,
    func: Func<'p>,
    follower: &mut Follower,
    context: &mut CfiContext,
    all: &mut Share,
) -> Result<(), UnwindError> {
    if func.pcsp().is_absent() {
        all.counts.skipped.no_pcsp += 1;
        return Ok(());
    }
    let Some(code) = program.binary.code_of(&func) else {
        all.counts.skipped.no_code += 1;
        return Ok(());
    };
    // The table of lines ends where the instructions do; `pcsp` is what is in doubt.
    let end = func.pcline().end()?.or(func.pcsp().end()?).unwrap_or(func.limit());
    let code = usize::try_from(end - func.entry()).ok().and_then(|len| code.get(..len)).unwrap_or(code);
    let audited = Audited::new(program, func, context)?;
    let followed = follow(&audited, code, follower);
    let of = followed.counts;
    let mut counts = Counts {
        audited: 1,
        instructions: of.instructions.into(),
        undecoded: of.undecoded.into(),
        followed: of.followed.into(),
        unreached: of.unreached.into(),
        functions_without_cfi: audited.cfi.is_empty().into(),
        unresolved_jumps: followed.unresolved.into(),
        unsettled: followed.unsettled.into(),
        ..Counts::default()
    };
    let mut points: Vec<Point> = Vec::new();
    depth::check(&audited, followed, &mut counts, &mut points)?;
    prologue::check(&audited, followed, &mut points)?;
    calls::check(&audited, followed, &mut counts, &mut points)?;
    marks::check(&audited, followed, &mut points)?;
    let findings = if points.is_empty() { vec![] } else { group::findings(&audited, followed, code, points)? };
    all.findings.extend(findings);
    all.unchecked.extend(chain::unchecked(&audited, followed));
    all.counts += counts;
    Ok(())
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.functions += other.functions;
        self.audited += other.audited;
        self.skipped.no_pcsp += other.skipped.no_pcsp;
        self.skipped.no_code += other.skipped.no_code;
        self.skipped.unreadable += other.skipped.unreadable;
        self.instructions += other.instructions;
        self.undecoded += other.undecoded;
        self.followed += other.followed;
        self.unreached += other.unreached;
        self.compared_pcsp += other.compared_pcsp;
        self.compared_cfi += other.compared_cfi;
        self.functions_without_cfi += other.functions_without_cfi;
        self.calls_fp_unknown += other.calls_fp_unknown;
        self.unresolved_jumps += other.unresolved_jumps;
        self.unsettled += other.unsettled;
    }
}
