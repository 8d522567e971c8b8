//! One thing in a photograph.

use super::palette::Palette;
use super::shapes::Shape;
use super::skin::Skin;
use crate::geometry::{Pose, Ring, moved};
use crate::random::Draws;
use crate::scene::Class;
use crate::stage::Stage;

/// A soft shadow: how far each of its layers lies off, and how dark it is.
const SOFT_STEPS: [(f64, f32); 6] = [
    (0.85, 1.0),
    (1.0, 0.84),
    (1.15, 0.66),
    (1.3, 0.46),
    (1.45, 0.27),
    (1.6, 0.12),
];

/// Where a thing goes and how large it is.
pub(super) struct Put {
    pub(super) pose: Pose,
    pub(super) order: f32,
    pub(super) radius: f64,
    /// Width over length.
    pub(super) slim: f64,
}

/// One thing: its shadow, its body, its parts. Parts and patterns belong to it.
pub(super) fn thing(
    stage: &mut Stage,
    put: &Put,
    shape: Shape,
    palette: &Palette,
    colour: [f32; 3],
    draws: &mut Draws,
) {
    let (along, across) = (put.radius, put.radius * put.slim);
    let corners = stage.corners(along).max(24);
    let rings = shape.rings(&put.pose, along, across, corners, draws);
    soft_shadow(stage, put, &rings, draws);
    let skin = Skin::draw(&put.pose, [along, across], colour, palette, draws);
    stage.object(Class::Thing, put.order, &rings, 0.5, skin);
    // Parts inside: a patch, a label, a lid, buttons.
    if shape.is_solid() && along > 5.0 && draws.chance(0.45) {
        let part_shape = Shape::draw_simple(draws);
        let second = if draws.chance(0.7) {
            palette.thing(draws)
        } else {
            draws.tint(colour, 0.25, 0.06)
        };
        let copies = draws.pick(&[1, 1, 1, 2, 3]);
        for copy in 0..copies {
            let share = draws.range(0.12, 0.42) / f64::from(copies);
            let u = along * 0.5 * (f64::from(copy) - 0.5 * f64::from(copies - 1));
            let pose = put
                .pose
                .child(u, across * draws.range(-0.15, 0.15), draws.range(-0.3, 0.3));
            let (along, across) = (along * share, across * share * draws.range(0.6, 1.2));
            let rings = part_shape.rings(&pose, along, across, 32, draws);
            let skin = Skin::draw(&pose, [along, across], second, palette, draws);
            stage.detail(put.order, &rings, 0.5, skin);
        }
    }
}

/// A shadow with a wide soft edge, made of a few that grow.
fn soft_shadow(stage: &mut Stage, put: &Put, rings: &[Ring], draws: &mut Draws) {
    if draws.chance(0.2) {
        return;
    }
    let height = (put.radius * draws.range(0.04, 0.25)).min(5.0);
    let strength = draws.range(0.35, 0.95) as f32;
    let [right, down] = stage.light.shadow;
    for (step, share) in SOFT_STEPS {
        let by = [right * height * step, down * height * step];
        let grown: Vec<Ring> = moved(rings, by)
            .into_iter()
            .map(|ring| grow(ring, put, by, 1.0 + 0.18 * (step - 1.0)))
            .collect();
        stage.dim(put.order, &grown, strength * share);
    }
}

/// The ring stretched about where the thing lies.
fn grow(ring: Ring, put: &Put, by: [f64; 2], factor: f64) -> Ring {
    let (x, y) = (put.pose.x + by[0], put.pose.y + by[1]);
    ring.into_iter()
        .map(|[px, py]| [x + (px - x) * factor, y + (py - y) * factor])
        .collect()
}
