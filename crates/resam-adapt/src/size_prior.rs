//! Calibration: the size prior and the consistency of labels, estimated from a few images before
//! training.
//!
//! - The **size prior**: the area of an object. The images of one data set show objects of one
//!   kind, such as ships or roofs, and so of similar size. Within an image the co-occurring
//!   instances give it; for an object that is alone in its image, the other images do.
//! - The **consistency** of labels: IoU of the point's mask and of its box's mask. Consistent
//!   labels are closer to the true masks, but the scale depends on the model and on the images, so
//!   the top fraction is a quantile over the labels of the calibration.

use resam_sam::SamError;
use resam_select::{Median, log_area, median};

use crate::example::Examples;
use crate::labels::LabelContext;

/// Most images of a calibration.
pub const CALIBRATION_IMAGES: usize = 16;
/// Fewest images of a calibration.
pub const MIN_IMAGES: usize = 8;

/// The result of a calibration.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The size prior in pixels of the images: the median over the images of the median area of the
    /// labels in each.
    pub area: f64,
    /// The consistency of every label, the smallest first.
    consistencies: Vec<f64>,
}

impl Calibration {
    /// The least consistency of the labels in this top fraction, from 0 to 1.
    pub fn min_consistency(&self, top_fraction: f64) -> f64 {
        let count = (top_fraction * self.consistencies.len() as f64).round() as usize;
        let first = self.consistencies.len().saturating_sub(count.max(1));
        self.consistencies.get(first).copied().unwrap_or(0.0)
    }
}

/// Calibrates on the numbered images, whose labels are selected among the co-occurring instances of
/// each image alone: the size prior of the context is to be none. Images that cannot be read or
/// have no labels do not count. `None` when fewer than eight images count.
///
/// # Errors
/// [`SamError::Failed`] when the device fails.
pub fn calibrate(
    context: &LabelContext<'_>,
    examples: &dyn Examples,
    numbers: impl IntoIterator<Item = usize>,
) -> Result<Option<Calibration>, SamError> {
    let (mut consistencies, mut medians) = (Vec::new(), Vec::new());
    for number in numbers {
        let Ok(example) = examples.read(number) else {
            continue;
        };
        let (view, labels) = match context.label(&example) {
            Ok(labelled) => labelled,
            Err(error @ SamError::Failed(_)) => return Err(error),
            Err(_) => continue,
        };
        consistencies.extend(labels.consistency);
        let sizes = labels.masks.iter().map(|mask| log_area(mask.area()));
        let mut sizes: Vec<f64> = sizes.collect();
        if !sizes.is_empty() {
            let of_input = view.framed.pixels_of_input().ln();
            medians.push(median(&mut sizes, Median::MeanOfMiddle) - of_input);
        }
    }
    consistencies.sort_by(f64::total_cmp);
    Ok((medians.len() >= MIN_IMAGES).then(|| Calibration {
        area: median(&mut medians, Median::MeanOfMiddle).exp(),
        consistencies,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_fraction_has_at_least_one_label() {
        let calibration = |consistencies: &[f64]| Calibration {
            area: 1.0,
            consistencies: consistencies.to_vec(),
        };
        let ten: Vec<f64> = (1..=10).map(|at| f64::from(at) / 10.0).collect();
        let ten = calibration(&ten);
        for (fraction, bound) in [(1.0, 0.1), (0.6, 0.5), (0.1, 1.0), (0.0, 1.0)] {
            assert_eq!(ten.min_consistency(fraction), bound, "{fraction}");
        }
        assert_eq!(calibration(&[0.4]).min_consistency(0.6), 0.4);
        // Nothing is known of labels: nothing is left out.
        assert_eq!(calibration(&[]).min_consistency(0.6), 0.0);
    }
}
