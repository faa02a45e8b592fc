//! `values`: each argument as the callee saw it and each result as the caller
//! saw it, bit for bit, against the case.

use super::{OpenFact, Oracle, Subject, VectorSeen, identified};
use goabi_cases::case::Outcome;
use goabi_cases::value::{Value, differences, identify, show};
use goabi_generators::call::Results;
use goabi_reports::verdict::{Basis, Verdict};
use goabi_runners::observe::records::{CallRecords, Fact};

pub(super) struct Kind;

impl Oracle for Kind {
    fn id(&self) -> &'static str {
        "values"
    }
    fn about(&self) -> &'static str {
        "arguments as the callee saw them, results as the caller saw them"
    }
    fn judge(&self, s: &Subject) -> Vec<Verdict> {
        s.vectors.iter().enumerate().flat_map(|(i, v)| vector(s, i, v)).collect()
    }
    fn open(&self, s: &Subject) -> Vec<OpenFact> {
        let mut out = Vec::new();
        for (i, v) in s.vectors.iter().enumerate() {
            let Fact::Seen(r) = &v.records else { continue };
            let Some(results) = &r.results else { continue };
            let stated = match &v.expected.outcome {
                Outcome::Returns(want) | Outcome::Recovered { results: Some(want), .. } => want.as_slice(),
                Outcome::Recovered { results: None, .. } => &[],
                Outcome::Dies { .. } | Outcome::Goexit => continue,
            };
            for (n, got) in results.iter().enumerate() {
                if stated.get(n).is_none_or(|want| *want == Value::Unstated) {
                    let path = format!("vectors[{i}].results[{n}]");
                    out.push(OpenFact { path, class: String::new(), text: open_text(got) });
                }
            }
        }
        out
    }
}

/// The text by which cells compare what a case leaves open. Memory and
/// capacities are each cell's own affair.
fn open_text(v: &Value) -> String {
    fn strip(v: &mut Value) {
        match v {
            Value::Slice(Some(s)) => {
                s.cap = None;
                s.elems.iter_mut().for_each(strip);
            }
            Value::Array(items) | Value::Struct(items) => items.iter_mut().for_each(strip),
            Value::Pointer(Some(p)) => p.target.iter_mut().for_each(|t| strip(t)),
            Value::Interface(Some(d)) => strip(&mut d.value),
            Value::Map(Some(m)) => m.entries.iter_mut().for_each(|(k, v)| {
                strip(k);
                strip(v);
            }),
            _ => {}
        }
    }
    let mut v = v.clone();
    identify([&mut v]);
    strip(&mut v);
    show(&v)
}

fn vector(s: &Subject, i: usize, v: &VectorSeen) -> Vec<Verdict> {
    let records = match &v.records {
        Fact::Seen(r) => r,
        Fact::NotRequested => return vec![Verdict::Unobserved(format!("vectors[{i}]: the call was not asked for"))],
        Fact::Unavailable(why) => return vec![Verdict::Unobserved(format!("vectors[{i}]: {why}"))],
    };
    let seen = identified(records, v.expected.args.len());
    let mut out = arguments(s, i, v, &seen);
    out.extend(context(s, i, v, records));
    match (&v.expected.outcome, &seen.results) {
        (Outcome::Returns(want), Some(got)) if want.len() == got.len() => {
            for (n, (w, g)) in want.iter().zip(got).enumerate() {
                out.push(compare(s, format!("vectors[{i}].results[{n}]"), w, g));
            }
        }
        (Outcome::Returns(want), Some(got)) => out.push(s.finding(
            "values",
            format!("vectors[{i}].results"),
            Basis::Case,
            format!("{} results", want.len()),
            format!("{} results", got.len()),
            vec![],
        )),
        (Outcome::Returns(_), None) if v.site.results == Results::Dropped => {
            out.push(Verdict::Inapplicable("nobody gets the results of a deferred call".into()));
        }
        // The outcome itself is the question of `panics`, which fails here.
        (Outcome::Returns(_), None) => out.push(Verdict::Inapplicable("the call did not return".into())),
        (Outcome::Recovered { .. } | Outcome::Dies { .. } | Outcome::Goexit, _) => {
            out.push(Verdict::Inapplicable("the call is not to return plainly".into()));
        }
    }
    out
}

fn arguments(s: &Subject, i: usize, v: &VectorSeen, seen: &CallRecords) -> Vec<Verdict> {
    if !s.case.record_args {
        return vec![Verdict::Inapplicable("the case does not record arguments".into())];
    }
    let Some(got) = &seen.args else {
        return vec![Verdict::Unobserved(format!("vectors[{i}].args: the callee did not report that it was entered"))];
    };
    let mut out = Vec::new();
    for (n, want) in v.expected.args.iter().enumerate() {
        let path = format!("vectors[{i}].args[{n}]");
        match (want, got.get(n)) {
            (Value::Unstated, Some(None)) => {
                out.push(Verdict::Inapplicable("a parameter without a name cannot be read".into()))
            }
            (_, Some(Some(got))) => out.push(compare(s, path, want, got)),
            (_, Some(None) | None) => out.push(Verdict::Unobserved(format!("{path}: the callee did not report it"))),
        }
    }
    if v.expected.args.is_empty() {
        out.push(Verdict::Agree);
    }
    out
}

/// What came with the call beside its arguments: a receiver, captured variables.
fn context(s: &Subject, i: usize, v: &VectorSeen, records: &CallRecords) -> Vec<Verdict> {
    let mut out = Vec::new();
    for n in 0..v.site.context.len().max(records.context.len()) {
        let path = format!("vectors[{i}].context[{n}]");
        out.push(match (v.site.context.get(n), records.context.get(n)) {
            (Some(want), Some(got)) => {
                let (mut want, mut got) = (want.clone(), got.clone());
                identify([&mut want]);
                identify([&mut got]);
                compare(s, path, &want, &got)
            }
            (Some(_), None) => Verdict::Unobserved(format!("{path}: the callee did not report it")),
            (None, Some(got)) => s.finding("values", path, Basis::Case, "nothing".into(), show(got), vec![]),
            (None, None) => continue,
        });
    }
    out
}

/// Compares one identified value with another; the finding lists all differences.
fn compare(s: &Subject, path: String, want: &Value, got: &Value) -> Verdict {
    let all = differences(want, got);
    let Some(first) = all.first() else { return Verdict::Agree };
    let whole = |v: &Value| {
        let mut text = show(v);
        if text.len() > 600 {
            let mut end = 600;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
            text.push_str(" ...");
        }
        text
    };
    let mut evidence = Vec::new();
    if !first.path.is_empty() {
        evidence.push(format!("whole value wanted: {}", whole(want)));
        evidence.push(format!("whole value got:    {}", whole(got)));
    }
    evidence
        .extend(all.iter().skip(1).take(8).map(|d| format!("also {path}{}: want {}, got {}", d.path, d.want, d.got)));
    s.finding("values", format!("{path}{}", first.path), Basis::Case, first.want.clone(), first.got.clone(), evidence)
}

#[cfg(test)]
#[path = "../planted_tests.rs"]
pub(crate) mod planted;

#[cfg(test)]
#[path = "../values_tests.rs"]
mod tests;
