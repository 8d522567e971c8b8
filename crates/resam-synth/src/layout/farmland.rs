//! Fields, hedges, farmsteads, ponds, a river.

use super::District;
use crate::geometry::{Point, blob, polygon, stroke};
use crate::objects::{building, field, road, tree, vehicle, water};
use crate::paints::Plain;
use crate::random::Draws;
use crate::stage::{Stage, order};

/// Fills a district with parcels.
pub(super) fn fill(stage: &mut Stage, district: &District, density: f64, draws: &mut Draws) {
    // A river has a strip of its own along one side.
    let whole = district.longways();
    let strip = 44.0;
    let district = if whole.across > 1.5 * strip && draws.chance(0.5) {
        let split = whole.across - strip;
        let all = [-whole.along, whole.along];
        river(stage, &whole.part(all, [split, whole.across]), draws);
        whole.part(all, [-whole.across, split])
    } else {
        whole
    };
    let largest = draws.range(110.0, 210.0);
    let mut cuts = Vec::new();
    let parcels = district.split(largest, &|_| 5.0, 0, draws, &mut |pose, along, _| {
        cuts.push((pose, along));
    });
    for (pose, along) in cuts {
        if draws.chance(0.4) {
            let wobble = draws.range(-1.0, 1.0);
            let points: Vec<Point> = (-8..=8)
                .map(|step| {
                    let share = f64::from(step) / 8.0;
                    pose.place(along * share, wobble * libm::sin(share * 7.0))
                })
                .collect();
            road::track(stage, &points, 3.0, draws);
        } else if draws.chance(0.7) {
            let gaps = draws.range(5.0, 9.0);
            tree::avenue(stage, &pose, [-along, along], 0.0, gaps, draws);
        }
    }
    for parcel in parcels {
        fill_parcel(stage, &parcel, density, draws);
    }
}

fn fill_parcel(stage: &mut Stage, parcel: &District, density: f64, draws: &mut Draws) {
    let (along, across) = (parcel.along, parcel.across);
    if along < 12.0 || across < 10.0 {
        return;
    }
    match draws.unit() {
        share if share < 0.10 => farmstead(stage, parcel, density, draws),
        share if share < 0.18 => {
            let inner = parcel.inset(1.0);
            field::orchard(stage, &inner.pose, inner.along, inner.across, draws);
        }
        share if share < 0.24 => {
            // A wood.
            let ring = [crate::geometry::rectangle(&parcel.pose, along, across)];
            stage.ground(
                order::LOT,
                &ring,
                0.3,
                Plain::noisy([0.28, 0.31, 0.19], [0.1, 0.15, 0.15, 0.1]),
            );
            tree::grove(stage, &parcel.pose, along * 1.1, across * 1.1, draws);
        }
        share if share < 0.32 && across > 0.8 * along => {
            field::pivot(stage, &parcel.pose, across * 0.97, draws);
        }
        _ => {
            // Corners are seldom square.
            let mut corner = |u: f64, v: f64| {
                [
                    u * (along - draws.range(0.0, 0.06) * across),
                    v * (across - draws.range(0.0, 0.06) * across),
                ]
            };
            let points = [
                corner(-1.0, -1.0),
                corner(1.0, -1.0),
                corner(1.0, 1.0),
                corner(-1.0, 1.0),
            ];
            let worked = if draws.chance(0.8) {
                0.0
            } else {
                std::f64::consts::FRAC_PI_2
            };
            let pose = parcel.pose.child(0.0, 0.0, worked);
            field::field(stage, polygon(&parcel.pose, &points), &pose, draws);
            if draws.chance(0.12) {
                pond(stage, parcel, draws);
            }
            for _ in 0..(draws.range(0.0, 3.0) * density) as usize {
                let [x, y] = parcel.pose.place(
                    draws.range(-0.95, 0.95) * along,
                    draws.pick(&[-0.96, 0.96]) * across,
                );
                tree::tree(stage, x, y, draws.range(2.5, 5.0), draws);
            }
        }
    }
}

