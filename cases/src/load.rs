//! From files to checked cases. Everything that can be known to be wrong
//! without Go is found here, all of it, each with its place.

use crate::case::{Action, BadExpression, Case, CaseFile, RecoveredBy, Restriction, Slot, Vector, Want};
use crate::cell::{Build, CaseId};
use crate::decode::{FromNode, Reader, Values};
use crate::expand;
use crate::graffiti;
use crate::imports;
use crate::mistake::{Mistake, Source, did_you_mean};
use crate::raw::{RawCase, RawFile, RawScope, RawVector, RawWants};
use crate::resolve;
use crate::scope::Scope;
use crate::signature::Signature;
pub use crate::source::find;
use crate::syntax::{Fragment, GoError, parse};
use crate::types::USER_PACKAGE;
use crate::version::GoVersion;
use crate::yaml::Text;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The case files that were read, and the mistakes of those that were not.
#[derive(Default)]
pub struct Loaded {
    pub files: Vec<CaseFile>,
    pub mistakes: Vec<Mistake>,
}

/// Names that generated code declares in a case file's package.
const RESERVED: [&str; 3] = ["trace", "recovered", graffiti::WORD];

/// Reads and checks case files. `calls` are the call kinds that exist.
#[must_use]
pub fn load(paths: &[PathBuf], calls: &[&str]) -> Loaded {
    let mut loaded = Loaded::default();
    for path in paths {
        let source = match Source::read(path) {
            Ok(s) => s,
            Err(m) => {
                loaded.mistakes.push(*m);
                continue;
            }
        };
        let (file, mistakes) = load_text(&source, calls);
        loaded.mistakes.extend(mistakes);
        if let Some(f) = file {
            if let Some(other) = loaded.files.iter().find(|o| (&o.topic, &o.stem) == (&f.topic, &f.stem)) {
                let message = format!(
                    "the cases would be called {}/{}/..., as those of {} are",
                    f.topic,
                    f.stem,
                    other.path.display()
                );
                loaded.mistakes.push(source.mistake(0..0, message, Some("rename one of the files".into())));
            } else {
                loaded.files.push(f);
            }
        }
    }
    loaded
}

