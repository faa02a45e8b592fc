//! How large functions are: frames and machine instructions.

use super::disasm;
use super::dwarf::{DwarfError, DwarfFacts, Variable};
use super::frames::{Frames, frames};
use super::text::Text;
use goabi_cases::arch::Arch;
use std::collections::{BTreeMap, BTreeSet};

/// What was measured of an artifact's functions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeFacts {
    /// By name, those with machine code of their own.
    pub functions: BTreeMap<String, Size>,
    /// What could not be read, and why.
    pub unreadable: Vec<String>,
}

/// The size of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// Bytes of machine code, from DWARF's low to its high pc: with whatever
    /// padding or literals lie in between.
    pub text: u64,
    /// Bytes of the frame at its largest, by `.debug_frame`, without the return
    /// address where the call itself pushes it. `None` where there is no entry.
    pub frame: Option<u64>,
    /// Machine instructions, see [`disasm::starts`].
    pub instructions: Option<u64>,
    /// For each of DWARF's variables, at how many of the instructions it has a
    /// location; empty where instructions cannot be counted.
    pub described: Vec<u64>,
}

/// At how many instructions a variable has a location.
fn described(v: &Variable, low: u64, starts: &[u64]) -> u64 {
    let there = |at: &&u64| v.location.at(low + **at).is_ok_and(|pieces| !pieces.is_empty());
    starts.iter().filter(there).count() as u64
}

/// Measures the functions that were read from the DWARF of the same bytes.
///
/// # Errors
///
/// If the bytes are no object file, or `.debug_frame` cannot be decompressed.
pub fn measure(bytes: &[u8], arch: &Arch, dwarf: &DwarfFacts) -> Result<CodeFacts, DwarfError> {
    let file = object::File::parse(bytes)?;
    let text = Text::of(&file);
    let starts: BTreeSet<u64> = dwarf.functions.values().map(|f| f.low_pc).collect();
    let mut out = CodeFacts::default();
    let frames = match arch.roles.stack_pointer.dwarf {
        Some(register) => frames(&file, register, &starts)?,
        None => Frames::default(),
    };
    out.unreadable.clone_from(&frames.unreadable);
    // A call on a machine without a link register pushes the return address.
    let pushed = if arch.roles.link_register.is_none() { arch.word_size } else { 0 };
    for f in dwarf.functions.values() {
        let Some(code) = text.bytes(f.low_pc, f.high_pc) else {
            out.unreadable.push(format!("{}: no code at {:#x} to {:#x}", f.name, f.low_pc, f.high_pc));
            continue;
        };
        let starts = disasm::starts(&arch.goarch, code);
        let size = Size {
            text: code.len() as u64,
            frame: frames.depth(f.low_pc).map(|d| d.saturating_sub(pushed)),
            instructions: starts.as_ref().map(|s| s.len() as u64),
            described: starts.iter().flat_map(|s| f.params.iter().map(|v| described(v, f.low_pc, s))).collect(),
        };
        out.functions.insert(f.name.clone(), size);
    }
    Ok(out)
}
