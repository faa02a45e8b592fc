//! Progress for people: a bar where stderr is a terminal, plain lines where not.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// How far a run is.
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar over `cells` cells, where stderr is a terminal.
    #[must_use]
    pub fn new(cells: usize, quiet: bool) -> Progress {
        if quiet || !std::io::stderr().is_terminal() {
            return Progress { bar: None };
        }
        let bar = ProgressBar::with_draw_target(Some(cells as u64), ProgressDrawTarget::stderr());
        // The template is a constant of ours: if it were wrong, the plain style serves.
        let style = ProgressStyle::with_template("{elapsed} [{wide_bar}] {pos}/{len} cells  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        Progress { bar: Some(bar) }
    }

    /// A stage was finished, and with it that many cells.
    pub fn advance(&self, stage: &str, cells: usize) {
        if let Some(b) = &self.bar {
            b.inc(cells as u64);
            b.set_message(stage.to_string());
        }
    }

    /// A line that stays.
    pub fn say(&self, line: &str) {
        match &self.bar {
            Some(b) => b.println(line),
            None => eprintln!("{line}"),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(b) = &self.bar {
            b.finish_and_clear();
        }
    }
}