fn word_ok(s: &str) -> bool {
    !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Reads and checks one file's text.
#[must_use]
pub fn load_text(source: &Source, calls: &[&str]) -> (Option<CaseFile>, Vec<Mistake>) {
    let mut r = Reader { source, mistakes: Vec::new() };
    let file = file(&mut r, calls);
    let file = file.filter(|_| r.mistakes.is_empty());
    (file, r.mistakes)
}

fn file(r: &mut Reader, calls: &[&str]) -> Option<CaseFile> {
    let root = match crate::yaml::parse(r.source) {
        Ok(n) => n,
        Err(m) => {
            r.mistakes.push(*m);
            return None;
        }
    };
    let raw = RawFile::from_node(&root, r)?;
    let path = r.source.path.clone();
    let name = |p: Option<&std::ffi::OsStr>| p.map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let (topic, stem) = (name(path.parent().and_then(Path::file_name)), name(path.file_stem()));
    for part in [&topic, &stem] {
        if !word_ok(part) {
            let message = format!("a case is called by its folder, its file and its name; `{part}` is no such word");
            r.mistake(0..0, message, Some("use lower-case letters, digits and underscores".into()));
        }
    }
    let scope = declarations(r, &raw)?;
    let mut imports = imports::Needs::new(&raw.imports, r);
    let types = raw.types.clone().unwrap_or_default();
    let type_imports = imports.of(r, &types, Fragment::Declarations);
    let mut cases: Vec<Case> = Vec::new();
    // Among all that stand there: one with mistakes of its own counts too.
    let mut named: HashMap<&str, usize> = HashMap::new();
    for c in &raw.cases {
        let first = *named.entry(&c.name.value).or_insert(c.name.span.start);
        if first != c.name.span.start {
            let (line, _) = r.source.line_column(first);
            let message = format!("case `{}` stands here twice (first on line {line})", c.name.value);
            r.mistake(c.name.span.clone(), message, None);
            continue;
        }
        let id = CaseId { topic: topic.clone(), file: stem.clone(), name: c.name.value.clone() };
        if let Some(case) = case(r, c, id, &scope, calls, &mut imports) {
            cases.push(case);
        }
    }
    if raw.cases.is_empty() && r.mistakes.is_empty() {
        r.mistake(root.span.start..root.span.start, "the file has no cases", None);
    }
    imports.unused(r);
    let about = raw.about.value;
    Some(CaseFile { path, topic, stem, about, types: types.value, imports: type_imports, scope, cases })
}

/// All declarations of the file as one scope; mistakes are put where they were written.
fn declarations(r: &mut Reader, raw: &RawFile) -> Option<Scope> {
    let blocks: Vec<&Text> = raw.types.iter().chain(raw.cases.iter().filter_map(|c| c.decls.as_ref())).collect();
    let mut text = String::new();
    let mut starts = Vec::new();
    let mut broken = false;
    for b in &blocks {
        if let Err(e) = parse(Fragment::Declarations, &b.value) {
            go_mistake(r, b, e);
            broken = true;
        }
        starts.push(text.len());
        text.push_str(&b.value);
        text.push('\n');
    }
    if broken {
        return None;
    }
    let place = |at: std::ops::Range<usize>| {
        let i = starts.partition_point(|s| *s <= at.start).saturating_sub(1);
        let start = starts.get(i).copied().unwrap_or(0);
        blocks.get(i).map(|b| (*b, at.start - start..at.end.saturating_sub(start)))
    };
    match Scope::read(USER_PACKAGE, &text) {
        Err(e) => {
            if let Some((b, at)) = place(e.at.clone()) {
                go_mistake(r, b, GoError { at, ..e });
            }
            None
        }
        Ok(scope) => {
            let names = scope.names();
            let mut seen = HashSet::new();
            for (name, at) in names {
                let clash = !seen.insert(name);
                let reserved = RESERVED.contains(&name.as_str()) || name.starts_with("Goabi");
                if let (true, Some((b, at))) = (clash || reserved, place(at.clone())) {
                    let why =
                        if clash { "is declared twice in this file" } else { "is a name that goabi declares itself" };
                    r.mistake_in(b, at, format!("`{name}` {why}"), Some("choose another name".into()));
                }
            }
            Some(scope)
        }
    }
}

fn go_mistake(r: &mut Reader, text: &Text, e: GoError) {
    r.mistake_in(text, e.at, e.message, e.help);
}

fn case(
    r: &mut Reader,
    raw: &RawCase,
    id: CaseId,
    scope: &Scope,
    calls: &[&str],
    needs: &mut imports::Needs,
) -> Option<Case> {
    let before = r.mistakes.len();
    if !word_ok(&raw.name.value) {
        r.mistake(raw.name.span.clone(), "a case's name has lower-case letters, digits and underscores", None);
    }
    if raw.why.value.trim().is_empty() {
        r.mistake(raw.why.span.clone(), "say why the case is there", None);
    }
    if raw.vectors.is_empty() && !r.mistakes.iter().any(|m| raw.span.contains(&m.offset())) {
        r.mistake(
            raw.name.span.clone(),
            "a case without vectors checks nothing",
            Some("add `vectors:` with at least one item".into()),
        );
    }
    let func = unnamed(&raw.func);
    let mut needed = needs.of(r, &func, Fragment::Type);
    let mut decl_imports = Vec::new();
    if let Some(d) = &raw.decls {
        decl_imports = needs.of(r, d, Fragment::Declarations);
    }
    if let Some(b) = &raw.body {
        needed.extend(needs.of(r, b, Fragment::Body));
    }
    if raw.body.is_none() && raw.recovers == Some(true) {
        r.mistake(raw.name.span.clone(), "recovers: true is for functions with a body", None);
    }
    if raw.body.is_none() && raw.nosplit == Some(true) {
        r.mistake(raw.name.span.clone(), "nosplit: true is for functions with a body", None);
    }
    if raw.body.is_none() && raw.record_args == Some(false) {
        r.mistake(raw.name.span.clone(), "record_args: false is for functions with a body", None);
    }
    let only = raw.only.as_ref().and_then(|s| restriction(r, s, calls));
    let except = raw.except.as_ref().and_then(|s| restriction(r, s, calls));
    let signature = match resolve::signature(scope, &func.value) {
        Ok(s) => s,
        Err(e) => {
            go_mistake(r, &func, e);
            return None;
        }
    };
    let (line, _) = r.source.line_column(raw.name.span.start);
    let mut case = Case {
        id,
        why: raw.why.value.clone(),
        line,
        func: func.value.split_whitespace().collect::<Vec<_>>().join(" "),
        signature,
        body: raw.body.as_ref().map(|b| b.value.clone()),
        decls: raw.decls.as_ref().map(|d| d.value.clone()).unwrap_or_default(),
        decl_imports,
        imports: Vec::new(),
        record_args: raw.record_args.unwrap_or(true),
        recovers: raw.recovers.unwrap_or(false),
        nosplit: raw.nosplit.unwrap_or(false),
        only,
        except,
        vectors: Vec::new(),
    };
    for v in &raw.vectors {
        let Some(v) = &expand::vector(r, v, &case.signature) else { continue };
        let Some(vector) = vector(r, v, raw, &case.signature) else { continue };
        for text in expressions(v) {
            needed.extend(needs.of_expression(r, text));
        }
        if let Err(bad) = case.expected(scope, &vector, 8) {
            bad_expression(r, v, bad);
            continue;
        }
        case.vectors.push(vector);
    }
    needed.sort();
    needed.dedup();
    case.imports = needed;
    (r.mistakes.len() == before).then_some(case)
}

/// The signature without the function's name, which may stand there as in a
/// declaration (`func add(a, b int32) ...`): blanked, so that places stay.
fn unnamed(text: &Text) -> Text {
    let Some(rest) = text.value.strip_prefix("func ") else { return text.clone() };
    let name = rest.len() - rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').len();
    let value = format!("func {}{}", " ".repeat(name), rest.get(name..).unwrap_or_default());
    Text { value, span: text.span.clone() }
}

/// The vector's expressions that generated Go repeats.
fn expressions(v: &RawVector) -> impl Iterator<Item = &Text> {
    let set = v.panics.as_ref().and(v.wants.as_ref()).and_then(|w| w.results.as_ref());
    let after = v.panics.as_ref().and_then(|p| p.after).unwrap_or(0) as usize;
    v.lets
        .0
        .iter()
        .map(|(_, e)| e)
        .chain(v.args.list())
        .chain(v.returns.iter().flat_map(Values::list).filter(|t| t.value.trim() != "_"))
        .chain(v.panics.iter().map(|p| &p.value))
        .chain(set.into_iter().flat_map(Values::list).take(after))
}

fn bad_expression(r: &mut Reader, v: &RawVector, bad: BadExpression) {
    let results = v.wants.as_ref().and_then(|w| w.results.as_ref());
    let text = match bad.slot {
        Slot::Let(i) => v.lets.0.get(i).map(|(_, e)| e),
        Slot::Arg(i) => v.args.list().get(i),
        Slot::Return(i) => v.returns.as_ref().and_then(|l| l.list().get(i)),
        Slot::Result(i) => results.and_then(|l| l.list().get(i)),
        Slot::PanicValue => v.panics.as_ref().map(|p| &p.value),
        Slot::Recovered => v.wants.as_ref().and_then(|w| w.recovered.as_ref()),
    };
    match text {
        Some(t) => go_mistake(r, t, bad.error),
        None => r.mistake(v.span.clone(), bad.error.message, bad.error.help),
    }
}

fn restriction(r: &mut Reader, raw: &RawScope, calls: &[&str]) -> Option<Restriction> {
    let before = r.mistakes.len();
    let arches: Vec<&str> = crate::arch::Arch::all().iter().map(|a| a.goarch.as_str()).collect();
    let mut check = |list: &[Text], known: &[&str], what: &str| {
        for t in list.iter().filter(|t| !known.contains(&t.value.as_str())) {
            let help = did_you_mean(&t.value, known.iter().copied())
                .unwrap_or_else(|| format!("there are {}", known.join(", ")));
            r.mistake(t.span.clone(), format!("`{}` is no {what}", t.value), Some(help));
        }
    };
    check(&raw.targets, &arches, "GOARCH");
    check(&raw.builds, &Build::ALL.map(Build::id), "build mode");
    check(&raw.calls, calls, "call kind");
    let mut version = |t: &Option<Text>| -> Option<GoVersion> {
        let t = t.as_ref()?;
        match t.value.parse() {
            Ok(v) => Some(v),
            Err(e) => {
                r.mistake(t.span.clone(), e.to_string(), None);
                None
            }
        }
    };
    let (since, until) = (version(&raw.since), version(&raw.until));
    let values = |l: &[Text]| l.iter().map(|t| t.value.clone()).collect::<Vec<_>>();
    let out = Restriction {
        targets: values(&raw.targets),
        builds: raw.builds.iter().filter_map(|b| Build::from_id(&b.value)).collect(),
        calls: values(&raw.calls),
        since,
        until,
        why: raw.why.value.clone(),
    };
    (r.mistakes.len() == before).then_some(out)
}

fn values(l: &[Text]) -> Vec<String> {
    l.iter().map(|t| t.value.trim().to_string()).collect()
}

fn count(r: &mut Reader, span: std::ops::Range<usize>, what: &str, wanted: usize, found: usize) -> bool {
    if wanted != found {
        let wants = if wanted == 1 { format!("one {what} is") } else { format!("{wanted} {what}s are") };
        let gives = if found == 1 { "one is".to_string() } else { format!("{found} are") };
        r.mistake(first_line(r, span), format!("{wants} wanted, {gives} given"), None);
    }
    wanted == found
}

fn first_line(r: &Reader, span: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let end = r.source.text[span.start..].find('\n').map_or(span.end, |i| span.start + i);
    span.start..end.min(span.end)
}

fn vector(r: &mut Reader, raw: &RawVector, case: &RawCase, sig: &Signature) -> Option<Vector> {
    let before = r.mistakes.len();
    for (name, _) in &raw.lets.0 {
        let mut chars = name.value.chars();
        let starts = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if !starts || !chars.all(|c| c.is_ascii_alphanumeric() || c == '_') || RESERVED.contains(&name.value.as_str()) {
            r.mistake(name.span.clone(), format!("`{}` cannot be a name", name.value), None);
        }
    }
    let mut args = values(raw.args.list());
    let mut spread = false;
    if let Some(last) = args.last_mut()
        && let Some(s) = last.strip_suffix("...")
    {
        *last = s.to_string();
        spread = true;
    }
    let span = raw.args.list().first().map_or_else(|| raw.span.clone(), |a| a.span.clone());
    if sig.variadic && !spread {
        let fixed = sig.params.len() - 1;
        if args.len() < fixed {
            r.mistake(
                first_line(r, span),
                format!("at least {fixed} arguments are wanted, {} are given", args.len()),
                None,
            );
        }
    } else {
        if spread && !sig.variadic {
            r.mistake(first_line(r, span.clone()), "only a variadic parameter takes `...`", None);
        }
        count(r, span, "argument", sig.params.len(), args.len());
    }
    if let Some(l) = raw.returns.as_ref().map(Values::list) {
        let span = l.first().map_or_else(|| raw.span.clone(), |a| a.span.clone());
        count(r, span, "result", sig.results.len(), l.len());
    }
    if let Some(l) = raw.wants.as_ref().and_then(|w| w.results.as_ref()).map(Values::list) {
        let span = l.first().map_or_else(|| raw.span.clone(), |a| a.span.clone());
        count(r, span, "result", sig.results.len(), l.len());
    }
    let trace = raw.wants.as_ref().and_then(|w| w.trace.as_ref()).map(|t| values(t));
    let goroutines = raw.wants.as_ref().and_then(|w| w.goroutines).unwrap_or(0);
    let (action, want) = crate::want::decide(r, raw, case, sig)?;
    if r.mistakes.len() != before {
        return None;
    }
    let lets = raw.lets.0.iter().map(|(n, e)| (n.value.clone(), e.value.trim().to_string())).collect();
    Some(Vector { lets, args, spread, action, want, trace, goroutines })
}

/// Who recovers, by the word in the file.
pub(crate) fn recovered_by(r: &mut Reader, t: &Text) -> Option<RecoveredBy> {
    match t.value.as_str() {
        "callee" => Some(RecoveredBy::Callee),
        "caller" => Some(RecoveredBy::Caller),
        "nobody" => Some(RecoveredBy::Nobody),
        _ => {
            r.mistake(
                t.span.clone(),
                format!("`{}` does not recover", t.value),
                Some("callee, caller or nobody".into()),
            );
            None
        }
    }
}

/// Whether `wants` says anything beside events and goroutines.
pub(crate) fn says_outcome(w: &RawWants) -> bool {
    w.recovered.is_some()
        || w.recovered_type.is_some()
        || w.recovered_text.is_some()
        || w.results.is_some()
        || w.goexit.is_some()
        || w.dies.is_some()
        || w.exit.is_some()
        || w.chain.is_some()
        || w.frames.is_some()
        || w.by.is_some()
}

pub(crate) type Decided = (Action, Want);
