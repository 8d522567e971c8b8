//! Progress with an estimate, on standard error: one line on a terminal, a line now and then
//! elsewhere, and at the end what was done in how long.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::arguments::Common;
use crate::estimate::{Estimate, about, gone};
use crate::progress_line::Shown;

/// On a terminal the line is drawn again this often, so that its times go on.
const BETWEEN_DRAWS: Duration = Duration::from_millis(250);
/// Elsewhere lines come this far apart, in the first minutes and later.
const BETWEEN_LINES: [Duration; 2] = [Duration::from_secs(15), Duration::from_secs(60)];
/// After this time lines are further apart.
const FIRST_MINUTES: Duration = Duration::from_secs(120);

/// The progress of a number of equal steps.
pub(crate) struct Progress {
    /// Draws on a terminal; hidden elsewhere.
    bar: ProgressBar,
    state: Arc<Mutex<State>>,
    quiet: bool,
}

/// How far the work is.
struct State {
    what: &'static str,
    done: u64,
    total: u64,
    begun: Instant,
    estimate: Estimate,
    detail: String,
    last_line: Instant,
    is_over: bool,
}

impl Progress {
    /// Progress over `total` of `what`, which is a plural.
    pub(crate) fn new(what: &'static str, total: usize, common: &Common) -> Self {
        let terminal = std::io::stderr().is_terminal() && !common.quiet;
        let now = Instant::now();
        let state = Arc::new(Mutex::new(State {
            what,
            done: 0,
            total: total as u64,
            begun: now,
            estimate: Estimate::from(0, now),
            detail: String::new(),
            last_line: now,
            is_over: false,
        }));
        let target = if terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(total as u64), target);
        if terminal && let Ok(style) = ProgressStyle::with_template("{line}") {
            let shown = state.clone();
            let line = move |_: &ProgressState, text: &mut dyn std::fmt::Write| {
                let columns = console::Term::stderr().size().1.into();
                // A line of text takes whatever is written.
                let _ = text.write_str(&locked(&shown).shown().line(columns));
            };
            bar.set_style(style.with_key("line", line));
            bar.enable_steady_tick(BETWEEN_DRAWS);
        }
        Self {
            bar,
            state,
            quiet: common.quiet,
        }
    }

    /// How many there are in all, where that is known later, and how many of them were done before.
    pub(crate) fn begin(&self, done: u64, total: u64) {
        let mut state = locked(&self.state);
        (state.done, state.total) = (done, total);
        state.estimate = Estimate::from(done, Instant::now());
    }

    /// How many there will be in all, as it is thought now.
    pub(crate) fn expect(&self, total: u64) {
        locked(&self.state).total = total;
    }

    /// So many are done, it will take so many seconds more where the caller knows better than the
    /// pace so far, and this is how it goes.
    pub(crate) fn say(&self, done: u64, left: Option<f64>, text: &str) {
        let now = Instant::now();
        let mut state = locked(&self.state);
        state.done = done;
        state.detail = text.to_owned();
        let total = state.total;
        state.estimate.follow(done, total, left, now);
        let late = usize::from(now.duration_since(state.begun) > FIRST_MINUTES);
        let due = now.duration_since(state.last_line) >= BETWEEN_LINES[late];
        if self.bar.is_hidden() && !self.quiet && due {
            state.last_line = now;
            eprintln!("{}", state.shown().plain());
        }
    }

    /// Prints something else in between.
    pub(crate) fn pause(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Takes the line away, and says what was done in how long.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
        let mut state = locked(&self.state);
        if state.is_over || self.quiet {
            return;
        }
        state.is_over = true;
        let State {
            done, total, what, ..
        } = *state;
        let of = if done < total {
            format!("{done} of {total}")
        } else {
            done.to_string()
        };
        if done > 0 {
            eprintln!("{of} {what} in {}", gone(state.begun.elapsed()));
        }
    }
}

impl Drop for Progress {
    /// Work that failed leaves nothing of its line.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl State {
    fn shown(&self) -> Shown<'_> {
        let now = Instant::now();
        Shown {
            what: self.what,
            done: self.done,
            total: self.total,
            gone: gone(now.duration_since(self.begun)),
            left: match self.estimate.left(now) {
                Some(left) => format!("{} left", about(left)),
                None => "time left not known yet".to_owned(),
            },
            detail: &self.detail,
        }
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
