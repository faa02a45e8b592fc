//! The report for a browser: one file, without a server and without anything
//! from elsewhere. What fails comes first, then a matrix of all cells to search
//! and filter, and behind each of its places what the record knows of it.
//!
//! The head, the failures and the matrix are there without scripts. What a
//! click shows waits in the page as compressed text (`html::page::island`), so
//! that a page of tens of thousands of cells is small and opens at once.

mod assembly;
mod details;
mod failures;
mod finding;
mod functions;
mod grid;
mod index;
mod matrix;

use super::RenderError;
use crate::html::page::{self, command, data, noscript};
use crate::html::text::{block, line};
use crate::outcome::Totals;
use crate::overview::{self, End, counted};
use crate::record::{Problem, Record};
use grid::Grid;
use maud::{Markup, html};

/// See [`super::Renderer::file`].
pub const FILE: &str = "report.html";
/// See [`super::Renderer::about`].
pub const ABOUT: &str = "for a browser: a matrix to search, with everything behind each cell";

/// The record as a page.
pub fn render(record: &Record) -> Result<String, RenderError> {
    let grid = Grid::of(record);
    let body = html! {
        (head(record))
        main {
            (problems(&record.problems))
            (failures::section(record))
            (matrix::section(record, &grid))
        }
        dialog #drill aria-labelledby="at" {
            div.bar { button #close type="button" { "Close" } }
            div #inner {}
        }
        (data("index", &index::index(record, &grid)))
        (details::islands(record, &grid))
    };
    let title = format!("goabi: {}: {}", End::of(record).word(), overview::said(record));
    Ok(page::page(&title, &body, include_str!("html/script.js")))
}

fn head(record: &Record) -> Markup {
    let end = End::of(record);
    let (sign, shape) = match end {
        End::Ok => ("pass", "✓"),
        End::Interrupted => ("flaky", "!"),
        End::Failed | End::Nothing => ("fail", "✕"),
    };
    let labels: Vec<String> = record.toolchains.iter().map(|t| line(&t.label)).collect();
    html! {
        header.top {
            h1 {
                span class={ "verdict s-" (sign) } { span aria-hidden="true" { (shape) } " " (end.word()) } " "
                span.said { "goabi: " (overview::said(record)) }
            }
            p.counts {
                (counted(record.totals.all(), "cell")) ": "
                @for (i, (word, n)) in counts(&record.totals).into_iter().enumerate() {
                    @if i > 0 { ", " } b { (n) } " " (word)
                }
                ". " (format!("{:.1} s", overview::seconds(record))) ", started " (line(&record.started)) "."
            }
            p.made { (labels.join(", ")) " · " (line(&record.targets.join(", "))) }
            div.again { span.label { "Run it again" } (command(&overview::again(record))) }
            (made_with(record))
            (noscript("Search, filters and what is behind each cell need JavaScript. Failures and matrix are \
                       complete without; record.json beside this file has everything."))
        }
    }
}

/// The outcomes that occurred.
fn counts(totals: &Totals) -> Vec<(&'static str, u32)> {
    totals.listed().into_iter().filter(|(_, n)| *n > 0).collect()
}

fn made_with(record: &Record) -> Markup {
    let host = &record.host;
    let texts = |texts: &[&str]| html! { tr { @for t in texts { td { (line(t)) } } } };
    let head = |names: &[&str]| html! { thead { tr { @for n in names { th scope="col" { (n) } } } } };
    html! {
        details.made-with {
            summary { "Toolchains, emulators, limits, times" }
            p {
                "goabi " (line(&record.goabi_version)) " on " (line(&host.os)) "/" (line(&host.goarch)) ", "
                (counted(host.cpus, "processor")) ", " (line(&record.started)) " to " (line(&record.finished))
                ", record of schema version " (record.schema_version) "."
            }
            div.columns {
                div.wide { table.facts {
                    (head(&["toolchain", "version", "from", "fingerprint"]))
                    tbody { @for t in &record.toolchains { (texts(&[&t.label, &t.version, &t.origin, &t.fingerprint])) } }
                } }
                @if !record.emulators.is_empty() {
                    div.wide { table.facts {
                        (head(&["emulator for", "version", "path"]))
                        tbody { @for e in &record.emulators { (texts(&[&e.goarch, &e.version, &e.path])) } }
                    } }
                }
                @if !record.c_compilers.is_empty() {
                    div.wide { table.facts {
                        (head(&["C compiler for", "version", "command"]))
                        tbody { @for c in &record.c_compilers { (texts(&[&c.goarch, &c.version, &c.command])) } }
                    } }
                }
                div.wide { table.facts {
                    (head(&["limit", "value"]))
                    tbody { @for (name, value) in &record.limits { (texts(&[name, &value.to_string()])) } }
                } }
                div.wide { table.facts {
                    (head(&["stage", "seconds"]))
                    tbody { @for (stage, s) in &record.timings { (texts(&[stage, &format!("{s:.1}")])) } }
                } }
            }
        }
    }
}

fn problems(problems: &[Problem]) -> Markup {
    html! {
        @if !problems.is_empty() {
            section #problems {
                h2 { "Problems " span.count { (problems.len()) } }
                p.hint { "What kept cells from being judged; never a wrong value." }
                @for p in problems {
                    article.problem {
                        h3 {
                            span class="badge s-unjudged" { (p.kind.words()) }
                            @for subject in [&p.toolchain, &p.cell].into_iter().flatten() { " " code { (line(subject)) } }
                        }
                        pre { (block(&p.message)) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "html/tests.rs"]
mod tests;
