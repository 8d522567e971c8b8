//! An image with masks and points drawn on it, for a gallery.

use image::RgbImage;
use resam_export::{Object, PromptMarks, Segmentation, overlay};
use resam_mask::{Bitmap, MaskError};

use crate::shown::shown;

/// Draws masks and points on an image, in the style of the overlays of `resam segment`.
///
/// An image with a side of more than 480 pixels is first scaled down to that size, so that lines
/// and points stay visible on the page. A smaller image keeps its size.
///
/// Each mask has a colour that depends on its index in `masks`: a translucent fill and an outline.
/// Points `[x, y]` are in continuous pixels of the image. Positive points are green discs with a
/// white rim, negative points are red. A positive point on a small mask is drawn smaller.
///
/// Masks begin at the top-left corner of the image. Masks, lines and points outside the image are
/// cut off.
pub fn draw_panel(
    image: &RgbImage,
    masks: &[Bitmap],
    positive: &[[f64; 2]],
    negative: &[[f64; 2]],
) -> RgbImage {
    let (width, height) = image.dimensions();
    if width == 0 || height == 0 {
        return image.clone();
    }
    let shown = shown(image).into_owned();
    let scale = Scale::between((width, height), shown.dimensions());
    let drawn = objects(&scale, masks, positive, negative)
        .ok()
        .map(|objects| Segmentation {
            file_name: String::new(),
            image: shown.clone(),
            objects,
        });
    // No error is possible: the image has pixels, few enough for masks, and all masks have its
    // size.
    drawn
        .and_then(|segmentation| overlay(&segmentation).ok())
        .unwrap_or(shown)
}

/// An object for each mask, and one without pixels for the points that lie on none.
fn objects(
    scale: &Scale,
    masks: &[Bitmap],
    positive: &[[f64; 2]],
    negative: &[[f64; 2]],
) -> Result<Vec<Object>, MaskError> {
    let mut objects = Vec::with_capacity(masks.len() + 1);
    for (mask, id) in masks.iter().zip(1..) {
        objects.push(object(id, scale.mask(mask)?));
    }
    let mut elsewhere = object(u32::MAX, Bitmap::new(scale.shown[0], scale.shown[1])?);
    for &point in negative {
        elsewhere.prompt.negative.push(scale.point(point));
    }
    for &point in positive {
        let point = scale.point(point);
        let smallest = objects
            .iter_mut()
            .filter(|object| covers(&object.mask, point))
            .min_by_key(|object| object.mask.area());
        let owner = smallest.unwrap_or(&mut elsewhere);
        owner.prompt.positive.push(point);
    }
    objects.push(elsewhere);
    Ok(objects)
}

fn object(id: u32, mask: Bitmap) -> Object {
    Object {
        id,
        instance: String::new(),
        mask,
        quality: 1.0,
        prompt: PromptMarks::default(),
    }
}

/// Whether a point lies on a set pixel; casts saturate.
fn covers(mask: &Bitmap, [x, y]: [f64; 2]) -> bool {
    x >= 0.0 && y >= 0.0 && mask.get(x as u32, y as u32)
}

/// The scale from pixels of an image to pixels of the shown image.
struct Scale {
    /// Width and height of the shown image.
    shown: [u32; 2],
    /// Shown pixels for each pixel, across and down.
    factors: [f64; 2],
}

impl Scale {
    fn between(from: (u32, u32), to: (u32, u32)) -> Self {
        let factor = |from: u32, to: u32| f64::from(to) / f64::from(from);
        Self {
            shown: [to.0, to.1],
            factors: [factor(from.0, to.0), factor(from.1, to.1)],
        }
    }

    fn point(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [x * self.factors[0], y * self.factors[1]]
    }

    /// The mask at the centres of the shown pixels. If it covers no centre, all shown pixels that
    /// it touches, so that no object vanishes.
    fn mask(&self, mask: &Bitmap) -> Result<Bitmap, MaskError> {
        let [width, height] = self.shown;
        let back = |shown: u32, factor: f64| ((f64::from(shown) + 0.5) / factor) as u32;
        let [across, down] = self.factors;
        let mut shown = Bitmap::from_fn(width, height, |x, y| {
            mask.get(back(x, across), back(y, down))
        })?;
        if shown.is_empty() {
            for (x, y) in mask.pixels() {
                let [x, y] = self.point([f64::from(x) + 0.5, f64::from(y) + 0.5]);
                shown.set(x as u32, y as u32, true);
            }
        }
        Ok(shown)
    }
}
