//! `src/internal/abi/abi_*.go`: how many registers there are.

use super::constraint::Tags;
use super::facts::Cited;
use goabi_cases::syntax::{Fragment, children, fields, parse};
use std::path::Path;

/// The folder, in a GOROOT.
const FOLDER: &str = "src/internal/abi";

/// One file and the constants that it declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    /// Without folder and `.go`.
    stem: String,
    /// The text behind `//go:build`.
    constraint: Option<String>,
    /// Name, value and line; the value is `None` where it is no integer literal.
    constants: Vec<(String, Option<u64>, usize)>,
}

/// Reads all files.
///
/// # Errors
/// Why one of them cannot be read or understood: then which file holds is not
/// known either.
pub(super) fn read(goroot: &Path) -> Result<Vec<File>, String> {
    let folder = goroot.join(FOLDER);
    let fail = |e: &dyn std::fmt::Display| format!("{FOLDER}: {e}");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(|e| fail(&e))? {
        let name = entry.map_err(|e| fail(&e))?.file_name().to_string_lossy().into_owned();
        let stem = name.strip_suffix(".go").filter(|s| s.starts_with("abi_") && !s.ends_with("_test"));
        names.extend(stem.map(str::to_string));
    }
    names.sort();
    names.into_iter().map(|stem| file(&folder, stem)).collect()
}

fn file(folder: &Path, stem: String) -> Result<File, String> {
    let name = format!("{FOLDER}/{stem}.go");
    let text = std::fs::read_to_string(folder.join(format!("{stem}.go"))).map_err(|e| format!("{name}: {e}"))?;
    let constraint = text
        .lines()
        .take_while(|l| !l.starts_with("package "))
        .find_map(|l| l.strip_prefix("//go:build "))
        .map(|c| c.trim().to_string());
    let parsed = parse(Fragment::Declarations, &text).map_err(|e| format!("{name}: {}", e.message))?;
    let mut constants = Vec::new();
    for n in children(parsed.root()).into_iter().filter(|n| n.kind() == "const_declaration") {
        for spec in children(n) {
            let values = spec.child_by_field_name("value").map_or(vec![], children);
            for (i, id) in fields(spec, "name").into_iter().enumerate() {
                let value = values.get(i).filter(|v| v.kind() == "int_literal");
                // The parser's frame is one line, as the first line's number is one.
                let value = value.and_then(|v| integer(parsed.text(*v)));
                constants.push((parsed.text(id).to_string(), value, id.start_position().row));
            }
        }
    }
    Ok(File { stem, constraint, constants })
}

fn integer(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        // An octal literal is not what Go's authors write here: not understood.
        None if digits.len() > 1 && digits.starts_with('0') => None,
        None => digits.parse().ok(),
    }
}

/// The constant's value in a build with these tags.
///
/// # Errors
/// Why it is not known: the one file that declares it there was not found, or
/// its value was not understood.
pub(super) fn value(files: &[File], name: &str, tags: Tags<'_>) -> Result<Cited<u64>, String> {
    let mut found: Vec<Cited<Option<u64>>> = Vec::new();
    for f in files.iter().filter(|f| tags.file_name(&f.stem)) {
        let Some((_, value, line)) = f.constants.iter().find(|(n, ..)| n == name) else { continue };
        let at = format!("{FOLDER}/{}.go:{line}", f.stem);
        let holds = f.constraint.as_ref().map_or(Some(true), |c| tags.constraint(c));
        match holds {
            Some(true) => found.push(Cited { value: *value, at }),
            Some(false) => {}
            None => return Err(format!("{at}: whether its build constraint holds is not known")),
        }
    }
    match found.as_slice() {
        [Cited { value: Some(value), at }] => Ok(Cited { value: *value, at: at.clone() }),
        [Cited { value: None, at }] => Err(format!("{at}: {name} is no integer literal")),
        [] => Err(format!("{FOLDER}: no file declares {name} for {}", tags.goarch)),
        [first, second, ..] => {
            Err(format!("{name} is declared for {} at {} and at {}", tags.goarch, first.at, second.at))
        }
    }
}
