//! A scene's objects as COCO annotations of the whole raster, and drawn on a small copy of it.

use std::io;
use std::path::Path;

use resam_export::{Format, OutputError, PromptMarks, Segmentation, write};
use resam_files::{FileError, write_atomically};
use resam_geo::{RasterError, Scene, Window};
use resam_mask::{Bitmap, Rle};
use resam_prompt::PointedObject;
use resam_scene::{PlacedMask, SceneObject};
use serde_json::json;

/// The longest side of the picture that objects are drawn on.
const PICTURE: u32 = 2048;

/// Why a picture of a scene could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The scene cannot be read.
    #[error(transparent)]
    Raster(#[from] RasterError),
    /// The overlay cannot be drawn or written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// COCO counts pixels with 32 bits.
    #[error(
        "`{path}`: a raster of {width} x {height} pixels has more than COCO run lengths can count\n\n\
         hint: write `.gpkg`, `.geojson` or `.tif`"
    )]
    TooLarge {
        /// The file.
        path: String,
        /// Width of the raster.
        width: u32,
        /// Height of the raster.
        height: u32,
    },
}

/// What the user calls an object: the prompts that it answers.
fn name(object: &SceneObject, prompts: &[PointedObject]) -> String {
    let names = object.prompts.iter().filter_map(|&at| prompts.get(at));
    let names: Vec<&str> = names.map(|prompt| prompt.id.as_str()).collect();
    match names.is_empty() {
        true => object.id.to_string(),
        false => names.join(";"),
    }
}

/// The run lengths of a mask in the whole raster: column by column, beginning with what is not on it.
fn whole(mask: &PlacedMask, width: u32, height: u32) -> Option<Rle> {
    let local = mask.bitmap();
    let (mut counts, mut at) = (Vec::new(), 0u64);
    let local = Rle::encode(&local);
    let rows = u64::from(local.height());
    let mut position = 0u64;
    for (place, &count) in local.counts().iter().enumerate() {
        let end = position + u64::from(count);
        // A run of the box may go over several of its columns, which lie apart in the raster.
        while place % 2 == 1 && position < end {
            let (x, y) = (position / rows, position % rows);
            let run = (rows - y).min(end - position);
            let start = (mask.x() as u64 + x) * u64::from(height) + mask.y() as u64 + y;
            if start == at && !counts.is_empty() {
                *counts.last_mut()? += u32::try_from(run).ok()?;
            } else {
                counts.push(u32::try_from(start - at).ok()?);
                counts.push(u32::try_from(run).ok()?);
            }
            at = start + run;
            position += run;
        }
        position = end;
    }
    let rest = u64::from(width) * u64::from(height) - at;
    if rest > 0 || counts.is_empty() {
        counts.push(u32::try_from(rest).ok()?);
    }
    Rle::from_counts(counts, width, height).ok()
}

/// Writes objects as COCO instance annotations of one image, the raster.
///
/// # Errors
/// [`PictureError`] when the raster has more pixels than COCO can count, or the file cannot be written.
pub fn write_coco(
    path: &Path,
    scene: &Scene,
    objects: &[SceneObject],
    prompts: &[PointedObject],
) -> Result<(), PictureError> {
    let (width, height) = (scene.raster().width(), scene.raster().height());
    let too_large = || PictureError::TooLarge {
        path: path.display().to_string(),
        width,
        height,
    };
    if u64::from(width) * u64::from(height) > u64::from(u32::MAX) {
        return Err(too_large());
    }
    let mut annotations = Vec::with_capacity(objects.len());
    for object in objects {
        let rle = whole(&object.mask, width, height).ok_or_else(too_large)?;
        let [x0, y0, x1, y1] = object.mask.bounds();
        annotations.push(json!({
            "id": object.id,
            "image_id": 1,
            "category_id": 1,
            "segmentation": {"size": [height, width], "counts": rle.to_compressed_string()},
            "area": object.mask.area(),
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "iscrowd": 0,
            "score": object.score,
            "instance": name(object, prompts),
        }));
    }
    let file_name = scene.raster().path().file_name().unwrap_or_default();
    let content = json!({
        "info": {"description": "objects segmented by resam", "version": env!("CARGO_PKG_VERSION")},
        "images": [{"id": 1, "file_name": file_name.to_string_lossy(), "width": width, "height": height}],
        "categories": [{"id": 1, "name": "object"}],
        "annotations": annotations,
    });
    Ok(write_atomically(path, |file| {
        serde_json::to_writer(&mut *file, &content)?;
        io::Write::write_all(file, b"\n")
    })?)
}

