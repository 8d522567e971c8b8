use resam_mask::{Bitmap, MaskError};
use serde::Serialize;

/// The scores of a predicted mask against the true one, each from 0 to 1.
///
/// `tp`, `fp` and `fn` are the numbers of true positive, false positive and false negative pixels.
/// A score whose denominator is zero is 1 if both masks are empty and 0 otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scores {
    /// Intersection over union: `tp / (tp + fp + fn)`.
    pub iou: f64,
    /// Harmonic mean of precision and recall: `2 tp / (2 tp + fp + fn)`, the Dice coefficient.
    pub f1: f64,
    /// Share of the predicted pixels that are true: `tp / (tp + fp)`.
    pub precision: f64,
    /// Share of the true pixels that were predicted: `tp / (tp + fn)`.
    pub recall: f64,
}

impl Scores {
    /// The scores of one instance.
    ///
    /// # Errors
    /// [`MaskError::SizesDiffer`] if the masks have different sizes.
    pub fn of_instance(predicted: &Bitmap, truth: &Bitmap) -> Result<Self, MaskError> {
        let common = predicted.intersection_area(truth)?;
        let (predicted, truth) = (predicted.area(), truth.area());
        if predicted == 0 && truth == 0 {
            return Ok(Self {
                iou: 1.0,
                f1: 1.0,
                precision: 1.0,
                recall: 1.0,
            });
        }
        Ok(Self {
            iou: share(common, predicted + truth - common),
            f1: share(2 * common, predicted + truth),
            precision: share(common, predicted),
            recall: share(common, truth),
        })
    }

    /// The mean of each score; none if there is nothing to average.
    pub fn mean<'a>(scores: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut sum = Self {
            iou: 0.0,
            f1: 0.0,
            precision: 0.0,
            recall: 0.0,
        };
        let mut count = 0.0;
        for score in scores {
            sum.iou += score.iou;
            sum.f1 += score.f1;
            sum.precision += score.precision;
            sum.recall += score.recall;
            count += 1.0;
        }
        (count > 0.0).then(|| Self {
            iou: sum.iou / count,
            f1: sum.f1 / count,
            precision: sum.precision / count,
            recall: sum.recall / count,
        })
    }
}

/// The scores of one image: the mean over its instances.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImageScore {
    /// Identifier of the image.
    pub image: String,
    /// Mean over the instances.
    #[serde(flatten)]
    pub scores: Scores,
    /// Number of instances.
    pub instances: usize,
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}
