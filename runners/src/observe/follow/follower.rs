//! Going through a function's code along its control flow.

use super::amd64::{self, Amd64};
use super::arm64::{self, Arm64};
use super::blocks::{Blocks, Edge};
use super::check::{StackCheck, morestack};
use super::effect::{Flow, Line, Lines, Roles};
use super::facts::{Boundary, Condition, Followed, Fp, Kept, Kind, Move, Reach, Sp, Target, Why, Writes};
use super::state::{State, Value};
use super::step::{Compared, step};
use super::sum;

/// An architecture whose code can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    Amd64,
    Arm64,
}

impl Arch {
    /// `None` where there is no decoder for the port.
    #[must_use]
    pub fn of(goarch: &str) -> Option<Arch> {
        match goarch {
            "amd64" => Some(Arch::Amd64),
            "arm64" => Some(Arch::Arm64),
            // GOARCHes are an open set; so far the others have none.
            _ => None,
        }
    }

    fn roles(self) -> Roles {
        match self {
            Arch::Amd64 => amd64::ROLES,
            Arch::Arm64 => arm64::ROLES,
        }
    }
}

/// One function's code; its entry is the first byte.
#[derive(Clone, Copy, Debug)]
pub struct Code<'a> {
    pub arch: Arch,
    /// The address of the first byte.
    pub address: u64,
    pub bytes: &'a [u8],
    /// Where the runtime goes on after a recovery, in bytes from the entry: what
    /// the function table calls `deferreturn`.
    pub resumes: Option<u32>,
}

/// The program that the code is in.
pub trait Image {
    /// The pointer at an address, as it is once the program is loaded where it
    /// was linked to: relocations are applied. `None` where that is not known.
    fn pointer(&self, address: u64) -> Option<u64>;
    /// Whether a call of the function at an address may come back. What is not
    /// known to never return, may.
    fn returns(&self, function: u64) -> bool;
}

/// How often a function is gone through anew where a block was found too late.
const ROUNDS: u32 = 64;

/// Jump tables have at most so many entries; none of the compiler's comes near.
const ENTRIES: u32 = 1 << 16;

/// Follows functions, one at a time, and keeps its memory from one to the next.
#[derive(Debug, Default)]
pub struct Follower {
    amd64: Amd64,
    arm64: Arm64,
    lines: Lines,
    /// By line, the line that a direct jump within the function leads to.
    targets: Vec<Option<u32>>,
    blocks: Blocks,
    /// Behind calls that do not return.
    behind: Vec<(u32, State)>,
    /// What is known at any jump to where is not known.
    adrift: Option<State>,
    /// What is known at any call with a frame.
    calling: Option<State>,
    followed: Followed,
}

/// What goes along with all of a function.
struct Scene<'a, I: ?Sized> {
    code: &'a Code<'a>,
    image: &'a I,
    roles: Roles,
}

impl<I: Image + ?Sized> Scene<'_, I> {
    fn place(&self, address: u64) -> Target {
        let offset = address.wrapping_sub(self.code.address);
        // Functions are smaller than 4 GiB.
        if offset < self.code.bytes.len() as u64 { Target::Inside(offset as u32) } else { Target::Outside(address) }
    }
}

impl Follower {
    #[must_use]
    pub fn new() -> Follower {
        Follower::default()
    }

    /// Follows one function.
    pub fn follow<I: Image + ?Sized>(&mut self, code: &Code<'_>, image: &I) -> &Followed {
        let scene = Scene { code, image, roles: code.arch.roles() };
        self.decode(&scene);
        let mut rounds = 0;
        loop {
            self.round(&scene);
            rounds += 1;
            if !self.blocks.again {
                break;
            }
            if rounds == ROUNDS {
                self.followed.unsettled = true;
                break;
            }
            self.blocks.restart();
        }
        sum::gaps(&self.lines, &mut self.followed);
        if let Some(check) = &mut self.followed.check {
            check.morestack = morestack(check.target, &self.lines, &self.followed.boundaries);
        }
        &self.followed
    }