/// Draws objects and points on a copy of the scene of at most 2048 pixels a side.
///
/// # Errors
/// [`PictureError`] when the scene cannot be read or the file cannot be written.
pub fn write_overlay(
    path: &Path,
    scene: &Scene,
    objects: &[SceneObject],
    prompts: &[PointedObject],
) -> Result<(), PictureError> {
    let (width, height) = (scene.raster().width(), scene.raster().height());
    let scale = (f64::from(PICTURE) / f64::from(width.max(height))).min(1.0);
    let shrink = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    let (across, down) = (shrink(width), shrink(height));
    let all = Window {
        x: 0,
        y: 0,
        width,
        height,
    };
    let image = scene.read(all, across, down)?.image;
    let [step_x, step_y] = [
        f64::from(width) / f64::from(across),
        f64::from(height) / f64::from(down),
    ];
    let mask = |mask: &PlacedMask| {
        // A pixel of the picture shows the pixel of the raster in its middle; outside the box there
        // is nothing to look for.
        let [x0, y0, x1, y1] = mask.bounds().map(|edge| edge as f64);
        let local = mask.bitmap();
        Bitmap::from_fn(across, down, |x, y| {
            let x = (f64::from(x) + 0.5) * step_x;
            let y = (f64::from(y) + 0.5) * step_y;
            (x0..x1).contains(&x)
                && (y0..y1).contains(&y)
                && local.get((x - x0) as u32, (y - y0) as u32)
        })
        .expect("a picture is smaller than the largest mask")
    };
    let marks = |object: &SceneObject| {
        let asked = object.prompts.iter().filter_map(|&at| prompts.get(at));
        let points: Vec<_> = asked.flat_map(|prompt| &prompt.points).collect();
        let of = |positive: bool| {
            let of_kind = points.iter().filter(|point| point.positive == positive);
            of_kind
                .map(|point| [point.x / step_x, point.y / step_y])
                .collect()
        };
        PromptMarks {
            positive: of(true),
            negative: of(false),
            bounds: None,
        }
    };
    let objects = objects.iter().map(|object| resam_export::Object {
        id: object.id,
        instance: name(object, prompts),
        mask: mask(&object.mask),
        quality: object.score,
        prompt: marks(object),
    });
    let file_name = scene.raster().path().file_name().unwrap_or_default();
    let segmentation = Segmentation {
        file_name: file_name.to_string_lossy().into_owned(),
        objects: objects.collect(),
        image,
    };
    Ok(write(path, Format::Overlay, &segmentation)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_lengths_of_a_placed_mask_are_those_of_the_whole_raster() {
        // Touching the top and the bottom of the raster, so that runs of neighbouring columns join.
        let cases: [fn(u32, u32) -> bool; 4] = [
            |x, y| (3..6).contains(&x) && (2..5).contains(&y),
            |x, _| (1..4).contains(&x),
            |x, y| (x + y) % 3 == 0,
            |x, y| x == 0 && y == 0,
        ];
        for inside in cases {
            let raster = Bitmap::from_fn(9, 7, inside).expect("a mask");
            for [x, y] in [[0, 0], [1, 2]] {
                let part = Bitmap::from_fn(9 - x, 7 - y, |u, v| inside(u + x, v + y));
                let placed = PlacedMask::new(&part.expect("a mask"), x.into(), y.into());
                let cut = Bitmap::from_fn(9, 7, |u, v| u >= x && v >= y && raster.get(u, v));
                let cut = cut.expect("a mask");
                let Some(placed) = placed else {
                    assert!(cut.is_empty());
                    continue;
                };
                let rle = whole(&placed, 9, 7).expect("it fits");
                assert_eq!(rle, Rle::encode(&cut));
            }
        }
    }
}
