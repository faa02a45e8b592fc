//! How deep functions' frames grow, by `.debug_frame`.

use super::dwarf::{DwarfError, Slice, load};
use gimli::{
    BaseAddresses, CfaRule, CieOrFde, DebugFrame, RunTimeEndian, Section, SectionId, UnwindContext, UnwindSection,
};
use object::Object;
use std::collections::{BTreeMap, BTreeSet};

/// What `.debug_frame` says of the functions asked for.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// By the function's first address: where the canonical frame address is,
    /// one row behind the other.
    pub by_start: BTreeMap<u64, Vec<Row>>,
    /// What could not be read, and why.
    pub unreadable: Vec<String>,
}

/// Where the canonical frame address is at some instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub low: u64,
    /// The first address behind it.
    pub high: u64,
    /// Bytes from the stack pointer to the canonical frame address.
    pub cfa: u64,
}

impl Frames {
    /// The most bytes from the stack pointer to the canonical frame address at
    /// any instruction of the function that starts there.
    pub(super) fn depth(&self, start: u64) -> Option<u64> {
        self.by_start.get(&start)?.iter().map(|r| r.cfa).max()
    }
}

/// Reads the frames of the functions that start at the addresses given;
/// `stack_pointer` is its DWARF number. Functions without an entry are left out.
pub(super) fn frames(
    file: &object::File<'_>,
    stack_pointer: u16,
    starts: &BTreeSet<u64>,
) -> Result<Frames, DwarfError> {
    let data = load(file, SectionId::DebugFrame)?;
    let endian = if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let mut frame = DebugFrame::from(Slice::new(&data, endian));
    frame.set_address_size(if file.is_64() { 8 } else { 4 });
    let bases = BaseAddresses::default();
    let mut out = Frames::default();
    let mut entries = frame.entries(&bases);
    let mut context = UnwindContext::new();
    loop {
        let partial = match entries.next() {
            Ok(Some(CieOrFde::Fde(partial))) => partial,
            Ok(Some(CieOrFde::Cie(_))) => continue,
            Ok(None) => return Ok(out),
            Err(e) => {
                // Where the next one begins is not known either.
                out.unreadable.push(format!("{}: {e}", frame_name()));
                return Ok(out);
            }
        };
        let fde = match partial.parse(|section, bases, offset| section.cie_from_offset(bases, offset)) {
            Ok(fde) => fde,
            Err(e) => {
                out.unreadable.push(format!("{}: {e}", frame_name()));
                continue;
            }
        };
        let start = fde.initial_address();
        if !starts.contains(&start) {
            continue;
        }
        match rows(&frame, &bases, &mut context, &fde, stack_pointer) {
            Ok(rows) => drop(out.by_start.insert(start, rows)),
            Err(why) => out.unreadable.push(format!("{} of the function at {start:#x}: {why}", frame_name())),
        }
    }
}

fn frame_name() -> &'static str {
    DebugFrame::<Slice<'_>>::id().name()
}

fn rows(
    frame: &DebugFrame<Slice<'_>>,
    bases: &BaseAddresses,
    context: &mut UnwindContext<usize>,
    fde: &gimli::FrameDescriptionEntry<Slice<'_>>,
    stack_pointer: u16,
) -> Result<Vec<Row>, String> {
    let mut table = fde.rows(frame, bases, context).map_err(|e| e.to_string())?;
    let mut out = Vec::new();
    while let Some(row) = table.next_row().map_err(|e| e.to_string())? {
        match row.cfa() {
            CfaRule::RegisterAndOffset { register, offset } if register.0 == stack_pointer => {
                let cfa = u64::try_from(*offset).map_err(|_| format!("a depth of {offset} bytes"))?;
                out.push(Row { low: row.start_address(), high: row.end_address(), cfa });
            }
            CfaRule::RegisterAndOffset { register, .. } => {
                return Err(format!("it counts from register {}, not from the stack pointer", register.0));
            }
            CfaRule::Expression(_) => return Err("it is an expression".to_string()),
        }
    }
    Ok(out)
}
