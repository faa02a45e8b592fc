//! The explanation for a terminal: a row for each word, a column for each port.

use super::model::{Answer, Explanation, Place, Port, Role, Value, Word};
use crate::text::{clean, clip};
use std::fmt::Write;

/// How to print it.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether to use ANSI colours.
    pub colour: bool,
    /// Characters to a line; columns that do not fit follow below.
    pub width: usize,
}

/// A text and its colour: the escape sequence's number.
type Cell = (String, Option<u8>);

const INTEGER: u8 = 36;
const FLOAT: u8 = 35;
const STACK: u8 = 33;
const FAINT: u8 = 2;
const BOLD: u8 = 1;
const GOOD: u8 = 32;
const BAD: u8 = 31;

/// Characters of the first column, at most; a longer type stands above its words.
const LABEL: usize = 30;

struct Row {
    label: Cell,
    /// One a port; none where the label has the line for itself.
    cells: Vec<Cell>,
}

/// The explanation as text.
#[must_use]
pub fn render(e: &Explanation, style: Style) -> String {
    let mut out = String::new();
    let heading = if e.function.is_empty() { e.signature.clone() } else { format!("{}: {}", e.function, e.signature) };
    line(&mut out, style, &[(clean(&heading), Some(BOLD))]);
    let differ = e.versions_differ();
    let rows = rows(e);
    let own = |r: &Row| if r.cells.is_empty() { 0 } else { r.label.0.chars().count() };
    let label = rows.iter().map(own).max().unwrap_or(0).max(13) + 2;
    let title = |p: &Port| p.title(differ);
    let wide = |i: usize, p: &Port| {
        let cells = rows.iter().filter_map(|r| r.cells.get(i)).map(|c| c.0.chars().count());
        cells.chain([title(p).chars().count(), p.abi.name().len(), watched(p).0.len()]).max().unwrap_or(0) + 3
    };
    let widths: Vec<usize> = e.ports.iter().enumerate().map(|(i, p)| wide(i, p)).collect();
    let mut start = 0;
    while start < e.ports.len() {
        let mut end = start;
        let mut used = label;
        while end < e.ports.len() && (end == start || used + widths[end] <= style.width) {
            used += widths[end];
            end += 1;
        }
        out.push('\n');
        let block = start..end;
        let head = |cells: Vec<Cell>| Row { label: (String::new(), None), cells };
        let titles = e.ports.iter().map(|p| (title(p), Some(BOLD))).collect();
        let abis = e.ports.iter().map(|p| (p.abi.name().to_string(), Some(FAINT))).collect();
        let how = e.ports.iter().map(watched).collect();
        for row in [head(titles), head(abis), head(how)].iter().chain(&rows) {
            // What only ports in other blocks have is left out.
            if !row.cells.is_empty() && block.clone().all(|i| row.cells.get(i).is_none_or(|c| c.0.is_empty())) {
                continue;
            }
            let mut cells = vec![pad(&row.label, label)];
            cells.extend(block.clone().filter_map(|i| Some(pad(row.cells.get(i)?, widths[i]))));
            line(&mut out, style, &cells);
        }
        start = end;
    }
    notes(&mut out, e, style);
    for p in &e.ports {
        assembly(&mut out, p, style, differ);
    }
    out
}

/// How a port was watched; empty where nobody asked.
fn watched(p: &Port) -> Cell {
    match (&p.observed, &p.not_observed) {
        (_, Some(_)) => ("not observed".to_string(), Some(FAINT)),
        (Some(how), None) => (format!("seen {}", clean(how)), Some(FAINT)),
        (None, None) => (String::new(), None),
    }
}

fn pad(cell: &Cell, width: usize) -> Cell {
    (format!("{:width$}", cell.0), cell.1)
}

/// Writes cells, without blanks at the line's end.
fn line(out: &mut String, style: Style, cells: &[Cell]) {
    let last = cells.iter().rposition(|c| !c.0.trim().is_empty()).map_or(0, |i| i + 1);
    for (i, (text, colour)) in cells.iter().take(last).enumerate() {
        let text = if i + 1 == last { text.trim_end() } else { text };
        let _ = match colour {
            Some(n) if style.colour => write!(out, "\x1b[{n}m{text}\x1b[0m"),
            Some(_) | None => write!(out, "{text}"),
        };
    }
    out.push('\n');
}

