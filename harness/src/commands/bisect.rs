//! `goabi bisect`.

use super::run::{Ready, judged, open};
use super::{CommandError, Common, load, reports, request};
use crate::bisect::search::{Change, State, changes, each, halve};
use crate::bisect::state;
use crate::bisect::versions::{Word, read, unseen};
use crate::c_compilers::CCompilers;
use crate::cli::{self, Observe};
use crate::{exit, oracles, setup};
use goabi_cases::expectation::Expectations;
use goabi_cases::version::GoVersion;
use goabi_reports::record::Record;
use goabi_runners::error::RunnerError;
use goabi_runners::provision::Provision;
use goabi_runners::toolchain::Toolchain;
use std::collections::BTreeMap;

/// A version that may be tried.
struct Candidate {
    version: GoVersion,
    /// What the toolchain is asked for by.
    request: String,
    /// It, where it was looked at already.
    toolchain: Option<Toolchain>,
}

pub(super) fn run(common: &Common, mut args: cli::Bisect) -> Result<u8, CommandError> {
    let words = std::mem::take(&mut args.run.selection.go);
    let words: Vec<&str> = words.iter().flat_map(|w| w.split(',')).map(str::trim).filter(|w| !w.is_empty()).collect();
    let words = read(&words).map_err(|e| CommandError::Usage(format!("--go: {e}")))?;
    if words.is_empty() {
        return Err(CommandError::Usage("bisect takes its versions by --go: 1.24.3..1.27, or a list".into()));
    }
    if args.run.selection.selectors.is_empty() {
        return Err(CommandError::Usage("bisect takes a selector: which cells are good or bad?".into()));
    }
    if let Some(o) = args.oracle.iter().find(|o| !oracles::ids().contains(&o.as_str())) {
        let all = oracles::ids().join(", ");
        return Err(CommandError::Usage(format!("`{o}` is no oracle; there are {all}")));
    }
    let mut request = request(&args.run.selection)?;
    request.selectors = request.selectors.into_iter().map(|s| s.with_any_toolchain()).collect();
    let (files, all) = load(&request)?;
    reports::prepare(&args.run.out)?;
    let provision = open(common, &args.run)?;
    let candidates = candidates(&provision, &words)?;
    if candidates.len() < 2 {
        let had = candidates.first().map_or("none".to_string(), |c| c.version.to_string());
        return Err(CommandError::Usage(format!("of these versions two are needed, and there is {had}")));
    }
    let execs = setup::execs(&provision, &request.targets)?;
    if let Some((goarch, Err(why))) = execs.iter().find(|(_, e)| e.is_err()) {
        return Err(CommandError::Output(format!("linux-{goarch} programs cannot be run: {why}")));
    }
    let observers = setup::observers(&provision, &execs, &Observe::ways(&args.run.observe))?;
    // A known bug is what one bisects; what the specification permits is none.
    let expectations = Expectations { known: vec![], permitted: all.permitted };
    let c = CCompilers::find(&provision, &request.targets)?;
    let ready = Ready { request, files, expectations, provision, execs, observers, c };
    args.run.quiet = true;
    println!("{} versions, {} to {}", candidates.len(), of(&candidates, 0), of(&candidates, candidates.len() - 1));
    let mut bad: BTreeMap<usize, Record> = BTreeMap::new();
    let mut test = |i: usize| tried(common, &args, &ready, &candidates[i], i, &mut bad);
    let tried = if args.every { each(candidates.len(), &mut test) } else { halve(candidates.len(), &mut test) }?;
    let found = changes(&tried);
    for change in &found {
        tell(change, &tried, &candidates);
    }
    match found.as_slice() {
        [] => alike(&tried, args.every),
        [_] => {}
        all => println!("it comes and goes: {} changes", all.len()),
    }
    // The bad one next to the last change, or any.
    let next_to = found.last().map(|c| if c.to == State::Bad { c.after } else { c.before });
    if let Some(record) = next_to.map_or_else(|| bad.values().last(), |i| bad.get(&i)) {
        reports::write(record, &args.run.out)?;
        println!(
            "reports of {}: {}",
            record.toolchains.first().map_or("", |t| t.label.as_str()),
            args.run.out.display()
        );
    }
    Ok(match (found.is_empty(), tried.iter().flatten().all(|s| *s == State::Skipped)) {
        (false, _) => exit::OK,
        (true, false) => exit::FINDINGS,
        (true, true) => exit::NOTHING,
    })
}

