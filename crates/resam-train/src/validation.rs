//! How a model does on images that it does not learn from.

use resam_adapt::{Example, Examples};
use resam_sam::SamError;
use serde::{Deserialize, Serialize};

use crate::answers::{Answer, Answering};
use crate::kept::Kept;

/// How a model does on validation images: of the answers that it would give, with its mask
/// selection, at the image's own size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Images that could be read.
    pub images: usize,
    /// Instances that were asked about.
    pub instances: usize,
    /// Mean over the instances of the IoU of the answer and of the mask that its box brings back; 0
    /// where the answer is empty. Needs no true mask.
    pub consistency: f64,
    /// Mean over the images of the mean IoU of the answers with the true masks, where those are
    /// known.
    pub iou: Option<f64>,
    /// The standard error of the consistency: its deviation over the instances, divided by the
    /// square root of their number.
    #[serde(default)]
    pub consistency_error: f64,
}

impl Validation {
    /// What models are compared by: IoU where true masks are known, else the consistency.
    pub fn value(&self) -> f64 {
        self.iou.unwrap_or(self.consistency)
    }

    /// Whether a model with this validation is to be kept in place of a later one: its IoU is
    /// higher, or, where no true mask is known, its consistency is by more than the standard error.
    /// The consistency of few images is a weak witness, and the last model has learnt the most.
    pub fn is_kept_over(&self, later: &Self) -> bool {
        let margin = if self.iou.is_some() {
            0.0
        } else {
            later.consistency_error
        };
        self.value() > later.value() + margin
    }

    /// What [`value`](Self::value) is, in a word.
    pub fn name(&self) -> &'static str {
        match self.iou {
            Some(_) => "IoU",
            None => "consistency",
        }
    }
}

/// What a validation found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Validated {
    /// How the model does.
    pub validation: Validation,
    /// How its single masks do, if that was asked for.
    pub single: Option<Validation>,
    /// What [`Validation::value`] is the mean of: the IoU of each image, or the consistency of each
    /// instance. Models that are asked about the same images are compared by their differences.
    pub values: Vec<f64>,
}

/// Asks a model about the points of images and compares its answers; about its single masks too,
/// `with_single`. Images that cannot be read are left out. `goes_on` gets the number of images that
/// are done, before each. The answers are `kept`: those with single masks are of the pretrained
/// model.
///
/// # Errors
/// [`SamError::Failed`] when the device did not come to the end of its work.
pub(crate) fn validate(
    answering: &Answering,
    images: &dyn Examples,
    with_single: bool,
    kept: &mut Kept,
    mut goes_on: impl FnMut(usize) -> bool,
) -> Result<Validated, SamError> {
    let (mut selected, mut single) = (Answered::default(), Answered::default());
    for index in (0..images.len()).take_while(|&index| goes_on(index)) {
        let Ok(example) = images.read(index) else {
            continue;
        };
        let answers = if with_single {
            answering.about_with_single(&example).map(|both| {
                kept.keep_before(index, &both);
                let [answers, of_single] = both;
                single.add(&example, &of_single);
                answers
            })
        } else {
            answering
                .about(&example)
                .inspect(|answers| kept.keep_after(index, answers))
        };
        match answers {
            Ok(answers) => selected.add(&example, &answers),
            Err(error @ SamError::Failed(_)) => return Err(error),
            Err(_) => {}
        }
    }
    Ok(Validated {
        validation: selected.validation(),
        single: with_single.then(|| single.validation()),
        values: if selected.iou.is_empty() {
            selected.consistency
        } else {
            selected.iou
        },
    })
}

/// Answers about images, as they come.
#[derive(Debug, Default)]
struct Answered {
    images: usize,
    /// Of each instance.
    consistency: Vec<f64>,
    /// Of each image with true masks.
    iou: Vec<f64>,
}

impl Answered {
    fn add(&mut self, example: &Example, answers: &[Answer]) {
        self.images += 1;
        self.consistency
            .extend(answers.iter().map(|answer| answer.consistency));
        let pairs = example.instances.iter().zip(answers);
        let of_image: Vec<f64> = pairs
            .filter_map(|(instance, answer)| answer.mask.iou(instance.truth.as_ref()?).ok())
            .collect();
        if !of_image.is_empty() {
            self.iou.push(mean(&of_image));
        }
    }

    fn validation(&self) -> Validation {
        Validation {
            images: self.images,
            instances: self.consistency.len(),
            consistency: mean(&self.consistency),
            iou: (!self.iou.is_empty()).then(|| mean(&self.iou)),
            consistency_error: standard_error(&self.consistency),
        }
    }
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The standard error of the mean of values; 0 of fewer than two.
pub(crate) fn standard_error(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    if count < 2.0 {
        return 0.0;
    }
    let middle = mean(values);
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    (squares / (count - 1.0) / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_model_is_kept_for_its_iou_or_for_a_clear_consistency() {
        let with = |consistency, iou| Validation {
            consistency,
            iou,
            consistency_error: 0.05,
            ..Validation::default()
        };
        assert!(with(0.5, Some(0.61)).is_kept_over(&with(0.9, Some(0.60))));
        assert!(!with(0.9, Some(0.60)).is_kept_over(&with(0.5, Some(0.60))));
        assert!(with(0.66, None).is_kept_over(&with(0.60, None)));
        assert!(!with(0.64, None).is_kept_over(&with(0.60, None)));
    }

    #[test]
    fn the_standard_error_is_that_of_the_textbook() {
        // The deviation of 1, 2, 3, 4 is the root of 5 / 3.
        let error = standard_error(&[1.0, 2.0, 3.0, 4.0]);
        assert!((error - (5.0_f64 / 3.0 / 4.0).sqrt()).abs() < 1e-12);
        assert_eq!(standard_error(&[1.0]), 0.0);
    }
}