fn rows(e: &Explanation) -> Vec<Row> {
    let mut out = Vec::new();
    for (title, wanted) in [("receiver", Role::Receiver), ("parameters", Role::Parameter), ("results", Role::Result)] {
        let of = |p: &Port| p.values.iter().enumerate().filter(|(_, v)| v.role == wanted).map(|(i, _)| i).collect();
        let indices: Vec<usize> = e.ports.first().map(of).unwrap_or_default();
        if !indices.is_empty() {
            out.push(Row { label: (title.to_string(), Some(BOLD)), cells: vec![] });
        }
        for i in indices {
            value(&mut out, &e.ports.iter().filter_map(|p| p.values.get(i)).collect::<Vec<_>>());
        }
    }
    let area = |p: &Port| match (p.stack_bytes, p.spill_bytes) {
        (0, 0) => ("none".to_string(), Some(FAINT)),
        (stack, 0) => (format!("{stack} bytes"), None),
        (stack, spill) => (format!("{stack}+{spill} bytes"), None),
    };
    out.push(Row { label: ("stack + spill".to_string(), Some(BOLD)), cells: e.ports.iter().map(area).collect() });
    out
}

/// A value's rows: it is on all ports, with more words on some than on others.
fn value(out: &mut Vec<Row>, on: &[&Value]) {
    let Some(first) = on.first() else { return };
    let mut parts = merged(on);
    let label = format!("  {}  {}", clean(&first.name), clean(&first.ty));
    let single = parts == [""] || parts.is_empty();
    if !(single && label.chars().count() <= LABEL) {
        out.push(Row { label: (label.clone(), None), cells: vec![] });
    }
    if parts.is_empty() {
        parts.push("");
    }
    for part in parts {
        let cells = on.iter().map(|v| match v.words.iter().find(|w| w.part == part) {
            Some(w) => cell(w),
            None if v.size == 0 => ("no bytes".to_string(), Some(FAINT)),
            None => (String::new(), None),
        });
        let whole = single && label.chars().count() <= LABEL;
        let text =
            if whole { label.clone() } else { format!("    {}", if part.is_empty() { "(whole)" } else { part }) };
        out.push(Row { label: (clip(&text, LABEL), None), cells: cells.collect() });
    }
    if on.iter().any(|v| v.more) {
        out.push(Row { label: ("    … and more".to_string(), Some(FAINT)), cells: vec![] });
    }
    if on.iter().any(|v| v.spill.is_some()) {
        let spill = |v: &&Value| (v.spill.map(|s| format!("SP+{s}")).unwrap_or_default(), Some(FAINT));
        out.push(Row { label: ("    spill space".to_string(), Some(FAINT)), cells: on.iter().map(spill).collect() });
    }
}

/// The parts of a value on all ports. What is one word on a wide port and two
/// on a narrow one stands there whole, with its halves below.
fn merged<'a>(on: &[&'a Value]) -> Vec<&'a str> {
    let mut out: Vec<&str> = Vec::new();
    for part in on.iter().flat_map(|v| &v.words).map(|w| w.part.as_str()) {
        if out.contains(&part) {
            continue;
        }
        let halves = out.iter().position(|known| belongs(known, part));
        let whole = out.iter().position(|known| belongs(part, known)).map(|w| {
            let below = out.iter().skip(w + 1).take_while(|k| out.get(w).is_some_and(|whole| belongs(k, whole)));
            w + 1 + below.count()
        });
        out.insert(halves.or(whole).unwrap_or(out.len()), part);
    }
    out
}

/// Whether a part is one of a larger part's: `.A.lo` of `.A`, not `.AB`.
fn belongs(part: &str, whole: &str) -> bool {
    part.strip_prefix(whole).is_some_and(|rest| rest.starts_with(['.', '[']))
}

