//! What fails, above everything else: equal failures told once. Below it, what
//! is known, skipped and not described, in counts.

use super::details::cell_link;
use super::index::symptom;
use crate::coordinate::Coordinate;
use crate::groups::{Group, groups};
use crate::html::differ::want_got;
use crate::html::page::command;
use crate::html::sign::Sign;
use crate::html::text::{issue, line};
use crate::overview::{self, counted};
use crate::pairs;
use crate::record::Record;
use crate::text::{clean, clip_pair};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// How many groups are told; the matrix has the cells of all of them.
const GROUPS_TOLD: usize = 500;
/// How many of them stand above the matrix without being asked for.
const GROUPS_SHOWN: usize = 10;
/// How many of them are open from the start.
const GROUPS_OPEN: usize = 1;
/// How many drill-downs of a group are named.
const PLACES_SHOWN: usize = 6;
/// How many characters of want and got a closed group shows.
const WIDE: usize = 60;

/// Longer symptoms are sought by their path.
const SOUGHT: usize = 300;

/// The failures, and what is counted only.
#[must_use]
pub fn section(record: &Record) -> Markup {
    let all = groups(record);
    html! {
        section #failures {
            @if all.is_empty() {
                h2 { "What fails" }
                p.hint { @if record.totals.judged() == 0 { "No cell was judged." } @else { "Nothing fails." } }
            } @else {
                h2 { "What fails " span.count { (all.len()) } }
                @let (shown, more) = all.split_at(all.len().min(GROUPS_SHOWN));
                @for (number, g) in shown.iter().enumerate() { (group(g, number < GROUPS_OPEN)) }
                @if !more.is_empty() {
                    details.more {
                        summary { (counted(more.len(), "more failure")) }
                        @let (told, rest) = more.split_at(more.len().min(GROUPS_TOLD));
                        @for g in told { (group(g, false)) }
                        @if !rest.is_empty() {
                            p.hint { "And " (rest.len()) " more: see the cells that fail below, or record.json." }
                        }
                    }
                }
            }
            (counted_only(record))
        }
    }
}

fn group(g: &Group<'_>, open: bool) -> Markup {
    let (want, got) = clip_pair(g.expected, g.actual, WIDE);
    html! {
        details.group open[open] {
            summary {
                // The words of groups are those of signs.
                @if let Some(sign) = Sign::ALL.iter().find(|s| s.word() == g.word) { (sign.badge()) } " "
                b { (line(g.oracle)) } " " @if !g.path.is_empty() { code { (line(g.path)) } } " "
                span.count { (counted(g.cells.len(), "cell")) }
                span.brief { " want " code { (want) } " got " code { (got) } }
            }
            (want_got(g.expected, g.basis, g.actual))
            dl.facts {
                dt { "cells" }
                dd {
                    @let places = places(&g.cells);
                    @for (cell, on) in places.iter().take(PLACES_SHOWN) { (place(cell, on)) }
                    @if let Some(rest) = places.len().checked_sub(PLACES_SHOWN).filter(|n| *n > 0) {
                        div { "and in " (counted(rest, "more build")) " of cases" }
                    }
                    div { a href={ "#q=" (encoded(&sought(g))) } { "All in the matrix" } }
                }
                @if !g.evidence.is_empty() {
                    dt { "evidence" }
                    dd { @for e in g.evidence { div { code { (line(e)) } } } }
                }
                @if !g.rerun.is_empty() { dt { "rerun" } dd { (command(&g.rerun)) } }
            }
        }
    }
}

/// The first cell of each drill-down that these cells share, and what they
/// differ in: target and call kinds.
fn places<'a>(cells: &[&'a str]) -> Vec<(&'a str, BTreeMap<&'a str, Vec<&'a str>>)> {
    let mut places: BTreeMap<_, (&str, BTreeMap<&str, Vec<&str>>)> = BTreeMap::new();
    for cell in cells {
        let c = Coordinate::of(cell);
        let place = places.entry((c.case, c.toolchain, c.build)).or_insert_with(|| (cell, BTreeMap::new()));
        place.1.entry(c.target).or_default().push(c.call);
    }
    places.into_values().collect()
}

