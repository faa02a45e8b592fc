//! The explanation as a page: for each port a map of its registers and of the
//! argument area, and a table of words. One file, complete in itself.

use super::model::{Answer, Explanation, Place, Port, Role, Value, Word};
use crate::html::page;
use crate::html::text::{block, line};
use maud::{Markup, html};

/// The explanation as a page.
#[must_use]
pub fn render(e: &Explanation) -> String {
    let title = format!("goabi explain: {}", line(&e.signature));
    let differ = e.versions_differ();
    let body = html! {
        header.top {
            h1 { span.said { "goabi explain" } }
            p.signature { code { @if !e.function.is_empty() { (line(&e.function)) ": " } (line(&e.signature)) } }
            p.hint { "SP+n counts bytes from the stack pointer when the function is entered, before its prologue." }
        }
        main {
            nav aria-label="Ports" { ul.ports { @for (i, p) in e.ports.iter().enumerate() {
                li { a href={ "#port-" (i) } { (line(&p.title(differ))) } " " span.faint { (p.abi.name()) } }
            } } }
            @for (i, p) in e.ports.iter().enumerate() { (port(i, p, differ)) }
        }
    };
    page::page(&title, &body, "")
}

fn port(index: usize, p: &Port, differ: bool) -> Markup {
    html! {
        section.port aria-labelledby={ "port-" (index) } {
            h2 id={ "port-" (index) } { (line(&p.title(differ))) " " span.faint { (p.abi.name()) ", go " (line(&p.go)) ", " (line(&p.build)) } }
            @if let Some(why) = &p.why_abi0 { p.note { (line(why)) } }
            @if let Some(why) = &p.build_ignored { p.note { (line(why)) } }
            @if let Some(how) = &p.observed { p.note { "Seen " (line(how)) ", at the call and at the return." } }
            @if let Some(why) = &p.not_observed { p.note { "Not observed: " (line(why)) } }
            @if !p.registers.is_empty() { (map(p)) }
            div.columns {
                section { h3 { "Words" } (words(p)) }
                section { h3 { "Argument area" } (area(p)) }
            }
            details { summary { "In the compiler's notation" } pre.asm { (block(&p.notation.join("\n"))) } }
            details { summary { "For a function in assembly (ABI0)" } pre.asm { (block(&frame(p))) } }
            @if let Some(a) = &p.assembly {
                details open[p.assembly.is_some()] {
                    summary { "Instructions" }
                    @match &a.none {
                        Some(why) => p.note { "none: " (line(why)) },
                        None => pre.asm { (block(&a.lines.join("\n"))) },
                    }
                }
                details { summary { "Go source" } pre.asm { (block(&a.source)) } }
            }
        }
    }
}

/// The registers in their order: what each holds at the call and at the return.
fn map(p: &Port) -> Markup {
    let class = |slot: &str| if slot.starts_with('F') { "float" } else { "integer" };
    html! {
        h3 { "Registers" }
        @for (kind, label) in [("integer", "Integer registers, in the order of assignment"), ("float", "Floating-point registers, in the order of assignment")] {
            ol.registers aria-label=(label) {
                @for r in p.registers.iter().filter(|r| class(&r.slot) == kind) {
                    li.used[r.at_call.is_some() || r.at_return.is_some()] {
                        span.slot { (r.slot) } " " b { (line(&r.name)) }
                        span.holds { span.faint { "call " } @if let Some(w) = &r.at_call { code { (line(w)) } } @else { span.faint { "free" } } }
                        span.holds { span.faint { "return " } @if let Some(w) = &r.at_return { code { (line(w)) } } @else { span.faint { "free" } } }
                    }
                }
            }
        }
    }
}

fn role(r: Role) -> &'static str {
    match r {
        Role::Receiver => "receiver",
        Role::Parameter => "parameter",
        Role::Result => "result",
    }
}