    /// Decodes all, and finds the blocks that direct jumps lead to.
    fn decode<I: Image + ?Sized>(&mut self, scene: &Scene<'_, I>) {
        let code = scene.code;
        self.lines.clear();
        match code.arch {
            Arch::Amd64 => self.amd64.decode(code.bytes, code.address, &mut self.lines),
            Arch::Arm64 => self.arm64.decode(code.bytes, code.address, &mut self.lines),
        }
        let entry = State::entry(scene.roles);
        self.blocks.reset(self.lines.all.len());
        self.blocks.begin(0, &entry);
        self.targets.clear();
        self.followed.into_instructions = 0;
        self.followed.unsettled = false;
        for line in &self.lines.all {
            let (Flow::Jump(to) | Flow::JumpIf(to, _)) = line.flow else {
                self.targets.push(None);
                continue;
            };
            let target = match scene.place(to) {
                Target::Inside(offset) => {
                    let found = self.lines.starting_at(u64::from(offset));
                    self.followed.into_instructions += u32::from(found.is_none());
                    found
                }
                Target::Outside(_) => None,
            };
            if let Some(target) = target {
                self.blocks.begin(target, &entry);
            }
            self.targets.push(target);
        }
    }

    /// Goes through all blocks until nothing changes.
    fn round<I: Image + ?Sized>(&mut self, scene: &Scene<'_, I>) {
        self.behind.clear();
        (self.adrift, self.calling) = (None, None);
        let f = &mut self.followed;
        (f.check, f.unresolved, f.runs_off) = (None, 0, false);
        f.boundaries.clear();
        f.boundaries.extend(self.lines.all.iter().map(unreached));
        let edge = Edge { weak: false, assumed: false };
        self.blocks.edge(0, &State::entry(scene.roles), edge, scene.roles);
        loop {
            while let Some((line, state, assumed)) = self.blocks.next(scene.roles) {
                self.run(scene, line, state, assumed);
            }
            if self.blocks.again {
                return;
            }
            let Some((line, state)) = self.assumption(scene) else { return };
            self.blocks.begin(line, &state);
            self.blocks.edge(line, &state, Edge { weak: false, assumed: true }, scene.roles);
        }
    }

    /// A place to which control comes in no way that is known, but well may.
    fn assumption<I: Image + ?Sized>(&mut self, scene: &Scene<'_, I>) -> Option<(u32, State)> {
        let boundaries = &self.followed.boundaries;
        let fresh = |line: u32| boundaries.get(line as usize).is_some_and(|b| b.reach == Reach::Unreached);
        self.behind.retain(|(line, _)| fresh(*line));
        if let Some(first) = self.behind.iter().min_by_key(|(line, _)| *line) {
            return Some(*first);
        }
        if let (Some(offset), Some(state)) = (scene.code.resumes, self.calling)
            && let Some(line) = self.lines.starting_at(u64::from(offset))
            && fresh(line)
        {
            return Some((line, state));
        }
        let state = self.adrift?;
        let mut open = true;
        for (i, (line, boundary)) in self.lines.all.iter().zip(boundaries).enumerate() {
            if boundary.reach == Reach::Unreached && open && !line.filling {
                return Some((i as u32, state));
            }
            open = match line.flow {
                Flow::Return
                | Flow::Jump(_)
                | Flow::JumpRegister(_)
                | Flow::JumpEntry { .. }
                | Flow::JumpMemory
                | Flow::Trap => true,
                Flow::Nop => open,
                Flow::Next
                | Flow::Call(_)
                | Flow::CallRegister(_)
                | Flow::CallMemory
                | Flow::JumpIf(..)
                | Flow::Undecoded { .. } => false,
            };
        }
        None
    }

    /// Goes through one block.
    fn run<I: Image + ?Sized>(&mut self, scene: &Scene<'_, I>, first: u32, mut state: State, assumed: bool) {
        let roles = scene.roles;
        let mut i = first as usize;
        let mut passing = Passing::default();
        let (mut fp, mut ret) = (state.fp(roles), state.ret(roles));
        let reach = if assumed { Reach::Assumed } else { Reach::Reached };
        loop {
            let Some(line) = self.lines.all.get(i).copied() else {
                self.followed.runs_off |= !passing.behind_call && !assumed;
                return;
            };
            if i != first as usize && self.blocks.is_start(i) {
                let edge = Edge { weak: passing.behind_call, assumed };
                self.blocks.edge(i as u32, &state, edge, roles);
                return;
            }
            let sp = state.sp(roles);
            state.behind_conflict();
            let done = step(&mut state, self.lines.effects_of(&line), roles);
            if let Some(guard) = done.guard {
                passing.guard = Some((line.offset, guard)).filter(|_| sp == Sp::Known(0));
            }
            if done.compared.is_some() {
                passing.compared = done.compared;
            }
            let (kind, goes_on) = self.flow(scene, i, &line, &mut state, &mut passing, assumed);
            if let Some(b) = self.followed.boundaries.get_mut(i) {
                let (moves, writes) = (done.moves, done.writes);
                *b = Boundary { offset: line.offset, len: line.len, reach, sp, fp, ret, kind, moves, writes };
            }
            if !goes_on {
                return;
            }
            if done.kept_changed || !matches!(line.flow, Flow::Next | Flow::Nop) {
                (fp, ret) = (state.fp(roles), state.ret(roles));
            }
            i += 1;
        }
    }

