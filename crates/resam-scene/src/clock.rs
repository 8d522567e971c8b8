//! How long the rest of a round takes: from what the model says of its pace, and more and more from
//! what the windows so far took.

use std::time::Instant;

use crate::engine::Found;
use crate::model::Pace;
use crate::plan::Plan;

/// Windows that the pace said beforehand counts for.
const TRUST: f64 = 2.0;

/// The clock of a round.
pub(crate) struct Clock {
    begun: Instant,
    pace: Option<Pace>,
    /// Windows and prompts that are not known from an earlier run: in all, and done.
    windows: usize,
    prompts: usize,
    windows_done: usize,
    prompts_done: usize,
}

impl Clock {
    pub(crate) fn new(plan: &Plan, known: &[Option<Found>], pace: Option<Pace>) -> Self {
        let unknown = plan.windows.iter().zip(known);
        let unknown = unknown.filter(|(_, known)| known.is_none());
        let (windows, objects) = unknown.fold((0, 0), |(windows, objects), (planned, _)| {
            (windows + 1, objects + planned.objects.len())
        });
        // Windows of a grid of points do not list them.
        let prompts = if objects == 0 && !plan.windows.is_empty() {
            plan.prompts * windows / plan.windows.len()
        } else {
            objects
        };
        Self {
            begun: Instant::now(),
            pace,
            windows,
            prompts,
            windows_done: 0,
            prompts_done: 0,
        }
    }

    /// A window is done, with so many prompts.
    pub(crate) fn done(&mut self, prompts: usize) {
        self.windows_done += 1;
        self.prompts_done += prompts;
    }

    /// Seconds until the round is done, where anything is known of them.
    pub(crate) fn seconds_left(&self) -> Option<f64> {
        self.after(self.begun.elapsed().as_secs_f64())
    }

    fn after(&self, elapsed: f64) -> Option<f64> {
        let left = self.windows.saturating_sub(self.windows_done) as f64;
        if left == 0.0 {
            return Some(0.0);
        }
        // A window weighs as its encoding and its prompts do.
        let weight = |windows: f64, prompts: f64| match self.pace {
            Some(pace) => windows * pace.encode + prompts * pace.decode,
            None => windows,
        };
        let done = weight(self.windows_done as f64, self.prompts_done as f64);
        let rest = weight(left, self.prompts.saturating_sub(self.prompts_done) as f64);
        match self.pace {
            _ if done <= 0.0 => self.pace.map(|_| rest),
            None => Some(elapsed / done * rest),
            Some(pace) => {
                let prior = TRUST * pace.encode;
                Some((elapsed + prior) / (done + prior) * rest)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(pace: Option<Pace>) -> Clock {
        Clock {
            begun: Instant::now(),
            pace,
            windows: 10,
            prompts: 40,
            windows_done: 0,
            prompts_done: 0,
        }
    }

    #[test]
    fn the_pace_is_the_first_word_and_what_windows_took_the_last() {
        let pace = Pace {
            encode: 2.0,
            decode: 0.5,
        };
        let mut clock = clock(Some(pace));
        assert_eq!(clock.after(0.0), Some(40.0));
        for _ in 0..5 {
            clock.done(4);
        }
        // On the said pace, half of it is left.
        assert_eq!(clock.after(20.0), Some(20.0));
        // On a machine of half the speed, more than at the said pace and less than at the seen one.
        let left = clock.after(40.0).expect("known");
        assert!(left > 30.0 && left < 40.0, "{left}");
        for _ in 0..5 {
            clock.done(4);
        }
        assert_eq!(clock.after(99.0), Some(0.0));
    }

    #[test]
    fn without_a_pace_nothing_is_said_before_the_first_window() {
        let mut clock = clock(None);
        assert_eq!(clock.after(3.0), None);
        clock.done(1);
        assert_eq!(clock.after(3.0), Some(27.0));
    }
}
