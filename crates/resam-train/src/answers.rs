//! What a model answers about an image, as it would be asked for: with its mask selection, at the
//! image's own size.

use resam_adapt::{Example, Examples, Question, SelectedPrediction, Trainer};
use resam_mask::{Bitmap, PixelBox};
use resam_sam::preprocess::RgbView;
use resam_sam::{EncodedImage, Predictor, Prompt, Sam, SamError};
use resam_select::{MaskSelection, SelectionMode};

/// A model, and how it is asked.
pub struct Answering {
    predictor: Predictor,
    selection: MaskSelection,
}

/// The answer about an instance.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The mask, of the image's size.
    pub mask: Bitmap,
    /// IoU of the mask and of the mask that its box brings back; 0 for an empty mask.
    pub consistency: f64,
}

impl Answering {
    /// A model as its adapter says: with the mask selection of the recipe and the size prior of the
    /// run, at the input size of the run.
    ///
    /// # Errors
    /// When the network cannot run at the input size.
    pub fn new(trainer: &Trainer, model: Sam, images: &dyn Examples) -> Result<Self, SamError> {
        let context = trainer.label_context(&model);
        let prior = context.size_prior_px.filter(|_| images.use_size_prior());
        let selection = context.labels.selection.with_size_prior(prior);
        let (device, size) = (context.device.clone(), context.input_size);
        let predictor = Predictor::new(model, &device, Some(size))?;
        Ok(Self {
            predictor,
            selection,
        })
    }

    /// Asks about every instance of an image.
    ///
    /// # Errors
    /// As [`Predictor::predict`].
    pub fn about(&self, example: &Example) -> Result<Vec<Answer>, SamError> {
        let pixels = pixels_of(example)?;
        self.selected(&self.predictor.encode(pixels), pixels, &prompts_of(example))
    }

    /// The same, and SAM's single masks, with the image encoded once.
    ///
    /// # Errors
    /// As [`Predictor::predict`].
    pub(crate) fn about_with_single(
        &self,
        example: &Example,
    ) -> Result<[Vec<Answer>; 2], SamError> {
        let pixels = pixels_of(example)?;
        let (encoded, prompts) = (self.predictor.encode(pixels), prompts_of(example));
        Ok([
            self.selected(&encoded, pixels, &prompts)?,
            self.unselected(&encoded, &prompts, false)?,
        ])
    }

    /// Answers with the mask selection.
    fn selected(
        &self,
        encoded: &EncodedImage,
        pixels: RgbView<'_>,
        prompts: &[Prompt],
    ) -> Result<Vec<Answer>, SamError> {
        match self.selection.mode {
            SelectionMode::Requery => {
                let question = Question {
                    predictor: &self.predictor,
                    prompts,
                    beside: &[],
                    selection: &self.selection,
                    prior: self.selection.size_prior(),
                };
                let found = question.requery(encoded, Some(pixels))?;
                found.iter().map(selected).collect()
            }
            SelectionMode::Single => self.unselected(encoded, prompts, false),
            SelectionMode::BestScore => self.unselected(encoded, prompts, true),
        }
    }

    /// Answers without a selection by consistency, which is asked for afterwards.
    fn unselected(
        &self,
        encoded: &EncodedImage,
        prompts: &[Prompt],
        multimask: bool,
    ) -> Result<Vec<Answer>, SamError> {
        let found = self.predictor.predict_best(encoded, prompts, multimask)?;
        let masks: Vec<Bitmap> = found.iter().map(mask_of).collect::<Result<_, _>>()?;
        let boxes: Vec<Option<PixelBox>> = masks.iter().map(Bitmap::bounding_box).collect();
        let asked = boxes.iter().flatten().map(|bounds| Prompt {
            bounds: Some([bounds.x0, bounds.y0, bounds.x1, bounds.y1]),
            ..Prompt::default()
        });
        let asked: Vec<Prompt> = asked.collect();
        let of_boxes = self.predictor.predict(encoded, &asked, false)?;
        let mut of_boxes = of_boxes.into_iter().flatten();
        let mut answers = Vec::with_capacity(masks.len());
        for (mask, bounds) in masks.into_iter().zip(boxes) {
            let consistency = match bounds.and_then(|_| of_boxes.next()) {
                Some(of_box) => mask_of(&of_box)?.iou(&mask).unwrap_or(0.0),
                None => 0.0,
            };
            answers.push(Answer { mask, consistency });
        }
        Ok(answers)
    }
}

fn pixels_of(example: &Example) -> Result<RgbView<'_>, SamError> {
    let image = &example.image;
    RgbView::new(image.width, image.height, &image.rgb)
}

fn prompts_of(example: &Example) -> Vec<Prompt> {
    let prompt = |points: &Vec<_>| Prompt {
        points: points.clone(),
        ..Prompt::default()
    };
    let instances = example.instances.iter();
    instances.map(|one| prompt(&one.points)).collect()
}

fn selected(found: &SelectedPrediction) -> Result<Answer, SamError> {
    let mask = mask_of(&found.prediction)?;
    let consistency = found
        .candidate
        .map_or(0.0, |candidate| candidate.consistency);
    let consistency = if mask.is_empty() { 0.0 } else { consistency };
    Ok(Answer { mask, consistency })
}

/// The pixels whose logit is above 0, SAM's own threshold.
fn mask_of(prediction: &resam_sam::Prediction) -> Result<Bitmap, SamError> {
    let [height, width] = prediction.image_size();
    let bytes = width * height * 3;
    Bitmap::from_threshold(&prediction.logits(), width as u32, height as u32, 0.0).map_err(|_| {
        SamError::Image {
            width,
            height,
            bytes,
        }
    })
}
