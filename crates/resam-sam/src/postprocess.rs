//! Low-resolution logits to logits at the size of the image. Follows `postprocess_masks` of
//! segment-anything: bilinear to the padded input, cropped to the part that the image covers,
//! bilinear to the size of the image.
//!
//! Both steps are linear and separable. Both are applied along the rows first, while there are few
//! rows, and then along the columns. The padded input is never stored.

use rayon::prelude::*;

use crate::image_encoder::linear_source;

/// The place of one image in the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// `[height, width]` of the image, in pixels.
    pub original: [usize; 2],
    /// `[height, width]` of the part of the input that the image covers, without the padding.
    pub covered: [usize; 2],
    /// Side of the padded input, in pixels.
    pub padded: usize,
}

impl Geometry {
    /// Converts `[x, y]` in continuous pixels of the image, with (0, 0) its top-left corner, to
    /// pixels of the padded input as the prompt encoder takes them, with (0, 0) the centre of the
    /// first pixel.
    pub fn to_input(&self, [x, y]: [f64; 2]) -> [f32; 2] {
        let scale = |value: f64, axis: usize| {
            (value * self.covered[axis] as f64 / self.original[axis] as f64 - 0.5) as f32
        };
        [scale(x, 1), scale(y, 0)]
    }
}

/// Samples along one axis: for each, two source positions and the weight of the second.
struct Axis(Vec<(usize, usize, f32)>);

impl Axis {
    fn new(length: usize, target: usize) -> Self {
        Self(
            (0..target)
                .map(|index| linear_source(index, length, target))
                .collect(),
        )
    }

    fn resample(&self, source: &[f32], out: &mut [f32]) {
        for (value, &(low, high, fraction)) in out.iter_mut().zip(&self.0) {
            *value = source[low] * (1.0 - fraction) + source[high] * fraction;
        }
    }
}

/// Upscales logits `[side, side]`, row-major, to the `[height, width]` of the image, row-major.
///
/// Rows are computed by several threads; the result does not depend on their number.
pub fn upscale_logits(low_res: &[f32], side: usize, geometry: &Geometry) -> Vec<f32> {
    let Geometry {
        original: [height, width],
        covered,
        padded,
    } = *geometry;
    let to_padded = Axis::new(side, padded);
    let columns = Axis::new(covered[1], width);
    let rows = Axis::new(covered[0], height);

    // Both steps along the rows, of the few rows there are.
    let mut wide = vec![0.0; side * width];
    wide.par_chunks_mut(width.max(1))
        .zip(low_res.par_chunks_exact(side))
        .for_each_init(
            || vec![0.0; padded],
            |padded_row, (wide, low_row)| {
                to_padded.resample(low_row, padded_row);
                columns.resample(padded_row, wide);
            },
        );

    // Both steps down the columns: a row of the image is between two rows of the input, and each of
    // those between two of the logits.
    let row = |index: usize| &wide[index * width..(index + 1) * width];
    let mut logits = vec![0.0; height * width];
    logits
        .par_chunks_mut(width.max(1))
        .zip(&rows.0)
        .for_each(|(out, &(low, high, fraction))| {
            let (a, b, first) = to_padded.0[low];
            let (c, d, second) = to_padded.0[high];
            let weights = [1.0 - first, first].map(|weight| weight * (1.0 - fraction));
            if fraction == 0.0 {
                for ((out, &a), &b) in out.iter_mut().zip(row(a)).zip(row(b)) {
                    *out = a * weights[0] + b * weights[1];
                }
                return;
            }
            let others = [1.0 - second, second].map(|weight| weight * fraction);
            let upper = row(a).iter().zip(row(b));
            let lower = row(c).iter().zip(row(d));
            for ((out, (&a, &b)), (&c, &d)) in out.iter_mut().zip(upper).zip(lower) {
                *out = (a * weights[0] + b * weights[1]) + (c * others[0] + d * others[1]);
            }
        });
    logits
}
