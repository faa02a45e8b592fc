//! The facts, and reading them once for each toolchain.

use super::constants;
use super::constraint::Tags;
use super::experiments::{self, Experiments};
use super::sequences::{self, Sequences};
use crate::observe::records::Fact;
use crate::toolchain::Toolchain;
use goabi_cases::cell::Build;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

/// A value, and the file and line of the GOROOT that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited<T> {
    pub value: T,
    /// `src/internal/abi/abi_amd64.go:14`.
    pub at: String,
}

/// What a toolchain's files say of its ABI on one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbiFacts {
    /// `IntArgRegs`.
    pub integer_count: Fact<Cited<u64>>,
    /// `FloatArgRegs`.
    pub float_count: Fact<Cited<u64>>,
    /// `EffectiveFloatRegSize`, in bytes.
    pub float_size: Fact<Cited<u64>>,
    /// `regabiSupported`.
    pub supported: Fact<Cited<bool>>,
    /// `regabiAlwaysOn`.
    pub always_on: Fact<Cited<bool>>,
    /// The compiler's integer registers in their order, by its names for them.
    pub integer_sequence: Fact<Cited<Vec<String>>>,
    /// Its floating-point registers likewise.
    pub float_sequence: Fact<Cited<Vec<String>>>,
}

/// The files of one toolchain, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbiFiles {
    constants: Result<Vec<constants::File>, String>,
    experiments: Result<Experiments, String>,
    sequences: Result<Sequences, String>,
}

fn fact<T>(read: Result<T, String>) -> Fact<T> {
    match read {
        Ok(value) => Fact::Seen(value),
        Err(why) => Fact::Unavailable(why),
    }
}

impl AbiFiles {
    /// Reads a GOROOT's files. What cannot be read is unavailable in the facts.
    #[must_use]
    pub fn read(goroot: &Path) -> AbiFiles {
        AbiFiles {
            constants: constants::read(goroot),
            experiments: experiments::read(goroot),
            sequences: sequences::read(goroot),
        }
    }

    /// A toolchain's files, read when they are first asked for.
    #[must_use]
    pub fn of(toolchain: &Toolchain) -> Arc<AbiFiles> {
        type Known = HashMap<(PathBuf, String), Arc<AbiFiles>>;
        static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
        let read = || Arc::new(AbiFiles::read(&toolchain.goroot));
        let key = (toolchain.goroot.clone(), toolchain.fingerprint.clone());
        match KNOWN.lock() {
            Ok(mut known) => Arc::clone(known.entry(key).or_insert_with(read)),
            // Another thread panicked while it read: read for this one alone.
            Err(_) => read(),
        }
    }

    /// What the files say of a port, built so.
    #[must_use]
    pub fn facts(&self, goarch: &str, build: Build) -> AbiFacts {
        let switch = |name| self.experiments.as_ref().map_err(Clone::clone).and_then(|e| e.value(name, goarch));
        let (supported, always_on) = (switch("regabiSupported"), switch("regabiAlwaysOn"));
        let asked = match build {
            Build::Opt | Build::Noopt => true,
            Build::Noregabi => false,
        };
        // As ParseGOEXPERIMENT: the default is what is supported; what is always
        // on is forced; what is not supported is taken away.
        let regabi = match (&supported, &always_on) {
            (Ok(s), Ok(a)) => Some(s.value && (asked || a.value)),
            (Err(_), _) | (_, Err(_)) => None,
        };
        let constant = |name| {
            let files = self.constants.as_ref().map_err(Clone::clone)?;
            constants::value(files, name, Tags { goarch, regabi })
        };
        let sequence = |kind| self.sequences.as_ref().map_err(Clone::clone).and_then(|s| s.of(kind, goarch));
        AbiFacts {
            integer_count: fact(constant("IntArgRegs")),
            float_count: fact(constant("FloatArgRegs")),
            float_size: fact(constant("EffectiveFloatRegSize")),
            integer_sequence: fact(sequence("Int")),
            float_sequence: fact(sequence("Float")),
            supported: fact(supported),
            always_on: fact(always_on),
        }
    }
}
