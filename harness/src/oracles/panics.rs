//! `panics`: how each call ended, what was recovered and by whom, what the
//! results were afterwards, in which order things happened, how many goroutines
//! it left behind; and for processes that are to die their exit status, the
//! runtime's message and the frames of its traceback.

use super::{OpenFact, Oracle, Subject, VectorSeen, identified};
use crate::traceback::{self, Found, Wrong};
use goabi_cases::case::{Action, Frame, Outcome, RecoveredBy};
use goabi_cases::selector::glob;
use goabi_cases::value::{Value, differences, identify, show};
use goabi_generators::call::{Meanwhile, Results};
use goabi_generators::names;
use goabi_reports::verdict::{Basis, Verdict};
use goabi_runners::observe::records::{CallRecords, Fact, Recovered};
use goabi_runners::process::Ended;
use goabi_runners::run::{Death, UnitEnd};
use goabi_runners::stood::Stood;

pub(super) struct Kind;

impl Oracle for Kind {
    fn id(&self) -> &'static str {
        "panics"
    }
    fn about(&self) -> &'static str {
        "how the call ended: return, recovered panic, Goexit, death; results, order of events, goroutines left, frames"
    }
    fn judge(&self, s: &Subject) -> Vec<Verdict> {
        s.vectors.iter().enumerate().flat_map(|(i, v)| vector(s, i, v)).collect()
    }
    fn open(&self, s: &Subject) -> Vec<OpenFact> {
        let mut out = Vec::new();
        for (i, v) in s.vectors.iter().enumerate() {
            let Fact::Seen(r) = &v.records else { continue };
            if let Outcome::Returns(_) = v.expected.outcome {
                // Texts of runtime errors change with releases and with the width of an int.
                let class = format!("{} {}", s.cell.toolchain, s.arch.word_size);
                let told = r.recovered.iter().filter(|x| x.by != OUTER);
                let text = told.map(recovered_words).collect::<Vec<_>>().join("; ");
                out.push(OpenFact { path: format!("vectors[{i}].recovered"), class, text });
            }
            if v.expected.trace.is_none() {
                let path = format!("vectors[{i}].trace");
                out.push(OpenFact { path, class: String::new(), text: r.trace.join(" ") });
            }
        }
        out
    }
}

/// What was recovered, by whom: dynamic type and text.
fn recovered_words(r: &Recovered) -> String {
    let ty = match &r.value {
        Value::Interface(Some(d)) => d.ty.as_str(),
        _ => "nil",
    };
    format!("{} {ty} {:?}", r.by, r.text)
}

/// The line with which the runtime begins to say why it dies.
fn first_line(d: &Death) -> Option<&str> {
    d.stderr.lines().map(str::trim_end).find(|l| l.starts_with("panic: ") || l.starts_with("fatal error: "))
}

/// How the call ended, in words.
fn ending(v: &VectorSeen, r: &CallRecords) -> String {
    match &v.end {
        UnitEnd::Died(d) => {
            if let Some(stop) = d.stopped {
                return format!("stopped: {stop}");
            }
            let line = first_line(d).or_else(|| d.stderr.lines().next()).unwrap_or("nothing on stderr");
            format!("died: {}, {line}", d.ended)
        }
        UnitEnd::Untrusted(why) | UnitEnd::NotRun(why) => why.clone(),
        UnitEnd::Finished => {
            if r.goexit {
                "runtime.Goexit".into()
            } else if let Some(rec) = last_recovered(r, None) {
                format!("{} recovered {}", rec.by, show(&rec.value))
            } else if r.returned {
                "returned".into()
            } else {
                "ended without saying how".into()
            }
        }
    }
}

/// What was recovered last, by anyone or by the one given; nothing to recover does not count.
fn last_recovered<'a>(r: &'a CallRecords, by: Option<&str>) -> Option<&'a Recovered> {
    // What is left of the caller's own panic is a question of its own.
    let told = r.recovered.iter().rev().filter(|x| x.by != OUTER);
    told.into_iter().find(|x| x.value != Value::Interface(None) && by.is_none_or(|b| b == x.by))
}

