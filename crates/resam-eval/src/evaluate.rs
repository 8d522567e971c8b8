//! Prompts a model for every instance of a data set and scores its masks.

use std::collections::{BTreeMap, BTreeSet};

use resam_data::{DataError, Dataset, ImageRecord, Instance, draws};
use resam_mask::{Bitmap, MaskError};
use resam_prompt::{PointFile, Prompt};
use resam_sam::preprocess::RgbView;
use resam_sam::{Predictor, SamError};
use resam_select::MaskSelection;

use crate::{Accumulator, EvalError, Scores};

/// The prompts of the instances.
#[derive(Debug, Clone)]
pub enum Prompting {
    /// Points of a file, whose column `instance` has the ids of the annotations.
    Points(PointFile),
    /// Points drawn from the true masks, as many negative as positive ones
    /// ([`resam_data::draws::draw_points`]).
    Drawn {
        /// Number of positive points of an instance, and of negative ones.
        points_per_instance: usize,
        /// Seed of the draw.
        seed: u64,
    },
    /// The box of the true mask.
    TrueBox,
}

/// The scores of a data set, and the images that could not be read.
#[derive(Debug, Clone, Default)]
pub struct Evaluation {
    /// The scores.
    pub scores: Accumulator,
    /// A row for each instance, in the order of the data set.
    pub rows: Vec<InstanceRow>,
    /// File names of images that could not be read, each with the reason.
    pub failed: Vec<(String, String)>,
    /// Number of instances without a point in the file. They are not scored.
    pub unprompted: usize,
}

impl Evaluation {
    /// Writes a row for each instance as CSV with a header: image, instance, category, areas in
    /// pixels, score, IoU, F1, precision, recall, how points were answered; and with a `baseline`
    /// its IoU.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write_csv(
        &self,
        selection: &MaskSelection,
        baseline: Option<&Self>,
        writer: &mut dyn std::io::Write,
    ) -> std::io::Result<()> {
        let mut csv = csv::Writer::from_writer(writer);
        let header = [
            "image",
            "instance",
            "category",
            "area",
            "predicted_area",
            "score",
            "iou",
            "f1",
            "precision",
            "recall",
            "mask_selection",
            "zoom",
        ];
        let of_baseline = baseline.map(Self::iou_by_instance);
        csv.write_record(header.into_iter().chain(baseline.map(|_| "pretrained_iou")))?;
        for row in &self.rows {
            let s = &row.scores;
            let cells = [
                row.image.clone(),
                row.instance.to_string(),
                row.category.clone(),
                row.area.to_string(),
                row.predicted_area.to_string(),
                row.score.to_string(),
                s.iou.to_string(),
                s.f1.to_string(),
                s.precision.to_string(),
                s.recall.to_string(),
                selection.mode.name().to_owned(),
                selection.zooms().to_string(),
            ];
            let pretrained = of_baseline.as_ref().map(|ious| {
                let iou = ious.get(&(&*row.image, row.instance));
                iou.map(f64::to_string).unwrap_or_default()
            });
            csv.write_record(cells.into_iter().chain(pretrained))?;
        }
        csv.flush()
    }

    /// The IoU of each instance, by image and id.
    fn iou_by_instance(&self) -> BTreeMap<(&str, u64), f64> {
        let rows = self.rows.iter();
        rows.map(|row| ((&*row.image, row.instance), row.scores.iou))
            .collect()
    }

    /// The IoU of each image that both evaluations have: this one's and the other's.
    pub fn image_ious(&self, other: &Self) -> Vec<[f64; 2]> {
        let others = other.scores.images().into_iter();
        let others: BTreeMap<String, f64> = others
            .map(|image| (image.image, image.scores.iou))
            .collect();
        let images = self.scores.images().into_iter();
        images
            .filter_map(|image| Some([image.scores.iou, *others.get(&image.image)?]))
            .collect()
    }
}

/// One scored instance.
#[derive(Debug, Clone, serde::Serialize)]
pub struct InstanceRow {
    /// File name of the image.
    pub image: String,
    /// Id of the annotation.
    pub instance: u64,
    /// Its category.
    pub category: String,
    /// Number of true pixels.
    pub area: u64,
    /// Number of predicted pixels.
    pub predicted_area: u64,
    /// The IoU that the model predicts.
    pub score: f32,
    /// The scores.
    #[serde(flatten)]
    pub scores: Scores,
}

/// Why a data set could not be scored.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A true mask.
    #[error(transparent)]
    Coco(#[from] resam_data::coco::CocoError),
    /// The model, or a prompt.
    #[error(transparent)]
    Sam(#[from] SamError),
    /// A mask.
    #[error(transparent)]
    Mask(#[from] MaskError),
    /// The scores.
    #[error(transparent)]
    Scores(#[from] EvalError),
    /// The point file names an instance that the annotations do not have.
    #[error(
        "`{file}`: instance `{instance}` of image `{image}` is not an annotation of that image\n\n\
         hint: the `instance` column of points for `eval` holds annotation ids of the COCO file"
    )]
    UnknownInstance {
        /// The point file.
        file: String,
        /// File name of the image.
        image: String,
        /// The instance.
        instance: String,
    },
    /// `observe` returned true.
    #[error("stopped before the end")]
    Interrupted,
    /// There is nothing to score.
    #[error(
        "no instance to score\n\nhint: the annotations hold none, or the points are for other ones"
    )]
    Nothing,
}

