//! Load and expand: case files to cells.

use crate::cover::{Chosen, choose, is_thinned};
use goabi_cases::arch::Arch;
use goabi_cases::case::{Case, CaseFile, Want};
use goabi_cases::cell::{Build, Cell, Target};
use goabi_cases::mistake::Mistake;
use goabi_cases::profile::Profile;
use goabi_cases::selector::Selector;
use goabi_cases::stress::Stress;
use goabi_cases::version::GoVersion;
use goabi_generators::call::{self, Call, Port};
use std::path::{Path, PathBuf};

/// What is to be run, as the user asked for it.
#[derive(Clone, Debug)]
pub struct Request {
    /// Case files, or folders of them.
    pub cases: Vec<PathBuf>,
    /// Files of expectations, or folders of them.
    pub expectations: Vec<PathBuf>,
    pub selectors: Vec<Selector>,
    pub targets: Vec<Target>,
    pub builds: Vec<Build>,
    /// Call kinds' words, and chains'.
    pub calls: Vec<String>,
    /// Sets of stress; one that is empty for none.
    pub stress: Vec<Stress>,
    /// Which cells there are; `None` for all of all lists.
    pub profile: Option<Profile>,
}

/// A toolchain as far as a plan needs it.
#[derive(Clone, Debug)]
pub struct PlannedToolchain {
    pub label: String,
    pub version: GoVersion,
}

/// The cells of one toolchain, target and build: what one program covers.
pub struct Job {
    /// Index into the toolchains.
    pub toolchain: usize,
    pub target: Target,
    pub build: Build,
    pub stress: Stress,
    pub arch: &'static Arch,
    pub version: GoVersion,
    pub cells: Vec<PlannedCell>,
    /// Where cells are thinned out: which of the cases are stepped through here.
    pub turn: Option<Turn>,
}

/// What is done to each case in one of the builds on each target only: which of
/// the cases are this build's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Another one for each target and build.
    pub place: usize,
    pub builds: usize,
}

impl Turn {
    /// Whether it is the turn of the case with that index in its file.
    #[must_use]
    pub fn is_of(self, case: usize) -> bool {
        (case + self.place).checked_rem(self.builds).is_none_or(|rest| rest == 0)
    }
}

impl Job {
    /// The same toolchain, target and build without stress, and without cells.
    #[must_use]
    pub fn without_stress(&self) -> Job {
        let Job { toolchain, build, arch, version, .. } = *self;
        let (target, stress) = (self.target.clone(), Stress::NONE);
        Job { toolchain, target, build, stress, arch, version, cells: vec![], turn: None }
    }
}

/// A cell and where its case stands.
pub struct PlannedCell {
    pub cell: Cell,
    /// Index into the files, and into the file's cases.
    pub case: (usize, usize),
    pub call: &'static Call,
    /// Why it does not run, if it does not.
    pub skip: Option<String>,
}

/// A mistake of the user's that is not in a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("there are no case files at {}", .0.display())]
    NoCases(PathBuf),
    #[error("the case files at {} cannot be read: {why}", path.display())]
    Unreadable { path: PathBuf, why: String },
    #[error("`{selector}` selects no case{}", .hint.as_ref().map(|h| format!(" ({h})")).unwrap_or_default())]
    NoMatch { selector: String, hint: Option<String> },
    #[error("`{0}` is no GOARCH of linux; there are {1}")]
    BadTarget(String, String),
    #[error("`{0}` is no call kind; there are {1}")]
    BadCall(String, String),
    #[error("`{0}` is no build mode; there are {1}")]
    BadBuild(String, String),
    #[error("{0}; there are {1}")]
    BadStress(String, String),
}