/// By whom the end of a caller's own panic is told.
const OUTER: &str = "outer";

/// Whether the caller's own panic was still under way when the call had come to
/// its end: a `recover` ends it if, and only if, it was "called directly by a
/// deferred function" (Go specification, Handling panics).
fn underway(s: &Subject, i: usize, v: &VectorSeen, r: &CallRecords) -> Option<Verdict> {
    if v.site.meanwhile == Meanwhile::Nothing {
        return None;
    }
    let path = format!("vectors[{i}].underway");
    let told: Vec<bool> =
        r.recovered.iter().filter(|x| x.by == OUTER).map(|x| x.value != Value::Interface(None)).collect();
    let want = match (s.case.recovers, v.site.deferred_itself) {
        (false, _) => true,
        (true, Some(itself)) => !itself,
        (true, None) => {
            let why = "the specification does not say whether this defers the function itself";
            return Some(Verdict::Inapplicable(why.into()));
        }
    };
    let words = |panics: bool| if panics { "the caller's panic goes on" } else { "the caller's panic was recovered" };
    Some(match told.as_slice() {
        // That the process died is what the outcome tells.
        [] if matches!(v.end, UnitEnd::Died(_)) => return None,
        [] => Verdict::Unobserved(format!("{path}: the caller did not report it")),
        [got] if *got == want => Verdict::Agree,
        [got] => s.finding("panics", path, Basis::Spec, words(want).into(), words(*got).into(), evidence(v)),
        more => s.finding(
            "panics",
            path,
            Basis::Spec,
            words(want).into(),
            format!("it was told {} times", more.len()),
            vec![],
        ),
    })
}

fn by_word(by: RecoveredBy) -> &'static str {
    match by {
        RecoveredBy::Callee => "callee",
        RecoveredBy::Caller => "caller",
        RecoveredBy::Nobody => "nobody",
    }
}

/// Where a goroutine stood that a signal had preempted.
fn stood(s: &Stood) -> Vec<String> {
    let who = if s.named { "which could not be unwound," } else { "which was preempted," };
    let pc = s.pc.map(|pc| format!(" ({pc:#x})")).unwrap_or_default();
    let first = format!("goroutine {}, {who} stood at {} +{:#x}{pc}, {}", s.goroutine, s.function, s.offset, s.place);
    std::iter::once(first).chain(s.instructions.iter().map(|i| format!("  {i}"))).collect()
}

fn evidence(v: &VectorSeen) -> Vec<String> {
    match &v.end {
        UnitEnd::Died(d) => {
            let said = d.stderr.lines().take(12).map(|l| format!("stderr: {l}"));
            d.stood.iter().flat_map(stood).chain(said).collect()
        }
        UnitEnd::Finished | UnitEnd::Untrusted(_) | UnitEnd::NotRun(_) => vec![],
    }
}

