//! Going through a function's code along its control flow.

use super::amd64::Amd64;
use super::arm64::Arm64;
use super::blocks::{Blocks, Edge};
use super::code::{Arch, Code, Image, Scene};
use super::effect::{Flow, Line, Lines};
use super::facts::{Boundary, Followed, Fp, Kept, Kind, Move, Reach, Sp, Target, Why, Writes};
use super::state::State;
use super::{arm, loong64, ppc64, riscv64, s390x, sum};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How often a function is gone through anew where a block was found too late.
const ROUNDS: u32 = 64;

/// Follows functions, one at a time, and keeps its memory from one to the next.
#[derive(Debug, Default)]
pub struct Follower {
    amd64: Amd64,
    arm64: Arm64,
    pub(super) lines: Lines,
    /// Where instructions begin within what seemed to be one.
    within: Vec<u32>,
    /// By line, the line that a direct jump within the function leads to.
    pub(super) targets: Vec<Option<u32>>,
    pub(super) blocks: Blocks,
    /// The lines behind calls that do not return, and what is known there.
    pub(super) behind: BinaryHeap<Reverse<(u32, u32)>>,
    pub(super) behind_states: Vec<State>,
    /// What is known at any jump to where is not known.
    pub(super) adrift: Option<State>,
    /// How deep SP is at the calls with the most of a frame, and what is known there.
    pub(super) calling: Option<(i32, State)>,
    pub(super) followed: Followed,
}

impl Follower {
    #[must_use]
    pub fn new() -> Follower {
        Follower::default()
    }

    /// Follows one function.
    pub fn follow<I: Image + ?Sized>(&mut self, code: &Code<'_>, image: &I) -> &Followed {
        let scene = Scene { code, image, roles: code.arch.roles() };
        self.within.clear();
        self.decode(&scene);
        self.followed.unsettled = true;
        for _ in 0..ROUNDS {
            self.round(&scene);
            if self.blocks.again {
                self.blocks.restart();
            } else if self.jumps_within() {
                self.decode(&scene);
            } else {
                self.followed.unsettled = false;
                break;
            }
        }
        sum::gaps(&self.lines, &mut self.followed);
        if let Some(check) = &mut self.followed.check {
            check.settle(&self.followed.boundaries);
        }
        &self.followed
    }

    /// Decodes all, and finds the blocks that direct jumps lead to.
    fn decode<I: Image + ?Sized>(&mut self, scene: &Scene<'_, I>) {
        let code = scene.code;
        self.lines.clear();
        match code.arch {
            Arch::Amd64 => self.amd64.decode(64, code, &self.within, &mut self.lines),
            Arch::X86 => self.amd64.decode(32, code, &self.within, &mut self.lines),
            Arch::Arm => arm::decode(code, &mut self.lines),
            Arch::Arm64 => self.arm64.decode(code.bytes, code.address, &mut self.lines),
            Arch::Loong64 => loong64::decode(code, &mut self.lines),
            Arch::Ppc64 | Arch::Ppc64le => ppc64::decode(code, &mut self.lines),
            Arch::Riscv64 => riscv64::decode(code, &mut self.lines),
            Arch::S390x => s390x::decode(code, &mut self.lines),
        }
        let entry = State::entry(scene.roles);
        self.blocks.reset(self.lines.all.len());
        self.blocks.begin(0, &entry);
        self.targets.clear();
        for line in &self.lines.all {
            let target = match line.flow {
                Flow::Jump(to) | Flow::JumpIf(to, _) => match scene.place(to) {
                    Target::Inside(offset) => self.lines.starting_at(u64::from(offset)),
                    Target::Outside(_) => None,
                },
                Flow::Next
                | Flow::Nop
                | Flow::Call(_)
                | Flow::CallRegister(_)
                | Flow::CallMemory
                | Flow::Return
                | Flow::ReturnThrough(_)
                | Flow::JumpRegister(_)
                | Flow::JumpEntry { .. }
                | Flow::JumpMemory
                | Flow::Trap
                | Flow::Undecoded { .. } => None,
            };
            if let Some(target) = target {
                self.blocks.begin(target, &entry);
            }
            self.targets.push(target);
        }
    }

    /// Whether jumps lead to places, not known of before, that are within what
    /// seemed to be one instruction: data was taken for code.
    fn jumps_within(&mut self) -> bool {
        let before = self.within.len();
        self.followed.into_instructions = 0;
        for (boundary, target) in self.followed.boundaries.iter().zip(&self.targets) {
            let (Kind::Jump(Target::Inside(to)) | Kind::ConditionalJump(Target::Inside(to), _)) = boundary.kind else {
                continue;
            };
            if target.is_none() && self.lines.starting_at(u64::from(to)).is_none() {
                self.followed.into_instructions += 1;
                if !self.within.contains(&to) {
                    self.within.push(to);
                }
            }
        }
        self.within.sort_unstable();
        self.within.len() > before
    }

    /// Goes through all blocks until nothing changes.
    fn round<I: Image + ?Sized>(&mut self, scene: &Scene<'_, I>) {
        self.behind.clear();
        self.behind_states.clear();
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
        while let Some(Reverse((line, i))) = self.behind.pop() {
            if let (true, Some(state)) = (fresh(line), self.behind_states.get(i as usize)) {
                return Some((line, *state));
            }
        }
        if let (Some(offset), Some((_, state))) = (scene.code.resumes, self.calling)
            && let Some(line) = self.lines.starting_at(u64::from(offset))
            && fresh(line)
        {
            return Some((line, state));
        }
        let state = self.adrift?;
        let mut open = true;
        for (i, (line, boundary)) in self.lines.all.iter().zip(boundaries).enumerate() {
            let code = !line.filling && !matches!(line.flow, Flow::Undecoded { .. });
            if boundary.reach == Reach::Unreached && open && code {
                return Some((i as u32, state));
            }
            open = match line.flow {
                Flow::Return
                | Flow::ReturnThrough(_)
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
}

fn unreached(line: &Line) -> Boundary {
    let kind = match line.flow {
        Flow::Nop => Kind::Nop,
        Flow::Call(to) => Kind::Call(Some(to)),
        Flow::CallRegister(_) | Flow::CallMemory => Kind::Call(None),
        Flow::Return | Flow::ReturnThrough(_) => Kind::Return,
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
        indirect: line.flow.is_indirect(),
        moves: Move::None,
        writes: Writes::default(),
    }
}
