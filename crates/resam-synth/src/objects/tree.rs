//! Trees and bushes, seen from above.

use crate::geometry::{Pose, blob};
use crate::layer::{Paint, Place};
use crate::light::Light;
use crate::noise::{scaled, step, value};
use crate::paints::with_opacity;
use crate::random::Draws;
use crate::scene::Class;
use crate::stage::Stage;

const LEAVES: [[f32; 3]; 7] = [
    [0.26, 0.37, 0.18],
    [0.31, 0.42, 0.21],
    [0.23, 0.33, 0.17],
    [0.32, 0.40, 0.20],
    [0.20, 0.32, 0.19],
    [0.35, 0.38, 0.21],
    [0.29, 0.36, 0.18],
];

/// A crown: a dome of leaves, bright towards the sun, with dark gaps.
struct Crown {
    x: f32,
    y: f32,
    radius: f32,
    colour: [f32; 3],
    light: Light,
    /// Size of the clumps of leaves in metres.
    clump: f32,
    seed: u32,
}

impl Paint for Crown {
    fn at(&self, place: &Place) -> [f32; 4] {
        let (dx, dy) = (
            (place.x - self.x) / self.radius,
            (place.y - self.y) / self.radius,
        );
        let squared = (dx * dx + dy * dy).min(0.97);
        let (x, y) = (place.x / self.clump, place.y / self.clump);
        // Clumps tilt the surface: the difference of the noise to either side is its slope.
        let here = value(x, y, self.seed);
        let right = value(x + 0.5, y, self.seed) - here;
        let down = value(x, y + 0.5, self.seed) - here;
        let up = (1.0 - squared).sqrt() * 0.9 + 0.25;
        let normal = [dx - 0.9 * right, dy - 0.9 * down, up];
        let slope = self.light.on_slope(normal);
        let gap = step(-0.75, -0.1, here + 0.5 * place.fine);
        let rim = 1.0 - 0.28 * squared * squared;
        let factor = (0.30 + 0.70 * slope)
            * (0.62 + 0.38 * gap)
            * rim
            * (1.0 + 0.14 * place.fine + 0.09 * place.grain);
        with_opacity(scaled(self.colour, factor), 1.0)
    }
}

/// A tree of this radius in metres.
pub(crate) fn tree(stage: &mut Stage, x: f64, y: f64, radius: f64, draws: &mut Draws) {
    let base = draws.pick(&LEAVES);
    let colour = draws.tint(base, 0.10, 0.03);
    plant(
        stage,
        [x, y],
        radius,
        radius * draws.range(1.5, 2.3),
        colour,
        draws,
    );
}

/// A tree of one kind, as in orchards and avenues.
pub(crate) fn plant(
    stage: &mut Stage,
    [x, y]: [f64; 2],
    radius: f64,
    height: f64,
    colour: [f32; 3],
    draws: &mut Draws,
) {
    let pose = Pose::new(x, y, draws.angle());
    let corners = stage.corners(radius).clamp(12, 40);
    let across = radius * draws.range(0.85, 1.0);
    let rings = [blob(&pose, radius, across, 0.10, 7, corners, draws)];
    let order = height as f32;
    stage.shadow(order, &rings, height * 0.12, height * 0.72);
    let paint = Crown {
        x: x as f32,
        y: y as f32,
        radius: radius as f32 * 1.06,
        colour,
        light: stage.light,
        clump: (radius as f32 * 0.38).clamp(0.5, 1.5),
        seed: draws.bits(),
    };
    stage.object(Class::Tree, order, &rings, 0.55, paint);
}

/// The colour that the trees of an avenue or an orchard share.
pub(crate) fn kind(draws: &mut Draws) -> [f32; 3] {
    let base = draws.pick(&LEAVES);
    draws.tint(base, 0.08, 0.02)
}

/// Trees along a line with this spacing, some missing.
pub(crate) fn avenue(
    stage: &mut Stage,
    pose: &Pose,
    [from, to]: [f64; 2],
    across: f64,
    spacing: f64,
    draws: &mut Draws,
) {
    let colour = kind(draws);
    let mut u = from + spacing * draws.unit();
    while u < to {
        if draws.chance(0.78) {
            let radius = draws.range(1.7, 3.4);
            let at = pose.place(u, across + draws.around(0.4));
            let tint = draws.tint(colour, 0.06, 0.01);
            plant(stage, at, radius, radius * 1.9, tint, draws);
        }
        u += spacing * draws.range(0.8, 1.25);
    }
}

/// A wood within a rectangle with round corners: crowns close to each other.
pub(crate) fn grove(stage: &mut Stage, pose: &Pose, along: f64, across: f64, draws: &mut Draws) {
    let count = (along * across * 0.055 * 2.2) as usize;
    for _ in 0..count.min(4000) {
        let (u, v) = (draws.range(-1.0, 1.0), draws.range(-1.0, 1.0));
        if u * u * u * u + v * v * v * v < 1.0 {
            let [x, y] = pose.place(u * along, v * across);
            let radius = draws.range(2.0, 4.6);
            tree(stage, x, y, radius, draws);
        }
    }
}