fn vector(s: &Subject, i: usize, v: &VectorSeen) -> Vec<Verdict> {
    let empty = CallRecords::default();
    let r = match (&v.records, &v.end) {
        (_, UnitEnd::Untrusted(why) | UnitEnd::NotRun(why)) => {
            return vec![Verdict::Unobserved(format!("vectors[{i}]: {why}"))];
        }
        (Fact::Seen(r), _) => r,
        // A process that died is seen to have died even if its records are cut short.
        (_, UnitEnd::Died(_)) => &empty,
        (Fact::NotRequested, _) => {
            return vec![Verdict::Unobserved(format!("vectors[{i}]: the call was not asked for"))];
        }
        (Fact::Unavailable(why), _) => return vec![Verdict::Unobserved(format!("vectors[{i}]: {why}"))],
    };
    let mut out = Vec::new();
    let outcome = |want: String| {
        s.finding("panics", format!("vectors[{i}].outcome"), Basis::Case, want, ending(v, r), evidence(v))
    };
    let finished = v.end == UnitEnd::Finished;
    // Of a deferred call the end is seen, and not what it gave.
    let ended = r.results.is_some() || (r.dropped && v.site.results == Results::Dropped);
    out.extend(underway(s, i, v, r));
    match &v.expected.outcome {
        Outcome::Returns(_) => {
            let generated = s.case.vectors.get(i).is_some_and(|v| v.action != Action::Body);
            let surprise = generated && last_recovered(r, None).is_some();
            let plain =
                finished && r.returned && ended && !r.goexit && !surprise && last_recovered(r, Some("unit")).is_none();
            out.push(if plain { Verdict::Agree } else { outcome("returned".into()) });
        }
        Outcome::Goexit => {
            let ok = finished && r.goexit && !r.returned && !ended;
            out.push(if ok { Verdict::Agree } else { outcome("runtime.Goexit".into()) });
        }
        Outcome::Dies { line, exit, chain, frames } => {
            out.push(dies(s, i, v, line, *exit, r));
            if let UnitEnd::Died(d) = &v.end {
                told(s, i, v, d, chain.as_deref(), frames, &mut out);
            }
        }
        Outcome::Recovered { by, value, ty, text, results } => {
            let found = last_recovered(r, Some(by_word(*by))).filter(|_| finished && r.returned);
            // A call whose caller recovers did not return; one whose callee recovers did.
            let returned = ended == (*by == RecoveredBy::Callee);
            let Some(found) = found.filter(|_| returned) else {
                out.push(outcome(format!("{} recovered {}", by_word(*by), wanted_value(value, ty, text))));
                out.extend(left(s, i, v, r));
                return out;
            };
            recovered(s, i, found, value.as_ref(), ty.as_deref(), text.as_deref(), &mut out);
            if let Some(want) = results.as_ref().filter(|_| v.site.results == Results::Returned) {
                results_after(s, i, want, r, &mut out);
            }
        }
    }
    if let Some(want) = &v.expected.trace {
        out.push(if *want == r.trace {
            Verdict::Agree
        } else {
            let (want, got) = (want.join(", "), r.trace.join(", "));
            s.finding("panics", format!("vectors[{i}].trace"), Basis::Case, want, got, evidence(v))
        });
    }
    out.extend(left(s, i, v, r));
    out
}

/// What the call left behind on other goroutines, of a process that went on.
fn left(s: &Subject, i: usize, v: &VectorSeen, r: &CallRecords) -> Option<Verdict> {
    if v.end != UnitEnd::Finished {
        return None;
    }
    let path = format!("vectors[{i}].goroutines");
    let words = |n: u32| format!("{n} left behind");
    Some(match r.goroutines {
        None => Verdict::Unobserved(format!("{path}: nobody counted them")),
        Some(n) if n == v.expected.goroutines => Verdict::Agree,
        Some(n) => s.finding("panics", path, Basis::Case, words(v.expected.goroutines), words(n), vec![]),
    })
}

/// What the runtime said beyond its first line, of a process that is to die.
fn told(
    s: &Subject,
    i: usize,
    v: &VectorSeen,
    death: &Death,
    chain: Option<&[String]>,
    frames: &[Frame],
    out: &mut Vec<Verdict>,
) {
    let wrong = |w: Wrong| {
        let path = format!("vectors[{i}].{}", w.path);
        let said = death.stderr.lines().take(60).map(|l| format!("stderr: {l}")).collect();
        s.finding("panics", path, Basis::Case, w.expected, w.actual, said)
    };
    if let Some(chain) = chain {
        out.push(traceback::chain(&death.stderr, chain).map_or(Verdict::Agree, wrong));
    }
    if frames.is_empty() {
        return;
    }
    let package = names::package_path(&s.case.id.topic, &s.case.id.file);
    match traceback::frames(&death.stderr, frames, &v.site, &package) {
        Found::All(n) => out.extend(std::iter::repeat_n(Verdict::Agree, n)),
        Found::Wrong(all) => out.extend(all.into_iter().map(wrong)),
        Found::Unknown(why) => out.push(Verdict::Unobserved(format!("vectors[{i}].frames: {why}"))),
    }
}

