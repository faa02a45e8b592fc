//! The generated Go of cases with findings.

use super::spoken::Spoken;
use crate::job::{Shared, port};
use crate::plan::Job;
use goabi_cases::arch::Arch;
use goabi_cases::version::GoVersion;
use goabi_generators::call::{self, Port};
use goabi_generators::program::{Selected, generate};
use goabi_reports::function::SourceRecord;
use std::collections::BTreeMap;

/// What a case's own files depend on: the case, as indexes of its file and of
/// itself therein, the calls that its job makes of it, and the port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Variant {
    pub case: (usize, usize),
    pub calls: Vec<&'static str>,
    pub goarch: &'static str,
    pub version: GoVersion,
    pub takes: bool,
}

/// The sources to be shown, one variant a case.
#[derive(Default)]
pub(super) struct Sources {
    shown: BTreeMap<(usize, usize), BTreeMap<String, String>>,
    /// Those of other variants, where they were asked for.
    others: BTreeMap<Variant, BTreeMap<String, String>>,
}

impl Variant {
    /// Generates the case's files again: they are the same whatever else is in
    /// the program.
    fn files(&self, s: &Shared) -> BTreeMap<String, String> {
        let Some(file) = s.files.get(self.case.0) else { return BTreeMap::new() };
        let Some(case) = file.cases.get(self.case.1) else { return BTreeMap::new() };
        let calls = self.calls.iter().filter_map(|id| call::by_id(id)).collect();
        let Some(arch) = Arch::get(self.goarch) else { return BTreeMap::new() };
        let mut program = generate(
            &[Selected { file, case, calls }],
            Port { arch, version: self.version, takes: self.takes, profiled: false },
        );
        program.files.retain(|path, _| program.owners.contains_key(path));
        program.files
    }
}

impl Sources {
    /// The sources of each case that has a finding somewhere: of the job with a
    /// finding that calls it in most ways.
    pub(super) fn of(jobs: &[Job], spoken: &Spoken, s: &Shared) -> Sources {
        let mut variants: BTreeMap<(usize, usize), Variant> = BTreeMap::new();
        for job in jobs {
            let mut by_case: BTreeMap<(usize, usize), (Variant, bool)> = BTreeMap::new();
            for c in job.cells.iter().filter(|c| c.skip.is_none()) {
                let variant = Variant {
                    case: c.case,
                    calls: vec![],
                    goarch: &job.arch.goarch,
                    version: job.version,
                    takes: port(job).takes,
                };
                let (variant, found) = by_case.entry(c.case).or_insert((variant, false));
                variant.calls.push(c.call.id());
                *found |= spoken.cells().contains(&c.cell.to_string());
            }
            for (case, (variant, _)) in by_case.into_iter().filter(|(_, (_, found))| *found) {
                let chosen = variants.entry(case).or_insert_with(|| variant.clone());
                if variant.calls.len() > chosen.calls.len() {
                    *chosen = variant;
                }
            }
        }
        let shown = variants.into_iter().map(|(case, v)| (case, v.files(s))).collect();
        Sources { shown, others: BTreeMap::new() }
    }

    /// Whether lines of that file are the same in the variant as in what is shown.
    pub(super) fn has(&mut self, variant: &Variant, file: &str, s: &Shared) -> bool {
        let Some(shown) = self.shown.get(&variant.case).and_then(|files| files.get(file)) else { return false };
        self.others.entry(variant.clone()).or_insert_with(|| variant.files(s)).get(file) == Some(shown)
    }

    /// The records.
    pub(super) fn records(self, s: &Shared) -> Vec<SourceRecord> {
        let record = |((file, case), files): ((usize, usize), _)| {
            let id = &s.files.get(file)?.cases.get(case)?.id;
            Some(SourceRecord { case: id.to_string(), files })
        };
        self.shown.into_iter().filter_map(record).collect()
    }
}
