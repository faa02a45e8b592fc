//! How much of the functions under test DWARF describes.

use super::super::markdown::text::inline;
use super::pairs::Pair;
use super::{NARROW, Page};
use crate::compare::described::described;

pub(super) fn section(page: &mut Page, pair: &Pair<'_>) {
    let all = described(pair.old.functions.iter().copied(), pair.new.functions.iter().copied(), true);
    page.heading("What DWARF describes");
    if all.is_empty() {
        page.line("No function's instructions could be counted with both toolchains.");
        return;
    }
    page.line(
        "The share of instructions at which parameters and results have a location, over the functions that both \
         have. More than two points less is marked.\n",
    );
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|d| {
            vec![
                inline(&d.target, NARROW),
                inline(&d.build, NARROW),
                d.what.word().to_string(),
                d.functions.to_string(),
                d.old.percent(),
                d.new.percent(),
                if d.less() { "**less**".to_string() } else { String::new() },
            ]
        })
        .collect();
    page.table(&["target", "build", "of", "functions", "before", "now", ""], 3, &rows, "row");
}