fn place(cell: &str, on: &BTreeMap<&str, Vec<&str>>) -> Markup {
    let c = Coordinate::of(cell);
    html! {
        div {
            (cell_link(cell, c.case)) " " (line(c.toolchain)) " " (line(c.build))
            span.faint { @for (target, calls) in on { " · " (line(target)) ": " (line(&calls.join(", "))) } }
        }
    }
}

/// What finds the cells of a group in the matrix.
fn sought(g: &Group<'_>) -> String {
    if g.word == "fixed" {
        return g.oracle.to_string();
    }
    let whole = if g.path.is_empty() { g.actual.to_string() } else { symptom(g.path, g.expected, g.actual) };
    // A link has its limits, too.
    if whole.len() > SOUGHT { g.path.to_string() } else { clean(&whole) }
}

fn counted_only(record: &Record) -> Markup {
    let (known, skipped) = (overview::known(record), overview::skipped(record));
    let permitted = overview::permitted(record);
    let silent = overview::not_described(record);
    let sum = |counts: &BTreeMap<&str, u32>| counts.values().sum::<u32>();
    html! {
        @if !known.is_empty() {
            details.counted {
                summary { "Known: " (counted(sum(&known), "cell")) " as expected, " (counted(known.len(), "issue")) }
                ul { @for (text, n) in &known {
                    li { (issue(text)) ": " a href={ "#q=" (encoded(text)) "&outcome=known" } { (counted(n, "cell")) } }
                } }
            }
        }
        @if !permitted.is_empty() {
            details.counted {
                summary { "Permitted: " (counted(sum(&permitted), "cell")) " as the specification says, " (counted(permitted.len(), "operation")) }
                ul { @for (text, n) in &permitted {
                    li { (line(text)) ": " a href={ "#q=" (encoded(text)) "&outcome=permitted" } { (counted(n, "cell")) } }
                } }
            }
        }
        @if !skipped.is_empty() {
            details.counted {
                summary { "Skipped: " (counted(sum(&skipped), "cell")) " not run" }
                ul { @for (why, n) in &skipped {
                    li { (line(why)) ": " a href={ "#q=" (encoded(why)) "&outcome=skipped" } { (counted(n, "cell")) } }
                } }
            }
        }
        @let pairs = pairs::pairs(record);
        @if !pairs.is_empty() {
            details.counted {
                summary { "Pairs covered: " (pairs.iter().map(|p| p.covered).sum::<usize>()) " of " (pairs.iter().map(|p| p.possible).sum::<usize>()) }
                ul { @for p in &pairs {
                    li {
                        (p.axes.0) " x " (p.axes.1) ": " (p.covered) " of " (p.possible)
                        @for (a, b) in &p.missing { ", not " (line(a)) " with " (line(b)) }
                    }
                } }
            }
        }
        @if !silent.is_empty() {
            details.counted {
                summary { "Not described: " (counted(silent.values().sum::<u64>(), "place")) }
                ul { @for (oracle, n) in &silent {
                    li { (counted(n, "place")) " that " b { (line(oracle)) } " should name and leaves empty" }
                } }
            }
        }
    }
}

/// A text as the value of a URL's fragment, in quotes for the search, which
/// then takes it as one.
fn encoded(text: &str) -> String {
    let mut out = String::from("%22");
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            0..=255 => out += &format!("%{byte:02X}"),
        }
    }
    out + "%22"
}

#[cfg(test)]
mod tests {
    #[test]
    fn fragments_are_encoded() {
        assert_eq!(super::encoded("a[0] \"é\""), "%22a%5B0%5D%20%22%C3%A9%22%22");
    }
}