/// The YAML files that paths name: files as they are, folders with all below.
///
/// # Errors
/// A path that is not there.
pub fn yaml_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, PlanError> {
    let mut out = Vec::new();
    for p in paths {
        if p.is_dir() {
            let found = goabi_cases::load::find(p)
                .map_err(|e| PlanError::Unreadable { path: p.clone(), why: e.to_string() })?;
            if found.is_empty() {
                return Err(PlanError::NoCases(p.clone()));
            }
            out.extend(found);
        } else if p.exists() {
            out.push(p.clone());
        } else {
            return Err(PlanError::NoCases(p.clone()));
        }
    }
    Ok(out)
}

/// Loads the case files; all mistakes of all files.
///
/// # Errors
/// Paths that are not there.
pub fn load(paths: &[PathBuf]) -> Result<(Vec<CaseFile>, Vec<Mistake>), PlanError> {
    let loaded = goabi_cases::load::load(&yaml_files(paths)?, &call::ids());
    Ok((loaded.files, loaded.mistakes))
}

/// Reads targets as users write them: `linux/arm64`, `linux-arm64`, `arm64`, `all`; commas between.
///
/// # Errors
/// A GOARCH that does not exist.
pub fn targets(words: &[String]) -> Result<Vec<Target>, PlanError> {
    let known: Vec<&str> = Arch::all().iter().map(|a| a.goarch.as_str()).collect();
    let mut out: Vec<Target> = Vec::new();
    for word in words.iter().flat_map(|w| w.split(',')).map(str::trim).filter(|w| !w.is_empty()) {
        let arch = word.strip_prefix("linux/").or_else(|| word.strip_prefix("linux-")).unwrap_or(word);
        if arch == "all" {
            out.extend(known.iter().map(|a| Target { goarch: (*a).to_string() }));
        } else if known.contains(&arch) {
            out.push(Target { goarch: arch.to_string() });
        } else {
            return Err(PlanError::BadTarget(word.to_string(), known.join(", ")));
        }
    }
    let mut seen = std::collections::HashSet::new();
    out.retain(|t| seen.insert(t.clone()));
    Ok(out)
}

/// Checks that each selector selects at least one case.
///
/// # Errors
/// The first that does not.
pub fn check_selectors(files: &[CaseFile], selectors: &[Selector]) -> Result<(), PlanError> {
    let ids = || files.iter().flat_map(|f| f.cases.iter().map(|c| &c.id));
    for s in selectors {
        if !ids().any(|id| s.matches_case(id)) {
            return Err(PlanError::NoMatch { selector: s.to_string(), hint: s.hint(ids()) });
        }
    }
    Ok(())
}

fn skip_reason(
    file: &CaseFile,
    case: &Case,
    call: &Call,
    cell: &Cell,
    arch: &'static Arch,
    version: GoVersion,
) -> Option<String> {
    if let Some(why) = case.excluded(&cell.target, cell.build, call.id(), version) {
        return Some(format!("the case leaves it out: {why}"));
    }
    if let Err(why) = cell
        .build
        .applies(arch, version)
        .and_then(|()| cell.stress.applies(arch, version))
        .and_then(|()| call.applies(case, &Port { arch, version, takes: false, profiled: false }))
    {
        return Some(why);
    }
    if call.needs_c() && !cell.stress.is_none() {
        return Some("programs with C are built without stress only".into());
    }
    let overflows = |w: &Want| matches!(w, Want::Dies { line, .. } if line.contains("stack overflow"));
    let asleep = |w: &Want| matches!(w, Want::Dies { line, .. } if line.contains("all goroutines are asleep"));
    if cell.stress.words().any(|w| w.id == "race") && case.vectors.iter().any(|v| asleep(&v.want)) {
        return Some(
            "the race detector is C, with which the runtime does not notice that all goroutines are asleep".into(),
        );
    }
    if cell.stress.words().any(|w| w.id == "move") && case.vectors.iter().any(|v| overflows(&v.want)) {
        return Some("a stack that is to overflow and is moved at each call takes longer than any limit".into());
    }
    // On 64-bit ports all expressions were found sound when the file was read.
    if arch.word_size == 4 {
        for v in &case.vectors {
            if let Err(bad) = case.expected(&file.scope, v, 4) {
                return Some(format!("not on 32-bit ports: {}", bad.error.message));
            }
        }
    }
    None
}

