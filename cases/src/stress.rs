//! Stress: what makes a program's life harder without changing what it must
//! do. Words behind a build mode, as in `opt+move`; each says which flags,
//! environment and emulator options it stands for, and where it makes sense.

use crate::arch::Arch;
use crate::version::GoVersion;
use std::fmt;

/// One word of stress.
#[derive(Debug)]
pub struct Word {
    /// The word in a cell's text.
    pub id: &'static str,
    /// One line for people.
    pub about: &'static str,
    /// Compiler flags for the program's own packages, not for the standard library.
    pub gcflags: &'static [&'static str],
    /// Compiler flags that some releases need beside those: the minor numbers of
    /// the first one and of the first one after them.
    pub gcflags_in: &'static [(u32, u32, &'static str)],
    /// Arguments of `go build`.
    pub build_args: &'static [&'static str],
    /// Environment of `go build`.
    pub build_env: &'static [(&'static str, &'static str)],
    /// Environment of the program.
    pub run_env: &'static [(&'static str, &'static str)],
    /// Settings of the program's GODEBUG.
    pub godebug: &'static [&'static str],
    /// Whether the program's packages are compiled with the profile that was
    /// generated with them ([`PROFILE`]).
    pub profiled: bool,
    /// What package rt of the program is to do (`GOABI_STRESS`).
    pub program: &'static [&'static str],
    /// Options of qemu-user.
    pub emulator: &'static [&'static str],
    /// Whether only an emulator can do it.
    pub emulated: bool,
    /// GOARCHes for which it means something; empty for all.
    pub targets: &'static [&'static str],
    /// Of words of one group only one can be chosen; empty for none.
    pub group: &'static str,
    /// The minor number of the first Go release that knows it.
    pub since: u32,
    /// The host's processor features that it needs, as `/proc/cpuinfo` calls them.
    pub needs: &'static [&'static str],
}

/// The file in a generated program that says which calls are hot, in the form
/// that the compiler reads (`cmd/internal/pgo`, since Go 1.23).
pub const PROFILE: &str = "goabi.pgo";

/// A word that changes nothing: what the others differ from.
const PLAIN: Word = Word {
    id: "",
    about: "",
    gcflags: &[],
    gcflags_in: &[],
    build_args: &[],
    build_env: &[],
    run_env: &[],
    godebug: &[],
    profiled: false,
    program: &[],
    emulator: &[],
    emulated: false,
    targets: &[],
    group: "",
    since: 21,
    needs: &[],
};

impl Word {
    /// The compiler flags that a release needs for it.
    pub fn compiler_flags(&self, version: GoVersion) -> impl Iterator<Item = &'static str> {
        let within = move |(since, until, _): &&(u32, u32, &str)| {
            version >= GoVersion::new(1, *since, 0) && version < GoVersion::new(1, *until, 0)
        };
        self.gcflags.iter().copied().chain(self.gcflags_in.iter().filter(within).map(|(_, _, flag)| *flag))
    }
}

const COLLECT: &[(&str, &str)] = &[("GOGC", "1")];

