//! Shipping containers, on deck and ashore.

use crate::geometry::{Pose, span};
use crate::paints::Plain;
use crate::random::Draws;
use crate::scene::Class;
use crate::stage::Stage;

const BOXES: [[f32; 3]; 8] = [
    [0.60, 0.26, 0.20],
    [0.24, 0.38, 0.52],
    [0.30, 0.46, 0.38],
    [0.74, 0.74, 0.72],
    [0.70, 0.48, 0.22],
    [0.46, 0.22, 0.20],
    [0.55, 0.56, 0.56],
    [0.20, 0.26, 0.36],
];

/// Containers stowed across a deck; they are part of the ship.
pub(super) fn stowed(
    stage: &mut Stage,
    pose: &Pose,
    [from, to]: [f64; 2],
    across: f64,
    order: f32,
    draws: &mut Draws,
) {
    let (length, width) = (12.6, 2.6);
    let rows = ((2.0 * across) / width) as usize;
    let mut u = from;
    while u + length < to {
        for row in 0..rows {
            if draws.chance(0.9) {
                let v = width * (row as f64 - 0.5 * rows as f64);
                let base = draws.pick(&BOXES);
                let colour = draws.tint(base, 0.08, 0.03);
                let ring = [span(
                    pose,
                    [u, v + 0.12],
                    [u + length - 0.5, v + width - 0.12],
                )];
                stage.detail(
                    order,
                    &ring,
                    2.6,
                    Plain::noisy(colour, [0.0, 0.04, 0.04, 0.02]),
                );
            }
        }
        u += length;
    }
}

/// Containers on a yard, each an object of its own.
pub(crate) fn yard(stage: &mut Stage, pose: &Pose, along: f64, across: f64, draws: &mut Draws) {
    let (length, width) = (12.2, 2.44);
    let mut v = -across;
    while v + 5.0 * width < across {
        let rows = 3 + draws.below(4);
        let mut u = -along;
        while u + length < along {
            let stacked = draws.range(0.3, 1.0);
            for row in 0..rows {
                if draws.chance(stacked) {
                    let height = 2.6 * (1 + draws.below(3)) as f64;
                    let low = v + (width + 0.35) * row as f64;
                    let ring = [span(pose, [u, low], [u + length, low + width])];
                    let base = draws.pick(&BOXES);
                    let colour = draws.tint(base, 0.08, 0.03);
                    let order = height as f32;
                    stage.shadow(order, &ring, 0.0, height);
                    let paint = Plain::noisy(colour, [0.0, 0.04, 0.04, 0.03]);
                    stage.object(Class::Container, order, &ring, 2.2, paint);
                }
            }
            u += length + draws.pick(&[0.5, 0.5, 0.5, 8.0]);
        }
        v += (width + 0.35) * rows as f64 + draws.range(7.0, 12.0);
    }
}
