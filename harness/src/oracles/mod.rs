//! Oracles turn observations into verdicts: the only place with opinions. One
//! file (or folder) each, listed at the end.

use crate::unwinding::Unwinding;
use crate::witness::Machine;
use goabi_cases::arch::Arch;
use goabi_cases::case::{Case, CaseFile, Expected};
use goabi_cases::cell::Cell;
use goabi_cases::value::{Value, identify};
use goabi_cases::version::GoVersion;
use goabi_generators::call::{self, Call};
use goabi_generators::program::{Function, Site};
use goabi_reports::verdict::{Basis, Finding, Verdict};
use goabi_runners::observe::dwarf::DwarfFacts;
use goabi_runners::observe::records::{CallRecords, Fact, TypeRecord};
use goabi_runners::run::UnitEnd;
use std::sync::Arc;

pub mod dwarf;
mod dwarf_live;
pub mod layout;
mod panics;
pub(crate) mod registers;
mod unwind;
mod values;

#[cfg(test)]
pub(crate) use values::planted;

/// The call kinds in whose cells DWARF is compared, as its file has it and as a
/// debugger would use it: a function, one that may be inlined, a method.
pub(crate) const LOOKED_AT: [&str; 3] = ["direct", "inline", "interface_method"];

/// What is known of one cell.
pub struct Subject<'a> {
    pub cell: &'a Cell,
    pub file: &'a CaseFile,
    pub case: &'a Case,
    pub arch: &'static Arch,
    pub version: GoVersion,
    /// One entry a vector of the case.
    pub vectors: &'a [VectorSeen],
    /// What the program says of the types involved.
    pub types: &'a Fact<Vec<TypeRecord>>,
    pub dwarf: &'a Fact<Arc<DwarfFacts>>,
    /// The functions under test that the cell's call reaches.
    pub functions: &'a [&'a Function],
    /// What registers and memory showed, if they were watched.
    pub machine: Option<&'a Machine>,
    /// What its functions showed of how they can be unwound, if they were looked at.
    pub unwinding: Option<&'a Unwinding>,
    /// The toolchain's own files against the architecture file.
    pub abi: &'a [dwarf::Check],
}

/// What was wanted and what was seen of one vector.
#[derive(Clone, Debug)]
pub struct VectorSeen {
    pub expected: Expected,
    /// What the way of calling adds.
    pub site: Site,
    pub records: Fact<CallRecords>,
    pub end: UnitEnd,
}

/// Something that a case does not state, for comparison between its cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFact {
    pub path: String,
    /// Only cells of one class are compared; empty where all are.
    pub class: String,
    pub text: String,
}

/// One kind of check.
pub trait Oracle: Sync {
    /// The word in records and expectations; the file's name.
    fn id(&self) -> &'static str;
    /// One line for people.
    fn about(&self) -> &'static str;
    /// Judges a cell. At least one verdict comes of it: silence is no agreement.
    fn judge(&self, s: &Subject) -> Vec<Verdict>;
    /// What the case leaves open and its cells must show alike.
    fn open(&self, _: &Subject) -> Vec<OpenFact> {
        vec![]
    }
}

impl<'a> Subject<'a> {
    /// What is to be said of a cell whose call reaches no function under test
    /// that is known by its signature.
    fn no_function(&self) -> Verdict {
        if let Some(why) = call::by_id(&self.cell.call).and_then(Call::unexamined) {
            return Verdict::Inapplicable(why.into());
        }
        Verdict::Unobserved("no function under test is known".into())
    }

    /// The functions that this cell is to judge by themselves, apart from the
    /// call: several kinds share a function, and it is judged in one's cells.
    ///
    /// # Errors
    /// What is to be said instead.
    fn own(&self) -> Result<Vec<&'a Function>, Box<Verdict>> {
        if !self.cell.stress.is_none() {
            let why = "the function itself is judged in cells without stress";
            return Err(Box::new(Verdict::Inapplicable(why.into())));
        }
        let Some(first) = self.functions.first() else { return Err(Box::new(self.no_function())) };
        if !LOOKED_AT.contains(&self.cell.call.as_str()) {
            let why = format!("DWARF is compared in the cells of {}", LOOKED_AT.join(", "));
            return Err(Box::new(Verdict::Inapplicable(why)));
        }
        let own: Vec<&Function> = self.functions.iter().copied().filter(|f| f.owner == self.cell.call).collect();
        if own.is_empty() {
            let why = format!("the function itself is judged in the cells of `{}`", first.owner);
            return Err(Box::new(Verdict::Inapplicable(why)));
        }
        Ok(own)
    }

    /// A disagreement of this cell.
    #[must_use]
    pub fn finding(
        &self,
        oracle: &str,
        path: String,
        basis: Basis,
        expected: String,
        actual: String,
        evidence: Vec<String>,
    ) -> Verdict {
        let cell = self.cell.to_string();
        Verdict::Disagree(Finding {
            oracle: oracle.to_string(),
            rerun: goabi_reports::coordinate::rerun(&cell),
            cells: vec![cell],
            path,
            expected,
            basis,
            actual,
            evidence,
        })
    }
}

/// The records with the addresses in arguments and results identified, in the
/// order in which the wanted ones are: a parameter that was not recorded holds
/// its place.
fn identified(records: &CallRecords, params: usize) -> CallRecords {
    let mut seen = records.clone();
    let mut blanks = vec![Value::Unstated; params];
    let CallRecords { args, results, .. } = &mut seen;
    let mut given = args.iter_mut().flatten();
    let slots = blanks.iter_mut().map(|blank| given.next().and_then(Option::as_mut).unwrap_or(blank));
    identify(slots.chain(results.iter_mut().flatten()));
    seen
}

macro_rules! oracles {
    ($($module:ident),* $(,)?) => {
        /// All oracles, in the order in which they judge.
        pub static ORACLES: &[&dyn Oracle] = &[$(&$module::Kind),*];
        #[cfg(test)]
        const MODULES: &[&str] = &[$(stringify!($module)),*];
    };
}

oracles! { values, panics, layout, dwarf, registers, dwarf_live, unwind }

/// The oracles' words, and those of the stages that find things before any
/// oracle can judge: an expectation may name these too.
#[must_use]
pub fn ids() -> Vec<&'static str> {
    ORACLES.iter().map(|o| o.id()).chain([crate::job::BUILD]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_listed_under_its_name() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/oracles");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .filter(|n| n != "mod" && n != "tests")
            .collect();
        files.sort();
        let mut listed = MODULES.to_vec();
        listed.sort_unstable();
        assert_eq!(files, listed);
        let ids: Vec<_> = ORACLES.iter().map(|o| o.id()).collect();
        assert_eq!(ids, MODULES);
    }
}
