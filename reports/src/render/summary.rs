//! The summary at the end of a run, for a tired person: problems first, then
//! what failed with equal findings told once, then what was known and skipped,
//! a table, and the totals last, where the eye is.

use super::RenderError;
use crate::groups::{Group, groups};
use crate::outcome::Totals;
use crate::overview::{self, End, counted};
use crate::pairs;
use crate::record::Record;
use std::collections::BTreeMap;
use std::fmt::Write;

/// See [`super::Renderer::file`].
pub const FILE: &str = "summary.txt";
/// See [`super::Renderer::about`].
pub const ABOUT: &str = "what the terminal shows at the end, for people";

/// How many cells of a group are named.
const CELLS_SHOWN: usize = 3;
/// How many lines of evidence or of a problem's message are shown; the record
/// has them all.
const LINES_SHOWN: usize = 12;

/// Whether the text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// ANSI escapes.
    Ansi,
}

#[derive(Clone, Copy)]
enum Ink {
    Bold,
    Red,
    Green,
    Yellow,
    Dim,
}

/// The record as plain text.
pub fn render(record: &Record) -> Result<String, RenderError> {
    Ok(summary(record, Colour::Never))
}

/// The record as text for a terminal.
#[must_use]
pub fn summary(record: &Record, colour: Colour) -> String {
    let mut page = Page { out: String::new(), colour };
    page.problems(record);
    page.failures(record);
    page.counted("known", "as expected", overview::known(record));
    page.counted("permitted", "as the specification says", overview::permitted(record));
    page.counted("skipped", "not run", overview::skipped(record));
    page.not_described(record);
    page.reused(record);
    page.stops(record);
    page.pairs(record);
    page.table(record);
    page.totals(record);
    page.out
}

struct Page {
    out: String,
    colour: Colour,
}

impl Page {
    fn ink(&self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Bold => "1",
            Ink::Red => "1;31",
            Ink::Green => "32",
            Ink::Yellow => "33",
            Ink::Dim => "2",
        };
        match self.colour {
            Colour::Never => text.to_string(),
            Colour::Ansi => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }

    fn line(&mut self, text: &str) {
        // What a program printed may move the cursor or end the colour.
        let shown: String = text
            .chars()
            .filter(|c| !c.is_control() || *c == '\t' || (*c == '\x1b' && self.colour == Colour::Ansi))
            .collect();
        self.out.push_str(shown.trim_end());
        self.out.push('\n');
    }

    fn heading(&mut self, ink: Ink, text: &str) {
        let text = self.ink(ink, text);
        self.line(&text);
    }

    /// Label and text; further lines of the text are indented alike.
    fn item(&mut self, label: &str, text: &str) {
        self.inked(label, text, None);
    }

    fn inked(&mut self, label: &str, text: &str, ink: Option<Ink>) {
        let clean = text.replace('\x1b', "");
        let paint = |line: &str| ink.map_or_else(|| line.to_string(), |ink| self.ink(ink, line));
        let mut lines: Vec<String> = clean.lines().map(paint).collect();
        if lines.is_empty() {
            lines.push(String::new());
        }
        let label = self.ink(Ink::Dim, &format!("{label:<9}"));
        self.line(&format!("   {label}{}", lines[0]));
        self.more(&lines[1..]);
    }

    /// Further lines, which hold no escapes but ours.
    fn more(&mut self, lines: &[String]) {
        for line in lines.iter().take(LINES_SHOWN) {
            self.line(&format!("            {line}"));
        }
        if let Some(rest) = lines.len().checked_sub(LINES_SHOWN).filter(|n| *n > 0) {
            self.line(&format!("            and {rest} more lines in the record"));
        }
    }

    fn problems(&mut self, record: &Record) {
        if record.problems.is_empty() {
            return;
        }
        self.heading(Ink::Red, &format!("PROBLEMS ({})", record.problems.len()));
        for p in &record.problems {
            let subject: Vec<&str> = [&p.toolchain, &p.cell].into_iter().flatten().map(String::as_str).collect();
            let colon = if subject.is_empty() { "" } else { ": " };
            self.line(&format!(" - {}{colon}{}", p.kind.words(), subject.join(", ")));
            let message: Vec<String> = p.message.replace('\x1b', "").lines().map(str::to_string).collect();
            self.more(&message);
        }
        self.line("");
    }

    fn failures(&mut self, record: &Record) {
        let groups = groups(record);
        if groups.is_empty() {
            return;
        }
        self.heading(Ink::Red, &format!("FAILURES ({}, in {})", groups.len(), counted(record.totals.failing(), "cell")));
        for (i, group) in groups.iter().enumerate() {
            self.failure(i + 1, group);
        }
    }

    fn failure(&mut self, number: usize, group: &Group<'_>) {
        let n = group.cells.len();
        let times = if n == 1 { String::new() } else { format!("  ({n} cells)") };
        let path = if group.path.is_empty() { String::new() } else { format!("  {}", group.path) };
        let title = format!("{number}. {}  {}{path}{times}", group.word, group.oracle);
        self.heading(Ink::Bold, &title);
        let basis = group.basis.map(|b| format!("  ({b})")).unwrap_or_default();
        self.item("want", &format!("{}{basis}", group.expected));
        self.inked("got", group.actual, Some(Ink::Red));
        for (i, cell) in group.cells.iter().take(CELLS_SHOWN).enumerate() {
            self.item(if i == 0 { "cell" } else { "" }, cell);
        }
        if n > CELLS_SHOWN {
            self.item("", &format!("and {} more", n - CELLS_SHOWN));
        }
        if !group.evidence.is_empty() {
            self.item("evidence", &group.evidence.join("\n"));
        }
        self.item("rerun", &group.rerun);
        self.line("");
    }

