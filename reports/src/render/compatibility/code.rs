//! The code of the functions under test: its size, its frames, its
//! instructions.

use super::super::markdown::text::{code, inline};
use super::pairs::{Half, Pair};
use super::{NARROW, Page, ROWS_SHOWN, WIDE, change};
use crate::function::{CodeRecord, FunctionRecord};
use crate::overview::counted;
use std::collections::{BTreeMap, BTreeSet};

/// How many functions are named for each target and build.
const LARGEST_SHOWN: usize = 5;

/// One function with both toolchains.
struct Both<'a> {
    function: &'a FunctionRecord,
    old: CodeRecord,
    new: CodeRecord,
}

/// Those of one target and build.
#[derive(Default)]
struct Place<'a> {
    both: Vec<Both<'a>>,
    /// Functions that only one of them has code for.
    only_old: u32,
    only_new: u32,
}

type Key<'a> = (&'a str, &'a str);

pub(super) fn section(page: &mut Page, pair: &Pair<'_>) {
    let places = places(pair);
    page.heading("Code of the functions under test");
    if places.values().all(|p| p.both.is_empty()) {
        page.line("No function has code with both toolchains.");
        return;
    }
    page.line("Sums over the functions that both have; sizes in bytes.\n");
    let rows: Vec<Vec<String>> = places.iter().filter(|(_, p)| !p.both.is_empty()).map(|(k, p)| row(k, p)).collect();
    let head = ["target", "build", "functions", "grown", "shrunk", "text", "text now", "frames", "instructions", "only before", "only now"];
    page.table(&head, 2, &rows, "row");
    for ((target, build), place) in places.iter().take(ROWS_SHOWN) {
        largest(page, target, build, place);
    }
}

fn by_symbol<'a>(half: &Half<'a>) -> BTreeMap<(Key<'a>, &'a str, &'a str), &'a FunctionRecord> {
    let key = |f: &&'a FunctionRecord| ((f.target.as_str(), f.build.as_str()), f.case.as_str(), f.symbol.as_str());
    half.functions.iter().map(|f| (key(f), *f)).collect()
}

fn places<'a>(pair: &Pair<'a>) -> BTreeMap<Key<'a>, Place<'a>> {
    let (old, new) = (by_symbol(&pair.old), by_symbol(&pair.new));
    let mut out: BTreeMap<Key<'a>, Place<'a>> = BTreeMap::new();
    for (key, f) in &new {
        let place = out.entry(key.0).or_default();
        let before = old.get(key).map(|f| f.code);
        match (before, f.code) {
            (Some(Some(old)), Some(new)) => place.both.push(Both { function: f, old, new }),
            (Some(Some(_)), None) => place.only_old += 1,
            (Some(None), Some(_)) => place.only_new += 1,
            // What only one toolchain was asked for is no change.
            (Some(None), None) | (None, _) => {}
        }
    }
    out
}

fn row((target, build): &Key<'_>, place: &Place<'_>) -> Vec<String> {
    let sum = |of: &dyn Fn(&Both<'_>) -> Option<(u64, u64)>| {
        place.both.iter().filter_map(of).fold((0, 0), |(a, b), (x, y)| (a + x, b + y))
    };
    let (old, new) = sum(&|b| Some((b.old.text_bytes, b.new.text_bytes)));
    let frames = sum(&|b| Some((b.old.frame_bytes?, b.new.frame_bytes?)));
    let instructions = sum(&|b| Some((b.old.instructions?, b.new.instructions?)));
    let count = |of: &dyn Fn(&&Both<'_>) -> bool| place.both.iter().filter(of).count().to_string();
    vec![
        inline(target, NARROW),
        inline(build, NARROW),
        place.both.len().to_string(),
        count(&|b| b.new.text_bytes > b.old.text_bytes),
        count(&|b| b.new.text_bytes < b.old.text_bytes),
        change(old, new),
        new.to_string(),
        change(frames.0, frames.1),
        change(instructions.0, instructions.1),
        place.only_old.to_string(),
        place.only_new.to_string(),
    ]
}

/// The functions that changed most in their text, folded.
fn largest(page: &mut Page, target: &str, build: &str, place: &Place<'_>) {
    let mut changed: Vec<&Both<'_>> =
        place.both.iter().filter(|b| b.old.text_bytes != b.new.text_bytes).collect();
    if changed.is_empty() {
        return;
    }
    // Stable: equals stay in the order of their cases.
    changed.sort_by_key(|b| std::cmp::Reverse(b.old.text_bytes.abs_diff(b.new.text_bytes)));
    let title = format!("{} {}", inline(target, NARROW), inline(build, NARROW));
    let all = counted(changed.len(), "change");
    // The functions of one case change alike: the first of each says enough.
    let mut cases = BTreeSet::new();
    changed.retain(|b| cases.insert(&b.function.case));
    let which = match changed.len().min(LARGEST_SHOWN) {
        1 => "the largest".to_string(),
        n => format!("the {n} largest, one a case"),
    };
    page.line(format_args!("\n<details>\n<summary>{title}: {all}, {which}</summary>\n"));
    for b in changed.iter().take(LARGEST_SHOWN) {
        let f = b.function;
        // The symbol without the package's path.
        let name = f.symbol.rsplit('/').next().unwrap_or(&f.symbol);
        let name = name.split_once('.').map_or(name, |(_, name)| name);
        page.line(format_args!(
            "- {} {}: text {} → {}, {}{}{}",
            code(&f.case, WIDE),
            code(name, WIDE),
            b.old.text_bytes,
            b.new.text_bytes,
            change(b.old.text_bytes, b.new.text_bytes),
            measured("frame", b.old.frame_bytes, b.new.frame_bytes),
            measured("instructions", b.old.instructions, b.new.instructions),
        ));
    }
    page.line("\n</details>");
}

fn measured(what: &str, old: Option<u64>, new: Option<u64>) -> String {
    match (old, new) {
        (Some(old), Some(new)) if old == new => format!(", {what} {new}"),
        (Some(old), Some(new)) => format!(", {what} {old} → {new}"),
        (Some(_) | None, _) => String::new(),
    }
}