fn pond(stage: &mut Stage, parcel: &District, draws: &mut Draws) {
    let size = draws.range(0.15, 0.3) * parcel.across;
    let at = parcel.pose.child(
        draws.range(-0.5, 0.5) * parcel.along,
        draws.range(-0.5, 0.5) * parcel.across,
        draws.angle(),
    );
    let ring = blob(&at, size * 1.3, size, 0.22, 5, stage.corners(size), draws);
    water::inland(stage, ring, 1.8, draws);
}

/// A yard with house, barns, silos of hay and vehicles among trees.
fn farmstead(stage: &mut Stage, parcel: &District, density: f64, draws: &mut Draws) {
    let ground = crate::paints::Mottled {
        one: [0.58, 0.53, 0.43],
        other: [0.42, 0.46, 0.28],
        scales: [0.4, 0.5, 0.2],
        balance: 0.1,
        grain: 0.06,
    };
    let ring = [crate::geometry::rectangle(
        &parcel.pose,
        parcel.along,
        parcel.across,
    )];
    stage.ground(order::LOT, &ring, 0.22, ground);
    let angle = draws.range(-0.2, 0.2);
    let pose = parcel.pose.child(0.0, 0.0, angle);
    let room = parcel.across.min(60.0);
    building::house(
        stage,
        &pose.child(-room * 0.45, -room * 0.3, 0.0),
        8.0,
        5.0,
        draws,
    );
    for (u, v, turn) in [
        (0.25, -0.42, 0.0),
        (0.55, 0.2, std::f64::consts::FRAC_PI_2),
        (-0.2, 0.45, 0.0),
    ] {
        if draws.chance(0.85) {
            let at = pose.child(room * u, room * v, turn);
            building::barn(
                stage,
                &at,
                draws.range(10.0, 19.0).min(room * 0.45),
                draws.range(5.0, 8.0),
                draws,
            );
        }
    }
    for number in 0..draws.below(4) {
        let at = pose.child(room * 0.12 + 9.0 * number as f64, room * 0.05, 0.0);
        crate::objects::tank::tank(
            stage,
            &at,
            draws.range(2.6, 3.6),
            9.0,
            [0.78, 0.78, 0.76],
            false,
            draws,
        );
    }
    for _ in 0..2 + draws.below(4) {
        let at = pose.child(
            draws.range(-0.3, 0.3) * room,
            draws.range(-0.15, 0.2) * room,
            draws.angle(),
        );
        if draws.chance(0.3) {
            vehicle::lorry(stage, &at, draws);
        } else {
            vehicle::car(stage, &at, draws);
        }
    }
    for _ in 0..(parcel.along * parcel.across / 160.0 * density).min(80.0) as usize {
        let (u, v) = (draws.range(-1.0, 1.0), draws.range(-1.0, 1.0));
        if u * u + v * v > 0.55 {
            let [x, y] = parcel.pose.place(u * parcel.along, v * parcel.across);
            tree::tree(stage, x, y, draws.range(2.0, 4.5), draws);
        }
    }
}

/// A river that winds along the district, with trees beside it.
fn river(stage: &mut Stage, district: &District, draws: &mut Draws) {
    let reach = district.along;
    let swing = draws.range(0.2, 0.5) * district.across;
    let phase = draws.angle();
    let pose = district.pose;
    let steps = (reach / 4.0) as i32;
    let points: Vec<Point> = (-steps..=steps)
        .map(|step| {
            let u = f64::from(step) * 4.0;
            let v = swing * libm::sin(u / 62.0 + phase) + 0.3 * swing * libm::sin(u / 23.0);
            pose.place(u, v)
        })
        .collect();
    let width = draws.range(7.0, 14.0);
    water::inland(stage, stroke(&points, width), 2.5, draws);
    for point in &points {
        for side in [-1.0, 1.0] {
            if draws.chance(0.35) {
                let off = side * (width / 2.0 + draws.range(2.0, 6.0));
                let [x, y] = [point[0] - pose.sin * off, point[1] + pose.cos * off];
                tree::tree(stage, x, y, draws.range(1.8, 4.0), draws);
            }
        }
    }
}
