//! A run whose length is told in minutes: on a CPU, time is what there is little of.

use std::time::Instant;

/// The part of the time that the size prior may take.
const SIZE_PRIOR: f64 = 0.2;
/// The part of the time that the first validation may take, and the last one.
const VALIDATION: f64 = 0.12;
/// The part of the time that a validation on the way may take, to be worth it.
const VALIDATION_ON_THE_WAY: f64 = 0.04;

/// What is left of the minutes that a run was given, if it was given any.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    started: Instant,
    /// Seconds that were spent before a run went on.
    spent: f64,
    /// Seconds that the run may take, if it is told.
    budget: Option<f64>,
    /// Seconds of the last validation, which is to be over in time.
    reserved: f64,
}

impl Clock {
    /// Starts the clock, with the seconds of the same run before it went on: those that were spent,
    /// and those that are for the last validation.
    pub(crate) fn new(minutes: Option<f64>, [spent, reserved]: [f64; 2]) -> Self {
        Self {
            started: Instant::now(),
            spent,
            budget: minutes.map(|minutes| 60.0 * minutes),
            reserved,
        }
    }

    /// The seconds that were spent, and those that are for the last validation.
    pub(crate) fn seconds(&self) -> [f64; 2] {
        [self.elapsed(), self.reserved]
    }

    fn elapsed(&self) -> f64 {
        self.spent + self.started.elapsed().as_secs_f64()
    }

    /// Seconds that the size prior may take; no bound without minutes.
    pub(crate) fn for_size_prior(&self) -> Option<f64> {
        Some(SIZE_PRIOR * self.budget?)
    }

    /// Seconds that the first validation may take; no bound without minutes.
    pub(crate) fn for_validation(&self) -> Option<f64> {
        Some(VALIDATION * self.budget?)
    }

    /// Whether validations that take so many seconds are worth it while there is more to learn.
    pub(crate) fn allows_on_the_way(&self, seconds: f64) -> bool {
        self.budget
            .is_none_or(|budget| seconds <= VALIDATION_ON_THE_WAY * budget)
    }

    /// So many seconds are for the last validation.
    pub(crate) fn reserve(&mut self, seconds: f64) {
        self.reserved = seconds;
    }

    /// The share of the time for learning that is spent.
    pub(crate) fn share(&self) -> Option<f64> {
        let for_learning = self.budget? - self.reserved;
        let share = self.elapsed() / for_learning.max(f64::MIN_POSITIVE);
        Some(share.clamp(0.0, 1.0))
    }

    /// Whether there is nothing left.
    pub(crate) fn is_over(&self) -> bool {
        self.share().is_some_and(|share| share >= 1.0)
    }

    /// Seconds to learn in that are left.
    pub(crate) fn seconds_left(&self) -> Option<f64> {
        Some((self.budget? - self.reserved - self.elapsed()).max(0.0))
    }

    /// The updates of the whole run, if so many made up the share that is spent: the rate of
    /// learning falls with the time. Before the first one is made, `update` is the seconds that it
    /// is thought to take.
    pub(crate) fn planned(&self, updates: u64, update: f64) -> Option<u64> {
        let share = self.share()?;
        Some(match updates {
            0 => (self.seconds_left()? / update.max(1e-9)).ceil().max(1.0) as u64,
            updates => (updates as f64 / share.max(1e-9)).ceil() as u64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_shared_out_and_the_first_update_has_a_plan() {
        let clock = Clock::new(Some(10.0), [60.0, 0.0]);
        assert_eq!(clock.for_size_prior(), Some(120.0));
        assert_eq!(clock.for_validation(), Some(72.0));
        assert!(clock.allows_on_the_way(24.0) && !clock.allows_on_the_way(24.1));
        assert!((clock.share().expect("minutes") - 0.1).abs() < 1e-3);
        // 9 of the 10 minutes are left: 27 updates of 20 seconds.
        assert_eq!(clock.planned(0, 20.0), Some(27));
        let mut short = Clock::new(Some(0.1), [0.0; 2]);
        short.reserve(7.0);
        assert!(short.is_over());
        // One update is made all the same, and at the rate of a run of one update.
        assert_eq!(short.planned(0, 20.0), Some(1));
    }

    #[test]
    fn without_minutes_nothing_is_bounded() {
        let clock = Clock::new(None, [0.0; 2]);
        assert_eq!(
            (clock.for_size_prior(), clock.for_validation()),
            (None, None)
        );
        assert!(clock.allows_on_the_way(1e9) && !clock.is_over());
        assert_eq!(clock.planned(3, 1.0), None);
    }
}
