//! Reading a built program once, for the oracles and for the record.

use goabi_cases::arch::Arch;
use goabi_generators::program::Program;
use goabi_runners::build::Artifact;
use goabi_runners::observe::code::{self, CodeFacts};
use goabi_runners::observe::dwarf::{self, DwarfFacts};
use goabi_runners::observe::records::Fact;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the program's file says of the functions under test.
pub(crate) struct Seen {
    pub dwarf: Fact<Arc<DwarfFacts>>,
    /// Not requested where there is no DWARF to say where the functions are.
    pub code: Fact<CodeFacts>,
}

/// Reads a program's DWARF and measures its functions.
pub(crate) fn read(artifact: &Artifact, program: &Program, arch: &Arch) -> Seen {
    let wanted: BTreeSet<&str> = program.functions.iter().map(|f| f.symbol.as_str()).collect();
    let packages: BTreeSet<&str> = program.functions.iter().map(|f| f.package.as_str()).collect();
    let bytes = match std::fs::read(&artifact.path) {
        Ok(b) => b,
        Err(e) => {
            let why = format!("{}: {e}", artifact.path.display());
            return Seen { dwarf: Fact::Unavailable(why), code: Fact::NotRequested };
        }
    };
    let facts = match dwarf::read_packages(&bytes, &|p| packages.contains(p), &|n| wanted.contains(n)) {
        Ok(facts) => facts,
        Err(e) => {
            let why = format!("the program's DWARF cannot be read: {e}");
            return Seen { dwarf: Fact::Unavailable(why), code: Fact::NotRequested };
        }
    };
    let code = match code::measure(&bytes, arch, &facts) {
        Ok(code) => Fact::Seen(code),
        Err(e) => Fact::Unavailable(format!("the program's functions cannot be measured: {e}")),
    };
    Seen { dwarf: Fact::Seen(Arc::new(facts)), code }
}
