//! Texts of other people's making inside Markdown: whatever a program printed
//! must neither break the page nor call anybody by name.

use crate::text::{clip, issue_parts};
use std::fmt::Write;

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A code span, for lists and paragraphs. Not for tables, whose columns a pipe
/// ends even there.
pub fn code(text: &str, limit: usize) -> String {
    let text = clip(text, limit);
    if text.trim().is_empty() {
        return "(empty)".into();
    }
    // The shortest fence that does not occur in the text as a run of its own is
    // seldom shorter than the longest run and one more.
    let ticks = "`".repeat(longest_run(&text) + 1);
    let edge = |c: Option<char>| matches!(c, Some('`' | ' '));
    let pad = if edge(text.chars().next()) || edge(text.chars().next_back()) { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A text for a table's column or inside HTML: as it is where it holds letters,
/// digits and harmless marks only, else with everything else as entities.
pub fn inline(text: &str, limit: usize) -> String {
    let text = clip(text, limit);
    // Brackets alone link nothing: the page defines no references.
    let harmless = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '/' | ' ' | '[' | ']' | '…' | '⏎');
    // A mark at the start may make a list or a number of it.
    if text.chars().all(harmless) && text.starts_with(|c: char| c.is_alphanumeric() || c == '/') {
        return text;
    }
    let mut out = String::from("<code>");
    for c in text.chars() {
        if harmless(c) {
            out.push(c);
        } else {
            // Writing to a string can't fail.
            let _ = write!(out, "&#{};", u32::from(c));
        }
    }
    out + "</code>"
}

/// A fenced block of lines that are already clean.
pub fn fence(language: &str, lines: &[String]) -> String {
    let run = lines.iter().map(|l| longest_run(l)).max().unwrap_or(0);
    let ticks = "`".repeat(run.max(2) + 1);
    format!("{ticks}{language}\n{}\n{ticks}\n", lines.join("\n"))
}

/// An issue, linked where its text says where it is.
pub fn issue(text: &str) -> String {
    match issue_parts(text) {
        Some((repo, n)) => format!("[{repo}#{n}](https://github.com/{repo}/issues/{n})"),
        None => code(text, 80),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::clean;

    /// Texts of the characters that mean something, in some fixed disorder.
    fn nasty() -> impl Iterator<Item = String> {
        let marks: Vec<char> = "``|\\<>&*_[]()#@!~$-+ \n\t\x1b\u{202e}ab1.:\"'é".chars().collect();
        let mut state = 7_u64;
        (0..5000).map(move |i| {
            (0..i % 23)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    marks[usize::try_from(state >> 33).unwrap() % marks.len()]
                })
                .collect()
        })
    }

    /// Reads a code span as CommonMark says.
    fn read_span(span: &str) -> String {
        let ticks = span.len() - span.trim_start_matches('`').len();
        let rest = &span[ticks..];
        let mut at = 0;
        while let Some(start) = rest[at..].find('`').map(|i| at + i) {
            let run = rest[start..].len() - rest[start..].trim_start_matches('`').len();
            if run == ticks {
                assert_eq!(start + run, rest.len(), "text after the end: {span}");
                let inner = &rest[..start];
                let padded = inner.starts_with(' ') && inner.ends_with(' ') && !inner.trim().is_empty();
                return if padded { inner[1..inner.len() - 1].to_string() } else { inner.to_string() };
            }
            at = start + run;
        }
        panic!("no end: {span}");
    }

    #[test]
    fn a_span_is_read_as_it_was_written() {
        for text in nasty() {
            let span = code(&text, 100);
            if span != "(empty)" {
                assert_eq!(read_span(&span), clean(&text), "{span}");
            }
        }
    }

    #[test]
    fn a_column_holds_no_mark() {
        for text in nasty() {
            let column = inline(&text, 100);
            let inner = column.strip_prefix("<code>").and_then(|c| c.strip_suffix("</code>")).unwrap_or(&column);
            assert!(!inner.contains(|c: char| "|`<>\\*_()!^@$~\"'\n\x1b".contains(c)), "{column}");
            let mut read = String::new();
            let mut rest = inner;
            while let Some((before, after)) = rest.split_once("&#") {
                let (number, tail) = after.split_once(';').unwrap();
                read += before;
                read.push(char::from_u32(number.parse().unwrap()).unwrap());
                rest = tail;
            }
            assert_eq!(read + rest, clean(&text));
        }
        assert_eq!(inline("linux-arm64", 100), "linux-arm64");
    }

    #[test]
    fn a_fence_is_longer_than_any_inside() {
        for text in nasty() {
            let lines = [clean(&text), "````".into()];
            let block = fence("text", &lines);
            let ticks = block.len() - block.trim_start_matches('`').len();
            assert!(lines.iter().all(|l| longest_run(l) < ticks));
            assert_eq!(block.lines().count(), 4);
        }
    }

    #[test]
    fn issues_are_linked_only_where_they_are() {
        assert_eq!(issue("golang/go#73259"), "[golang/go#73259](https://github.com/golang/go/issues/73259)");
        for odd in ["unreported", "golang/go#x", "a/b/c#1", "](javascript:x)/y#1", "#1", "go#1"] {
            assert_eq!(issue(odd), format!("`{odd}`"));
        }
    }
}
