//! Which cells a profile has: a covering array of strength two over the axes
//! case file, call, target, build and stress, or the product of most of them.
//! Nothing here is random: the same case files give the same cells, and one
//! more case at a file's end moves none of the others.

use crate::chunks::dies;
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

/// By how many kinds a case is called under each set of stress: where one case of
/// each file is, on one target, and where all are, on each.
const UNDER_STRESS: (usize, usize) = (2, 1);

/// The profile's cells over these files, targets and builds.
#[must_use]
pub fn choose(files: &[CaseFile], p: &Profile, targets: &[Target], builds: &[Build]) -> Chosen {
    let mut out = Picker { files, targets: targets.len(), builds: builds.len(), chosen: Chosen::new() };
    if out.targets * out.builds == 0 {
        return out.chosen;
    }
    let calls: Vec<&'static Call> = p.calls.iter().filter_map(|c| call::by_id(c)).collect();
    let small = is_small(files, p, targets, builds);
    let product = p.cover == Cover::Product || small;
    let always: Vec<&'static Call> =
        if product { calls.clone() } else { p.always.iter().filter_map(|c| call::by_id(c)).collect() };
    out.everywhere(&always, small);
    let rest: Vec<&'static Call> = calls.iter().copied().filter(|c| !always.iter().any(|a| a.id() == c.id())).collect();
    // Nor are they for each file: each of its packages would need C's compiler.
    let (with_c, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(|c| c.needs_c());
    out.in_turns(&rest, p.further);
    out.core(p, &with_c);
    out.chains(p);
    // Stress is not for programs with C: each set would be one more of them.
    let without_c: Vec<&'static Call> = calls.iter().copied().filter(|c| !c.needs_c()).collect();
    out.stress(&without_c, &p.stress, product && !small);
    out.chosen
}

/// Whether the product of everything has few cells, which is not thinned out.
fn is_small(files: &[CaseFile], p: &Profile, targets: &[Target], builds: &[Build]) -> bool {
    let cases: usize = files.iter().map(|f| f.cases.len()).sum();
    let calls = p.calls.iter().filter(|c| call::by_id(c).is_some()).count();
    cases * calls * targets.len() * builds.len() <= p.product_up_to
}

/// Whether pairs are covered, and not all cells run.
#[must_use]
pub fn is_thinned(files: &[CaseFile], p: &Profile, targets: &[Target], builds: &[Build]) -> bool {
    p.cover == Cover::Pairs && !is_small(files, p, targets, builds)
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

    /// Each case by each of these calls, in each build on each target. Unless there
    /// are few, those that end the process, and need one each, are called in one of
    /// the builds on each target, by turns.
    fn everywhere(&mut self, calls: &[&'static Call], few: bool) {
        for (f, c) in self.cases() {
            let by_turns = !few && dies(&self.files[f].cases[c]);
            for (t, b) in self.places() {
                let here = |(k, _): &(usize, &&'static Call)| !by_turns || (c + t + k) % self.builds == b;
                for (_, call) in calls.iter().enumerate().filter(here).collect::<Vec<_>>() {
                    self.add((t, b, Stress::NONE), (f, c), call);
                }
            }
        }
    }

    fn places(&self) -> Vec<(usize, usize)> {
        (0..self.targets).flat_map(|t| (0..self.builds).map(move |b| (t, b))).collect()
    }

    /// So many of the calls for each case in each build on each target: a
    /// file's cases take them in turns, and where they are too few for all kinds
    /// to be taken, one more each until they are.
    fn in_turns(&mut self, calls: &[&'static Call], each: usize) {
        let each = each.min(calls.len());
        if each == 0 {
            return;
        }
        let places = self.places();
        for (f, file) in self.files.iter().enumerate() {
            let turns: Vec<_> = (0..file.cases.len()).flat_map(|c| places.iter().map(move |p| (c, *p))).collect();
            if turns.is_empty() {
                continue;
            }
            let kinds = shuffled(file, calls);
            let left = kinds.len().saturating_sub(turns.len() * each);
            let takers = turns.iter().flat_map(|turn| std::iter::repeat_n(turn, each));
            let takers = takers.chain(turns.iter().cycle().take(left));
            for ((c, (t, b)), call) in takers.zip(kinds.iter().cycle()) {
                self.add((*t, *b, Stress::NONE), (f, *c), call);
            }
        }
    }

    fn core_cases(&self, p: &Profile) -> Vec<(usize, usize)> {
        let is_core = |(f, c): &(usize, usize)| p.core.iter().any(|s| s.matches_case(&self.files[*f].cases[*c].id));
        self.cases().into_iter().filter(is_core).collect()
    }

    /// Each of the calls on each target in one of the builds, by turns, on the core
    /// cases; where none is core, on each file's first case.
    fn core(&mut self, p: &Profile, calls: &[&'static Call]) {
        let mut cases = self.core_cases(p);
        if cases.is_empty() {
            cases = self.cases().into_iter().filter(|(_, c)| *c == 0).collect();
        }
        for (i, case) in cases.into_iter().enumerate() {
            for t in 0..self.targets {
                if let Some(call) = calls.get((i + t) % calls.len().max(1)) {
                    self.add((t, t % self.builds, Stress::NONE), case, call);
                }
            }
        }
    }

    /// Each chain on the core cases: on each of them where everything meets
    /// everything, else on one.
    fn chains(&mut self, p: &Profile) {
        let core = self.core_cases(p);
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
    /// or on one of each file, each file on one of the targets.
    fn stress(&mut self, calls: &[&'static Call], sets: &[Stress], each_case: bool) {
        if calls.is_empty() {
            return;
        }
        let each = if each_case { UNDER_STRESS.1 } else { UNDER_STRESS.0 };
        for (s, stress) in sets.iter().enumerate() {
            let mut next = calls.iter().cycle().skip(s * 7 % calls.len());
            for t in 0..self.targets {
                let b = (s + t) % self.builds;
                for (f, file) in self.files.iter().enumerate() {
                    let n = file.cases.len();
                    let here = (f + s) % self.targets == t;
                    let cases: BTreeSet<usize> = if each_case {
                        (0..n).collect()
                    } else {
                        (n > 0 && here).then(|| (s + t + f) % n).into_iter().collect()
                    };
                    for c in cases {
                        for call in next.by_ref().take(each.min(calls.len())) {
                            self.add((t, b, *stress), (f, c), call);
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use goabi_cases::profile::{BUILT_IN, load};

    fn world() -> (Vec<CaseFile>, Vec<Target>) {
        let suite = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases/suite");
        let (files, mistakes) = crate::plan::load(&[suite]).unwrap();
        assert!(mistakes.is_empty(), "{mistakes:?}");
        (files, ["amd64", "arm64"].map(|a| Target { goarch: a.into() }).to_vec())
    }

    fn profile(name: &str) -> Profile {
        let chains: Vec<&str> = call::chains().iter().map(Call::id).collect();
        load(name, &call::ids(), &chains).unwrap_or_else(|m| panic!("{m:?}"))
    }

    fn count(chosen: &Chosen) -> usize {
        chosen.values().flat_map(BTreeMap::values).map(Vec::len).sum()
    }

    #[test]
    fn the_default_covers_all_pairs_with_few_cells() {
        let (files, targets) = world();
        let p = profile("default");
        let chosen = choose(&files, &p, &targets, &p.builds);
        let mut pairs: BTreeSet<(&str, String, String)> = BTreeSet::new();
        for ((t, b, stress), cases) in &chosen {
            for (case, calls) in cases {
                for c in calls.iter().filter(|c| !c.chain()) {
                    let (t, b, s, c) = (t.to_string(), b.to_string(), stress.to_string(), c.id().to_string());
                    pairs.insert(("call target", c.clone(), t.clone()));
                    pairs.insert(("call build", c.clone(), b.clone()));
                    pairs.insert(("call stress", c.clone(), s.clone()));
                    pairs.insert(("target stress", t, s.clone()));
                    pairs.insert(("build stress", b, s.clone()));
                    pairs.insert(("file stress", case.0.to_string(), s));
                    pairs.insert(("file call", case.0.to_string(), c));
                }
            }
        }
        let of = |axes: &str| pairs.iter().filter(|(a, _, _)| *a == axes).count();
        let (calls, stress) = (p.calls.len(), p.stress.len() + 1);
        assert_eq!((of("call target"), of("call build")), (2 * calls, 2 * calls));
        // Calls through C are there without stress only.
        let with_c = p.calls.iter().filter(|c| call::by_id(c).is_some_and(Call::needs_c)).count();
        assert_eq!((of("call stress"), with_c), (calls * stress - with_c * (stress - 1), 2));
        assert_eq!((of("target stress"), of("build stress")), (2 * stress, 2 * stress));
        assert_eq!(of("file stress"), files.len() * stress);
        // Those only on core cases.
        let core =
            files.iter().filter(|f| f.cases.iter().any(|c| p.core.iter().any(|s| s.matches_case(&c.id)))).count();
        assert_eq!(of("file call"), files.len() * (calls - with_c) + core * with_c);
        let chains: BTreeSet<&str> =
            chosen.values().flat_map(BTreeMap::values).flatten().filter(|c| c.chain()).map(|c| c.id()).collect();
        assert_eq!(chains.len(), p.chains.len());
        let product = files.iter().map(|f| f.cases.len()).sum::<usize>() * calls * 4 * stress;
        assert!(count(&chosen) * 20 < product, "{} of {product}", count(&chosen));
    }

    #[test]
    fn a_further_case_moves_no_other() {
        let (mut files, targets) = world();
        let p = profile("default");
        let whole = choose(&files, &p, &targets, &p.builds);
        // In a small file what is left over is dealt anew.
        let large = files.iter().position(|f| f.cases.len() * 4 > p.calls.len() + 4).unwrap();
        let last = files[large].cases.pop().unwrap();
        assert!(!last.id.name.is_empty());
        let less = choose(&files, &p, &targets, &p.builds);
        for (place, cases) in less.iter().filter(|(p, _)| p.2.is_none()) {
            for (case, calls) in cases {
                let before = |c: &&Call| !c.chain();
                let ids =
                    |list: &[&'static Call]| list.iter().copied().filter(before).map(Call::id).collect::<Vec<_>>();
                assert_eq!(ids(calls), ids(&whole[place][case]));
            }
        }
    }

    #[test]
    fn a_small_run_is_not_thinned_out() {
        let (mut files, targets) = world();
        files.truncate(1);
        files[0].cases.truncate(2);
        let p = profile("default");
        let plain = choose(&files, &p, &targets, &p.builds);
        let plain: Chosen = plain.into_iter().filter(|(place, _)| place.2.is_none()).collect();
        assert_eq!(count(&plain), 2 * 2 * 2 * p.calls.len());
    }

    #[test]
    fn built_in_profiles_are_sound() {
        for (name, _) in BUILT_IN {
            assert!(!profile(name).calls.is_empty(), "{name}");
        }
    }
}
