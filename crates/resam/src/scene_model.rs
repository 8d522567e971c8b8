//! The model that a scene is asked of: a predictor, with mask selection or without.

use image::RgbImage;
use rayon::prelude::*;
use resam_adapt::{Question, Step, step_memory};
use resam_mask::Bitmap;
use resam_sam::postprocess::Geometry;
use resam_sam::preprocess::{RgbView, resized_size};
use resam_sam::{EncodedImage, Prediction, Predictor, Tensor, TensorData};
use resam_scene::{Answer, Model, ModelError, Pace, Prompt, PromptPoint};
use resam_select::{Candidate, MaskSelection, SelectionMode, SizePrior, is_zoom_meant, stability};

use crate::pace::pace;

/// Prompts that the decoder answers together.
const PROMPTS_TOGETHER: usize = 16;

/// A model as a scene takes it.
#[derive(Debug)]
pub(crate) struct SceneModel<'a> {
    model: &'a crate::Model,
    predictor: &'a Predictor,
    /// Which of its masks answer. A size prior of other images is not used: the windows of a scene
    /// tell the size of its objects, and its pixels may be of another size.
    selection: MaskSelection,
    bytes: u64,
    pace: Option<Pace>,
}

impl<'a> SceneModel<'a> {
    /// A model that answers with a mask selection. Measures for a moment how fast the device is.
    pub(crate) fn new(model: &'a crate::Model, selection: MaskSelection) -> Self {
        let predictor = model.predictor();
        let size = predictor.input_size();
        let step = Step {
            input_size: size,
            first_block: None,
            instances: PROMPTS_TOGETHER,
            activation_checkpoints: false,
        };
        Self {
            model,
            predictor,
            selection,
            bytes: step_memory(model.config(), &step).total(),
            pace: pace(model.config(), size, model.device()),
        }
    }

    fn geometry(&self, width: u32, height: u32) -> Geometry {
        let size = self.predictor.input_size();
        let [width, height] = [width, height].map(|side| side as usize);
        Geometry {
            original: [height, width],
            covered: resized_size(height, width, size),
            padded: size,
        }
    }
}

fn answer(
    prediction: &Prediction,
    candidate: Option<Candidate>,
) -> Result<Answer, resam_mask::MaskError> {
    let [height, width] = prediction.image_size();
    let logits = prediction.logits();
    Ok(Answer {
        mask: Bitmap::from_threshold(&logits, width as u32, height as u32, 0.0)?,
        score: prediction.score,
        stability: stability(&prediction.low_res) as f32,
        consistency: candidate.map_or(0.0, |candidate| candidate.consistency as f32),
        violates_prompts: candidate.is_some_and(|candidate| candidate.violates_prompts),
    })
}

impl Model for SceneModel<'_> {
    type Embedding = EncodedImage;

    fn input_size(&self) -> u32 {
        self.predictor.input_size() as u32
    }

    fn identity(&self) -> String {
        let adapter = self.model.adapter_sha256().unwrap_or("no adapter");
        format!(
            "{} {adapter} {} {}",
            self.model.sha256(),
            self.model.precision().name(),
            self.predictor.input_size()
        )
    }

    fn selection(&self) -> String {
        format!("{:?} {}", self.selection, env!("CARGO_PKG_VERSION"))
    }

    fn encode(&self, tile: &RgbImage) -> Result<EncodedImage, ModelError> {
        let (width, height) = tile.dimensions();
        let view = RgbView::new(width as usize, height as usize, tile.as_raw())?;
        Ok(self.predictor.encode(view))
    }

    fn decode(
        &self,
        embedding: &EncodedImage,
        prompts: &[Prompt],
        beside: &[PromptPoint],
        size_prior_px: Option<f64>,
    ) -> Result<Vec<Answer>, ModelError> {
        let multimask = match self.selection.mode {
            SelectionMode::Requery => {
                let question = Question {
                    predictor: self.predictor,
                    prompts,
                    beside,
                    selection: &self.selection,
                    prior: size_prior_px
                        .and_then(|pixels| SizePrior::of_instances([pixels.round() as u64], None)),
                };
                // Small objects are asked about again by the scene, which has the windows.
                let found = question.requery(embedding, None)?;
                let answers = found
                    .par_iter()
                    .map(|found| answer(&found.prediction, found.candidate));
                return Ok(answers.collect::<Result<_, _>>()?);
            }
            SelectionMode::Single => false,
            SelectionMode::BestScore => true,
        };
        let found = self.predictor.predict_best(embedding, prompts, multimask)?;
        let answers = found.par_iter().map(|found| answer(found, None));
        Ok(answers.collect::<Result<_, _>>()?)
    }

    fn is_zoom_meant(&self, pairs: &[(Candidate, Option<Candidate>)]) -> Vec<bool> {
        if self.selection.requeries() {
            is_zoom_meant(pairs, &self.selection, None)
        } else {
            vec![false; pairs.len()]
        }
    }

    fn decode_all(
        &self,
        embedding: &EncodedImage,
        prompts: &[Prompt],
    ) -> Result<Vec<Vec<Answer>>, ModelError> {
        let found = self.predictor.predict(embedding, prompts, true)?;
        let answers: Result<Vec<Vec<Answer>>, _> = found
            .par_iter()
            .map(|masks| masks.iter().map(|mask| answer(mask, None)).collect())
            .collect();
        Ok(answers?)
    }

    fn embedding_to_bytes(&self, embedding: &EncodedImage) -> Result<Vec<u8>, ModelError> {
        let values = embedding.embedding().clone().try_into_vec_as::<f32>()?;
        Ok(values.into_iter().flat_map(f32::to_le_bytes).collect())
    }

    fn embedding_from_bytes(
        &self,
        bytes: &[u8],
        (width, height): (u32, u32),
    ) -> Result<EncodedImage, ModelError> {
        let cells = self.predictor.input_size() / self.predictor.sam().image_encoder.stride();
        let (values, rest) = bytes.as_chunks::<4>();
        let channels = values.len() / (cells * cells);
        if !rest.is_empty() || channels == 0 || channels * cells * cells != values.len() {
            return Err("the embedding is of another size".into());
        }
        let values: Vec<f32> = values
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect();
        let data = TensorData::new(values, [1, channels, cells, cells]);
        let embedding = Tensor::<4>::from_data(data, self.model.device());
        let geometry = self.geometry(width, height);
        Ok(self.predictor.read(embedding, geometry))
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn pace(&self) -> Option<Pace> {
        self.pace
    }
}
