//! A report for a pull request or a job summary, in GitHub's Markdown: the
//! verdict first, what fails folded, the rest counted. It is kept below what
//! GitHub takes as a comment, whatever the record holds.

pub(crate) mod text;

use super::RenderError;
use crate::groups::{Group, groups};
use crate::outcome::Totals;
use crate::overview::{self, End, counted};
use crate::pairs;
use crate::record::{Problem, Record};
use crate::text::{clean, clip, clip_pair};
use std::fmt::Display;
use text::{code, fence, inline, issue};

/// See [`super::Renderer::file`].
pub const FILE: &str = "report.md";
/// See [`super::Renderer::about`].
pub const ABOUT: &str = "the short report, for pull requests and job summaries";

/// How many groups of failures are shown; the record has them all.
const GROUPS_SHOWN: usize = 20;
/// After so many bytes no further group is shown. GitHub takes 65,536
/// characters as a comment.
const BUDGET: usize = 32_000;
/// After so many bytes no list or table grows any further.
const HARD_BUDGET: usize = 56_000;
/// How many cells of a group are named.
const CELLS_SHOWN: usize = 3;
/// How many lines of evidence, or of a problem's message, are shown.
const LINES_SHOWN: usize = 5;
/// How many entries a list or table has.
const ENTRIES_SHOWN: usize = 30;
/// How many problems are shown.
const PROBLEMS_SHOWN: usize = 10;
/// How many characters of a value or line are shown.
const WIDE: usize = 200;
/// How many characters of a name are shown.
const NARROW: usize = 60;
/// A command that is longer is of no use when cut.
const COMMAND: usize = 500;

