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
        let template =
            format!("{{bar:32}} {{pos}}/{{len}} {what}, {{elapsed}} gone, {{eta}} left {{msg}}");
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


    /// How many there are in all, where that is known later, and how many of them were done before.
    pub(crate) fn begin(&self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        self.bar.reset_eta();
    }

    /// How many there will be in all, as it is thought now.
    pub(crate) fn expect(&self, total: u64) {
        self.bar.set_length(total);
    }


    /// Prints something else in between.
    pub(crate) fn pause(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
