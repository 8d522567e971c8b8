//! Inference: the mask of each prompt, with mask selection and zoom. Nothing trains.

use resam_mask::{Bitmap, Part, PixelBox};
use resam_sam::preprocess::RgbView;
use resam_sam::{EncodedImage, Prediction, Predictor, Prompt, PromptPoint, SamError};
use resam_select::zoom::{bounds_with_points, is_truncated};
use resam_select::{
    Candidate, MaskPoint, MaskPoints, MaskSelection, MaskSource, ModelMask, Seen, SelectionMode,
    SizePrior, Zoom, select, stability,
};

/// The mask of each prompt of an encoded image, in their order. `pixels` is the image before its
/// encoding, for the zoom; prompts are in continuous pixels of it. The masks have its size.
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

/// The mask that was selected for a prompt.
#[derive(Debug, Clone)]
pub struct SelectedPrediction {
    /// The mask.
    pub prediction: Prediction,
    /// The measures that it was selected by; none where there was one candidate.
    pub candidate: Option<Candidate>,
}

/// The prompts of one image, and how their masks are selected.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The model.
    pub predictor: &'a Predictor,
    /// The prompts, in continuous pixels of the image.
    pub prompts: &'a [Prompt],
    /// Positive points of other objects, in pixels of the image: a mask that holds one of them
    /// violates its prompts.
    pub beside: &'a [PromptPoint],
    /// The mask selection.
    pub selection: &'a MaskSelection,
    /// The size prior, in pixels of the image.
    pub prior: Option<SizePrior>,
}

/// The mask that was selected for a prompt, with its measures.
struct Chosen {
    prediction: Prediction,
    candidate: Candidate,
    /// The box of the mask, in pixels of the image. None when it is empty.
    bounds: Option<PixelBox>,
}

impl Question<'_> {
    /// The mask of each prompt, in their order. Of the candidates of a point, [`select`] takes one,
    /// given the masks of the other prompts. A prompt with a box or a mask is not ambiguous and
    /// gets the single mask.
    ///
    /// With the image's `pixels` and [`MaskSelection::zoom`], small objects are requeried in parts
    /// of the image ([`resam_select::zoom`]). Each part takes an encoding.
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
        if self.selection.zoom
            && let Some(pixels) = pixels
        {
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

    /// Requeries small objects in parts of the image, and takes the zoomed masks that
    /// [`resam_select::zoom`] prefers.
    fn zoom(
        &self,
        pixels: RgbView<'_>,
        asked: &[usize],
        chosen: &mut [Chosen],
    ) -> Result<(), SamError> {
        let seen = asked.iter().zip(&*chosen).map(|(&at, chosen)| {
            let candidate = chosen.candidate;
            // A mask that violates its prompts is not the object.
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

    /// The points of all prompts, in pixels of the image.
    fn mask_points(&self) -> MaskPoints {
        let points = |points: &[PromptPoint]| points.iter().map(mask_point).collect();
        MaskPoints {
            of_prompts: self.prompts.iter().map(|of| points(&of.points)).collect(),
            beside: points(self.beside),
        }
    }
}

/// The candidate masks of prompts, at the size of the image, from a view of the image or of a part
/// of it.
struct ViewMasks<'a> {
    question: &'a Question<'a>,
    view: &'a EncodedImage,
    /// The part that the view shows, and `[width, height]` of the image in pixels.
    part: Option<(Part, [usize; 2])>,
}

impl ViewMasks<'_> {
    /// The selected masks of the numbered prompts.
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
        // Points outside the part are left out.
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

/// A point in pixels of the image, for the mask selection.
fn mask_point(point: &PromptPoint) -> MaskPoint {
    let inside = point.x >= 0.0 && point.y >= 0.0;
    MaskPoint {
        position: [point.x, point.y],
        pixel: inside.then_some([point.x as u32, point.y as u32]),
        positive: point.positive,
    }
}

/// The mask of a prediction at the image's size: logits above 0, SAM's `mask_threshold`.
fn mask(answer: &Prediction) -> Bitmap {
    let [height, width] = answer.image_size();
    Bitmap::from_threshold(&answer.logits(), width as u32, height as u32, 0.0)
        .expect("an image that was read is not larger than the largest mask")
}

fn edges(bounds: PixelBox) -> [f64; 4] {
    [bounds.x0, bounds.y0, bounds.x1, bounds.y1]
}
