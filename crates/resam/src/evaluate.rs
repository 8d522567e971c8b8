//! Scores of a model on a data set with true masks.

use std::path::PathBuf;
use std::time::Instant;

pub use resam_eval::evaluate::InstanceRow;
use resam_eval::{Evaluation, Prompting};
use resam_prompt::Notices;
use resam_select::{MaskSelection, SelectionMode};
pub use resam_train::Gain;
use serde_json::{Value, json};

use crate::dataset::DatasetOptions;
use crate::error::{Error, Result};
use crate::model::{Model, ModelOptions, SelectionOptions};
use crate::observer::{Observer, Progress};
use crate::points::PointsOptions;

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
    /// Refuse files where a row would be left out. Default: `false`.
    pub strict: bool,
}

impl EvaluateOptions {
    /// The files and folders that are read.
    pub fn inputs(&self) -> Vec<PathBuf> {
        let mut inputs = vec![self.dataset.images.clone()];
        inputs.extend(self.dataset.coco.clone());
        if let PromptSource::Points(points) = &self.prompts {
            inputs.push(points.clone());
        }
        inputs
    }

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
            strict: false,
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
        let selection = prepared.selection(self, options);
        prepared.run(self, options, &selection, "images", observer)
    }
}

/// A data set and its prompts, read and checked before a model is loaded.
#[derive(Debug)]
pub struct Prepared {
    dataset: resam_data::Dataset,
    prompting: Prompting,
    notices: Notices,
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
        let mut notices = dataset.notices().clone();
        let prompting = match &options.prompts {
            PromptSource::Points(file) => {
                let options = PointsOptions {
                    strict: options.strict,
                    ..PointsOptions::default()
                };
                let points = options.read_pixels(file)?;
                notices.append(points.notices.clone());
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
        Ok(Self {
            dataset,
            prompting,
            notices,
        })
    }

    /// How the prompts of the data set are answered: as the adapter says, with what the options
    /// change; else with the single mask, the published protocol, which true boxes always get
    /// unless the best score is asked for.
    pub fn selection(&self, model: &Model, options: &EvaluateOptions) -> MaskSelection {
        let selection = model.selection(&options.selection, SelectionMode::Single);
        match self.prompting {
            Prompting::TrueBox if selection.requeries() => MaskSelection::SINGLE,
            _ => selection,
        }
    }

    /// Scores a model, and if it has an adapter and `baseline` is the model's options, the
    /// pretrained model too: under the same mask selection, so that the difference is what was
    /// learnt.
    ///
    /// # Errors
    /// As [`Model::evaluate`].
    pub fn compare(
        &self,
        model: &Model,
        options: &EvaluateOptions,
        baseline: Option<&ModelOptions>,
        observer: &mut dyn Observer,
    ) -> Result<Scored> {
        for notice in &self.notices {
            observer.notice(notice);
        }
        let started = Instant::now();
        let selection = self.selection(model, options);
        let evaluation = self.run(model, options, &selection, "images", observer)?;
        let seconds = started.elapsed().as_secs_f64();
        let baseline = match baseline {
            Some(options_of_model) if options_of_model.adapter.is_some() => {
                let pretrained = ModelOptions {
                    adapter: None,
                    input_size: Some(model.predictor().input_size()),
                    ..options_of_model.clone()
                };
                let pretrained = Model::load_with(&pretrained, observer)?;
                let unit = "images by the pretrained model";
                Some(self.run(&pretrained, options, &selection, unit, observer)?)
            }
            _ => None,
        };
        Ok(Scored {
            evaluation,
            selection,
            prompt: match self.prompting {
                Prompting::TrueBox => "box",
                _ => "points",
            },
            has_adapter: model.adapter_sha256().is_some(),
            baseline,
            seconds,
        })
    }

    fn run(
        &self,
        model: &Model,
        options: &EvaluateOptions,
        selection: &MaskSelection,
        unit: &'static str,
        observer: &mut dyn Observer,
    ) -> Result<Evaluation> {
        let total = self.dataset.images().len() as u64;
        let evaluation = resam_eval::evaluate(
            &self.dataset,
            &self.prompting,
            selection,
            options.threshold,
            model.predictor(),
            |done| {
                observer.progress(&Progress {
                    unit,
                    done: done as u64,
                    total,
                    seconds_left: None,
                    detail: "",
                });
                observer.interrupted()
            },
        )?;
        for note in self.dataset.notes() {
            observer.note(&note);
        }
        if evaluation.unprompted > 0 {
            observer.note(&format!(
                "{} instances have no point and are not scored",
                evaluation.unprompted
            ));
        }
        Ok(evaluation)
    }
}

/// The scores of a model, with how it answered, and the pretrained model's beside them.
#[derive(Debug, Clone)]
pub struct Scored {
    /// The scores.
    pub evaluation: Evaluation,
    /// How prompts were answered.
    pub selection: MaskSelection,
    /// What was asked with: `points` or `box`.
    pub prompt: &'static str,
    /// Whether the model has an adapter.
    pub has_adapter: bool,
    /// The scores of the pretrained model under the same mask selection.
    pub baseline: Option<Evaluation>,
    /// Seconds that the scores took, without the baseline's.
    pub seconds: f64,
}

impl Scored {
    /// How prompts were answered, in words.
    pub fn answered(&self) -> String {
        let how = match (self.prompt, self.selection.mode) {
            ("box", SelectionMode::Single) => "the single mask of a box".to_owned(),
            (_, SelectionMode::Single) => "single mask".to_owned(),
            _ => self.selection.to_string(),
        };
        match (self.has_adapter, self.selection.mode) {
            (false, SelectionMode::Single) => how + ", the published protocol",
            _ => how,
        }
    }

    /// Whether `segment` would answer the same prompts of the same model otherwise: it selects a
    /// mask where nobody says how to answer.
    pub fn segment_answers_otherwise(&self) -> bool {
        !self.has_adapter && self.prompt == "points" && self.selection.mode == SelectionMode::Single
    }

    /// What the adapter gains over the pretrained model under the same mask selection: IoU, over
    /// the images.
    pub fn gain(&self) -> Option<Gain> {
        Gain::of_pairs(&self.evaluation.image_ious(self.baseline.as_ref()?))
    }

    /// As JSON, with the scores of each class if asked for.
    pub fn to_json(&self, per_class: bool) -> Value {
        let mut result = scores_as_json(&self.evaluation, per_class);
        result["seconds"] = json!(self.seconds);
        result["prompt"] = json!(self.prompt);
        result["mask_selection"] = json!(self.selection);
        if let Some(baseline) = &self.baseline {
            result["pretrained"] = scores_as_json(baseline, per_class);
        }
        if let Some(gain) = self.gain() {
            result["gain"] = json!(gain);
        }
        result
    }
}

fn scores_as_json(evaluation: &Evaluation, per_class: bool) -> Value {
    let mut result = match evaluation.scores.summary() {
        Some(summary) => json!(summary),
        None => json!({ "images": 0, "instances": 0 }),
    };
    if per_class {
        result["classes"] = json!(evaluation.scores.classes());
    }
    if !evaluation.failed.is_empty() {
        let failed = evaluation.failed.iter().map(|(image, _)| image);
        result["failed"] = json!(failed.collect::<Vec<_>>());
    }
    result
}
