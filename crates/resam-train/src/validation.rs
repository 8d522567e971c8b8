//! How a model does on images that it does not learn from.

use resam_adapt::{Examples, Trainer};
use resam_sam::{Sam, SamError};
use serde::{Deserialize, Serialize};

use crate::answers::Answering;

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
}

impl Validation {
    /// What models are compared by: IoU where true masks are known, else the consistency.
    pub fn value(&self) -> f64 {
        self.iou.unwrap_or(self.consistency)
    }

    /// What [`value`](Self::value) is, in a word.
    pub fn name(&self) -> &'static str {
        match self.iou {
            Some(_) => "IoU",
            None => "consistency",
        }
    }
}

/// Asks a model of a run about the points of images and compares its answers. Images that cannot be
/// read are left out.
///
/// # Errors
/// [`SamError::Failed`] when the device did not come to the end of its work.
pub fn validate(
    trainer: &Trainer,
    model: Sam,
    images: &dyn Examples,
) -> Result<Validation, SamError> {
    let answering = Answering::new(trainer, model, images)?;
    let mut validation = Validation::default();
    let (mut consistency, mut iou) = (0.0, Vec::new());
    for index in 0..images.len() {
        let Ok(example) = images.read(index) else {
            continue;
        };
        let answers = match answering.about(&example) {
            Ok(answers) => answers,
            Err(error @ SamError::Failed(_)) => return Err(error),
            Err(_) => continue,
        };
        validation.images += 1;
        validation.instances += answers.len();
        consistency += answers.iter().map(|answer| answer.consistency).sum::<f64>();
        let pairs = example.instances.iter().zip(&answers);
        let of_image: Vec<f64> = pairs
            .filter_map(|(instance, answer)| answer.mask.iou(instance.truth.as_ref()?).ok())
            .collect();
        if !of_image.is_empty() {
            iou.push(mean(&of_image));
        }
    }
    if validation.instances > 0 {
        validation.consistency = consistency / validation.instances as f64;
    }
    if !iou.is_empty() {
        validation.iou = Some(mean(&iou));
    }
    Ok(validation)
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
