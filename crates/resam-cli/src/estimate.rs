//! How long work will still take: nothing while nothing is known, and no wild swings later.

use std::time::{Duration, Instant};

/// How much a new estimate counts beside the one before.
const WEIGHT: f64 = 0.3;

/// An estimate of the time that is left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Estimate {
    begun: Instant,
    /// What was done before.
    from: u64,
    /// Seconds that were left at a moment.
    left: Option<(f64, Instant)>,
}

impl Estimate {
    /// Of work of which so much was done before.
    pub(crate) fn from(done: u64, now: Instant) -> Self {
        Self {
            begun: now,
            from: done,
            left: None,
        }
    }

    /// So many are done of so many, and so many seconds are left where the work itself knows.
    pub(crate) fn follow(&mut self, done: u64, total: u64, known: Option<f64>, now: Instant) {
        let seconds = now.duration_since(self.begun).as_secs_f64();
        let here = done.saturating_sub(self.from);
        let by_pace = (here > 0).then(|| seconds / here as f64 * total.saturating_sub(done) as f64);
        let known = known.filter(|left| left.is_finite() && *left >= 0.0);
        let Some(found) = known.or(by_pace) else {
            return;
        };
        let left = match self.left(now) {
            Some(before) => WEIGHT * found + (1.0 - WEIGHT) * before.as_secs_f64(),
            None => found,
        };
        self.left = Some((left, now));
    }

    /// What is left now, if that is known.
    pub(crate) fn left(&self, now: Instant) -> Option<Duration> {
        let (left, then) = self.left?;
        let left = left - now.duration_since(then).as_secs_f64();
        // More than anybody waits; it must fit.
        Some(Duration::from_secs_f64(left.clamp(0.0, 1e9)))
    }
}

/// A time that is not known to the second, in words: `about 25 s`, `about 7 min`, `about 2.5 h`.
pub(crate) fn about(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        ..10.0 => format!("about {:.0} s", seconds.max(1.0)),
        ..120.0 => format!("about {:.0} s", (seconds / 5.0).round() * 5.0),
        ..7200.0 => format!("about {:.0} min", seconds / 60.0),
        ..172_800.0 => format!("about {:.1} h", seconds / 3600.0),
        _ => format!("about {:.0} days", seconds / 86_400.0),
    }
}

/// A time that has gone: `4.2 s`, `1 min 05 s`, `2 h 07 min`.
pub(crate) fn gone(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(begun: Instant, seconds: f64) -> Instant {
        begun + Duration::from_secs_f64(seconds)
    }

    #[test]
    fn nothing_is_said_before_anything_is_done() {
        let begun = Instant::now();
        let mut estimate = Estimate::from(40, begun);
        estimate.follow(40, 100, None, after(begun, 5.0));
        assert_eq!(estimate.left(begun), None);
        // What was done before is no measure of the pace: 1 in 6 s leaves 59 x 6 s.
        estimate.follow(41, 100, None, after(begun, 6.0));
        let left = estimate.left(after(begun, 6.0)).expect("it is known");
        assert!((left.as_secs_f64() - 354.0).abs() < 1e-6);
    }

    #[test]
    fn one_slow_step_does_not_swing_the_estimate() {
        let begun = Instant::now();
        let mut estimate = Estimate::from(0, begun);
        for done in 1..=10 {
            estimate.follow(done, 100, None, after(begun, done as f64));
        }
        let before = estimate
            .left(after(begun, 10.0))
            .expect("known")
            .as_secs_f64();
        estimate.follow(11, 100, None, after(begun, 20.0));
        let later = estimate
            .left(after(begun, 20.0))
            .expect("known")
            .as_secs_f64();
        // The true pace went from 1 s to 20 / 11 s: 162 s.
        assert!((before - 90.0).abs() < 2.0, "{before}");
        assert!(later > 80.0 && later < 120.0, "{later}");
    }

    #[test]
    fn time_goes_on_between_steps_and_never_below_nothing() {
        let begun = Instant::now();
        let mut estimate = Estimate::from(0, begun);
        estimate.follow(0, 10, Some(30.0), begun);
        let left = |seconds| {
            estimate
                .left(after(begun, seconds))
                .expect("known")
                .as_secs_f64()
        };
        assert!((left(10.0) - 20.0).abs() < 1e-6);
        assert_eq!(left(100.0), 0.0);
        for odd in [f64::NAN, f64::INFINITY, -1.0] {
            let mut estimate = Estimate::from(0, begun);
            estimate.follow(0, 10, Some(odd), begun);
            assert_eq!(estimate.left(begun), None);
        }
    }

    #[test]
    fn times_are_as_exact_as_they_are_known() {
        let about = |seconds| about(Duration::from_secs_f64(seconds));
        assert_eq!(about(0.2), "about 1 s");
        assert_eq!(about(58.0), "about 60 s");
        assert_eq!(about(400.0), "about 7 min");
        assert_eq!(about(9000.0), "about 2.5 h");
        assert_eq!(about(1e9), "about 11574 days");
        let gone = |seconds| gone(Duration::from_secs_f64(seconds));
        assert_eq!(
            [gone(4.2), gone(65.0), gone(7620.0)],
            ["4.2 s", "1 min 05 s", "2 h 07 min"]
        );
    }
}
