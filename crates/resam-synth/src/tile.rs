//! One tile of a scene: layers become colour, shadow and labels.

use crate::coverage::Coverage;
use crate::layer::{Effect, Label, Layer, Paint, Place};
use crate::noise::{Area, add_octave, mix, scaled};

/// Wavelengths in metres of the kinds of noise that paints share.
const BROAD: &[f32] = &[47.0, 21.0, 9.7];
const MEDIUM: &[f32] = &[5.3, 2.4, 1.1];
const FINE: &[f32] = &[0.83, 0.39];
const GRAIN: &[f32] = &[0.0];

/// Shortest wavelength in pixels; shorter noise would be as coarse as this in any image of it.
const SHORTEST: f32 = 1.3;

/// Coverage below this is not worth a paint.
const NOTHING: f32 = 1.0 / 512.0;

/// The pixels of one tile while it is painted.
pub(crate) struct Tile {
    /// Its place in the image.
    pub(crate) area: Area,
    /// Colour in full light; for a radar, three times the share of the pulse that comes back.
    pub(crate) colour: Vec<[f32; 3]>,
    /// How much of the sun is kept off, 0 to 1.
    pub(crate) shade: Vec<f32>,
    /// The object of each pixel, or zero.
    pub(crate) label: Vec<u32>,
    noise: [Vec<f32>; 4],
    coverage: Coverage,
}

/// The parameters that all tiles of a scene share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground {
    /// Metres a pixel.
    pub(crate) gsd: f32,
    /// Of the noise.
    pub(crate) seed: u32,
    /// Whether echoes are painted instead of colours.
    pub(crate) radar: bool,
}

impl Tile {
    /// A black tile.
    pub(crate) fn new(area: Area, ground: Ground) -> Self {
        let pixels = area.width * area.height;
        let kinds = [BROAD, MEDIUM, FINE, GRAIN];
        let mut seed = ground.seed;
        let noise = kinds.map(|wavelengths| {
            let mut field = vec![0.0; pixels];
            let mut strength = if wavelengths.len() > 1 { 0.62 } else { 0.9 };
            for wavelength in wavelengths {
                let in_pixels = (wavelength / ground.gsd).max(SHORTEST);
                add_octave(&mut field, area, in_pixels, strength, seed);
                strength *= 0.62;
                seed = seed.wrapping_add(101);
            }
            field
        });
        Self {
            area,
            colour: vec![[0.0; 3]; pixels],
            shade: vec![0.0; pixels],
            label: vec![0; pixels],
            noise,
            coverage: Coverage::default(),
        }
    }

    /// Paints a layer over what is there.
    pub(crate) fn paint(&mut self, layer: &Layer, ground: Ground) {
        let mut coverage = std::mem::take(&mut self.coverage);
        if coverage.fill(&layer.rings, layer.bounds, self.area) {
            coverage.rows(|row, column, shares| {
                let start = (row - self.area.y) as usize * self.area.width
                    + (column - self.area.x) as usize;
                match &layer.effect {
                    Effect::Shadow(strength) => self.shade_row(start, shares, *strength),
                    Effect::Surface { paint, echo } => {
                        let at = (row, column, start);
                        self.paint_row(at, shares, &**paint, *echo, ground);
                    }
                }
                self.label_row(start, shares, layer.label);
            });
        }
        self.coverage = coverage;
    }

    fn shade_row(&mut self, start: usize, shares: &[f32], strength: f32) {
        for (shade, share) in self.shade[start..].iter_mut().zip(shares) {
            *shade = shade.max(share * strength);
        }
    }

    fn label_row(&mut self, start: usize, shares: &[f32], label: Label) {
        let new = match label {
            Label::Keep => return,
            Label::Clear => 0,
            Label::Object(id) => id,
        };
        for (label, &share) in self.label[start..].iter_mut().zip(shares) {
            if share >= 0.5 {
                *label = new;
            }
        }
    }

    fn paint_row(
        &mut self,
        (row, column, start): (i32, i32, usize),
        shares: &[f32],
        paint: &dyn Paint,
        echo: f32,
        ground: Ground,
    ) {
        let y = (row as f32 + 0.5) * ground.gsd;
        for (offset, &share) in shares.iter().enumerate() {
            if share < NOTHING {
                continue;
            }
            let index = start + offset;
            let place = Place {
                x: ((column + offset as i32) as f32 + 0.5) * ground.gsd,
                y,
                broad: self.noise[0][index],
                medium: self.noise[1][index],
                fine: self.noise[2][index],
                grain: self.noise[3][index],
            };
            let [red, green, blue, opacity] = paint.at(&place);
            let mut colour = [red, green, blue];
            if ground.radar {
                let brightness = 0.3 * red + 0.6 * green + 0.1 * blue;
                colour = scaled([1.0; 3], echo * (0.4 + 1.3 * brightness));
            }
            let share = share * opacity;
            let pixel = &mut self.colour[index];
            for (below, above) in pixel.iter_mut().zip(colour) {
                *below = mix(*below, above, share);
            }
            // A surface on top of a shadow is in the sun.
            self.shade[index] *= 1.0 - share;
        }
    }
}
