//! The comparison for a browser: one file, what regressed first, to search and
//! to narrow by word.

use crate::compare::described::Described;
use super::{counted, verdict};
use crate::compare::model::{Comparison, Group, Run, Side, Symptom};
use crate::compare::word::{State, Word};
use crate::html::differ::want_got;
use crate::html::page::{self, noscript, search};
use crate::html::sign::state_badge;
use crate::html::text::{code, issue, line};
use crate::render::RenderError;
use maud::{Markup, html};

/// See [`super::Format::about`].
pub const ABOUT: &str = "for a browser, to search and narrow";

/// How many groups of one word are shown; `--format json` has all.
const GROUPS_SHOWN: usize = 1_000;
/// Groups of more cells than this show them when asked.
const CELLS_OPEN: usize = 8;

/// The comparison as a page.
pub fn render(c: &Comparison) -> Result<String, RenderError> {
    let groups = c.groups();
    let title = format!("goabi diff: {}", verdict(c));
    let body = html! {
        header.top {
            h1 {
                span class={ "verdict s-" (if c.fails() { "fail" } else if c.counts.all() == c.counts.unknown { "flaky" } else { "pass" }) } { (verdict(c)) } " "
                span.said { "goabi diff" }
            }
            div.wide { table.facts {
                thead { tr { @for name in ["", "started", "toolchains", "goabi", "interrupted", "problems"] { th scope="col" { (name) } } } }
                tbody { (run("old", &c.old)) (run("new", &c.new)) }
            } }
            @if c.toolchains_ignored { p.hint { "Cells are matched without their toolchains." } }
            (noscript("Search and filters need JavaScript; everything is here without."))
        }
        main {
            div #tools .tools role="search" {
                (search("Search cells, symptoms, issues"))
                button #reset type="button" { "Show all" }
            }
            fieldset.chips {
                legend.hidden { "Words to show" }
                @for w in Word::ALL { (chip(c, w)) }
            }
            p #shown .status role="status" aria-live="polite" {
                (counted(groups.len(), "group")) ", " (counted(groups.iter().map(|g| g.cells.len()).sum(), "cell"))
            }
            @if !c.described.is_empty() { (described(&c.described)) }
            @for w in Word::ALL {
                (section(w, &groups.iter().filter(|g| g.row.word == w).collect::<Vec<_>>()))
            }
        }
    };
    Ok(page::page(&title, &body, include_str!("html/script.js")))
}

fn described(all: &[Described]) -> Markup {
    html! {
        details open[all.iter().any(Described::less)] {
            summary { h2 { "What DWARF describes" } " " span.hint { "the share of instructions at which variables have a location" } }
            div.wide { table.facts {
                thead { tr { @for name in ["target", "build", "of", "before", "now", ""] { th scope="col" { (name) } } } }
                tbody {
                    @for d in all {
                        tr {
                            td { (line(&d.target)) }
                            td { (line(&d.build)) }
                            td { (d.what.word()) }
                            td.number { (d.old.percent()) }
                            td.number { (d.new.percent()) }
                            td { @if d.less() { b { "less" } } }
                        }
                    }
                }
            } }
        }
    }
}

fn run(name: &str, r: &Run) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            td { (line(&r.started)) }
            td { (line(&r.toolchains.join(", "))) }
            td { (line(&r.goabi_version)) }
            td { @if r.interrupted { b { "yes" } } @else { "no" } }
            td.number { (r.problems) }
        }
    }
}

/// The word as a filter, with its count and meaning.
fn chip(c: &Comparison, w: Word) -> Markup {
    let count = c.counts.get(w);
    html! {
        label.chip title=(w.meaning()) {
            input type="checkbox" data-filter="word" value=(w.id()) disabled[count == 0];
            " " (word(w)) " " span.count { (count) }
        }
    }
}

/// The word as a badge: in the colour of the outcome that is most like it, and
/// always as the word.
fn word(w: Word) -> Markup {
    let like = match w {
        Word::Regressed => "fail",
        Word::Changed => "known",
        Word::Spurious => "flaky",
        Word::Unknown => "unjudged",
        Word::Fixed => "fixed",
        Word::Added | Word::Removed => "skipped",
        Word::Same => "pass",
    };
    html! { span class={ "badge s-" (like) } { (w.id()) } }
}

