//! `--asm`: a function of the signature, built for each port, and its
//! instructions: by our own decoders, else by `go tool objdump`.

use super::program::{self, SYMBOL};
use goabi_cases::cell::{Build, Target};
use goabi_cases::signature::Signature;
use goabi_reports::explain::model::Assembly;
use goabi_runners::build::{Artifact, BuildSpec, Built, build};
use goabi_runners::cache::CacheDirs;
use goabi_runners::cancel::Cancel;
use goabi_runners::error::RunnerError;
use goabi_runners::observe::dwarf;
use goabi_runners::observe::listing::{Entry, Wanted, list};
use goabi_runners::observe::objdump::objdump;
use goabi_runners::process::Limits;
use goabi_runners::toolchain::Toolchain;

/// What building needs.
pub struct Bench<'a> {
    pub toolchain: &'a Toolchain,
    pub cache: &'a CacheDirs,
    pub cancel: &'a Cancel,
}

/// Builds the function for one port and lists its instructions.
///
/// # Errors
/// The toolchain does not do its work. What is the port's or the signature's
/// doing is told in the assembly instead.
pub fn assembly(
    bench: &Bench<'_>,
    (sig, declarations): (&Signature, &str),
    target: &Target,
    mode: Build,
) -> Result<Assembly, RunnerError> {
    let (sources, function) = program::sources(sig, declarations);
    let spec = BuildSpec {
        toolchain: bench.toolchain,
        target,
        build: mode,
        stress: goabi_cases::stress::Stress::NONE,
        sources: &sources,
        extra_env: &[],
        c: None,
        limits: Limits::BUILD,
    };
    let lines = match build(bench.cache, &spec, bench.cancel)? {
        Built::Artifact(artifact) => lines(bench, &artifact, target)?,
        Built::Rejected { output, .. } => Err(format!("the compiler rejects it: {}", output.trim())),
    };
    Ok(match lines {
        Ok(lines) => Assembly { source: function, lines, none: None },
        Err(why) => Assembly { source: function, lines: vec![], none: Some(why) },
    })
}

type Lines = Result<Vec<String>, String>;

fn lines(bench: &Bench<'_>, artifact: &Artifact, target: &Target) -> Result<Lines, RunnerError> {
    // Elsewhere Go's own names of registers are those of the layout beside it.
    if !matches!(target.goarch.as_str(), "amd64" | "386" | "arm64") {
        return objdump(bench.toolchain, bench.cache, &artifact.path, SYMBOL, bench.cancel);
    }
    Ok(decoded(artifact, target))
}

fn decoded(artifact: &Artifact, target: &Target) -> Lines {
    let path = artifact.path.display();
    let bytes = std::fs::read(&artifact.path).map_err(|e| format!("{path}: {e}"))?;
    let facts = dwarf::read_packages(&bytes, &|p| p == "main" || p == "goabi.test/explain", &|n| n == SYMBOL)
        .map_err(|e| e.to_string())?;
    let found = facts.functions.get(SYMBOL).ok_or("the program's DWARF does not have the function")?;
    // A unit is named by its package: the main package is called so there.
    let wanted = Wanted { package: "main", low_pc: found.low_pc, high_pc: found.high_pc };
    let listings = list(&bytes, &target.goarch, &[wanted]).map_err(|e| e.to_string())?;
    let entries = listings.functions.into_iter().next().ok_or("nothing was listed")??;
    Ok(entries.iter().map(line).collect())
}

fn line(e: &Entry) -> String {
    let number = e.source.as_ref().map(|(_, line)| line.to_string()).unwrap_or_default();
    format!("{number:>4}  +{:#05x}  {}", e.instruction.offset, e.instruction.text)
}
