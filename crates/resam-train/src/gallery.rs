//! The report of a run: what it is made of.

use image::RgbImage;
use resam_adapt::{Examples, LabelContext, Trainer};
use resam_mask::Bitmap;
use resam_report::{Chart, GalleryItem, Panel, Report, ScoreRow, Series, draw_panel};
use resam_sam::SamError;
use resam_sam::prompt_encoder::PointLabel;
use serde_json::Value;

use crate::result::TrainingResult;
use crate::settings::Settings;

/// Images that the report shows: the first ones, and as many where the masks changed most.
const SHOWN: usize = 6;
/// Images that the shown ones are chosen from.
const LOOKED_AT: usize = 12;
/// Instances that are drawn on an image.
const MOST_INSTANCES: usize = 32;

/// An image before and after.
struct Look {
    title: String,
    image: RgbImage,
    positive: Vec<[f64; 2]>,
    before: Vec<Bitmap>,
    labels: Vec<Bitmap>,
    after: Vec<Bitmap>,
    /// Mean IoU of each mask before and after with the true one, where that is known.
    iou: Option<[f64; 2]>,
    /// IoU of the masks before and after: how much changed.
    unchanged: f64,
}

/// Images with points, the mask before, the pseudo-label and the mask after; the worst ones with
/// them.
///
/// # Errors
/// [`SamError::Failed`] when the device did not come to the end of its work.
pub(crate) fn items(
    trainer: &Trainer,
    images: &dyn Examples,
) -> Result<Vec<GalleryItem>, SamError> {
    let model = trainer.model();
    let step = images.len().div_ceil(LOOKED_AT).max(1);
    let [frozen, adapted] = [trainer.frozen(), &model].map(|model| trainer.label_context(model));
    let mut looks: Vec<Look> = Vec::new();
    for index in (0..images.len()).step_by(step) {
        looks.extend(look(&frozen, &adapted, images, index)?);
    }
    // The worst: the least IoU after, or else the most changed.
    looks.sort_by(|a, b| {
        let key = |look: &Look| look.iou.map_or(look.unchanged, |[_, after]| after);
        key(a).total_cmp(&key(b))
    });
    let worst = SHOWN / 2;
    let chosen = looks
        .len()
        .saturating_sub(worst)
        .div_ceil(SHOWN - worst)
        .max(1);
    let (bad, others) = looks.split_at(worst.min(looks.len()));
    let good = others.iter().rev().step_by(chosen);
    let good = good.map(|look| item(look, ""));
    let bad = bad.iter().map(|look| item(look, "one of the worst: "));
    Ok(good.chain(bad).collect())
}

/// An image before and after; none where it cannot be read.
fn look(
    frozen: &LabelContext<'_>,
    adapted: &LabelContext<'_>,
    images: &dyn Examples,
    index: usize,
) -> Result<Option<Look>, SamError> {
    let Ok(mut example) = images.read(index) else {
        return Ok(None);
    };
    example.instances.truncate(MOST_INSTANCES);
    let (view, before) = match frozen.label(&example) {
        Ok(labelled) => labelled,
        Err(error @ SamError::Failed(_)) => return Err(error),
        Err(_) => return Ok(None),
    };
    let framed = view.framed;
    let [height, width] = framed.geometry.covered;
    let all: Vec<usize> = (0..example.instances.len()).collect();
    let after = adapted.point_masks(&framed, &adapted.embed(&framed), &all)?;
    let pairs = before.of_points.iter().zip(&after);
    let same: Vec<f64> = pairs.filter_map(|(a, b)| a.iou(b).ok()).collect();
    let iou = |masks: &[Bitmap]| {
        let truths = example.instances.iter().zip(masks);
        let found: Vec<f64> = truths
            .filter_map(|(instance, mask)| mask.iou(&framed.truth(instance.truth.as_ref()?)).ok())
            .collect();
        (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
    };
    let cut = |masks: &[Bitmap]| -> Vec<Bitmap> {
        let cut = |mask: &Bitmap| {
            Bitmap::from_fn(width as u32, height as u32, |x, y| mask.get(x, y)).ok()
        };
        masks.iter().filter_map(cut).collect()
    };
    // Negative points are not drawn: one for each object would hide the image.
    let positive = framed
        .points
        .iter()
        .flatten()
        .filter(|(_, label)| *label == PointLabel::Positive)
        .map(|&([x, y], _)| [f64::from(x) + 0.5, f64::from(y) + 0.5])
        .collect();
    let image = RgbImage::from_raw(width as u32, height as u32, framed.weak.rgb.clone());
    Ok(image.map(|image| Look {
        title: images.name(index),
        image,
        positive,
        iou: iou(&before.of_points)
            .zip(iou(&after))
            .map(|(before, after)| [before, after]),
        unchanged: same.iter().sum::<f64>() / same.len().max(1) as f64,
        before: cut(&before.of_points),
        labels: cut(&before.masks),
        after: cut(&after),
    }))
}

fn item(look: &Look, prefix: &str) -> GalleryItem {
    let panel = |caption: &str, masks: &[Bitmap]| Panel {
        caption: caption.to_owned(),
        image: draw_panel(&look.image, masks, &look.positive, &[]),
    };
    let note = match look.iou {
        Some([before, after]) => format!("{prefix}mean IoU {before:.3} before, {after:.3} after"),
        None => format!(
            "{prefix}masks before and after overlap with an IoU of {:.3}",
            look.unchanged
        ),
    };
    GalleryItem {
        title: look.title.clone(),
        note,
        panels: vec![
            panel("points", &[]),
            panel("mask before", &look.before),
            panel("pseudo-label", &look.labels),
            panel("mask after", &look.after),
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
            "consistency of point mask and box mask",
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
        "quality",
        "ambiguous_quality",
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
            title: "consistency of point mask and box mask".to_owned(),
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
                "{} validation images: {} {:.4} before, {:.4} after {} updates.",
                before.images,
                before.name(),
                before.value(),
                after.value(),
                result.updates
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
