//! `//go:build` lines. Three-valued: a tag whose value is not known makes the
//! whole unknown only where it matters.

/// What the tags are worth in one build.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tags<'a> {
    pub goarch: &'a str,
    /// Whether `goexperiment.regabiargs` is set, where that is known.
    pub regabi: Option<bool>,
}

impl Tags<'_> {
    /// A tag's value under linux with a release's own compiler.
    fn value(self, tag: &str) -> Option<bool> {
        match tag {
            "linux" | "unix" | "gc" => Some(true),
            "goexperiment.regabiargs" | "goexperiment.regabiwrappers" => self.regabi,
            _ if is_goarch(tag) => Some(tag == self.goarch),
            _ if tag.strip_prefix("go1.").is_some_and(|n| n.parse::<u32>().is_ok()) => Some(true),
            _ => None,
        }
    }

    /// The value of a constraint, the text behind `//go:build`. `None` also for
    /// what is no constraint.
    pub fn constraint(self, text: &str) -> Option<bool> {
        let mut parser = Parser { tags: self, rest: text };
        let value = parser.either();
        if parser.rest.trim_start().is_empty() { value } else { None }
    }

    /// Whether a file's name leaves it in: `abi_arm64.go` is for arm64 alone.
    pub fn file_name(self, stem: &str) -> bool {
        let last = stem.rsplit('_').next().filter(|l| *l != stem);
        last.is_none_or(|l| !is_goarch(l) || l == self.goarch)
    }
}

/// `knownArch` of `internal/syslist`, as far as Go has ports for them.
fn is_goarch(word: &str) -> bool {
    word == "wasm" || goabi_cases::arch::Arch::get(word).is_some()
}

struct Parser<'a, 't> {
    tags: Tags<'t>,
    rest: &'a str,
}

impl Parser<'_, '_> {
    fn eat(&mut self, token: &str) -> bool {
        match self.rest.trim_start().strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn either(&mut self) -> Option<bool> {
        let mut value = self.both();
        while self.eat("||") {
            value = match (value, self.both()) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                (None, None | Some(false)) | (Some(false), None) => None,
            };
        }
        value
    }

    fn both(&mut self) -> Option<bool> {
        let mut value = self.not();
        while self.eat("&&") {
            value = match (value, self.not()) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                (None, None | Some(true)) | (Some(true), None) => None,
            };
        }
        value
    }

    fn not(&mut self) -> Option<bool> {
        if self.eat("!") {
            return self.not().map(|v| !v);
        }
        if self.eat("(") {
            let value = self.either();
            return if self.eat(")") { value } else { None };
        }
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
        let (tag, rest) = rest.split_at(end);
        self.rest = rest;
        if tag.is_empty() { None } else { self.tags.value(tag) }
    }
}

#[cfg(test)]
mod tests {
    use super::Tags;

    #[test]
    fn constraints_are_evaluated_as_far_as_they_are_known() {
        let tags = Tags { goarch: "arm64", regabi: Some(true) };
        let unknown = Tags { goarch: "arm64", regabi: None };
        for (text, known, open) in [
            ("arm64", Some(true), Some(true)),
            ("ppc64 || ppc64le", Some(false), Some(false)),
            ("!goexperiment.regabiargs && !amd64", Some(false), None),
            ("!goexperiment.regabiargs && !amd64 && !arm64", Some(false), Some(false)),
            ("goexperiment.regabiargs || arm64", Some(true), Some(true)),
            ("(linux && !(wasm || s390x)) && go1.21", Some(true), Some(true)),
            ("goexperiment.newinventory", None, None),
            ("arm64 &&", None, None),
            ("(arm64", None, None),
            ("arm64 arm64", None, None),
            ("", None, None),
        ] {
            assert_eq!((tags.constraint(text), unknown.constraint(text)), (known, open), "{text}");
        }
    }

    #[test]
    fn names_of_files_constrain_by_their_last_part() {
        let tags = Tags { goarch: "arm64", regabi: None };
        assert!(tags.file_name("abi_arm64") && tags.file_name("abi_generic") && tags.file_name("abi_ppc64x"));
        assert!(tags.file_name("amd64"), "a whole name is no constraint");
        assert!(!tags.file_name("abi_amd64") && !tags.file_name("abi_wasm"));
    }
}