fn cell(w: &Word) -> Cell {
    let (text, colour) = match &w.place {
        Place::Register { slot, name } if slot.starts_with('F') => (format!("{slot:<3} {name}"), FLOAT),
        Place::Register { slot, name } => (format!("{slot:<3} {name}"), INTEGER),
        Place::Stack { offset } => (format!("SP+{offset}"), STACK),
    };
    match &w.confirmed {
        None => (text, Some(colour)),
        Some(c) => match c.answer {
            Answer::Held => (format!("{text} ✓"), Some(GOOD)),
            Answer::HeldOther => (format!("{text} ✕ {}", clip(&c.seen, 24)), Some(BAD)),
            Answer::NotObserved => (format!("{text} ?"), Some(FAINT)),
        },
    }
}

/// Why something is on the stack, each reason once.
fn notes(out: &mut String, e: &Explanation, style: Style) {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    let mut add = |why: &str, who: String| match reasons.iter_mut().find(|(w, _)| w == why) {
        Some((_, list)) => list.push(who),
        None => reasons.push((why.to_string(), vec![who])),
    };
    let differ = e.versions_differ();
    for p in &e.ports {
        match &p.why_abi0 {
            Some(why) => add(why, p.title(differ)),
            None => {
                for v in &p.values {
                    if let Some(why) = &v.why_stack {
                        add(why, format!("{} on {}", clean(&v.name), p.title(differ)));
                    }
                }
            }
        }
    }
    out.push('\n');
    if !reasons.is_empty() {
        line(out, style, &[("on the stack, and why".to_string(), Some(BOLD))]);
        for (why, who) in reasons {
            line(out, style, &[(format!("  {}: {}", who.join(", "), clean(&why)), None)]);
        }
    }
    for p in &e.ports {
        if let Some(why) = &p.build_ignored {
            line(out, style, &[(clean(why), None)]);
        }
    }
    observation(out, e, style);
    let sp = "SP+n: bytes from the stack pointer when the function is entered, before its prologue";
    line(out, style, &[(sp.to_string(), Some(FAINT))]);
}

/// What was not observed, and why; and what the signs say.
fn observation(out: &mut String, e: &Explanation, style: Style) {
    if e.ports.iter().all(|p| p.observed.is_none() && p.not_observed.is_none()) {
        return;
    }
    let differ = e.versions_differ();
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    let mut add = |why: &str, who: String| match reasons.iter_mut().find(|(w, _)| w == why) {
        Some((_, list)) if list.contains(&who) => {}
        Some((_, list)) => list.push(who),
        None => reasons.push((why.to_string(), vec![who])),
    };
    for p in &e.ports {
        if let Some(why) = &p.not_observed {
            add(why, p.title(differ));
        }
    }
    let words = |p: &'_ Port| {
        let all = p.values.iter().flat_map(|v| v.words.iter().map(move |w| (v, w)));
        let open = all.filter_map(|(v, w)| Some((v, w, w.confirmed.as_ref()?)));
        let open = open.filter(|(_, _, c)| c.answer == Answer::NotObserved);
        open.map(|(v, w, c)| (c.seen.clone(), format!("{}{}", clean(&v.name), clean(&w.part)))).collect::<Vec<_>>()
    };
    // Mostly the ports agree on what cannot be told.
    for (why, who) in e.ports.iter().flat_map(words) {
        add(&why, who);
    }
    if !reasons.is_empty() {
        line(out, style, &[("not observed, and why".to_string(), Some(BOLD))]);
        for (why, who) in reasons {
            line(out, style, &[(format!("  {}: {}", who.join(", "), clean(&why)), None)]);
        }
    }
    let signs =
        "✓: a machine held the value there at the call, or at the return; ✕: it held what follows; ?: not observed";
    line(out, style, &[(signs.to_string(), Some(FAINT))]);
}

fn assembly(out: &mut String, p: &Port, style: Style, differ: bool) {
    let Some(a) = &p.assembly else { return };
    out.push('\n');
    line(out, style, &[(p.title(differ), Some(BOLD))]);
    match &a.none {
        Some(why) => line(out, style, &[(format!("  no instructions: {}", clean(why)), None)]),
        None => a.lines.iter().for_each(|l| line(out, style, &[(format!("  {}", clean(l)), None)])),
    }
}
