//! A report as a page for a browser.

use super::class::Level;
use super::report::{BinaryReport, Finding, Line, Report};
use goabi_reports::html::page::page;
use goabi_reports::html::text::{issue, line};
use maud::{Markup, html};

/// The report as a page: one file, complete in itself.
#[must_use]
pub fn html(report: &Report) -> String {
    let body = html! {
        header.top {
            h1 { span.said { "goabi audit" } }
            p.hint { "Code against unwinding tables, at each boundary between two instructions." }
        }
        main {
            nav aria-label="Binaries" { ul { @for (i, b) in report.binaries.iter().enumerate() {
                li { a href={ "#binary-" (i) } { (line(&b.path)) } " " span.faint { (total(b)) } }
            } } }
            @for (i, b) in report.binaries.iter().enumerate() { (binary(i, b)) }
        }
    };
    page("goabi audit", &body, "")
}

fn total(b: &BinaryReport) -> String {
    let of = |level: Level| b.findings.iter().filter(|f| f.level == level).count();
    let words = [(Level::Error, "errors"), (Level::Warning, "warnings"), (Level::Note, "notes")];
    words.map(|(level, word)| format!("{word}: {}", of(level))).join(", ")
}

fn binary(index: usize, b: &BinaryReport) -> Markup {
    let c = &b.counts;
    html! {
        section aria-labelledby={ "binary-" (index) } {
            h2 id={ "binary-" (index) } { (line(&b.path)) " " span.faint {
                (b.goarch) ", " (line(b.go.as_deref().unwrap_or("of an unknown Go version")))
            } }
            @if !b.has_cfi {
                p.note { "There is no call frame information: only the runtime's tables were compared." }
            }
            table.facts {
                @for (what, n) in [
                    ("functions", c.functions),
                    ("audited", c.audited),
                    ("skipped, without pcsp", c.skipped.no_pcsp),
                    ("skipped, without code", c.skipped.no_code),
                    ("skipped, unreadable", c.skipped.unreadable),
                    ("instructions", c.instructions),
                    ("of these not decoded", c.undecoded),
                    ("of these followed", c.followed),
                    ("compared with pcsp", c.compared_pcsp),
                    ("compared with call frame information", c.compared_cfi),
                ] {
                    tr { th scope="row" { (what) } td { (n) } }
                }
            }
            @if b.findings.is_empty() { p { "Nothing was found." } }
            @for f in &b.findings { (finding(f)) }
        }
    }
}

fn finding(f: &Finding) -> Markup {
    html! {
        section {
            h3 { (f.level.id()) " " code { (f.class.id()) } ": " (line(&f.pattern)) }
            p {
                code { (line(&f.function)) "+" (format!("{:#x}", f.place.offset)) } " "
                span.faint { (format!("{:#x}", f.place.address)) @if f.assembly { ", assembly" } @if f.known { ", in the baseline" } }
                @if let (Some(file), Some(at)) = (&f.place.file, f.place.line) { br; (line(file)) ":" (at) }
            }
            p { (f.points) " such instructions, " (f.preemptible) " of them preemptible." }
            ul { @for claim in &f.claims { li { (line(&claim.by)) ": " (line(&claim.says)) } } }
            @if !f.disassembly.is_empty() { (listing(&f.disassembly)) }
            p { (line(&f.danger)) }
            @if let (Some(known), Some(about)) = (&f.issue, f.about_issue()) { p { (line(&about)) " " (issue(known)) } }
        }
    }
}

/// The instructions, with what each side says of SP.
fn listing(lines: &[Line]) -> Markup {
    let said = |n: Option<i64>| n.map_or_else(|| "?".to_string(), |n| n.to_string());
    html! {
        table.facts {
            thead { tr { th scope="col" {} th scope="col" { "at" } th scope="col" { "SP" } th scope="col" { "pcsp" } th scope="col" { "CFI" } th scope="col" { "instruction" } } }
            tbody { @for l in lines {
                tr {
                    td { @if l.here { "➤" } }
                    td { code { (format!("{:#x}", l.offset)) } }
                    td { (said(l.sp.map(i64::from))) }
                    td { (said(l.pcsp.map(i64::from))) }
                    td { (said(l.cfi)) }
                    td { code { (line(&l.text)) } }
                }
            } }
        }
    }
}
