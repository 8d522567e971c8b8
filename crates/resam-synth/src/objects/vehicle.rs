//! Cars, vans, lorries.

use crate::geometry::{Pose, polygon, rounded, span};
use crate::paints::Plain;
use crate::random::Draws;
use crate::scene::Class;
use crate::stage::Stage;

const BODIES: [[f32; 3]; 12] = [
    [0.90, 0.90, 0.90],
    [0.88, 0.88, 0.87],
    [0.72, 0.73, 0.75],
    [0.62, 0.63, 0.65],
    [0.42, 0.43, 0.45],
    [0.20, 0.20, 0.22],
    [0.12, 0.12, 0.13],
    [0.60, 0.14, 0.12],
    [0.18, 0.28, 0.48],
    [0.70, 0.66, 0.56],
    [0.32, 0.16, 0.14],
    [0.25, 0.36, 0.30],
];

const GLASS: [f32; 3] = [0.13, 0.15, 0.18];

/// A car whose front looks along the pose.
pub(crate) fn car(stage: &mut Stage, pose: &Pose, draws: &mut Draws) {
    let along = draws.range(2.0, 2.45);
    let across = draws.range(0.85, 0.98);
    let base = draws.pick(&BODIES);
    let colour = draws.tint(base, 0.06, 0.01);
    let height = draws.range(1.4, 1.8);
    let order = height as f32;
    let rings = [rounded(pose, along, across, 0.45)];
    stage.shadow(order, &rings, 0.1, height * 0.8);
    let paint = Plain::noisy(colour, [0.0, 0.0, 0.05, 0.03]);
    stage.object(Class::Vehicle, order, &rings, 2.2, paint);
    // Windscreen and rear window as trapezes, narrow towards the roof.
    let inset = across * 0.80;
    let roof = across * 0.66;
    let screens = [
        [[0.42, inset], [0.42, -inset], [0.16, -roof], [0.16, roof]],
        [
            [-0.80, inset],
            [-0.80, -inset],
            [-0.56, -roof],
            [-0.56, roof],
        ],
    ];
    for screen in screens {
        let ring = [polygon(pose, &screen.map(|[u, v]| [u * along, v]))];
        stage.detail(order, &ring, 2.2, Plain::flat(GLASS));
    }
    let ring = [span(pose, [-0.54 * along, -roof], [0.15 * along, roof])];
    let lighter = colour.map(|channel| channel * 1.06 + 0.035);
    stage.detail(order, &ring, 2.2, Plain::flat(lighter));
}

/// A lorry: a cab and a long body.
pub(crate) fn lorry(stage: &mut Stage, pose: &Pose, draws: &mut Draws) {
    let along = draws.range(4.5, 7.5);
    let across = 1.25;
    let base = draws.pick(&BODIES);
    let cab = draws.tint(base, 0.05, 0.01);
    let base = draws.pick(&[
        [0.88, 0.88, 0.87],
        [0.80, 0.80, 0.78],
        [0.30, 0.42, 0.55],
        [0.60, 0.55, 0.48],
        [0.66, 0.3, 0.2],
    ]);
    let body = draws.tint(base, 0.05, 0.01);
    let order = 3.4;
    let rings = [rounded(pose, along, across, 0.15)];
    stage.shadow(order, &rings, 0.3, 3.4);
    let paint = Plain::noisy(body, [0.0, 0.03, 0.04, 0.03]);
    stage.object(Class::Vehicle, order, &rings, 2.5, paint);
    let front = along - 2.1;
    let ring = [span(pose, [front, -across], [along, across])];
    stage.detail(order, &ring, 2.5, Plain::flat(cab));
    let ring = [span(
        pose,
        [front - 0.35, -across * 0.9],
        [front, across * 0.9],
    )];
    stage.detail(order, &ring, 2.5, Plain::flat([0.12, 0.12, 0.12]));
    let ring = [span(
        pose,
        [along - 0.7, -across * 0.8],
        [along - 0.15, across * 0.8],
    )];
    stage.detail(order, &ring, 2.5, Plain::flat(GLASS));
}

/// Rows of parking bays in a rectangle, some of them taken.
pub(crate) fn car_park(
    stage: &mut Stage,
    pose: &Pose,
    along: f64,
    across: f64,
    share: f64,
    draws: &mut Draws,
) {
    let order = crate::stage::order::DRIVE;
    let base = draws.pick(&[[0.40, 0.40, 0.41], [0.47, 0.47, 0.47], [0.35, 0.35, 0.36]]);
    let ring = [span(pose, [-along, -across], [along, across])];
    stage.ground(
        order,
        &ring,
        0.12,
        Plain::hard(draws.tint(base, 0.04, 0.01)),
    );
    let (bay, depth, aisle) = (2.7, 5.2, 6.4);
    let mut v = -across + 0.6;
    let mut row = 0;
    while v + depth < across {
        let bays = ((2.0 * along - 2.0) / bay) as usize;
        for index in 0..=bays {
            let u = -along + 1.0 + bay * index as f64;
            let line = [span(pose, [u - 0.08, v], [u + 0.08, v + depth])];
            stage.detail(order, &line, 0.12, Plain::marking([0.85, 0.85, 0.83], 0.75));
            if index < bays && draws.chance(share) {
                let turn = if draws.chance(0.5) { 1.0 } else { -1.0 };
                let at = pose.child(
                    u + bay / 2.0 + draws.around(0.12),
                    v + depth / 2.0 + draws.around(0.2),
                    turn * std::f64::consts::FRAC_PI_2 + draws.around(0.02),
                );
                car(stage, &at, draws);
            }
        }
        // Two rows back to back, then an aisle.
        v += if row % 2 == 0 {
            depth + aisle
        } else {
            depth + 0.1
        };
        row += 1;
    }
}
