//! The commands, one file each, and what they share.

use crate::cli::{Cli, Command, Selection};
use crate::exit;
use crate::plan::{self, PlanError, Request};
use goabi_cases::case::CaseFile;
use goabi_cases::cell::{Build, Target};
use goabi_cases::expectation::{self, Expectations};
use goabi_cases::mistake::Mistake;
use goabi_cases::profile::{self, Profile};
use goabi_cases::selector::{BadSelector, Selector};
use goabi_cases::stress::{Stress, WORDS};
use goabi_generators::call;
use goabi_reports::store::StoreError;
use goabi_runners::cancel::Cancel;
use goabi_runners::error::RunnerError;
use std::path::PathBuf;

/// As the standard library's, without its panic: see [`crate::stdout`].
macro_rules! print {
    ($($arg:tt)*) => { $crate::stdout::print(format_args!($($arg)*)) };
}
macro_rules! println {
    () => { $crate::stdout::print(format_args!("\n")) };
    ($($arg:tt)*) => { $crate::stdout::print(format_args!("{}\n", format_args!($($arg)*))) };
}

mod audit;
mod bisect;
mod cache;
mod check;
mod diff;
mod doctor;
mod explain;
mod list;
mod nightly;
mod report;
mod reports;
mod run;
mod schema;
mod setup;
mod step;

