//! Masks: their fill and the bands round them.

use image::Rgb;
use resam_mask::{Bitmap, PlacedMask};

use super::canvas::Canvas;
use super::colours::DARK;

/// Opacity of the fill.
const FILL: f64 = 0.38;
/// Opacity of the fill of objects of a few pixels, of which little could be seen otherwise.
const SMALL_FILL: f64 = 0.18;
/// Objects of so many pixels or fewer are small, and those of four times as many no longer.
const SMALL_AREA: f64 = 150.0;

/// Fills a mask with a translucent colour.
pub(crate) fn fill(canvas: &mut Canvas, mask: &PlacedMask, colour: Rgb<u8>) {
    let size = ((mask.area() as f64 / SMALL_AREA - 1.0) / 3.0).clamp(0.0, 1.0);
    let opacity = SMALL_FILL + (FILL - SMALL_FILL) * size;
    for run in mask.runs() {
        for y in run.top..run.bottom {
            canvas.blend(run.x as u32, y as u32, colour, opacity);
        }
    }
}

/// A band round a mask, from its edge outwards.
pub(crate) struct Band {
    colour: Rgb<u8>,
    opacity: f64,
    /// In pixels.
    width: f64,
}

impl Band {
    /// The line round an object.
    pub(crate) fn line(width: f64, colour: Rgb<u8>) -> Self {
        Self {
            colour,
            opacity: 1.0,
            width,
        }
    }

    /// The dark edge of a line of this width.
    pub(crate) fn halo(line_width: f64) -> Self {
        Self {
            colour: DARK,
            opacity: 0.55,
            width: line_width + halo_width(line_width),
        }
    }
}

/// How far the dark edge of a line goes beyond it, in pixels.
pub(crate) fn halo_width(line_width: f64) -> f64 {
    0.5 + 0.4 * line_width
}

/// Draws a band round a mask that lies on the canvas, smoothed at its outer edge.
pub(crate) fn draw_band(canvas: &mut Canvas, mask: &PlacedMask, band: Band) {
    let reach = (band.width + 1.0).ceil() as u32;
    let distances = Distances::around(mask, canvas.size(), reach);
    for (x, y, squared) in distances.outside() {
        // The nearest pixel of the mask, 1 away from its neighbour's centre, begins the band.
        let coverage = (band.width + 1.0 - f64::from(squared).sqrt()).clamp(0.0, 1.0);
        canvas.blend(x, y, band.colour, band.opacity * coverage);
    }
}

/// How far the pixels near a mask are from it.
struct Distances {
    left: u32,
    top: u32,
    width: usize,
    /// Squared, between centres; zero on the mask, [`Distances::FAR`] beyond reach.
    squared: Vec<u16>,
}

impl Distances {
    const FAR: u16 = u16::MAX;

    /// Distances up to `reach`, which is at most a few dozen pixels, from a mask that lies on the
    /// canvas of this size.
    fn around(mask: &PlacedMask, [across, down]: [u32; 2], reach: u32) -> Self {
        let [x0, y0, x1, y1] = mask.bounds().map(|edge| edge as u32);
        let [left, top] = [x0, y0].map(|start| start.saturating_sub(reach));
        let right = x1.saturating_add(reach).min(across);
        let bottom = y1.saturating_add(reach).min(down);
        let mask = mask.bitmap();
        let width = (right - left) as usize;
        let mut squared = vec![Self::FAR; width * (bottom - top) as usize];
        for (column, row) in mask.pixels() {
            let (x, y) = (x0 + column, y0 + row);
            let index = |x: u32, y: u32| (y - top) as usize * width + (x - left) as usize;
            squared[index(x, y)] = 0;
            if !is_at_edge(&mask, column, row) {
                continue;
            }
            // The nearest pixel of a mask is always one at its edge.
            for near_y in y.saturating_sub(reach).max(top)..(y + reach + 1).min(bottom) {
                for near_x in x.saturating_sub(reach).max(left)..(x + reach + 1).min(right) {
                    let [across, down] = [near_x.abs_diff(x), near_y.abs_diff(y)];
                    let distance = (across * across + down * down).min(Self::FAR.into()) as u16;
                    let nearest = &mut squared[index(near_x, near_y)];
                    *nearest = distance.min(*nearest);
                }
            }
        }
        Self {
            left,
            top,
            width,
            squared,
        }
    }

    /// The pixels beside the mask but within reach, and their squared distances.
    fn outside(&self) -> impl Iterator<Item = (u32, u32, u16)> + '_ {
        let pixels = self.squared.iter().enumerate();
        pixels
            .filter(|(_, squared)| !matches!(**squared, 0 | Self::FAR))
            .map(|(index, &squared)| {
                let [x, y] = [index % self.width, index / self.width].map(|part| part as u32);
                (self.left + x, self.top + y, squared)
            })
    }
}

/// Whether a pixel of a mask has a neighbour that is not of it.
fn is_at_edge(mask: &Bitmap, x: u32, y: u32) -> bool {
    let beside = [
        (x.wrapping_sub(1), y),
        (x + 1, y),
        (x, y.wrapping_sub(1)),
        (x, y + 1),
    ];
    beside.iter().any(|&(x, y)| !mask.get(x, y))
}
