//! What is wrong at one instruction.

use crate::audit::{Class, GIVEN_BACK, Level, TAKEN, preempted_at};
use goabi_runners::observe::step::{Claim, PlaceSeen, Told};
use goabi_runners::observe::unwind::{Func, FuncFlags, FuncTable, PcData, PcRange, UnwindError};

/// An instruction at which something is wrong.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub class: Class,
    pub level: Level,
    pub pattern: &'static str,
    pub pc: u64,
    pub preemptible: bool,
    /// What the sides say: who, and what.
    pub claims: Vec<(&'static str, String)>,
}

/// A function whose stops are judged.
pub(super) struct Judge<'a> {
    table: &'a FuncTable<'a>,
    func: Func<'a>,
    unsafe_points: Vec<PcRange>,
    /// Bytes that a call itself pushes.
    pushed: i64,
    /// By pc.
    places: &'a [PlaceSeen],
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        table: &'a FuncTable<'a>,
        func: Func<'a>,
        pushed: i64,
        places: &'a [PlaceSeen],
    ) -> Result<Judge<'a>, UnwindError> {
        let unsafe_points = func.pcdata(PcData::UnsafePoint).runs().collect::<Result<_, _>>()?;
        Ok(Judge { table, func, unsafe_points, pushed, places })
    }

    fn has(&self, flags: FuncFlags) -> bool {
        self.func.flags().contains(flags)
    }

    /// From which pc the runtime would unwind a goroutine that is preempted here.
    pub(super) fn preempted_at(&self, place: &PlaceSeen) -> Result<Option<u64>, UnwindError> {
        preempted_at(&self.func, &self.unsafe_points, place.pc)
    }

    /// Whether a way tells the true return address, if it is to tell it. Of the
    /// first function of a stack nobody asks.
    pub(super) fn finds_caller(&self, place: &PlaceSeen, claim: &Claim) -> Option<bool> {
        match &claim.return_address {
            Told::Inapplicable => None,
            Told::Is(_) | Told::Nothing(_) if self.has(FuncFlags::TOP_FRAME) => None,
            Told::Is(address) => Some(*address == place.return_address),
            Told::Nothing(_) => Some(false),
        }
    }

    fn is_right(&self, place: &PlaceSeen, claim: &Claim) -> bool {
        finds_frame(place, claim) && self.finds_caller(place, claim) != Some(false)
    }

    /// Whether the chain of frame pointers is looked at from here: at a call with
    /// a frame. That for more stack comes before the frame, and duffzero and
    /// duffcopy neither grow the stack nor are traced.
    pub(super) fn is_traced(&self, place: &PlaceSeen) -> bool {
        let Some(callee) = place.left_to else { return false };
        if self.has(FuncFlags::ASM) || place.cfa <= self.pushed {
            return false;
        }
        let untraced = ["runtime.morestack", "runtime.duffzero", "runtime.duffcopy"];
        let callee = self.table.find(callee).ok().flatten().and_then(|f| f.name().ok());
        callee.is_none_or(|name| !untraced.iter().any(|u| name.starts_with(u)))
    }

    /// All that is wrong at a place, of which only one is of the runtime's own
    /// tables.
    pub(super) fn points(&self, n: usize) -> Result<Vec<Point>, UnwindError> {
        let Some(place) = self.places.get(n) else { return Ok(vec![]) };
        let claims = &place.claims;
        let resume = self.preempted_at(place)?;
        let preemptible = resume.is_some();
        // As `goabi audit` has it: the runtime unwinds from where a goroutine is
        // preempted and from where a callee returns to; others from anywhere.
        let runtime = if preemptible || place.behind_call && !self.has(FuncFlags::ASM) {
            Level::Error
        } else if self.has(FuncFlags::SP_WRITE) {
            Level::Note
        } else {
            Level::Warning
        };
        let mut out = Vec::new();
        let mut wrong = |class, level, pattern| {
            out.push(Point { class, level, pattern, pc: place.pc, preemptible, claims: self.sides(place) });
        };
        let caller = |claim: &Claim| self.finds_caller(place, claim) != Some(false);
        let tables_are_right = if !finds_frame(place, &claims.pcsp) {
            match self.in_steps(n) {
                Some(pattern) => wrong(Class::SpInSteps, runtime, pattern),
                None => wrong(Class::Pcsp, runtime, pattern(place)),
            }
            false
        } else if !caller(&claims.pcsp) {
            wrong(Class::ReturnAddress, runtime, "the return address is not where the call put it");
            false
        } else if claims.runtime.as_ref().is_some_and(|claim| !caller(claim)) {
            wrong(Class::ReturnAddress, runtime, "the runtime's rule does not find the return address");
            false
        } else {
            true
        };
        if tables_are_right && let Some(resume) = resume.filter(|resume| *resume != place.pc) {
            let depth = self.func.pcsp().at(resume)?.map(|run| i64::from(run.value));
            if depth != Some(place.cfa - self.pushed) {
                wrong(Class::Pcsp, Level::Error, "the sequence is begun anew with SP at another depth");
            }
        }
        if tables_are_right && claims.cfi.as_ref().is_some_and(|claim| !self.is_right(place, claim)) {
            let level = if self.has(FuncFlags::SP_WRITE) { Level::Note } else { Level::Warning };
            wrong(Class::Cfi, level, "the call frame information does not find the caller, and pcsp does");
        }
        if let Some(chain) = &claims.frame_pointer
            && self.is_traced(place)
            && !self.is_right(place, chain)
        {
            wrong(Class::FramePointer, Level::Error, "at a call, the frame pointer does not lead to the caller");
        }
        Ok(out)
    }

    /// Whether a place is in a stretch of instructions between which SP moves in
    /// one direction, and at which alone the table is wrong.
    fn in_steps(&self, n: usize) -> Option<&'static str> {
        let here = self.places.get(n)?;
        let right = |p: &&PlaceSeen| finds_frame(p, &p.claims.pcsp);
        let before = self.places.get(..n)?.iter().rev().find(right)?;
        let behind = self.places.get(n..)?.iter().find(right)?;
        // In between the table has the depth of before or of after all steps.
        let same = matches!(here.claims.pcsp.cfa, Told::Is(cfa) if cfa == before.cfa || cfa == behind.cfa);
        match (before.cfa, here.cfa, behind.cfa) {
            (a, b, c) if same && a > b && b > c => Some(GIVEN_BACK),
            (a, b, c) if same && a < b && b < c => Some(TAKEN),
            _ => None,
        }
    }

    /// What the truth and each way say.
    fn sides(&self, place: &PlaceSeen) -> Vec<(&'static str, String)> {
        let truth =
            format!("the frame ends {} bytes above SP, the caller goes on at {:#x}", place.cfa, place.return_address);
        let mut out = vec![("the machine", truth), ("pcsp", said(&place.claims.pcsp))];
        let rest = [
            ("the runtime's rule", &place.claims.runtime),
            ("call frame information", &place.claims.cfi),
            ("the frame pointer", &place.claims.frame_pointer),
        ];
        out.extend(rest.into_iter().filter_map(|(by, claim)| Some((by, said(claim.as_ref()?)))));
        out
    }
}

