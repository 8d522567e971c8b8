//! A plain image: encoded at once, every prompt answered at the image's own size.

use rayon::prelude::*;
use resam_geo::read_picture;
use resam_mask::{Bitmap, PlacedMask};
use resam_prompt::{PointedObject, Prompt};
use resam_sam::preprocess::RgbView;
use resam_scene::{Counts, Failure, Missing, SceneResult, SegmentedObject, fills_image};
use resam_select::{MaskSelection, stability};

use crate::error::Result;
use crate::model::Model;
use crate::observer::Observer;
use crate::scene::Scene;

/// Answers prompts about a plain image.
pub(super) fn segment(
    model: &Model,
    scene: &Scene,
    prompts: &[PointedObject],
    selection: &MaskSelection,
    observer: &mut dyn Observer,
) -> Result<SceneResult> {
    let raster = scene.raster()?;
    let said = raster.info().notes.clone();
    let decoded = read_picture(raster)?;
    for note in decoded.notes.iter().filter(|note| !said.contains(note)) {
        observer.note(note);
    }
    let decoded = decoded.rgb;
    let (width, height) = decoded.dimensions();
    let view = RgbView::new(width as usize, height as usize, decoded.as_raw())?;
    let predictor = model.predictor();
    let encoded = predictor.encode(view);
    let asked: Vec<Prompt> = prompts.iter().map(PointedObject::prompt).collect();
    let answers = resam_adapt::answer(predictor, &encoded, view, &asked, selection)?;
    let masks: Result<Vec<Bitmap>> = answers
        .par_iter()
        .map(|answer| {
            Ok(Bitmap::from_threshold(
                &answer.logits(),
                width,
                height,
                0.0,
            )?)
        })
        .collect();
    let scale = f64::from(width.max(height)) / predictor.input_size() as f64;
    let mut result = SceneResult {
        counts: Counts {
            planned_windows: 1,
            windows: 1,
            encoded: 1,
            rounds: 1,
            ..Counts::default()
        },
        ..SceneResult::default()
    };
    for (at, (answer, mask)) in answers.iter().zip(masks?).enumerate() {
        let mut fail = |reason| result.failures.push(Failure::Object { prompt: at, reason });
        if fills_image(&mask, &asked[at]) {
            fail(Missing::FillsWindow);
            continue;
        }
        match PlacedMask::new(&mask, 0, 0) {
            Some(mask) => result.objects.push(SegmentedObject {
                id: result.objects.len() as u32 + 1,
                prompts: vec![at],
                mask,
                score: answer.score,
                stability_score: stability(&answer.low_res) as f32,
                scale: scale.max(1.0),
                truncated: false,
            }),
            None => fail(Missing::Empty),
        }
    }
    Ok(result)
}
