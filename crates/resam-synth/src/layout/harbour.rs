//! A basin with quays, piers, ships and boats.

use super::{District, industrial};
use crate::geometry::{rectangle, span};
use crate::objects::{building, container, ship, tree, vehicle, water};
use crate::paints::Plain;
use crate::random::Draws;
use crate::stage::{Stage, order};

const STONE: [f32; 3] = [0.63, 0.61, 0.57];

/// Fills a district with a quay along one side and water before it.
pub(super) fn fill(stage: &mut Stage, district: &District, density: f64, draws: &mut Draws) {
    let (along, across) = (district.along, district.across);
    let quay = across * draws.range(-0.42, -0.08);
    let land = district.part([-along, along], [-across, quay]);
    industrial::fill(
        stage,
        &land.part(
            [-land.along, land.along],
            [-land.across, land.across - 16.0],
        ),
        density,
        draws,
    );
    apron(stage, district, quay, density, draws);
    let ring = rectangle(
        &district.part([-along, along], [quay, across]).pose,
        along,
        (across - quay) / 2.0,
    );
    let waves = draws.range(0.5, 1.0);
    water::sea(stage, ring, waves, draws);
    edge(stage, &district.pose, [-along, along], quay);
    let depth = across - quay;
    // Where it is too crowded for a ship under way: from, to, and how far out.
    let mut crowded: Vec<[f64; 3]> = Vec::new();
    let mut u = -along + draws.range(0.0, 30.0);
    while u < along - 60.0 {
        let reach = draws.range(0.4, 0.85) * depth.min(260.0);
        let from = u;
        let out = match draws.below(3) {
            0 => {
                // Ships lie on both sides of a pier.
                u += 38.0;
                u += pier(stage, district, [u, quay], reach, density, draws) + 38.0;
                reach
            }
            1 => {
                let out = reach.min(110.0);
                u += 16.0;
                u += marina(stage, district, [u, quay], out, density, draws);
                out
            }
            _ => {
                u += moored_at_quay(stage, district, [u, quay], density, draws);
                40.0
            }
        };
        crowded.push([from, u, quay + out]);
        u += draws.range(8.0, 60.0);
    }
    under_way(stage, district, quay, &crowded, density, draws);
}

/// The paved strip behind the quay, with lorries and cranes.
fn apron(stage: &mut Stage, district: &District, quay: f64, density: f64, draws: &mut Draws) {
    let ring = [span(
        &district.pose,
        [-district.along, quay - 18.0],
        [district.along, quay],
    )];
    stage.ground(
        order::PAVEMENT,
        &ring,
        0.14,
        Plain::hard(draws.tint(STONE, 0.04, 0.01)),
    );
    let mut u = -district.along;
    while u < district.along {
        let at = district
            .pose
            .child(u, quay - draws.range(6.0, 14.0), draws.around(0.05));
        if draws.chance(0.18 * density) {
            vehicle::lorry(stage, &at, draws);
        } else if draws.chance(0.12 * density) {
            vehicle::car(stage, &at, draws);
        }
        u += draws.range(9.0, 16.0);
    }
}

/// The light edge of a quay, and its shadow on the water if it lies so.
fn edge(stage: &mut Stage, pose: &crate::geometry::Pose, [from, to]: [f64; 2], at: f64) {
    let ring = [span(pose, [from, at - 1.2], [to, at])];
    stage.shadow(order::PAVEMENT - 0.1, &ring, 0.0, 2.5);
    stage.detail(
        order::PAVEMENT + 0.1,
        &ring,
        0.5,
        Plain::noisy([0.74, 0.72, 0.68], [0.0, 0.05, 0.05, 0.03]),
    );
}

/// A broad pier with ships on both sides; returns its width.
fn pier(
    stage: &mut Stage,
    district: &District,
    [u, quay]: [f64; 2],
    reach: f64,
    density: f64,
    draws: &mut Draws,
) -> f64 {
    let width = draws.range(18.0, 42.0);
    let part = district.part([u, u + width], [quay - 1.0, quay + reach]);
    let ring = [rectangle(&part.pose, part.along, part.across)];
    let level = order::PAVEMENT - 0.05;
    stage.shadow(level, &ring, 0.0, 2.5);
    stage.ground(
        level,
        &ring,
        0.16,
        Plain::hard(draws.tint(STONE, 0.05, 0.01)),
    );
    let rim = [rectangle(&part.pose, part.along - 0.6, part.across - 0.6)];
    stage.ground(
        level,
        &rim,
        0.14,
        Plain::hard(draws.tint([0.52, 0.51, 0.49], 0.06, 0.01)),
    );
    let lengthways = part.longways();
    if width > 30.0 && draws.chance(0.5) {
        building::hall(
            stage,
            &lengthways.pose,
            lengthways.along * 0.6,
            width * 0.24,
            draws,
        );
    } else if width > 26.0 {
        container::yard(
            stage,
            &lengthways.pose,
            lengthways.along - 8.0,
            width / 2.0 - 5.0,
            draws,
        );
    }
    for (side, turn) in [(1.0, 0.5), (-1.0, -0.5)] {
        let along = draws.range(0.3, 0.46) * reach;
        let off = width / 2.0 + along * 0.17 + 1.5;
        let beside = u + width / 2.0 + side * off;
        let room = beside.abs() + along * 0.2 < district.along;
        if along < 14.0 || !room || !draws.chance(0.85 * density.min(1.1)) {
            continue;
        }
        let turn = turn * std::f64::consts::PI
            + if draws.chance(0.5) {
                std::f64::consts::PI
            } else {
                0.0
            };
        let at = part.pose.child(side * off, reach * 0.5 - along - 4.0, turn);
        ship::cargo(stage, &at, along.min(95.0), false, draws);
    }
    width
}

