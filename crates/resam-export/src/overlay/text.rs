//! Letters on a canvas, smoothed from a font of 8 x 8 pixels.

use font8x8::{BASIC_FONTS, LATIN_FONTS, UnicodeFonts};
use image::Rgb;

use super::canvas::Canvas;

/// Pixels of a letter of the font along a side.
const SIDE: f64 = 8.0;

/// Width of a text whose letters are so many pixels high.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size
}

/// Draws a text that begins at `x` and has its middle at `y`.
pub(super) fn draw_text(
    canvas: &mut Canvas,
    text: &str,
    [x, y]: [f64; 2],
    size: f64,
    colour: Rgb<u8>,
) {
    let top = y - size / 2.0;
    for (at, letter) in text.chars().enumerate() {
        let rows = BASIC_FONTS.get(letter).or_else(|| LATIN_FONTS.get(letter));
        let Some(rows) = rows.or_else(|| BASIC_FONTS.get('?')) else {
            continue;
        };
        let left = x + at as f64 * size;
        let step = size / SIDE;
        for (row, bits) in (0..).zip(rows) {
            for column in (0..8).filter(|column| bits >> column & 1 == 1) {
                let [x0, y0] = [left + f64::from(column) * step, top + f64::from(row) * step];
                canvas.paint_rectangle([x0, y0, x0 + step, y0 + step], colour, 1.0);
            }
        }
    }
}
