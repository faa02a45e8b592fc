//! Going through one block: from instruction to instruction, and where control
//! goes from each.

use super::blocks::Edge;
use super::code::{Image, Scene};
use super::effect::{Flow, Line, Roles};
use super::facts::{Boundary, Condition, Kind, Reach, Sp, Target};
use super::follower::Follower;
use super::passing::Passing;
use super::state::{State, Value};
use super::step::step;
use std::cmp::Reverse;

/// Jump tables have at most so many entries; none of the compiler's comes near.
const ENTRIES: u32 = 1 << 16;

impl Follower {
    /// Goes through one block.
    pub(super) fn run<I: Image + ?Sized>(&mut self, scene: &Scene<'_, I>, first: u32, mut state: State, assumed: bool) {
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
                passing.guard = Some((line, guard)).filter(|_| sp == Sp::Known(0));
            }
            // What returns by loading the return address has it as if it were there before.
            if let Flow::ReturnThrough(register) = line.flow {
                ret.register = state.get(register) == Value::ReturnAddress;
            }
            let (kind, goes_on) = self.flow(scene, i, &line, &mut state, &mut passing, assumed);
            if let Some(b) = self.followed.boundaries.get_mut(i) {
                let (moves, writes, indirect) = (done.moves, done.writes, line.flow.is_indirect());
                *b = Boundary { offset: line.offset, len: line.len, reach, sp, fp, ret, kind, indirect, moves, writes };
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
            Flow::Return | Flow::ReturnThrough(_) => (Kind::Return, false),
            Flow::Trap => (Kind::Trap, false),
            Flow::Jump(to) => {
                if let Some(target) = self.targets.get(i).copied().flatten() {
                    self.blocks.edge(target, state, strong, roles);
                }
                (Kind::Jump(scene.place(to)), false)
            }
            Flow::JumpIf(to, condition) => {
                let target = scene.place(to);
                if let Some(check) = passing.check(line, target, condition, scene.code.arch) {
                    let known = &mut self.followed.check;
                    if known.as_ref().is_none_or(|k| check.offset <= k.offset) {
                        *known = Some(check);
                    }
                }
                // Which way the register that was compared is bounded.
                let compared = state.compared.take();
                let bounded = compared.map(|b| (b.register, b.number));
                let (mut there, mut here) = (None, None);
                match if compared.is_some_and(|b| b.turned) { condition.turned() } else { condition } {
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
                Value::Unknown
                | Value::Stack(_)
                | Value::CallerFp
                | Value::G { .. }
                | Value::Locals
                | Value::OfG(_) => self.lost(state, roles),
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
        state.call(roles, to.and_then(|to| scene.image.keeps(to)));
        passing.behind_call = true;
        self.deepest_call(state, roles);
        let returns = to.is_none_or(|to| scene.image.returns(to));
        if !returns {
            self.behind.push(Reverse((i as u32 + 1, self.behind_states.len() as u32)));
            self.behind_states.push(*state);
        }
        (Kind::Call(to), returns)
    }

    /// Keeps what is known at the calls that are made with the whole frame; before
    /// it is there, others may be made, for race detection or a stack that moves.
    fn deepest_call(&mut self, state: &State, roles: Roles) {
        let Sp::Known(depth @ 1..) = state.sp(roles) else { return };
        match &mut self.calling {
            Some((deepest, calling)) if *deepest == depth => drop(calling.join(state, roles)),
            Some((deepest, _)) if *deepest > depth => {}
            calling => *calling = Some((depth, *state)),
        }
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
            let at = (table as u64).wrapping_add(u64::from(entries) * u64::from(scene.roles.word));
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
