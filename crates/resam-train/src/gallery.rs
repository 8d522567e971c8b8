//! The report of a run: what it is made of.

use image::RgbImage;
use resam_adapt::views::View;
use resam_adapt::{Example, Examples, LabelContext, Trainer};
use resam_mask::Bitmap;
use resam_report::{Chart, GalleryItem, Panel, Report, ScoreRow, Series, draw_panel};
use resam_sam::SamError;
use resam_sam::prompt_encoder::PointLabel;
use serde_json::Value;

use crate::answers::Answering;
use crate::observer::Observer;
use crate::result::TrainingResult;
use crate::settings::Settings;
use crate::validation::mean;

/// Images that the report shows: the first ones, and as many where the masks changed most.
const SHOWN: usize = 6;
/// Images that the shown ones are chosen from.
const LOOKED_AT: usize = 8;
/// Answers about images that the pictures take, for the time that is left.
pub(crate) const ANSWERS: usize = 2 * LOOKED_AT + SHOWN;
/// Instances that are drawn on an image.
const MOST_INSTANCES: usize = 32;

/// An image before and after.
struct Comparison {
    title: String,
    image: RgbImage,
    positive: Vec<[f64; 2]>,
    /// The answers of the pretrained model.
    before: Vec<Bitmap>,
    /// The pseudo-labels, in the network's input.
    labels: Labelled,
    /// The answers of the adapted model.
    after: Vec<Bitmap>,
    /// Mean IoU of the answers before and after with the true masks, where those are known.
    iou: Option<[f64; 2]>,
    /// IoU of the answers before and after: how much changed.
    unchanged: f64,
}

/// An image in the network's input with its pseudo-labels.
struct Labelled {
    image: RgbImage,
    positive: Vec<[f64; 2]>,
    masks: Vec<Bitmap>,
}

/// Images with points, the answer before, the pseudo-label and the answer after; the worst ones
/// with them.
///
/// # Errors
/// [`SamError::Failed`] when the device did not come to the end of its work.
pub(crate) fn items(
    trainer: &Trainer,
    images: &dyn Examples,
    observer: &mut dyn Observer,
) -> Result<Vec<GalleryItem>, SamError> {
    let step = images.len().div_ceil(LOOKED_AT).max(1);
    let before = Answering::new(trainer, trainer.frozen().clone(), images)?;
    let after = Answering::new(trainer, trainer.model(), images)?;
    let labels = trainer.label_context(trainer.frozen());
    let mut compared: Vec<Comparison> = Vec::new();
    let indices: Vec<usize> = (0..images.len()).step_by(step).collect();
    for (done, &index) in indices.iter().enumerate() {
        observer.drawn(done, indices.len());
        // Who asks for a stop gets the report of what is drawn.
        if observer.interrupted() {
            break;
        }
        let Ok(mut example) = images.read(index) else {
            continue;
        };
        example.instances.truncate(MOST_INSTANCES);
        let found = compare(images.name(index), &example, [&before, &after], &labels);
        match found {
            Ok(found) => compared.extend(found),
            Err(error @ SamError::Failed(_)) => return Err(error),
            Err(_) => {}
        }
    }
    // The worst: the least IoU after, or else the most changed.
    compared.sort_by(|a, b| {
        let key = |one: &Comparison| one.iou.map_or(one.unchanged, |[_, after]| after);
        key(a).total_cmp(&key(b))
    });
    let worst = SHOWN / 2;
    let chosen = compared
        .len()
        .saturating_sub(worst)
        .div_ceil(SHOWN - worst)
        .max(1);
    let (bad, others) = compared.split_at(worst.min(compared.len()));
    let good = others.iter().rev().step_by(chosen);
    let good = good.map(|one| item(one, ""));
    let bad = bad.iter().map(|one| item(one, "one of the worst: "));
    Ok(good.chain(bad).collect())
}

fn compare(
    title: String,
    example: &Example,
    models: [&Answering; 2],
    labels: &LabelContext<'_>,
) -> Result<Option<Comparison>, SamError> {
    let [before, after] = models.map(|model| -> Result<Vec<Bitmap>, SamError> {
        let answers = model.about(example)?;
        Ok(answers.into_iter().map(|answer| answer.mask).collect())
    });
    let (before, after) = (before?, after?);
    let same: Vec<f64> = before
        .iter()
        .zip(&after)
        .filter_map(|(a, b)| a.iou(b).ok())
        .collect();
    let iou = |masks: &[Bitmap]| {
        let pairs = example.instances.iter().zip(masks);
        let found: Vec<f64> = pairs
            .filter_map(|(instance, mask)| mask.iou(instance.truth.as_ref()?).ok())
            .collect();
        (!found.is_empty()).then(|| mean(&found))
    };
    // Negative points are not drawn: one for each object would hide the image.
    let points = example.instances.iter().flat_map(|one| &one.points);
    let positive = points.filter(|point| point.positive);
    let View { width, height, rgb } = &example.image;
    let image = RgbImage::from_raw(*width as u32, *height as u32, rgb.clone());
    let (Some(image), Some(labels)) = (image, labelled(example, labels)?) else {
        return Ok(None);
    };
    Ok(Some(Comparison {
        title,
        image,
        positive: positive.map(|point| [point.x, point.y]).collect(),
        iou: iou(&before)
            .zip(iou(&after))
            .map(|(before, after)| [before, after]),
        unchanged: mean(&same),
        before,
        labels,
        after,
    }))
}

