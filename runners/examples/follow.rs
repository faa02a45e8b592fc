//! Follows SP through all functions of a Go binary, and compares with what
//! `.debug_frame` says of the canonical frame address:
//!
//!     cargo run --release -p goabi-runners --example follow -- BINARY [FUNCTION]
//!
//! With a function's name, prints what is known at each of its instructions.

use gimli::{BaseAddresses, CfaRule, CieOrFde, DebugFrame, EndianSlice, LittleEndian, UnwindContext, UnwindSection};
use goabi_runners::observe::disasm::{Symbols, disassemble};
use goabi_runners::observe::follow::{Arch, Boundary, Code, Counts, Followed, Follower, Image, Kind, Reach, Sp};
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: follow BINARY [FUNCTION]")?;
    let wanted = args.next();
    let data = std::fs::read(&path)?;
    let file = object::File::parse(&*data)?;
    let (arch, goarch, above) = match file.architecture() {
        object::Architecture::X86_64 => (Arch::Amd64, "amd64", 8),
        object::Architecture::Aarch64 => (Arch::Arm64, "arm64", 0),
        other => return Err(format!("{other:?} cannot be followed").into()),
    };
    let program = Program::new(&file)?;
    let rows = if wanted.is_none() { rows(&file)? } else { HashMap::new() };
    let mut follower = Follower::new();
    let mut total = Counts::default();
    let (mut spent, mut bytes, mut differ) = (Duration::ZERO, 0, BTreeMap::new());
    let (mut unresolved, mut checks, mut unsettled, mut runs_off, mut no_row) = (0, 0, 0, 0, 0);
    for (address, (name, code)) in &program.functions {
        if wanted.as_ref().is_some_and(|w| w != name) {
            continue;
        }
        let mut code = Code { arch, address: *address, bytes: code, resumes: None };
        let before = Instant::now();
        let mut followed = follower.follow(&code, &program);
        // The function table, which tells, is not read here.
        let deferreturn = |b: &&Boundary| b.reach == Reach::Unreached && b.kind == Kind::Call(program.deferreturn);
        code.resumes = followed.boundaries.iter().find(deferreturn).map(|b| b.offset);
        if code.resumes.is_some() {
            followed = follower.follow(&code, &program);
        }
        spent += before.elapsed();
        bytes += code.bytes.len();
        total += followed.counts;
        unresolved += followed.unresolved;
        checks += u32::from(followed.check.is_some());
        unsettled += u32::from(followed.unsettled);
        runs_off += u32::from(followed.runs_off);
        if wanted.is_some() {
            print(&program, goarch, &code, followed);
            continue;
        }
        let Some(rows) = rows.get(address) else {
            no_row += 1;
            continue;
        };
        let mut last = String::new();
        for b in &followed.boundaries {
            let pc = address + u64::from(b.offset);
            let row = rows.iter().find(|(low, high, _)| (*low..*high).contains(&pc)).map(|r| r.2 - above);
            let text = match (b.sp, row) {
                (Sp::Known(n), Some(cfa)) if i64::from(n) != cfa => format!("{n} where {cfa}"),
                (Sp::Known(_), None) => "no row".to_string(),
                (Sp::Conflict(a, b), _) => format!("conflict of {a} and {b}"),
                _ => String::new(),
            };
            if !text.is_empty() && text != last {
                differ.entry(name.clone()).or_insert_with(Vec::new).push(format!("+{:#x}: {text}", b.offset));
            }
            last = text;
        }
        let c = followed.counts;
        if c.followed != c.instructions || followed.unresolved != 0 || followed.into_instructions != 0 {
            let rest = (c.undecoded, c.unreached, c.conflicts, followed.unresolved, followed.into_instructions);
            println!(
                "{name}: {}/{} followed; undecoded, unreached, conflicts, unresolved, into {rest:?}",
                c.followed, c.instructions
            );
        }
    }
    for (name, all) in &differ {
        println!("DIFFERS {name}: {}", all.join("; "));
    }
    let mb = bytes as f64 / 1e6;
    println!("{total:?}");
    println!(
        "{} functions, {no_row} without rows, {} differ, {checks} checks, {unresolved} unresolved, {unsettled} unsettled, {runs_off} run off",
        program.functions.len(),
        differ.len()
    );
    println!(
        "decoded {:.4}%, followed {:.4}%, {mb:.1} MB in {spent:.2?}: {:.0} MB/s",
        100.0 - 100.0 * f64::from(total.undecoded) / f64::from(total.instructions),
        100.0 * f64::from(total.followed) / f64::from(total.instructions),
        mb / spent.as_secs_f64(),
    );
    Ok(())
}