    fn counted(&mut self, word: &str, what: &str, counts: BTreeMap<&str, u32>) {
        if counts.is_empty() {
            return;
        }
        let all: u32 = counts.values().sum();
        self.heading(Ink::Yellow, &format!("{word}: {} {what}", counted(all, "cell")));
        for (key, count) in counts {
            self.line(&format!("  {count:>6}  {}", key.replace('\x1b', "")));
        }
        self.line("");
    }

    /// What it cost to look at the machine.
    fn stops(&mut self, record: &Record) {
        if record.stops > 0 {
            let text = format!("watched: programs were stopped {} times to read registers and memory\n\n", record.stops);
            self.out.push_str(&text);
        }
    }

    /// What was not run again is said, or one would take it for seen today.
    fn reused(&mut self, record: &Record) {
        if record.reused > 0 {
            let text = format!("reused: {} cells judged by what the same programs did when they last ran (--fresh runs them again)\n\n", record.reused);
            self.out += &text;
        }
    }

    fn not_described(&mut self, record: &Record) {
        let by_oracle = overview::not_described(record);
        if by_oracle.is_empty() {
            return;
        }
        for (oracle, count) in by_oracle {
            self.line(&format!("not described: {} that {oracle} should name and leaves empty", counted(count, "place")));
        }
        self.line("");
    }

    /// What a choice of cells covers.
    fn pairs(&mut self, record: &Record) {
        let Some(text) = pairs::line(record) else { return };
        self.line(&format!("pairs covered: {text}"));
        for p in pairs::pairs(record).iter().filter(|p| !p.missing.is_empty()) {
            let some: Vec<String> = p.missing.iter().map(|(a, b)| format!("{a} with {b}")).collect();
            let more = if p.possible - p.covered > some.len() { ", ..." } else { "" };
            self.line(&format!("  not {} x {}: {}{more}", p.axes.0, p.axes.1, some.join(", ")));
        }
        self.line("");
    }

    fn table(&mut self, record: &Record) {
        let rows = overview::by_target(record);
        if rows.is_empty() {
            return;
        }
        let wide = rows.keys().map(|(t, _)| t.len()).max().unwrap_or(0).max("target".len());
        let deep = rows.keys().map(|(_, b)| b.len()).max().unwrap_or(0).max("build ".len());
        let mut head = format!("{:<wide$}  {:<deep$}", "target", "build");
        for (word, _) in Totals::default().listed() {
            let _ = write!(head, "{word:>10}");
        }
        self.heading(Ink::Dim, &head);
        for ((target, build), totals) in rows {
            let mut row = format!("{target:<wide$}  {build:<deep$}");
            for (word, count) in totals.listed() {
                let cell = format!("{:>10}", if count == 0 { "-".to_string() } else { count.to_string() });
                row.push_str(&self.count(word, count, &cell));
            }
            self.line(&row);
        }
        self.line("");
    }

    fn count(&self, word: &str, count: u32, text: &str) -> String {
        match (count, word) {
            (0, _) => self.ink(Ink::Dim, text),
            (_, "pass") => self.ink(Ink::Green, text),
            (_, "permitted" | "known" | "skipped") => self.ink(Ink::Yellow, text),
            (_, _) => self.ink(Ink::Red, text),
        }
    }

    fn totals(&mut self, record: &Record) {
        let totals = &record.totals;
        let parts: Vec<String> = totals
            .listed()
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(word, count)| self.count(word, count, &format!("{count} {word}")))
            .collect();
        let labels: Vec<&str> = record.toolchains.iter().map(|t| t.label.as_str()).collect();
        let took = overview::seconds(record);
        let how = End::of(record);
        let mut end = match how {
            End::Interrupted | End::Failed => self.ink(Ink::Red, how.word()),
            End::Nothing => format!("{} (nothing was judged)", self.ink(Ink::Red, how.word())),
            End::Ok => self.ink(Ink::Green, how.word()),
        };
        let _ = write!(end, ": {}", counted(totals.all(), "cell"));
        if !parts.is_empty() {
            let _ = write!(end, ": {}", parts.join(", "));
        }
        if !record.problems.is_empty() {
            let problems = self.ink(Ink::Red, &counted(record.problems.len(), "problem"));
            let _ = write!(end, "; {problems}");
        }
        let _ = write!(end, "  [{}; {}; {took:.1} s]", labels.join(", "), record.targets.join(", "));
        self.line(&end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::example;

    #[test]
    fn snapshot_plain() {
        insta::assert_snapshot!(summary(&example::record(), Colour::Never));
    }

    #[test]
    fn colour_changes_nothing_but_colour() {
        let coloured = summary(&example::record(), Colour::Ansi);
        assert!(coloured.contains("\x1b[1;31m"));
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once('\x1b') {
            plain.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        plain.push_str(rest);
        assert_eq!(plain, summary(&example::record(), Colour::Never));
    }

    #[test]
    fn what_a_program_printed_cannot_steer_the_terminal() {
        let mut record = example::record();
        record.findings.iter_mut().for_each(|f| {
            f.finding.actual = "\x1b[2Jgone".into();
            f.finding.evidence = vec!["\x1b]0;title\x07".into(); 30];
        });
        record.problems[0].message = "\x1b[2Jgone".into();
        let text = summary(&record, Colour::Ansi);
        assert!(!text.contains("\x1b[2J") && !text.contains("\x1b]0") && !text.contains('\x07'));
        assert!(text.contains("and 17 more lines in the record"), "{text}");
    }
}
