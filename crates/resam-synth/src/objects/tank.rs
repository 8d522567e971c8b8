//! Storage tanks.

use crate::geometry::{Pose, ellipse, span};
use crate::layer::{Paint, Place};
use crate::noise::{blend, mix, scaled, step};
use crate::paints::{Plain, with_opacity};
use crate::random::Draws;
use crate::scene::Class;
use crate::stage::Stage;

/// A round roof: a shallow cone, or one that floats below the rim.
struct Top {
    x: f32,
    y: f32,
    radius: f32,
    colour: [f32; 3],
    /// Towards the sun, right and down.
    sun: [f32; 2],
    /// How far the floating roof lies below the rim, in the length of its shadow; 0 for a cone.
    sunk: f32,
    rim: f32,
}

impl Paint for Top {
    fn at(&self, place: &Place) -> [f32; 4] {
        let (dx, dy) = (place.x - self.x, place.y - self.y);
        let distance = (dx * dx + dy * dy).sqrt();
        let rust = step(0.1, 0.9, place.medium + 0.4 * place.fine);
        let mut colour = blend(self.colour, [0.50, 0.36, 0.26], 0.16 * rust);
        colour = scaled(colour, 1.0 + 0.02 * place.grain + 0.03 * place.broad);
        if distance > self.radius - self.rim {
            // The rim is lit where it faces the sun.
            let facing = (dx * self.sun[0] + dy * self.sun[1]) / distance.max(0.1);
            return with_opacity(scaled(colour, 1.0 + 0.22 * facing), 1.0);
        }
        if self.sunk > 0.0 {
            // The wall throws its shadow on the roof inside: a crescent on the side of the sun.
            let (sx, sy) = (dx + self.sun[0] * self.sunk, dy + self.sun[1] * self.sunk);
            let lit = self.radius - (sx * sx + sy * sy).sqrt();
            let shadow = 1.0 - step(-0.4, 0.4, lit);
            return with_opacity(scaled(colour, mix(0.88, 0.34, shadow)), 1.0);
        }
        let facing = (dx * self.sun[0] + dy * self.sun[1]) / self.radius;
        with_opacity(scaled(colour, 1.0 + 0.14 * facing), 1.0)
    }
}

/// A tank of this radius.
pub(crate) fn tank(
    stage: &mut Stage,
    pose: &Pose,
    radius: f64,
    height: f64,
    colour: [f32; 3],
    floating: bool,
    draws: &mut Draws,
) {
    let order = height as f32;
    let rings = [ellipse(pose, radius, radius, stage.corners(radius).max(24))];
    stage.shadow(order, &rings, 0.0, height);
    stage.corner_echo(order, &rings, 4.5);
    let [right, down, _] = stage.light.towards;
    let length = (right * right + down * down).sqrt().max(1e-3);
    let sunk = if floating {
        height * draws.range(0.15, 0.6)
    } else {
        0.0
    };
    let reach = stage.light.shadow;
    let reach = (reach[0] * reach[0] + reach[1] * reach[1]).sqrt();
    let paint = Top {
        x: pose.x as f32,
        y: pose.y as f32,
        radius: radius as f32,
        colour,
        sun: [right / length, down / length],
        sunk: (sunk * reach) as f32,
        rim: (0.7 * stage.gsd).max(0.3) as f32,
    };
    stage.object(Class::StorageTank, order, &rings, 2.0, paint);
    if radius < 3.0 {
        return;
    }
    if floating {
        let ring = [span(pose, [0.0, -0.5], [radius * 0.94, 0.5])];
        stage.detail(order, &ring, 2.0, Plain::flat([0.55, 0.56, 0.57]));
    } else {
        let dot = pose.child(radius * 0.1, 0.0, 0.0);
        let ring = [ellipse(&dot, 0.6, 0.6, 10)];
        stage.detail(order, &ring, 2.0, Plain::flat([0.42, 0.43, 0.45]));
        // A stair down the side.
        let ring = [span(pose, [radius * 0.55, -0.35], [radius * 0.98, 0.35])];
        stage.detail(order, &ring, 2.0, Plain::flat([0.60, 0.61, 0.63]));
    }
}

/// Tanks of one size in a grid, each group within a low wall.
pub(crate) fn farm(stage: &mut Stage, pose: &Pose, along: f64, across: f64, draws: &mut Draws) {
    let order = crate::stage::order::LOT;
    let ring = [span(pose, [-along, -across], [along, across])];
    let base = draws.pick(&[[0.55, 0.52, 0.45], [0.46, 0.45, 0.42], [0.60, 0.56, 0.47]]);
    stage.ground(
        order,
        &ring,
        0.15,
        Plain::noisy(base, [0.08, 0.10, 0.05, 0.04]),
    );
    let radius = draws.range(4.0, 11.0).min(across * 0.8).min(along * 0.8);
    let gap = radius * draws.range(0.7, 1.3);
    let pitch = 2.0 * radius + gap;
    let columns = ((2.0 * along) / pitch) as usize;
    let rows = ((2.0 * across) / pitch) as usize;
    let height = draws.range(6.0, 13.0);
    let floating = draws.chance(0.35);
    let base = draws.pick(&[
        [0.88, 0.88, 0.86],
        [0.80, 0.80, 0.78],
        [0.66, 0.67, 0.67],
        [0.74, 0.70, 0.62],
    ]);
    for column in 0..columns {
        for row in 0..rows {
            let u = pitch * (column as f64 - 0.5 * (columns as f64 - 1.0));
            let v = pitch * (row as f64 - 0.5 * (rows as f64 - 1.0));
            let half = 0.5 * pitch - 0.4;
            for wall in [
                span(pose, [u - half, v - half], [u + half, v - half + 0.7]),
                span(pose, [u - half, v - half], [u - half + 0.7, v + half]),
                span(pose, [u - half, v + half - 0.7], [u + half, v + half]),
                span(pose, [u + half - 0.7, v - half], [u + half, v + half]),
            ] {
                stage.detail(order, &[wall], 0.4, Plain::flat([0.66, 0.64, 0.58]));
            }
            if draws.chance(0.9) {
                let at = pose.child(u, v, draws.angle());
                let size = if draws.chance(0.75) {
                    radius
                } else {
                    radius * draws.range(0.5, 0.9)
                };
                let colour = draws.tint(base, 0.04, 0.01);
                tank(stage, &at, size, height, colour, floating, draws);
            }
        }
    }
}
