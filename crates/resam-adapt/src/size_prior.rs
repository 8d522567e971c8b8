//! Calibration: what a few images tell about the others, before anything is learnt.
//!
//! - The **size prior**: the size that objects have. Ships in radar images, roofs in aerial ones: a
//!   set of images that somebody adapts a model to has objects of some size. Within an image the
//!   co-occurring instances tell it; what is alone in its image is judged by the sizes in the
//!   others.
//! - The **consistency** of labels. The more consistent they are the nearer they are to the true
//!   masks, but how much that is depends on the model and on the images: which labels are in the
//!   top fraction can only be said beside others.

use resam_sam::SamError;
use resam_select::{Median, log_area, median};

use crate::example::Examples;
use crate::labels::LabelContext;

/// Images of a calibration; more change the result little.
pub const CALIBRATION_IMAGES: usize = 16;
/// Images that a calibration takes: fewer may all be of one kind.
pub const MIN_IMAGES: usize = 8;

/// What is known of labels from other images.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The area of objects in pixels of the images: the median, over the images, of the median
    /// areas of the labels in each.
    pub area: f64,
    /// The consistency of every label, the smallest first.
    consistencies: Vec<f64>,
}

impl Calibration {
    /// The consistency from which on labels are in this top fraction of all.
    pub fn min_consistency(&self, top_fraction: f64) -> f64 {
        let count = (top_fraction * self.consistencies.len() as f64).round() as usize;
        let first = self.consistencies.len().saturating_sub(count.max(1));
        self.consistencies.get(first).copied().unwrap_or(0.0)
    }
}

/// Calibrates on the numbered images, whose labels are selected among the co-occurring instances of
/// each image alone: the size prior of the context is to be none. Images that cannot be read, or
/// have no labels, say nothing; when fewer than eight say something, it is `None`.
///
/// # Errors
/// [`SamError::Failed`] when the device did not come to the end of its work.
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
