//! Profiles: which cells a run has where the command line does not say.

use crate::arch::Arch;
use crate::cell::Build;
use crate::decode::{FromNode, Reader, mapping};
use crate::mistake::{Mistake, Source, did_you_mean};
use crate::selector::Selector;
use crate::stress::{BadStress, Stress, WORDS};
use crate::yaml::Text;
use std::path::Path;

mapping! {
    /// A profile: which cells a run has.
    pub struct RawProfile as "a profile" {
        /// One sentence about it.
        about: Text,
        /// GOARCHes that are run where --target says nothing.
        targets: Vec<Text>,
        /// Build modes.
        builds: Vec<Text>,
        /// Call kinds, chains of two (`defer_late+method_value`), or `all` for each kind.
        calls: Vec<Text>,
        /// Call kinds that each case gets in each build on each target even where pairs are covered.
        always: Vec<Text>,
        /// How many further kinds each case gets in each build on each target where pairs are covered.
        further: Option<u32>,
        /// Chains of two call kinds, or `all` for each pair of kinds.
        chains: Vec<Text>,
        /// The cases that chains are tried on, as selectors.
        core: Vec<Text>,
        /// Sets of stress, each its words with a plus between: `gc+clobberdead`.
        stress: Vec<Text>,
        /// product: everything with everything. pairs: each value of an axis with each of every other.
        cover: Text,
        /// Where pairs are covered: the number of cells up to which everything is run with everything all the same.
        product_up_to: Option<u32>,
    }
}

/// How the axes are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    Product,
    Pairs,
}

/// A profile that was read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub about: String,
    pub targets: Vec<String>,
    pub builds: Vec<Build>,
    /// Call kinds' words; `all` is written out.
    pub calls: Vec<String>,
    pub always: Vec<String>,
    pub further: usize,
    pub chains: Vec<String>,
    pub core: Vec<Selector>,
    pub stress: Vec<Stress>,
    pub cover: Cover,
    pub product_up_to: usize,
}

/// The profiles that come with goabi: name and text.
pub const BUILT_IN: [(&str, &str); 3] = [
    ("quick", include_str!("../profiles/quick.yaml")),
    ("default", include_str!("../profiles/default.yaml")),
    ("thorough", include_str!("../profiles/thorough.yaml")),
];

/// The word that stands for everything there is.
const ALL: &str = "all";

/// The JSON schema of profiles.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    let mut schema = RawProfile::schema();
    if let Some(o) = schema.as_object_mut() {
        o.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        o.insert("title".into(), "goabi profile".into());
    }
    schema
}

/// Reads the profile of that name, or the file. `kinds` and `chains` are the
/// calls that exist.
///
/// # Errors
/// All mistakes in it.
pub fn load(name: &str, kinds: &[&str], chains: &[&str]) -> Result<Profile, Vec<Mistake>> {
    let source = match BUILT_IN.iter().find(|(n, _)| *n == name) {
        Some((n, text)) => Source::new(Path::new(&format!("{n}.yaml")), text),
        None => Source::read(Path::new(name)).map_err(|m| vec![*m])?,
    };
    read(&source, kinds, chains)
}

/// As [`load`], of a text.
///
/// # Errors
/// As [`load`].
pub fn read(source: &Source, kinds: &[&str], chains: &[&str]) -> Result<Profile, Vec<Mistake>> {
    let mut r = Reader { source, mistakes: vec![] };
    let root = crate::yaml::parse(source).map_err(|m| vec![*m])?;
    let raw = RawProfile::from_node(&root, &mut r);
    let profile = raw.and_then(|raw| checked(&mut r, raw, kinds, chains));
    match profile {
        Some(p) if r.mistakes.is_empty() => Ok(p),
        Some(_) | None => Err(r.mistakes),
    }
}