/// Whether a way tells the true canonical frame address, if it is to tell it.
pub(super) fn finds_frame(place: &PlaceSeen, claim: &Claim) -> bool {
    match &claim.cfa {
        Told::Is(cfa) => *cfa == place.cfa,
        Told::Nothing(_) => false,
        Told::Inapplicable => true,
    }
}

/// How the runtime's table is wrong.
fn pattern(place: &PlaceSeen) -> &'static str {
    match &place.claims.pcsp.cfa {
        Told::Is(said) if *said > place.cfa => "the table has SP deeper than it is",
        Told::Is(_) => "the table has SP less deep than it is",
        Told::Nothing(_) | Told::Inapplicable => "the table does not reach the instruction",
    }
}

fn said(claim: &Claim) -> String {
    let frame = match &claim.cfa {
        Told::Is(cfa) => Some(format!("the frame ends {cfa} bytes above SP")),
        Told::Nothing(why) => Some(why.clone()),
        Told::Inapplicable => None,
    };
    let caller = match &claim.return_address {
        Told::Is(address) => Some(format!("the caller goes on at {address:#x}")),
        Told::Nothing(why) => Some(why.clone()),
        Told::Inapplicable => None,
    };
    let mut words: Vec<String> = frame.into_iter().chain(caller).collect();
    words.dedup();
    words.join(", ")
}
