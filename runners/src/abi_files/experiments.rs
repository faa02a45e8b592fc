//! `src/internal/buildcfg/exp.go`: for which ports the register ABI is there,
//! and for which it cannot be switched off.

use super::facts::Cited;
use goabi_cases::syntax::{Fragment, Parsed, children, fields, parse};
use std::path::Path;

/// The file, in a GOROOT. A syntax node's type is not named here, so that this
/// crate needs no parser of its own.
const FILE: &str = "src/internal/buildcfg/exp.go";

/// One assignment in the switch over the GOARCH.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Set {
    variable: String,
    goarches: Vec<String>,
    /// `None` where something else than `true` or `false` is assigned.
    value: Option<bool>,
    line: usize,
}

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Experiments {
    sets: Vec<Set>,
    /// The line of the switch, for what it leaves false.
    line: usize,
}

/// Reads the file.
///
/// # Errors
/// Why it cannot be understood.
pub(super) fn read(goroot: &Path) -> Result<Experiments, String> {
    let text = std::fs::read_to_string(goroot.join(FILE)).map_err(|e| format!("{FILE}: {e}"))?;
    let parsed = parse(Fragment::Declarations, &text).map_err(|e| format!("{FILE}: {}", e.message))?;
    let function = children(parsed.root())
        .into_iter()
        .filter(|n| n.kind() == "function_declaration")
        .find(|n| n.child_by_field_name("name").is_some_and(|name| parsed.text(name) == "ParseGOEXPERIMENT"))
        .and_then(|n| n.child_by_field_name("body"))
        .ok_or_else(|| format!("{FILE}: there is no function ParseGOEXPERIMENT"))?;
    let mut statements = children(function);
    if let [only] = statements.as_slice()
        && only.kind() == "statement_list"
    {
        statements = children(*only);
    }
    let mut all: Option<Experiments> = None;
    for n in statements.into_iter().filter(|n| n.kind() == "expression_switch_statement") {
        if n.child_by_field_name("value").is_none_or(|v| parsed.text(v) != "goarch") {
            continue;
        }
        let mut sets = Vec::new();
        for case in children(n).into_iter().filter(|c| c.kind() == "expression_case") {
            let values = case.child_by_field_name("value").map_or(vec![], children);
            let goarches: Vec<String> = values.iter().map(|v| unquoted(parsed.text(*v))).collect();
            let value_end = case.child_by_field_name("value").map_or(0, |v| v.end_byte());
            let body = children(case).into_iter().filter(|c| c.start_byte() >= value_end);
            for s in body.flat_map(|c| if c.kind() == "statement_list" { children(c) } else { vec![c] }) {
                let found = assigned(&parsed, s.start_byte()..s.end_byte());
                sets.extend(found.into_iter().map(|(variable, value)| Set {
                    variable,
                    goarches: goarches.clone(),
                    value,
                    line: s.start_position().row,
                }));
            }
        }
        if sets.iter().any(|s| s.variable == "regabiSupported") {
            if all.is_some() {
                return Err(format!("{FILE}: two switches set regabiSupported"));
            }
            all = Some(Experiments { sets, line: n.start_position().row });
        }
    }
    all.ok_or_else(|| format!("{FILE}: no switch over goarch sets regabiSupported"))
}

/// The variables that the assignment at these bytes of the frame and text sets.
fn assigned(parsed: &Parsed, at: std::ops::Range<usize>) -> Vec<(String, Option<bool>)> {
    let Some(n) = parsed.root().named_descendant_for_byte_range(at.start, at.end) else { return vec![] };
    if n.kind() != "assignment_statement" {
        return vec![];
    }
    let side = |field| fields(n, field).into_iter().flat_map(children).map(|e| parsed.text(e)).collect::<Vec<_>>();
    let (left, right) = (side("left"), side("right"));
    let value = |i: usize| match right.get(i) {
        Some(&"true") => Some(true),
        Some(&"false") => Some(false),
        Some(_) | None => None,
    };
    left.iter().enumerate().map(|(i, name)| ((*name).to_string(), value(i))).collect()
}

fn unquoted(literal: &str) -> String {
    literal.trim_matches('"').to_string()
}

impl Experiments {
    /// `regabiSupported` or `regabiAlwaysOn` for a port; false where no case sets it.
    ///
    /// # Errors
    /// Something else than a truth value is assigned.
    pub fn value(&self, variable: &str, goarch: &str) -> Result<Cited<bool>, String> {
        let here = |s: &&Set| s.variable == variable && s.goarches.iter().any(|g| g == goarch);
        let Some(set) = self.sets.iter().rev().find(here) else {
            return Ok(Cited { value: false, at: format!("{FILE}:{}", self.line) });
        };
        let at = format!("{FILE}:{}", set.line);
        match set.value {
            Some(value) => Ok(Cited { value, at }),
            None => Err(format!("{at}: what is assigned to {variable} is neither true nor false")),
        }
    }
}
