//! `goabi nightly`: a release and a development tip in one run, and what tip
//! did that the release did not.

use super::run::{execute, write_text};
use super::{CommandError, Common};
use crate::cli;
use crate::exit;
use goabi_reports::nightly::{Night, Nightly, page};
use goabi_runners::error::RunnerError;
use goabi_runners::provision::Provision;
use std::path::Path;

pub(super) fn run(common: &Common, mut args: cli::Nightly) -> Result<u8, CommandError> {
    if !args.run.selection.go.is_empty() {
        return Err(CommandError::Usage("nightly takes its toolchains by --release and --tip, not by --go".into()));
    }
    if args.run.selection.target.is_empty() && args.run.selection.selectors.is_empty() {
        args.run.selection.target = vec!["all".into()];
    }
    // A night is for what runs, not for what ran.
    args.run.fresh = true;
    let mut chosen: Option<(String, String)> = None;
    let mut missing: Option<(String, String)> = None;
    let mut pick = |p: &mut Provision, _: &crate::plan::Request| {
        if let Some(tip) = &args.tip {
            p.set_tip(tip);
        }
        let release = match &args.release {
            Some(version) => p.toolchain(version)?,
            None => p.default_toolchain()?,
        };
        let tip = p.toolchain("tip").inspect_err(|e| missing = Some((release.version_text.clone(), told(e))))?;
        let mut both = vec![release, tip];
        goabi_runners::toolchain::disambiguate(&mut both);
        let [release, tip] = both.as_slice() else {
            return Err(CommandError::Usage("the release and tip are one and the same toolchain".into()));
        };
        chosen = Some((release.label.clone(), tip.label.clone()));
        Ok(both)
    };
    let record = match execute(common, &args.run, &mut pick) {
        Ok(record) => record,
        Err(e) => {
            // Nobody reads a night's log: its page says what was not there.
            if let Some((release, why)) = missing {
                written(&Nightly::without_tip(&release, &why), &args.run.out)?;
            }
            return Err(e);
        }
    };
    // A run that came to its end had both.
    let (release, tip) = chosen.unwrap_or_default();
    let night = Nightly::of(&record, &release, &tip).map_err(|e| CommandError::Output(e.to_string()))?;
    written(&night, &args.run.out)?;
    println!("nightly: {} ({})", night.word.id(), night.word.words());
    Ok(if record.interrupted { exit::INTERRUPTED } else { code(night.word) })
}

/// The exit code of a word.
fn code(word: Night) -> u8 {
    match word {
        Night::Sound => exit::OK,
        Night::Regressed => exit::FINDINGS,
        Night::Nothing => exit::NOTHING,
        Night::TipMissing | Night::TipDoesNotBuild | Night::EmulatorDied | Night::Broken => exit::BROKEN,
    }
}

fn told(e: &RunnerError) -> String {
    match e.help() {
        Some(help) => format!("{e}; {help}"),
        None => e.to_string(),
    }
}

/// `nightly.json` for workflows, `nightly.md` for people, `nightly.title` for
/// the issue of which it is the text.
fn written(night: &Nightly, out: &Path) -> Result<(), CommandError> {
    let json = serde_json::to_string_pretty(night).map_err(|e| CommandError::Output(e.to_string()))?;
    write_text(&out.join("nightly.json"), &format!("{json}\n"))?;
    write_text(&out.join("nightly.md"), &page::markdown(night))?;
    write_text(&out.join("nightly.title"), &format!("{}\n", page::title(night)))
}
