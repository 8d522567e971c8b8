//! How a model does on images that it does not learn from.

use resam_adapt::Examples;
use resam_adapt::example::Framed;
use resam_adapt::recipe::Recipe;
use resam_adapt::step::pseudo_labels;
use resam_adapt::views::Flip;
use resam_sam::{Device, Sam};
use serde::{Deserialize, Serialize};

/// How a model does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Images that could be read.
    pub images: usize,
    /// Instances that were asked.
    pub instances: usize,
    /// Mean IoU of the mask of the point and the mask of the box that it implies; 0 where the refined
    /// mask is empty. Needs no true mask.
    pub agreement: f64,
    /// Mean over the images of the mean IoU of the point's mask with the true one, at the size of the
    /// network's input, where true masks are known.
    pub iou: Option<f64>,
}

impl Measure {
    /// What models are compared by: IoU where true masks are known, else the agreement.
    pub fn value(&self) -> f64 {
        self.iou.unwrap_or(self.agreement)
    }

    /// What [`value`](Self::value) is, in a word.
    pub fn name(&self) -> &'static str {
        match self.iou {
            Some(_) => "IoU",
            None => "agreement",
        }
    }
}

/// Asks a model about the points of images and compares its answers. Images that cannot be read are
/// left out. `usual_area` is what objects usually have in pixels of the images, where it is known.
pub fn measure(
    sam: &Sam,
    images: &dyn Examples,
    recipe: &Recipe,
    usual_area: Option<f64>,
    input_size: usize,
    device: &Device,
) -> Measure {
    let mut measure = Measure::default();
    let (mut agreement, mut iou) = (0.0, Vec::new());
    for index in 0..images.len() {
        let Ok(example) = images.read(index) else {
            continue;
        };
        let Ok(framed) = Framed::new(&example, input_size, Flip::default()) else {
            continue;
        };
        let input = framed.input(&framed.weak, device);
        let embedding = sam.image_encoder.forward(input);
        let asked: Vec<usize> = (0..example.instances.len()).collect();
        let company = recipe.labels.choice.company(usual_area);
        let labels = pseudo_labels(
            sam,
            &embedding,
            &framed,
            &asked,
            &recipe.labels,
            recipe.schedule.chunk,
            company.map(|usual| usual.magnified(framed.pixels_of_input())),
        );
        measure.images += 1;
        measure.instances += asked.len();
        agreement += labels.agreement.iter().sum::<f64>();
        let of_image: Vec<f64> = example
            .instances
            .iter()
            .zip(&labels.of_points)
            .filter_map(|(instance, mask)| {
                let truth = framed.truth(instance.truth.as_ref()?);
                mask.iou(&truth).ok()
            })
            .collect();
        if !of_image.is_empty() {
            iou.push(of_image.iter().sum::<f64>() / of_image.len() as f64);
        }
    }
    if measure.instances > 0 {
        measure.agreement = agreement / measure.instances as f64;
    }
    if !iou.is_empty() {
        measure.iou = Some(iou.iter().sum::<f64>() / iou.len() as f64);
    }
    measure
}
