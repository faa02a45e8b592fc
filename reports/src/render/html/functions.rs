//! The functions under test of a drill-down: what the ABI assignment and DWARF
//! say of their parameters and results, how large they are, and their code.

use super::assembly;
use super::finding::Alike;
use crate::function::{FunctionRecord, LocationRecord, VariableRecord};
use crate::html::text::line;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// One function on each target that has it.
pub struct Function<'a> {
    /// The call kinds that call it.
    pub calls: &'a [String],
    /// In the order of the targets.
    pub on: Vec<Option<&'a FunctionRecord>>,
}

/// All functions of a case in one build, the targets side by side.
#[must_use]
pub fn section(all: &[&FunctionRecord], targets: &[&str], findings: &[Alike<'_>], found: bool) -> Markup {
    let functions = grouped(all, targets);
    html! {
        @for (number, f) in functions.iter().enumerate() {
            // The first is there for reading, others where a finding speaks of them.
            @let open = number == 0 || findings.iter().any(|a| targets.iter().any(|t| a.shows_in(t, f.calls)));
            details.function open[open] {
                summary { h4 { "Function of " (line(&f.calls.join(", "))) } }
                (locations(f, targets))
                (code(f, targets))
                (assembly::section(f, targets, findings, found))
            }
        }
        @if functions.is_empty() {
            p.hint { "The record says nothing of the functions under test." }
        }
    }
}

/// Functions of several targets belong together where the same calls reach them.
fn grouped<'a>(all: &[&'a FunctionRecord], targets: &[&str]) -> Vec<Function<'a>> {
    let mut by_calls: BTreeMap<(&[String], usize), Function<'a>> = BTreeMap::new();
    for (number, target) in targets.iter().enumerate() {
        let mut seen: BTreeMap<&[String], usize> = BTreeMap::new();
        for f in all.iter().filter(|f| f.target == *target) {
            let nth = seen.entry(&f.calls).or_default();
            let function = by_calls
                .entry((&f.calls, *nth))
                .or_insert_with(|| Function { calls: &f.calls, on: vec![None; targets.len()] });
            function.on[number] = Some(f);
            *nth += 1;
        }
    }
    by_calls.into_values().collect()
}

/// The table head with a group of columns for each target.
fn head(targets: &[&str], first: &[&str], columns: &[&str]) -> Markup {
    html! {
        thead {
            tr {
                @for name in first { th scope="col" rowspan=[(!columns.is_empty()).then_some("2")] { (name) } }
                @for t in targets {
                    th scope="colgroup" colspan=[(columns.len() > 1).then_some(columns.len())] data-target=(line(t)) { (line(t)) }
                }
            }
            @if !columns.is_empty() { tr { @for _ in targets { @for c in columns { th scope="col" { (c) } } } } }
        }
    }
}

