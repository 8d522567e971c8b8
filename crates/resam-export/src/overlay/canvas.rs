//! An image that is drawn on with partial coverage.

use image::{Rgb, RgbImage};

/// An image being drawn on. Whatever lies outside is left out.
pub(crate) struct Canvas {
    image: RgbImage,
}

impl Canvas {
    pub(crate) fn new(image: RgbImage) -> Self {
        Self { image }
    }

    pub(crate) fn into_image(self) -> RgbImage {
        self.image
    }

    /// Width and height in pixels.
    pub(crate) fn size(&self) -> [u32; 2] {
        [self.image.width(), self.image.height()]
    }

    /// Mixes a colour into a pixel; an opacity of 1 replaces it.
    pub(crate) fn blend(&mut self, x: u32, y: u32, Rgb(colour): Rgb<u8>, opacity: f64) {
        if opacity <= 0.0 {
            return;
        }
        let opacity = opacity.min(1.0);
        if let Some(pixel) = self.image.get_pixel_mut_checked(x, y) {
            for (channel, target) in pixel.0.iter_mut().zip(colour) {
                let [from, to] = [*channel, target].map(f64::from);
                *channel = (from + (to - from) * opacity).round() as u8;
            }
        }
    }

    /// Paints a shape within `reach` pixels of a point: `distance` is how far a place, relative to
    /// the point, lies outside the shape, in pixels. Edges are smoothed over one pixel.
    pub(crate) fn paint(
        &mut self,
        [x, y]: [f64; 2],
        reach: f64,
        colour: Rgb<u8>,
        opacity: f64,
        distance: impl Fn(f64, f64) -> f64,
    ) {
        let [width, height] = self.size();
        for row in pixels_between(y - reach, y + reach, height) {
            for column in pixels_between(x - reach, x + reach, width) {
                let [across, down] = [f64::from(column) + 0.5 - x, f64::from(row) + 0.5 - y];
                let coverage = (0.5 - distance(across, down)).clamp(0.0, 1.0);
                self.blend(column, row, colour, opacity * coverage);
            }
        }
    }

    /// Paints the rectangle from one corner to the other; pixels it covers in part are mixed in
    /// proportion.
    pub(crate) fn paint_rectangle(
        &mut self,
        [x0, y0, x1, y1]: [f64; 4],
        colour: Rgb<u8>,
        opacity: f64,
    ) {
        let [width, height] = self.size();
        let covered = |pixel: u32, start: f64, end: f64| {
            let pixel = f64::from(pixel);
            (end.min(pixel + 1.0) - start.max(pixel)).max(0.0)
        };
        for y in pixels_between(y0, y1, height) {
            for x in pixels_between(x0, x1, width) {
                let coverage = covered(x, x0, x1) * covered(y, y0, y1);
                self.blend(x, y, colour, opacity * coverage);
            }
        }
    }
}

/// The pixels of a side that a stretch touches. The casts hold to the range of the type.
fn pixels_between(start: f64, end: f64, side: u32) -> std::ops::Range<u32> {
    start.floor() as u32..(end.ceil() as u32).min(side)
}
