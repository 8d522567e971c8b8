//! Low-resolution logits to logits at the image's own size. Follows `postprocess_masks` of
//! segment-anything: bilinear to the padded input, cut to what the image covers, bilinear to the
//! image.
//!
//! The padded input is never formed: each of its rows is made when an output row needs it, so
//! memory is that of the answer.

use crate::image_encoder::linear_source;

/// The geometry of one image in the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// `[height, width]` of the image, in pixels.
    pub original: [usize; 2],
    /// `[height, width]` of the input that the image covers, without the padding.
    pub covered: [usize; 2],
    /// Side of the padded input, in pixels.
    pub padded: usize,
}

impl Geometry {
    /// Pixels of the image, continuous from its top-left corner, to pixels of the padded input
    /// counted from the centre of its first pixel, as the prompt encoder takes them.
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

/// `out = a (1 - fraction) + b fraction`.
fn blend(a: &[f32], b: &[f32], fraction: f32, out: &mut [f32]) {
    for ((value, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *value = a * (1.0 - fraction) + b * fraction;
    }
}

/// Logits `[side, side]`, row-major, to `[height, width]` of the image.
pub fn upscale_logits(low_res: &[f32], side: usize, geometry: &Geometry) -> Vec<f32> {
    let Geometry {
        original: [height, width],
        covered,
        padded,
    } = *geometry;
    let to_padded = Axis::new(side, padded);
    let columns = Axis::new(covered[1], width);
    let rows = Axis::new(covered[0], height);

    // A row of the covered input, resampled to the image's width.
    let mut padded_row = vec![0.0; padded];
    let mut low_row = vec![0.0; side];
    let mut input_row = |index: usize, out: &mut [f32]| {
        let (low, high, fraction) = to_padded.0[index];
        let row = |index: usize| &low_res[index * side..(index + 1) * side];
        blend(row(low), row(high), fraction, &mut low_row);
        to_padded.resample(&low_row, &mut padded_row);
        columns.resample(&padded_row[..covered[1]], out);
    };

    let mut logits = vec![0.0; height * width];
    // The two input rows in use; output rows go down, so each is made once or twice at most.
    let mut cached = [
        (usize::MAX, vec![0.0; width]),
        (usize::MAX, vec![0.0; width]),
    ];
    for (out, &(low, high, fraction)) in logits.chunks_exact_mut(width).zip(&rows.0) {
        if cached[0].0 != low {
            cached.swap(0, 1);
        }
        for (slot, index) in cached.iter_mut().zip([low, high]) {
            if slot.0 != index {
                input_row(index, &mut slot.1);
                slot.0 = index;
            }
        }
        blend(&cached[0].1, &cached[1].1, fraction, out);
    }
    logits
}
