//! A case file from text, and what a cell of it showed, as record lines of the
//! program: what the sabotage tests of `values` and `panics` plant faults in.

use crate::oracles::{OpenFact, Oracle, Subject, VectorSeen};
use crate::witness::{How, Machine, View, Watched};
use goabi_cases::arch::Arch;
use goabi_cases::case::CaseFile;
use goabi_cases::cell::{Build, Cell, Target};
use goabi_cases::load::load_text;
use goabi_cases::mistake::Source;
use goabi_cases::version::GoVersion;
use goabi_generators::program::{Function, Site};
use goabi_reports::verdict::{Finding, Verdict};
use goabi_runners::observe::machine::{MachineFacts, UnitSeen};
use goabi_runners::observe::records::{self, CallRecords, Fact};
use goabi_runners::process::{Ended, Stop};
use goabi_runners::run::{Death, UnitEnd};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// One case with one vector, and what was seen of it.
pub(crate) struct Scene {
    file: CaseFile,
    case: usize,
    pub records: Fact<CallRecords>,
    pub end: UnitEnd,
    pub site: Site,
    /// The calls that the machine showed, one a way of watching.
    pub calls: Vec<(How, UnitSeen)>,
}

/// The function under test of every scene.
pub(crate) const SYMBOL: &str = "goabi.test/c/planted-faults.GoabiFunc";

/// What an oracle said, sorted.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub agree: usize,
    pub findings: Vec<Finding>,
    pub unobserved: Vec<String>,
}

impl Scene {
    /// The case of that name, and the lines that a sound program writes for it.
    pub fn new(text: &str, name: &str, lines: &[&str]) -> Scene {
        let (file, mistakes) = load_text(&Source::new(Path::new("planted/faults.yaml"), text), &["direct"]);
        let mistakes: Vec<_> = mistakes.iter().map(|m| m.one_line()).collect();
        let file = file.unwrap_or_else(|| panic!("{mistakes:#?}"));
        let case = file.cases.iter().position(|c| c.id.name == name).unwrap();
        Scene {
            file,
            case,
            records: Fact::Seen(decode(lines)),
            end: UnitEnd::Finished,
            site: Site::default(),
            calls: vec![],
        }
    }

    pub fn dies(mut self, ended: Ended, stopped: Option<Stop>, stderr: &str) -> Scene {
        self.end = UnitEnd::Died(Death {
            ended,
            stopped,
            stderr: stderr.into(),
            stdout: String::new(),
            emulator: None,
            stood: vec![],
        });
        self
    }

    pub fn seen(&mut self) -> &mut CallRecords {
        match &mut self.records {
            Fact::Seen(r) => r,
            other => panic!("{other:?}"),
        }
    }

    pub fn with<T>(&self, run: impl FnOnce(&Subject) -> T) -> T {
        let case = &self.file.cases[self.case];
        let expected = case.expected(&self.file.scope, &case.vectors[0], 8).unwrap_or_else(|e| panic!("{e:?}"));
        let cell = Cell {
            case: case.id.clone(),
            toolchain: "go1.27.3".into(),
            target: Target { goarch: "amd64".into() },
            build: Build::Opt,
            stress: goabi_cases::stress::Stress::NONE,
            call: "direct".into(),
        };
        let function = Function {
            case: self.case,
            calls: vec!["direct"],
            vectors: vec![0],
            symbol: SYMBOL.into(),
            package: "goabi.test/c/planted-faults".into(),
            file: "c/planted-faults/c_case.go".into(),
            line: 1,
            receiver: None,
            receiver_value: None,
            inlinable: false,
            owner: "direct",
        };
        let view = |(how, unit): &(How, UnitSeen)| {
            let facts = MachineFacts { units: BTreeMap::from([(0, unit.clone())]), stops: 1, processes: 1 };
            View { how: *how, watched: Watched::Seen(Arc::new(facts)), units: vec![Some(0)] }
        };
        let at_rest = case.expected_at_rest(&self.file.scope, &case.vectors[0], 8).unwrap_or_else(|e| panic!("{e:?}"));
        let machine =
            Machine { expected: vec![at_rest], repeats: vec![None], views: self.calls.iter().map(view).collect() };
        run(&Subject {
            cell: &cell,
            file: &self.file,
            case,
            arch: Arch::get("amd64").unwrap(),
            version: GoVersion::new(1, 27, 3),
            vectors: &[VectorSeen {
                expected,
                site: self.site.clone(),
                records: self.records.clone(),
                end: self.end.clone(),
            }],
            types: &Fact::NotRequested,
            dwarf: &Fact::NotRequested,
            functions: &[&function],
            machine: (!self.calls.is_empty()).then_some(&machine),
            unwinding: None,
            abi: &[],
        })
    }

    pub fn judge(&self, oracle: &dyn Oracle) -> Said {
        let mut said = Said::default();
        for v in self.with(|s| oracle.judge(s)) {
            match v {
                Verdict::Agree => said.agree += 1,
                Verdict::Disagree(f) => {
                    assert_eq!((f.oracle.as_str(), f.cells.len()), (oracle.id(), 1));
                    assert!(f.rerun.contains(&f.cells[0]), "{}", f.rerun);
                    said.findings.push(f);
                }
                Verdict::Unobserved(why) => said.unobserved.push(why),
                Verdict::Inapplicable(_) | Verdict::NotDescribed => {}
            }
        }
        said
    }

    pub fn open(&self, oracle: &dyn Oracle) -> Vec<OpenFact> {
        self.with(|s| oracle.open(s))
    }
}

impl Said {
    /// Nothing but agreement.
    #[track_caller]
    pub fn silent(&self) {
        assert!(self.agree > 0 && self.findings.is_empty() && self.unobserved.is_empty(), "{self:#?}");
    }

    /// Just this one finding: path, what was wanted, what was there.
    #[track_caller]
    pub fn finds(&self, path: &str, expected: &str, actual: &str) {
        let found: Vec<_> =
            self.findings.iter().map(|f| (f.path.as_str(), f.expected.as_str(), f.actual.as_str())).collect();
        assert_eq!(found, [(path, expected, actual)], "{self:#?}");
        assert!(self.unobserved.is_empty(), "{self:#?}");
    }

    /// No finding, but something that should have been seen and was not.
    #[track_caller]
    pub fn misses(&self, why: &str) {
        assert_eq!(self.unobserved, [why], "{self:#?}");
        assert!(self.findings.is_empty(), "{self:#?}");
    }
}

/// The records that lines stand for.
pub(crate) fn decode(lines: &[&str]) -> CallRecords {
    let lines: Vec<String> = lines.iter().map(|l| (*l).to_string()).collect();
    records::call(&lines).unwrap_or_else(|e| panic!("{e}"))
}

/// The lines with each that begins with the first text replaced by the second;
/// left out where that is empty.
pub(crate) fn edited<'a>(lines: &[&'a str], edits: &[(&str, &'a str)]) -> Vec<&'a str> {
    let mut out = lines.to_vec();
    for (start, new) in edits {
        let at = out.iter().position(|l| l.starts_with(start)).unwrap_or_else(|| panic!("no line begins with {start}"));
        if new.is_empty() {
            out.remove(at);
        } else {
            out[at] = new;
        }
    }
    out
}
