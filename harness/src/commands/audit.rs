//! `goabi audit`.

use super::CommandError;
use crate::audit::{self, Baseline, Report, SCHEMA_VERSION};
use crate::cli::{Audit, AuditFormat};
use crate::exit;
use std::path::Path;

pub(super) fn run(args: &Audit) -> Result<u8, CommandError> {
    let baseline = args.baseline.as_deref().map(read).transpose()?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut report = Report { schema_version: SCHEMA_VERSION, binaries: vec![] };
    for path in &args.binaries {
        report.binaries.push(audit::audit(path, threads).map_err(|e| CommandError::Usage(e.to_string()))?);
    }
    if let Some(baseline) = &baseline {
        baseline.mark(&mut report);
    }
    let output = |e: &dyn std::fmt::Display| CommandError::Output(e.to_string());
    let text = match args.format {
        AuditFormat::Text => audit::text(&report),
        AuditFormat::Json => serde_json::to_string_pretty(&report).map_err(|e| output(&e))? + "\n",
        AuditFormat::Sarif => audit::sarif(&report).map_err(|e| output(&e))?,
    };
    if let Some(path) = &args.write_baseline {
        write(path, &Baseline::of(&report).text().map_err(|e| output(&e))?)?;
    }
    match &args.out {
        Some(path) => write(path, &text)?,
        None => print!("{text}"),
    }
    let mut findings = report.binaries.iter().flat_map(|b| &b.findings);
    let denied = findings.any(|f| !f.known && f.level >= args.deny.level());
    Ok(if denied { exit::FINDINGS } else { exit::OK })
}

fn read(path: &Path) -> Result<Baseline, CommandError> {
    let fail = |why: &dyn std::fmt::Display| CommandError::Usage(format!("{}: {why}", path.display()));
    Baseline::parse(&std::fs::read_to_string(path).map_err(|e| fail(&e))?).map_err(|e| fail(&e))
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    std::fs::write(path, text).map_err(|e| CommandError::Output(format!("cannot write {}: {e}", path.display())))
}
