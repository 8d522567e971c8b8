//! The 8-bit image of a window under construction.

use std::ops::Range;

use image::RgbImage;

use crate::blocks::Area;
use crate::stretch::Ramp;

/// The 8-bit image of a window under construction. Pixels are black and not valid until they are
/// written.
pub(crate) struct Canvas {
    image: RgbImage,
    /// Pixel by pixel, row after row.
    valid: Vec<bool>,
    ramps: [Ramp; 3],
}

impl Canvas {
    pub(crate) fn new(width: u32, height: u32, ramps: [Ramp; 3]) -> Self {
        Self {
            image: RgbImage::new(width, height),
            valid: vec![false; width as usize * height as usize],
            ramps,
        }
    }

    pub(crate) fn size(&self) -> (u32, u32) {
        self.image.dimensions()
    }

    /// The image, and whether each pixel is valid, row-major.
    pub(crate) fn finish(self) -> (RgbImage, Vec<bool>) {
        (self.image, self.valid)
    }

    /// Stretches and writes the pixels of a line that begins at (`left`, `row`): one plane, shown
    /// as grey, or three. NaN means not valid.
    pub(crate) fn put_line(&mut self, left: u32, row: u32, planes: &[&[f32]]) {
        let ramps = self.ramps;
        let (line, valid) = self.line(left, row, planes[0].len());
        for (channel, ramp) in ramps.iter().enumerate() {
            let plane = planes[channel % planes.len()];
            for (pixel, &value) in line.iter_mut().zip(plane) {
                pixel[channel] = ramp.apply(value);
            }
        }
        for plane in planes {
            for (valid, value) in valid.iter_mut().zip(*plane) {
                *valid |= !value.is_nan();
            }
        }
    }

    /// Stretches and writes equal pixels: one value, shown as grey, or three.
    pub(crate) fn put_even(&mut self, (left, top): (u32, u32), area: Area, values: &[f32]) {
        let lines: Vec<Vec<f32>> = values
            .iter()
            .map(|&value| vec![value; area.width as usize])
            .collect();
        let planes: Vec<&[f32]> = lines.iter().map(Vec::as_slice).collect();
        for line in 0..area.height {
            self.put_line(left, top + line, &planes);
        }
    }

    /// Copies `count` pixels of three bytes to a line that begins at (`left`, `row`); source pixels
    /// are `step` bytes apart.
    pub(crate) fn put_pixels(
        &mut self,
        (left, row): (u32, u32),
        bytes: &[u8],
        step: usize,
        count: usize,
    ) {
        let (line, valid) = self.line(left, row, count);
        valid.fill(true);
        if step == 3 {
            line.as_flattened_mut().copy_from_slice(&bytes[..count * 3]);
            return;
        }
        for (pixel, samples) in line.iter_mut().zip(bytes.chunks(step)) {
            pixel.copy_from_slice(&samples[..3]);
        }
    }

    /// As [`Canvas::put_pixels`], with single bytes for some channels.
    pub(crate) fn put_bytes(
        &mut self,
        (left, row): (u32, u32),
        channels: Range<usize>,
        bytes: &[u8],
        step: usize,
        count: usize,
    ) {
        let (line, valid) = self.line(left, row, count);
        valid.fill(true);
        for (pixel, samples) in line.iter_mut().zip(bytes.chunks(step)) {
            for channel in channels.clone() {
                pixel[channel] = samples[0];
            }
        }
    }

    fn line(&mut self, left: u32, row: u32, count: usize) -> (&mut [[u8; 3]], &mut [bool]) {
        let start = row as usize * self.image.width() as usize + left as usize;
        let samples: &mut [u8] = &mut self.image;
        let pixels = samples.as_chunks_mut::<3>().0;
        (
            &mut pixels[start..start + count],
            &mut self.valid[start..start + count],
        )
    }
}
