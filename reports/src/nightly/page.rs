//! A night as Markdown: the job's summary, and the text of the issue that is
//! opened for a regression.

use super::{Night, Nightly, Regression};
use crate::overview::counted;
use crate::render::markdown::text::{code, inline, issue};
use crate::text::clip_pair;
use std::fmt::Write;

/// How many regressions are written out; nightly.json has them all.
const SHOWN: usize = 20;
/// How many cells of each.
const CELLS_SHOWN: usize = 6;

/// One line: what an issue is called.
#[must_use]
pub fn title(n: &Nightly) -> String {
    match n.regressions.len() {
        0 => format!("nightly: {}", n.word.words()),
        count => format!("nightly: Go tip has {} that {} has not", counted(count, "finding"), n.release),
    }
}

/// The whole page.
#[must_use]
pub fn markdown(n: &Nightly) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = page(&mut out, n);
    out
}

fn page(out: &mut String, n: &Nightly) -> std::fmt::Result {
    writeln!(out, "# goabi nightly: {}\n", n.word.id())?;
    let tip = if n.tip.is_empty() { "tip".to_string() } else { code(&n.tip, 80) };
    writeln!(out, "{} against {}: **{}**.", tip, code(&n.release, 80), n.word.words())?;
    let others: Vec<&str> = n.words.iter().filter(|w| **w != n.word).map(|w| w.words()).collect();
    if !others.is_empty() {
        writeln!(out, "Beside that: {}.", others.join("; "))?;
    }
    if n.word != Night::TipMissing {
        let c = &n.counts;
        writeln!(
            out,
            "\n{} of tip, compared with the release's: {} the same, {} regressed, {} changed, {} fixed, {} not \
             judged on both sides, {} only with tip, {} only with the release.",
            counted(c.all() as usize, "cell"),
            c.same,
            c.regressed,
            c.changed,
            c.fixed,
            c.unknown,
            c.added,
            c.removed
        )?;
    }
    if !n.regressions.is_empty() {
        writeln!(out, "\n## What tip has and the release has not")?;
        for r in n.regressions.iter().take(SHOWN) {
            regression(out, r)?;
        }
        if n.regressions.len() > SHOWN {
            writeln!(out, "\nAnd {} more; `nightly.json` has them all.", n.regressions.len() - SHOWN)?;
        }
    }
    if !n.obstacles.is_empty() {
        writeln!(out, "\n## What kept cells from being judged\n")?;
        for o in &n.obstacles {
            let at = o.toolchain.as_deref().map(|t| format!(" with {}", code(t, 40))).unwrap_or_default();
            let first = o.message.lines().filter(|l| !l.trim().is_empty()).take(6).collect::<Vec<_>>().join("\n");
            let times = if o.times > 1 { format!(" ({} times; the first)", o.times) } else { String::new() };
            writeln!(out, "* **{}**{at}{times}: {}", o.kind, code(&first, 600))?;
        }
    }
    if !n.fixed.is_empty() {
        writeln!(out, "\n## Gone with tip\n")?;
        writeln!(
            out,
            "Known failures of the release that tip does not show; their expectations can say since when.\n"
        )?;
        for (text, cells) in &n.fixed {
            writeln!(out, "* {}: {}", issue(text), counted(*cells as usize, "cell"))?;
        }
    }
    Ok(())
}

fn regression(out: &mut String, r: &Regression) -> std::fmt::Result {
    let (want, got) = clip_pair(&r.expected, &r.actual, 300);
    let path = if r.path.is_empty() { String::new() } else { format!(" {}", code(&r.path, 120)) };
    writeln!(out, "\n### {}{path}, {}\n", inline(&r.oracle, 40), counted(r.cells.len(), "cell"))?;
    writeln!(out, "* want {}", code(&want, 400))?;
    writeln!(out, "* got {}", code(&got, 400))?;
    writeln!(out, "* rerun: {}", code(&r.rerun, 400))?;
    for cell in r.cells.iter().take(CELLS_SHOWN) {
        writeln!(out, "* {}", code(cell, 200))?;
    }
    if r.cells.len() > CELLS_SHOWN {
        writeln!(out, "* and {} more", r.cells.len() - CELLS_SHOWN)?;
    }
    Ok(())
}
