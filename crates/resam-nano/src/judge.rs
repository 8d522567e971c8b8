//! The validation score of a model on synthetic photographs.

use burn::tensor::Device;
use resam_mask::Bitmap;
use resam_sam::Sam;
use resam_sam::postprocess::{Geometry, upscale_logits};
use resam_synth::SynthError;
use serde::Serialize;

use crate::clicks::{PromptKind, SimulatedPrompt, ask};
use crate::draws::Draws;
use crate::sample::{input, prompts, values};
use crate::sizes::INPUT_SIZE;
use crate::source::validation_picture;

/// Mean IoU over all objects, by kind of prompt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scores {
    /// The number of validation images.
    pub pictures: usize,
    /// The number of objects on them.
    pub things: usize,
    /// The name of each kind of prompt ([`PromptKind::name`]), and the mean IoU of the single
    /// masks.
    pub iou: Vec<(String, f64)>,
}

/// Prompts for all objects of the first `pictures` validation images with each kind of
/// [`PromptKind::JUDGED`]. The masks are compared at the size of the network's input.
///
/// # Errors
/// [`SynthError`] when an image cannot be painted.
pub fn judge(sam: &Sam, pictures: usize, device: &Device) -> Result<Scores, SynthError> {
    let geometry = Geometry {
        original: [INPUT_SIZE; 2],
        covered: [INPUT_SIZE; 2],
        padded: INPUT_SIZE,
    };
    let mut sums = [0.0; PromptKind::JUDGED.len()];
    let mut things = 0;
    for number in 0..pictures as u64 {
        let picture = validation_picture(number)?;
        if picture.masks.is_empty() {
            continue;
        }
        things += picture.masks.len();
        let embedding = sam.image_encoder.forward(input(&picture, device));
        for (sum, form) in sums.iter_mut().zip(PromptKind::JUDGED) {
            let mut draws = Draws::new(number, 2);
            let asked = picture.masks.iter();
            let asked: Vec<SimulatedPrompt> = asked
                .map(|mask| ask(mask, form, false, &mut draws))
                .collect();
            let answers = sam.decode(embedding.clone(), &prompts(&asked, None), false);
            let [_, _, rows, columns] = answers.low_res.dims();
            let logits = values(answers.low_res);
            for (mask, logits) in picture
                .masks
                .iter()
                .zip(logits.chunks_exact(rows * columns))
            {
                let logits = upscale_logits(logits, rows, &geometry);
                let size = INPUT_SIZE as u32;
                let answer = Bitmap::from_threshold(&logits, size, size, 0.0);
                *sum += answer.and_then(|answer| answer.iou(mask)).unwrap_or(0.0);
            }
        }
    }
    let name = |(sum, form): (&f64, PromptKind)| (form.name(), sum / things.max(1) as f64);
    Ok(Scores {
        pictures,
        things,
        iou: sums.iter().zip(PromptKind::JUDGED).map(name).collect(),
    })
}
