//! The versions that are to be tried, in order: from words of the command line
//! and from what can be had.

use goabi_cases::version::GoVersion;

/// One word of `--go`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// `1.24.3..1.26`.
    Range(Range),
    /// `1.24.3`, or `tip`.
    Version(GoVersion),
    /// The path of a GOROOT.
    Goroot(String),
}

/// `A..B`, both inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub from: GoVersion,
    /// With all patches of it where only `1.26` was said.
    pub to: GoVersion,
    /// The ends that name one version each: they are tried whether anybody lists them or not.
    pub named: Vec<GoVersion>,
}

/// Why a word makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWord {
    #[error(transparent)]
    Version(#[from] goabi_cases::version::BadVersion),
    #[error("`{0}` goes backwards: write the older version first")]
    Backwards(String),
}

/// Reads the words; commas between are taken apart before.
///
/// # Errors
/// The first that makes no sense.
pub fn read(words: &[&str]) -> Result<Vec<Word>, BadWord> {
    words.iter().map(|w| word(w)).collect()
}

fn word(w: &str) -> Result<Word, BadWord> {
    if w.contains('/') {
        return Ok(Word::Goroot(w.to_string()));
    }
    let Some((from, to)) = w.split_once("..") else { return Ok(Word::Version(w.parse()?)) };
    let minor = |text: &str, v: GoVersion| !v.is_tip() && v.pre == u32::MAX && text.matches('.').count() == 1;
    let (first, last): (GoVersion, GoVersion) = (from.parse()?, to.parse()?);
    let all_of = minor(to, last);
    let to = if all_of { GoVersion { patch: u32::MAX, ..last } } else { last };
    if first > to {
        return Err(BadWord::Backwards(w.to_string()));
    }
    let mut named = Vec::new();
    if !minor(from, first) {
        named.push(first);
    }
    if !all_of {
        named.push(last);
    }
    named.dedup();
    Ok(Word::Range(Range { from: first, to, named }))
}

impl Range {
    /// Whether a release lies in it. Release candidates do where they are named.
    #[must_use]
    pub fn contains(&self, v: GoVersion) -> bool {
        self.named.contains(&v) || (v >= self.from && v <= self.to && v.pre == u32::MAX)
    }
}

/// What lies between two releases and was not tried since nobody has it, in
/// words: patches that must exist, and those of which we cannot know.
#[must_use]
pub fn unseen(before: GoVersion, after: GoVersion) -> Vec<String> {
    let mut out = Vec::new();
    if before.is_tip() || after.is_tip() || before.pre != u32::MAX || after.pre != u32::MAX {
        return out;
    }
    if before.minor == after.minor {
        out.extend(patches(after.minor, before.patch + 1, after.patch));
        return out;
    }
    out.push(format!("patches of 1.{} after {before}, if there are any", before.minor));
    out.extend((before.minor + 1..after.minor).map(|m| format!("1.{m}")));
    out.extend(patches(after.minor, 0, after.patch));
    out
}

/// The patches from `first` to the one before `end`.
fn patches(minor: u32, first: u32, end: u32) -> Option<String> {
    match end.checked_sub(first) {
        None | Some(0) => None,
        Some(1) => Some(format!("1.{minor}.{first}")),
        Some(_) => Some(format!("1.{minor}.{first} to 1.{minor}.{}", end - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(s: &str) -> GoVersion {
        s.parse().unwrap()
    }

    #[test]
    fn words_are_ranges_versions_and_paths() {
        let words = read(&["1.24.3..1.26", "1.27rc1", "../go", "tip"]).unwrap();
        let Word::Range(range) = &words[0] else { panic!("{words:?}") };
        assert_eq!(range.named, [v("1.24.3")]);
        assert_eq!(words[1..], [Word::Version(v("1.27rc1")), Word::Goroot("../go".into()), Word::Version(v("tip"))]);
        for (version, inside) in [
            ("1.24.2", false),
            ("1.24.3", true),
            ("1.26.0", true),
            ("1.26.9", true),
            ("1.27.0", false),
            ("1.25rc1", false),
        ] {
            assert_eq!(range.contains(v(version)), inside, "{version}");
        }
        assert!(matches!(&read(&["1.26rc1..tip"]).unwrap()[0], Word::Range(r) if r.contains(v("1.26rc1"))));
        for bad in ["1.26..1.24", "x..1.24", "1.24..", "..", "1"] {
            assert!(read(&[bad]).is_err(), "{bad}");
        }
        // All of one minor release is no way backwards.
        assert!(read(&["1.26.3..1.26"]).is_ok());
    }

    #[test]
    fn what_nobody_has_is_named() {
        let unseen = |a: &str, b: &str| unseen(v(a), v(b)).join(", ");
        assert_eq!(unseen("1.24.3", "1.24.4"), "");
        assert_eq!(unseen("1.24.3", "1.24.5"), "1.24.4");
        assert_eq!(unseen("1.24.3", "1.24.11"), "1.24.4 to 1.24.10");
        assert_eq!(unseen("1.25.5", "1.26.0"), "patches of 1.25 after 1.25.5, if there are any");
        let far = "patches of 1.22 after 1.22.10, if there are any, 1.23, 1.24.0 to 1.24.2";
        assert_eq!(unseen("1.22.10", "1.24.3"), far);
        assert_eq!(unseen("1.27.3", "tip"), "");
    }
}