/// What can be tried, in order; of two of one version those that were named by a path come first.
fn candidates(p: &Provision, words: &[Word]) -> Result<Vec<Candidate>, CommandError> {
    let mut all: Vec<Candidate> = Vec::new();
    let root = |path: &str| -> Result<Candidate, RunnerError> {
        let toolchain = p.toolchain(path)?;
        Ok(Candidate { version: toolchain.version, request: path.to_string(), toolchain: Some(toolchain) })
    };
    let by_version = |version: GoVersion| Candidate { version, request: version.to_string(), toolchain: None };
    for word in words {
        match word {
            Word::Goroot(path) => all.push(root(path)?),
            Word::Version(v) => all.push(by_version(*v)),
            Word::Range(range) => {
                let env = std::env::var("GOABI_GO").unwrap_or_default();
                for path in env.split(',').map(str::trim).filter(|w| w.contains('/')) {
                    all.extend(Some(root(path)?).filter(|c| range.contains(c.version)));
                }
                all.extend(range.named.iter().map(|v| by_version(*v)));
                all.extend(releases(p)?.into_iter().filter(|v| range.contains(*v)).map(by_version));
            }
        }
    }
    // By path first, and otherwise as they came; then one of each version that is not a path's.
    all.sort_by_key(|c| (c.version, c.toolchain.is_none()));
    let mut out: Vec<Candidate> = Vec::new();
    for c in all {
        let twin = out.iter().any(|o| o.version == c.version && (c.toolchain.is_none() || same(o, &c)));
        if !twin {
            out.push(c);
        }
    }
    Ok(out)
}

fn same(a: &Candidate, b: &Candidate) -> bool {
    let print = |c: &Candidate| c.toolchain.as_ref().map(|t| t.fingerprint.clone());
    print(a) == print(b)
}

/// The releases that are here or can be fetched. Where nobody says what can be
/// fetched, those here must do.
fn releases(p: &Provision) -> Result<Vec<GoVersion>, CommandError> {
    let mut all = p.releases_here()?;
    match p.releases_listed() {
        Ok(listed) => all.extend(listed),
        Err(RunnerError::Cancelled) => return Err(RunnerError::Cancelled.into()),
        Err(RunnerError::Offline { .. }) => {}
        Err(e) => (p.say)(&format!("only the releases in the cache are tried: {e}")),
    }
    Ok(all)
}

/// Gets a version, runs the cells, prints a line.
fn tried(
    common: &Common,
    args: &cli::Bisect,
    ready: &Ready,
    c: &Candidate,
    place: usize,
    bad: &mut BTreeMap<usize, Record>,
) -> Result<State, CommandError> {
    let toolchain = match &c.toolchain {
        Some(t) => Ok(t.clone()),
        None => ready.provision.toolchain(&c.request),
    };
    let (state, line) = match toolchain {
        Ok(t) => {
            let record = judged(common, &args.run, ready, &[t], &[]);
            if record.interrupted {
                return Err(RunnerError::Cancelled.into());
            }
            let (state, line) = state::of(&record, &args.oracle);
            if state == State::Bad {
                bad.insert(place, record);
            }
            (state, line)
        }
        Err(e @ (RunnerError::CannotGet { .. } | RunnerError::Offline { .. })) => {
            (State::Skipped, format!("cannot be had: {}", e.to_string().lines().next().unwrap_or_default()))
        }
        Err(e) => return Err(e.into()),
    };
    println!("{:<10} {:<8} {line}", c.version.to_string(), word(state));
    Ok(state)
}

fn word(state: State) -> &'static str {
    match state {
        State::Good => "good",
        State::Bad => "bad",
        State::Skipped => "skipped",
    }
}

fn of(candidates: &[Candidate], place: usize) -> String {
    candidates[place].version.to_string()
}

/// One change, and what of the versions between nobody could tell.
fn tell(change: &Change, tried: &[Option<State>], candidates: &[Candidate]) {
    let (before, after) = (of(candidates, change.before), of(candidates, change.after));
    let (to, from) = if change.to == State::Bad { ("bad", "good") } else { ("good", "bad") };
    println!("first {to}: {after}; last {from}: {before}");
    let between = change.before + 1..change.after;
    let skipped: Vec<String> =
        between.filter(|i| tried[*i] == Some(State::Skipped)).map(|i| of(candidates, i)).collect();
    if !skipped.is_empty() {
        println!("  skipped between them: {}", skipped.join(", "));
    }
    let mut not_had = Vec::new();
    let steps = &candidates[change.before..=change.after];
    for pair in steps.windows(2) {
        not_had.extend(unseen(pair[0].version, pair[1].version));
    }
    if !not_had.is_empty() {
        println!("  not to be had between them: {}", not_had.join("; "));
    }
}

/// Why there is no change.
fn alike(tried: &[Option<State>], every: bool) {
    let told = |s: State| tried.iter().flatten().filter(|t| **t == s).count();
    let between = if every || tried.iter().all(Option::is_some) {
        ""
    } else {
        "; what lies between them was not tried (--every tries it)"
    };
    match (told(State::Good), told(State::Bad)) {
        (0, 0) => println!("no version could be told good or bad"),
        (n, 0) => println!("no change: {n} tried, all good{between}"),
        (_, n) => println!("no change: {n} tried, all bad{between}"),
    }
}
