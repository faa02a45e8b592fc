//! The comparison for a terminal: what matters most first, the counts last,
//! where the eye is.

use super::{CELLS_SHOWN, counted, plain, verdict};
use crate::compare::model::{Comparison, Group, Run, Side, Symptom};
use crate::compare::word::Word;
use crate::render::RenderError;

/// See [`super::Format::about`].
pub const ABOUT: &str = "for the terminal";

/// The comparison as plain text.
pub fn render(c: &Comparison) -> Result<String, RenderError> {
    let groups = c.groups();
    let mut lines: Vec<String> = Vec::new();
    for word in Word::ALL {
        let alike: Vec<&Group<'_>> = groups.iter().filter(|g| g.row.word == word).collect();
        if alike.is_empty() {
            continue;
        }
        let cells = counted(alike.iter().map(|g| g.cells.len()).sum(), "cell");
        lines.push(format!("{} ({cells}): {}", word.id().to_uppercase(), word.meaning()));
        for g in alike {
            group(&mut lines, g);
        }
        lines.push(String::new());
    }
    for d in c.described.iter().filter(|d| d.less()) {
        lines.push(format!(
            "DESCRIBED LESS: {} {}: {} of {} have a location at {} of their instructions, before at {}",
            plain(&d.target),
            plain(&d.build),
            d.what.word(),
            counted(usize::try_from(d.functions).unwrap_or(usize::MAX), "function"),
            d.new.percent(),
            d.old.percent(),
        ));
    }
    lines.push(format!("old: {}", run(&c.old)));
    lines.push(format!("new: {}", run(&c.new)));
    if c.toolchains_ignored {
        lines.push("cells are matched without their toolchains".into());
    }
    let counts: Vec<String> = Word::ALL
        .into_iter()
        .map(|w| (c.counts.get(w), w.id()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let all = counted(c.counts.all() as usize, "cell");
    let end = format!("{}: {all}: {}", verdict(c), counts.join(", "));
    lines.push(end.trim_end_matches(": ").to_string());
    let mut out = lines.join("\n");
    out.push('\n');
    Ok(out)
}

fn group(lines: &mut Vec<String>, g: &Group<'_>) {
    lines.push(format!(" - {} -> {}", side(&g.row.old), side(&g.row.new)));
    symptoms(lines, '+', &g.row.appeared);
    symptoms(lines, '-', &g.row.went);
    for cell in g.cells.iter().take(CELLS_SHOWN) {
        lines.push(format!("     {}", plain(cell)));
    }
    if let Some(rest) = g.cells.len().checked_sub(CELLS_SHOWN).filter(|n| *n > 0) {
        lines.push(format!("     and {}: --format json names all", counted(rest, "more cell")));
    }
}

fn symptoms(lines: &mut Vec<String>, sign: char, list: &[Symptom]) {
    for s in list {
        lines.push(format!("   {sign} {}  {}", plain(&s.oracle), plain(&s.path)).trim_end().to_string());
        lines.push(format!("       want {}", plain(&s.expected)));
        lines.push(format!("       got  {}", plain(&s.actual)));
    }
}

fn side(s: &Side) -> String {
    match &s.why {
        Some(why) => format!("{} ({})", s.is.id(), plain(why)),
        None => s.is.id().to_string(),
    }
}

fn run(r: &Run) -> String {
    let mut out = format!("{}, {}", plain(&r.started), plain(&r.toolchains.join(", ")));
    if r.interrupted {
        out.push_str(", INTERRUPTED");
    }
    if r.problems > 0 {
        out.push_str(&format!(", {}", counted(r.problems, "problem")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::example;

    #[test]
    fn snapshot() {
        insta::assert_snapshot!(render(&example()).unwrap());
    }
}