/// All words, in the order in which a cell's text has them.
pub static WORDS: &[Word] = &[
    Word {
        id: "move",
        about: "the stack is moved at each function's prologue",
        gcflags: &["-d=maymorestack=runtime.mayMoreStackMove"],
        ..PLAIN
    },
    Word {
        id: "small",
        about: "calls begin on a stack that is nearly full, and must grow it",
        program: &["small"],
        ..PLAIN
    },
    Word {
        id: "gc",
        about: "collections within the callee, at events and recovered panics, around reflect's calls and before the caller looks at results; freed memory is overwritten",
        run_env: COLLECT,
        godebug: &["clobberfree=1"],
        program: &["gc"],
        ..PLAIN
    },
    Word {
        id: "checkmark",
        about: "as gc, and each collection's marking is checked by a second one that stops the world",
        run_env: COLLECT,
        godebug: &["gccheckmark=1", "clobberfree=1"],
        program: &["gc"],
        group: "collector",
        ..PLAIN
    },
    Word {
        id: "stoptheworld",
        about: "as gc, with a collector that stops the world",
        run_env: COLLECT,
        godebug: &["gcstoptheworld=2", "clobberfree=1"],
        program: &["gc"],
        group: "collector",
        ..PLAIN
    },
    Word {
        id: "preempt",
        about: "another goroutine collects garbage all the time, which preempts the calls",
        run_env: COLLECT,
        program: &["preempt"],
        ..PLAIN
    },
    Word {
        id: "singlestep",
        about: "as preempt, under an emulator that can be interrupted at each instruction",
        run_env: COLLECT,
        program: &["preempt"],
        emulator: &["-singlestep"],
        emulated: true,
        ..PLAIN
    },
    Word { id: "noasyncpreempt", about: "no asynchronous preemption", godebug: &["asyncpreemptoff=1"], ..PLAIN },
    Word { id: "procs1", about: "GOMAXPROCS=1", run_env: &[("GOMAXPROCS", "1")], group: "procs", ..PLAIN },
    Word { id: "procs2", about: "GOMAXPROCS=2", run_env: &[("GOMAXPROCS", "2")], group: "procs", ..PLAIN },
    Word {
        id: "clobberdead",
        about: "dead stack slots are overwritten at each call",
        gcflags: &["-clobberdead"],
        // There a dead variable is overwritten though another one that is not dead
        // shares its slot (docs/stress.md).
        gcflags_in: &[(23, 27, "-d=mergelocals=0")],
        ..PLAIN
    },
    Word {
        id: "clobberdeadreg",
        about: "dead registers are overwritten",
        gcflags: &["-clobberdeadreg"],
        targets: &["amd64", "arm64"],
        ..PLAIN
    },
    Word { id: "noopendefer", about: "no open-coded defers", gcflags: &["-d=noopendefer"], ..PLAIN },
    Word { id: "noinline", about: "no inlining (-l)", gcflags: &["-l"], ..PLAIN },
    Word { id: "nooptimise", about: "no optimisation (-N), inlining allowed", gcflags: &["-N"], ..PLAIN },
    Word {
        id: "pgo",
        about: "compiled by a profile in which each call is hot: inlined and devirtualised where Go can",
        profiled: true,
        since: 23,
        ..PLAIN
    },
    Word {
        id: "race",
        about: "the race detector",
        build_args: &["-race"],
        // Which -race switches on, and which ends the process where a panic is specified.
        gcflags: &["-d=checkptr=0"],
        build_env: &[("CGO_ENABLED", "1")],
        targets: &["amd64", "arm64", "ppc64le", "s390x", "loong64", "riscv64"],
        ..PLAIN
    },
    Word {
        id: "v2",
        about: "GOAMD64=v2",
        build_env: &[("GOAMD64", "v2")],
        targets: &["amd64"],
        group: "level",
        needs: &["sse4_2", "popcnt"],
        ..PLAIN
    },
    Word {
        id: "v3",
        about: "GOAMD64=v3",
        build_env: &[("GOAMD64", "v3")],
        targets: &["amd64"],
        group: "level",
        needs: &["avx2", "bmi1", "bmi2", "fma"],
        ..PLAIN
    },
    Word {
        id: "v4",
        about: "GOAMD64=v4",
        build_env: &[("GOAMD64", "v4")],
        targets: &["amd64"],
        group: "level",
        needs: &["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"],
        ..PLAIN
    },
    Word {
        id: "lse",
        about: "GOARM64=v8.0,lse: atomic instructions without a test",
        build_env: &[("GOARM64", "v8.0,lse")],
        emulator: &["-cpu", "max"],
        targets: &["arm64"],
        group: "level",
        since: 23,
        needs: &["atomics"],
        ..PLAIN
    },
    Word {
        id: "v9",
        about: "GOARM64=v9.0",
        build_env: &[("GOARM64", "v9.0")],
        emulator: &["-cpu", "max"],
        targets: &["arm64"],
        group: "level",
        since: 23,
        needs: &["atomics", "sve2"],
        ..PLAIN
    },
];

/// A set of words; empty for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stress(u32);

/// What is no stress.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadStress {
    #[error("`{0}` is no word of stress")]
    Unknown(String),
    #[error("`{0}` and `{1}` exclude each other")]
    Both(&'static str, &'static str),
}

impl Stress {
    /// None at all.
    pub const NONE: Stress = Stress(0);

