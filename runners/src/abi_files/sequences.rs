//! `src/cmd/compile/internal/ssa/opGen.go`: in which order the compiler hands
//! out argument registers. The file is megabytes of generated tables with one
//! entry a line, and is read line by line.

use super::facts::Cited;
use std::collections::BTreeMap;
use std::path::Path;

/// The file, in a GOROOT.
const FILE: &str = "src/cmd/compile/internal/ssa/opGen.go";

/// All sequences: by the table's name, such as `paramIntRegAMD64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sequences(BTreeMap<String, Cited<Vec<String>>>);

/// Reads the file.
///
/// # Errors
/// Why it cannot be understood.
pub(super) fn read(goroot: &Path) -> Result<Sequences, String> {
    let text = std::fs::read_to_string(goroot.join(FILE)).map_err(|e| format!("{FILE}: {e}"))?;
    let mut out = BTreeMap::new();
    let (mut port, mut names) = ("", Vec::new());
    let mut open = false;
    for (i, line) in text.lines().enumerate() {
        let at = format!("{FILE}:{}", i + 1);
        if let Some(name) = line.strip_prefix("var registers").and_then(|l| l.strip_suffix(" = [...]Register{")) {
            (port, open) = (name, true);
            names.clear();
        } else if open && line == "}" {
            open = false;
        } else if open {
            names.push(register(line, names.len()).ok_or_else(|| format!("{at}: {line:?} is no register"))?);
        } else if let Some((table, list)) = line.strip_prefix("var param").and_then(|l| l.split_once(" = []int8")) {
            if !table.ends_with(&format!("Reg{port}")) {
                return Err(format!("{at}: {table} does not follow its registers"));
            }
            let value = sequence(list, &names).ok_or_else(|| format!("{at}: {list:?} is no list of registers"))?;
            out.insert(format!("param{table}"), Cited { value, at });
        }
    }
    Ok(Sequences(out))
}

/// The name in `{3, x86.REG_BX, "BX"},` or, until Go 1.23, `{3, x86.REG_BX, 2, "BX"},`.
fn register(line: &str, index: usize) -> Option<String> {
    let inner = line.trim().strip_prefix('{')?.strip_suffix("},")?;
    let mut parts = inner.split(',').map(str::trim);
    let number: usize = parts.next()?.parse().ok()?;
    let name = parts.next_back()?.strip_prefix('"')?.strip_suffix('"')?;
    (number == index).then(|| name.to_string())
}

/// The names in `{0, 3, 1}`; none in `(nil)`.
fn sequence(list: &str, names: &[String]) -> Option<Vec<String>> {
    if list == "(nil)" {
        return Some(vec![]);
    }
    let inner = list.strip_prefix('{')?.strip_suffix('}')?;
    inner.split(',').map(|n| names.get(n.trim().parse::<usize>().ok()?).cloned()).collect()
}

impl Sequences {
    /// A port's sequence: `kind` is `Int` or `Float`.
    ///
    /// # Errors
    /// There is no such table.
    pub fn of(&self, kind: &str, goarch: &str) -> Result<Cited<Vec<String>>, String> {
        // Ports of both byte orders share their tables.
        let port = match goarch {
            "ppc64le" => "PPC64".to_string(),
            "mipsle" => "MIPS".to_string(),
            "mips64le" => "MIPS64".to_string(),
            other => other.to_uppercase(),
        };
        let table = format!("param{kind}Reg{port}");
        self.0.get(&table).cloned().ok_or_else(|| format!("{FILE}: there is no {table}"))
    }
}
