//! Houses in gardens along streets.

use super::District;
use crate::geometry::{Pose, rectangle, span};
use crate::objects::{building, court, road, tree, vehicle};
use crate::paints::{Mottled, Plain};
use crate::random::Draws;
use crate::stage::{Stage, order};

/// Fills a district with rows of lots along streets that run along it.
pub(super) fn fill(stage: &mut Stage, district: &District, density: f64, draws: &mut Draws) {
    let (along, across) = (district.along, district.across);
    let rows = ((2.0 * across) / draws.range(66.0, 78.0)).round().max(1.0);
    let pitch = 2.0 * across / rows;
    let kind = draws.pick(&[0.8, 1.0, 1.0, 1.25]);
    for row in 0..rows as usize {
        let v = -across + pitch * (row as f64 + 0.5);
        let street = district.pose.child(0.0, v, 0.0);
        let width = draws.range(6.2, 7.6);
        road::street(stage, &street, along + 4.0, width, true, draws);
        road::traffic(stage, &street, along, width, 0.8 * density, draws);
        for end in [-1.0, 1.0] {
            if draws.chance(0.5) {
                road::crossing(stage, &street.child(end * (along - 5.0), 0.0, 0.0), width);
            }
        }
        for side in [0.0, std::f64::consts::PI] {
            let half = street.child(0.0, 0.0, side);
            let front = width / 2.0 + 2.2;
            if draws.chance(0.1) {
                green(stage, &half, along, [front, pitch / 2.0], draws);
                continue;
            }
            if draws.chance(0.5) {
                let spacing = draws.range(9.0, 14.0);
                tree::avenue(stage, &half, [-along, along], front + 0.8, spacing, draws);
            }
            let mut u = -along;
            while u + 11.0 < along {
                let lot = (draws.range(15.0, 23.0) * kind).min(along - u);
                let middle = half.child(u + lot / 2.0, 0.0, 0.0);
                fill_lot(
                    stage,
                    &middle,
                    lot / 2.0,
                    [front, pitch / 2.0],
                    density,
                    draws,
                );
                u += lot;
            }
            parked(stage, &half, along, width, density, draws);
        }
    }
}

/// One garden with its house; `v` runs from the street to the back.
fn fill_lot(
    stage: &mut Stage,
    pose: &Pose,
    half: f64,
    [front, back]: [f64; 2],
    density: f64,
    draws: &mut Draws,
) {
    lawn(stage, pose, half, [front, back], draws);
    let depth = back - front;
    if !draws.chance(0.94 * density.clamp(0.05, 1.0)) || depth < 14.0 {
        for _ in 0..3 + draws.below(4) {
            let at = pose.place(draws.range(-half, half), draws.range(front, back));
            tree::tree(stage, at[0], at[1], draws.range(1.8, 4.2), draws);
        }
        return;
    }
    let setback = draws.range(4.5, 8.0).min(depth * 0.3);
    let turned = draws.chance(0.25);
    let (mut along, mut across) = (draws.range(5.8, 9.0), draws.range(4.2, 5.8));
    along = along.min(half - 1.6).max(3.2);
    across = across.min(depth * 0.24);
    if turned {
        std::mem::swap(&mut along, &mut across);
        along = along.min(half - 1.6).max(3.2);
    }
    let slack = (half - along - 3.6).max(0.0);
    let drive_side = if draws.chance(0.5) { 1.0 } else { -1.0 };
    let house_v = front + setback + across;
    // The back of the house has room for a wing.
    let turn = if turned {
        std::f64::consts::FRAC_PI_2
    } else {
        0.0
    };
    let (house_along, house_across) = if turned {
        (across, along)
    } else {
        (along, across)
    };
    let house = pose.child(
        -drive_side * slack.min(1.5),
        house_v,
        turn + draws.around(0.015),
    );
    // The drive runs from the street to the side of the house.
    let drive_u = drive_side * (half - 2.2);
    let base = draws.pick(&[
        [0.60, 0.58, 0.55],
        [0.47, 0.46, 0.45],
        [0.62, 0.52, 0.44],
        [0.68, 0.66, 0.62],
    ]);
    let paint = Plain::hard(draws.tint(base, 0.06, 0.01));
    let drive_end = house_v + across * draws.range(-0.4, 1.0);
    let ring = [span(
        pose,
        [drive_u - 1.6, front - 2.4],
        [drive_u + 1.6, drive_end],
    )];
    stage.ground(order::DRIVE, &ring, 0.14, paint);
    let path = [span(pose, [-0.6, front - 1.0], [0.6, front + setback])];
    stage.ground(order::DRIVE, &path, 0.14, paint);
    building::house(stage, &house, house_along, house_across, draws);
    if draws.chance(0.55 * density.min(1.5)) {
        let turn = draws.pick(&[0.5, -0.5]) * std::f64::consts::PI;
        let v = draws.range(front + 2.5, (drive_end - 2.5).max(front + 2.6));
        vehicle::car(
            stage,
            &pose.child(drive_u, v, turn + draws.around(0.03)),
            draws,
        );
    }
    behind_the_house(stage, pose, half, [house_v + across, back], draws);
    hedges(stage, pose, half, [front + 1.0, back], draws);
    for _ in 0..(draws.range(0.0, 2.4) * density) as usize {
        let at = pose.place(
            draws.range(-half, half) * 0.8,
            front + draws.range(0.5, 1.0) * setback * 0.6,
        );
        tree::tree(stage, at[0], at[1], draws.range(0.9, 2.2), draws);
    }
}

