//! Texts of other people's making, for every rendering: whatever a program
//! printed must not steer what shows it.

/// One line without what steers a terminal, turns the direction of the text or
/// cannot be seen, shown as its number instead.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim_end_matches('\n').chars() {
        match c {
            '\n' => out.push('⏎'),
            '\t' => out.push(' '),
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
                out.extend(c.escape_unicode());
            }
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// The cleaned text, at most so many characters of it.
pub fn clip(text: &str, limit: usize) -> String {
    let text = clean(text);
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Two texts clipped so that the first difference is still to be seen.
pub fn clip_pair(want: &str, got: &str, limit: usize) -> (String, String) {
    let (want, got) = (clean(want), clean(got));
    let alike = want.chars().zip(got.chars()).take_while(|(a, b)| a == b).count();
    let longest = want.chars().count().max(got.chars().count());
    if longest <= limit || alike < limit / 2 {
        return (clip(&want, limit), clip(&got, limit));
    }
    let from = alike.saturating_sub(limit / 4);
    let tail = |text: &str| format!("…{}", clip(&text.chars().skip(from).collect::<String>(), limit));
    (tail(&want), tail(&got))
}

/// Repository and number of an issue whose text says where it is: `golang/go#50990`.
pub fn issue_parts(text: &str) -> Option<(&str, u32)> {
    let word = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    let (place, number) = text.split_once('#')?;
    let (owner, repo) = place.split_once('/')?;
    let number = number.parse().ok()?;
    (word(owner) && word(repo)).then_some((place, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_says_where_it_is_or_is_none() {
        assert_eq!(issue_parts("golang/go#50990"), Some(("golang/go", 50990)));
        for odd in ["unreported", "golang/go#x", "a/b/c#1", "](javascript:x)/y#1", "#1", "go#1"] {
            assert_eq!(issue_parts(odd), None, "{odd}");
        }
    }

    #[test]
    fn clipping_keeps_the_difference() {
        assert_eq!(clip("añb", 2), "añ…");
        assert_eq!(clip_pair("abc", "abd", 40), ("abc".into(), "abd".into()));
        let same = "x".repeat(500);
        let (want, got) = clip_pair(&format!("{same}1"), &format!("{same}2"), 40);
        assert_eq!((want.as_str(), got.as_str()), ("…xxxxxxxxxx1", "…xxxxxxxxxx2"));
    }
}