fn locations(f: &Function<'_>, targets: &[&str]) -> Markup {
    let rows = aligned(&f.on);
    html! {
        @if rows.is_empty() {
            p.hint { "Neither parameters nor results are recorded." }
        } @else {
            div.wide {
                table.facts.locations {
                    (head(targets, &["", "name", "type"], &["ABI assignment", "DWARF"]))
                    tbody {
                        @for row in &rows {
                            // A row has at least one target's variable.
                            @let any = row.iter().copied().flatten().next();
                            tr {
                                td { @if any.is_some_and(|v| v.result) { "result" } @else { "param" } }
                                th scope="row" { @if let Some(v) = any { (line(&v.name)) } }
                                td { @if let Some(v) = any { (line(&v.ty)) } }
                                @for v in row {
                                    @match v {
                                        Some(v) => { td { (line(&v.assigned)) } td { (said(v, any)) } },
                                        None => td colspan="2" { span.none { "not there" } },
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What DWARF says of a variable; its type too where another target has another.
fn said(v: &VariableRecord, first: Option<&VariableRecord>) -> Markup {
    html! {
        @if first.is_some_and(|f| f.ty != v.ty) { div { "type " (line(&v.ty)) } }
        @if v.locations.is_empty() { span.none { "not described" } }
        @for l in &v.locations { div { (range(l)) (line(&l.place)) } }
    }
}

fn range(l: &LocationRecord) -> Markup {
    html! { @if let Some((low, high)) = l.range { span.range { "[" (hex(low)) ", " (hex(high)) ") " } } }
}

fn hex(n: u64) -> String {
    format!("{n:#x}")
}

/// The variables of the targets, those of one name in one row.
fn aligned<'a>(on: &[Option<&'a FunctionRecord>]) -> Vec<Vec<Option<&'a VariableRecord>>> {
    let mut order: Vec<(bool, &str, usize)> = Vec::new();
    let mut rows: BTreeMap<(bool, &str, usize), Vec<Option<&'a VariableRecord>>> = BTreeMap::new();
    for (number, f) in on.iter().enumerate() {
        // Several may be called `_`.
        let mut seen: BTreeMap<(bool, &str), usize> = BTreeMap::new();
        for v in f.iter().flat_map(|f| &f.variables) {
            let nth = seen.entry((v.result, &v.name)).or_default();
            let key = (v.result, v.name.as_str(), *nth);
            *nth += 1;
            if !rows.contains_key(&key) {
                order.push(key);
            }
            rows.entry(key).or_insert_with(|| vec![None; on.len()])[number] = Some(v);
        }
    }
    order.iter().filter_map(|key| rows.remove(key)).collect()
}

/// Sizes, symbols and the assignment in the compiler's notation.
fn code(f: &Function<'_>, targets: &[&str]) -> Markup {
    let size = |shown: Option<u64>| html! { td { @if let Some(n) = shown { (n) } @else { "-" } } };
    let sizes = |pick: fn(&crate::function::CodeRecord) -> Option<u64>| {
        html! { @for f in &f.on { (size(f.and_then(|f| f.code.as_ref()).and_then(pick))) } }
    };
    html! {
        div.wide {
            table.facts {
                (head(targets, &[""], &[]))
                tbody {
                    tr { th scope="row" { "text bytes" } (sizes(|c| Some(c.text_bytes))) }
                    tr { th scope="row" { "frame bytes" } (sizes(|c| c.frame_bytes)) }
                    tr { th scope="row" { "instructions" } (sizes(|c| c.instructions)) }
                    tr { th scope="row" { "symbol" } @for f in &f.on { td { @if let Some(f) = f { code { (line(&f.symbol)) } } } } }
                    tr {
                        th scope="row" { "ABI assignment" }
                        @for f in &f.on { td { @if let Some(f) = f {
                            @for a in &f.assignment { div { code { (line(a)) } } }
                        } } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::example;

    #[test]
    fn variables_of_one_name_share_a_row() {
        let record = example::record();
        let mut two: Vec<FunctionRecord> = record.functions.clone();
        let blank = |result| VariableRecord {
            name: "_".into(),
            result,
            ty: "int".into(),
            assigned: String::new(),
            locations: vec![],
            described: None,
        };
        two[0].variables.extend([blank(false), blank(false), blank(true)]);
        two[1].variables.insert(0, blank(false));
        let on: Vec<Option<&FunctionRecord>> = vec![Some(&two[0]), None, Some(&two[1])];
        let rows: Vec<Vec<bool>> = aligned(&on).iter().map(|r| r.iter().map(Option::is_some).collect()).collect();
        let both = vec![true, false, true];
        let first = vec![true, false, false];
        assert_eq!(rows, [both.clone(), both, first.clone(), first]);
    }

    #[test]
    fn functions_of_other_calls_stay_apart() {
        let record = example::record();
        let mut other = record.functions[0].clone();
        other.calls = vec!["interface_method".into()];
        let all: Vec<&FunctionRecord> = record.functions.iter().chain([&other]).collect();
        let grouped = grouped(&all, &["linux-amd64", "linux-arm64"]);
        assert_eq!(grouped.iter().map(|f| f.on.iter().flatten().count()).collect::<Vec<_>>(), [2, 1]);
    }
}
