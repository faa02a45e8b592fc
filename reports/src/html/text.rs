//! Texts of records in HTML. maud escapes what HTML would read; here goes what
//! turns direction, steers terminals or cannot be seen.

use crate::text::{clean, issue_parts};
use maud::{Markup, html};

/// One line.
#[must_use]
pub fn line(text: &str) -> String {
    clean(text)
}

/// Several lines, tabs kept.
#[must_use]
pub fn block(text: &str) -> String {
    let line = |l: &str| l.split('\t').map(clean).collect::<Vec<_>>().join("\t");
    text.trim_end_matches('\n').split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// A value: its own text in a code element, or that it is empty.
#[must_use]
pub fn code(text: &str) -> Markup {
    html! { @if text.is_empty() { span.none { "(empty)" } } @else { code { (line(text)) } } }
}

/// An issue, linked where its text says where it is.
#[must_use]
pub fn issue(text: &str) -> Markup {
    let link = issue_parts(text).map(|(repo, n)| match repo {
        "golang/go" => format!("https://go.dev/issue/{n}"),
        _ => format!("https://github.com/{repo}/issues/{n}"),
    });
    html! {
        @match link {
            Some(link) => a href=(link) rel="noreferrer" { (text) },
            None => span { (line(text)) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_keep_lines_and_tabs_only() {
        assert_eq!(block("\ta\r\n\x1b[2Jb\u{202e}\n\n"), "\ta\\u{d}\n\\u{1b}[2Jb\\u{202e}");
    }

    #[test]
    fn only_issues_become_links() {
        assert!(issue("golang/go#7").into_string().contains("href=\"https://go.dev/issue/7\""));
        assert!(issue("a/b#7").into_string().contains("href=\"https://github.com/a/b/issues/7\""));
        assert_eq!(issue("javascript:x/y#1").into_string(), "<span>javascript:x/y#1</span>");
    }
}
