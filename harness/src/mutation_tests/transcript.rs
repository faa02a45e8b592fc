//! What a sound program writes for wanted values: the opposite of
//! `goabi_runners::observe::records`, written without it.

use goabi_cases::case::{Expected, Outcome, RecoveredBy};
use goabi_cases::value::{Place, Value};
use std::collections::HashMap;
use std::fmt::Write;

/// Record lines of a call whose outcome is as wanted; `None` where it reports no results.
pub fn lines(expected: &Expected) -> Option<Vec<String>> {
    let reported = match &expected.outcome {
        Outcome::Returns(_) => true,
        Outcome::Recovered { by, results, .. } => *by == RecoveredBy::Callee && results.is_some(),
        Outcome::Dies { .. } | Outcome::Goexit => false,
    };
    reported.then(|| whole(expected))
}

/// Record lines of a call whose outcome is as wanted, as far as it came.
pub fn whole(expected: &Expected) -> Vec<String> {
    let mut w = Writer::default();
    let mut out = vec![format!("args {}", expected.args.len())];
    for (i, v) in expected.args.iter().enumerate().filter(|(_, v)| **v != Value::Unstated) {
        out.push(format!("arg {i} {}", w.json(v)));
    }
    let (mut results, mut end) = (None, Some("returned"));
    match &expected.outcome {
        Outcome::Returns(r) => results = Some(r),
        Outcome::Recovered { by, value, ty, text, results: after } => {
            let ty = ty.as_deref().unwrap_or("int");
            let value = match value {
                Some(v) => Writer::default().json(v),
                None => format!("[\"n\",{},[\"i\",\"0\"]]", quote(ty.as_bytes())),
            };
            let text = text.as_ref().map_or("null".into(), |t| quote(t.as_bytes()));
            let by = match by {
                RecoveredBy::Callee => "callee",
                RecoveredBy::Caller => "caller",
                RecoveredBy::Nobody => "nobody",
            };
            out.push(format!("recovered {by} {text} {value}"));
            results = after.as_ref();
        }
        Outcome::Goexit => end = Some("goexit"),
        Outcome::Dies { .. } => end = None,
    }
    if let Some(results) = results {
        out.push(format!("ress {}", results.len()));
        for (i, v) in results.iter().enumerate() {
            out.push(format!("res {i} {}", w.json(v)));
        }
    }
    out.extend(expected.trace.iter().flatten().map(|t| format!("trace {}", quote(t.as_bytes()))));
    if let Some(end) = end {
        out.extend([end.to_string(), format!("goroutines {}", expected.goroutines)]);
    }
    out
}

/// Gives out addresses, and knows what lay behind those that were seen before.
#[derive(Default)]
struct Writer {
    targets: HashMap<u32, Value>,
}

fn quote(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for b in bytes {
        let _ = write!(out, "\\u{:04x}", b);
    }
    out + "\""
}

fn address(p: Place) -> String {
    match p {
        Place::Seen(n, offset) => format!("\"{:x}\"", 0xc0_0000_0000 + (i64::from(n) << 24) + offset),
        Place::Nowhere => "\"5c9020\"".into(),
        Place::Address(_) => panic!("wanted values are identified"),
    }
}

impl Writer {
    fn list(&mut self, items: &[Value]) -> String {
        let items: Vec<String> = items.iter().map(|v| self.json(v)).collect();
        format!("[{}]", items.join(","))
    }

    fn json(&mut self, v: &Value) -> String {
        match v {
            Value::Bool(b) => format!("[\"b\",\"{}\"]", u8::from(*b)),
            Value::Int(n) => format!("[\"i\",\"{n}\"]"),
            Value::Float32(b) => format!("[\"f\",\"{b:x}\"]"),
            Value::Float64(b) => format!("[\"d\",\"{b:x}\"]"),
            Value::Complex64(r, i) => format!("[\"c\",\"{r:x}\",\"{i:x}\"]"),
            Value::Complex128(r, i) => format!("[\"C\",\"{r:x}\",\"{i:x}\"]"),
            Value::String(s) => format!("[\"s\",{}]", quote(s)),
            Value::Slice(None) => "[\"l\"]".into(),
            Value::Slice(Some(s)) => {
                // Where Go leaves the capacity open, a program may well have some more.
                let cap = s.cap.unwrap_or(s.elems.len() as u64 + 3);
                format!("[\"l\",{},{cap},{},{}]", address(s.place), s.elem_size, self.list(&s.elems))
            }
            Value::Array(items) => format!("[\"a\",{}]", self.list(items)),
            Value::Struct(items) => format!("[\"t\",{}]", self.list(items)),
            Value::Pointer(None) => "[\"p\"]".into(),
            Value::Pointer(Some(p)) => {
                let place = if p.place == Place::Nowhere { "\"0\"".into() } else { address(p.place) };
                let target = match (&p.target, p.place) {
                    (Some(t), Place::Seen(n, _)) => {
                        self.targets.insert(n, t.as_ref().clone());
                        Some(t.as_ref().clone())
                    }
                    (Some(t), _) => Some(t.as_ref().clone()),
                    (None, Place::Seen(n, _)) => self.targets.get(&n).cloned(),
                    (None, _) => None,
                };
                match target {
                    Some(t) => format!("[\"p\",{place},{}]", self.json(&t)),
                    None => format!("[\"p\",{place}]"),
                }
            }
            Value::Map(None) => "[\"m\"]".into(),
            Value::Map(Some(m)) => {
                let mut entries = Vec::new();
                for (k, v) in &m.entries {
                    entries.push(format!("[{},{}]", self.json(k), self.json(v)));
                }
                format!("[\"m\",{},[{}]]", address(m.place), entries.join(","))
            }
            Value::Chan(None) => "[\"h\"]".into(),
            Value::Chan(Some(c)) => format!("[\"h\",{},{},{}]", address(c.place), c.len, c.cap),
            Value::Func(None) => "[\"F\"]".into(),
            Value::Func(Some(f)) => format!("[\"F\",{}]", self.list(&f.returns)),
            Value::Interface(None) => "[\"n\"]".into(),
            Value::Interface(Some(d)) => format!("[\"n\",{},{}]", quote(d.ty.as_bytes()), self.json(&d.value)),
            Value::UnsafePointer(None) => "[\"u\"]".into(),
            Value::UnsafePointer(Some(p)) => format!("[\"u\",{}]", address(*p)),
            // The case leaves it open: any value will do.
            Value::Unstated => "[\"i\",\"0\"]".into(),
        }
    }
}
