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

    /// So many are done, it will take so many seconds more where the caller knows better than the
    /// bar, and this is how it goes.
    pub(crate) fn say(&self, done: u64, left: Option<f64>, text: &str) {
        self.bar.set_position(done);
        self.bar.set_message(text.to_owned());
        if self.lines && self.last_line.get().elapsed() >= BETWEEN_LINES {
            self.last_line.set(Instant::now());
            let total = self.bar.length().unwrap_or(0);
            let left = left.unwrap_or_else(|| self.bar.eta().as_secs_f64());
            let text = if text.is_empty() {
                String::new()
            } else {
                format!("; {text}")
            };
            eprintln!(
                "{done} of {total} {}, about {left:.0} s left{text}",
                self.what
            );
        }
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
