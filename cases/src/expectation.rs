//! Expectations: findings that are known, each with its issue and its reason.
//! They forgive; they do not judge.

use crate::case::CaseFile;
use crate::cell::{Build, Cell};
use crate::decode::{FromNode, Reader, mapping};
use crate::mistake::{Mistake, Source};
use crate::permitted::{Permitted, RawPermitted};
use crate::selector::{Selector, glob};
use crate::version::GoVersion;
use crate::yaml::Text;
use std::path::{Path, PathBuf};

/// One known finding.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// `file:line`, as it is named in records.
    pub id: String,
    /// The cells concerned; each that is judged must show it.
    pub select: Vec<Selector>,
    /// GOARCHes, build modes and call kinds that it is restricted to; empty for all.
    pub targets: Vec<String>,
    pub builds: Vec<Build>,
    pub calls: Vec<String>,
    pub oracle: String,
    /// Pattern over a finding's path.
    pub path: String,
    /// Pattern over what was expected.
    pub expected: String,
    /// Pattern over what was there instead: another symptom is another finding.
    pub actual: String,
    /// `golang/go#50990`, or `unreported`.
    pub issue: String,
    pub why: String,
    /// The first Go version concerned.
    pub since: Option<GoVersion>,
    /// The first Go version no longer concerned.
    pub until: Option<GoVersion>,
    /// Whether it shows in some runs only: one without it proves nothing.
    pub by_chance: bool,
}

/// All that forgives a finding.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    pub known: Vec<Expectation>,
    pub permitted: Vec<Permitted>,
}

/// The path of what an oracle counts and does not fail: places that DWARF should
/// name and leaves empty. Only an expectation makes a finding of them.
pub const NOT_DESCRIBED: &str = "not_described";

mapping! {
    /// A file of expectations: findings that are known.
    pub struct RawExpectations as "a file of expectations" {
        /// One sentence about the file.
        about: Text,
        /// The expectations.
        expectations: Vec<RawExpectation>,
        /// Differences that the specification permits.
        permitted: Vec<RawPermitted>,
    }
}

mapping! {
    /// A known finding. Each selected cell that is judged must show it.
    pub struct RawExpectation as "an expectation" {
        /// The cells concerned, as selectors.
        select: Vec<Text>,
        /// GOARCH names; all if left out.
        targets: Vec<Text>,
        /// Build modes (opt, noopt, noregabi); all if left out.
        builds: Vec<Text>,
        /// Call kinds; all if left out.
        calls: Vec<Text>,
        /// The oracle that finds it.
        oracle: Text,
        /// The finding's path; `*` stands for any text. `not_described` for the places that DWARF leaves empty.
        path: Text,
        /// What the finding says was expected; `*` stands for any text. Default `*`.
        expected: Option<Text>,
        /// What the finding says was there; `*` stands for any text.
        actual: Text,
        /// The issue, like golang/go#50990, or unreported.
        issue: Text,
        /// What goes wrong.
        why: Text,
        /// The first Go version concerned.
        since: Option<Text>,
        /// The first Go version no longer concerned.
        until: Option<Text>,
        /// It shows in some runs only, so that one without it is not fixed. Default false.
        by_chance: Option<bool>,
    }
}

/// The JSON schema of files of expectations.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    let mut schema = RawExpectations::schema();
    if let Some(o) = schema.as_object_mut() {
        o.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        o.insert("title".into(), "goabi expectations".into());
    }
    schema
}

impl Expectation {
    /// Whether it concerns a cell of a toolchain of that version.
    #[must_use]
    pub fn covers(&self, cell: &Cell, version: GoVersion) -> bool {
        self.select.iter().any(|s| s.matches(cell))
            && (self.targets.is_empty() || self.targets.contains(&cell.target.goarch))
            && (self.builds.is_empty() || self.builds.contains(&cell.build))
            && (self.calls.is_empty() || self.calls.contains(&cell.call))
            && self.since.is_none_or(|v| version >= v)
            && self.until.is_none_or(|v| version < v)
    }

    /// Whether the cell must show it: under stress only where a selector names
    /// the stress.
    #[must_use]
    pub fn demands(&self, cell: &Cell) -> bool {
        let named = |s: &Selector| s.names(2).is_some_and(|b| b.contains('+'));
        cell.stress.is_none() || self.select.iter().any(|s| named(s) && s.matches(cell))
    }

    /// Whether a finding of the given oracle is the one that is known.
    #[must_use]
    pub fn describes(&self, oracle: &str, path: &str, expected: &str, actual: &str) -> bool {
        self.oracle == oracle && glob(&self.path, path) && glob(&self.expected, expected) && glob(&self.actual, actual)
    }
}

