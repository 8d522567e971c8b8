//! Parcels of farmland.

use crate::geometry::{Pose, Ring, ellipse};
use crate::noise::scaled;
use crate::paints::{Mottled, Plain, Rows};
use crate::random::Draws;
use crate::scene::Class;
use crate::stage::{Stage, order};

/// A parcel under some crop, worked along the pose.
pub(crate) fn field(stage: &mut Stage, ring: Ring, pose: &Pose, draws: &mut Draws) {
    let rings = [ring];
    let noise = [0.10, 0.06, 0.05, 0.05];
    let frame = pose.frame();
    let level = order::LOT;
    match draws.below(7) {
        0 => {
            // Ploughed.
            let base = draws.pick(&[[0.47, 0.37, 0.28], [0.40, 0.32, 0.25], [0.55, 0.45, 0.35]]);
            let soil = draws.tint(base, 0.07, 0.02);
            let paint = Rows::new(frame, 1.6, stage.gsd, soil, scaled(soil, 0.84), noise);
            stage.object(Class::Field, level, &rings, 0.30, paint);
        }
        1 | 2 => {
            // Green rows on soil.
            let base = draws.pick(&[[0.33, 0.45, 0.21], [0.27, 0.40, 0.19], [0.41, 0.49, 0.25]]);
            let green = draws.tint(base, 0.07, 0.02);
            let gap = draws.pick(&[scaled(green, 0.86), [0.44, 0.39, 0.27]]);
            let period = draws.range(1.4, 2.8);
            let paint = Rows::new(frame, period, stage.gsd, green, gap, noise);
            stage.object(Class::Field, level, &rings, 0.34, paint);
            tramlines(stage, &rings[0], pose, 0.35, draws);
        }
        3 => {
            // Ripe grain with tramlines.
            let base = draws.pick(&[[0.70, 0.61, 0.39], [0.64, 0.57, 0.36], [0.74, 0.67, 0.48]]);
            let gold = draws.tint(base, 0.06, 0.02);
            let paint = Rows::new(frame, 0.9, stage.gsd, gold, scaled(gold, 0.93), noise);
            stage.object(Class::Field, level, &rings, 0.26, paint);
            tramlines(stage, &rings[0], pose, 0.5, draws);
        }
        4 => {
            // Mown in swaths.
            let base = draws.pick(&[[0.47, 0.52, 0.29], [0.55, 0.55, 0.34]]);
            let green = draws.tint(base, 0.06, 0.02);
            let paint = Rows {
                hardness: 2.5,
                ..Rows::new(
                    frame,
                    draws.range(5.0, 9.0),
                    stage.gsd,
                    green,
                    scaled(green, 0.88),
                    noise,
                )
            };
            stage.object(Class::Field, level, &rings, 0.24, paint);
        }
        _ => {
            // A meadow.
            let base = draws.pick(&[
                [0.36, 0.45, 0.24],
                [0.42, 0.47, 0.27],
                [0.48, 0.48, 0.30],
                [0.31, 0.41, 0.22],
            ]);
            let green = draws.tint(base, 0.06, 0.02);
            let paint = Mottled {
                one: green,
                other: draws.pick(&[[0.52, 0.49, 0.33], scaled(green, 0.8), [0.44, 0.48, 0.26]]),
                scales: [0.5, 0.35, 0.15],
                balance: draws.range(-0.5, 0.2) as f32,
                grain: 0.07,
            };
            stage.object(Class::Field, level, &rings, 0.28, paint);
        }
    }
}

