//! Aeroplanes.

use crate::geometry::{Point, Pose, polygon};
use crate::noise::scaled;
use crate::paints::Plain;
use crate::random::Draws;
use crate::scene::Class;
use crate::stage::Stage;

/// Half of an airliner's outline from nose to tail, in half lengths.
const AIRLINER: [Point; 18] = [
    [1.0, 0.0],
    [0.97, 0.045],
    [0.90, 0.082],
    [0.80, 0.100],
    [0.34, 0.105],
    [-0.16, 0.86],
    [-0.17, 0.91],
    [-0.28, 0.92],
    [-0.08, 0.24],
    [-0.06, 0.105],
    [-0.50, 0.095],
    [-0.72, 0.070],
    [-0.90, 0.33],
    [-0.98, 0.34],
    [-0.93, 0.16],
    [-0.90, 0.045],
    [-0.97, 0.025],
    [-1.0, 0.0],
];

/// Half of a light aeroplane's outline.
const LIGHT: [Point; 14] = [
    [1.0, 0.0],
    [0.96, 0.10],
    [0.62, 0.15],
    [0.46, 0.16],
    [0.44, 1.28],
    [0.10, 1.30],
    [0.02, 0.16],
    [-0.55, 0.07],
    [-0.66, 0.06],
    [-0.68, 0.44],
    [-0.90, 0.45],
    [-0.94, 0.05],
    [-1.0, 0.03],
    [-1.0, 0.0],
];

fn mirrored(half: &[Point], along: f64) -> Vec<Point> {
    let other = half.iter().rev().skip(1).map(|&[u, v]| [u, -v]);
    let other: Vec<Point> = other.take(half.len() - 2).collect();
    half.iter()
        .copied()
        .chain(other)
        .map(|[u, v]| [u * along, v * along])
        .collect()
}

/// An aeroplane whose nose points along the pose, with this half length: an airliner from 10 m on.
pub(crate) fn aircraft(stage: &mut Stage, pose: &Pose, along: f64, draws: &mut Draws) {
    let airliner = along >= 10.0;
    let half: &[Point] = if airliner { &AIRLINER } else { &LIGHT };
    let height = if airliner { along * 0.20 } else { 2.2 };
    let order = height as f32;
    let rings = [polygon(pose, &mirrored(half, along))];
    stage.shadow(order, &rings, height * 0.4, height);
    let base = draws.pick(&[[0.92, 0.92, 0.92], [0.86, 0.87, 0.88], [0.80, 0.81, 0.82]]);
    let wing = draws.tint(base, 0.03, 0.01);
    let paint = Plain::noisy(scaled(wing, 0.90), [0.0, 0.03, 0.03, 0.02]);
    stage.object(Class::Aircraft, order, &rings, 2.4, paint);
    let width = if airliner { 0.10 } else { 0.13 };
    let body = |from: f64, to: f64, across: f64| {
        polygon(
            pose,
            &[
                [from * along, 0.0],
                [(from - 0.10) * along, across * along],
                [(to + 0.3) * along, across * along],
                [to * along, 0.0],
                [(to + 0.3) * along, -across * along],
                [(from - 0.10) * along, -across * along],
            ],
        )
    };
    stage.detail(
        order,
        &[body(1.0, -1.0, width * 0.9)],
        2.6,
        Plain::flat(wing),
    );
    let crest = scaled(wing, 1.06);
    stage.detail(
        order,
        &[body(0.9, -0.9, width * 0.4)],
        2.6,
        Plain::flat(crest),
    );
    let livery = draws.pick(&[
        [0.70, 0.16, 0.14],
        [0.16, 0.26, 0.52],
        [0.15, 0.42, 0.36],
        [0.80, 0.55, 0.15],
    ]);
    let fin = [polygon(
        pose,
        &[
            [-0.62 * along, 0.0],
            [-0.95 * along, 0.022 * along],
            [-0.98 * along, -0.022 * along],
        ],
    )];
    stage.detail(order, &fin, 2.4, Plain::flat(livery));
    let cockpit = [polygon(
        pose,
        &[
            [0.93 * along, 0.035 * along],
            [0.88 * along, 0.055 * along],
            [0.88 * along, -0.055 * along],
            [0.93 * along, -0.035 * along],
        ],
    )];
    stage.detail(order, &cockpit, 2.4, Plain::flat([0.15, 0.17, 0.2]));
    if airliner {
        for side in [-1.0, 1.0] {
            let engine = pose.child(0.20 * along, side * 0.34 * along, 0.0);
            let ring = [crate::geometry::rounded(
                &engine,
                0.095 * along,
                0.036 * along,
                0.5,
            )];
            stage.detail(order, &ring, 2.6, Plain::flat([0.62, 0.63, 0.65]));
        }
    }
}
