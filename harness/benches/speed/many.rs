//! Cases by the thousand, each with a signature of its own.

use crate::measure::{Bench, Result};
use std::fmt::Write;
use std::path::PathBuf;

const CASES_A_FILE: usize = 50;
const FILES_A_TOPIC: usize = 4;

/// A type and how a value of it is written, from a number.
type Kind = (&'static str, fn(u64) -> String);

const KINDS: [Kind; 10] = [
    ("int8", |n| format!("{}", n as i8)),
    ("uint16", |n| format!("{:#x}", n as u16)),
    ("int32", |n| format!("{}", n as i32)),
    ("uint64", |n| format!("{n:#x}")),
    ("float32", |n| format!("{}.5", n as u16)),
    ("float64", |n| format!("{}.25", n as u32)),
    ("string", |n| format!("\"s{n}\"")),
    ("bool", |n| format!("{}", n & 1 == 1)),
    ("error", |n| format!("errors.New(\"e{n}\")")),
    ("any", |n| format!("any(uint32({}))", n as u32)),
];

/// Xorshift: reproducible, and nothing more is asked of it.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn list(state: &mut u64, prefix: &str, count: usize) -> (String, String) {
    let (mut types, mut values) = (Vec::new(), Vec::new());
    for i in 0..count {
        let (ty, value) = KINDS[next(state) as usize % KINDS.len()];
        types.push(format!("{prefix}{i} {ty}"));
        values.push(format!("'{}'", value(next(state))));
    }
    (types.join(", "), values.join(", "))
}

/// Writes `count` cases, and gives the folder.
pub fn write(b: &Bench, count: usize) -> Result<PathBuf> {
    let root = b.dir.path().join(format!("many-{count}"));
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let (mut made, mut file) = (0, 0);
    while made < count {
        let mut text = String::from("about: Cases by script.\ncases:\n");
        for n in 0..CASES_A_FILE.min(count - made) {
            let (params, args) = list(&mut state, "a", 1 + n % 5);
            let (results, returns) = list(&mut state, "r", 1 + n % 4);
            writeln!(text, "  - name: c{n}\n    why: one of many\n    func: 'func({params}) ({results})'")?;
            writeln!(text, "    vectors: [{{args: [{args}], returns: [{returns}]}}]")?;
        }
        made += CASES_A_FILE.min(count - made);
        let topic = root.join(format!("t{}", file / FILES_A_TOPIC));
        std::fs::create_dir_all(&topic)?;
        std::fs::write(topic.join(format!("f{}.yaml", file % FILES_A_TOPIC)), text)?;
        file += 1;
    }
    Ok(root)
}