fn print(program: &Program<'_>, goarch: &str, code: &Code<'_>, followed: &Followed) {
    let names = program.functions.iter().map(|(at, (name, code))| (*at, code.len() as u64, name.clone()));
    let text = disassemble(goarch, code.bytes, code.address, &Symbols::new(names)).unwrap_or_default();
    for (b, i) in followed.boundaries.iter().zip(text) {
        println!("{:#6x} {:<44} {:?} {:?} fp {:?} ret {:?} {:?}", b.offset, i.text, b.sp, b.reach, b.fp, b.ret, b.kind);
    }
    println!("{:?}", followed.check);
}

/// The functions of a binary, by address, and its data.
struct Program<'a> {
    functions: BTreeMap<u64, (String, &'a [u8])>,
    sections: Vec<(u64, &'a [u8])>,
    never: HashSet<u64>,
    deferreturn: Option<u64>,
}

impl<'a> Program<'a> {
    fn new(file: &'a object::File<'a>) -> Result<Self, Box<dyn Error>> {
        let mut out =
            Program { functions: BTreeMap::new(), sections: vec![], never: HashSet::new(), deferreturn: None };
        for s in file.sections().filter(|s| s.address() != 0) {
            out.sections.push((s.address(), s.data()?));
        }
        for s in file.symbols().filter(|s| s.kind() == SymbolKind::Text && s.size() > 0) {
            if let Some(code) = out.bytes(s.address(), s.size() as usize) {
                out.functions.insert(s.address(), (s.name()?.to_string(), code));
                if s.name()? == "runtime.deferreturn" {
                    out.deferreturn = Some(s.address());
                }
                if never(s.name()?) {
                    out.never.insert(s.address());
                }
            }
        }
        Ok(out)
    }

    fn bytes(&self, address: u64, len: usize) -> Option<&'a [u8]> {
        let (at, data) = self.sections.iter().find(|(at, data)| (*at..at + data.len() as u64).contains(&address))?;
        let start = (address - at) as usize;
        data.get(start..start + len)
    }
}

/// Some of the runtime's functions that do not return.
fn never(name: &str) -> bool {
    let Some(name) = name.strip_prefix("runtime.") else { return false };
    name.starts_with("panic") || name.starts_with("goPanic") || ["gopanic", "throw", "fatal"].contains(&name)
}

impl Image for Program<'_> {
    fn pointer(&self, address: u64) -> Option<u64> {
        Some(u64::from_le_bytes(self.bytes(address, 8)?.try_into().ok()?))
    }

    fn returns(&self, function: u64) -> bool {
        !self.never.contains(&function)
    }
}

type Rows = HashMap<u64, Vec<(u64, u64, i64)>>;

/// By a function's address: ranges, and bytes from SP to the frame address.
fn rows(file: &object::File<'_>) -> Result<Rows, Box<dyn Error>> {
    let section = file.section_by_name(".debug_frame").ok_or("no .debug_frame")?;
    let data = section.uncompressed_data()?;
    let mut frame = DebugFrame::from(EndianSlice::new(&data, LittleEndian));
    frame.set_address_size(8);
    let (bases, mut context, mut out) = (BaseAddresses::default(), UnwindContext::new(), HashMap::new());
    let mut entries = frame.entries(&bases);
    while let Some(entry) = entries.next()? {
        let CieOrFde::Fde(partial) = entry else { continue };
        let fde = partial.parse(|section, bases, offset| section.cie_from_offset(bases, offset))?;
        let mut table = fde.rows(&frame, &bases, &mut context)?;
        let mut all = Vec::new();
        while let Some(row) = table.next_row()? {
            if let CfaRule::RegisterAndOffset { offset, .. } = row.cfa() {
                all.push((row.start_address(), row.end_address(), *offset));
            }
        }
        out.insert(fde.initial_address(), all);
    }
    Ok(out)
}
