//! The surfaces of objects: patterns within an object, and light on round bodies.

use super::palette::Palette;
use crate::geometry::{Frame, Pose};
use crate::layer::{Paint, Place};
use crate::noise::{blend, fractal, hash, scaled, signed, step, wave};
use crate::paints::with_opacity;
use crate::random::Draws;

/// What is printed on a thing.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pattern {
    /// Nothing.
    Plain,
    Stripes,
    Checks,
    Spots,
    /// Clouds of the second colour.
    Marble,
    /// Veins like wood.
    Grain,
    /// From one colour to the other.
    Gradient,
    /// Two halves.
    Halves,
    /// Rings about the middle.
    Target,
    /// Rough, as fur or stone.
    Rough,
}

/// How light falls on a thing.
#[derive(Debug, Clone, Copy)]
enum Body {
    Flat,
    Dome,
    /// Round about its length.
    Tube,
}

/// The looks of one thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Skin {
    frame: Frame,
    half: [f32; 2],
    one: [f32; 3],
    other: [f32; 3],
    pattern: Pattern,
    /// Repeats of the pattern a unit of length.
    pace: f32,
    body: Body,
    /// Towards the light, along and across.
    light: [f32; 2],
    gloss: f32,
    rough: f32,
    seed: u32,
}

impl Skin {
    /// Looks around a colour.
    pub(crate) fn draw(
        pose: &Pose,
        [along, across]: [f64; 2],
        colour: [f32; 3],
        palette: &Palette,
        draws: &mut Draws,
    ) -> Self {
        let pattern = match draws.unit() {
            share if share < 0.36 => Pattern::Plain,
            share if share < 0.46 => Pattern::Stripes,
            share if share < 0.52 => Pattern::Checks,
            share if share < 0.59 => Pattern::Spots,
            share if share < 0.69 => Pattern::Marble,
            share if share < 0.76 => Pattern::Grain,
            share if share < 0.84 => Pattern::Gradient,
            share if share < 0.89 => Pattern::Halves,
            share if share < 0.92 => Pattern::Target,
            _ => Pattern::Rough,
        };
        let other = if draws.chance(0.5) {
            draws.tint(colour, 0.28, 0.08)
        } else {
            palette.thing(draws)
        };
        let repeats = draws.log_range(1.2, 7.0);
        let turned = pose.child(0.0, 0.0, draws.angle());
        let frame = if draws.chance(0.5) {
            pose.frame()
        } else {
            turned.frame()
        };
        Self {
            // Patterns turn freely, light goes by the frame of the body.
            frame,
            half: [along as f32, across as f32],
            one: colour,
            other,
            pattern,
            pace: (repeats / (2.0 * along.min(across.max(along * 0.4)))) as f32,
            body: draws.pick(&[Body::Flat, Body::Flat, Body::Dome, Body::Dome, Body::Tube]),
            light: [draws.range(-0.7, 0.7) as f32, draws.range(-0.7, 0.7) as f32],
            gloss: if draws.chance(0.4) {
                draws.range(0.2, 0.7) as f32
            } else {
                0.0
            },
            rough: draws.log_range(0.01, 0.14) as f32,
            seed: draws.bits(),
        }
    }

    fn share(&self, u: f32, v: f32, place: &Place) -> f32 {
        let (x, y) = (u * self.pace, v * self.pace);
        match self.pattern {
            Pattern::Plain | Pattern::Rough => 0.0,
            Pattern::Stripes => step(-0.25, 0.25, wave(x + 0.06 * place.medium)),
            Pattern::Checks => step(-0.1, 0.1, wave(x) * wave(y)),
            Pattern::Spots => {
                let (column, row) = (crate::noise::floor(x), crate::noise::floor(y));
                let bits = hash(column, row, self.seed);
                let (dx, dy) = (
                    x - column as f32 - 0.5 - 0.2 * signed(bits),
                    y - row as f32 - 0.5 - 0.2 * signed(bits.rotate_left(13)),
                );
                1.0 - step(0.06, 0.10, dx * dx + dy * dy)
            }
            Pattern::Marble => step(-0.3, 0.3, fractal(x, y, 4, self.seed)),
            Pattern::Grain => {
                let bend = fractal(x * 0.5, y * 1.6, 3, self.seed);
                0.5 + 0.5 * wave(y * 1.5 + 1.3 * bend)
            }
            Pattern::Gradient => step(-1.0, 1.0, u / self.half[0]),
            Pattern::Halves => step(-0.15, 0.15, v + 0.3 * place.medium),
            Pattern::Target => step(-0.2, 0.2, wave((x * x + y * y).sqrt())),
        }
    }
}

impl Paint for Skin {
    fn at(&self, place: &Place) -> [f32; 4] {
        let [u, v] = self.frame.local(place.x, place.y);
        let colour = blend(self.one, self.other, self.share(u, v, place));
        let (a, b) = (u / self.half[0], v / self.half[0].min(self.half[1] * 1.6));
        let lit = match self.body {
            Body::Flat => 1.0 + 0.10 * (a * self.light[0] + b * self.light[1]),
            Body::Dome => {
                let squared = (a * a + b * b).min(1.0);
                let up = (1.0 - squared).sqrt();
                0.50 + 0.46 * up + 0.42 * (a * self.light[0] + b * self.light[1])
            }
            Body::Tube => {
                let side = b.clamp(-1.0, 1.0);
                0.58 + 0.40 * (1.0 - side * side).sqrt() + 0.35 * side * self.light[1]
            }
        };
        let rough = if let Pattern::Rough = self.pattern {
            0.16 + self.rough
        } else {
            self.rough
        };
        let noise = 1.0 + rough * (place.fine + 0.8 * place.grain + 0.7 * place.medium);
        let mut colour = scaled(colour, lit * noise);
        if self.gloss > 0.0 {
            let (da, db) = (a - 0.45 * self.light[0], b - 0.45 * self.light[1]);
            let shine = self.gloss * (1.0 - step(0.0, 0.09, da * da + db * db));
            colour = blend(colour, [1.0, 0.98, 0.94], shine);
        }
        with_opacity(colour, 1.0)
    }
}
