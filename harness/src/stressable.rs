//! Whether a job's stress can be had here at all. What a toolchain, the machine
//! or the emulator does not know is found out once a job, before anything of it
//! runs; its cells are skipped with the reason.

use crate::job::Shared;
use crate::plan::Job;
use crate::unbuilt::empty_program;
use goabi_runners::build::Built;
use goabi_runners::error::RunnerError;
use goabi_runners::provision::Exec;

/// Why the job's stress cannot be had, if it cannot.
///
/// # Errors
/// An interruption, or what concerns the whole run.
pub(crate) fn refusal(job: &Job, exec: &Exec, s: &Shared) -> Result<Option<String>, RunnerError> {
    for w in job.stress.words() {
        match exec {
            Exec::Native => {
                if w.emulated {
                    return Ok(Some(format!(
                        "{}: only an emulator can do it, and the machine itself runs these",
                        w.id
                    )));
                }
                if let Some(missing) = w.needs.iter().find(|need| !processor_has(need)) {
                    return Ok(Some(format!("{}: this machine's processor has no {missing}", w.id)));
                }
            }
            Exec::Emulated { .. } => {}
        }
    }
    if !job.stress.builds_otherwise() {
        return Ok(None);
    }
    let why = match empty_program(job, s) {
        Ok(Built::Artifact(_)) => return Ok(None),
        Ok(Built::Rejected { output, .. }) => output,
        Err(RunnerError::Cancelled) => return Err(RunnerError::Cancelled),
        Err(RunnerError::GoTool { output, .. }) => output,
        Err(e) => return Err(e),
    };
    // A toolchain that builds nothing is broken, not ignorant of a flag.
    if !matches!(empty_program(&job.without_stress(), s), Ok(Built::Artifact(_))) {
        return Ok(None);
    }
    let line = why.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with('#')).unwrap_or("it does not build");
    let label = s.toolchains.get(job.toolchain).map(|t| t.label.as_str()).unwrap_or_default();
    Ok(Some(format!("{label} does not build with {}: {line}", job.stress.to_string().trim_start_matches('+'))))
}

/// Whether the processor says that it has a feature.
fn processor_has(feature: &str) -> bool {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let lists = info.lines().filter(|l| l.starts_with("flags") || l.starts_with("Features"));
    lists.flat_map(str::split_whitespace).any(|f| f == feature)
}
