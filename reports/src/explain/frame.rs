//! `--abi0`: the argument area as a comment for a Go assembly file, ready to
//! paste, and loads and stores by the names that `go vet` accepts.

use super::model::{Explanation, Operand, Port};
use crate::text::clean;
use std::fmt::Write;

/// The frames of all ports, those that are alike once.
#[must_use]
pub fn render(e: &Explanation) -> String {
    let mut alike: Vec<(&Port, Vec<&str>)> = Vec::new();
    for p in &e.ports {
        match alike.iter_mut().find(|(first, _)| first.frame == p.frame) {
            Some((_, names)) if names.contains(&p.goarch()) => {}
            Some((_, names)) => names.push(p.goarch()),
            None => alike.push((p, vec![p.goarch()])),
        }
    }
    let blocks: Vec<String> = alike.iter().map(|(p, names)| block(e, p, names)).collect();
    blocks.join("\n")
}

fn block(e: &Explanation, p: &Port, names: &[&str]) -> String {
    let mut out = String::new();
    let tail = e.signature.strip_prefix("func").unwrap_or(&e.signature);
    let function = if e.function.is_empty() { "f" } else { &e.function };
    let _ = writeln!(out, "// {}", names.join(", "));
    let _ = writeln!(out, "// func {}{}", clean(function), clean(tail));
    let operand = |o: &Operand| o.operand.chars().count();
    let wide = p.frame.operands.iter().map(operand).max().unwrap_or(0);
    for (heading, result) in [("arguments", false), ("results", true)] {
        let mut list = p.frame.operands.iter().filter(|o| o.result == result).peekable();
        if list.peek().is_some() {
            let _ = writeln!(out, "//   {heading}:");
        }
        for o in list {
            let bytes = if o.bytes == 1 { "byte" } else { "bytes" };
            let _ = writeln!(out, "//     {:wide$}  {:>2} {bytes:5}  {}", clean(&o.operand), o.bytes, clean(&o.ty));
        }
    }
    let _ = writeln!(out, "{}", clean(&p.frame.text));
    out
}
