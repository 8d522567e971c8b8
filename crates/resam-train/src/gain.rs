//! What a model gains over another on the same images.

use serde::Serialize;

use crate::validation::{mean, standard_error};

/// Standard errors that a gain of 2, 3, ... pairs has to be away from 0, to be called one: the
/// 97.5th percentile of Student's t distribution with one degree of freedom less than there are
/// pairs.
const CLEAR: [f64; 14] = [
    12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14,
];
/// The same of more pairs.
const CLEAR_OF_MANY: f64 = 2.13;

/// What a model gains over another one on the same images or instances.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gain {
    /// The mean of the differences.
    pub mean: f64,
    /// Its standard error, from the differences: what one of both finds hard, the other does too.
    pub standard_error: f64,
    /// How many were compared.
    pub count: usize,
}

impl Gain {
    /// From the values of one and the other, `[of this, of the baseline]`. None of no pair.
    pub fn of_pairs(pairs: &[[f64; 2]]) -> Option<Self> {
        let differences: Vec<f64> = pairs.iter().map(|[of, over]| of - over).collect();
        (!differences.is_empty()).then(|| Self {
            mean: mean(&differences),
            standard_error: standard_error(&differences),
            count: differences.len(),
        })
    }

    /// Whether 0 is outside of its 95 % confidence interval; of one pair that is not known.
    pub fn is_clear(&self) -> bool {
        let Some(beyond_two) = self.count.checked_sub(2) else {
            return false;
        };
        let bound = CLEAR.get(beyond_two).unwrap_or(&CLEAR_OF_MANY);
        self.mean.abs() > bound * self.standard_error
    }

    /// In a word: `better`, `worse` or `no clear difference`.
    pub fn word(&self) -> &'static str {
        match (self.is_clear(), self.mean > 0.0) {
            (true, true) => "better",
            (true, false) => "worse",
            (false, _) => "no clear difference",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_compared_by_their_differences() {
        // Both vary a lot, their differences 0.1, 0.1, 0.2 little: deviation 0.0577, by hand.
        let mut pairs = vec![[0.2, 0.1], [0.9, 0.8], [0.7, 0.5]];
        let gain = Gain::of_pairs(&pairs).expect("pairs");
        assert!((gain.mean - 0.4 / 3.0).abs() < 1e-12);
        assert!((gain.standard_error - 1.0 / 30.0).abs() < 1e-12);
        // Four standard errors are not enough for three pairs: it takes 4.3.
        assert_eq!((gain.count, gain.word()), (3, "no clear difference"));
        pairs.extend([[0.3, 0.2], [0.6, 0.5]]);
        let gain = Gain::of_pairs(&pairs).expect("pairs");
        assert_eq!((gain.count, gain.word()), (5, "better"));
        let noise = Gain::of_pairs(&[[0.2, 0.1], [0.8, 0.9]]).expect("pairs");
        assert_eq!(noise.word(), "no clear difference");
        let one = Gain::of_pairs(&[[0.9, 0.1]]).expect("a pair");
        assert!(!one.is_clear());
        assert_eq!(Gain::of_pairs(&[]), None);
    }
}