    /// Where control goes behind a line, and whether that is the next one.
    fn flow<I: Image + ?Sized>(
        &mut self,
        scene: &Scene<'_, I>,
        i: usize,
        line: &Line,
        state: &mut State,
        passing: &mut Passing,
        assumed: bool,
    ) -> (Kind, bool) {
        let roles = scene.roles;
        let strong = Edge { weak: false, assumed };
        let was_behind_call = std::mem::replace(&mut passing.behind_call, false);
        match line.flow {
            Flow::Next => (Kind::Plain, true),
            Flow::Nop => {
                passing.behind_call = was_behind_call;
                (Kind::Nop, true)
            }
            Flow::Call(to) => self.call(scene, i, Some(to), state, passing),
            Flow::CallRegister(register) => {
                let to = if let Value::Const(to) = state.get(register) { Some(to as u64) } else { None };
                self.call(scene, i, to, state, passing)
            }
            Flow::CallMemory => self.call(scene, i, None, state, passing),
            Flow::Return => (Kind::Return, false),
            Flow::Trap => (Kind::Trap, false),
            Flow::Jump(to) => {
                if let Some(target) = self.targets.get(i).copied().flatten() {
                    self.blocks.edge(target, state, strong, roles);
                }
                (Kind::Jump(scene.place(to)), false)
            }
            Flow::JumpIf(to, condition) => {
                let target = scene.place(to);
                if let Some(check) = passing.check(line.offset, target, condition) {
                    let known = &mut self.followed.check;
                    if known.as_ref().is_none_or(|k| check.offset <= k.offset) {
                        *known = Some(check);
                    }
                }
                // Which way the register that was compared is bounded.
                let bounded = passing.compared.take();
                let (mut there, mut here) = (None, None);
                match condition {
                    Condition::Above => here = bounded,
                    Condition::BelowOrEqual => there = bounded,
                    Condition::AboveOrEqual => here = bounded.and_then(|(r, n)| Some((r, n.checked_sub(1)?))),
                    Condition::Below => there = bounded.and_then(|(r, n)| Some((r, n.checked_sub(1)?))),
                    Condition::Equal | Condition::NotEqual | Condition::Other => {}
                }
                if let Some(target) = self.targets.get(i).copied().flatten() {
                    state.bound = there;
                    self.blocks.edge(target, state, strong, roles);
                }
                state.bound = here;
                (Kind::ConditionalJump(target, condition), true)
            }
            Flow::JumpRegister(register) => match state.get(register) {
                Value::Const(to) => self.jump(scene, to as u64, state, strong),
                Value::Entry { table, bound } => self.table(scene, table, bound, state, strong),
                Value::ReturnAddress => (Kind::Return, false),
                Value::Unknown | Value::Stack(_) | Value::CallerFp | Value::G { .. } | Value::OfG(_) => {
                    self.lost(state, roles)
                }
            },
            Flow::JumpEntry { base, index, at } => {
                let Value::Const(table) = state.get(base) else { return self.lost(state, roles) };
                let bound = state.bound.filter(|(r, _)| *r == index).map(|(_, n)| n);
                self.table(scene, table.wrapping_add(i64::from(at)), bound, state, strong)
            }
            Flow::JumpMemory => self.lost(state, roles),
            Flow::Undecoded { writes } => {
                if writes {
                    state.lose_all(roles);
                }
                (Kind::Undecoded, true)
            }
        }
    }

    fn call<I: Image + ?Sized>(
        &mut self,
        scene: &Scene<'_, I>,
        i: usize,
        to: Option<u64>,
        state: &mut State,
        passing: &mut Passing,
    ) -> (Kind, bool) {
        let roles = scene.roles;
        state.call(roles);
        passing.behind_call = true;
        if let Sp::Known(1..) = state.sp(roles) {
            match &mut self.calling {
                Some(calling) => drop(calling.join(state, roles)),
                calling @ None => *calling = Some(*state),
            }
        }
        let returns = to.is_none_or(|to| scene.image.returns(to));
        if !returns {
            self.behind.push((i as u32 + 1, *state));
        }
        (Kind::Call(to), returns)
    }

