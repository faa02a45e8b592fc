//! What is to be watched in a program, and what its file says of where.

use super::lines::{Lines, lines};
use super::memory::Constant;
use super::returns::returns;
use super::types::{Ty, Types};
use crate::observe::dwarf::{DwarfFacts, Function, LocationFact, Place};
use crate::observe::frames::{Row, frames};
use crate::observe::text::Text;
use goabi_cases::arch::{Arch, RegClass};
use goabi_cases::assignment::{Assignment, Slot, SlotPlace};
use goabi_cases::layout::Layout;
use goabi_cases::types::GoType;
use object::{Object, ObjectSymbol};
use std::collections::{BTreeMap, BTreeSet};

/// What is to be watched.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    pub arch: &'a Arch,
    pub dwarf: &'a DwarfFacts,
    pub functions: Vec<Watched>,
    /// By the unit's number: the functions under test that it reaches, as
    /// indexes into `functions`.
    pub units: Vec<Vec<usize>>,
    /// By the unit's number: whether to stop at each statement.
    pub statements: Vec<bool>,
    /// Whether to keep the bytes of parameters and results beside their values.
    pub bytes: bool,
    /// The symbols of the generated program by which it shows which unit runs.
    pub begin: [&'a str; 2],
    pub running: &'a str,
}

/// One function under test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    pub symbol: String,
    /// The import path of its package.
    pub package: String,
    pub assignment: Assignment,
    /// For each of DWARF's variables, in its order, which slot it names.
    pub variables: Vec<Option<SlotAt>>,
    /// For each of the assignment's inputs whether the body may change it.
    pub changed: Vec<bool>,
    /// For each of the assignment's inputs whether the body reads it for sure.
    pub read: Vec<bool>,
    /// Whether the body may set a result to other values than the one that is
    /// returned in the end.
    pub sets_results: bool,
}

/// A slot of an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotAt {
    Input(usize),
    Result(usize),
}

impl Watched {
    /// Those inputs that may be gone from their registers once the function is
    /// begun anew: the code that asks the scheduler or grows the stack keeps only
    /// what the body reads.
    pub(super) fn loses(&self) -> impl Iterator<Item = usize> {
        let read = self.read.iter().copied().chain(std::iter::repeat(false));
        let unread = self.assignment.inputs.iter().zip(read).enumerate().filter(|(_, (_, read))| !read);
        let kept_in_registers =
            |slot: &Slot| matches!(&slot.place, SlotPlace::Registers { pieces, .. } if !pieces.is_empty());
        unread.filter(move |(_, (slot, _))| kept_in_registers(slot)).map(|(n, _)| n)
    }

    pub(super) fn slot(&self, at: SlotAt) -> Option<&Slot> {
        match at {
            SlotAt::Input(i) => self.assignment.inputs.get(i),
            SlotAt::Result(i) => self.assignment.results.get(i),
        }
    }
}

/// A program made ready to be watched.
pub(super) struct Prepared<'a, 'd> {
    pub plan: &'a Plan<'a>,
    pub constant: Constant<'d>,
    pub types: Types<'a>,
    /// Where units begin, in turns.
    pub begin: [u64; 2],
    /// Where the number of the unit is.
    pub running: u64,
    /// Parallel to the plan's; `None` where a function has no code.
    pub functions: Vec<Option<Code<'a>>>,
}

/// Where to stop in one function.
pub(super) struct Code<'a> {
    pub dwarf: &'a Function,
    pub rows: Vec<Row>,
    pub returns: Vec<u64>,
    pub lines: Lines,
    /// For each of DWARF's variables, whether its type reads as the case's does.
    pub same_type: Vec<bool>,
    /// The floating-point registers that the model or DWARF may speak of, as
    /// the debugger calls them: stubs leave them out of the others.
    pub floats: Vec<String>,
    /// For each input, then for each result: which of its bytes mean something.
    pub solid: Vec<Vec<bool>>,
}

impl Code<'_> {
    /// The most bytes from the stack pointer to the canonical frame address.
    pub(super) fn frame(&self) -> u64 {
        self.rows.iter().map(|r| r.cfa).max().unwrap_or(0)
    }

    /// Whether a place in front of which the prologue ends is stopped at: where the
    /// line table says so, or at a statement of the body.
    pub(super) fn is_marked(&self, statements: bool) -> bool {
        let body = |(at, _): &(u64, u64)| *at != self.dwarf.low_pc && self.is_in_body(*at);
        self.lines.prologue_end.is_some() || statements && self.lines.statements.iter().any(body)
    }

    /// Whether a place is not behind the last return, where the code is that
    /// grows the stack.
    pub(super) fn is_in_body(&self, pc: u64) -> bool {
        self.returns.last().is_some_and(|last| pc <= *last)
    }

    /// Bytes from the stack pointer to the canonical frame address.
    pub(super) fn cfa(&self, pc: u64) -> Option<u64> {
        self.rows.iter().find(|r| (r.low..r.high).contains(&pc)).map(|r| r.cfa)
    }
}

