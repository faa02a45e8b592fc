//! The toolchains of a record in the order of their versions, and its two
//! halves for two of them.

use crate::coordinate::Coordinate;
use crate::environment::Toolchain;
use crate::function::FunctionRecord;
use crate::outcome::Totals;
use crate::record::Record;
use goabi_cases::version::GoVersion;

/// Two toolchains that follow each other.
pub(super) struct Pair<'a> {
    pub old: Half<'a>,
    pub new: Half<'a>,
}

/// What a record says of one toolchain.
pub(super) struct Half<'a> {
    pub label: &'a str,
    /// Its cells and their findings; nothing else of the record.
    pub cells: Record,
    pub functions: Vec<&'a FunctionRecord>,
}

/// Sorted by version, development versions last; what is no version comes
/// behind all others, by its label.
pub(super) fn ordered(record: &Record) -> Vec<&Toolchain> {
    let mut list: Vec<&Toolchain> = record.toolchains.iter().collect();
    let key = |t: &&Toolchain| {
        let version = version(&t.version);
        (version.is_none(), version, t.label.clone())
    };
    list.sort_by_key(key);
    list.dedup_by(|a, b| a.label == b.label);
    list
}

/// The version that a toolchain says it has: newer development versions say
/// `go1.28-devel_0123abc`.
fn version(text: &str) -> Option<GoVersion> {
    if text.contains("devel") { Some(GoVersion::TIP) } else { text.parse().ok() }
}

impl<'a> Pair<'a> {
    pub(super) fn of(record: &'a Record, old: &'a str, new: &'a str) -> Pair<'a> {
        Pair { old: half(record, old), new: half(record, new) }
    }
}

fn half<'a>(record: &'a Record, label: &'a str) -> Half<'a> {
    let own = |cell: &String| Coordinate::of(cell).toolchain == label;
    let findings = record.findings.iter().filter_map(|f| {
        // What several cells show together may concern several toolchains.
        let cells: Vec<String> = f.finding.cells.iter().filter(|c| own(c)).cloned().collect();
        (!cells.is_empty()).then(|| {
            let mut f = f.clone();
            f.finding.cells = cells;
            f
        })
    });
    let mut cells = Record {
        schema_version: record.schema_version,
        goabi_version: record.goabi_version.clone(),
        started: record.started.clone(),
        finished: record.finished.clone(),
        interrupted: record.interrupted,
        command: vec![],
        host: record.host.clone(),
        toolchains: record.toolchains.iter().filter(|t| t.label == label).cloned().collect(),
        emulators: vec![],
        c_compilers: vec![],
        targets: record.targets.clone(),
        limits: record.limits.clone(),
        totals: Totals::default(),
        problems: vec![],
        cells: record.cells.iter().filter(|c| own(&c.cell)).cloned().collect(),
        findings: findings.collect(),
        functions: vec![],
        sources: vec![],
        timings: record.timings.clone(),
        reused: record.reused,
        stops: record.stops,
    };
    cells.seal();
    Half { label, cells, functions: record.functions.iter().filter(|f| f.toolchain == label).collect() }
}
