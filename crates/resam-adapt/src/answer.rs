//! The loop at inference: nothing is learnt, but each prompt is answered with the mask that it most
//! likely means.

use resam_mask::{Bitmap, Part, PixelBox};
use resam_sam::preprocess::RgbView;
use resam_sam::{EncodedImage, Prediction, Predictor, Prompt, PromptPoint, SamError};
use resam_select::zoom::{bounds_with_points, is_truncated};
use resam_select::{
    Candidate, MaskPoint, MaskPoints, MaskSelection, MaskSource, ModelMask, Seen, SelectionMode,
    SizePrior, Zoom, select, stability,
};

/// Answers prompts about an encoded image, each with the mask that is selected. The pixels of the
/// image are at hand for the zoom.
///
/// # Errors
/// As [`Predictor::predict`].
pub fn answer(
    predictor: &Predictor,
    image: &EncodedImage,
    pixels: RgbView<'_>,
    prompts: &[Prompt],
    selection: &MaskSelection,
) -> Result<Vec<Prediction>, SamError> {
    let multimask = match selection.mode {
        SelectionMode::Requery => {
            let question = Question {
                predictor,
                prompts,
                beside: &[],
                selection,
                prior: selection.size_prior(),
            };
            let found = question.requery(image, Some(pixels))?;
            return Ok(found.into_iter().map(|found| found.prediction).collect());
        }
        SelectionMode::Single => false,
        SelectionMode::BestScore => true,
    };
    predictor.predict_best(image, prompts, multimask)
}

/// An answer of the loop.
#[derive(Debug, Clone)]
pub struct SelectedPrediction {
    /// The mask.
    pub prediction: Prediction,
    /// What it was selected by; none where there was nothing to select among.
    pub candidate: Option<Candidate>,
}

/// What is asked about one image, and how an answer is selected.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The model.
    pub predictor: &'a Predictor,
    /// What is asked.
    pub prompts: &'a [Prompt],
    /// Points on other objects, which are not asked about here: a mask that holds one of them is
    /// too large.
    pub beside: &'a [PromptPoint],
    /// How a mask is selected.
    pub selection: &'a MaskSelection,
    /// What is known beforehand of the size of objects, in pixels of the image.
    pub prior: Option<SizePrior>,
}

/// The mask that was selected for a prompt, and what speaks for it.
struct Chosen {
    prediction: Prediction,
    candidate: Candidate,
    /// The box of the mask, in pixels of the image. None when it is empty.
    bounds: Option<PixelBox>,
}

impl Question<'_> {
    /// Answers the prompts: of the masks that the model has for a point, with the one that
    /// [`select`] finds, beside those of the other prompts. What is asked with a box or with a mask
    /// is not ambiguous and is answered with the single mask.
    ///
    /// With the image's `pixels` and [`MaskSelection::zoom`], small objects are asked about again
    /// in parts of the image ([`resam_select::zoom`]), each of which takes an encoding.
    ///
    /// # Errors
    /// As [`Predictor::predict`].
    pub fn requery(
        &self,
        image: &EncodedImage,
        pixels: Option<RgbView<'_>>,
    ) -> Result<Vec<SelectedPrediction>, SamError> {
        let is_ambiguous = |prompt: &Prompt| prompt.bounds.is_none() && prompt.mask.is_none();
        let (ambiguous, others): (Vec<usize>, Vec<usize>) =
            (0..self.prompts.len()).partition(|&at| is_ambiguous(&self.prompts[at]));
        let whole = ViewMasks {
            question: self,
            view: image,
            part: None,
        };
        let mut chosen = whole.choose(&ambiguous, self.prior)?;
        if let (true, Some(pixels)) = (self.selection.zoom, pixels) {
            self.zoom(pixels, &ambiguous, &mut chosen)?;
        }
        let plain: Vec<Prompt> = others.iter().map(|&at| self.prompts[at].clone()).collect();
        let plain = self.predictor.predict(image, &plain, false)?;
        let plain = plain.into_iter().flatten();
        let plain = plain.map(|prediction| SelectedPrediction {
            prediction,
            candidate: None,
        });
        let chosen = chosen.into_iter().map(|chosen| SelectedPrediction {
            prediction: chosen.prediction,
            candidate: Some(chosen.candidate),
        });
        let mut answers: Vec<(usize, SelectedPrediction)> = ambiguous
            .into_iter()
            .zip(chosen)
            .chain(others.into_iter().zip(plain))
            .collect();
        answers.sort_by_key(|&(at, _)| at);
        Ok(answers.into_iter().map(|(_, answer)| answer).collect())
    }

    /// Asks again about small objects, in parts of the image, and takes those answers that are
    /// meant.
    fn zoom(
        &self,
        pixels: RgbView<'_>,
        asked: &[usize],
        chosen: &mut [Chosen],
    ) -> Result<(), SamError> {
        let seen = asked.iter().zip(&*chosen).map(|(&at, chosen)| {
            let candidate = chosen.candidate;
            // A mask that violates its prompts is surely not the object.
            let holds = !candidate.violates_prompts;
            let bounds = chosen.bounds.filter(|_| holds).map(edges);
            let points = self.prompts[at].points.iter();
            let positive = points.filter(|point| point.positive);
            Seen {
                bounds: bounds_with_points(bounds, positive.map(|point| [point.x, point.y])),
                candidate: Some(candidate),
                area: holds.then_some(candidate.area),
            }
        });
        let seen: Vec<Seen> = seen.collect();
        let image = [pixels.width, pixels.height];
        let zoom = Zoom {
            image,
            input: self.predictor.input_size(),
            max_parts: usize::MAX,
            selection: self.selection,
            prior: self.prior,
        };
        let zoomed = zoom.refine(&seen, |part, shown, prior| {
            let view = self.predictor.encode_part(pixels, part)?;
            let masks = ViewMasks {
                question: self,
                view: &view,
                part: Some((part, image)),
            };
            let of_part: Vec<usize> = shown.iter().map(|&place| asked[place]).collect();
            let found = shown.iter().copied().zip(masks.choose(&of_part, prior)?);
            let found = found.map(|(place, chosen)| (place, chosen.candidate, chosen));
            Ok::<_, SamError>(found.collect())
        })?;
        for (chosen, zoomed) in chosen.iter_mut().zip(zoomed) {
            if let Some(zoomed) = zoomed {
                *chosen = zoomed;
            }
        }
        Ok(())
    }

    /// The points of all prompts, as masks of the image see them.
    fn mask_points(&self) -> MaskPoints {
        let points = |points: &[PromptPoint]| points.iter().map(mask_point).collect();
        MaskPoints {
            of_prompts: self.prompts.iter().map(|of| points(&of.points)).collect(),
            beside: points(self.beside),
        }
    }
}

