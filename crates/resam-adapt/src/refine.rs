//! Refine: the pixels of a point's coarse mask that have low entropy and that no other instance
//! claims. Step 3 of the method (arXiv 2511.21606).

use rayon::prelude::*;
use resam_mask::Bitmap;
use resam_sam::postprocess::{Geometry, upscale_logits};

/// The published threshold of `p (1 - H)`.
pub const ENTROPY_THRESHOLD: f64 = 0.3;

/// The logit at which `p (1 - H) = entropy_threshold`, where `p = sigmoid(logit)` and `H = -(p ln p
/// + (1 - p) ln(1 - p))` in nats.
///
/// `p (1 - H)` rises with `p`, so that a pixel is kept exactly when its logit is above this one.
/// For the published 0.3 it is 0.9758. Infinite when no logit reaches the bound.
pub fn threshold_logit(entropy_threshold: f64) -> f64 {
    let value = |logit: f64| {
        // Softplus of both signs: ln p and ln(1 - p) without loss at either end.
        let (inside, outside) = (-(-logit).exp().ln_1p(), -logit.exp().ln_1p());
        let p = inside.exp();
        p * (1.0 + p * inside + outside.exp() * outside)
    };
    let (mut low, mut high) = (-500.0, 500.0);
    if value(high) <= entropy_threshold {
        return f64::INFINITY;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if value(middle) > entropy_threshold {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// The refined mask of each instance: pixels above the threshold for this instance and for no
/// other.
///
/// `low_res` holds the logits of each instance, `[side, side]`, row-major. The masks have the size
/// of the padded input, `padded` x `padded` pixels, as published. Every pixel belongs to at most
/// one mask, and a mask may be empty.
pub fn refine(low_res: &[Vec<f32>], padded: usize, entropy_threshold: f64) -> Vec<Bitmap> {
    let bound = threshold_logit(entropy_threshold) as f32;
    let mut kept: Vec<Bitmap> = low_res
        .par_iter()
        .map(|low_res| above(low_res, padded, bound))
        .collect();
    take_shared_pixels(&mut kept);
    kept
}

/// The pixels of the padded input whose upsampled logit is above `bound`.
pub fn above(low_res: &[f32], padded: usize, bound: f32) -> Bitmap {
    let geometry = Geometry {
        original: [padded; 2],
        covered: [padded; 2],
        padded,
    };
    let logits = upscale_logits(low_res, low_res.len().isqrt(), &geometry);
    Bitmap::from_threshold(&logits, padded as u32, padded as u32, bound)
        .expect("an input is at most 4096 pixels across")
}

/// Removes pixels that two or more masks share from all of them.
fn take_shared_pixels(masks: &mut [Bitmap]) {
    let Some(first) = masks.first() else { return };
    let blank = Bitmap::new(first.width(), first.height()).expect("a size that is there already");
    let (mut once, mut twice) = (blank.clone(), blank);
    let same_size = "masks of one input have its size";
    for mask in masks.iter() {
        let mut shared = mask.clone();
        shared.and_assign(&once).expect(same_size);
        twice.or_assign(&shared).expect(same_size);
        once.or_assign(mask).expect(same_size);
    }
    for mask in masks {
        mask.subtract_assign(&twice).expect(same_size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_logit_is_where_p_of_one_minus_entropy_is_the_bound() {
        for entropy_threshold in [0.01, 0.1, 0.3, 0.5, 0.9, 0.99] {
            let p = 1.0 / (1.0 + (-threshold_logit(entropy_threshold)).exp());
            let entropy = -(p * p.ln() + (1.0 - p) * (1.0 - p).ln());
            assert!(
                (p * (1.0 - entropy) - entropy_threshold).abs() < 1e-12,
                "{entropy_threshold}"
            );
        }
        assert_eq!(threshold_logit(1.0), f64::INFINITY);
        assert!(threshold_logit(0.0) < -10.0);
    }

    #[test]
    fn what_two_instances_claim_belongs_to_none() {
        // A side of four cells on an input of four pixels: nothing is resampled.
        let claims = |cells: &[usize]| {
            let mut logits = vec![-5.0; 16];
            cells.iter().for_each(|&cell| logits[cell] = 5.0);
            logits
        };
        let low_res = [
            claims(&[0, 1, 2]),
            claims(&[2, 3]),
            claims(&[2, 3, 4]),
            claims(&[]),
        ];
        let refined = refine(&low_res, 4, ENTROPY_THRESHOLD);
        let pixels = |mask: &Bitmap| mask.pixels().map(|(x, y)| y * 4 + x).collect::<Vec<_>>();
        let kept: Vec<_> = refined.iter().map(pixels).collect();
        assert_eq!(kept, [vec![0, 1], vec![], vec![4], vec![]]);
    }
}
