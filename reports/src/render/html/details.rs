//! What a click on the matrix shows: everything that the record knows of one
//! case in one build of one toolchain, its architectures side by side. Made
//! once for all of their cells.

use super::finding;
use super::functions;
use super::grid::{Grid, Row};
use crate::function::{FunctionRecord, SourceRecord};
use crate::html::page::island;
use crate::html::sign::Sign;
use crate::html::text::{block, issue, line};
use crate::outcome::Outcome;
use crate::record::{CellRecord, FindingRecord, OracleSummary, Record};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// What the record knows, by what it is looked up by here.
struct Facts<'a> {
    grid: &'a Grid<'a>,
    findings: BTreeMap<&'a str, Vec<&'a FindingRecord>>,
    functions: BTreeMap<(&'a str, &'a str, &'a str), Vec<&'a FunctionRecord>>,
    /// The cases that have findings, anywhere.
    found: BTreeSet<&'a str>,
}

/// The drill-downs of all cells, `d<row>-<program>`, and the sources, `s<row>`.
#[must_use]
pub fn islands(record: &Record, grid: &Grid<'_>) -> Markup {
    let mut functions: BTreeMap<_, Vec<&FunctionRecord>> = BTreeMap::new();
    for f in &record.functions {
        functions.entry((f.case.as_str(), f.toolchain.as_str(), f.build.as_str())).or_default().push(f);
    }
    let of_case = |cell| crate::coordinate::Coordinate::of(cell).case;
    let found = record.findings.iter().flat_map(|f| &f.finding.cells).map(|c| of_case(c)).collect();
    let facts = Facts { grid, findings: record.findings_by_cell(), functions, found };
    let sources: BTreeMap<&str, &SourceRecord> = record.sources.iter().map(|s| (s.case.as_str(), s)).collect();
    html! {
        @for (number, row) in grid.rows.iter().enumerate() {
            @for program in 0..grid.programs.len() {
                @if let Some(inner) = details(&facts, row, program) {
                    (island(&format!("d{number}-{program}"), inner))
                }
            }
            @if let Some(source) = sources.get(row.case) {
                (island(&format!("s{number}"), generated(source)))
            }
        }
    }
}

/// A target's cells of the drill-down, by call kind.
type Cells<'a> = Vec<(&'a str, Vec<Option<&'a CellRecord>>)>;

/// The drill-down, where there is a cell to drill into.
fn details(facts: &Facts<'_>, row: &Row<'_>, program: usize) -> Option<Markup> {
    let grid = facts.grid;
    let (toolchain, build) = grid.programs[program];
    let columns = grid.columns.iter().zip(&row.cells).filter(|(c, _)| grid.program(c) == program);
    let cells: Cells<'_> = columns.map(|(c, cells)| (c.target, cells.clone())).collect();
    let cells: Cells<'_> = cells.into_iter().filter(|(_, cells)| cells.iter().any(Option::is_some)).collect();
    let first = cells.first()?;
    let own = || cells.iter().flat_map(|(_, c)| c.iter().flatten()).map(|c| c.cell.as_str());
    // Findings that name several of these cells are told once, in their order.
    let findings: BTreeSet<&FindingRecord> =
        own().flat_map(|c| facts.findings.get(c).into_iter().flatten().copied()).collect();
    let findings = finding::alike(&findings.into_iter().collect::<Vec<_>>());
    let functions = facts.functions.get(&(row.case, toolchain, build)).map(Vec::as_slice).unwrap_or_default();
    // Also of targets that were left out: a function may have been built where no cell was run.
    let mut targets: Vec<&str> = cells.iter().map(|(target, _)| *target).collect();
    for f in functions {
        if !targets.contains(&f.target.as_str()) {
            targets.push(&f.target);
        }
    }
    Some(html! {
        h3 #at tabindex="-1" { (line(row.case)) }
        p.where {
            (line(toolchain)) " · " (line(build))
            @for (target, _) in &cells { " " span.target data-target=(line(target)) { (line(target)) } }
        }
        (others(grid, row, program, first.0))
        (outcomes(&grid.calls, &cells))
        @if !findings.is_empty() {
            h4 { "Findings" }
            @for (number, f) in findings.iter().enumerate() { (f.article(number + 1)) }
        }
        (functions::section(functions, &targets, &findings, facts.found.contains(row.case)))
    })
}