/// The masks that a model has for prompts, at the size of the image, in the view of it or of a part
/// of it.
struct ViewMasks<'a> {
    question: &'a Question<'a>,
    view: &'a EncodedImage,
    /// The part that is seen, and `[width, height]` of the image.
    part: Option<(Part, [usize; 2])>,
}

impl ViewMasks<'_> {
    /// What is selected for the prompts that are asked, by number.
    fn choose(&self, asked: &[usize], prior: Option<SizePrior>) -> Result<Vec<Chosen>, SamError> {
        let question = self.question;
        let selected = select(
            self,
            asked,
            &question.mask_points(),
            question.selection,
            prior,
        )?;
        let chosen = selected.into_iter().map(|selected| {
            let candidate = selected.candidate;
            let ModelMask { bitmap, answer, .. } = selected.into_mask();
            Chosen {
                prediction: answer,
                candidate,
                bounds: bitmap.bounding_box(),
            }
        });
        Ok(chosen.collect())
    }
}

impl MaskSource for ViewMasks<'_> {
    type Answer = Prediction;
    type Error = SamError;

    fn all_masks(&self, prompts: &[usize]) -> Result<Vec<Vec<ModelMask<Prediction>>>, SamError> {
        // What lies outside the part is not seen in it.
        let in_part = |point: &PromptPoint| {
            self.part
                .is_none_or(|(part, _)| part.holds(point.x, point.y))
        };
        let seen = prompts.iter().map(|&at| {
            let points = self.question.prompts[at].points.iter();
            Prompt {
                points: points.filter(|point| in_part(point)).copied().collect(),
                ..Default::default()
            }
        });
        let seen: Vec<Prompt> = seen.collect();
        let answers = self.question.predictor.predict_all(self.view, &seen)?;
        let model_mask = |answer: Prediction| ModelMask {
            bitmap: mask(&answer),
            stability: stability(&answer.low_res),
            answer,
        };
        let answers = answers.into_iter();
        Ok(answers
            .map(|answers| answers.into_iter().map(model_mask).collect())
            .collect())
    }

    fn box_masks(&self, boxes: &[PixelBox]) -> Result<Vec<Bitmap>, SamError> {
        let boxes = boxes.iter().map(|&bounds| Prompt {
            bounds: Some(edges(bounds)),
            ..Default::default()
        });
        let boxes: Vec<Prompt> = boxes.collect();
        let answers = self.question.predictor.predict(self.view, &boxes, false)?;
        Ok(answers.iter().flatten().map(mask).collect())
    }

    fn is_truncated(&self, bounds: &PixelBox) -> bool {
        self.part
            .is_some_and(|(part, image)| is_truncated(edges(*bounds), part, image))
    }
}

/// A point as masks of the image see it: positions count from the image's corner.
fn mask_point(point: &PromptPoint) -> MaskPoint {
    let inside = point.x >= 0.0 && point.y >= 0.0;
    MaskPoint {
        position: [point.x, point.y],
        pixel: inside.then_some([point.x as u32, point.y as u32]),
        positive: point.positive,
    }
}

/// The mask of an answer at the image's size: where the logit is above SAM's own threshold.
fn mask(answer: &Prediction) -> Bitmap {
    let [height, width] = answer.image_size();
    Bitmap::from_threshold(&answer.logits(), width as u32, height as u32, 0.0)
        .expect("an image that was read is not larger than the largest mask")
}

fn edges(bounds: PixelBox) -> [f64; 4] {
    [bounds.x0, bounds.y0, bounds.x1, bounds.y1]
}
