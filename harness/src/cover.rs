//! Which cells a profile has: a covering array of strength two over the axes
//! case file, call, target, build and stress, or the product of most of them.
//! Nothing here is random: the same case files give the same cells, and one
//! more case at a file's end moves none of the others.

use goabi_cases::case::CaseFile;
use goabi_cases::cell::{Build, Target};
use goabi_cases::profile::{Cover, Profile};
use goabi_cases::stress::Stress;
use goabi_generators::call::{self, Call};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// One program's coordinates, without the toolchain: indexes into the targets
/// and builds, and the stress.
pub type Place = (usize, usize, Stress);

/// The cells of a profile on one toolchain: by program the cases (indexes of
/// file and case) with their calls.
pub type Chosen = BTreeMap<Place, BTreeMap<(usize, usize), Vec<&'static Call>>>;

/// How many further kinds a case gets under each set of stress.
const UNDER_STRESS: usize = 2;

/// The profile's cells over these files, targets and builds.
#[must_use]
pub fn choose(files: &[CaseFile], p: &Profile, targets: &[Target], builds: &[Build]) -> Chosen {
    let mut out = Picker { files, targets: targets.len(), builds: builds.len(), chosen: Chosen::new() };
    if out.targets * out.builds == 0 {
        return out.chosen;
    }
    let calls: Vec<&'static Call> = p.calls.iter().filter_map(|c| call::by_id(c)).collect();
    let cases: usize = files.iter().map(|f| f.cases.len()).sum();
    let small = cases * calls.len() * out.targets * out.builds <= p.product_up_to;
    let product = p.cover == Cover::Product || small;
    let always: Vec<&'static Call> =
        if product { calls.clone() } else { p.always.iter().filter_map(|c| call::by_id(c)).collect() };
    out.everywhere(&always);
    let rest: Vec<&'static Call> = calls.iter().copied().filter(|c| !always.iter().any(|a| a.id() == c.id())).collect();
    out.in_turns(&rest, p.further);
    out.chains(p);
    out.stress(&calls, &p.stress, product && !small);
    out.chosen
}

struct Picker<'a> {
    files: &'a [CaseFile],
    targets: usize,
    builds: usize,
    chosen: Chosen,
}

/// The calls in an order of the file's own, so that files do not all begin alike.
fn shuffled(file: &CaseFile, calls: &[&'static Call]) -> Vec<&'static Call> {
    let mut out = calls.to_vec();
    out.sort_by_cached_key(|c| {
        let text = format!("{}/{} {}", file.topic, file.stem, c.id());
        Sha256::digest(text.as_bytes()).to_vec()
    });
    out
}

impl Picker<'_> {
    fn add(&mut self, place: Place, case: (usize, usize), call: &'static Call) {
        let calls = self.chosen.entry(place).or_default().entry(case).or_default();
        if !calls.iter().any(|c| c.id() == call.id()) {
            calls.push(call);
        }
    }

    fn cases(&self) -> Vec<(usize, usize)> {
        self.files.iter().enumerate().flat_map(|(f, file)| (0..file.cases.len()).map(move |c| (f, c))).collect()
    }

    /// Each case by each of these calls, in each build on each target.
    fn everywhere(&mut self, calls: &[&'static Call]) {
        for case in self.cases() {
            for (t, b) in self.places() {
                calls.iter().for_each(|c| self.add((t, b, Stress::NONE), case, c));
            }
        }
    }

    fn places(&self) -> Vec<(usize, usize)> {
        (0..self.targets).flat_map(|t| (0..self.builds).map(move |b| (t, b))).collect()
    }

    /// So many of the calls for each case in each build on each target: a
    /// file's cases take them in turns.
    fn in_turns(&mut self, calls: &[&'static Call], each: usize) {
        if calls.is_empty() {
            return;
        }
        let places = self.places();
        for (f, file) in self.files.iter().enumerate() {
            let turn = shuffled(file, calls);
            let mut next = turn.iter().cycle();
            for c in 0..file.cases.len() {
                for (t, b) in &places {
                    for call in next.by_ref().take(each.min(turn.len())) {
                        self.add((*t, *b, Stress::NONE), (f, c), call);
                    }
                }
            }
        }
    }

    /// Each chain on the core cases: on each of them where everything meets
    /// everything, else on one.
    fn chains(&mut self, p: &Profile) {
        let core: Vec<(usize, usize)> = self
            .cases()
            .into_iter()
            .filter(|(f, c)| p.core.iter().any(|s| s.matches_case(&self.files[*f].cases[*c].id)))
            .collect();
        if core.is_empty() {
            return;
        }
        let places = self.places();
        for (i, chain) in p.chains.iter().filter_map(|c| call::by_id(c)).enumerate() {
            let cases: Vec<(usize, usize)> = match p.cover {
                Cover::Product => core.clone(),
                Cover::Pairs => vec![core[i % core.len()]],
            };
            for (k, case) in cases.into_iter().enumerate() {
                let (t, b) = places[(i + i / places.len() + k) % places.len()];
                self.add((t, b, Stress::NONE), case, chain);
            }
        }
    }

    /// Each set of stress on each target, in the builds by turns: on each case,
    /// or on one of each file.
    fn stress(&mut self, calls: &[&'static Call], sets: &[Stress], each_case: bool) {
        if calls.is_empty() {
            return;
        }
        for (s, stress) in sets.iter().enumerate() {
            let mut next = calls.iter().cycle().skip(s * 7 % calls.len());
            for t in 0..self.targets {
                let b = (s + t) % self.builds;
                for (f, file) in self.files.iter().enumerate() {
                    let n = file.cases.len();
                    let cases: BTreeSet<usize> = if each_case {
                        (0..n).collect()
                    } else {
                        (n > 0).then(|| (s + t + f) % n).into_iter().collect()
                    };
                    for c in cases {
                        for call in next.by_ref().take(UNDER_STRESS.min(calls.len())) {
                            self.add((t, b, *stress), (f, c), call);
                        }
                    }
                }
            }
        }
    }
}