/// Pontoons with boats; returns their width.
fn marina(
    stage: &mut Stage,
    district: &District,
    [u, quay]: [f64; 2],
    reach: f64,
    density: f64,
    draws: &mut Draws,
) -> f64 {
    let lanes = 2 + draws.below(3);
    let size = draws.range(3.6, 6.5);
    let pitch = 4.0 * size + 9.0;
    for lane in 0..lanes {
        let at = u + pitch * lane as f64;
        let ring = [span(
            &district.pose,
            [at - 1.0, quay],
            [at + 1.0, quay + reach],
        )];
        let level = order::PAVEMENT - 0.05;
        stage.shadow(level, &ring, 0.0, 0.6);
        stage.ground(level, &ring, 0.3, Plain::hard([0.62, 0.55, 0.46]));
        let mut v = quay + 5.0;
        while v + 3.0 < quay + reach {
            for (side, turn) in [(1.0, 0.0), (-1.0, std::f64::consts::PI)] {
                if draws.chance(0.8 * density.min(1.2)) {
                    let along = size * draws.range(0.72, 1.1);
                    let turn = turn
                        + if draws.chance(0.7) {
                            0.0
                        } else {
                            std::f64::consts::PI
                        };
                    let off = side * (along + 1.5);
                    let boat = district.pose.child(at + off, v, turn + draws.around(0.03));
                    ship::boat(stage, &boat, along, false, draws);
                }
            }
            v += size * 0.72 + 1.1;
        }
    }
    pitch * lanes as f64
}

/// Ships along the quay; returns the length that they occupy.
fn moored_at_quay(
    stage: &mut Stage,
    district: &District,
    [u, quay]: [f64; 2],
    density: f64,
    draws: &mut Draws,
) -> f64 {
    let along = draws.log_range(18.0, 75.0);
    let room = u + 2.0 * along < district.along;
    if room && draws.chance(0.9 * density.min(1.1)) {
        let turn = if draws.chance(0.5) {
            0.0
        } else {
            std::f64::consts::PI
        };
        let at = district
            .pose
            .child(u + along, quay + along * 0.17 + 2.0, turn);
        ship::cargo(stage, &at, along, false, draws);
    }
    if draws.chance(0.4) {
        let [x, y] = district.pose.place(u, quay - 17.0);
        tree::tree(stage, x, y, draws.range(2.0, 3.5), draws);
    }
    2.0 * along
}

/// Ships and boats in open water, those with room behind them with a wake, none close to another.
fn under_way(
    stage: &mut Stage,
    district: &District,
    quay: f64,
    crowded: &[[f64; 3]],
    density: f64,
    draws: &mut Draws,
) {
    let (along, across) = (district.along, district.across);
    let area = 2.0 * along * (across - quay);
    let count = (area / 6000.0 * density) as usize;
    let in_water =
        |u: f64, v: f64, room: f64| u.abs() + room < along && v + room < across && v - room > quay;
    let mut taken: Vec<[f64; 3]> = Vec::new();
    for _ in 0..count.min(600) {
        let large = draws.chance(0.2);
        let half = if large {
            draws.log_range(15.0, 50.0)
        } else {
            draws.log_range(3.0, 9.0)
        };
        let (u, v) = (draws.range(-along, along), draws.range(quay, across));
        let heading = draws.angle();
        let moving = draws.chance(0.75);
        let apart = taken.iter().all(|&[other_u, other_v, other]| {
            let (du, dv) = (u - other_u, v - other_v);
            (du * du + dv * dv).sqrt() > 2.5 * (half + other)
        });
        let room = half + 4.0;
        let free = crowded
            .iter()
            .all(|&[from, to, out]| u + room < from || u - room > to || v - room > out);
        if !apart || !free || !in_water(u, v, room) {
            continue;
        }
        taken.push([u, v, half]);
        // The longest wake ends here.
        let (sin, cos) = libm::sincos(heading);
        let behind = 8.0 * half + 10.0;
        let (end_u, end_v) = (u - cos * behind, v - sin * behind);
        let moving = moving && in_water(end_u, end_v, 0.3 * behind);
        let at = district.pose.child(u, v, heading);
        if large {
            ship::cargo(stage, &at, half, moving, draws);
        } else {
            ship::boat(stage, &at, half, moving, draws);
        }
    }
}