/// Cases x calls x builds x targets x toolchains, or what a profile has of
/// these. Cells that a selector leaves out are not there; those that cannot run
/// are, with the reason.
#[must_use]
pub fn expand(files: &[CaseFile], request: &Request, toolchains: &[PlannedToolchain]) -> Vec<Job> {
    let chosen = match &request.profile {
        Some(p) => choose(files, p, &request.targets, &request.builds),
        None => product(files, request),
    };
    let profile = request.profile.as_ref();
    let by_turns = profile.is_some_and(|p| is_thinned(files, p, &request.targets, &request.builds));
    let mut jobs = Vec::new();
    for (t, toolchain) in toolchains.iter().enumerate() {
        for ((target, build, stress), cases) in &chosen {
            let turn = by_turns.then_some(Turn { place: target + build, builds: request.builds.len() });
            let (target, build) = (&request.targets[*target], request.builds[*build]);
            let Some(arch) = Arch::get(&target.goarch) else { continue };
            let mut cells = Vec::new();
            for ((fi, ci), calls) in cases {
                let (file, case) = (&files[*fi], &files[*fi].cases[*ci]);
                for call in calls {
                    let cell = Cell {
                        case: case.id.clone(),
                        toolchain: toolchain.label.clone(),
                        target: target.clone(),
                        build,
                        stress: *stress,
                        call: call.id().to_string(),
                    };
                    if !request.selectors.is_empty() && !request.selectors.iter().any(|s| s.matches(&cell)) {
                        continue;
                    }
                    let skip = skip_reason(file, case, call, &cell, arch, toolchain.version);
                    cells.push(PlannedCell { cell, case: (*fi, *ci), call, skip });
                }
            }
            if !cells.is_empty() {
                let (target, version, stress) = (target.clone(), toolchain.version, *stress);
                jobs.push(Job { toolchain: t, target, build, stress, arch, version, cells, turn });
            }
        }
    }
    jobs
}

/// Everything with everything.
fn product(files: &[CaseFile], request: &Request) -> Chosen {
    let calls: Vec<&'static Call> = request.calls.iter().filter_map(|w| call::by_id(w)).collect();
    let mut out = Chosen::new();
    for t in 0..request.targets.len() {
        for b in 0..request.builds.len() {
            for stress in &request.stress {
                let cases = out.entry((t, b, *stress)).or_default();
                for (f, file) in files.iter().enumerate() {
                    cases.extend((0..file.cases.len()).map(|c| ((f, c), calls.clone())));
                }
            }
        }
    }
    out
}

/// Where the project's own case files and expectations are, seen from the current folder.
#[must_use]
pub fn default_cases() -> PathBuf {
    Path::new("cases").join("suite")
}

/// The expectations that belong to [`default_cases`].
#[must_use]
pub fn default_expectations() -> PathBuf {
    Path::new("cases").join("expectations")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_has_its_turn_in_one_build_of_each_target() {
        for (target, case) in [(0, 0), (0, 1), (1, 0), (1, 5), (12, 7)] {
            let turns = (0..2).filter(|build| Turn { place: target + build, builds: 2 }.is_of(case));
            assert_eq!(turns.count(), 1, "{target} {case}");
        }
        assert!(Turn { place: 3, builds: 1 }.is_of(2));
    }

    #[test]
    fn targets_in_all_spellings() {
        let names = |w: &[&str]| {
            let words: Vec<String> = w.iter().map(|s| (*s).to_string()).collect();
            targets(&words).map(|l| l.into_iter().map(|t| t.goarch).collect::<Vec<_>>())
        };
        assert_eq!(names(&["linux/arm64,amd64", "linux-riscv64", "arm64"]).unwrap(), ["arm64", "amd64", "riscv64"]);
        assert_eq!(names(&["all"]).unwrap().len(), 13);
        assert!(matches!(names(&["linux/arm65"]), Err(PlanError::BadTarget(..))));
    }
}