fn section(w: Word, groups: &[&Group<'_>]) -> Markup {
    html! {
        @if !groups.is_empty() {
            details.word data-word=(w.id()) open[w != Word::Same] {
                summary {
                    h2 { (word(w)) " " (counted(groups.iter().map(|g| g.cells.len()).sum(), "cell")) }
                    " " span.hint { (w.meaning()) }
                }
                ul.rows { @for g in groups.iter().take(GROUPS_SHOWN) { (group(w, g)) } }
                @if let Some(rest) = groups.len().checked_sub(GROUPS_SHOWN).filter(|n| *n > 0) {
                    p.hint { "And " (counted(rest, "more group")) ": --format json has all." }
                }
            }
        }
    }
}

fn group(w: Word, g: &Group<'_>) -> Markup {
    html! {
        li class={ "compared w-" (w.id()) } {
            div.sides { (side(&g.row.old)) " → " (side(&g.row.new)) }
            (symptoms("appeared", &g.row.appeared))
            (symptoms("went", &g.row.went))
            details open[g.cells.len() <= CELLS_OPEN] {
                summary { (counted(g.cells.len(), "cell")) }
                ul.cells { @for c in &g.cells { li { code { (line(c)) } } } }
            }
        }
    }
}

fn side(s: &Side) -> Markup {
    html! {
        (state_badge(s.is))
        @if let Some(why) = &s.why {
            " "
            @match s.is {
                State::Known | State::Fixed => (issue(why)),
                State::Pass | State::Permitted | State::Fail | State::Flaky | State::Skipped | State::Unjudged
                    | State::Interrupted | State::Absent => (code(why)),
            }
        }
    }
}

fn symptoms(word: &str, list: &[Symptom]) -> Markup {
    html! {
        @for s in list {
            div.symptom {
                b { (word) } ": " (line(&s.oracle)) " " @if !s.path.is_empty() { code { (line(&s.path)) } }
                (want_got(&s.expected, None, &s.actual))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::example;

    /// The body without its script, a tag a line.
    fn readable(page: &str) -> String {
        let body = page.split_once("<body>").unwrap().1.rsplit_once("<script>").unwrap().0;
        let lines = ["<tr", "<details", "<li", "<div", "<h2", "<p", "<label", "<ul"];
        lines.iter().fold(body.to_string(), |text, tag| text.replace(tag, &format!("\n{tag}")))
    }

    #[test]
    fn snapshot() {
        insta::assert_snapshot!(readable(&render(&example()).unwrap()));
    }

    #[test]
    fn it_refers_to_nothing_and_runs_nothing_of_a_record() {
        let mut c = example();
        let nasty = "</script><script>alert(1)</script><img src=x>\"'";
        for r in &mut c.rows {
            r.cell.push_str(nasty);
            r.old.why = Some(nasty.into());
            for s in r.appeared.iter_mut().chain(&mut r.went) {
                (s.oracle, s.path, s.expected, s.actual) = (nasty.into(), nasty.into(), nasty.into(), nasty.into());
            }
        }
        c.new.toolchains.push(nasty.into());
        let text = render(&c).unwrap();
        page::tests::refers_to_nothing(&text);
        assert_eq!((text.matches("<script").count(), text.matches("</script").count()), (1, 1));
        assert!(text.contains("&lt;script&gt;alert(1)"));
    }

    #[test]
    fn regressions_come_first_and_what_is_the_same_is_closed() {
        let text = render(&example()).unwrap();
        let at = |word: &str| text.find(&format!("<details class=\"word\" data-word=\"{word}\"")).unwrap();
        assert!(Word::ALL.map(|w| at(w.id())).is_sorted());
        assert!(text[at("regressed")..].starts_with("<details class=\"word\" data-word=\"regressed\" open>"));
        assert!(text[at("same")..].starts_with("<details class=\"word\" data-word=\"same\">"));
    }
}
