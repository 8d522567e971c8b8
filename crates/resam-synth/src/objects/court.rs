//! Sports courts, pitches, running tracks, swimming pools.

use crate::geometry::{Point, Pose, Ring, ellipse, hole, outer, polygon, rectangle, rounded, span};
use crate::noise::scaled;
use crate::paints::{Plain, Rows};
use crate::random::Draws;
use crate::scene::Class;
use crate::stage::{Stage, order};

const WHITE: [f32; 3] = [0.90, 0.90, 0.88];

/// Lines between points along and across, of this width in metres.
fn lines(stage: &mut Stage, pose: &Pose, segments: &[[f64; 4]], width: f64) {
    let half = width.max(0.35 * stage.gsd) / 2.0;
    for &[from_u, from_v, to_u, to_v] in segments {
        let (low_u, high_u) = (from_u.min(to_u) - half, from_u.max(to_u) + half);
        let (low_v, high_v) = (from_v.min(to_v) - half, from_v.max(to_v) + half);
        let ring = [span(pose, [low_u, low_v], [high_u, high_v])];
        stage.detail(order::LINE, &ring, 0.15, Plain::marking(WHITE, 0.9));
    }
}

/// The four sides of a rectangle as lines.
fn frame(along: f64, across: f64) -> [[f64; 4]; 4] {
    [
        [-along, -across, along, -across],
        [-along, across, along, across],
        [-along, -across, -along, across],
        [along, -across, along, across],
    ]
}

/// A circle as a line.
fn circle(stage: &mut Stage, pose: &Pose, at: Point, radius: f64, width: f64) {
    let half = width.max(0.35 * stage.gsd) / 2.0;
    let pose = pose.child(at[0], at[1], 0.0);
    let corners = stage.corners(radius).max(20);
    let rings = [
        outer(ellipse(&pose, radius + half, radius + half, corners)),
        hole(ellipse(&pose, radius - half, radius - half, corners)),
    ];
    stage.detail(order::LINE, &rings, 0.15, Plain::marking(WHITE, 0.9));
}

/// A tennis court; 36.6 by 18.3 m with its surround.
pub(crate) fn tennis(stage: &mut Stage, pose: &Pose, draws: &mut Draws) {
    let (inner, surround) = draws.pick(&[
        ([0.25, 0.38, 0.55], [0.30, 0.46, 0.33]),
        ([0.62, 0.37, 0.25], [0.55, 0.34, 0.24]),
        ([0.28, 0.45, 0.31], [0.50, 0.30, 0.25]),
        ([0.23, 0.33, 0.50], [0.23, 0.33, 0.50]),
    ]);
    let noise = [0.05, 0.05, 0.02, 0.02];
    let ring = [rectangle(pose, 18.3, 9.15)];
    let paint = Plain::noisy(draws.tint(surround, 0.05, 0.02), noise);
    stage.object(Class::SportsCourt, order::COURT, &ring, 0.12, paint);
    let ring = [rectangle(pose, 11.89, 5.49)];
    stage.detail(order::COURT, &ring, 0.12, Plain::noisy(inner, noise));
    lines(stage, pose, &frame(11.89, 5.49), 0.12);
    lines(
        stage,
        pose,
        &[
            [-11.89, -4.12, 11.89, -4.12],
            [-11.89, 4.12, 11.89, 4.12],
            [-6.4, -4.12, -6.4, 4.12],
            [6.4, -4.12, 6.4, 4.12],
            [-6.4, 0.0, 6.4, 0.0],
        ],
        0.1,
    );
    let net = [span(pose, [-0.1, -6.2], [0.1, 6.2])];
    stage.detail(
        order::LINE,
        &net,
        0.3,
        Plain::glaze([0.20, 0.21, 0.22], 0.7),
    );
}

/// A basketball court, 30 by 17 m.
pub(crate) fn basketball(stage: &mut Stage, pose: &Pose, draws: &mut Draws) {
    let (floor, key) = draws.pick(&[
        ([0.42, 0.43, 0.45], [0.42, 0.43, 0.45]),
        ([0.27, 0.42, 0.34], [0.56, 0.30, 0.24]),
        ([0.58, 0.34, 0.27], [0.27, 0.38, 0.52]),
    ]);
    let ring = [rectangle(pose, 15.2, 8.6)];
    let paint = Plain::noisy(draws.tint(floor, 0.05, 0.02), [0.04, 0.06, 0.02, 0.02]);
    stage.object(Class::SportsCourt, order::COURT, &ring, 0.12, paint);
    for side in [-1.0, 1.0] {
        let at = pose.child(side * 11.1, 0.0, 0.0);
        let ring = [rectangle(&at, 2.9, 2.45)];
        stage.detail(
            order::COURT,
            &ring,
            0.12,
            Plain::noisy(key, [0.0, 0.05, 0.02, 0.02]),
        );
        lines(stage, &at, &frame(2.9, 2.45), 0.1);
        circle(stage, pose, [side * 8.2, 0.0], 1.8, 0.1);
    }
    lines(stage, pose, &frame(14.0, 7.5), 0.1);
    lines(stage, pose, &[[0.0, -7.5, 0.0, 7.5]], 0.1);
    circle(stage, pose, [0.0, 0.0], 1.8, 0.1);
}