fn wanted_value(value: &Option<Value>, ty: &Option<String>, text: &Option<String>) -> String {
    match (value, ty, text) {
        (Some(v), _, _) => show(v),
        (None, Some(t), _) => format!("a {t}"),
        (None, None, Some(t)) => format!("{t:?}"),
        (None, None, None) => "a panic".into(),
    }
}

fn dies(s: &Subject, i: usize, v: &VectorSeen, line: &str, exit: u32, r: &CallRecords) -> Verdict {
    let want = format!("died: {}, {line}", Ended::Exited(i32::try_from(exit).unwrap_or(-1)));
    let differs =
        |got: String| s.finding("panics", format!("vectors[{i}].outcome"), Basis::Case, want.clone(), got, evidence(v));
    match &v.end {
        UnitEnd::Died(d) if d.stopped.is_none() => {
            let status = matches!(d.ended, Ended::Exited(e) if u32::try_from(e) == Ok(exit));
            let said = first_line(d).is_some_and(|l| glob(line, l));
            // Had it returned before, the process died of something else.
            if status && said && !r.returned { Verdict::Agree } else { differs(ending(v, r)) }
        }
        UnitEnd::Died(_) | UnitEnd::Finished | UnitEnd::Untrusted(_) | UnitEnd::NotRun(_) => differs(ending(v, r)),
    }
}

fn recovered(
    s: &Subject,
    i: usize,
    found: &Recovered,
    value: Option<&Value>,
    ty: Option<&str>,
    text: Option<&str>,
    out: &mut Vec<Verdict>,
) {
    let path = |what: &str| format!("vectors[{i}].recovered{what}");
    let mut got = found.value.clone();
    identify([&mut got]);
    if let Some(want) = value {
        let all = differences(want, &got);
        out.push(match all.first() {
            None => Verdict::Agree,
            Some(d) => {
                let whole =
                    vec![format!("whole value wanted: {}", show(want)), format!("whole value got:    {}", show(&got))];
                s.finding("panics", path(&d.path), Basis::Case, d.want.clone(), d.got.clone(), whole)
            }
        });
    }
    let mut same = |what: &str, want: Option<&str>, got: &str| {
        if let Some(want) = want {
            out.push(if want == got {
                Verdict::Agree
            } else {
                s.finding("panics", path(what), Basis::Case, want.to_string(), got.to_string(), vec![])
            });
        }
    };
    let dynamic = match &got {
        Value::Interface(Some(d)) => d.ty.as_str(),
        _ => "nil",
    };
    same(".type", ty, dynamic);
    same(".text", text, found.text.as_deref().unwrap_or("(it has no text)"));
}

fn results_after(s: &Subject, i: usize, want: &[Value], r: &CallRecords, out: &mut Vec<Verdict>) {
    let seen = identified(r, s.case.signature.params.len());
    let got = seen.results.unwrap_or_default();
    if got.len() != want.len() {
        out.push(Verdict::Unobserved(format!("vectors[{i}].results: {} of {} were reported", got.len(), want.len())));
        return;
    }
    for (n, (w, g)) in want.iter().zip(&got).enumerate() {
        let all = differences(w, g);
        out.push(match all.first() {
            None => Verdict::Agree,
            Some(d) => {
                let path = format!("vectors[{i}].results[{n}]{}", d.path);
                s.finding(
                    "panics",
                    path,
                    Basis::Case,
                    d.want.clone(),
                    d.got.clone(),
                    vec![format!("after the panic was recovered; whole value got: {}", show(g))],
                )
            }
        });
    }
}

#[cfg(test)]
#[path = "../panics_tests.rs"]
mod tests;
