//! The picture that objects are drawn on: the image itself, made smaller if it is large.

use image::RgbImage;
use image::imageops::thumbnail;
use resam_geo::{Raster, RasterError, Scene, SceneOptions, Stretch, Window};
use resam_mask::{Bitmap, PlacedMask};
use resam_scene::{Failure, PointedObject};

use super::legend::Scheme;
use super::{DrawnObject, OverlayOptions, PromptMarks};
use crate::{ImageReference, OutputError, Segmentation};

/// The longest side of a picture, in pixels.
const LONGEST: u32 = 4096;

/// Pixels of the image for one of its picture, across and down; at least 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale([f64; 2]);

/// Reads the picture of an image as the model saw it.
pub(super) fn of(image: &ImageReference) -> Result<(RgbImage, Scale), OutputError> {
    let (width, height) = (image.width, image.height);
    let factor = (f64::from(LONGEST) / f64::from(width.max(height))).min(1.0);
    let shrink = |side: u32| ((f64::from(side) * factor).round() as u32).max(1);
    let (across, down) = (shrink(width), shrink(height));
    let raster = image.raster()?;
    let picture = match image.stretch {
        Some(stretch) => read(&seen_as(raster, stretch, image)?, image, (across, down))?,
        // A plain image as it was decoded for the model, opacity dropped.
        None => match raster.into_rgb()? {
            Some(decoded) if (across, down) == (width, height) => decoded.rgb,
            Some(decoded) => thumbnail(&decoded.rgb, across, down),
            None => {
                let raster = image.raster()?;
                let as_it_is = SceneOptions {
                    stretch: Some(Stretch::None),
                    ..SceneOptions::default()
                };
                read(&Scene::of_raster(raster, &as_it_is)?, image, (across, down))?
            }
        },
    };
    let scale = Scale([
        f64::from(width) / f64::from(across),
        f64::from(height) / f64::from(down),
    ]);
    Ok((picture, scale))
}

fn seen_as(raster: Raster, stretch: Stretch, image: &ImageReference) -> Result<Scene, RasterError> {
    Scene::seen_as(raster, stretch, image.stretch_limits.clone())
}

/// The whole of a scene at a size.
fn read(
    scene: &Scene,
    image: &ImageReference,
    (across, down): (u32, u32),
) -> Result<RgbImage, RasterError> {
    let all = Window {
        x: 0,
        y: 0,
        width: image.width,
        height: image.height,
    };
    Ok(scene.read(all, across, down)?.image)
}

/// The objects on the picture, and after them the prompts without an object.
pub(super) fn objects(
    segmentation: &Segmentation,
    scale: Scale,
    scheme: &Scheme,
    options: &OverlayOptions,
) -> Vec<DrawnObject> {
    let prompts = &segmentation.prompts;
    let marks = |asked: Vec<&PointedObject>| {
        if options.prompts {
            scale.marks(asked.into_iter())
        } else {
            PromptMarks::default()
        }
    };
    let found = segmentation.objects.iter().map(|object| {
        let asked = object.prompts.iter().filter_map(|&at| prompts.get(at));
        DrawnObject {
            id: object.id,
            colour: scheme.colour(segmentation, object),
            mask: scale.mask(&object.mask),
            prompt: marks(asked.collect()),
        }
    });
    let missing = segmentation.failures.iter().filter_map(|failure| {
        let Failure::Object { prompt, .. } = failure else {
            return None;
        };
        Some(DrawnObject {
            id: u32::MAX,
            colour: None,
            mask: None,
            prompt: marks(prompts.get(*prompt).into_iter().collect()),
        })
    });
    found.chain(missing).collect()
}

impl Scale {
    fn point(self, x: f64, y: f64) -> [f64; 2] {
        [x / self.0[0], y / self.0[1]]
    }

    fn marks<'a>(self, asked: impl Iterator<Item = &'a PointedObject>) -> PromptMarks {
        let mut marks = PromptMarks::default();
        for prompt in asked {
            for point in &prompt.points {
                let kind = if point.positive {
                    &mut marks.positive
                } else {
                    &mut marks.negative
                };
                kind.push(self.point(point.x, point.y));
            }
            if let Some([x0, y0, x1, y1]) = prompt.bounds {
                let ([x0, y0], [x1, y1]) = (self.point(x0, y0), self.point(x1, y1));
                marks.bounds = Some([x0, y0, x1, y1]);
            }
        }
        marks
    }

    /// The mask on the picture: a pixel of it shows the pixel of the image in its middle. None when
    /// no middle is on the mask.
    fn mask(self, mask: &PlacedMask) -> Option<PlacedMask> {
        let [across, down] = self.0;
        if self.0 == [1.0, 1.0] {
            return Some(mask.clone());
        }
        let [x0, y0, x1, y1] = mask.bounds();
        let first = |edge: i64, step: f64| (edge as f64 / step - 0.5).ceil() as i64;
        let [left, right] = [x0, x1].map(|edge| first(edge, across));
        let [top, bottom] = [y0, y1].map(|edge| first(edge, down));
        let local = mask.bitmap();
        let middle =
            |pixel: i64, step: f64, edge: i64| ((pixel as f64 + 0.5) * step).floor() as i64 - edge;
        let inside = |x: u32, y: u32| {
            let x = middle(left + i64::from(x), across, x0);
            let y = middle(top + i64::from(y), down, y0);
            matches!((u32::try_from(x), u32::try_from(y)), (Ok(x), Ok(y)) if local.get(x, y))
        };
        let (width, height) = ((right - left) as u32, (bottom - top) as u32);
        PlacedMask::new(&Bitmap::from_fn(width, height, inside).ok()?, left, top)
    }
}
