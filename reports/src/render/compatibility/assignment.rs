//! Where the ABI specification has parameters and results travel: a port that
//! moves from the stack to registers is a change, and no failure.

use super::super::markdown::text::inline;
use super::pairs::{Half, Pair};
use super::{NARROW, Page, WIDE};
use crate::function::FunctionRecord;
use crate::overview::counted;
use std::collections::BTreeMap;

/// What both toolchains are asked about: case, target and symbol. Builds do not
/// differ in it.
type Key<'a> = (&'a str, &'a str, &'a str);

/// What became of one target's signatures.
#[derive(Default)]
struct Target<'a> {
    all: u32,
    changed: u32,
    /// The first that changed: its case, and the first line that did.
    example: Option<(&'a str, &'a str, &'a str)>,
}

pub(super) fn section(page: &mut Page, pair: &Pair<'_>) {
    let (old, new) = (by_signature(&pair.old), by_signature(&pair.new));
    let mut targets: BTreeMap<&str, Target<'_>> = BTreeMap::new();
    for (key, now) in &new {
        let Some(before) = old.get(key) else { continue };
        let target = targets.entry(key.0).or_default();
        target.all += 1;
        if before.assignment != now.assignment {
            target.changed += 1;
            let mut lines = before.assignment.iter().zip(&now.assignment);
            let (a, b) = lines.find(|(a, b)| a != b).map_or(("", ""), |(a, b)| (a, b));
            target.example.get_or_insert((key.1, a, b));
        }
    }
    page.heading("ABI assignment");
    let row = |(name, t): (&&str, &Target<'_>)| {
        let (case, before, now) = t.example?;
        let changed = format!("{} of {}", t.changed, t.all);
        Some(vec![inline(name, NARROW), inline(case, WIDE), inline(before, WIDE), inline(now, WIDE), changed])
    };
    let rows: Vec<Vec<String>> = targets.iter().filter_map(row).collect();
    if targets.is_empty() {
        page.line("No function was seen with both toolchains.");
    } else if rows.is_empty() {
        let signatures = counted(targets.values().map(|t| t.all).sum::<u32>(), "signature");
        page.line(format_args!("None of {signatures} on {} is assigned in another way.", counted(targets.len(), "target")));
    } else {
        page.line("By our model of the specification; the DWARF oracle holds both toolchains to it.\n");
        page.table(&["target", "one of them", "before", "now", "signatures changed"], 4, &rows, "target");
    }
}

fn by_signature<'a>(half: &Half<'a>) -> BTreeMap<Key<'a>, &'a FunctionRecord> {
    half.functions.iter().map(|f| ((f.target.as_str(), f.case.as_str(), f.symbol.as_str()), *f)).collect()
}
