//! Requery: the model is prompted with the box of the refined mask, and the result is the
//! pseudo-label. Step 4 of the method (arXiv 2511.21606).

use resam_mask::{Bitmap, PixelBox};

/// The tight box `[x0, y0, x1, y1]` of a refined mask, from the centre of its first pixel to that
/// of its last along both axes, counted from the centre of the input's first pixel: as the prompt
/// encoder takes it. None for an empty mask.
pub fn requery_box(refined: &Bitmap) -> Option<[f32; 4]> {
    refined.bounding_box().as_ref().map(input_box)
}

/// A mask's box as the prompt encoder takes it: from centre to centre.
pub(crate) fn input_box(bounds: &PixelBox) -> [f32; 4] {
    // The mask's box runs along the outer edges of its pixels, half a pixel from their centres.
    let edges = [bounds.x0, bounds.y0, bounds.x1 - 1.0, bounds.y1 - 1.0];
    edges.map(|edge| edge as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_runs_from_the_first_pixel_to_the_last() {
        let mut mask = Bitmap::new(20, 10).expect("small");
        assert_eq!(requery_box(&mask), None);
        mask.set(3, 7, true);
        assert_eq!(requery_box(&mask), Some([3.0, 7.0, 3.0, 7.0]));
        mask.set(12, 2, true);
        assert_eq!(requery_box(&mask), Some([3.0, 2.0, 12.0, 7.0]));
    }
}