/// The record as Markdown.
pub fn render(record: &Record) -> Result<String, RenderError> {
    let mut page = Page { out: String::new() };
    page.verdict(record);
    page.problems(&record.problems);
    let (fixed, failing): (Vec<_>, Vec<_>) = groups(record).into_iter().partition(|g| g.word == "fixed");
    page.failures(&failing);
    page.fixed(&fixed);
    page.counts(record);
    page.targets(record);
    page.pairs(record);
    page.made_with(record);
    page.rerun(record);
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
        self.line(format_args!("\n#### {heading}\n"));
    }

    fn verdict(&mut self, record: &Record) {
        let totals = &record.totals;
        let end = End::of(record);
        let sign = match end {
            End::Ok => "✅",
            End::Interrupted => "⚠️",
            End::Failed | End::Nothing => "❌",
        };
        let said = overview::said(record);
        self.line(format_args!("### {sign} goabi: {}: {said}\n", end.word()));
        let parts: Vec<String> =
            totals.listed().into_iter().filter(|(_, n)| *n > 0).map(|(word, n)| format!("{n} {word}")).collect();
        let colon = if parts.is_empty() { "" } else { ": " };
        let took = overview::seconds(record);
        self.line(format_args!("{}{colon}{}; {took:.1} s", counted(totals.all(), "cell"), parts.join(", ")));
    }

    fn problems(&mut self, problems: &[Problem]) {
        if problems.is_empty() {
            return;
        }
        self.heading(format_args!("Problems ({})", problems.len()));
        for p in problems.iter().take(PROBLEMS_SHOWN) {
            let subject: Vec<String> = [&p.toolchain, &p.cell].into_iter().flatten().map(|s| code(s, WIDE)).collect();
            let colon = if subject.is_empty() { "" } else { ": " };
            self.line(format_args!("- **{}**{colon}{}\n", p.kind.words(), subject.join(", ")));
            let block = fence("text", &lines(p.message.lines()));
            block.lines().for_each(|l| self.line(format_args!("  {l}")));
        }
        self.more(problems.len(), PROBLEMS_SHOWN, "problem");
    }

    /// The entries of a list or table, a line each, as many as there is room for.
    fn entries(&mut self, entries: impl ExactSizeIterator<Item = String>, noun: &str) {
        let all = entries.len();
        let mut shown = 0;
        for entry in entries.take(ENTRIES_SHOWN) {
            if self.out.len() > HARD_BUDGET {
                break;
            }
            self.line(entry);
            shown += 1;
        }
        self.more(all, shown, noun);
    }

    /// Says what was left out.
    fn more(&mut self, all: usize, shown: usize, noun: &str) {
        if let Some(rest) = all.checked_sub(shown).filter(|n| *n > 0) {
            self.line(format_args!("\nAnd {} in the record.", counted(rest, &format!("more {noun}"))));
        }
    }

    fn failures(&mut self, groups: &[Group<'_>]) {
        if groups.is_empty() {
            return;
        }
        self.heading(format_args!("What fails ({})", groups.len()));
        let mut shown = 0;
        for g in groups.iter().take(GROUPS_SHOWN) {
            if shown > 0 && self.out.len() > BUDGET {
                break;
            }
            shown += 1;
            self.failure(shown, g);
        }
        self.more(groups.len(), shown, "failure");
    }

    fn failure(&mut self, number: usize, g: &Group<'_>) {
        let path = if g.path.is_empty() { String::new() } else { format!(" {}", inline(g.path, NARROW)) };
        let title = format!("{number}. <b>{}</b> {}{path}", g.word, inline(g.oracle, NARROW));
        self.line(format_args!("<details>\n<summary>{title} ({})</summary>\n", counted(g.cells.len(), "cell")));
        let (want, got) = clip_pair(g.expected, g.actual, WIDE);
        let basis = g.basis.map(|b| format!("  ({b})")).unwrap_or_default();
        let mut block = vec![format!("want      {want}{basis}"), format!("got       {got}")];
        let mut item = |label: &str, texts: Vec<String>| {
            block.extend(texts.iter().enumerate().map(|(i, t)| format!("{:<10}{t}", if i == 0 { label } else { "" })));
        };
        let mut cells: Vec<String> = g.cells.iter().take(CELLS_SHOWN).map(|c| clip(c, WIDE)).collect();
        if g.cells.len() > CELLS_SHOWN {
            cells.push(format!("and {} more", g.cells.len() - CELLS_SHOWN));
        }
        item("cell", cells);
        item("evidence", lines(g.evidence.iter().map(String::as_str)));
        let block = fence("text", &block);
        self.line(block);
        self.command(&g.rerun);
        self.line("\n</details>");
    }

    /// A command to copy: whole, or not at all.
    fn command(&mut self, command: &str) {
        if command.is_empty() || command.chars().count() > COMMAND || clean(command) != command {
            self.line("The command that repeats it is in the record.");
        } else {
            self.out += &fence("sh", &[command.to_string()]);
        }
    }

    fn fixed(&mut self, groups: &[Group<'_>]) {
        if groups.is_empty() {
            return;
        }
        self.heading(format_args!("What is fixed ({})", groups.len()));
        self.line("An expected failure no longer shows: narrow the expectation, or take it away.\n");
        let entries = groups.iter().map(|g| {
            let first = g.cells.first().map(|c| format!(", first {}", code(c, WIDE))).unwrap_or_default();
            format!("- {}: {}{first}", issue(g.oracle), counted(g.cells.len(), "cell"))
        });
        self.entries(entries, "issue");
    }

    fn counts(&mut self, record: &Record) {
        let known = overview::known(record);
        if !known.is_empty() {
            self.heading(format_args!("Known ({} as expected)", counted(known.values().sum::<u32>(), "cell")));
            self.entries(known.iter().map(|(text, n)| format!("- {}: {}", issue(text), counted(n, "cell"))), "issue");
        }
        let permitted = overview::permitted(record);
        if !permitted.is_empty() {
            let n = counted(permitted.values().sum::<u32>(), "cell");
            self.heading(format_args!("Permitted ({n} as the specification says)"));
            let entries = permitted.iter().map(|(what, n)| format!("- {}: {}", code(what, NARROW), counted(n, "cell")));
            self.entries(entries, "operation");
        }
        let skipped = overview::skipped(record);
        if !skipped.is_empty() {
            self.heading(format_args!("Skipped ({} not run)", counted(skipped.values().sum::<u32>(), "cell")));
            let entries = skipped.iter().map(|(why, n)| format!("- {}: {}", counted(n, "cell"), code(why, WIDE)));
            self.entries(entries, "reason");
        }
        let silent = overview::not_described(record);
        if !silent.is_empty() {
            self.heading("Not described");
            let entries = silent.iter().map(|(oracle, n)| {
                let places = counted(n, "place");
                format!("- {places} that {} should name and leaves empty", code(oracle, NARROW))
            });
            self.entries(entries, "oracle");
        }
    }

    fn pairs(&mut self, record: &Record) {
        let all = pairs::pairs(record);
        if all.is_empty() {
            return;
        }
        self.heading("Pairs covered");
        self.line("| axes | covered | of | not covered, for example |");
        self.line("|---|--:|--:|---|");
        let some = |p: &pairs::Pairs| {
            let list: Vec<String> = p.missing.iter().map(|(a, b)| format!("{} with {}", inline(a, NARROW), inline(b, NARROW))).collect();
            list.join(", ")
        };
        let row = |p: &pairs::Pairs| format!("| {} x {} | {} | {} | {} |", p.axes.0, p.axes.1, p.covered, p.possible, some(p));
        self.entries(all.iter().map(row), "row");
    }

    fn targets(&mut self, record: &Record) {
        let rows = overview::by_target(record);
        if rows.is_empty() {
            return;
        }
        self.heading("By target and build");
        let words = Totals::default().listed().map(|(word, _)| word);
        self.line(format_args!("| target | build | {} |", words.join(" | ")));
        self.line(format_args!("|---|---|{}", "--:|".repeat(words.len())));
        let entries = rows.iter().map(|((target, build), totals)| {
            let counts = totals.listed().map(|(_, n)| if n == 0 { "-".to_string() } else { n.to_string() });
            format!("| {} | {} | {} |", inline(target, NARROW), inline(build, NARROW), counts.join(" | "))
        });
        self.entries(entries, "row");
    }

    fn made_with(&mut self, record: &Record) {
        self.line("\n<details>\n<summary>Toolchains and emulators</summary>\n");
        let host = &record.host;
        let (os, goarch) = (inline(&host.os, NARROW), inline(&host.goarch, NARROW));
        let by = inline(&record.goabi_version, NARROW);
        let start = code(&record.started, NARROW);
        self.line(format_args!("goabi {by} on {os}/{goarch}, {}, {start}", counted(host.cpus, "processor")));
        let toolchains: Vec<_> =
            record.toolchains.iter().map(|t| [&t.label, &t.version, &t.origin, &t.fingerprint]).collect();
        self.table(["toolchain", "version", "from", "fingerprint"], &toolchains);
        let emulators: Vec<_> = record.emulators.iter().map(|e| [&e.goarch, &e.version, &e.path]).collect();
        self.table(["emulator for", "version", "path"], &emulators);
        let c: Vec<_> = record.c_compilers.iter().map(|c| [&c.goarch, &c.version, &c.command]).collect();
        self.table(["C compiler for", "version", "command"], &c);
        self.line("\n</details>");
    }

    fn table<const N: usize>(&mut self, head: [&str; N], rows: &[[&String; N]]) {
        if rows.is_empty() {
            return;
        }
        self.line(format_args!("\n| {} |\n|{}", head.join(" | "), "---|".repeat(N)));
        let entries = rows.iter().map(|row| format!("| {} |", row.map(|text| inline(text, NARROW)).join(" | ")));
        self.entries(entries, "row");
    }

    fn rerun(&mut self, record: &Record) {
        self.heading("Run it again");
        self.command(&overview::again(record));
    }
}

/// The first of these lines, each shortened, and how many more there are.
fn lines<'a>(all: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    let mut more = 0;
    for line in all {
        if shown.len() < LINES_SHOWN {
            shown.push(clip(line, WIDE));
        } else {
            more += 1;
        }
    }
    if more > 0 {
        shown.push(format!("and {} in the record", counted(more, "more line")));
    }
    shown
}

#[cfg(test)]
#[path = "markdown/tests.rs"]
mod tests;
