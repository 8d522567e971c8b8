//! An axis of a chart: where it starts and ends, and its ticks at round numbers.

use crate::numbers::{exponent_of, fixed, in_power};

/// Larger numbers are left out of charts: their differences would overflow.
const LARGEST: f64 = 1e300;
/// Relative differences below this are rounding errors.
const SMALLEST_SPAN: f64 = 1e-9;

/// A stretch of numbers, `low` below `high`.
pub(crate) struct Axis {
    low: f64,
    high: f64,
    /// The step between ticks, and the power of ten that it starts with.
    step: f64,
    step_exponent: i32,
    /// The first tick and the last one, in steps.
    first: f64,
    last: f64,
}

/// Whether a chart can show a number.
pub(crate) fn is_drawable(value: f64) -> bool {
    value.abs() <= LARGEST
}

impl Axis {
    /// The axis of steps or epochs, which ends where the values end. Whole numbers have no ticks
    /// between them. None if there are no values.
    pub(crate) fn across(values: impl Iterator<Item = f64> + Clone, ticks: f64) -> Option<Self> {
        let whole = values.clone().all(|value| value.fract() == 0.0);
        let mut axis = Self::around(values, ticks, whole)?;
        // A hair of rounding must not cost a tick at the end.
        axis.first = (axis.low / axis.step - 1e-6).ceil();
        axis.last = (axis.high / axis.step + 1e-6).floor();
        Some(axis)
    }

    /// The vertical axis, which begins and ends with a tick. `None` if there are no values.
    pub(crate) fn upwards(values: impl Iterator<Item = f64>, ticks: f64) -> Option<Self> {
        let mut axis = Self::around(values, ticks, false)?;
        axis.first = (axis.low / axis.step + 1e-6).floor();
        axis.last = (axis.high / axis.step - 1e-6).ceil();
        axis.low = axis.low.min(axis.first * axis.step);
        axis.high = axis.high.max(axis.last * axis.step);
        Some(axis)
    }

    /// An axis of about `steps` steps, whose ticks are not placed yet.
    fn around(values: impl Iterator<Item = f64>, ticks: f64, whole: bool) -> Option<Self> {
        let (low, high) = values.fold(None, |limits, value| match limits {
            None => Some((value, value)),
            Some((low, high)) => Some((value.min(low), value.max(high))),
        })?;
        let size = low.abs().max(high.abs());
        let margin = match size {
            _ if high - low > SMALLEST_SPAN * size && high - low > 1.0 / LARGEST => 0.0,
            _ if size < 1.0 / LARGEST => 1.0,
            _ => 0.5 * size,
        };
        let (low, high) = (low - margin, high + margin);
        let (mut step, mut step_exponent) = rounded((high - low) / ticks);
        if whole && step < 1.0 {
            (step, step_exponent) = (1.0, 0);
        }
        Some(Self {
            low,
            high,
            step,
            step_exponent,
            first: 0.0,
            last: 0.0,
        })
    }

    /// Where a value lies, 0 at the start of the axis and 1 at its end.
    pub(crate) fn position(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// The ticks in order, each with its label.
    pub(crate) fn ticks(&self) -> Vec<(f64, String)> {
        // Never more than some ten; the limit holds whatever rounding does.
        let count = (self.last - self.first).clamp(-1.0, 100.0) as i32;
        let values = (0..=count).map(|index| (self.first + f64::from(index)) * self.step);
        values.map(|value| (value, self.label(value))).collect()
    }

    /// A value with as many digits as tell it from its neighbours; all have the same power of ten.
    fn label(&self, value: f64) -> String {
        let largest = self.low.abs().max(self.high.abs());
        if (1e-3..1e7).contains(&largest) {
            fixed(value, (-self.step_exponent).max(0) as usize)
        } else {
            let exponent = exponent_of(largest);
            let digits = (exponent - self.step_exponent).clamp(0, 9) as usize;
            in_power(value, digits, exponent)
        }
    }
}

/// The nearest 1, 2 or 5 times a power of ten, by its ratio, and the power of ten it starts with.
fn rounded(value: f64) -> (f64, i32) {
    let exponent = exponent_of(value);
    let power = 10_f64.powi(exponent);
    // Each limit is the geometric mean of its neighbours.
    match value / power {
        digits if digits < 2_f64.sqrt() => (power, exponent),
        digits if digits < 10_f64.sqrt() => (2.0 * power, exponent),
        digits if digits < 50_f64.sqrt() => (5.0 * power, exponent),
        _ => (10.0 * power, exponent + 1),
    }
}
