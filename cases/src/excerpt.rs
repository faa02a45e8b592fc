//! The lines around a mistake, as they are shown: of bearable length, and
//! without characters that a terminal would obey.

use std::ops::Range;

/// Lines shown of a mistake that spans more.
const LINES: usize = 8;
/// Characters shown before and behind the start of a mistake in a long line.
const BEFORE: usize = 80;
const BEHIND: usize = 160;
/// Characters of a message.
const MESSAGE: usize = 600;

/// A piece of a file and the mistake's place in it.
#[derive(Clone, Debug)]
pub(crate) struct Excerpt {
    name: String,
    text: String,
    /// The first line, counted from 0.
    line: usize,
    lines: usize,
    /// Byte range in the text.
    pub(crate) span: Range<usize>,
}

/// A character as it may be shown.
fn visible(c: char) -> char {
    match c {
        '\t' => '\t',
        // The pictures of control characters.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        // Further controls, and what turns the direction of writing.
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    }
}

/// A text for one place of a message: without control characters, and not without end.
pub(crate) fn tidy(text: &str) -> String {
    let mut out: String = text.chars().take(MESSAGE).map(|c| if c == '\n' { c } else { visible(c) }).collect();
    if out.len() < text.len() && text.chars().nth(MESSAGE).is_some() {
        out.push_str(" ...");
    }
    out
}

impl Excerpt {
    /// Around a byte range; `lines` says where lines start.
    pub(crate) fn cut(name: String, text: &str, lines: &[usize], span: &Range<usize>) -> Excerpt {
        let of = |offset: usize| lines.partition_point(|start| *start <= offset).saturating_sub(1);
        let (first, last) = (of(span.start), of(span.end));
        let last = last.min(first + LINES - 1);
        let (from, to) = (first.saturating_sub(1), (last + 1).min(lines.len().saturating_sub(1)));
        let mut out = String::new();
        let mut shown: Range<Option<usize>> = None..None;
        for n in from..=to {
            let start = lines.get(n).copied().unwrap_or(0);
            let end = lines.get(n + 1).map_or(text.len(), |next| next - 1);
            let line = text.get(start..end).unwrap_or_default();
            let line = line.strip_suffix('\r').unwrap_or(line);
            let at = if n == first { span.start.saturating_sub(start).min(line.len()) } else { 0 };
            let window = window(line, at);
            if window.start > 0 {
                out.push_str("... ");
            }
            for (i, c) in line.get(window.clone()).unwrap_or_default().char_indices() {
                let here = start + window.start + i;
                if here >= span.start && shown.start.is_none() && n >= first {
                    shown.start = Some(out.len());
                }
                if here >= span.end && shown.end.is_none() && n >= first {
                    shown.end = Some(out.len());
                }
                out.push(visible(c));
            }
            if n == first {
                shown.start.get_or_insert(out.len());
            }
            if n == last {
                shown.end.get_or_insert(out.len());
            }
            if window.end < line.len() {
                out.push_str(" ...");
            }
            out.push('\n');
        }
        let start = shown.start.unwrap_or(0);
        let span = start..shown.end.unwrap_or(start).max(start);
        Excerpt { name, text: out, line: from, lines: to - from + 1, span }
    }
}

/// The part of a line that is shown.
fn window(line: &str, at: usize) -> Range<usize> {
    let before = line.get(..at).unwrap_or_default();
    let behind = line.get(at..).unwrap_or_default();
    let start = before.char_indices().rev().nth(BEFORE - 1).map_or(0, |(i, _)| i);
    let end = behind.char_indices().nth(BEHIND).map_or(line.len(), |(i, _)| at + i);
    // A line that is not much longer is shown as it is.
    if line.len() <= BEFORE + BEHIND { 0..line.len() } else { start..end }
}

impl miette::SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        _span: &miette::SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let all = (0, self.text.len()).into();
        let contents = miette::MietteSpanContents::new_named(
            self.name.clone(),
            self.text.as_bytes(),
            all,
            self.line,
            0,
            self.lines,
        );
        Ok(Box::new(contents))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, span: Range<usize>) -> (String, String, usize) {
        let lines: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        let e = Excerpt::cut("f".into(), text, &lines, &span);
        (e.text[e.span.clone()].to_string(), e.text, e.line)
    }

    #[test]
    fn the_lines_around_and_the_place_in_them() {
        let text = "one\ntwo\nthree\nfour\n";
        assert_eq!(cut(text, 8..11), ("thr".into(), "two\nthree\nfour\n".into(), 1));
        assert_eq!(cut(text, 0..0), (String::new(), "one\ntwo\n".into(), 0));
        assert_eq!(cut("", 0..0), (String::new(), "\n".into(), 0));
        assert_eq!(cut(text, 4..13).0, "two\nthree");
        assert_eq!(cut("a\r\nb\r\n", 3..4), ("b".into(), "a\nb\n\n".into(), 0));
    }

    #[test]
    fn long_lines_are_cut_and_controls_are_shown() {
        let text = format!("{}\u{e9}HERE{}", "x".repeat(1_000_000), "y".repeat(1_000_000));
        let at = text.find("HERE").unwrap();
        let (here, all, _) = cut(&text, at..at + 4);
        assert_eq!(here, "HERE");
        assert!(all.len() < 300 && all.starts_with("... x") && all.ends_with("y ...\n"), "{all}");
        let (_, all, _) = cut("a\x1b[31mb\0\u{9b}c\u{202e}\n", 0..1);
        assert!(!all.contains(|c: char| c.is_control() && c != '\n'), "{all:?}");
        assert!(tidy(&"m".repeat(100_000)).len() < 700);
        assert!(!tidy("a\x1b]0;b\x07").contains('\x1b'));
    }
}