/// Scores a model on all instances of a data set that have a prompt; crowds are left out.
///
/// A pixel is on an object when its logit is above `threshold`: 0 for SAM, 0.5 for ReSAM's scorer.
///
/// `observe` gets the number of images done after each, and returns whether to stop. An image that
/// cannot be read is recorded and skipped; any other error ends the run.
///
/// # Errors
/// [`EvaluateError`], naming the file and record at fault.
pub fn evaluate(
    dataset: &Dataset,
    prompting: &Prompting,
    selection: &MaskSelection,
    threshold: f32,
    predictor: &Predictor,
    mut observe: impl FnMut(usize) -> bool,
) -> Result<Evaluation, EvaluateError> {
    let mut evaluation = Evaluation::default();
    for (done, image) in dataset.images().iter().enumerate() {
        let instances = dataset.instances(image)?;
        let asked = questions(prompting, image, &instances)?;
        evaluation.unprompted += instances.len() - asked.len();
        if !asked.is_empty() {
            match dataset.read_image(image) {
                Ok(decoded) => score_image(
                    &mut evaluation,
                    image,
                    &decoded.rgb,
                    &asked,
                    selection,
                    threshold,
                    predictor,
                )?,
                Err(error) => evaluation
                    .failed
                    .push((image.file_name.clone(), error.to_string())),
            }
        }
        if observe(done + 1) {
            return Err(EvaluateError::Interrupted);
        }
    }
    if evaluation.rows.is_empty() && evaluation.failed.is_empty() {
        return Err(EvaluateError::Nothing);
    }
    Ok(evaluation)
}

/// An instance, its true mask, and its prompt.
struct Question<'a> {
    instance: &'a Instance,
    truth: Bitmap,
    prompt: Prompt,
}

fn questions<'a>(
    prompting: &Prompting,
    image: &ImageRecord,
    instances: &'a [Instance],
) -> Result<Vec<Question<'a>>, EvaluateError> {
    let mut given = match prompting {
        Prompting::Points(file) => Some(points_by_instance(file, image, instances)?),
        _ => None,
    };
    let mut questions = Vec::with_capacity(instances.len());
    for instance in instances {
        let truth = instance.mask()?;
        let given = given.as_mut().map(|given| given.remove(&instance.id));
        let given = given.map(Option::unwrap_or_default);
        let bounds = given.as_ref().and_then(|given| given.bounds);
        let points = match (given, prompting) {
            (Some(given), _) => given.points,
            (
                None,
                Prompting::Drawn {
                    points_per_instance: count,
                    seed,
                },
            ) => draws::draw_points(&truth, *count, *count, *seed, image.id, instance.id),
            (None, _) => Vec::new(),
        };
        let bounds = match prompting {
            Prompting::TrueBox => truth.bounding_box().map(|b| [b.x0, b.y0, b.x1, b.y1]),
            _ => bounds,
        };
        if points.is_empty() && bounds.is_none() {
            continue;
        }
        questions.push(Question {
            instance,
            truth,
            prompt: Prompt {
                points,
                bounds,
                mask: None,
            },
        });
    }
    Ok(questions)
}

/// The prompts of an image by annotation id.
fn points_by_instance(
    file: &PointFile,
    image: &ImageRecord,
    instances: &[Instance],
) -> Result<BTreeMap<u64, Prompt>, EvaluateError> {
    let known: BTreeSet<u64> = instances.iter().map(|instance| instance.id).collect();
    file.on_image(&image.file_name)
        .map(|object| match object.id.parse() {
            Ok(id) if known.contains(&id) => Ok((id, object.prompt())),
            _ => Err(EvaluateError::UnknownInstance {
                file: file.name.clone(),
                image: image.file_name.clone(),
                instance: object.id.clone(),
            }),
        })
        .collect()
}

fn score_image(
    evaluation: &mut Evaluation,
    image: &ImageRecord,
    rgb: &image::RgbImage,
    questions: &[Question<'_>],
    selection: &MaskSelection,
    threshold: f32,
    predictor: &Predictor,
) -> Result<(), EvaluateError> {
    let view = RgbView::new(rgb.width() as usize, rgb.height() as usize, rgb.as_raw())?;
    let encoded = predictor.encode(view);
    let prompts: Vec<Prompt> = questions
        .iter()
        .map(|question| question.prompt.clone())
        .collect();
    let answers = resam_adapt::answer(predictor, &encoded, view, &prompts, selection)?;
    for (question, answer) in questions.iter().zip(answers) {
        let predicted =
            Bitmap::from_threshold(&answer.logits(), image.width, image.height, threshold)?;
        let scores = Scores::of_instance(&predicted, &question.truth)?;
        let Instance { id, category, .. } = question.instance;
        evaluation
            .scores
            .record(&image.file_name, category, *id, scores)?;
        evaluation.rows.push(InstanceRow {
            image: image.file_name.clone(),
            instance: *id,
            category: category.to_string(),
            area: question.truth.area(),
            predicted_area: predicted.area(),
            score: answer.score,
            scores,
        });
    }
    Ok(())
}