/// A football pitch of this half length and half width, mown in stripes.
pub(crate) fn pitch(stage: &mut Stage, pose: &Pose, along: f64, across: f64, draws: &mut Draws) {
    let base = draws.pick(&[
        [0.32, 0.47, 0.22],
        [0.29, 0.44, 0.25],
        [0.40, 0.48, 0.27],
        [0.22, 0.42, 0.26],
    ]);
    let grass = draws.tint(base, 0.06, 0.02);
    let turned = pose.child(0.0, 0.0, std::f64::consts::FRAC_PI_2);
    let paint = Rows {
        hardness: 5.0,
        ..Rows::new(
            turned.frame(),
            draws.range(9.0, 13.0),
            stage.gsd,
            grass,
            scaled(grass, 0.90),
            [0.06, 0.08, 0.06, 0.06],
        )
    };
    let ring = [rectangle(pose, along, across)];
    stage.object(Class::SportsCourt, order::COURT, &ring, 0.2, paint);
    let (u, v) = (along - 3.0, across - 3.0);
    let scale = (v / 32.0).min(1.0);
    lines(stage, pose, &frame(u, v), 0.14);
    lines(stage, pose, &[[0.0, -v, 0.0, v]], 0.14);
    circle(stage, pose, [0.0, 0.0], 9.15 * scale, 0.14);
    for side in [-1.0, 1.0] {
        for (depth, half) in [(16.5 * scale, 20.15 * scale), (5.5 * scale, 9.15 * scale)] {
            let inner = side * (u - depth);
            lines(
                stage,
                pose,
                &[
                    [inner, -half, inner, half],
                    [inner, -half, side * u, -half],
                    [inner, half, side * u, half],
                ],
                0.14,
            );
        }
    }
}

/// A running track of 400 m around a pitch.
pub(crate) fn track(stage: &mut Stage, pose: &Pose, draws: &mut Draws) {
    let (straight, radius, lanes) = (42.2, 36.5, 9.8);
    let clay = draws.pick(&[[0.60, 0.32, 0.25], [0.55, 0.35, 0.28], [0.30, 0.40, 0.55]]);
    let rings = [
        outer(oval(pose, straight, radius + lanes)),
        hole(oval(pose, straight, radius)),
    ];
    let paint = Plain::noisy(clay, [0.05, 0.05, 0.03, 0.03]);
    stage.object(Class::SportsCourt, order::COURT, &rings, 0.12, paint);
    for lane in 0..=8 {
        let at = radius + lanes * f64::from(lane) / 8.0;
        let half = 0.06_f64.max(0.15 * stage.gsd);
        let rings = [
            outer(oval(pose, straight, at + half)),
            hole(oval(pose, straight, at - half)),
        ];
        stage.detail(order::LINE, &rings, 0.12, Plain::marking(WHITE, 0.55));
    }
    pitch(stage, pose, 48.0, 31.0, draws);
}

/// Two straights and two half circles.
fn oval(pose: &Pose, straight: f64, radius: f64) -> Ring {
    let mut points = Vec::with_capacity(98);
    for (side, start) in [(1.0, -0.5), (-1.0, 0.5)] {
        for corner in 0..=48 {
            let angle = (start + f64::from(corner) / 48.0) * std::f64::consts::PI;
            let (sin, cos) = libm::sincos(angle);
            points.push([side * straight + radius * cos, radius * sin]);
        }
    }
    polygon(pose, &points)
}

/// A swimming pool in its paved surround.
pub(crate) fn pool(stage: &mut Stage, pose: &Pose, along: f64, across: f64, draws: &mut Draws) {
    let stone = draws.pick(&[[0.72, 0.69, 0.63], [0.66, 0.65, 0.63], [0.62, 0.52, 0.43]]);
    let ring = [rounded(pose, along + 1.3, across + 1.3, 0.6)];
    stage.ground(order::DRIVE, &ring, 0.15, Plain::hard(stone));
    let base = draws.pick(&[[0.32, 0.66, 0.76], [0.26, 0.58, 0.72], [0.42, 0.72, 0.74]]);
    let colour = draws.tint(base, 0.05, 0.02);
    let ring = [if draws.chance(0.7) {
        rounded(pose, along, across, 0.5)
    } else {
        ellipse(pose, along, across, 28)
    }];
    let paint = Plain::noisy(colour, [0.0, 0.06, 0.06, 0.02]);
    stage.object(Class::Pool, order::COURT, &ring, 0.02, paint);
}
