//! Want and got side by side, with what differs marked.

use super::text::line;
use maud::{Markup, html};
use similar::{Algorithm, DiffOp, capture_diff_slices, get_diff_ratio};

/// Longer texts are compared as wholes: what differs is then too much to read.
const LONGEST: usize = 4_000;
/// Below this likeness marks would be confetti.
const UNLIKE: f32 = 0.35;
/// Runs of letters and digits up to this length are compared as one word.
const WORD: usize = 12;

/// The two texts in two columns.
#[must_use]
pub fn want_got(want: &str, basis: Option<&str>, got: &str) -> Markup {
    let (left, right) = marked(want, got);
    html! {
        div.wantgot {
            div.want { h5 { "want" @if let Some(basis) = basis { " " span.basis { "(" (basis) ")" } } } pre { (left) } }
            div.got { h5 { "got" } pre { (right) } }
        }
    }
}

/// The two texts, what only one of them has in `del` and `ins`.
#[must_use]
pub fn marked(want: &str, got: &str) -> (Markup, Markup) {
    let (want, got) = (line(want), line(got));
    let mut parts = Parts::default();
    if want.len().max(got.len()) > LONGEST || !parts.compare(&want, &got, &[spaced, words]) {
        return (plain(&want), plain(&got));
    }
    (
        html! { @for (own, text) in &parts.want { @if *own { del { (text) } } @else { (text) } } },
        html! { @for (own, text) in &parts.got { @if *own { ins { (text) } } @else { (text) } } },
    )
}

fn plain(text: &str) -> Markup {
    html! { @if text.is_empty() { span.none { "(empty)" } } @else { (text) } }
}

/// How a text is cut to be compared.
type Cut = fn(&str) -> Vec<&str>;

/// Both texts in pieces, and which of these only that text has.
#[derive(Default)]
struct Parts {
    want: Vec<(bool, String)>,
    got: Vec<(bool, String)>,
}

impl Parts {
    /// Compares in the first way, and what is exchanged there in the next; false
    /// where the texts are too unlike to be worth it.
    fn compare(&mut self, want: &str, got: &str, cuts: &[Cut]) -> bool {
        let [cut, finer @ ..] = cuts else { return false };
        let (a, b) = (cut(want), cut(got));
        let ops = capture_diff_slices(Algorithm::Myers, &a, &b);
        if get_diff_ratio(&ops, a.len(), b.len()) < UNLIKE {
            return self.compare(want, got, finer);
        }
        for op in ops {
            let (old, new) = (a[op.old_range()].concat(), b[op.new_range()].concat());
            match op {
                DiffOp::Equal { .. } => {
                    push(&mut self.want, false, &old);
                    push(&mut self.got, false, &new);
                }
                DiffOp::Replace { .. } if self.compare(&old, &new, finer) => {}
                DiffOp::Replace { .. } | DiffOp::Delete { .. } | DiffOp::Insert { .. } => {
                    push(&mut self.want, true, &old);
                    push(&mut self.got, true, &new);
                }
            }
        }
        true
    }
}

fn push(parts: &mut Vec<(bool, String)>, own: bool, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some((last, so_far)) if *last == own => *so_far += text,
        Some(_) | None => parts.push((own, text.to_string())),
    }
}

/// What spaces part, with the spaces.
fn spaced(text: &str) -> Vec<&str> {
    text.split_inclusive(' ').collect()
}

/// Words, and everything between them letter by letter; spaces belong to what
/// they follow, or else any two texts would be alike in them.
fn words(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let take = if (1..=WORD).contains(&run) { run } else { first.len_utf8() };
        let spaces = rest[take..].find(|c: char| c != ' ').unwrap_or(rest.len() - take);
        let (word, tail) = rest.split_at(take + spaces);
        out.push(word);
        rest = tail;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(want: &str, got: &str) -> (String, String) {
        let (a, b) = marked(want, got);
        (a.into_string(), b.into_string())
    }

    #[test]
    fn what_differs_is_marked() {
        let (want, got) = both("I0[1] -[3] I1[4] = 8 bytes", "I0[1] -[2] I1[4] = 8 bytes");
        assert_eq!(want, "I0[1] -[<del>3</del>] I1[4] = 8 bytes");
        assert_eq!(got, "I0[1] -[<ins>2</ins>] I1[4] = 8 bytes");
    }

    #[test]
    fn what_is_left_out_is_marked_as_a_whole() {
        let (want, got) = both("I0[1] -[3] I1[4] -[3] = 12 bytes", "I0[1] I1[4] = 5 bytes, type has 12");
        assert_eq!(want, "I0[1] <del>-[3] </del>I1[4] <del>-[3] </del>= <del>12 bytes</del>");
        assert_eq!(got, "I0[1] I1[4] = <ins>5 bytes, type has 12</ins>");
    }

    #[test]
    fn nothing_is_marked_where_all_differs() {
        assert_eq!(both("*errors.errorString", "nil"), ("*errors.errorString".into(), "nil".into()));
        assert_eq!(both("", "x").0, r#"<span class="none">(empty)</span>"#);
    }

    #[test]
    fn a_letter_in_a_long_word_is_found() {
        let long = "a".repeat(60);
        assert_eq!(both(&format!("{long}1{long}"), &format!("{long}2{long}")).0, format!("{long}<del>1</del>{long}"));
    }

    #[test]
    fn texts_stay_texts() {
        let (want, got) = both("<b>x</b> & \x1b", "<b>y</b> & \x1b");
        assert_eq!(want, "&lt;b&gt;<del>x</del>&lt;/b&gt; &amp; \\u{1b}");
        assert!(got.contains("<ins>y</ins>"));
    }

    #[test]
    fn no_letter_is_lost() {
        for text in ["", "a", "a b", "añ→b 0123456789abcdef ", "  ", "a.b[0]"] {
            assert_eq!((words(text).concat(), spaced(text).concat()), (text.into(), text.into()));
        }
    }
}