fn checked(r: &mut Reader, raw: RawProfile, kinds: &[&str], chains: &[&str]) -> Option<Profile> {
    let arches: Vec<&str> = Arch::all().iter().map(|a| a.goarch.as_str()).collect();
    let targets = words(r, &raw.targets, &arches, "GOARCH");
    let modes = Build::ALL.map(Build::id);
    let builds = words(r, &raw.builds, &modes, "build mode");
    let calls = words(r, &raw.calls, kinds, "call kind");
    let always = words(r, &raw.always, kinds, "call kind");
    let chains = words(r, &raw.chains, chains, "chain of two call kinds");
    let mut core = Vec::new();
    for t in &raw.core {
        match t.value.parse::<Selector>() {
            Ok(s) => core.push(s),
            Err(m) => r.mistake(t.span.clone(), m.to_string(), None),
        }
    }
    let mut stress = Vec::new();
    for t in &raw.stress {
        match Stress::of(t.value.split('+').map(str::trim)) {
            Ok(s) => stress.push(s),
            Err(e) => {
                let help = match &e {
                    BadStress::Unknown(word) => did_you_mean(word, WORDS.iter().map(|w| w.id)).or_else(|| {
                        Some(format!("there are {}", WORDS.iter().map(|w| w.id).collect::<Vec<_>>().join(", ")))
                    }),
                    BadStress::Both(..) => None,
                };
                r.mistake(t.span.clone(), e.to_string(), help);
            }
        }
    }
    let cover = match raw.cover.value.as_str() {
        "product" => Cover::Product,
        "pairs" => Cover::Pairs,
        other => {
            r.mistake(raw.cover.span.clone(), format!("`{other}` is no way to cover"), Some("product or pairs".into()));
            return None;
        }
    };
    for (list, name) in [(&targets, "targets"), (&builds, "builds"), (&calls, "calls")] {
        if list.is_empty() && r.mistakes.is_empty() {
            r.mistake(raw.about.span.clone(), format!("the profile has no cells: `{name}` is empty"), None);
        }
    }
    if !chains.is_empty() && core.is_empty() && r.mistakes.is_empty() {
        r.mistake(raw.about.span.clone(), "`chains` need `core`: the cases that they are tried on", None);
    }
    Some(Profile {
        about: raw.about.value,
        targets,
        builds: builds.iter().filter_map(|b| Build::from_id(b)).collect(),
        calls,
        always,
        further: raw.further.unwrap_or(0) as usize,
        chains,
        core,
        stress,
        cover,
        product_up_to: raw.product_up_to.unwrap_or(0) as usize,
    })
}

/// The words of a list that are among the known ones; `all` for each of these.
fn words(r: &mut Reader, list: &[Text], known: &[&str], what: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for t in list {
        let word = t.value.as_str();
        if word == ALL {
            out.extend(known.iter().map(|k| (*k).to_string()));
        } else if known.contains(&word) {
            out.push(word.to_string());
        } else {
            let help = did_you_mean(word, known.iter().copied());
            let all = (known.len() < 50).then(|| format!("there are {}", known.join(", ")));
            r.mistake(t.span.clone(), format!("`{word}` is no {what}"), help.or(all));
        }
    }
    let mut seen = std::collections::HashSet::new();
    out.retain(|w| seen.insert(w.clone()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [&str; 3] = ["direct", "inline", "func_value"];

    fn read(text: &str) -> Result<Profile, Vec<String>> {
        super::read(&Source::new(Path::new("own.yaml"), text), &KINDS, &["inline+direct"])
            .map_err(|list| list.iter().map(|m| m.message.clone()).collect())
    }

    #[test]
    fn a_profile_of_ones_own() {
        let text = "about: x\ntargets: [arm64]\nbuilds: [opt]\ncalls: [all]\nalways: [direct]\nfurther: 2\n\
            stress: [move, gc+clobberdead]\ncover: pairs\n";
        let p = read(text).unwrap();
        assert_eq!((p.calls.len(), p.further, p.cover), (3, 2, Cover::Pairs));
        assert_eq!(p.stress.iter().map(ToString::to_string).collect::<Vec<_>>(), ["+move", "+gc+clobberdead"]);
    }

    #[test]
    fn mistakes_are_all_told() {
        let text = "about: x\ntargets: [arm65]\nbuilds: [opt]\ncalls: [drect]\nstress: [mvoe]\ncover: some\n";
        assert_eq!(
            read(text).unwrap_err(),
            [
                "`arm65` is no GOARCH",
                "`drect` is no call kind",
                "`mvoe` is no word of stress",
                "`some` is no way to cover"
            ]
        );
        let text = "about: x\ntargets: [arm64]\nbuilds: []\ncalls: [all]\ncover: pairs\n";
        assert_eq!(read(text).unwrap_err(), ["the profile has no cells: `builds` is empty"]);
        let text = "about: x\ntargets: [arm64]\nbuilds: [opt]\ncalls: [all]\nchains: [all]\ncover: pairs\n";
        assert_eq!(read(text).unwrap_err(), ["`chains` need `core`: the cases that they are tried on"]);
    }
}