/// Reads a program's file.
///
/// # Errors
///
/// In words, if it is not what the generator and Go make.
pub(super) fn prepare<'a, 'd>(bytes: &'d [u8], plan: &'a Plan<'a>) -> Result<Prepared<'a, 'd>, String> {
    let file = object::File::parse(bytes).map_err(|e| e.to_string())?;
    let mut symbols = BTreeMap::new();
    for s in file.symbols() {
        if let Ok(name) = s.name()
            && [plan.begin[0], plan.begin[1], plan.running, "runtime.types"].contains(&name)
        {
            symbols.insert(name, s.address());
        }
    }
    let symbol = |name: &str| symbols.get(name).copied().ok_or_else(|| format!("the program has no symbol {name}"));
    let starts: BTreeMap<u64, u64> = plan
        .functions
        .iter()
        .filter_map(|w| plan.dwarf.functions.get(&w.symbol))
        .map(|f| (f.low_pc, f.high_pc))
        .collect();
    let packages: BTreeSet<&str> = plan.functions.iter().map(|w| w.package.as_str()).collect();
    let mut lines = lines(bytes, &|p| packages.contains(p), &starts).map_err(|e| e.to_string())?;
    let stack_pointer = plan.arch.roles.stack_pointer.dwarf.ok_or("the stack pointer has no DWARF number")?;
    let keys: BTreeSet<u64> = starts.keys().copied().collect();
    let mut frames = frames(&file, stack_pointer, &keys).map_err(|e| e.to_string())?;
    let text = Text::of(&file);
    let types = Types { arch: plan.arch, dwarf: Some(plan.dwarf), descriptors: symbols.get("runtime.types").copied() };
    let mut functions = Vec::new();
    for w in &plan.functions {
        let Some(dwarf) = plan.dwarf.functions.get(&w.symbol) else {
            functions.push(None);
            continue;
        };
        let code = text.bytes(dwarf.low_pc, dwarf.high_pc);
        let code = code.ok_or_else(|| format!("{}: no code at {:#x}", w.symbol, dwarf.low_pc))?;
        let offsets = returns(&plan.arch.goarch, code).ok_or("return instructions of this port are not known")?;
        let slots = w.assignment.inputs.iter().chain(&w.assignment.results);
        functions.push(Some(Code {
            dwarf,
            rows: frames.by_start.remove(&dwarf.low_pc).unwrap_or_default(),
            returns: offsets.into_iter().map(|o| dwarf.low_pc + o).collect(),
            lines: lines.remove(&dwarf.low_pc).unwrap_or_default(),
            same_type: w
                .variables
                .iter()
                .zip(&dwarf.params)
                .map(|(at, v)| {
                    let slot = at.and_then(|at| w.slot(at));
                    slot.is_none_or(|s| v.ty.is_some_and(|r| types.alike(&Ty::Go(s.ty.clone()), &Ty::Dwarf(r), 0)))
                })
                .collect(),
            floats: floats(w, dwarf, plan.arch),
            solid: slots.map(|s| solid(&s.ty, plan.arch, s.size)).collect(),
        }));
    }
    let [even, odd] = plan.begin;
    let (begin, running) = ([symbol(even)?, symbol(odd)?], symbol(plan.running)?);
    Ok(Prepared { plan, constant: Constant::of(&file), types, begin, running, functions })
}

fn floats(w: &Watched, dwarf: &Function, arch: &Arch) -> Vec<String> {
    let slots = w.assignment.inputs.iter().chain(&w.assignment.results);
    let assigned = slots.flat_map(Slot::pieces).filter(|p| p.class == RegClass::Float);
    let assigned = assigned.filter_map(|p| arch.float_registers.get(p.index)?.dwarf);
    let pieces = dwarf.params.iter().flat_map(|v| match &v.location {
        LocationFact::Expr(pieces) => pieces.iter().collect::<Vec<_>>(),
        LocationFact::List(ranges) => ranges.iter().flat_map(|r| &r.pieces).collect(),
        LocationFact::Absent | LocationFact::Empty | LocationFact::Unreadable(_) => vec![],
    });
    let said = pieces.filter_map(|p| match p.place {
        Place::Register(n) => Some(n).filter(|n| arch.register_class(*n) == RegClass::Float),
        _ => None,
    });
    let numbers: BTreeSet<u16> = assigned.chain(said).collect();
    numbers.into_iter().filter_map(|n| arch.debug_registers.get(n)).flat_map(|r| r.names.clone()).collect()
}

/// Which bytes of a value mean something: not its padding, and not blank
/// fields, which an assignment need not copy.
pub(super) fn solid(ty: &GoType, arch: &Arch, size: u64) -> Vec<bool> {
    let mut out = vec![false; usize::try_from(size).unwrap_or(0).min(1 << 22)];
    mark(ty, arch, 0, &mut out);
    out
}

fn mark(ty: &GoType, arch: &Arch, at: u64, out: &mut [bool]) {
    let Ok(Layout { size, offsets, .. }) = ty.layout(arch) else { return };
    match ty.underlying() {
        GoType::Struct(s) => {
            for (f, o) in s.fields.iter().zip(offsets).filter(|(f, _)| f.name != "_") {
                mark(&f.ty, arch, at + o, out);
            }
        }
        GoType::Array(n, e) if matches!(e.underlying(), GoType::Struct(_) | GoType::Array(..)) => {
            let step = size.checked_div(*n).unwrap_or(0);
            // One element's pattern is that of all.
            mark(e, arch, at, out);
            let (from, len) = (usize::try_from(at).unwrap_or(0), usize::try_from(step).unwrap_or(0));
            let first = out.get(from..from + len).map(<[bool]>::to_vec).unwrap_or_default();
            for i in 1..usize::try_from(*n).unwrap_or(0) {
                if let Some(part) = out.get_mut(from + i * len..from + (i + 1) * len) {
                    part.copy_from_slice(&first);
                }
            }
        }
        GoType::Array(..)
        | GoType::Basic(_)
        | GoType::Slice(_)
        | GoType::Pointer(_)
        | GoType::Map(..)
        | GoType::Chan(..)
        | GoType::Func(_)
        | GoType::Interface(_)
        | GoType::Named(_) => {
            let from = usize::try_from(at).unwrap_or(0);
            if let Some(part) = out.get_mut(from..from + usize::try_from(size).unwrap_or(0)) {
                part.fill(true);
            }
        }
    }
}