    /// A jump whose target is found by what a register holds.
    fn jump<I: Image + ?Sized>(&mut self, scene: &Scene<'_, I>, to: u64, state: &State, edge: Edge) -> (Kind, bool) {
        let target = scene.place(to);
        if let Target::Inside(offset) = target
            && let Some(line) = self.lines.starting_at(u64::from(offset))
        {
            self.found(line, state, edge, scene.roles);
        }
        (Kind::Jump(target), false)
    }

    fn table<I: Image + ?Sized>(
        &mut self,
        scene: &Scene<'_, I>,
        table: i64,
        bound: Option<u32>,
        state: &State,
        edge: Edge,
    ) -> (Kind, bool) {
        let most = bound.map_or(ENTRIES, |b| b.saturating_add(1).min(ENTRIES));
        let mut entries = 0;
        while entries < most {
            let at = (table as u64).wrapping_add(u64::from(entries) * 8);
            let Some(Target::Inside(offset)) = scene.image.pointer(at).map(|to| scene.place(to)) else { break };
            let Some(line) = self.lines.starting_at(u64::from(offset)) else { break };
            self.found(line, state, edge, scene.roles);
            entries += 1;
        }
        if entries == 0 {
            return self.lost(state, scene.roles);
        }
        (Kind::JumpTable(entries), false)
    }

    /// A block is found where maybe none was known of.
    fn found(&mut self, line: u32, state: &State, edge: Edge, roles: Roles) {
        if !self.blocks.is_start(line as usize) {
            let passed = self.followed.boundaries.get(line as usize).is_some_and(|b| b.reach != Reach::Unreached);
            self.blocks.again |= passed;
            self.blocks.begin(line, state);
        }
        self.blocks.edge(line, state, edge, roles);
    }

    /// A jump to where is not known.
    fn lost(&mut self, state: &State, roles: Roles) -> (Kind, bool) {
        self.followed.unresolved += 1;
        match &mut self.adrift {
            Some(adrift) => drop(adrift.join(state, roles)),
            adrift @ None => *adrift = Some(*state),
        }
        (Kind::IndirectJump, false)
    }
}

/// What is remembered from one instruction to those behind it in a block.
#[derive(Default)]
struct Passing {
    /// Whether nothing but no-ops came since a call.
    behind_call: bool,
    /// A register that was compared with a number last.
    compared: Option<(u8, u32)>,
    /// An address in the stack that was compared with a word of g.
    guard: Option<(u32, Compared)>,
    /// A jump that is taken where a subtraction ran below zero.
    wraps: Option<(u32, Target)>,
}

impl Passing {
    /// A conditional jump: a stack check's, if it comes behind its comparison.
    fn check(&mut self, jump: u32, target: Target, condition: Condition) -> Option<StackCheck> {
        let Some((offset, compared)) = self.guard.take() else {
            self.wraps = Some((jump, target)).filter(|_| condition == Condition::Below);
            return None;
        };
        Some(StackCheck {
            offset,
            guard: compared.at,
            from_local: compared.local,
            below: compared.lowered.wrapping_neg(),
            wraps: self.wraps.filter(|(_, to)| *to == target).map(|(at, _)| at),
            jump,
            condition,
            target,
            morestack: None,
        })
    }
}

fn unreached(line: &Line) -> Boundary {
    let kind = match line.flow {
        Flow::Nop => Kind::Nop,
        Flow::Call(to) => Kind::Call(Some(to)),
        Flow::CallRegister(_) | Flow::CallMemory => Kind::Call(None),
        Flow::Return => Kind::Return,
        Flow::Trap => Kind::Trap,
        Flow::JumpRegister(_) | Flow::JumpEntry { .. } | Flow::JumpMemory => Kind::IndirectJump,
        Flow::Undecoded { .. } => Kind::Undecoded,
        // Where it leads is told only of code that is reached.
        Flow::Next | Flow::Jump(_) | Flow::JumpIf(..) => Kind::Plain,
    };
    let gone = Kept { register: false, slot: None };
    Boundary {
        offset: line.offset,
        len: line.len,
        reach: Reach::Unreached,
        sp: Sp::Unknown(Why::Unreached),
        fp: Fp { caller: gone, register: None },
        ret: gone,
        kind,
        moves: Move::None,
        writes: Writes::default(),
    }
}
