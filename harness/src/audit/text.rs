//! A report for people.

use super::class::Level;
use super::report::{BinaryReport, Counts, Finding, Report};
use std::fmt::Write;

/// The report as text.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    for binary in &report.binaries {
        one(&mut out, binary);
    }
    out
}

// Writing to a String cannot fail.
fn one(out: &mut String, b: &BinaryReport) {
    let go = b.go.as_deref().unwrap_or("of an unknown Go version");
    let _ = writeln!(out, "{}: {}, {go}", b.path, b.goarch);
    for finding in &b.findings {
        let _ = writeln!(out);
        detail(out, finding);
    }
    let _ = writeln!(out);
    counts(out, &b.counts);
    if !b.has_cfi {
        let _ = writeln!(out, "There is no call frame information: only the runtime's tables were compared.");
    }
    let number = |level, word| {
        let n = b.findings.iter().filter(|f| f.level == level).count();
        format!("{n} {word}{}", if n == 1 { "" } else { "s" })
    };
    let known = b.findings.iter().filter(|f| f.known).count();
    let _ = writeln!(
        out,
        "{}, {}, {}{}",
        number(Level::Error, "error"),
        number(Level::Warning, "warning"),
        number(Level::Note, "note"),
        if known == 0 { String::new() } else { format!("; {known} of them in the baseline") }
    );
}

fn detail(out: &mut String, f: &Finding) {
    let known = if f.known { " (in the baseline)" } else { "" };
    let _ = writeln!(out, "{}[{}]{known}: {}", f.level.id(), f.class.id(), f.pattern);
    let assembly = if f.assembly { ", assembly" } else { "" };
    let _ = writeln!(out, "  {} +{:#x} ({:#x}{assembly})", f.function, f.place.offset, f.place.address);
    if let (Some(file), Some(line)) = (&f.place.file, f.place.line) {
        let _ = writeln!(out, "  {file}:{line}");
    }
    if f.points > 1 {
        let _ = writeln!(out, "  {} such instructions, {} of them preemptible", f.points, f.preemptible);
    } else {
        let _ = writeln!(out, "  {}", if f.preemptible > 0 { "preemptible" } else { "not preemptible" });
    }
    for claim in &f.claims {
        let _ = writeln!(out, "    {}: {}", claim.by, claim.says);
    }
    if !f.disassembly.is_empty() {
        let _ = writeln!(out, "    {:>8} {:>8} {:>8} {:>8}", "at", "SP", "pcsp", "CFI");
    }
    for line in &f.disassembly {
        let cell = |n: Option<i64>| n.map_or_else(|| "?".to_string(), |n| n.to_string());
        let sp = cell(line.sp.map(i64::from));
        let (pcsp, cfi) = (cell(line.pcsp.map(i64::from)), cell(line.cfi));
        let mark = if line.here { ">" } else { " " };
        let _ = writeln!(out, "  {mark} {:>#8x} {sp:>8} {pcsp:>8} {cfi:>8}  {}", line.offset, line.text);
    }
    let _ = writeln!(out, "  {}", f.danger);
    if let Some(issue) = f.about_issue() {
        let _ = writeln!(out, "  {issue}");
    }
}

fn counts(out: &mut String, c: &Counts) {
    let share = |n: u64| if c.instructions == 0 { 0.0 } else { 100.0 * n as f64 / c.instructions as f64 };
    let s = &c.skipped;
    let _ = writeln!(
        out,
        "{} functions: {} audited; skipped: {} without pcsp, {} without code, {} unreadable",
        c.functions, c.audited, s.no_pcsp, s.no_code, s.unreadable
    );
    let _ = writeln!(
        out,
        "{} instructions: {:.3}% decoded, {:.3}% followed, {} not reached; {} jumps to an unknown place, {} functions unsettled",
        c.instructions,
        share(c.instructions - c.undecoded),
        share(c.followed),
        c.unreached,
        c.unresolved_jumps,
        c.unsettled
    );
    let _ = writeln!(
        out,
        "{} boundaries compared with pcsp, {} with call frame information ({} functions have none); {} calls with an unknown frame pointer",
        c.compared_pcsp, c.compared_cfi, c.functions_without_cfi, c.calls_fp_unknown
    );
}