/// Links to the same case in the other builds and toolchains.
fn others(grid: &Grid<'_>, row: &Row<'_>, program: usize, target: &str) -> Markup {
    let there = |p: &usize| {
        let mut places = grid.columns.iter().zip(&row.cells);
        *p != program && places.any(|(c, cells)| grid.program(c) == *p && cells.iter().any(Option::is_some))
    };
    let others: Vec<usize> = (0..grid.programs.len()).filter(there).collect();
    html! {
        @if !others.is_empty() {
            p.others { "The same case in"
                @for p in others {
                    @let (toolchain, build) = grid.programs[p];
                    // Where that program was not made for this target, the script takes another.
                    " " (cell_link(&format!("{}@{toolchain}/{target}/{build}", row.case), &format!("{toolchain} {build}")))
                }
            }
        }
    }
}

/// A link that opens the drill-down of a cell; call kinds may be left out.
#[must_use]
pub fn cell_link(cell: &str, text: &str) -> Markup {
    html! { a href="#cells" data-at=(line(cell)) { (line(text)) } }
}

/// What became of each call kind on each target, and what each oracle said.
fn outcomes(calls: &[&str], cells: &Cells<'_>) -> Markup {
    let used: Vec<usize> = (0..calls.len()).filter(|k| cells.iter().any(|(_, c)| c[*k].is_some())).collect();
    html! {
        h4 { "Outcomes" }
        div.wide {
            table.facts {
                thead { tr { th scope="col" { "target" } @for k in &used { th scope="col" { (line(calls[*k])) } } } }
                tbody {
                    @for (target, cells) in cells {
                        tr data-target=(line(target)) {
                            th scope="row" { (line(target)) }
                            @for k in &used { td { @if let Some(cell) = cells[*k] { (outcome(cell)) } } }
                        }
                    }
                }
            }
        }
        details {
            summary { "What each oracle said" }
            div.wide { (oracles(cells)) }
        }
    }
}

fn outcome(cell: &CellRecord) -> Markup {
    html! {
        (Sign::of(cell).badge())
        @match &cell.outcome {
            Outcome::Known { issue: at } | Outcome::Fixed { issue: at } => { " " (issue(at)) },
            Outcome::Permitted { rule: reason } | Outcome::Skipped { reason } => { " " (line(reason)) },
            Outcome::Pass | Outcome::Fail | Outcome::Flaky => {},
        }
        @for (oracle, why) in cell.unobserved() {
            div.why { (line(oracle)) " saw nothing: " (line(why)) }
        }
    }
}

/// The verdicts of each oracle on each target, added up over the call kinds.
fn oracles(cells: &Cells<'_>) -> Markup {
    let mut sums: BTreeMap<(&str, usize), OracleSummary> = BTreeMap::new();
    for (number, (_, cells)) in cells.iter().enumerate() {
        for (id, o) in cells.iter().flatten().flat_map(|c| &c.oracles) {
            let sum = sums.entry((id, number)).or_default();
            sum.agree += o.agree;
            sum.disagree += o.disagree;
            sum.not_described += o.not_described;
            sum.inapplicable += o.inapplicable;
            sum.unobserved += o.unobserved;
            for (why, n) in &o.inapplicable_because {
                *sum.inapplicable_because.entry(why.clone()).or_default() += n;
            }
        }
    }
    let shown = |n: u32| if n == 0 { "-".to_string() } else { n.to_string() };
    html! {
        table.facts {
            thead { tr {
                @for name in ["oracle", "target", "agree", "disagree", "not described", "inapplicable", "unobserved"] {
                    th scope="col" { (name) }
                }
            } }
            tbody {
                @for ((id, number), o) in &sums {
                    @let target = cells[*number].0;
                    tr data-target=(line(target)) {
                        th scope="row" { (line(id)) }
                        td { (line(target)) }
                        @for n in [o.agree, o.disagree, o.not_described] { td.number { (shown(n)) } }
                        td.number {
                            (shown(o.inapplicable))
                            @for (why, n) in &o.inapplicable_because { div.why { (line(why)) " (" (n) ")" } }
                        }
                        td.number { (shown(o.unobserved)) }
                    }
                }
            }
        }
    }
}

/// The generated Go of a case, with line numbers.
fn generated(source: &SourceRecord) -> Markup {
    html! {
        h4 { "Generated Go" }
        @for (path, text) in &source.files {
            details.source open[source.files.len() == 1] {
                summary { code { (line(path)) } }
                pre.numbered { @for l in block(text).split('\n') { span.line { (l) "\n" } } }
            }
        }
    }
}
