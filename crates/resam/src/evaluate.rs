//! Scores of a model on a data set with true masks.

use std::path::PathBuf;

pub use resam_eval::evaluate::InstanceRow;
use resam_eval::{Evaluation, Prompting};
use resam_prompt::PointFile;

use serde_json::json;

use crate::dataset::DatasetOptions;
use crate::error::{Error, Result};
use crate::model::{Model, SelectionOptions};
use crate::observer::{Observer, Progress};

/// What the model is told about each instance.
#[derive(Debug, Clone)]
pub enum PromptSource {
    /// The points of a CSV file, whose `instance` is the id of the annotation.
    Points(PathBuf),
    /// Points drawn from the true masks: so many positive and as many negative ones.
    Drawn {
        /// Positive points an instance, and negative points an instance.
        points_per_instance: usize,
        /// The seed of the draw.
        seed: u64,
    },
    /// The box of the true mask.
    TrueBox,
}

/// What a model is scored on, and how it is asked.
#[derive(Debug, Clone)]
pub struct EvaluateOptions {
    /// The data set, which must have masks.
    pub dataset: DatasetOptions,
    /// What the model is told. Default: one positive and one negative drawn point, seed 0.
    pub prompts: PromptSource,
    /// Which of the model's masks answers a point.
    pub selection: SelectionOptions,
    /// A pixel is on an object when its logit is above this. Default: 0, SAM's own; the scorer of
    /// ReSAM took 0.5.
    pub threshold: f32,
    /// Only the first images by id. Default: all.
    pub limit: Option<usize>,
}

impl EvaluateOptions {
    /// The defaults for a data set.
    pub fn of(dataset: DatasetOptions) -> Self {
        Self {
            dataset,
            prompts: PromptSource::Drawn {
                points_per_instance: 1,
                seed: 0,
            },
            selection: SelectionOptions::default(),
            threshold: 0.0,
            limit: None,
        }
    }
}

impl Model {
    /// Asks about every instance that has a prompt and scores the answers against the true masks,
    /// at the image's size: IoU, F1, precision and recall, as means over the instances of an image
    /// and then over the images.
    ///
    /// An image that cannot be read is named in the result and passed over.
    ///
    /// # Errors
    /// When the data set or the points cannot be read, when there is nothing to score, when the
    /// device fails, and when the observer asks for a stop.
    pub fn evaluate(
        &self,
        options: &EvaluateOptions,
        observer: &mut dyn Observer,
    ) -> Result<Evaluation> {
        let prepared = Prepared::new(options)?;
        prepared.run(self, options, observer)
    }
}

/// A data set and its prompts, read and checked before a model is loaded.
#[derive(Debug)]
pub struct Prepared {
    dataset: resam_data::Dataset,
    prompting: Prompting,
}

impl Prepared {
    /// Reads and checks what a model is scored on.
    ///
    /// # Errors
    /// As [`Model::evaluate`].
    pub fn new(options: &EvaluateOptions) -> Result<Self> {
        if !options.threshold.is_finite() {
            return Err(Error::input(
                format!("the threshold {} is not a logit", options.threshold),
                "SAM's own is 0, ReSAM's scorer took 0.5",
            ));
        }
        let dataset = options.dataset.open()?;
        let prompting = match &options.prompts {
            PromptSource::Points(file) => {
                let points = PointFile::read(file)?;
                dataset.check_points(&points)?;
                Prompting::Points(points)
            }
            PromptSource::TrueBox => Prompting::TrueBox,
            &PromptSource::Drawn {
                points_per_instance,
                seed,
            } => Prompting::Drawn {
                points_per_instance,
                seed,
            },
        };
        let dataset = match options.limit {
            Some(limit) => dataset.limit(limit),
            None => dataset,
        };
        Ok(Self { dataset, prompting })
    }

    /// Scores a model.
    ///
    /// # Errors
    /// As [`Model::evaluate`].
    pub fn run(
        &self,
        model: &Model,
        options: &EvaluateOptions,
        observer: &mut dyn Observer,
    ) -> Result<Evaluation> {
        let total = self.dataset.images().len() as u64;
        let evaluation = resam_eval::evaluate(
            &self.dataset,
            &self.prompting,
            &model.selection(&options.selection),
            options.threshold,
            model.predictor(),
            |done| {
                observer.progress(&Progress {
                    unit: "images",
                    done: done as u64,
                    total,
                    seconds_left: None,
                    detail: "",
                });
                observer.interrupted()
            },
        )?;
        if evaluation.unprompted > 0 {
            observer.note(&format!(
                "{} instances have no point and are not scored",
                evaluation.unprompted
            ));
        }
        Ok(evaluation)
    }
}

/// The scores as JSON, with those of each class if asked for, and the seconds that it took.
pub fn result_as_json(evaluation: &Evaluation, per_class: bool, seconds: f64) -> serde_json::Value {
    let mut result = match evaluation.scores.summary() {
        Some(summary) => json!(summary),
        None => json!({ "images": 0, "instances": 0 }),
    };
    result["seconds"] = json!(seconds);
    if per_class {
        result["classes"] = json!(evaluation.scores.classes());
    }
    if !evaluation.failed.is_empty() {
        result["failed"] = json!(
            evaluation
                .failed
                .iter()
                .map(|(image, _)| image)
                .collect::<Vec<_>>()
        );
    }
    result
}
