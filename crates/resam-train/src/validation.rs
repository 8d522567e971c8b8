//! How a model does on images that it does not learn from.

use resam_adapt::{Examples, LabelContext};
use resam_sam::SamError;
use serde::{Deserialize, Serialize};

/// How a model does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Images that could be read.
    pub images: usize,
    /// Instances that were asked.
    pub instances: usize,
    /// Mean IoU of the mask of the point and the mask of the box that it implies; 0 where the
    /// refined mask is empty. Needs no true mask.
    #[serde(alias = "agreement")]
    pub consistency: f64,
    /// Mean over the images of the mean IoU of the point's mask with the true one, at the size of
    /// the network's input, where true masks are known.
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

/// Asks the model of a context about the points of images and compares its answers. Images that
/// cannot be read are left out.
///
/// # Errors
/// [`SamError::Failed`] when the device did not come to the end of its work.
pub fn validate(context: &LabelContext<'_>, images: &dyn Examples) -> Result<Validation, SamError> {
    let mut validation = Validation::default();
    let (mut consistency, mut iou) = (0.0, Vec::new());
    for index in 0..images.len() {
        let Ok(example) = images.read(index) else {
            continue;
        };
        let (view, labels) = match context.label(&example) {
            Ok(labelled) => labelled,
            Err(error @ SamError::Failed(_)) => return Err(error),
            Err(_) => continue,
        };
        validation.images += 1;
        validation.instances += example.instances.len();
        consistency += labels.consistency.iter().sum::<f64>();
        let of_image: Vec<f64> = example
            .instances
            .iter()
            .zip(&labels.of_points)
            .filter_map(|(instance, mask)| {
                let truth = view.framed.truth(instance.truth.as_ref()?);
                mask.iou(&truth).ok()
            })
            .collect();
        if !of_image.is_empty() {
            iou.push(of_image.iter().sum::<f64>() / of_image.len() as f64);
        }
    }
    if validation.instances > 0 {
        validation.consistency = consistency / validation.instances as f64;
    }
    if !iou.is_empty() {
        validation.iou = Some(iou.iter().sum::<f64>() / iou.len() as f64);
    }
    Ok(validation)
}
