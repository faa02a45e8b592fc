//! Blocks of code, and what is known where each begins. A jump is a strong edge.
//! Falling into a block from a call is a weak one, since the call may be one that
//! does not return, behind which the compiler puts whatever comes next: it counts
//! only as far as it does not contradict strong ones.

use super::effect::Roles;
use super::facts::Sp;
use super::state::State;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// No block begins at that line.
const NO_BLOCK: u32 = u32::MAX;

/// How a block is come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub weak: bool,
    /// Whether it is only assumed that control comes here.
    pub assumed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entered {
    Not,
    Weakly,
    Strongly,
}

#[derive(Debug)]
struct Block {
    line: u32,
    entered: Entered,
    assumed: bool,
    /// Whether the weak edge into it was found to contradict a strong one.
    banned: bool,
    queued: bool,
    state: State,
}

/// All blocks of a function, and which are to be gone through.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// By line.
    starts: Vec<u32>,
    all: Vec<Block>,
    queue: Vec<u32>,
    /// Weak edges wait until all else is done, lowest lines first.
    weak: BinaryHeap<Reverse<(u32, u32)>>,
    waiting: Vec<(State, Edge)>,
    /// Whether all must be gone through once more, with other blocks or edges.
    pub again: bool,
}

impl Blocks {
    /// No blocks, in code of so many lines.
    pub(super) fn reset(&mut self, lines: usize) {
        self.starts.clear();
        self.starts.resize(lines, NO_BLOCK);
        self.all.clear();
        self.restart();
    }

    /// The same blocks, and nothing known of them.
    pub(super) fn restart(&mut self) {
        for block in &mut self.all {
            (block.entered, block.queued, block.assumed) = (Entered::Not, false, false);
        }
        self.queue.clear();
        self.weak.clear();
        self.waiting.clear();
        self.again = false;
    }

    pub(super) fn is_start(&self, line: usize) -> bool {
        self.starts.get(line).is_some_and(|b| *b != NO_BLOCK)
    }

    /// A block begins at that line.
    pub(super) fn begin(&mut self, line: u32, like: &State) {
        let Some(start) = self.starts.get_mut(line as usize) else { return };
        if *start == NO_BLOCK {
            *start = self.all.len() as u32;
            self.all.push(Block {
                line,
                entered: Entered::Not,
                assumed: false,
                banned: false,
                queued: false,
                state: *like,
            });
        }
    }

    /// The next block to go through: its line, what is known there, and whether
    /// that is only assumed.
    pub(super) fn next(&mut self, roles: Roles) -> Option<(u32, State, bool)> {
        loop {
            if let Some(i) = self.queue.pop() {
                let block = self.all.get_mut(i as usize)?;
                block.queued = false;
                return Some((block.line, block.state, block.assumed));
            }
            let Reverse((line, i)) = self.weak.pop()?;
            let (state, edge) = *self.waiting.get(i as usize)?;
            self.enter(line, &state, edge, roles);
        }
    }

    /// Control comes to a line where a block begins.
    pub(super) fn edge(&mut self, line: u32, state: &State, edge: Edge, roles: Roles) {
        if edge.weak {
            self.weak.push(Reverse((line, self.waiting.len() as u32)));
            self.waiting.push((*state, edge));
        } else {
            self.enter(line, state, edge, roles);
        }
    }

    fn enter(&mut self, line: u32, state: &State, edge: Edge, roles: Roles) {
        let Some(i) = self.starts.get(line as usize).copied() else { return };
        let Some(block) = self.all.get_mut(i as usize) else { return };
        if edge.weak && block.banned {
            return;
        }
        let strength = if edge.weak { Entered::Weakly } else { Entered::Strongly };
        let changed = if block.entered == Entered::Not {
            (block.entered, block.state, block.assumed) = (strength, *state, edge.assumed);
            true
        } else {
            // What is assumed changes nothing that is known otherwise.
            if edge.assumed && !block.assumed {
                return;
            }
            let (here, there) = (block.state.sp(roles), state.sp(roles));
            let agree = match (here, there) {
                (Sp::Known(a), Sp::Known(b)) => a == b,
                (Sp::Known(_), Sp::Conflict(..) | Sp::Unknown(_))
                | (Sp::Conflict(..) | Sp::Unknown(_), Sp::Known(_)) => false,
                (Sp::Conflict(..) | Sp::Unknown(_), Sp::Conflict(..) | Sp::Unknown(_)) => true,
            };
            match (block.entered, strength) {
                (_, Entered::Weakly) if !agree => return,
                (Entered::Weakly, Entered::Strongly) if !agree => {
                    (block.banned, self.again) = (true, true);
                    return;
                }
                (_, Entered::Strongly) => block.entered = Entered::Strongly,
                (_, Entered::Weakly | Entered::Not) => {}
            }
            block.state.join(state, roles)
        };
        if changed && !block.queued {
            block.queued = true;
            self.queue.push(i);
        }
    }
}
