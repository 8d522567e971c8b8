//! Between the pixels of a raster and those of a scene that is seen with square ones.

use resam_geo::Scene;
use resam_mask::{Bitmap, PlacedMask};
use resam_prompt::PointedObject;
use resam_scene::SegmentedObject;

use crate::error::Result;

/// Objects in pixels of the raster, in pixels as they are seen.
pub(crate) fn to_seen(scene: &Scene, objects: &[PointedObject]) -> Vec<PointedObject> {
    let [across, down] = scene.seen_pixels();
    let scaled = |object: &PointedObject| {
        let mut object = object.clone();
        for point in &mut object.points {
            point.x *= across;
            point.y *= down;
        }
        let bounds = object.bounds.as_ref();
        object.bounds =
            bounds.map(|[x0, y0, x1, y1]| [x0 * across, y0 * down, x1 * across, y1 * down]);
        object
    };
    objects.iter().map(scaled).collect()
}

/// Masks in pixels as they are seen, in pixels of the raster.
pub(super) fn to_raster(scene: &Scene, objects: &mut [SegmentedObject]) -> Result<()> {
    if !scene.is_reshaped() {
        return Ok(());
    }
    for object in objects {
        object.mask = mask_to_raster(scene, &object.mask)?;
    }
    Ok(())
}

/// A pixel of the raster is on the object when its middle is. An object without any has the pixel
/// in its middle.
fn mask_to_raster(scene: &Scene, mask: &PlacedMask) -> Result<PlacedMask> {
    let factors = scene.seen_pixels();
    let bounds = mask.bounds();
    let bitmap = mask.bitmap();
    let (width, height) = (i64::from(bitmap.width()), i64::from(bitmap.height()));
    let raster = [scene.raster().width(), scene.raster().height()].map(i64::from);
    // The pixels that the bounds touch, at least one.
    let range = |axis: usize| {
        let from = (bounds[axis] as f64 / factors[axis]).floor() as i64;
        let to = (bounds[axis + 2] as f64 / factors[axis]).ceil() as i64;
        let from = from.clamp(0, raster[axis] - 1);
        (from, to.clamp(from + 1, raster[axis].max(from + 1)))
    };
    let ((left, right), (top, bottom)) = (range(0), range(1));
    let is_on = |column: u32, row: u32| {
        let middle = |first: i64, index: u32, axis: usize, origin: i64| {
            let place = (first + i64::from(index)) as f64 + 0.5;
            (place * factors[axis]).floor() as i64 - origin
        };
        let x = middle(left, column, 0, mask.x());
        let y = middle(top, row, 1, mask.y());
        (0..width).contains(&x) && (0..height).contains(&y) && bitmap.get(x as u32, y as u32)
    };
    // Within the raster, so of 32 bits.
    let size = ((right - left) as u32, (bottom - top) as u32);
    let found = Bitmap::from_fn(size.0, size.1, is_on)?;
    if let Some(placed) = PlacedMask::new(&found, left, top) {
        return Ok(placed);
    }
    let middle = Bitmap::from_fn(1, 1, |_, _| true)?;
    let (x, y) = ((left + right - 1) / 2, (top + bottom - 1) / 2);
    Ok(PlacedMask::new(&middle, x, y).unwrap_or_else(|| mask.clone()))
}
