//! The loop at inference: nothing is learnt, but each point is answered with the mask that it most
//! likely means.

use resam_mask::Bitmap;
use resam_sam::{EncodedImage, Prediction, Predictor, Prompt, PromptPoint, SamError};

use crate::choose::{Candidate, choose, stability};
use crate::recipe::Choice;

/// Answers prompts about one image: of the masks that the model has for a point, the one that
/// [`choose`] finds, judged beside those of the other prompts. What is asked with a box or with a mask
/// is not ambiguous and is answered with the single mask. `beside` are points on other objects, which
/// are not asked about here: a mask that holds one of them is too large.
///
/// # Errors
/// As [`Predictor::predict`].
pub fn requery(
    predictor: &Predictor,
    image: &EncodedImage,
    prompts: &[Prompt],
    beside: &[PromptPoint],
    choice: &Choice,
) -> Result<Vec<Prediction>, SamError> {
    let mut answers = predictor.predict(image, prompts, false)?;
    let ambiguous: Vec<usize> = (0..prompts.len())
        .filter(|&at| prompts[at].bounds.is_none() && prompts[at].mask.is_none())
        .collect();
    let asked: Vec<Prompt> = ambiguous.iter().map(|&at| prompts[at].clone()).collect();
    let others = predictor.predict(image, &asked, true)?;
    for (&at, others) in ambiguous.iter().zip(others) {
        answers[at].extend(others);
    }
    let masks: Vec<Vec<Bitmap>> = ambiguous
        .iter()
        .map(|&at| answers[at].iter().map(mask).collect())
        .collect();
    let mut candidates: Vec<Vec<Candidate>> = ambiguous
        .iter()
        .zip(&masks)
        .map(|(&at, masks)| {
            let candidate = |(answer, mask): (&Prediction, &Bitmap)| Candidate {
                agreement: 0.0,
                stability: stability(&answer.low_res),
                area: mask.area(),
                contradicted: mask.is_empty() || contradicted(mask, prompts, beside, at),
            };
            answers[at].iter().zip(masks).map(candidate).collect()
        })
        .collect();

    // Those that cannot be meant are not asked about.
    let (mut places, mut boxes) = (Vec::new(), Vec::new());
    for (place, (candidates, masks)) in candidates.iter().zip(&masks).enumerate() {
        for (at, (candidate, mask)) in candidates.iter().zip(masks).enumerate() {
            if let (false, Some(bounds)) = (candidate.contradicted, mask.bounding_box()) {
                places.push((place, at));
                boxes.push(Prompt {
                    bounds: Some([bounds.x0, bounds.y0, bounds.x1, bounds.y1]),
                    ..Default::default()
                });
            }
        }
    }
    let of_boxes = predictor.predict(image, &boxes, false)?;
    for ((place, at), of_box) in places.into_iter().zip(of_boxes) {
        let agreement = of_box
            .first()
            .map(|of_box| mask(of_box).iou(&masks[place][at]));
        // Masks of one image have its size.
        candidates[place][at].agreement = agreement.and_then(Result::ok).unwrap_or(0.0);
    }
    for (&at, chosen) in ambiguous.iter().zip(choose(&candidates, choice)) {
        answers[at].swap(0, chosen);
    }
    let first = |answer: Vec<Prediction>| answer.into_iter().next();
    Ok(answers.into_iter().filter_map(first).collect())
}

/// The mask of an answer at the image's size: where the logit is above SAM's own threshold.
fn mask(answer: &Prediction) -> Bitmap {
    let [height, width] = answer.image_size();
    Bitmap::from_threshold(&answer.logits(), width as u32, height as u32, 0.0)
        .expect("an image that was read is not larger than the largest mask")
}

/// Whether a mask holds a positive point of another prompt or a negative one of its own.
fn contradicted(mask: &Bitmap, prompts: &[Prompt], beside: &[PromptPoint], own: usize) -> bool {
    let holds = |point: &PromptPoint| {
        let inside = point.x >= 0.0 && point.y >= 0.0;
        inside && mask.get(point.x as u32, point.y as u32)
    };
    let of_prompts = prompts.iter().enumerate().any(|(at, prompt)| {
        let wrong = |point: &&PromptPoint| point.positive != (at == own);
        prompt.points.iter().filter(wrong).any(holds)
    });
    of_prompts || beside.iter().any(holds)
}
