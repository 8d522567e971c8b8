//! Seas, basins, ponds and rivers.

use crate::geometry::{Ring, direction};
use crate::layer::{Paint, Place};
use crate::noise::{blend, fractal, scaled, step};
use crate::paints::with_opacity;
use crate::random::Draws;
use crate::scene::Class;
use crate::stage::{Stage, order};

/// Water with waves across the wind, gusts, and glints where waves face the sun.
pub(crate) struct Water {
    pub(crate) deep: [f32; 3],
    pub(crate) shallow: [f32; 3],
    /// Unit vector of the wind.
    wind: [f32; 2],
    /// Strength of the waves, 0 (a pond) to 1 (open sea).
    waves: f32,
    /// Waves a metre.
    pace: f32,
    glint: f32,
    seed: u32,
}

impl Water {
    pub(crate) fn new(waves: f64, stage: &Stage, draws: &mut Draws) -> Self {
        let (deep, shallow) = draws.pick(&[
            ([0.10, 0.19, 0.25], [0.15, 0.27, 0.31]),
            ([0.12, 0.22, 0.23], [0.19, 0.30, 0.27]),
            ([0.07, 0.15, 0.23], [0.11, 0.24, 0.33]),
            ([0.19, 0.24, 0.21], [0.28, 0.31, 0.24]),
        ]);
        let angle = draws.angle();
        let (sin, cos) = libm::sincos(angle);
        // Low sun in calm water gives few glints, high sun many.
        let glint = f64::from(stage.light.towards[2]) * 0.5 * waves;
        // Waves of 4 m, or of three pixels where those are longer.
        let wavelength = (3.0 * stage.gsd).max(3.5);
        Self {
            deep: draws.tint(deep, 0.08, 0.03),
            shallow,
            wind: [cos as f32, sin as f32],
            waves: waves as f32,
            pace: (1.0 / wavelength) as f32,
            glint: glint as f32,
            seed: draws.bits(),
        }
    }
}

impl Paint for Water {
    fn at(&self, place: &Place) -> [f32; 4] {
        let along = place.x * self.wind[0] + place.y * self.wind[1];
        let across = place.y * self.wind[0] - place.x * self.wind[1];
        // Crests lie across the wind, so they are longer that way.
        let bend = 0.8 * place.medium;
        let crest = fractal(
            (along + bend) * self.pace,
            across * self.pace * 0.35,
            3,
            self.seed,
        );
        let gust = 0.5 + 0.5 * place.broad;
        let height = crest * self.waves * (0.55 + 0.45 * gust);
        let colour = blend(self.deep, self.shallow, step(-0.9, 0.9, place.broad));
        let glint = step(0.42, 0.75, height + 0.10 * place.grain) * self.glint;
        let lit = scaled(
            colour,
            1.0 + 0.34 * height + 0.05 * self.waves * place.fine + 0.02 * place.grain,
        );
        with_opacity(blend(lit, [0.86, 0.89, 0.90], glint), 1.0)
    }
}

/// A stretch of open water; it is an object.
pub(crate) fn sea(stage: &mut Stage, ring: Ring, waves: f64, draws: &mut Draws) {
    let paint = Water::new(waves, stage, draws);
    let echo = 0.02 + 0.05 * waves as f32;
    stage.object(Class::Water, order::WATER, &[ring], echo, paint);
}

/// A pond or a river with muddy banks.
pub(crate) fn inland(stage: &mut Stage, ring: Ring, bank: f64, draws: &mut Draws) {
    let wide = grown(&ring, bank);
    let mud = crate::paints::Plain::noisy([0.40, 0.38, 0.27], [0.1, 0.14, 0.1, 0.06]);
    stage.ground(order::WATER - 0.1, &[wide], 0.25, mud);
    let mut paint = Water::new(0.22, stage, draws);
    let (deep, shallow) = draws.pick(&[
        ([0.16, 0.20, 0.15], [0.22, 0.26, 0.18]),
        ([0.13, 0.20, 0.20], [0.17, 0.25, 0.22]),
        ([0.26, 0.26, 0.19], [0.33, 0.31, 0.22]),
    ]);
    (paint.deep, paint.shallow) = (deep, shallow);
    stage.object(Class::Water, order::WATER, &[ring], 0.02, paint);
}

/// The ring moved outwards by about this much.
fn grown(ring: &Ring, by: f64) -> Ring {
    let count = ring.len();
    let out = |index: usize| {
        let before = ring[(index + count - 1) % count];
        let after = ring[(index + 1) % count];
        let [x, y] = direction(before, after);
        [ring[index][0] + y * by, ring[index][1] - x * by]
    };
    (0..count).map(out).collect()
}
