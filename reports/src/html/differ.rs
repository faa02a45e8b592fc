//! Want and got side by side, with what differs marked.

use super::text::line;
use maud::{Markup, html};
use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices, get_diff_ratio};

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
    if want.len().max(got.len()) > LONGEST {
        return (plain(&want), plain(&got));
    }
    let (a, b) = (words(&want), words(&got));
    let ops = capture_diff_slices(Algorithm::Myers, &a, &b);
    if get_diff_ratio(&ops, a.len(), b.len()) < UNLIKE {
        return (plain(&want), plain(&got));
    }
    (side(&ops, &a, &b, ChangeTag::Delete), side(&ops, &a, &b, ChangeTag::Insert))
}

fn plain(text: &str) -> Markup {
    html! { @if text.is_empty() { span.none { "(empty)" } } @else { (text) } }
}

/// The side that has these changes.
fn side(ops: &[DiffOp], a: &[&str], b: &[&str], tag: ChangeTag) -> Markup {
    let changes = ops.iter().flat_map(|op| op.iter_changes(a, b));
    let mut parts: Vec<(bool, String)> = Vec::new();
    for c in changes.filter(|c| c.tag() == ChangeTag::Equal || c.tag() == tag) {
        let own = c.tag() == tag;
        match parts.last_mut() {
            Some((last, text)) if *last == own => *text += c.value(),
            Some(_) | None => parts.push((own, c.value().to_string())),
        }
    }
    html! {
        @for (own, text) in &parts {
            @match (own, tag) {
                (true, ChangeTag::Delete) => del { (text) },
                (true, ChangeTag::Insert) => ins { (text) },
                (true, ChangeTag::Equal) | (false, ChangeTag::Equal | ChangeTag::Delete | ChangeTag::Insert) => (text),
            }
        }
    }
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
            assert_eq!(words(text).concat(), text);
        }
    }
}
