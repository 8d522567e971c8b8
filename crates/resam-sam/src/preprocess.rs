//! An RGB image to the network's input: the long side is resized to the input size, pixels are
//! normalised, and zeros are added at the bottom and right. Follows `ResizeLongestSide` and
//! `Sam.preprocess` of segment-anything; resampling is Pillow's antialiased bilinear filter.

use burn::tensor::{Device, Tensor, TensorData};

pub use resam_mask::Part;

use crate::error::SamError;
use crate::resample::resample_rgb;

/// Mean of red, green and blue, in grey levels from 0 to 255.
pub const PIXEL_MEAN: [f32; 3] = [123.675, 116.28, 103.53];
/// Standard deviation of red, green and blue, in grey levels from 0 to 255.
pub const PIXEL_STD: [f32; 3] = [58.395, 57.12, 57.375];

/// An image of 8-bit RGB, row-major, interleaved.
#[derive(Debug, Clone, Copy)]
pub struct RgbView<'a> {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// The `3 * width * height` values.
    pub data: &'a [u8],
}

impl<'a> RgbView<'a> {
    /// A view of `data`, which holds `height` rows of `width` pixels of red, green and blue.
    ///
    /// # Errors
    /// [`SamError::Image`] when there is not one byte for each value, or when the image has no
    /// pixels.
    pub fn new(width: usize, height: usize, data: &'a [u8]) -> Result<Self, SamError> {
        let expected = width
            .checked_mul(height)
            .and_then(|pixels| pixels.checked_mul(3));
        if expected != Some(data.len()) || data.is_empty() {
            return Err(SamError::Image {
                width,
                height,
                bytes: data.len(),
            });
        }
        Ok(Self {
            width,
            height,
            data,
        })
    }

    /// The interleaved RGB of a part of the image, row-major. Rows below the image are left out;
    /// the result is empty if the part reaches beyond the right edge.
    pub fn cut(&self, part: Part) -> Vec<u8> {
        let end = part.x.saturating_add(part.width);
        let columns = part.x.saturating_mul(3)..end.saturating_mul(3);
        let rows = self.data.chunks_exact(3 * self.width);
        let rows = rows.skip(part.y).take(part.height);
        rows.filter_map(|row| row.get(columns.clone()))
            .flatten()
            .copied()
            .collect()
    }
}

/// The size `[height, width]` of an image after its long side is resized to `long_side` pixels.
/// Halves are rounded up, and no side becomes less than 1.
pub fn resized_size(height: usize, width: usize, long_side: usize) -> [usize; 2] {
    let scale = long_side as f64 / height.max(width) as f64;
    [height, width].map(|side| ((side as f64 * scale + 0.5) as usize).max(1))
}

/// Resizes an image so that its long side has `long_side` pixels. Returns interleaved RGB and
/// `[height, width]`.
pub fn resize_longest_side(image: RgbView<'_>, long_side: usize) -> (Vec<u8>, [usize; 2]) {
    let size = resized_size(image.height, image.width, long_side);
    (
        resample_rgb(image.data, [image.height, image.width], size),
        size,
    )
}

/// The network's input of an image, `[1, 3, size, size]`, and the `[height, width]` of the part of
/// it that the image covers.
pub fn preprocess(image: RgbView<'_>, size: usize, device: &Device) -> (Tensor<4>, [usize; 2]) {
    let (rgb, covered) = resize_longest_side(image, size);
    (normalised_input(&rgb, covered, size, device), covered)
}

/// The network's input `[1, 3, size, size]` of interleaved RGB of `[height, width]` pixels, both at
/// most `size`: `(value - PIXEL_MEAN) / PIXEL_STD`, with zeros at the bottom and right.
pub fn normalised_input(
    rgb: &[u8],
    [height, width]: [usize; 2],
    size: usize,
    device: &Device,
) -> Tensor<4> {
    let mut input = vec![0f32; 3 * size * size];
    for (band, plane) in input.chunks_exact_mut(size * size).enumerate() {
        let rows = plane
            .chunks_exact_mut(size)
            .zip(rgb.chunks_exact(3 * width));
        for (row, pixels) in rows.take(height) {
            for (value, pixel) in row.iter_mut().zip(pixels.chunks_exact(3)) {
                *value = (f32::from(pixel[band]) - PIXEL_MEAN[band]) / PIXEL_STD[band];
            }
        }
    }
    Tensor::from_data(TensorData::new(input, [1, 3, size, size]), device)
}
