//! Progress with an estimate, on standard error: a bar on a terminal, a line now and then
//! elsewhere.

use std::cell::Cell;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::arguments::Common;

/// Lines on something other than a terminal come this far apart.
const BETWEEN_LINES: Duration = Duration::from_secs(15);

/// The progress of a number of equal steps.
pub(crate) struct Progress {
    bar: ProgressBar,
    lines: bool,
    what: &'static str,
    last_line: Cell<Instant>,
}

impl Progress {
    /// Progress over `total` of `what`, which is a plural.
    pub(crate) fn new(what: &'static str, total: usize, common: &Common) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(
            Some(total as u64),
            if terminal && !common.quiet {
                ProgressDrawTarget::stderr()
            } else {
                ProgressDrawTarget::hidden()
            },
        );
        let template = format!("{{bar:32}} {{pos}}/{{len}} {what}, {{elapsed}} gone, {{eta}} left");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        let lines = !terminal && !common.quiet;
        Self {
            bar,
            lines,
            what,
            last_line: Cell::new(Instant::now()),
        }
    }

    /// So many are done.
    pub(crate) fn set(&self, done: usize) {
        self.bar.set_position(done as u64);
        if self.lines && self.last_line.get().elapsed() >= BETWEEN_LINES {
            self.last_line.set(Instant::now());
            let total = self.bar.length().unwrap_or(0);
            let left = self.bar.eta().as_secs();
            eprintln!("{done} of {total} {}, about {left} s left", self.what);
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
