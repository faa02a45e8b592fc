//! A function's instructions, the targets side by side, with those marked at
//! which parameters or results are decided.

use super::finding::{Alike, Role};
use super::functions::Function;
use crate::function::FunctionRecord;
use crate::html::text::line;
use maud::{Markup, html};
use std::fmt::Write;

/// The listings, or why there are none.
#[must_use]
pub fn section(f: &Function<'_>, targets: &[&str], findings: &[Alike<'_>], found: bool) -> Markup {
    let some = f.on.iter().flatten().any(|f| !f.instructions.is_empty() || f.not_disassembled.is_some());
    html! {
        h5 { "Disassembly" }
        @if !found && !some {
            p.hint { "Instructions are recorded only for cases with findings." }
        } @else {
            div.columns {
                @for (on, target) in f.on.iter().zip(targets) {
                    section data-target=(line(target)) {
                        h5 { (line(target)) }
                        @match on {
                            Some(on) => (listing(on, f.calls, target, findings)),
                            None => p.none { "no such function is recorded here" },
                        }
                    }
                }
            }
        }
    }
}

fn listing(f: &FunctionRecord, calls: &[String], target: &str, findings: &[Alike<'_>]) -> Markup {
    if f.instructions.is_empty() {
        let why = match (&f.not_disassembled, &f.code) {
            (Some(why), Some(_) | None) => line(why),
            (None, Some(_)) => "no instructions were recorded".to_string(),
            (None, None) => {
                "it has no code of its own here: it was inlined everywhere, or could not be read".to_string()
            }
        };
        return html! { p.none { (why) } };
    }
    let marks = |role: Role| f.instructions.iter().any(|i| i.mark.as_deref() == Some(role.mark()));
    html! {
        @for role in [Role::Entry, Role::Return] {
            @if marks(role) {
                p.role { b.mark { (role.mark()) } " " (role.why()) (concerned(role, target, calls, findings)) }
            }
        }
        pre.asm { (lines(f)) }
    }
}

/// A line each: the mark, the line of the generated Go, the offset, the text.
/// Lines without a mark are mere text, for there are thousands.
fn lines(f: &FunctionRecord) -> Markup {
    let mut parts: Vec<(bool, String)> = vec![(false, format!("{:8} {:>5} {:>5}\n", "", "line", "pc"))];
    for i in &f.instructions {
        let mark = i.mark.as_ref().map(|m| format!("{} ▸", line(m))).unwrap_or_default();
        let source = i.line.map(|l| l.to_string()).unwrap_or_default();
        let text = format!("{mark:8} {source:>5} {:>5x}  {}\n", i.offset, line(&i.text));
        match parts.last_mut() {
            // Writing to a string can't fail.
            Some((false, plain)) if i.mark.is_none() => _ = plain.write_str(&text),
            Some(_) | None => parts.push((i.mark.is_some(), text)),
        }
    }
    html! {
        @for (marked, text) in &parts {
            @if *marked { b.marked { (text) } } @else { (text) }
        }
    }
}

/// The findings that are decided here.
fn concerned(role: Role, target: &str, calls: &[String], findings: &[Alike<'_>]) -> Markup {
    let of = |f: &Alike<'_>| f.role() == Some(role) && f.shows_in(target, calls);
    let concerned = findings.iter().enumerate().filter(|(_, f)| of(f));
    html! {
        @for (i, (number, f)) in concerned.enumerate() {
            @if i == 0 { ": " } @else { ", " }
            "finding " (number + 1) " " code { (line(f.path())) }
        }
    }
}
