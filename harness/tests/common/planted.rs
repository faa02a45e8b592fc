//! Tables in a binary, patched.

use goabi_runners::observe::unwind::{Binary, CfaRule, CfiContext, Func, PcRange, PcTable};
use object::{Object, ObjectSection};

/// A number as the tables have it, which has as many bytes as before.
fn varint(mut n: u32) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let low = (n & 0x7f) as u8;
        n >>= 7;
        out.push(if n == 0 { low } else { low | 0x80 });
        if n == 0 {
            return out;
        }
    }
}

/// A table of depths as the linker writes it, without its end: there may be a
/// run of no instructions before that.
fn encoded(runs: &[PcRange], quantum: u64) -> Vec<u8> {
    let (mut out, mut before) = (Vec::new(), -1);
    for run in runs {
        let d = run.value - before;
        before = run.value;
        out.extend(varint(((d << 1) ^ (d >> 31)).cast_unsigned()));
        out.extend(varint(u32::try_from((run.to - run.from) / quantum).unwrap()));
    }
    out
}

/// The function of that name in a program.
pub fn with_func<T>(bytes: &[u8], name: &str, ask: impl FnOnce(&Binary<'_>, &Func<'_>, u64) -> T) -> T {
    let binary = Binary::open(bytes).unwrap();
    let table = binary.functions().unwrap();
    let func = table.functions().flatten().find(|f| f.name().unwrap() == name).unwrap();
    ask(&binary, &func, table.quantum())
}

/// Changes the rows of a table; the new ones must take as many bytes as the old ones.
pub fn plant_rows(
    bytes: &mut [u8],
    name: &str,
    table: for<'f, 't> fn(&'f Func<'t>) -> PcTable<'t>,
    change: impl FnOnce(&mut Vec<PcRange>),
) {
    let (quantum, at, mut runs) = with_func(bytes, name, |_, func, quantum| {
        let table = table(func);
        let at = table.encoded().unwrap().as_ptr() as usize - bytes.as_ptr() as usize;
        (quantum, at, table.runs().map(Result::unwrap).collect::<Vec<_>>())
    });
    let old = encoded(&runs, quantum);
    assert!(bytes[at..].starts_with(&old), "the table of {name} is as the linker writes it: {runs:?}");
    change(&mut runs);
    let new = encoded(&runs, quantum);
    assert_eq!(new.len(), old.len(), "{name}: {runs:?}");
    bytes[at..at + new.len()].copy_from_slice(&new);
}

fn depths(bytes: &[u8], name: &str) -> Vec<PcRange> {
    with_func(bytes, name, |_, func, _| func.pcsp().runs().map(Result::unwrap).collect())
}

/// Makes the row of the body's depth 16 bytes wrong; gives the row.
pub fn plant_depth(bytes: &mut [u8], name: &str) -> PcRange {
    let runs = depths(bytes, name);
    let quantum = with_func(bytes, name, |_, _, quantum| quantum);
    let deepest = (0..runs.len()).max_by_key(|n| (runs[*n].value, runs[*n].to - runs[*n].from)).unwrap();
    let old = encoded(&runs, quantum);
    let at = with_func(bytes, name, |_, func, _| func.pcsp().encoded().unwrap().as_ptr() as usize);
    let at = at - bytes.as_ptr() as usize;
    assert!(bytes[at..].starts_with(&old), "the table of {name} is as the linker writes it: {runs:?}");
    for by in [-16, 16] {
        let mut off = runs.clone();
        off[deepest].value += by;
        let new = encoded(&off, quantum);
        // A difference of 0 would be the table's end.
        if off.windows(2).all(|w| w[0].value != w[1].value) && new.len() == old.len() {
            bytes[at..at + old.len()].copy_from_slice(&new);
            assert_eq!(depths(bytes, name), off);
            return off[deepest];
        }
    }
    panic!("no row of {name} can be wrong in as many bytes: {runs:?}");
}

/// Makes a row of the call frame information of another depth; gives its pcs.
pub fn plant_cfi(bytes: &mut [u8], name: &str) -> (u64, u64) {
    let rows = |bytes: &[u8]| {
        with_func(bytes, name, |binary, func, _| {
            let sections = binary.cfi().unwrap();
            let cfi = sections.read();
            let entry = *cfi.entry_at(func.entry()).unwrap();
            let mut context = CfiContext::default();
            let rows = cfi.rows(&entry, None, &mut context).unwrap().map(Result::unwrap);
            let offset = |cfa| match cfa {
                CfaRule::Register { offset, .. } => offset,
                CfaRule::Expression(_) => panic!("an expression"),
            };
            (entry.offset, rows.map(|r| (r.from, r.to, offset(r.cfa))).collect::<Vec<_>>())
        })
    };
    let (at, before) = rows(bytes);
    let section = {
        let file = object::File::parse(&*bytes).unwrap();
        file.section_by_name(".debug_frame").unwrap().file_range().unwrap()
    };
    let from = usize::try_from(section.0).unwrap() + at;
    // The operand of the second DW_CFA_def_cfa_offset_sf, which is that of the body:
    // in units of the data alignment factor.
    let len = u32::from_le_bytes(bytes[from..from + 4].try_into().unwrap()) as usize;
    for i in from..from + len + 3 {
        if bytes[i] != 0x13 {
            continue;
        }
        let old = bytes[i + 1];
        // One more, or one less where the last bit is that of the sign.
        bytes[i + 1] = old ^ 1;
        let (_, after) = rows(bytes);
        let changed: Vec<_> = before.iter().zip(&after).filter(|(b, a)| b != a).collect();
        if let [(b, _)] = changed[..]
            && before.len() == after.len()
            && b.2 >= 16
        {
            return (b.0, b.1);
        }
        bytes[i + 1] = old;
    }
    panic!("the row of {name} is not found");
}

/// Replaces a word of arm64 code of a function, once.
pub fn replaced(bytes: &mut [u8], name: &str, is: impl Fn(u32) -> bool, by: impl Fn(u32) -> u32) {
    let (at, len) = with_func(bytes, name, |binary, func, _| {
        let code = binary.code_of(func).unwrap();
        (code.as_ptr() as usize - bytes.as_ptr() as usize, code.len())
    });
    let word = |i: usize| u32::from_le_bytes(bytes[i..i + 4].try_into().unwrap());
    let i = (at..at + len).step_by(4).find(|i| is(word(*i))).expect("there is such an instruction");
    let new = by(word(i));
    bytes[i..i + 4].copy_from_slice(&new.to_le_bytes());
}