fn words(p: &Port) -> Markup {
    let confirmed = p.values.iter().flat_map(|v| &v.words).any(|w| w.confirmed.is_some());
    let heads: &[&str] = if confirmed {
        &["", "value", "type", "part", "bytes", "travels in", "seen"]
    } else {
        &["", "value", "type", "part", "bytes", "travels in"]
    };
    html! {
        div.wide { table.facts {
            caption.hidden { "Where each word of each parameter and result travels on " (line(&p.target)) }
            thead { tr { @for h in heads { th scope="col" { (h) } } } }
            tbody {
                @for v in &p.values {
                    @if v.words.is_empty() {
                        tr { (head(v)) td {} td.number { "0" } td { span.faint { (v.why_stack.as_deref().unwrap_or("no bytes")) } } @if confirmed { td {} } }
                    }
                    @for (i, w) in v.words.iter().enumerate() { tr {
                        @if i == 0 { (head(v)) }
                        (word(v, w))
                        @if confirmed { td { (seen(w)) } }
                    } }
                    @if v.more { tr { td colspan="3" { "… and more" } @if confirmed { td {} } } }
                }
            }
        } }
    }
}

fn head(v: &Value) -> Markup {
    let rows = v.words.len().max(1) + usize::from(v.more);
    html! {
        td.faint rowspan=(rows) { (role(v.role)) }
        th scope="rowgroup" rowspan=(rows) { (line(&v.name)) }
        td rowspan=(rows) { code { (line(&v.ty)) } }
    }
}

fn word(v: &Value, w: &Word) -> Markup {
    html! {
        td.part { code { (line(&w.part)) } }
        td.number { (w.bytes) }
        td { @match &w.place {
            Place::Register { slot, name } => { span.slot { (slot) } " " b { (line(name)) } },
            Place::Stack { offset } => {
                code { "SP+" (offset) }
                @if let Some(why) = &v.why_stack { " " span.faint { (line(why)) } }
            },
        } }
    }
}

fn seen(w: &Word) -> Markup {
    html! { @match &w.confirmed {
        None => "",
        Some(c) => @match c.answer {
            Answer::Held => { span.badge.s-pass { span aria-hidden="true" { "✓" } " seen" } " " code { (line(&c.seen)) } },
            Answer::HeldOther => { span.badge.s-fail { span aria-hidden="true" { "✕" } " not so" } " " code { (line(&c.seen)) } },
            Answer::NotObserved => { span.faint { "not observed: " (line(&c.seen)) } },
        },
    } }
}

/// What lies in memory, lowest address first.
fn area(p: &Port) -> Markup {
    let mut rows: Vec<(u64, u64, String, &str)> = Vec::new();
    for v in &p.values {
        for w in &v.words {
            if let Place::Stack { offset } = w.place {
                rows.push((offset, w.bytes, format!("{}{}", v.name, w.part), role(v.role)));
            }
        }
        if let Some(spill) = v.spill {
            rows.push((spill, v.size, v.name.clone(), "spill space"));
        }
    }
    rows.sort_by_key(|r| r.0);
    html! {
        @if rows.is_empty() { p.none { "Nothing: no argument area is needed." } }
        @else {
            div.wide { table.facts {
                caption.hidden { "The argument area on " (line(&p.target)) ", lowest address first" }
                thead { tr { @for h in ["at entry", "bytes", "holds", ""] { th scope="col" { (h) } } } }
                tbody { @for (at, bytes, what, kind) in &rows {
                    tr { td { code { "SP+" (at) } } td.number { (bytes) } th scope="row" { code { (line(what)) } } td.faint { (kind) } }
                } }
            } }
        }
        p.hint { (p.stack_bytes) " bytes for what is stack-assigned, " (p.spill_bytes) " bytes of spill space." }
    }
}

fn frame(p: &Port) -> String {
    let mut out: Vec<String> = p.frame.operands.iter().map(|o| format!("{}  {} bytes", o.operand, o.bytes)).collect();
    out.push(p.frame.text.clone());
    out.join("\n")
}
