//! `goabi run`.

use super::{CommandError, Common, load, request};
use crate::cli::Run;
use crate::job::Shared;
use crate::plan::{PlannedToolchain, expand};
use crate::progress::Progress;
use crate::{session, setup};
use goabi_reports::record::Record;
use goabi_reports::render::{RENDERERS, summary};
use goabi_reports::store;
use goabi_runners::process::Limits;
use std::io::IsTerminal;
use std::path::Path;
use std::time::{Duration, Instant};

pub(super) fn run(common: &Common, args: &Run) -> Result<u8, CommandError> {
    let start = Instant::now();
    let request = request(&args.selection)?;
    let (files, expectations) = load(&request)?;
    let loaded = start.elapsed();
    // Before hours of work, not after them: can the reports be written?
    std::fs::create_dir_all(&args.out).map_err(|e| {
        CommandError::Output(format!(
            "cannot make the folder {} for the reports: {e}; choose another with --out",
            args.out.display()
        ))
    })?;
    let start = Instant::now();
    let provision = setup::provision(common.cache.clone(), common.offline, &common.cancel)?;
    let toolchains = setup::toolchains(&provision, &args.selection.go, &request.selectors)?;
    let execs = setup::execs(&provision, &request.targets)?;
    let ready = start.elapsed();
    let planned: Vec<PlannedToolchain> =
        toolchains.iter().map(|t| PlannedToolchain { label: t.label.clone(), version: t.version }).collect();
    let jobs = expand(&files, &request, &planned);
    let cells = jobs.iter().map(|j| j.cells.len()).sum();
    let progress = Progress::new(cells, args.quiet);
    if !args.quiet {
        let labels: Vec<_> = toolchains.iter().map(|t| t.label.as_str()).collect();
        progress.say(&format!("goabi: {cells} cells with {}", labels.join(", ")));
    }
    let mebi = |n: u64| n.saturating_mul(1 << 20);
    let shared = Shared {
        files: &files,
        toolchains: &toolchains,
        cache: &provision.cache,
        cancel: &common.cancel,
        build_limits: Limits { time: Duration::from_secs(args.build_timeout), ..Limits::BUILD },
        run_limits: Limits {
            time: Duration::from_secs(args.timeout),
            output: mebi(args.max_output),
            memory: mebi(args.max_memory),
        },
        wanted: None,
        progress: &|stage, n| progress.advance(stage, n),
    };
    let record = session::run(&jobs, &execs, &expectations, &shared, &[("load", loaded), ("setup", ready)]);
    progress.finish();
    let written = write_reports(&record, &args.out);
    let colour = if std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        summary::Colour::Ansi
    } else {
        summary::Colour::Never
    };
    print!("{}", summary::summary(&record, colour));
    written?;
    println!("reports: {}", args.out.display());
    Ok(session::exit_code(&record))
}

/// Writes the record first, then every view of it.
fn write_reports(record: &Record, out: &Path) -> Result<(), CommandError> {
    for r in RENDERERS {
        let text = (r.render)(record).map_err(|e| CommandError::Output(e.to_string()))?;
        store::write(&out.join(r.file), &text).map_err(|e| CommandError::Output(e.to_string()))?;
    }
    Ok(())
}
