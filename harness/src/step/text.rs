//! The report for people.

use super::report::{Claimed, Finding, FunctionReport, Line, Report};
use crate::audit::Level;
use crate::audit::about_issue;
use std::fmt::Write;

/// Instructions shown before and behind what is wrong.
const AROUND: usize = 3;

/// The report as text; `all`: with every instruction that ran.
// Writing to a String cannot fail.
#[must_use]
pub fn text(report: &Report, all: bool) -> String {
    let mut out = String::new();
    let go = report.go.as_deref().unwrap_or("of an unknown Go version");
    let _ = writeln!(out, "{}: {}, {go}, run by {}", report.path, report.goarch, report.by);
    for f in &report.functions {
        function(&mut out, f, all);
    }
    out
}

fn function(out: &mut String, f: &FunctionReport, all: bool) {
    let _ = writeln!(out, "\n{} ({:#x})", f.function, f.address);
    for finding in &f.findings {
        detail(out, finding);
    }
    draw(out, f, all);
    let c = &f.compared;
    let _ = writeln!(
        out,
        "  {} of {} instructions ran, {} preemptible, {} steps; compared: {} with pcsp, {} with the runtime's rule, {} \
         with call frame information, {} calls with the frame pointer",
        f.ran, f.instructions, f.preemptible, f.steps, c.pcsp, c.runtime, c.cfi, c.frame_pointer
    );
    if f.begun > 1 {
        let _ = writeln!(out, "  its first instruction was reached {} times", f.begun);
    }
    if let Some(why) = &f.not_observed {
        let _ = writeln!(out, "  not observed: {why}");
    }
    let number = |level| f.findings.iter().filter(|f| f.level == level).count();
    let (errors, warnings, notes) = (number(Level::Error), number(Level::Warning), number(Level::Note));
    let _ = writeln!(out, "  {errors} errors, {warnings} warnings, {notes} notes");
}

/// The instructions around the one at an offset, a line each, with what every way
/// of unwinding says.
pub(crate) fn drawing(f: &FunctionReport, offset: u32) -> String {
    let mut out = String::new();
    heading(&mut out);
    let at = f.lines.iter().position(|l| l.offset == offset).unwrap_or(0);
    for l in f.lines.iter().take(at + AROUND + 1).skip(at.saturating_sub(AROUND)) {
        line(&mut out, l);
    }
    out
}

fn heading(out: &mut String) {
    let _ = writeln!(out, "           {:^35}    finds the caller", "from SP to the caller's SP");
    let _ = writeln!(
        out,
        "         at {:>8} {:>8} {:>8} {:>8}  {:>7} {:>5} {:>5}",
        "true", "pcsp", "CFI", "FP", "runtime", "CFI", "FP"
    );
}

fn draw(out: &mut String, f: &FunctionReport, all: bool) {
    let around = |n: usize| {
        let near = &f.lines[n.saturating_sub(AROUND)..(n + AROUND + 1).min(f.lines.len())];
        all || near.iter().any(|l| l.here)
    };
    let shown: Vec<(usize, &Line)> = f.lines.iter().enumerate().filter(|(n, _)| around(*n)).collect();
    if !shown.is_empty() {
        heading(out);
    }
    let mut last = None;
    for (n, l) in shown {
        if last.is_some_and(|last| last + 1 < n) {
            let _ = writeln!(out, "         ...");
        }
        last = Some(n);
        line(out, l);
    }
}

fn detail(out: &mut String, f: &Finding) {
    let _ = writeln!(out, "{}[{}]: {}", f.level.id(), f.class.id(), f.pattern);
    let _ = writeln!(out, "  at +{:#x} ({:#x})", f.place.offset, f.place.address);
    if let (Some(file), Some(line)) = (&f.place.file, f.place.line) {
        let _ = writeln!(out, "  {file}:{line}");
    }
    let _ = writeln!(out, "  {} such instructions, {} of them preemptible", f.points, f.preemptible);
    for claim in &f.claims {
        let _ = writeln!(out, "    {}: {}", claim.by, claim.says);
    }
    let _ = writeln!(out, "  {}", f.danger);
    if let Some(issue) = about_issue(f.issue.as_deref(), f.fixed_in.as_deref(), f.regressed) {
        let _ = writeln!(out, "  {issue}");
    }
}

fn line(out: &mut String, l: &Line) {
    let number = |claim: Option<&Claimed>| {
        claim.map_or_else(|| "-".to_string(), |c| c.cfa.map_or_else(|| "-".to_string(), |n| n.to_string()))
    };
    let found = |claim: Option<&Claimed>| match claim.and_then(|c| c.finds_caller) {
        None => "-",
        Some(true) => "yes",
        Some(false) => "no",
    };
    let (cfi, chain) = (l.cfi.as_ref(), l.frame_pointer.as_ref());
    // Where there is no rule of its own for the return address, it follows from `pcsp`.
    let runtime = l.runtime.as_ref().unwrap_or(&l.pcsp);
    let _ = writeln!(
        out,
        "  {} {:>#7x} {:>8} {:>8} {:>8} {:>8}  {:>7} {:>5} {:>5}  {}{}",
        if l.here { ">" } else { " " },
        l.offset,
        l.cfa,
        number(Some(&l.pcsp)),
        number(cfi),
        number(chain),
        found(Some(runtime)),
        found(cfi),
        found(chain),
        l.text,
        l.left_to.as_ref().map_or_else(String::new, |to| format!("  -> {to}"))
    );
}
