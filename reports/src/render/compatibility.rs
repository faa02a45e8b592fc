//! What changed from one toolchain to the next, where a run had several: what
//! cells came to, findings, ABI assignment, and the code of the functions under
//! test. In GitHub's Markdown, for people who decide whether to upgrade. A
//! change is no failure by itself.

mod assignment;
mod code;
mod coverage;
mod findings;
mod outcomes;
mod pairs;

#[cfg(test)]
mod tests;

use super::RenderError;
use super::markdown::text::inline;
use crate::compare::{Toolchains, compare};
use crate::overview::counted;
use crate::record::Record;
use pairs::{Pair, ordered};
use std::fmt::Display;

/// See [`super::Renderer::file`].
pub const FILE: &str = "compatibility.md";
/// See [`super::Renderer::about`].
pub const ABOUT: &str = "what changed between the toolchains of one run";

/// How many characters of a name, path or cell are shown.
const WIDE: usize = 160;
/// How many characters of a label, target or build are shown.
const NARROW: usize = 60;
/// How many rows a table has.
const ROWS_SHOWN: usize = 40;

/// Whether a record holds several toolchains, so that there is something to
/// compare.
#[must_use]
pub fn compares(record: &Record) -> bool {
    ordered(record).len() > 1
}

/// The comparison as Markdown: each toolchain with the next newer one.
pub fn render(record: &Record) -> Result<String, RenderError> {
    let toolchains = ordered(record);
    let mut page = Page { out: String::new() };
    if toolchains.len() < 2 {
        page.line("### goabi: compatibility\n");
        let has = match toolchains.first() {
            Some(t) => format!("one toolchain, {}", inline(&t.label, NARROW)),
            None => "no toolchain".to_string(),
        };
        page.line(format_args!("There is nothing to compare: the record holds {has}. Run several at once:\n"));
        page.line("```sh\ngoabi run --go 1.24.11,1.27.3,tip\n```");
        return Ok(page.out);
    }
    let labels: Vec<String> = toolchains.iter().map(|t| inline(&t.label, NARROW)).collect();
    page.line(format_args!("### goabi: compatibility of {}\n", labels.join(", ")));
    page.line("The same cases, targets and builds; what differs is the toolchain. A change is no failure by itself.");
    for two in toolchains.windows(2) {
        let [old, new] = two else { continue };
        page.pair(&Pair::of(record, &old.label, &new.label))?;
    }
    Ok(page.out)
}

struct Page {
    out: String,
}

impl Page {
    fn line(&mut self, line: impl Display) {
        self.out += &format!("{line}\n");
    }

    /// A heading and the empty lines around it.
    fn heading(&mut self, heading: impl Display) {
        self.line(format_args!("\n##### {heading}\n"));
    }

    /// A table of cells that are Markdown already; columns from `numbers` on
    /// are aligned to the right.
    fn table(&mut self, head: &[&str], numbers: usize, rows: &[Vec<String>], noun: &str) {
        self.line(format_args!("| {} |", head.join(" | ")));
        let rules: Vec<&str> = (0..head.len()).map(|i| if i < numbers { "---" } else { "--:" }).collect();
        self.line(format_args!("|{}|", rules.join("|")));
        for row in rows.iter().take(ROWS_SHOWN) {
            self.line(format_args!("| {} |", row.join(" | ")));
        }
        if let Some(rest) = rows.len().checked_sub(ROWS_SHOWN).filter(|n| *n > 0) {
            self.line(format_args!("\nAnd {} in the record.", counted(rest, &format!("more {noun}"))));
        }
    }

    fn pair(&mut self, pair: &Pair<'_>) -> Result<(), RenderError> {
        let comparison = compare(&pair.old.cells, &pair.new.cells, Toolchains::Ignore)
            .map_err(|e| RenderError::Format { format: "compatibility", message: e.to_string() })?;
        self.line(format_args!("\n#### {} → {}", inline(pair.old.label, NARROW), inline(pair.new.label, NARROW)));
        outcomes::section(self, &comparison);
        findings::section(self, pair, &comparison);
        assignment::section(self, pair);
        code::section(self, pair);
        coverage::section(self, pair);
        Ok(())
    }
}

/// A change of a sum: `+12 (+3.4 %)`, `0`.
fn change(old: u64, new: u64) -> String {
    // Totals of code sizes are far below what an i64 or a double holds exactly.
    let difference = i128::from(new) - i128::from(old);
    match (difference, old) {
        (0, _) => "0".to_string(),
        (d, 0) => format!("{d:+}"),
        (d, _) => format!("{d:+} ({:+.1} %)", d as f64 * 100.0 / old as f64),
    }
}