/// Why a command did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Mistakes in files, all of them.
    #[error("{} in the case files", count(.0.len()))]
    Mistakes(Vec<Mistake>),
    /// A mistake in a signature on the command line.
    #[error("{}", .0.message)]
    Signature(Box<Mistake>),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Selector(#[from] BadSelector),
    #[error(transparent)]
    Runner(#[from] RunnerError),
    #[error("{0}")]
    Output(String),
    /// A record that cannot be read, or is none.
    #[error("{}", with_causes(.0))]
    Record(StoreError),
    /// A command line that asks for what makes no sense.
    #[error("{0}")]
    Usage(String),
}

/// An error and what caused it, in one line.
pub(crate) fn with_causes(e: &StoreError) -> String {
    match e {
        StoreError::Read { source, .. } | StoreError::Write { source, .. } => format!("{e}: {source}"),
        // These tell their causes themselves.
        StoreError::Broken { .. } | StoreError::Version { .. } => e.to_string(),
    }
}

fn count(n: usize) -> String {
    if n == 1 { "one mistake".into() } else { format!("{n} mistakes") }
}

impl CommandError {
    fn code(&self) -> u8 {
        match self {
            CommandError::Mistakes(_) | CommandError::Plan(_) | CommandError::Selector(_) => exit::MISTAKE,
            CommandError::Record(_) | CommandError::Usage(_) | CommandError::Signature(_) => exit::MISTAKE,
            CommandError::Runner(RunnerError::Cancelled) => exit::INTERRUPTED,
            CommandError::Runner(RunnerError::BadRequest { .. } | RunnerError::NotAGoroot { .. }) => exit::MISTAKE,
            CommandError::Runner(_) | CommandError::Output(_) => exit::BROKEN,
        }
    }

    fn print(self) {
        match self {
            CommandError::Mistakes(list) => {
                let n = list.len();
                print_mistakes(list);
                match n.checked_sub(SHOWN) {
                    None | Some(0) => eprintln!("goabi: {}", count(n)),
                    Some(more) => eprintln!("goabi: {}; the first {SHOWN} are shown, {more} more are not", count(n)),
                }
            }
            CommandError::Signature(m) => explain::print_mistake(*m),
            CommandError::Runner(e) => {
                eprintln!("goabi: {e}");
                if let Some(h) = e.help() {
                    eprintln!("{h}");
                }
            }
            other => eprintln!("goabi: {other}"),
        }
    }
}

/// How many mistakes are printed: more than anybody mends before the next look.
const SHOWN: usize = 50;

/// Prints mistakes with their lines and carets.
pub(crate) fn print_mistakes(list: Vec<Mistake>) {
    for m in list.into_iter().take(SHOWN) {
        eprintln!("{}: {m}", m.place());
        eprintln!("{:?}", miette::Report::new(m));
    }
}

/// Does what the command line says; gives the exit code.
#[must_use]
pub fn main(cli: Cli, cancel: &Cancel) -> u8 {
    let Cli { command, offline, cache } = cli;
    let common = Common { offline, cache, cancel: cancel.clone() };
    let done = match command {
        Command::Run(a) => run::run(&common, &a),
        Command::Nightly(a) => nightly::run(&common, *a),
        Command::Bisect(a) => bisect::run(&common, *a),
        Command::List(a) => list::run(&common, &a),
        Command::Check(a) => check::run(&a),
        Command::Report(a) => report::run(&a),
        Command::Diff(a) => diff::run(&a),
        Command::Audit(a) => audit::run(&common, &a),
        Command::Step(a) => step::run(&common, &a),
        Command::Schema(a) => schema::run(a.of),
        Command::Explain(a) => explain::run(&common, &a),
        Command::Doctor(a) => doctor::run(&common, &a),
        Command::Setup(a) => setup::run(&common, &a),
        Command::Cache(a) => cache::run(&common, a.command),
    };
    match done {
        Ok(code) => code,
        Err(e) => {
            let code = e.code();
            e.print();
            code
        }
    }
}

/// The options that all commands share.
pub(crate) struct Common {
    pub offline: bool,
    pub cache: Option<PathBuf>,
    pub cancel: Cancel,
}

/// Reads a selection's words. Whoever names cases, builds, calls or stress gets
/// all of it; else a profile says what there is.
pub(crate) fn request(s: &Selection) -> Result<Request, CommandError> {
    let selectors = s.selectors.iter().map(|t| t.parse()).collect::<Result<Vec<Selector>, _>>()?;
    let words = |l: &[String]| -> Vec<String> {
        let mut seen = std::collections::HashSet::new();
        let words = l.iter().flat_map(|w| w.split(',')).map(str::trim).filter(|w| !w.is_empty());
        // What is named twice is run once.
        words.filter(|w| seen.insert(*w)).map(str::to_string).collect()
    };
    let mut builds = Vec::new();
    for w in words(&s.build) {
        builds.push(Build::from_id(&w).ok_or_else(|| PlanError::BadBuild(w, Build::ALL.map(Build::id).join(", ")))?);
    }
    let mut calls = words(&s.call);
    // As where nothing is said, and everything with everything.
    if calls.iter().any(|c| c == "all") {
        calls = call::ids().iter().map(ToString::to_string).collect();
    }
    for c in &calls {
        if call::by_id(c).is_none() {
            return Err(PlanError::BadCall(c.clone(), call::ids().join(", ")).into());
        }
    }
    let mut stress = Vec::new();
    for w in words(&s.stress) {
        stress.push(stress_of(&w)?);
    }
    let names = |sel: &Selector| sel.names_case() || (2..4).any(|part| sel.names(part).is_some());
    let chosen = selectors.iter().any(names) || !builds.is_empty() || !calls.is_empty() || !stress.is_empty();
    let profile = match &s.profile {
        None if chosen => None,
        name => Some(profile(name.as_deref().unwrap_or("default"))?),
    };
    let mut targets = plan::targets(&s.target)?;
    if targets.is_empty() {
        targets = match (&profile, crate::setup::named(&selectors, 1)) {
            (Some(p), None) => plan::targets(&p.targets)?,
            (_, _) => default_targets(&selectors)?,
        };
    }
    if builds.is_empty() {
        builds = profile.as_ref().map_or_else(|| Build::DEFAULT.to_vec(), |p| p.builds.clone());
    }
    if calls.is_empty() {
        calls = call::ids().into_iter().map(str::to_string).collect();
        // Chains are there where a selector speaks of them.
        let asks = |sel: &Selector| sel.part(3).is_some_and(|p| p.contains(call::CHAIN));
        if selectors.iter().any(asks) {
            calls.extend(call::chains().iter().map(|c| c.id().to_string()));
        }
    }
    if stress.is_empty() {
        stress.push(Stress::NONE);
        for text in selectors.iter().filter_map(|sel| sel.names(2)) {
            if let Some((_, words)) = text.split_once('+') {
                stress.push(stress_of(words)?);
            }
        }
        stress.sort_unstable();
        stress.dedup();
    }
    let own = s.cases.is_empty();
    let cases = if own { vec![plan::default_cases()] } else { s.cases.clone() };
    let mut expectations = s.expectations.clone();
    if expectations.is_empty() && own && plan::yaml_files(&[plan::default_expectations()]).is_ok() {
        expectations.push(plan::default_expectations());
    }
    Ok(Request { cases, expectations, selectors, targets, builds, calls, stress, profile })
}

fn stress_of(words: &str) -> Result<Stress, PlanError> {
    let all = || WORDS.iter().map(|w| w.id).collect::<Vec<_>>().join(", ");
    Stress::of(words.split('+').map(str::trim)).map_err(|e| PlanError::BadStress(e.to_string(), all()))
}

/// The profile of that name, or in that file.
fn profile(name: &str) -> Result<Profile, CommandError> {
    let chains: Vec<&str> = call::chains().iter().map(|c| c.id()).collect();
    if !profile::BUILT_IN.iter().any(|(n, _)| *n == name) && !std::path::Path::new(name).exists() {
        let known = profile::BUILT_IN.map(|(n, _)| n).join(", ");
        return Err(CommandError::Usage(format!("there is no profile `{name}`, and no such file; there are {known}")));
    }
    profile::load(name, &call::ids(), &chains).map_err(CommandError::Mistakes)
}

/// amd64 and arm64, unless the selectors name targets.
pub(crate) fn default_targets(selectors: &[Selector]) -> Result<Vec<Target>, PlanError> {
    match crate::setup::named(selectors, 1) {
        Some(words) => plan::targets(&words),
        None => plan::targets(&["amd64,arm64".to_string()]),
    }
}

/// Loads case files and expectations; any mistake ends the command.
pub(crate) fn load(request: &Request) -> Result<(Vec<CaseFile>, Expectations), CommandError> {
    let (files, mut mistakes) = plan::load(&request.cases)?;
    let (expectations, more) = expectation::load(
        &plan::yaml_files(&request.expectations)?,
        &files,
        &crate::oracles::ids(),
        &goabi_generators::call::ids(),
    );
    mistakes.extend(more);
    if !mistakes.is_empty() {
        return Err(CommandError::Mistakes(mistakes));
    }
    plan::check_selectors(&files, &request.selectors)?;
    Ok((files, expectations))
}