/// The pseudo-labels of an image, cut to what the image covers of the input.
fn labelled(example: &Example, context: &LabelContext<'_>) -> Result<Option<Labelled>, SamError> {
    let (view, labels) = context.label(example)?;
    let framed = view.framed;
    let [height, width] = framed.geometry.covered.map(|side| side as u32);
    let cut = |mask: &Bitmap| Bitmap::from_fn(width, height, |x, y| mask.get(x, y)).ok();
    let points = framed.points.iter().flatten();
    let positive = points.filter(|(_, label)| *label == PointLabel::Positive);
    let positive = positive.map(|&([x, y], _)| [f64::from(x) + 0.5, f64::from(y) + 0.5]);
    let image = RgbImage::from_raw(width, height, framed.weak.rgb.clone());
    Ok(image.map(|image| Labelled {
        image,
        positive: positive.collect(),
        masks: labels.masks.iter().filter_map(cut).collect(),
    }))
}

fn item(one: &Comparison, prefix: &str) -> GalleryItem {
    let panel = |caption: &str, masks: &[Bitmap]| Panel {
        caption: caption.to_owned(),
        image: draw_panel(&one.image, masks, &one.positive, &[]),
    };
    let Labelled {
        image,
        positive,
        masks,
    } = &one.labels;
    let note = match one.iou {
        Some([before, after]) => format!("{prefix}mean IoU {before:.3} before, {after:.3} after"),
        None => format!(
            "{prefix}masks before and after overlap with an IoU of {:.3}",
            one.unchanged
        ),
    };
    GalleryItem {
        title: one.title.clone(),
        note,
        panels: vec![
            panel("points", &[]),
            panel("mask before", &one.before),
            Panel {
                caption: "pseudo-label".to_owned(),
                image: draw_panel(image, masks, positive, &[]),
            },
            panel("mask after", &one.after),
        ],
    }
}

/// The report of a run, from what came out and from its metrics.
pub(crate) fn report(
    result: &TrainingResult,
    settings: &Settings,
    metrics: &[Value],
    gallery: Vec<GalleryItem>,
) -> Report {
    let recipe = &settings.recipe;
    let before_after = |name: &str, value: fn(&crate::Validation) -> Option<f64>| ScoreRow {
        measure: name.to_owned(),
        before: result.before.as_ref().and_then(value),
        after: result.after.as_ref().and_then(value),
        higher_is_better: true,
        digits: 4,
    };
    let mut scores = Vec::new();
    if result.before.is_some() {
        scores.push(before_after(
            "consistency of a mask and its box's mask",
            |m| Some(m.consistency),
        ));
        if result.before.is_some_and(|measure| measure.iou.is_some()) {
            scores.push(before_after("IoU", |m| m.iou));
        }
    }
    let series = |name: &str, x: &str, path: &[&str]| Series {
        name: name.to_owned(),
        points: metrics
            .iter()
            .filter_map(|line| {
                let value = path.iter().fold(line, |value, key| &value[*key]);
                Some((line[x].as_f64()?, value.as_f64()?))
            })
            .collect(),
    };
    let losses = [
        "total",
        "focal",
        "dice",
        "iou_head",
        "multimask_iou",
        "alignment",
    ];
    let curves = vec![
        Chart {
            title: "losses".to_owned(),
            x_label: "iterations".to_owned(),
            y_label: "loss".to_owned(),
            series: losses
                .map(|part| series(part, "iterations", &["iteration", "losses", part]))
                .to_vec(),
        },
        Chart {
            title: "consistency of a mask and its box's mask".to_owned(),
            x_label: "iterations".to_owned(),
            y_label: "IoU".to_owned(),
            series: vec![
                series(
                    "images learnt from",
                    "iterations",
                    &["iteration", "consistency"],
                ),
                series(
                    "validation images",
                    "iterations",
                    &["validation", "consistency"],
                ),
            ],
        },
        Chart {
            title: "validation images".to_owned(),
            x_label: "iterations".to_owned(),
            y_label: "IoU".to_owned(),
            series: vec![series("true masks", "iterations", &["validation", "iou"])],
        },
    ];
    let curves = curves
        .into_iter()
        .filter(|chart| chart.series.iter().any(|series| !series.points.is_empty()));
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let mut notes: Vec<String> = result
        .failed
        .iter()
        .map(|(image, reason)| format!("`{image}` could not be read: {reason}"))
        .collect();
    if result.skipped > 0 {
        notes.push(format!(
            "{} images were skipped: no confident pseudo-label; `metrics.jsonl` says why",
            result.skipped
        ));
    }
    notes.extend(result.ended_early.clone());
    Report {
        title: "Adaptation from points".to_owned(),
        summary: match (&result.before, &result.after) {
            (Some(before), Some(after)) => format!(
                "{} validation images: {} {:.4} pretrained, {:.4} adapted, after {} updates.",
                before.images,
                before.name(),
                before.value(),
                after.value(),
                result.chosen
            ),
            _ => format!(
                "{} updates. There were no validation images, so nothing is known of others.",
                result.updates
            ),
        },
        facts: vec![
            fact("weights", settings.weights[0].clone()),
            fact("SHA-256", settings.weights[1].clone()),
            fact("seed", settings.seed.to_string()),
            fact("input size", format!("{} px", settings.input_size)),
            fact("iterations", result.iterations.to_string()),
            fact("updates", result.updates.to_string()),
            fact("model chosen", format!("after {} updates", result.chosen)),
            fact("time", format!("{:.1} min", result.seconds / 60.0)),
            fact("recipe", crate::recipe_file::to_toml(recipe)),
        ],
        scores,
        curves: curves.collect(),
        gallery,
        notes,
    }
}
