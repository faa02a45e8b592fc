//! Where goroutines stood that were preempted by a signal when the runtime
//! died: read from what it printed, and the instructions there from the binary.

use crate::observe::disasm::{Symbols, disassemble};
use crate::observe::unwind::Binary;
use serde::{Deserialize, Serialize};

/// A goroutine that was preempted, and the instruction that it would go on with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stood {
    pub goroutine: u64,
    /// Whether the runtime named it as the one that it could not unwind.
    pub named: bool,
    pub function: String,
    /// File and line.
    pub place: String,
    /// Of the instruction, from the function's entry.
    pub offset: u64,
    /// Its address, where the runtime printed it.
    pub pc: Option<u64>,
    /// The instructions around it, the one itself marked; empty where the port
    /// has no decoder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<String>,
}

/// What the runtime calls the function that a signal makes a goroutine call.
const PREEMPTED: &str = "runtime.asyncPreempt";

/// How many instructions are shown before and behind.
const AROUND: usize = 3;

fn hexadecimal(word: &str) -> Option<u64> {
    u64::from_str_radix(word.strip_prefix("0x")?, 16).ok()
}

/// The goroutine that a line of the runtime's names: `runtime: g1: frame.sp=...`,
/// `runtime: g 1: unexpected return pc for ...`.
fn named(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("runtime: g")?.trim_start();
    rest.split_once(':')?.0.parse().ok()
}

/// The goroutines that stood at an instruction of their own when the runtime
/// said this: those that it named if there are such, else all that were preempted.
#[must_use]
pub fn stood(stderr: &str) -> Vec<Stood> {
    let culprits: Vec<u64> = stderr.lines().filter_map(named).collect();
    let mut out: Vec<Stood> = Vec::new();
    // The goroutine whose traceback it is, and whether its frames are those below the signal.
    let (mut goroutine, mut below) = (None, false);
    let mut lines = stderr.lines().map(str::trim_end).peekable();
    while let Some(line) = lines.next() {
        if let Some(rest) = line.strip_prefix("goroutine ") {
            goroutine = rest.split(' ').next().and_then(|n| n.parse().ok());
            below = false;
        } else if line.is_empty() {
            goroutine = None;
        } else if let (Some(number), false) = (goroutine, line.starts_with('\t')) {
            let Some(place) = lines.next_if(|l| l.starts_with('\t')) else { continue };
            let function = line.rsplit_once('(').map_or(line, |(f, _)| f);
            if function == PREEMPTED {
                below = true;
                continue;
            }
            let mut words = place.split_whitespace();
            let at = words.next().unwrap_or_default();
            // Of what was inlined only the line is printed: the frame is the next one's.
            let offset = words.next().and_then(|w| hexadecimal(w.strip_prefix('+')?));
            let (Some(offset), true) = (offset, below) else { continue };
            let pc = words.find_map(|w| hexadecimal(w.strip_prefix("pc=")?));
            let named = culprits.contains(&number);
            let (function, place) = (function.to_string(), at.to_string());
            out.push(Stood { goroutine: number, named, function, place, offset, pc, instructions: vec![] });
            goroutine = None;
        }
    }
    if out.iter().any(|s| s.named) {
        out.retain(|s| s.named);
    }
    out
}

/// Adds the instructions of the binary that ran.
pub(crate) fn disassembled(list: &mut [Stood], bytes: &[u8]) {
    let Ok(binary) = Binary::open(bytes) else { return };
    let (Ok(table), Some(goarch)) = (binary.functions(), binary.goarch()) else { return };
    for s in list {
        let of_that_name = |f: &crate::observe::unwind::Func<'_>| f.name().is_ok_and(|n| n == s.function);
        let Some(func) = table.functions().flatten().find(of_that_name) else { continue };
        let Some(code) = binary.code_of(&func) else { continue };
        let Some(all) = disassemble(goarch, code, func.entry(), &Symbols::new([])) else { continue };
        let Some(here) = all.iter().position(|i| i.offset == s.offset) else { continue };
        let shown = all.iter().enumerate().skip(here.saturating_sub(AROUND)).take_while(|(n, _)| *n <= here + AROUND);
        let mark = |n| if n == here { '>' } else { ' ' };
        s.instructions = shown.map(|(n, i)| format!("{} {:#07x}  {}", mark(n), i.offset, i.text)).collect();
    }
}

#[cfg(test)]
#[path = "stood_tests.rs"]
mod tests;
