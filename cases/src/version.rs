//! Go versions and their order.

use std::fmt;
use std::str::FromStr;

/// A Go release, or a development tip (which is newer than every release).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoVersion {
    /// `1` for all Go so far; [`u32::MAX`] for a development tip.
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
    /// Release candidates and betas sort before their release: a release has
    /// [`u32::MAX`], `rcN` has 1000+N, `betaN` has N.
    pub pre: u32,
}

/// The text is no Go version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no Go version: write it like 1.27.3, 1.27rc1 or tip")]
pub struct BadVersion(pub String);

impl GoVersion {
    /// Newer than every release.
    pub const TIP: GoVersion = GoVersion { major: u32::MAX, minor: 0, patch: 0, pre: u32::MAX };

    /// The release `major.minor.patch`.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> GoVersion {
        GoVersion { major, minor, patch, pre: u32::MAX }
    }

    /// Whether this is a development tip.
    #[must_use]
    pub fn is_tip(&self) -> bool {
        self.major == u32::MAX
    }
}

impl FromStr for GoVersion {
    type Err = BadVersion;

    /// Reads `1.27.3`, `go1.27.3`, `1.27`, `1.27rc1`, `tip`, `devel ...`, and a
    /// VERSION with experiments behind it (`go1.27.3 X:noregabi`, `go1.27.3-foo`).
    fn from_str(s: &str) -> Result<Self, BadVersion> {
        let bad = || BadVersion(s.to_string());
        let text = s.trim();
        if text == "tip" || text.starts_with("devel") {
            return Ok(GoVersion::TIP);
        }
        let text = text.strip_prefix("go").unwrap_or(text);
        let text = text.split([' ', '-', '+']).next().unwrap_or(text);
        let (numbers, pre) = match text.find(['r', 'b']) {
            Some(i) => {
                let (n, p) = text.split_at(i);
                let number = |p: &str| p.parse::<u32>().ok().filter(|n| *n < 1000).ok_or_else(bad);
                let pre = if let Some(rc) = p.strip_prefix("rc") {
                    1000 + number(rc)?
                } else {
                    number(p.strip_prefix("beta").ok_or_else(bad)?)?
                };
                (n, pre)
            }
            None => (text, u32::MAX),
        };
        let mut parts = numbers.split('.');
        let mut next = |required: bool| -> Result<u32, BadVersion> {
            match parts.next() {
                Some(p) if !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()) => p.parse().map_err(|_| bad()),
                None if !required => Ok(0),
                _ => Err(bad()),
            }
        };
        let (major, minor, patch) = (next(true)?, next(true)?, next(false)?);
        if parts.next().is_some() || major != 1 {
            return Err(bad());
        }
        Ok(GoVersion { major, minor, patch, pre })
    }
}

impl fmt::Display for GoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_tip() {
            return f.write_str("tip");
        }
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.pre == u32::MAX {
            write!(f, ".{}", self.patch)
        } else if self.pre >= 1000 {
            write!(f, "rc{}", self.pre - 1000)
        } else {
            write!(f, "beta{}", self.pre)
        }
    }
}

impl serde::Serialize for GoVersion {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for GoVersion {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(s: &str) -> GoVersion {
        s.parse().unwrap()
    }

    #[test]
    fn order_follows_go() {
        let sorted = ["1.21.0", "1.21.13", "1.22beta1", "1.22rc1", "1.22rc2", "1.22.0", "1.27.3", "tip"];
        for pair in sorted.windows(2) {
            assert!(v(pair[0]) < v(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn reads_what_toolchains_print() {
        assert_eq!(v("go1.27.3"), GoVersion::new(1, 27, 3));
        assert_eq!(v("go1.27.3 X:noregabi"), GoVersion::new(1, 27, 3));
        assert_eq!(v("go1.27"), GoVersion::new(1, 27, 0));
        assert!(v("devel go1.28-abcdef Mon").is_tip());
        for bad in ["", "1", "2.0", "1.x", "1.2.3.4", "1.27rc", "one"] {
            assert!(bad.parse::<GoVersion>().is_err(), "{bad}");
        }
    }

    #[test]
    fn prints_what_it_reads() {
        for s in ["1.27.3", "1.22rc2", "1.22beta1", "tip"] {
            assert_eq!(v(s).to_string(), s);
        }
    }
}
