//! Sports grounds, groves, a pond, paths.

use super::District;
use crate::geometry::{Point, blob, rectangle, stroke};
use crate::objects::{building, court, tree, vehicle, water};
use crate::paints::{Mottled, Plain};
use crate::random::Draws;
use crate::stage::{Stage, order};

/// Fills a district with grounds, each in a part of its own.
pub(super) fn fill(stage: &mut Stage, district: &District, density: f64, draws: &mut Draws) {
    let ring = [rectangle(&district.pose, district.along, district.across)];
    let paint = Mottled {
        one: draws.tint([0.38, 0.46, 0.25], 0.05, 0.02),
        other: [0.47, 0.49, 0.31],
        scales: [0.5, 0.4, 0.2],
        balance: -0.1,
        grain: 0.07,
    };
    stage.ground(order::GROUND + 0.5, &ring, 0.26, paint);
    let largest = draws.range(120.0, 215.0);
    let mut paths = Vec::new();
    let parts = district.split(largest, &|_| 12.0, 0, draws, &mut |pose, along, _| {
        paths.push((pose, along));
    });
    for (pose, along) in paths {
        let swing = draws.range(-2.5, 2.5);
        let points: Vec<Point> = (-12..=12)
            .map(|step| {
                let share = f64::from(step) / 12.0;
                pose.place(share * (along + 6.0), swing * libm::sin(share * 6.0))
            })
            .collect();
        let path = [stroke(&points, 3.2)];
        stage.ground(
            order::PAVEMENT,
            &path,
            0.2,
            Plain::hard(draws.tint([0.68, 0.62, 0.52], 0.05, 0.01)),
        );
        for side in [-4.5, 4.5] {
            tree::avenue(stage, &pose, [-along, along], side, 10.0, draws);
        }
    }
    for part in parts {
        fill_part(stage, &part.inset(3.0), density, draws);
    }
}

fn fill_part(stage: &mut Stage, part: &District, density: f64, draws: &mut Draws) {
    let (along, across, pose) = (part.along, part.across, &part.pose);
    if along > 90.0 && across > 48.0 && draws.chance(0.6) {
        court::track(stage, pose, draws);
    } else if along > 50.0 && across > 32.0 && draws.chance(0.55) {
        // As many as there is room for, side by side.
        let length = draws.range(45.0, 53.0).min(across.max(50.0) - 2.0);
        if across > length {
            let count = ((2.0 * along) / 72.0) as usize;
            for number in 0..count {
                let u = 72.0 * (number as f64 - 0.5 * (count as f64 - 1.0));
                let at = pose.child(u, 0.0, std::f64::consts::FRAC_PI_2);
                court::pitch(stage, &at, length, 32.0, draws);
            }
        } else {
            court::pitch(stage, pose, length, 32.0, draws);
        }
    } else if draws.chance(0.62 * density.clamp(0.2, 1.3)) {
        courts(stage, part, draws);
    } else if draws.chance(0.5) {
        let size = across * draws.range(0.5, 0.75);
        let ring = blob(
            pose,
            size * draws.range(1.0, 1.5),
            size,
            0.22,
            5,
            stage.corners(size),
            draws,
        );
        water::inland(stage, ring, 2.0, draws);
        scattered(stage, part, density, draws);
    } else if draws.chance(0.6) {
        tree::grove(stage, pose, along, across, draws);
    } else {
        scattered(stage, part, density, draws);
    }
    for side in [-1.0, 1.0] {
        if draws.chance(0.6) {
            tree::avenue(stage, pose, [-along, along], side * across, 8.0, draws);
        }
    }
}

/// Tennis and basketball courts side by side, a club house, a car park.
fn courts(stage: &mut Stage, part: &District, draws: &mut Draws) {
    let tennis = draws.chance(0.65);
    let (depth, pitch) = if tennis { (18.3, 19.6) } else { (15.2, 19.0) };
    let rows = (part.across / (depth + 2.0)).max(1.0) as usize;
    let columns = ((2.0 * part.along - 30.0).max(pitch) / pitch) as usize;
    for row in 0..rows {
        for column in 0..columns {
            let u = -part.along + pitch * (column as f64 + 0.5);
            let v = (2.0 * depth + 3.0) * (row as f64 - 0.5 * (rows as f64 - 1.0));
            let at = part.pose.child(u, v, std::f64::consts::FRAC_PI_2);
            if !draws.chance(0.9) {
                continue;
            }
            if tennis {
                court::tennis(stage, &at, draws);
            } else {
                court::basketball(stage, &at, draws);
            }
        }
    }
    let end = part
        .part(
            [part.along - 24.0, part.along - 2.0],
            [-part.across, part.across],
        )
        .longways();
    let lot = end.part([-end.along, 0.0], [-end.across, end.across]);
    vehicle::car_park(stage, &lot.pose, lot.along, lot.across, 0.55, draws);
    let house = end.pose.child(end.along * 0.5, 0.0, 0.0);
    building::house(
        stage,
        &house,
        (end.along * 0.3).clamp(5.0, 11.0),
        5.0,
        draws,
    );
}

fn scattered(stage: &mut Stage, part: &District, density: f64, draws: &mut Draws) {
    let count = (part.along * part.across / 110.0 * density) as usize;
    for _ in 0..count.min(300) {
        let (u, v) = (draws.range(-1.0, 1.0), draws.range(-1.0, 1.0));
        if u * u + v * v > 0.5 {
            let [x, y] = part.pose.place(u * part.along, v * part.across);
            tree::tree(stage, x, y, draws.range(1.8, 4.6), draws);
        }
    }
}
