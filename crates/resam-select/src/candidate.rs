//! What speaks for a mask.

/// A mask that a prompt may mean, as far as the selection goes. It is the evidence for a mask
/// everywhere: in the choice among the masks of one view, between a view and its zoom, and between
/// the windows of a scene.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// IoU of the mask and of the mask that its box brings back.
    pub consistency: f64,
    /// See [`stability`].
    pub stability: f64,
    /// Pixels of the mask.
    pub area: u64,
    /// The mask cannot be what is meant: it is empty, it is truncated by the part of the image that
    /// was seen, or it holds a positive point of another prompt or a negative one of its own.
    pub violates_prompts: bool,
}

impl Candidate {
    /// The evidence where there is no mask.
    pub const NONE: Self = Self {
        consistency: 0.0,
        stability: 0.0,
        area: 0,
        violates_prompts: true,
    };
}

/// The stability score of SAM's automatic masks: the number of pixels whose logit is above 1,
/// divided by the number of those whose logit is above -1. It is 0 where no logit is above -1.
pub fn stability(logits: &[f32]) -> f64 {
    let above = |bound: f32| logits.iter().filter(|&&logit| logit > bound).count() as f64;
    let most = above(-1.0);
    if most == 0.0 { 0.0 } else { above(1.0) / most }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stability_is_the_share_that_two_thresholds_have_in_common() {
        assert_eq!(stability(&[-2.0, 0.0, 2.0, 3.0, 0.5]), 0.5);
        assert_eq!(stability(&[-2.0, -3.0]), 0.0);
        assert_eq!(stability(&[]), 0.0);
        assert_eq!(stability(&[9.0]), 1.0);
    }
}
