//! A version that was asked for: exactly, or any patch of a minor release.

use goabi_cases::version::{BadVersion, GoVersion};

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    version: GoVersion,
    /// Only `1.24` was said.
    any_patch: bool,
}

impl Wanted {
    pub(crate) fn exactly(version: GoVersion) -> Wanted {
        Wanted { version, any_patch: false }
    }

    /// Reads `1.24.3`, `go1.24rc1` or `1.24`; the tip is no release.
    pub(crate) fn parse(request: &str) -> Result<Wanted, BadVersion> {
        let version: GoVersion = request.parse()?;
        if version.is_tip() {
            return Err(BadVersion(request.to_string()));
        }
        let any_patch = version.pre == u32::MAX && request.matches('.').count() == 1;
        Ok(Wanted { version, any_patch })
    }

    pub(crate) fn fits(&self, version: GoVersion) -> bool {
        let (a, b) = (self.version, version);
        if self.any_patch { (a.major, a.minor, a.pre) == (b.major, b.minor, b.pre) } else { a == b }
    }

    /// `go1.24.3`, as Go itself writes it, or `go1.24`.
    pub(crate) fn name(&self) -> String {
        format!("go{}", self.version_text())
    }

    /// The name of exactly one release, where one was asked for.
    pub(crate) fn release(&self) -> Option<String> {
        (!self.any_patch).then(|| self.name())
    }

    /// Before 1.21 the first release of a minor version had no patch number.
    pub(crate) fn version_text(&self) -> String {
        let v = self.version;
        let bare = self.any_patch || (v.minor < 21 && v.patch == 0 && v.pre == u32::MAX);
        if bare { format!("{}.{}", v.major, v.minor) } else { v.to_string() }
    }

    /// What follows the package's name for pip: `==1.24.3.*` or `==1.24.*`. A
    /// release that was packaged anew has a fourth number, as 1.23.4.4 does.
    pub(crate) fn pip_specifier(&self) -> String {
        match (self.any_patch, self.version.pre) {
            (true, _) => format!("=={}.*", self.version_text()),
            (false, u32::MAX) => format!("=={}.*", self.version),
            (false, _) => format!("=={}", self.version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_what_is_wanted() {
        let names = |s: &str| {
            let w = Wanted::parse(s).unwrap();
            (w.name(), w.pip_specifier(), w.release().is_some())
        };
        let is = |a: &str, b: &str, exact| (a.to_string(), b.to_string(), exact);
        assert_eq!(names("1.24.3"), is("go1.24.3", "==1.24.3.*", true));
        assert_eq!(names("go1.24"), is("go1.24", "==1.24.*", false));
        assert_eq!(names("1.27rc1"), is("go1.27rc1", "==1.27rc1", true));
        assert_eq!(names("1.21.0"), is("go1.21.0", "==1.21.0.*", true));
        for bad in ["tip", "devel", "x", "1", "2.1"] {
            assert!(Wanted::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_minor_version_fits_its_patches() {
        let fits = |w: &str, v: &str| Wanted::parse(w).unwrap().fits(v.parse().unwrap());
        assert!(fits("1.24", "1.24.11") && fits("1.24.3", "1.24.3"));
        assert!(!fits("1.24", "1.24rc1") && !fits("1.24", "1.25.0") && !fits("1.24.3", "1.24.11"));
        assert!(!fits("1.24", "tip"));
    }
}
