//! The matrix as a table, whole without scripts, and the search and filters
//! above it, which need one.

use super::grid::{Column, Grid, worst};
use crate::html::page::{menu, search};
use crate::html::sign::Sign;
use crate::html::text::line;
use crate::outcome::Totals;
use crate::overview::counted;
use crate::record::Record;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Search, filters, legend and the table.
#[must_use]
pub fn section(record: &Record, grid: &Grid<'_>) -> Markup {
    let cells = counted(record.totals.all(), "cell");
    html! {
        section #cells aria-labelledby="cells-title" {
            h2 #cells-title { "Cells" }
            (toolbar(record, grid))
            p #shown .status role="status" aria-live="polite" {
                (counted(grid.rows.len(), "case")) ", " (cells)
            }
            div.scroller {
                table #matrix role="grid" aria-describedby="matrix-help" {
                    (head(grid))
                    @for (topic, rows) in grid.topics() { (body(grid, topic, rows)) }
                }
            }
            p #matrix-help .hint {
                "A sign stands for all call kinds of a case in one build: the worst, and how many have it. "
                "Arrow keys move in the matrix, Enter opens, Escape closes, / searches."
            }
        }
    }
}

fn toolbar(record: &Record, grid: &Grid<'_>) -> Markup {
    let oracles: BTreeSet<&str> = record.cells.iter().flat_map(|c| c.oracles.keys().map(String::as_str)).collect();
    let distinct = |part: for<'a> fn(&Column<'a>) -> &'a str| {
        let mut seen: Vec<&str> = Vec::new();
        for c in &grid.columns {
            let value = part(c);
            if !seen.contains(&value) {
                seen.push(value);
            }
        }
        seen
    };
    html! {
        div #tools .tools role="search" {
            (search("Search cases, symptoms, issues"))
            (menu("topic", "Topic", grid.topics().map(|(topic, _)| topic)))
            (menu("toolchain", "Toolchain", distinct(|c| c.toolchain)))
            (menu("target", "Target", distinct(|c| c.target)))
            (menu("build", "Build", distinct(|c| c.build)))
            (menu("call", "Call", grid.calls.iter().copied()))
            (menu("oracle", "Found by", oracles))
            button #reset type="button" { "Show all" }
        }
        fieldset.chips {
            legend.hidden { "Outcomes to show" }
            @for sign in Sign::ALL {
                @let count = count(record, sign);
                label.chip {
                    input type="checkbox" data-filter="outcome" value=(sign.word()) disabled[count == 0];
                    " " (sign.badge()) " " span.count { (count) }
                }
            }
            details.legend {
                summary { "What the signs mean" }
                dl { @for sign in Sign::ALL { dt { (sign.badge()) } dd { (sign.meaning()) } } }
            }
        }
    }
}

/// How many cells have this sign.
fn count(record: &Record, sign: Sign) -> u32 {
    let Totals { pass, permitted, known, fixed, fail, flaky, skipped } = record.totals;
    let unjudged = || record.cells.iter().filter(|c| Sign::of(c) == Sign::Unjudged).count() as u32;
    match sign {
        // The totals count what could not be judged as failed.
        Sign::Fail => fail - unjudged(),
        Sign::Unjudged => unjudged(),
        Sign::Flaky => flaky,
        Sign::Fixed => fixed,
        Sign::Known => known,
        Sign::Permitted => permitted,
        Sign::Skipped => skipped,
        Sign::Pass => pass,
    }
}

fn head(grid: &Grid<'_>) -> Markup {
    let toolchains = || grid.columns.chunk_by(|a, b| a.toolchain == b.toolchain);
    let targets = || grid.columns.chunk_by(|a, b| (a.toolchain, a.target) == (b.toolchain, b.target));
    html! {
        thead {
            tr {
                th.corner rowspan="3" scope="col" { "case" }
                @for of in toolchains() { th scope="colgroup" colspan=(of.len()) { (line(of[0].toolchain)) } }
            }
            tr { @for of in targets() { th scope="colgroup" colspan=(of.len()) { (line(of[0].target)) } } }
            tr { @for c in &grid.columns { th scope="col" { (line(c.build)) } } }
        }
    }
}

fn body(grid: &Grid<'_>, topic: &str, rows: std::ops::Range<usize>) -> Markup {
    let cases = &grid.rows[rows.clone()];
    html! {
        tbody data-topic=(line(topic)) {
            tr.topic {
                th scope="rowgroup" {
                    button.toggle type="button" aria-expanded="true" {
                        @if topic.is_empty() { "(no topic)" } @else { (line(topic)) }
                    }
                    " " span.count { (cases.len()) }
                }
                @for i in 0..grid.columns.len() {
                    // A case counts once, with the worst of its calls.
                    @let signs = cases.iter().filter_map(|r| worst(r.cells[i].iter().flatten().map(|c| Sign::of(c))));
                    td { (sum(worst(signs.map(|(sign, _, _)| sign)))) }
                }
            }
            @for (number, row) in rows.zip(cases) {
                tr.case data-row=(number) {
                    th scope="row" title=(line(row.case)) { (line(row.case.strip_prefix(topic).map_or(row.case, |c| c.trim_start_matches('/')))) }
                    @for calls in &row.cells { td { (place(worst(calls.iter().flatten().map(|c| Sign::of(c))))) } }
                }
            }
        }
    }
}

/// What a topic's line shows in one column.
fn sum(shown: Option<(Sign, usize, usize)>) -> Markup {
    html! {
        @if let Some((sign, count, _)) = shown {
            span class={ "sum s-" (sign.word()) } {
                (sign.shape()) @if sign != Sign::Pass { " " (count) }
                span.hidden { " " (sign.word()) }
            }
        }
    }
}

/// What a case shows in one column.
fn place(shown: Option<(Sign, usize, usize)>) -> Markup {
    html! {
        @if let Some((sign, count, of)) = shown {
            @if count == of {
                button class={ "s-" (sign.word()) } tabindex="-1" aria-label=(sign.word()) { (sign.shape()) }
            } @else {
                button class={ "s-" (sign.word()) } tabindex="-1" aria-label={ (sign.word()) ", " (count) " of " (of) } {
                    (sign.shape()) " " (count) "/" (of)
                }
            }
        }
    }
}
