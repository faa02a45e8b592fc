//! Progress for people: a bar where stderr is a terminal, plain lines where not.

use indicatif::{FormattedDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Cells of a run that is over soon enough to be silent.
const SHORT: usize = 1000;
/// Lines of a run that is not.
const LINES: usize = 10;

/// How far a run is.
pub struct Progress {
    bar: Option<ProgressBar>,
    lines: Option<Lines>,
}

/// For logs, where runs that say nothing are taken for hung.
struct Lines {
    cells: usize,
    done: AtomicUsize,
    began: Instant,
}

impl Lines {
    /// What is to be said, where that many more cells reach the next share of all of them.
    fn advance(&self, cells: usize) -> Option<String> {
        let before = self.done.fetch_add(cells, Ordering::Relaxed);
        let share = |done: usize| done.saturating_mul(LINES) / self.cells.max(1);
        let done = before + cells;
        (share(done) > share(before) && done < self.cells)
            .then(|| format!("goabi: {done} of {} cells after {}", self.cells, FormattedDuration(self.began.elapsed())))
    }
}

impl Progress {
    /// A bar over `cells` cells where stderr is a terminal, some lines where it is not.
    #[must_use]
    pub fn new(cells: usize, quiet: bool) -> Progress {
        if quiet {
            return Progress { bar: None, lines: None };
        }
        if !std::io::stderr().is_terminal() {
            let lines = Lines { cells, done: AtomicUsize::new(0), began: Instant::now() };
            return Progress { bar: None, lines: Some(lines).filter(|_| cells > SHORT) };
        }
        let bar = ProgressBar::with_draw_target(Some(cells as u64), ProgressDrawTarget::stderr());
        // The template is a constant of ours: if it were wrong, the plain style serves.
        let style = ProgressStyle::with_template("{elapsed} [{wide_bar}] {pos}/{len} cells  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        Progress { bar: Some(bar), lines: None }
    }

    /// A stage was finished, and with it that many cells.
    pub fn advance(&self, stage: &str, cells: usize) {
        if let Some(b) = &self.bar {
            b.inc(cells as u64);
            b.set_message(stage.to_string());
        }
        if let Some(line) = self.lines.as_ref().and_then(|l| l.advance(cells)) {
            self.say(&line);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each_tenth_and_none_for_the_last() {
        let lines = Lines { cells: 2000, done: AtomicUsize::new(0), began: Instant::now() };
        assert_eq!(lines.advance(199), None);
        assert!(lines.advance(1).is_some_and(|l| l.starts_with("goabi: 200 of 2000 cells after ")));
        // What comes in larger pieces is told once.
        assert!(lines.advance(500).is_some_and(|l| l.starts_with("goabi: 700 of 2000 cells after ")));
        assert_eq!(lines.advance(0), None);
        assert_eq!(lines.advance(1300), None);
    }
}