/// Reads files of expectations. `oracles` and `calls` are those that exist, and
/// `files` the cases that are there to be selected.
#[must_use]
pub fn load(paths: &[PathBuf], files: &[CaseFile], oracles: &[&str], calls: &[&str]) -> (Expectations, Vec<Mistake>) {
    let (mut sources, mut mistakes) = (Vec::new(), Vec::new());
    for path in paths {
        match Source::read(path) {
            Ok(source) => sources.push(source),
            Err(m) => mistakes.push(*m),
        }
    }
    let (out, more) = load_texts(&sources, files, oracles, calls);
    mistakes.extend(more);
    (out, mistakes)
}

/// As [`load`], of texts.
#[must_use]
pub fn load_texts(
    sources: &[Source],
    files: &[CaseFile],
    oracles: &[&str],
    calls: &[&str],
) -> (Expectations, Vec<Mistake>) {
    let (mut out, mut mistakes) = (Expectations::default(), Vec::new());
    for source in sources {
        let mut r = Reader { source, mistakes: vec![] };
        file(&mut r, oracles, calls, &mut out);
        mistakes.extend(r.mistakes);
    }
    mistakes.extend(out.permitted.iter_mut().flat_map(|p| p.settle(files)));
    (out, mistakes)
}

fn file(r: &mut Reader, oracles: &[&str], calls: &[&str], out: &mut Expectations) {
    let root = match crate::yaml::parse(r.source) {
        Ok(n) => n,
        Err(m) => return r.mistakes.push(*m),
    };
    let Some(raw) = RawExpectations::from_node(&root, r) else { return };
    for p in &raw.permitted {
        out.permitted.extend(Permitted::read(r, p));
    }
    for e in raw.expectations {
        let before = r.mistakes.len();
        let mut select: Vec<Selector> = Vec::new();
        for s in &e.select {
            match s.value.parse() {
                Ok(s) => select.push(s),
                Err(m) => r.mistake(s.span.clone(), m.to_string(), None),
            }
        }
        if !oracles.contains(&e.oracle.value.as_str()) {
            let help = format!("there are {}", oracles.join(", "));
            r.mistake(e.oracle.span.clone(), format!("`{}` is no oracle", e.oracle.value), Some(help));
        }
        let arches: Vec<&str> = crate::arch::Arch::all().iter().map(|a| a.goarch.as_str()).collect();
        for (list, known, what) in [
            (&e.targets, arches.as_slice(), "GOARCH"),
            (&e.builds, &Build::ALL.map(Build::id)[..], "build mode"),
            (&e.calls, calls, "call kind"),
        ] {
            for t in list.iter().filter(|t| !known.contains(&t.value.as_str())) {
                r.mistake(
                    t.span.clone(),
                    format!("`{}` is no {what}", t.value),
                    Some(format!("there are {}", known.join(", "))),
                );
            }
        }
        let issue = &e.issue.value;
        let numbered = issue.split_once('#').is_some_and(|(repo, n)| repo.contains('/') && n.parse::<u32>().is_ok());
        if !numbered && issue != "unreported" {
            r.mistake(e.issue.span.clone(), "an issue is written like golang/go#50990, or `unreported`", None);
        }
        let mut version = |t: &Option<Text>| match t.as_ref().map(|t| (t, t.value.parse::<GoVersion>())) {
            None => None,
            Some((_, Ok(v))) => Some(v),
            Some((t, Err(m))) => {
                r.mistake(t.span.clone(), m.to_string(), None);
                None
            }
        };
        let (since, until) = (version(&e.since), version(&e.until));
        let (line, _) = r.source.line_column(e.span.start);
        let name = r.source.path.file_name().unwrap_or(Path::new("?").as_os_str()).to_string_lossy().into_owned();
        if r.mistakes.len() == before {
            out.known.push(Expectation {
                id: format!("{name}:{line}"),
                select,
                targets: e.targets.into_iter().map(|t| t.value).collect(),
                builds: e.builds.iter().filter_map(|b| Build::from_id(&b.value)).collect(),
                calls: e.calls.into_iter().map(|t| t.value).collect(),
                oracle: e.oracle.value,
                path: e.path.value,
                expected: e.expected.map_or_else(|| "*".into(), |t| t.value),
                actual: e.actual.value,
                issue: e.issue.value,
                why: e.why.value,
                since,
                until,
                by_chance: e.by_chance.unwrap_or(false),
            });
        }
    }
}