fn lawn(stage: &mut Stage, pose: &Pose, half: f64, [front, back]: [f64; 2], draws: &mut Draws) {
    let base = draws.pick(&[
        [0.38, 0.46, 0.25],
        [0.42, 0.48, 0.28],
        [0.46, 0.48, 0.30],
        [0.33, 0.42, 0.23],
        [0.54, 0.50, 0.35],
    ]);
    let grass = draws.tint(base, 0.05, 0.02);
    let paint = Mottled {
        one: grass,
        other: draws.pick(&[[0.52, 0.48, 0.34], [0.36, 0.44, 0.24], [0.50, 0.50, 0.33]]),
        scales: [0.2, 0.5, 0.25],
        balance: draws.range(-0.6, 0.1) as f32,
        grain: 0.07,
    };
    let ring = [span(pose, [-half, front], [half, back])];
    stage.ground(order::LOT, &ring, 0.26, paint);
}

/// Terrace, pool, shed, trees.
fn behind_the_house(
    stage: &mut Stage,
    pose: &Pose,
    half: f64,
    [from, back]: [f64; 2],
    draws: &mut Draws,
) {
    if draws.chance(0.6) {
        let stone = draws.tint([0.66, 0.62, 0.56], 0.08, 0.02);
        let reach = draws.range(2.0, 4.0);
        let u = draws.range(-0.3, 0.3) * half;
        let ring = [span(pose, [u - 3.0, from - 0.5], [u + 3.0, from + reach])];
        stage.ground(order::DRIVE, &ring, 0.15, Plain::hard(stone));
    }
    let room = back - from;
    if room > 13.0 && half > 6.5 && draws.chance(0.2) {
        let at = pose.child(
            draws.range(-0.3, 0.3) * half,
            from + room * 0.5,
            draws.pick(&[0.0, std::f64::consts::FRAC_PI_2]),
        );
        court::pool(
            stage,
            &at,
            draws.range(3.4, 4.8),
            draws.range(1.8, 2.4),
            draws,
        );
    }
    if room > 8.0 && draws.chance(0.45) {
        let side = if draws.chance(0.5) { 1.0 } else { -1.0 };
        let at = pose.child(side * (half - 2.8), back - 2.6, 0.0);
        building::shed(
            stage,
            &at,
            draws.range(1.3, 2.2),
            draws.range(1.1, 1.7),
            draws,
        );
    }
    for _ in 0..draws.below(7) {
        let at = pose.place(
            draws.range(-1.0, 1.0) * half,
            back - draws.range(0.0, 0.75) * (room - 3.5).max(0.5),
        );
        tree::tree(stage, at[0], at[1], draws.log_range(1.1, 4.6), draws);
    }
}

/// Hedges or fences between gardens, with their small shadows.
fn hedges(stage: &mut Stage, pose: &Pose, half: f64, [front, back]: [f64; 2], draws: &mut Draws) {
    let hedge = draws.chance(0.5);
    let width = if hedge {
        draws.range(0.4, 0.7)
    } else {
        0.09_f64.max(0.3 * stage.gsd)
    };
    let colour = if hedge {
        [0.24, 0.33, 0.17]
    } else {
        [0.55, 0.47, 0.38]
    };
    let noise = if hedge {
        [0.0, 0.15, 0.25, 0.15]
    } else {
        [0.0, 0.05, 0.05, 0.0]
    };
    let sides = [
        span(pose, [half - width, front], [half + width, back]),
        span(pose, [-half, back - width], [half, back + width]),
    ];
    for side in sides {
        if draws.chance(0.8) {
            let ring = [side];
            stage.shadow(1.4, &ring, 0.0, 1.4);
            stage.ground(1.4, &ring, 0.4, Plain::noisy(colour, noise));
        }
    }
}

/// A green with trees and a court between the houses.
fn green(stage: &mut Stage, pose: &Pose, along: f64, [front, back]: [f64; 2], draws: &mut Draws) {
    let middle = (front + back) / 2.0;
    let depth = (back - front) / 2.0;
    lawn(stage, pose, along, [front, back], draws);
    let mut u = -along + 22.0;
    while u + 22.0 < along {
        let at = pose.child(u, middle, 0.0);
        match draws.below(4) {
            0 if depth > 11.0 => court::tennis(stage, &at, draws),
            1 if depth > 10.0 => court::basketball(stage, &at, draws),
            2 => tree::grove(stage, &at, 16.0, depth * 0.9, draws),
            _ => {
                for _ in 0..5 {
                    let [x, y] = at.place(draws.range(-18.0, 18.0), draws.range(-depth, depth));
                    tree::tree(stage, x, y, draws.range(2.0, 4.5), draws);
                }
            }
        }
        u += 46.0;
    }
    let ring = [rectangle(&pose.child(0.0, front + 2.0, 0.0), along, 0.9)];
    stage.ground(order::DRIVE, &ring, 0.2, Plain::hard([0.66, 0.60, 0.50]));
}

/// Cars at the kerb.
fn parked(stage: &mut Stage, pose: &Pose, along: f64, width: f64, density: f64, draws: &mut Draws) {
    let mut u = -along + 4.0;
    while u + 4.0 < along {
        if draws.chance(0.16 * density) {
            let at = pose.child(u, width / 2.0 - 1.1, draws.around(0.02));
            vehicle::car(stage, &at, draws);
        }
        u += draws.range(5.6, 7.0);
    }
}
