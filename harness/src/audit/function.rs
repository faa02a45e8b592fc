//! One function: what its tables say, and where it may be stopped.

use super::class::{Class, Level};
use super::program::Program;
use goabi_runners::observe::follow::{Boundary, Followed, Follower, Kind, Reach};
use goabi_runners::observe::unwind::{
    CfaRule, CfiContext, Func, FuncData, FuncFlags, PcData, PcRange, PcTable, UnsafePoint, UnwindError,
};

/// A boundary at which something is wrong.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub class: Class,
    pub level: Level,
    pub pattern: &'static str,
    /// From the function's entry.
    pub offset: u32,
    pub preemptible: bool,
    /// What the sides say: who, and what.
    pub claims: Vec<(&'static str, String)>,
}

/// A function with its tables unpacked.
pub(super) struct Audited<'p> {
    pub program: &'p Program<'p>,
    pub func: Func<'p>,
    pub pcsp: Vec<PcRange>,
    pub unsafe_points: Vec<PcRange>,
    /// From where to where which depth holds; `None` where it is not told from SP.
    pub cfi: Vec<(u64, u64, Option<i64>)>,
    pub assembly: bool,
    /// SP is written other than by adding to it: the runtime does not unwind it.
    pub sp_write: bool,
}

/// Where the value at a pc is in runs.
pub(super) fn at(runs: &[PcRange], pc: u64) -> Option<PcRange> {
    let n = runs.partition_point(|r| r.to <= pc);
    runs.get(n).copied().filter(|r| r.from <= pc)
}

fn runs(table: PcTable<'_>) -> Result<Vec<PcRange>, UnwindError> {
    table.runs().collect()
}

impl<'p> Audited<'p> {
    pub(super) fn new(
        program: &'p Program<'p>,
        func: Func<'p>,
        context: &mut CfiContext,
    ) -> Result<Audited<'p>, UnwindError> {
        let mut cfi = Vec::new();
        if let Some(entry) = program.cfi.entry_at(func.entry()) {
            for row in program.cfi.rows(entry, None, context)? {
                let row = row?;
                let depth = match row.cfa {
                    CfaRule::Register { register, offset } if register == program.stack_pointer() => {
                        Some(offset - program.cfa_above())
                    }
                    CfaRule::Register { .. } | CfaRule::Expression(_) => None,
                };
                cfi.push((row.from, row.to, depth));
            }
        }
        Ok(Audited {
            program,
            func,
            pcsp: runs(func.pcsp())?,
            unsafe_points: runs(func.pcdata(PcData::UnsafePoint))?,
            cfi,
            assembly: func.flags().contains(FuncFlags::ASM),
            sp_write: func.flags().contains(FuncFlags::SP_WRITE),
        })
    }

    pub(super) fn pc(&self, offset: u32) -> u64 {
        self.func.entry() + u64::from(offset)
    }

    /// What `pcsp` says.
    pub(super) fn pcsp_at(&self, pc: u64) -> Option<i32> {
        at(&self.pcsp, pc).map(|r| r.value)
    }

    /// What the call frame information says, if it says it of SP.
    pub(super) fn cfi_at(&self, pc: u64) -> Option<i64> {
        let n = self.cfi.partition_point(|(_, to, _)| *to <= pc);
        self.cfi.get(n).filter(|(from, ..)| *from <= pc).and_then(|(_, _, depth)| *depth)
    }

    pub(super) fn unsafe_at(&self, pc: u64) -> UnsafePoint {
        at(&self.unsafe_points, pc).map_or(UnsafePoint::Safe, |r| UnsafePoint::of(r.value))
    }

    /// Whether the scheduler may stop a goroutine here by a signal, and at which
    /// pc it goes on: as `isAsyncSafePoint` of the runtime. What depends on the
    /// moment (locks held, stack left) is taken to be in favour.
    pub(super) fn preempted_at(&self, pc: u64) -> Result<Option<u64>, UnwindError> {
        preempted_at(&self.func, &self.unsafe_points, pc)
    }

    /// How bad it is that unwinding goes wrong at a boundary: for the runtime if
    /// a goroutine can be preempted there or a callee returns to there, else
    /// only for whoever stops a program anywhere. Assembly is not preempted; what
    /// writes SP as it likes is not unwound at all, and what is said of a place
    /// that may never be reached is no proof.
    pub(super) fn level(&self, b: &Boundary, behind_call: bool) -> Result<(Level, bool), UnwindError> {
        let preemptible = self.preempted_at(self.pc(b.offset))?.is_some();
        let level = match b.reach {
            Reach::Reached if preemptible => Level::Error,
            Reach::Reached if behind_call && !self.assembly => Level::Error,
            Reach::Reached | Reach::Assumed if !self.sp_write => Level::Warning,
            Reach::Reached | Reach::Assumed | Reach::Unreached | Reach::Padding | Reach::Data => Level::Note,
        };
        Ok((level, preemptible))
    }
}

/// As [`Audited::preempted_at`], of a function whose table of unsafe points this is.
pub(crate) fn preempted_at(func: &Func<'_>, unsafe_points: &[PcRange], pc: u64) -> Result<Option<u64>, UnwindError> {
    let run = at(unsafe_points, pc);
    let resume = match run.map_or(UnsafePoint::Safe, |r| UnsafePoint::of(r.value)) {
        UnsafePoint::Unsafe | UnsafePoint::Other(_) => return Ok(None),
        UnsafePoint::Safe => pc,
        UnsafePoint::Restart1 | UnsafePoint::Restart2 => run.map_or(pc, |r| r.from),
        UnsafePoint::RestartAtEntry => func.entry(),
    };
    let has_locals = func.funcdata_offset(FuncData::LocalsPointerMaps).is_some();
    if func.flags().contains(FuncFlags::ASM) || !has_locals {
        return Ok(None);
    }
    let innermost = func.inlined_at(pc)?.next().transpose()?;
    let name = match innermost {
        Some(call) => call.name,
        None => func.name()?,
    };
    Ok((!is_runtime(name)).then_some(resume))
}

/// Follows a function's code.
pub(super) fn follow<'f>(a: &Audited<'_>, code: &[u8], follower: &'f mut Follower) -> &'f Followed {
    let resumes = a.func.deferreturn().and_then(|pc| u32::try_from(pc - a.func.entry()).ok());
    let code =
        goabi_runners::observe::follow::Code { arch: a.program.arch, address: a.func.entry(), bytes: code, resumes };
    follower.follow(&code, a.program)
}

/// Whether a function's name is of those that are not preempted.
pub(super) fn is_runtime(name: &str) -> bool {
    // Before Go 1.23, `runtime/internal/`.
    ["runtime.", "internal/runtime/", "runtime/internal/", "reflect."].iter().any(|prefix| name.starts_with(prefix))
}

/// Whether an instruction is executed, as far as is known.
pub(super) fn is_reached(b: &Boundary) -> bool {
    match b.reach {
        Reach::Reached | Reach::Assumed => true,
        Reach::Unreached | Reach::Padding | Reach::Data => false,
    }
}

/// Whether the boundary behind this one is where a callee returns to.
pub(super) fn is_call(b: &Boundary) -> bool {
    matches!(b.kind, Kind::Call(_)) && is_reached(b)
}
