//! A run whose length is told in minutes: on a CPU, time is what there is little of.

use std::time::Instant;

/// What is left of the minutes that a run was given, if it was given any.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    started: Instant,
    /// Seconds that were spent before a run went on.
    spent: f64,
    /// Seconds to learn in.
    budget: Option<f64>,
}

impl Clock {
    /// Starts the clock; `spent` are seconds of the same run before it went on.
    pub(crate) fn new(minutes: Option<f64>, spent: f64) -> Self {
        Self {
            started: Instant::now(),
            spent,
            budget: minutes.map(|minutes| 60.0 * minutes),
        }
    }

    fn elapsed(&self) -> f64 {
        self.spent + self.started.elapsed().as_secs_f64()
    }

    /// The first measure is done: the last one will take as long, and is to be over in time.
    pub(crate) fn last_measure_takes(&mut self) {
        let took = self.started.elapsed().as_secs_f64();
        self.budget = self.budget.map(|budget| budget - took);
    }

    /// The share of the budget that is spent.
    pub(crate) fn share(&self) -> Option<f64> {
        let budget = self.budget?;
        let share = self.elapsed() / budget.max(f64::MIN_POSITIVE);
        Some(share.clamp(0.0, 1.0))
    }

    /// Whether there is nothing left.
    pub(crate) fn is_over(&self) -> bool {
        self.share().is_some_and(|share| share >= 1.0)
    }

    /// What is left.
    pub(crate) fn seconds_left(&self) -> Option<f64> {
        Some((self.budget? - self.elapsed()).max(0.0))
    }

    /// The updates of the whole run, if so many made up the share that is spent: the rate of
    /// learning falls with the time.
    pub(crate) fn planned(&self, updates: u64) -> Option<u64> {
        let share = self.share()?;
        Some(match updates {
            0 => u64::MAX,
            updates => (updates as f64 / share.max(1e-9)).ceil() as u64,
        })
    }
}