/// The lines that a sprayer drives along, clipped to the field by staying off its ends.
fn tramlines(stage: &mut Stage, ring: &Ring, pose: &Pose, opacity: f32, draws: &mut Draws) {
    let spacing = draws.pick(&[18.0, 24.0, 30.0]);
    let half = 0.35_f64.max(0.35 * stage.gsd) / 2.0;
    let Some([low, high]) = across_range(ring, pose) else {
        return;
    };
    let mut v = low + spacing / 2.0;
    while v < high {
        for track in [-0.95, 0.95] {
            let at = v + track;
            if let Some([from, to]) = chord(ring, pose, at) {
                let line = [crate::geometry::span(
                    pose,
                    [from, at - half],
                    [to, at + half],
                )];
                let paint = Plain {
                    opacity,
                    ..Plain::noisy([0.42, 0.36, 0.26], [0.0, 0.1, 0.1, 0.0])
                };
                stage.detail(order::LOT, &line, 0.28, paint);
            }
        }
        v += spacing;
    }
}

fn local(pose: &Pose, [x, y]: [f64; 2]) -> [f64; 2] {
    let (dx, dy) = (x - pose.x, y - pose.y);
    [dx * pose.cos + dy * pose.sin, dy * pose.cos - dx * pose.sin]
}

fn across_range(ring: &Ring, pose: &Pose) -> Option<[f64; 2]> {
    let across = ring.iter().map(|&point| local(pose, point)[1]);
    across.fold(None, |range: Option<[f64; 2]>, v| {
        Some(range.map_or([v, v], |[low, high]| [low.min(v), high.max(v)]))
    })
}

/// Where a line along the pose enters and leaves a convex ring, a metre inside.
fn chord(ring: &Ring, pose: &Pose, across: f64) -> Option<[f64; 2]> {
    let mut ends: Option<[f64; 2]> = None;
    for (&start, &end) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        let ([from_u, from_v], [to_u, to_v]) = (local(pose, start), local(pose, end));
        if (from_v < across) != (to_v < across) {
            let u = from_u + (to_u - from_u) * (across - from_v) / (to_v - from_v);
            ends = Some(ends.map_or([u, u], |[low, high]| [low.min(u), high.max(u)]));
        }
    }
    ends.map(|[low, high]| [low + 1.0, high - 1.0])
        .filter(|[low, high]| low < high)
}

/// A round field watered by an arm that turns about its middle.
pub(crate) fn pivot(stage: &mut Stage, pose: &Pose, radius: f64, draws: &mut Draws) {
    let ring = ellipse(pose, radius, radius, stage.corners(radius));
    field(stage, ring, pose, draws);
    let arm = pose.child(0.0, 0.0, draws.angle());
    let line = [crate::geometry::span(
        &arm,
        [0.0, -0.4],
        [radius - 1.0, 0.4],
    )];
    stage.detail(order::LOT, &line, 0.8, Plain::flat([0.66, 0.66, 0.66]));
}

/// An orchard: grass, which is the field, under rows of trees.
pub(crate) fn orchard(stage: &mut Stage, pose: &Pose, along: f64, across: f64, draws: &mut Draws) {
    let ring = [crate::geometry::rectangle(pose, along, across)];
    let paint = Mottled {
        one: [0.42, 0.46, 0.27],
        other: [0.52, 0.47, 0.34],
        scales: [0.4, 0.4, 0.2],
        balance: draws.range(-0.4, 0.4) as f32,
        grain: 0.06,
    };
    stage.object(Class::Field, order::LOT, &ring, 0.28, paint);
    let colour = super::tree::kind(draws);
    let radius = draws.range(1.5, 2.4);
    let (row_pitch, tree_pitch) = (radius * 2.9, radius * 2.3);
    let mut v = -across + row_pitch * 0.6;
    while v < across - radius {
        let mut u = -along + tree_pitch * 0.6;
        while u < along - radius {
            if draws.chance(0.94) {
                let at = pose.place(u + draws.around(0.15), v + draws.around(0.15));
                let tint = draws.tint(colour, 0.06, 0.01);
                let size = radius * draws.range(0.85, 1.1);
                super::tree::plant(stage, at, size, size * 1.6, tint, draws);
            }
            u += tree_pitch;
        }
        v += row_pitch;
    }
}
