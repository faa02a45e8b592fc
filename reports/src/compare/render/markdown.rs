//! The comparison for a pull request, an issue or a job's summary, in GitHub's
//! Markdown. Whatever a record holds stands in code spans, where neither HTML
//! nor mentions nor links are read.

use super::{CELLS_SHOWN, counted, plain, verdict};
use crate::compare::model::{Comparison, Group, Run, Side, Symptom};
use crate::compare::word::Word;
use crate::render::RenderError;
use std::fmt::Write;

/// See [`super::Format::about`].
pub const ABOUT: &str = "for pull requests and job summaries, GitHub-flavoured";

/// How many groups of one word are shown: a job's summary holds 1 MiB.
const GROUPS_SHOWN: usize = 50;
/// How many characters of a value are shown.
const LENGTH_SHOWN: usize = 300;

/// The comparison as Markdown.
pub fn render(c: &Comparison) -> Result<String, RenderError> {
    let mut out = format!("## goabi diff: {}\n\n", verdict(c).to_lowercase());
    let _ = writeln!(out, "| | started | toolchains | interrupted | problems |\n|---|---|---|---|---:|");
    run(&mut out, "old", &c.old);
    run(&mut out, "new", &c.new);
    if c.toolchains_ignored {
        out.push_str("\nCells are matched without their toolchains.\n");
    }
    let _ = writeln!(out, "\n| word | cells | meaning |\n|---|---:|---|");
    for w in Word::ALL {
        let _ = writeln!(out, "| {} | {} | {} |", w.id(), c.counts.get(w), w.meaning());
    }
    if !c.described.is_empty() {
        let _ = writeln!(out, "\n### what DWARF describes\n");
        let _ = writeln!(out, "| target | build | of | before | now | |\n|---|---|---|--:|--:|---|");
        for d in &c.described {
            let (old, new) = (d.old.percent(), d.new.percent());
            let mark = if d.less() { "**less**" } else { "" };
            let (target, build) = (in_table(&d.target), in_table(&d.build));
            let _ = writeln!(out, "| {target} | {build} | {} | {old} | {new} | {mark} |", d.what.word());
        }
    }
    let groups = c.groups();
    for word in Word::ALL {
        let alike: Vec<&Group<'_>> = groups.iter().filter(|g| g.row.word == word).collect();
        if alike.is_empty() {
            continue;
        }
        let cells = counted(alike.iter().map(|g| g.cells.len()).sum(), "cell");
        let _ = writeln!(out, "\n### {} ({cells})\n", word.id());
        for g in alike.iter().take(GROUPS_SHOWN) {
            group(&mut out, g);
        }
        if let Some(rest) = alike.len().checked_sub(GROUPS_SHOWN).filter(|n| *n > 0) {
            let _ = writeln!(out, "* and {}: `--format json` has all", counted(rest, "more group"));
        }
    }
    Ok(out)
}

fn run(out: &mut String, name: &str, r: &Run) {
    let interrupted = if r.interrupted { "**yes**" } else { "no" };
    let labels: Vec<String> = r.toolchains.iter().map(|t| in_table(t)).collect();
    let _ =
        writeln!(out, "| {name} | {} | {} | {interrupted} | {} |", in_table(&r.started), labels.join(", "), r.problems);
}

fn group(out: &mut String, g: &Group<'_>) {
    let _ = writeln!(out, "* {} → {}", side(&g.row.old), side(&g.row.new));
    symptoms(out, "appeared", &g.row.appeared);
    symptoms(out, "went", &g.row.went);
    for cell in g.cells.iter().take(CELLS_SHOWN) {
        let _ = writeln!(out, "  * {}", code(cell));
    }
    if let Some(rest) = g.cells.len().checked_sub(CELLS_SHOWN).filter(|n| *n > 0) {
        let _ = writeln!(out, "  * and {}", counted(rest, "more cell"));
    }
}

fn symptoms(out: &mut String, word: &str, list: &[Symptom]) {
    for s in list {
        let at = if s.path.is_empty() { String::new() } else { format!(" at {}", code(&s.path)) };
        let (want, got) = (code(&s.expected), code(&s.actual));
        let _ = writeln!(out, "  * {word}: {}{at}: want {want}, got {got}", code(&s.oracle));
    }
}

fn side(s: &Side) -> String {
    match &s.why {
        Some(why) => format!("**{}** ({})", s.is.id(), code(why)),
        None => format!("**{}**", s.is.id()),
    }
}

/// A code span of any text: its fence is longer than any run of backticks in
/// it, and nothing else ends one within a line.
fn code(text: &str) -> String {
    let whole = plain(text);
    let mut shown: String = whole.chars().take(LENGTH_SHOWN).collect();
    if shown.len() < whole.len() {
        shown.push('…');
    }
    if shown.is_empty() {
        return "(empty)".into();
    }
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // One space on either side is not shown, and keeps backticks at the ends apart.
    let pad = if shown.starts_with('`') || shown.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{shown}{pad}{fence}")
}

/// A code span within a table, where a bar ends the field even in code.
fn in_table(text: &str) -> String {
    code(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::example;

    #[test]
    fn snapshot() {
        insta::assert_snapshot!(render(&example()).unwrap());
    }

    #[test]
    fn no_text_leaves_its_code_span() {
        for (text, want) in [
            ("", "(empty)"),
            ("\n\t", "(empty)"),
            ("a|<b>*c*", "`a|<b>*c*`"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            ("x``", "``` x`` ```"),
            ("a\n\n# b", "`a  # b`"),
        ] {
            assert_eq!(code(text), want);
        }
        assert_eq!(in_table("a|b"), r"`a\|b`");
        assert_eq!(code(&"é".repeat(999)).chars().count(), LENGTH_SHOWN + 3);
    }
}
