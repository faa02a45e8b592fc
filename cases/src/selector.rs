//! Selectors: a cell's text with parts left out or starred, on the command
//! line and in expectations.

use crate::cell::{CaseId, Cell};
use crate::mistake::did_you_mean;
use std::fmt;
use std::str::FromStr;

/// A pattern over cells: `topic/file/case@toolchain/target/build/call`. Parts
/// that are left out match everything; `*` within a part matches any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Up to three parts: topic, file, case.
    case: Vec<String>,
    /// Up to four parts: toolchain, target, build, call.
    rest: Vec<String>,
}

/// The text is no selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no selector: {reason}")]
pub struct BadSelector {
    pub text: String,
    pub reason: &'static str,
}

impl FromStr for Selector {
    type Err = BadSelector;

    fn from_str(s: &str) -> Result<Self, BadSelector> {
        let bad = |reason| BadSelector { text: s.to_string(), reason };
        let (case, rest) = match s.split_once('@') {
            Some((c, r)) => (c, Some(r)),
            None => (s, None),
        };
        let parts = |t: &str| t.split('/').filter(|p| !p.is_empty()).map(str::to_string).collect::<Vec<_>>();
        let case = parts(case.trim());
        let rest = rest.map(|r| parts(r.trim())).unwrap_or_default();
        if case.len() > 3 {
            return Err(bad("before `@` stand topic/file/case"));
        }
        if rest.len() > 4 {
            return Err(bad("behind `@` stand toolchain/target/build/call, as in @go1.27.3/linux-arm64/opt/direct"));
        }
        if case.is_empty() && rest.is_empty() {
            return Err(bad("it is empty"));
        }
        Ok(Selector { case, rest })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.case.join("/"))?;
        if self.rest.is_empty() { Ok(()) } else { write!(f, "@{}", self.rest.join("/")) }
    }
}

/// Whether a text matches a pattern in which `*` stands for any text.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for p in parts {
        match rest.find(p) {
            Some(i) => rest = &rest[i + p.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

impl Selector {
    /// Whether the case part matches.
    #[must_use]
    pub fn matches_case(&self, case: &CaseId) -> bool {
        let parts = [&case.topic, &case.file, &case.name];
        self.case.iter().zip(parts).all(|(p, t)| glob(p, t))
    }

    /// Whether the cell matches.
    #[must_use]
    pub fn matches(&self, cell: &Cell) -> bool {
        let target = cell.target.to_string();
        let build = format!("{}{}", cell.build, cell.stress);
        let parts = [cell.toolchain.as_str(), &target, &build, &cell.call];
        self.matches_case(&cell.case) && self.rest.iter().zip(parts).all(|(p, t)| glob(p, t))
    }

    /// One of the parts behind `@` (0 toolchain, 1 target, 2 build, 3 call), if it names one thing.
    #[must_use]
    pub fn names(&self, part: usize) -> Option<&str> {
        self.rest.get(part).map(String::as_str).filter(|p| !p.contains('*'))
    }

    /// One of the parts behind `@`, as it was written.
    #[must_use]
    pub fn part(&self, part: usize) -> Option<&str> {
        self.rest.get(part).map(String::as_str)
    }

    /// Whether it says anything of the case.
    #[must_use]
    pub fn names_case(&self) -> bool {
        self.case.iter().any(|p| p != "*")
    }

    /// The same for whatever toolchain.
    #[must_use]
    pub fn with_any_toolchain(mut self) -> Selector {
        if let Some(toolchain) = self.rest.first_mut() {
            *toolchain = "*".into();
        }
        self
    }

    /// A hint for a selector that matches no case.
    #[must_use]
    pub fn hint<'a>(&self, cases: impl Iterator<Item = &'a CaseId>) -> Option<String> {
        let n = self.case.len();
        let mut texts: Vec<String> = cases
            .map(|c| [&c.topic, &c.file, &c.name].iter().take(n).map(|s| s.as_str()).collect::<Vec<_>>().join("/"))
            .collect();
        texts.dedup();
        did_you_mean(&self.case.join("/"), texts.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::{Build, Target};
    use crate::stress::Stress;

    fn cell() -> Cell {
        Cell {
            case: CaseId { topic: "results".into(), file: "mixed".into(), name: "any_bytes_error".into() },
            toolchain: "go1.27.3".into(),
            target: Target { goarch: "arm64".into() },
            build: Build::Opt,
            stress: Stress::NONE,
            call: "direct".into(),
        }
    }

    #[test]
    fn a_cells_text_selects_it() {
        let c = cell();
        let s: Selector = c.to_string().parse().unwrap();
        assert!(s.matches(&c));
        assert_eq!(s.to_string(), c.to_string());
    }

    #[test]
    fn the_toolchain_can_be_left_open() {
        let mut c = cell();
        let any = c.to_string().parse::<Selector>().unwrap().with_any_toolchain();
        c.toolchain = "go1.21.0".into();
        assert!(any.matches(&c));
        c.call = "inline".into();
        assert!(!any.matches(&c));
        assert_eq!("results".parse::<Selector>().unwrap().with_any_toolchain().to_string(), "results");
    }

    #[test]
    fn parts_left_out_and_stars_widen() {
        let c = cell();
        for yes in [
            "results",
            "results/mixed",
            "*/*/any_*",
            "@go1.27*",
            "@*/linux-arm64",
            "results@*/*/opt",
            "*/mixed/*error@*/*/*/dir*",
        ] {
            assert!(yes.parse::<Selector>().unwrap().matches(&c), "{yes}");
        }
        for no in ["params", "results/mix", "*/*/bytes", "@go1.26*", "@*/linux-amd64", "results@*/*/noopt", "result"] {
            assert!(!no.parse::<Selector>().unwrap().matches(&c), "{no}");
        }
        for bad in ["", "@", "a/b/c/d", "@a/b/c/d/e"] {
            assert!(bad.parse::<Selector>().is_err(), "{bad}");
        }
    }

    #[test]
    fn globs() {
        for (p, t, want) in [
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "acb", false),
            ("*b*", "abc", true),
            ("ab*b", "ab", false),
        ] {
            assert_eq!(glob(p, t), want, "{p} {t}");
        }
    }
}
