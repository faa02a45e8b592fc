//! `goabi audit`.

use super::{CommandError, Common};
use crate::audit::{self, Baseline, BinaryReport, Report, SCHEMA_VERSION};
use crate::cli::{Audit, AuditFormat};
use crate::{exit, plan, setup};
use goabi_runners::observe::follow::Arch;
use goabi_runners::package::build_mains;
use std::path::{Path, PathBuf};

pub(super) fn run(common: &Common, args: &Audit) -> Result<u8, CommandError> {
    let baseline = args.baseline.as_deref().map(read).transpose()?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut report = Report { schema_version: SCHEMA_VERSION, binaries: vec![] };
    let (packages, binaries): (Vec<PathBuf>, Vec<PathBuf>) =
        args.subjects.iter().cloned().partition(|s| is_packages(s));
    let of_packages = [("--target", &args.target), ("--go", &args.go)];
    if let (true, Some((option, _))) = (packages.is_empty(), of_packages.iter().find(|(_, v)| !v.is_empty())) {
        return Err(CommandError::Usage(format!(
            "{option} says how packages are built, and none is named: leave it out, or name ./..."
        )));
    }
    for path in &binaries {
        report.binaries.push(audited(path, threads)?);
    }
    if !packages.is_empty() {
        report.binaries.extend(built(common, args, &packages, threads)?);
    }
    if let Some(baseline) = &baseline {
        baseline.mark(&mut report);
    }
    let output = |e: &dyn std::fmt::Display| CommandError::Output(e.to_string());
    let text = match args.format {
        AuditFormat::Text => audit::text(&report),
        AuditFormat::Json => serde_json::to_string_pretty(&report).map_err(|e| output(&e))? + "\n",
        AuditFormat::Html => audit::html(&report),
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

/// Whether a word names packages, as `go build` takes them, and no file.
fn is_packages(word: &Path) -> bool {
    let text = word.to_string_lossy();
    word.is_dir() || (!word.is_file() && (text.contains("...") || text.starts_with("./") || text.starts_with("../")))
}

fn audited(path: &Path, threads: usize) -> Result<BinaryReport, CommandError> {
    audit::audit(path, threads).map_err(|e| CommandError::Usage(e.to_string()))
}

/// Builds the programs of packages by each toolchain for each target, and audits them.
fn built(
    common: &Common,
    args: &Audit,
    packages: &[PathBuf],
    threads: usize,
) -> Result<Vec<BinaryReport>, CommandError> {
    let targets = match args.target.is_empty() {
        true => vec!["linux/amd64,linux/arm64".to_string()],
        false => args.target.clone(),
    };
    let targets = plan::targets(&targets)?;
    if let Some(other) = targets.iter().find(|t| Arch::of(&t.goarch).is_none()) {
        return Err(CommandError::Usage(format!("{other}: only code for {} can be audited", audit::ports())));
    }
    let provision = setup::provision(common.cache.clone(), common.offline, &common.cancel)?;
    let out = provision.cache.temp("audit-")?;
    // A folder named without a point would be an import path.
    let pattern = |p: &PathBuf| match p.is_dir() && p.is_relative() && !p.starts_with(".") && !p.starts_with("..") {
        true => format!("./{}", p.display()),
        false => p.display().to_string(),
    };
    let patterns: Vec<String> = packages.iter().map(pattern).collect();
    let mut reports = Vec::new();
    for toolchain in setup::toolchains(&provision, &args.go, &[])? {
        for target in &targets {
            let what = (Path::new("."), patterns.as_slice(), target.goarch.as_str());
            let mains = build_mains(&toolchain, &provision.cache, what, out.path(), common.offline, &common.cancel)?;
            for main in mains.map_err(CommandError::Usage)? {
                let mut report = audited(&main.program, threads)?;
                report.path = format!("{} ({target}, {})", main.package, toolchain.label);
                reports.push(report);
            }
        }
    }
    Ok(reports)
}

fn read(path: &Path) -> Result<Baseline, CommandError> {
    let fail = |why: &dyn std::fmt::Display| CommandError::Usage(format!("{}: {why}", path.display()));
    Baseline::parse(&std::fs::read_to_string(path).map_err(|e| fail(&e))?).map_err(|e| fail(&e))
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    std::fs::write(path, text).map_err(|e| CommandError::Output(format!("cannot write {}: {e}", path.display())))
}
