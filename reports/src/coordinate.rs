//! The parts of a cell's text, for grouping. A record keeps cells as their
//! texts, so that a rendering needs neither the case files nor the plan.

/// `case@toolchain/target/build/call`, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coordinate<'a> {
    /// `topic/file/name`.
    pub case: &'a str,
    /// The toolchain's label.
    pub toolchain: &'a str,
    /// `linux-arm64`.
    pub target: &'a str,
    /// `opt`, `noopt` or `noregabi`.
    pub build: &'a str,
    /// The call kind's id.
    pub call: &'a str,
}

impl<'a> Coordinate<'a> {
    /// Takes a cell's text apart. Parts that it lacks are empty: a record of
    /// somebody else's making must still render.
    #[must_use]
    pub fn of(cell: &'a str) -> Coordinate<'a> {
        let (case, rest) = cell.split_once('@').unwrap_or((cell, ""));
        // From the right, since a toolchain's label may hold a slash.
        let mut parts = rest.rsplitn(4, '/');
        let call = parts.next().unwrap_or("");
        let build = parts.next().unwrap_or("");
        let target = parts.next().unwrap_or("");
        let toolchain = parts.next().unwrap_or("");
        Coordinate { case, toolchain, target, build, call }
    }

    /// What one program covers: `go1.27.3/linux-arm64/opt`.
    #[must_use]
    pub fn program(&self) -> String {
        format!("{}/{}/{}", self.toolchain, self.target, self.build)
    }
}

/// The command that repeats just this cell, quoted for a shell.
#[must_use]
pub fn rerun(cell: &str) -> String {
    format!("goabi run '{}'", cell.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_cell_apart() {
        let c = Coordinate::of("results/mixed/any@go1.27.3/linux-arm64/opt/direct");
        assert_eq!((c.case, c.toolchain, c.target), ("results/mixed/any", "go1.27.3", "linux-arm64"));
        assert_eq!((c.build, c.call), ("opt", "direct"));
        assert_eq!(c.program(), "go1.27.3/linux-arm64/opt");
    }

    #[test]
    fn a_label_may_hold_a_slash() {
        let c = Coordinate::of("a/b/c@own/root/linux-386/noopt/inline");
        assert_eq!((c.toolchain, c.target), ("own/root", "linux-386"));
    }

    #[test]
    fn what_is_no_cell_has_empty_parts() {
        let c = Coordinate::of("nonsense");
        assert_eq!((c.case, c.toolchain, c.call), ("nonsense", "", ""));
    }
}