    /// The stress of these words.
    ///
    /// # Errors
    /// A word that does not exist, or two of one group.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Stress, BadStress> {
        let mut out = Stress::NONE;
        for word in words {
            let at = WORDS.iter().position(|w| w.id == word).ok_or_else(|| BadStress::Unknown(word.to_string()))?;
            let new = &WORDS[at];
            if let Some(old) = out.words().find(|w| !w.group.is_empty() && w.group == new.group && w.id != new.id) {
                return Err(BadStress::Both(old.id, new.id));
            }
            out.0 |= 1 << at;
        }
        Ok(out)
    }

    /// The words, in their order.
    pub fn words(self) -> impl Iterator<Item = &'static Word> {
        WORDS.iter().enumerate().filter(move |(i, _)| self.0 & (1 << i) != 0).map(|(_, w)| w)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Stress::NONE
    }

    /// Whether it makes sense there.
    ///
    /// # Errors
    /// Why not, as a fragment of a sentence.
    pub fn applies(self, arch: &Arch, version: GoVersion) -> Result<(), String> {
        for w in self.words() {
            if !w.targets.is_empty() && !w.targets.contains(&arch.goarch.as_str()) {
                return Err(format!("{} means something on {} only", w.id, w.targets.join(", ")));
            }
            if !version.is_tip() && version.minor < w.since {
                return Err(format!("go {version} does not know {}: go 1.{} does", w.id, w.since));
            }
        }
        Ok(())
    }

    /// Whether the words ask `go build` for anything, or only the run.
    #[must_use]
    pub fn builds_otherwise(self) -> bool {
        self.words().any(|w| w.profiled || !w.gcflags.is_empty() || !w.build_args.is_empty() || !w.build_env.is_empty())
    }

    /// The environment of the program.
    #[must_use]
    pub fn run_env(self) -> Vec<(String, String)> {
        let mut out: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, value: String| {
            if !out.iter().any(|(n, _)| n == name) {
                out.push((name.to_string(), value));
            }
        };
        for (name, value) in self.words().flat_map(|w| w.run_env) {
            add(name, (*value).to_string());
        }
        for (name, list) in [("GODEBUG", self.list(|w| w.godebug)), ("GOABI_STRESS", self.list(|w| w.program))] {
            if !list.is_empty() {
                add(name, list.join(","));
            }
        }
        out
    }

    /// The options of the emulator.
    #[must_use]
    pub fn emulator(self) -> Vec<&'static str> {
        self.words().flat_map(|w| w.emulator).copied().collect()
    }

    fn list(self, of: impl Fn(&'static Word) -> &'static [&'static str]) -> Vec<&'static str> {
        let mut out: Vec<&'static str> = Vec::new();
        for item in self.words().flat_map(of) {
            if !out.contains(item) {
                out.push(item);
            }
        }
        out
    }
}

impl fmt::Display for Stress {
    /// With a plus before each word, as it stands behind a build mode.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words().try_for_each(|w| write!(f, "+{}", w.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_in_their_order() {
        let s = Stress::of(["gc", "move"]).unwrap();
        assert_eq!(s.to_string(), "+move+gc");
        assert_eq!(Stress::of(s.words().map(|w| w.id)), Ok(s));
        assert_eq!(Stress::NONE.to_string(), "");
        assert!(WORDS.len() <= 32);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert_eq!(Stress::of(["procs1", "procs2"]), Err(BadStress::Both("procs1", "procs2")));
        assert_eq!(Stress::of(["mov"]).unwrap_err().to_string(), "`mov` is no word of stress");
        let applies = |word, goarch, minor| {
            Stress::of([word]).unwrap().applies(Arch::get(goarch).unwrap(), GoVersion::new(1, minor, 0))
        };
        assert!(applies("v3", "arm64", 27).is_err() && applies("v3", "amd64", 27).is_ok());
        assert!(applies("lse", "arm64", 22).is_err() && applies("lse", "arm64", 23).is_ok());
    }

    #[test]
    fn some_releases_need_one_flag_more() {
        let flags = |minor| {
            let words = Stress::of(["clobberdead", "noopendefer"]).unwrap();
            words.words().flat_map(|w| w.compiler_flags(GoVersion::new(1, minor, 3))).collect::<Vec<_>>()
        };
        for minor in [21, 22, 27] {
            assert_eq!(flags(minor), ["-clobberdead", "-d=noopendefer"]);
        }
        for minor in [23, 26] {
            assert_eq!(flags(minor), ["-clobberdead", "-d=mergelocals=0", "-d=noopendefer"]);
        }
    }

    #[test]
    fn settings_of_several_words_come_together() {
        let env = Stress::of(["gc", "stoptheworld", "preempt", "noasyncpreempt"]).unwrap().run_env();
        let of = |name: &str| env.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect::<Vec<_>>();
        assert_eq!(of("GODEBUG"), ["clobberfree=1,gcstoptheworld=2,asyncpreemptoff=1"]);
        assert_eq!((of("GOGC"), of("GOABI_STRESS")), (vec!["1"], vec!["gc,preempt"]));
    }
}
