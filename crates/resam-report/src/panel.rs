//! An image with masks and points drawn on it, for a gallery.

use image::RgbImage;
use resam_export::{DrawnObject, PromptMarks, draw};
use resam_mask::{Bitmap, MaskError, PlacedMask};

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
    // Nothing is refused: a shown image has few enough pixels for masks.
    match objects(&scale, masks, positive, negative) {
        Ok(objects) => draw(shown, &objects),
        Err(_) => shown,
    }
}

/// An object for each mask, and one without pixels for the points that lie on none.
fn objects(
    scale: &Scale,
    masks: &[Bitmap],
    positive: &[[f64; 2]],
    negative: &[[f64; 2]],
) -> Result<Vec<DrawnObject>, MaskError> {
    let mut objects = Vec::with_capacity(masks.len() + 1);
    for (mask, id) in masks.iter().zip(1..) {
        let mask = scale.mask(mask)?;
        objects.push(object(id, PlacedMask::new(&mask, 0, 0)));
    }
    let mut elsewhere = object(u32::MAX, None);
    for &point in negative {
        elsewhere.prompt.negative.push(scale.point(point));
    }
    for &point in positive {
        let point = scale.point(point);
        let smallest = objects
            .iter_mut()
            .filter(|object| covers(object.mask.as_ref(), point))
            .min_by_key(|object| object.mask.as_ref().map(PlacedMask::area));
        let owner = smallest.unwrap_or(&mut elsewhere);
        owner.prompt.positive.push(point);
    }
    objects.push(elsewhere);
    Ok(objects)
}

fn object(id: u32, mask: Option<PlacedMask>) -> DrawnObject {
    DrawnObject {
        id,
        mask,
        prompt: PromptMarks::default(),
    }
}

/// Whether a point lies on a pixel of a mask; casts hold to the range of the type.
fn covers(mask: Option<&PlacedMask>, [x, y]: [f64; 2]) -> bool {
    x >= 0.0 && y >= 0.0 && mask.is_some_and(|mask| mask.holds(x as i64, y as i64))
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
