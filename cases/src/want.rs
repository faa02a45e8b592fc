//! What a vector makes its function do, and what it wants of it: the rules by
//! which `returns`, `panics` and `wants` go together.

use crate::case::{Action, Frame, RecoveredBy, Want};
use crate::decode::Reader;
use crate::load::{Decided, recovered_by, says_outcome};
use crate::raw::{RawCase, RawPanics, RawVector, RawWants};
use crate::signature::Signature;
use crate::yaml::Text;

fn texts(l: &[Text]) -> Vec<String> {
    l.iter().map(|t| t.value.trim().to_string()).collect()
}

/// Decides; `None` after a mistake was noted.
pub(crate) fn decide(r: &mut Reader, v: &RawVector, case: &RawCase, sig: &Signature) -> Option<Decided> {
    let at = r.source.text[v.span.start..].find('\n').map_or(v.span.end, |i| v.span.start + i).min(v.span.end);
    let here = v.span.start..at;
    let outcome = v.wants.as_ref().filter(|w| says_outcome(w));
    match (&v.panics, &v.returns, outcome) {
        (Some(p), _, _) if case.body.is_some() => {
            r.mistake(
                p.span.clone(),
                "`panics` is for functions without a body",
                Some("panic in the body and say what you want under `wants`".into()),
            );
            None
        }
        (Some(p), Some(_), _) => {
            r.mistake(p.span.clone(), "a function cannot both return and panic: `returns` or `panics`", None);
            None
        }
        (Some(p), None, w) => panics(r, p, w, sig),
        (None, Some(results), None) => {
            let results = results.list();
            let want = texts(results);
            let action = if case.body.is_some() { Action::Body } else { Action::Return(want.clone()) };
            if action != Action::Body
                && let Some(t) = results.iter().find(|t| t.value.trim() == "_")
            {
                r.mistake(
                    t.span.clone(),
                    "a function without a body returns what stands here; `_` is for those with one",
                    None,
                );
                return None;
            }
            Some((action, Want::Returns(want)))
        }
        (None, Some(_), Some(w)) => {
            r.mistake(
                w.span.clone(),
                "`returns` says what is wanted; only `trace` and `goroutines` may stand beside it",
                None,
            );
            None
        }
        (None, None, Some(_)) if case.body.is_none() => {
            r.mistake(here, "a function without a body needs `returns` or `panics`", None);
            None
        }
        (None, None, Some(w)) => Some((Action::Body, wanted(r, w, RecoveredBy::Callee)?)),
        (None, None, None) if r.misspelt(&v.span, &["returns", "panics", "wants"]) => None,
        (None, None, None) => {
            r.mistake(
                here,
                "the vector does not say what is wanted",
                Some("add `returns: [...]`, or `panics:` and `wants:`".into()),
            );
            None
        }
    }
}

fn panics(r: &mut Reader, p: &RawPanics, w: Option<&RawWants>, sig: &Signature) -> Option<Decided> {
    let by = recovered_by(r, &p.recovered_by)?;
    let after = p.after.unwrap_or(0) as usize;
    let Some(w) = w else {
        r.mistake(p.span.clone(), "say under `wants` what must come of the panic", None);
        return None;
    };
    if after > sig.results.len() {
        r.mistake(p.span.clone(), format!("`after: {after}`, but there are {} results", sig.results.len()), None);
        return None;
    }
    if after > 0 && sig.results.iter().take(after).any(|x| x.visible_name().is_none()) {
        r.mistake(p.span.clone(), "only named results can be set before a panic", Some("name them in `func:`".into()));
        return None;
    }
    let mut set = Vec::new();
    if after > 0 {
        let Some(results) = &w.results else {
            r.mistake(w.span.clone(), "`after` sets the first of these results: `results` is wanted here", None);
            return None;
        };
        set = texts(results.list()).into_iter().take(after).collect();
    }
    let mut want = wanted(r, w, by)?;
    let fits = match (&mut want, by) {
        (Want::Recovered { by: b, results, .. }, RecoveredBy::Callee) => {
            *b = by;
            if results.is_none() {
                r.mistake(w.span.clone(), "say which `results` the caller gets after the callee recovered", None);
                return None;
            }
            true
        }
        (Want::Recovered { by: b, results, .. }, RecoveredBy::Caller) => {
            *b = by;
            // The call did not return: what was set is not seen by anybody.
            *results = None;
            true
        }
        (Want::Dies { .. }, RecoveredBy::Nobody) => true,
        _ => false,
    };
    if !fits {
        let message = format!("a panic that {} recovers does not end like this", p.recovered_by.value);
        r.mistake(w.span.clone(), message, Some("`recovered:` for callee and caller, `dies:` for nobody".into()));
        return None;
    }
    Some((Action::Panic { value: p.value.value.trim().to_string(), set, by }, want))
}

fn wanted(r: &mut Reader, w: &RawWants, by: RecoveredBy) -> Option<Want> {
    let by = match &w.by {
        Some(t) => recovered_by(r, t)?,
        None => by,
    };
    let recovers = w.recovered.is_some() || w.recovered_type.is_some() || w.recovered_text.is_some();
    let kinds = usize::from(recovers) + usize::from(w.dies.is_some()) + usize::from(w.goexit == Some(true));
    if kinds != 1 {
        let message =
            "one outcome is wanted: `recovered` (or `recovered_type`, `recovered_text`), `dies`, or `goexit: true`";
        r.mistake(w.span.clone(), message, None);
        return None;
    }
    if let Some(line) = &w.dies {
        if !line.value.starts_with("panic: ") && !line.value.starts_with("fatal error: ") {
            r.mistake(line.span.clone(), "the line begins with `panic: ` or `fatal error: `", None);
            return None;
        }
        if w.goroutines.is_some() {
            r.mistake(w.span.clone(), "of a process that died no goroutines are left: `goroutines` says nothing", None);
            return None;
        }
        let (chain, frames) = (w.chain.as_deref().map(texts), frames(r, w)?);
        return Some(Want::Dies { line: line.value.clone(), exit: w.exit.unwrap_or(2), chain, frames });
    }
    for (key, given) in [("exit", w.exit.is_some()), ("chain", w.chain.is_some()), ("frames", w.frames.is_some())] {
        if given {
            r.mistake(w.span.clone(), format!("`{key}` goes with `dies`"), None);
            return None;
        }
    }
    if w.goexit == Some(true) {
        return Some(Want::Goexit);
    }
    let text = |t: &Option<Text>| t.as_ref().map(|t| t.value.clone());
    Some(Want::Recovered {
        by,
        value: w.recovered.as_ref().map(|t| t.value.trim().to_string()),
        ty: text(&w.recovered_type),
        text: text(&w.recovered_text),
        results: w.results.as_ref().map(|l| texts(l.list())),
    })
}

/// The frames of `frames`: a function, and what its line says behind ` at `.
fn frames(r: &mut Reader, w: &RawWants) -> Option<Vec<Frame>> {
    let mut out = Vec::new();
    for t in w.frames.iter().flatten() {
        let (function, statement) = match t.value.split_once(" at ") {
            Some((f, s)) => (f.trim(), Some(s.trim().to_string())),
            None => (t.value.trim(), None),
        };
        if function.is_empty() || function.contains(char::is_whitespace) || statement.as_deref() == Some("") {
            let help = "as in `callee`, `throws` or `throws at panic(n)`";
            r.mistake(t.span.clone(), format!("`{}` is no frame", t.value), Some(help.into()));
            return None;
        }
        out.push(Frame { function: function.to_string(), statement });
    }
    Some(out)
}
