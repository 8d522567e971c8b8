//! Points on objects and beside them.

use resam_data::draws::draw_points;
use resam_mask::{Bitmap, MaskError};
use resam_prompt::PromptPoint;

use crate::scene::Instance;

/// Draws points of an object with [`draw_points`]: positive points on it, and negative points
/// beside it within half of its size. Negative points far away would teach little.
pub(crate) fn points_of(
    instance: &Instance,
    (width, height): (u32, u32),
    (positives, negatives): (usize, usize),
    seed: u64,
    image_id: u64,
    instance_id: u64,
) -> Result<Vec<PromptPoint>, MaskError> {
    let mask = &instance.mask;
    let margin = if negatives == 0 {
        0
    } else {
        (mask.width().max(mask.height()) / 2).max(8)
    };
    let left = instance.x.saturating_sub(margin);
    let top = instance.y.saturating_sub(margin);
    let right = (instance.x + mask.width() + margin).min(width);
    let bottom = (instance.y + mask.height() + margin).min(height);
    let mut window = Bitmap::new(right - left, bottom - top)?;
    for (x, y) in mask.pixels() {
        window.set(instance.x + x - left, instance.y + y - top, true);
    }
    let mut points = draw_points(&window, positives, negatives, seed, image_id, instance_id);
    for point in &mut points {
        point.x += f64::from(left);
        point.y += f64::from(top);
    }
    Ok(points)
}
