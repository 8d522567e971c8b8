//! The stretch from stored values to 8 bits. A scene has one stretch, so that an object looks the
//! same in every window.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// How stored values become 8 bits: `round(255 (value - low) / (high - low))`, clamped to 0 and
/// 255.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stretch {
    /// Values from 0 to 255 stay unchanged; others are clamped.
    None,
    /// From the lower to the upper percentile of the valid values of each band, each 0 to 100.
    Percentiles(f64, f64),
    /// From the smallest to the largest valid value of each band, among the sampled values.
    MinMax,
    /// From the first to the second value, the same for each band.
    Range(f64, f64),
}

/// The error of a text that is not a [`Stretch`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no stretch: {reason}\n\nhint: use none, minmax, percentiles such as p2-p98, or limits such as 0,3000"
)]
pub struct StretchError {
    text: String,
    reason: &'static str,
}

impl FromStr for Stretch {
    type Err = StretchError;

    fn from_str(text: &str) -> Result<Self, StretchError> {
        let fail = |reason| StretchError {
            text: text.to_owned(),
            reason,
        };
        let number = |part: &str| {
            part.trim()
                .parse()
                .ok()
                .filter(|value: &f64| value.is_finite())
        };
        match text {
            "none" => return Ok(Self::None),
            "minmax" => return Ok(Self::MinMax),
            _ => {}
        }
        let percent = |part: &str| number(part.strip_prefix('p')?);
        let percentiles = text
            .split_once('-')
            .and_then(|(low, high)| Some((percent(low)?, percent(high)?)));
        if let Some((low, high)) = percentiles {
            return if 0.0 <= low && low < high && high <= 100.0 {
                Ok(Self::Percentiles(low, high))
            } else {
                Err(fail("percentiles rise and lie between 0 and 100"))
            };
        }
        let limits = text
            .split_once(',')
            .and_then(|(low, high)| Some((number(low)?, number(high)?)));
        match limits {
            Some((low, high)) if low < high => Ok(Self::Range(low, high)),
            Some(_) => Err(fail("the first limit is not below the second")),
            None => Err(fail("it is of none of the known forms")),
        }
    }
}

impl fmt::Display for Stretch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("none"),
            Self::Percentiles(low, high) => write!(formatter, "p{low}-p{high}"),
            Self::MinMax => formatter.write_str("minmax"),
            Self::Range(low, high) => write!(formatter, "{low},{high}"),
        }
    }
}

/// The limits of a [`Stretch`] for one band: values up to `low` become 0, values from `high` on
/// 255. `low` is above `high` if the file says that white is zero (TIFF `WhiteIsZero`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StretchLimits {
    /// The band, from 1.
    pub band: usize,
    /// The value that becomes 0.
    pub low: f64,
    /// The value that becomes 255.
    pub high: f64,
}

impl StretchLimits {
    /// The limits as a linear map.
    pub(crate) fn ramp(&self) -> Ramp {
        // Equal limits: values above them are white.
        let range = if self.high == self.low {
            f64::MIN_POSITIVE
        } else {
            self.high - self.low
        };
        Ramp {
            low: self.low,
            gain: 255.0 / range,
        }
    }
}

/// The linear map of a stretch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ramp {
    low: f64,
    gain: f64,
}

impl Ramp {
    /// 0 to 255 as they are.
    pub(crate) const IDENTITY: Self = Self {
        low: 0.0,
        gain: 1.0,
    };

    /// The 8-bit value of a stored one; NaN becomes 0.
    pub(crate) fn apply(&self, value: f32) -> u8 {
        ((f64::from(value) - self.low) * self.gain + 0.5) as u8
    }
}

/// The value below which `percent` of the sorted values lie, interpolated linearly between the two
/// nearest ranks.
pub(crate) fn percentile(sorted: &[f32], percent: f64) -> f64 {
    let rank = percent / 100.0 * (sorted.len() - 1) as f64;
    let below = f64::from(sorted[rank.floor() as usize]);
    let above = f64::from(sorted[rank.ceil() as usize]);
    below + (above - below) * rank.fract()
}
