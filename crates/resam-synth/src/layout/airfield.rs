//! A runway, a taxiway, an apron with aircraft, hangars.

use super::District;
use crate::geometry::{rectangle, span};
use crate::objects::{aircraft, building, road, tree, vehicle};
use crate::paints::{Mottled, Plain};
use crate::random::Draws;
use crate::stage::{Stage, order};

/// Fills a district: from one side to the other runway, taxiway, apron, hangars, car park.
pub(super) fn fill(stage: &mut Stage, district: &District, density: f64, draws: &mut Draws) {
    let (along, across) = (district.along, district.across);
    let pose = &district.pose;
    let ring = [rectangle(pose, along, across)];
    let paint = Mottled {
        one: draws.tint([0.43, 0.48, 0.29], 0.05, 0.02),
        other: [0.55, 0.52, 0.36],
        scales: [0.5, 0.35, 0.15],
        balance: draws.range(-0.3, 0.3) as f32,
        grain: 0.06,
    };
    stage.ground(order::GROUND + 0.5, &ring, 0.24, paint);
    let side = if draws.chance(0.5) {
        0.0
    } else {
        std::f64::consts::PI
    };
    let pose = &pose.child(0.0, 0.0, side);
    // Apron at the middle, so that aircraft are in view; small districts have no room for a runway.
    let apron = [-0.22 * across, 0.14 * across];
    let depth = (apron[1] - apron[0]).max(52.0);
    let apron = [apron[1] - depth, apron[1]];
    let ring = [span(
        pose,
        [-along * 0.94, apron[0]],
        [along * 0.94, apron[1]],
    )];
    let concrete = draws.tint([0.62, 0.61, 0.58], 0.05, 0.01);
    stage.ground(order::LOT, &ring, 0.10, Plain::hard(concrete));
    slabs(stage, pose, along * 0.94, apron);
    let taxi = apron[1] + draws.range(22.0, 34.0);
    if taxi < across {
        road::taxiway(stage, &pose.child(0.0, taxi, 0.0), along, 15.0);
        for share in [-0.7, 0.0, 0.7] {
            let link = pose.child(
                share * along,
                (apron[1] + taxi) / 2.0,
                std::f64::consts::FRAC_PI_2,
            );
            road::taxiway(stage, &link, (taxi - apron[1]) / 2.0, 13.0);
        }
    }
    let runway = taxi + draws.range(60.0, 80.0);
    if runway < across && along > 120.0 {
        let half = along * draws.range(0.7, 0.97);
        let shift = draws.range(-1.0, 1.0) * (along - half - 7.0).max(0.0);
        road::runway(
            stage,
            &pose.child(shift, runway, 0.0),
            half,
            draws.pick(&[30.0, 45.0]),
            draws,
        );
        let link = pose.child(0.5 * along, (taxi + runway) / 2.0, 1.05);
        road::taxiway(stage, &link, (runway - taxi) * 0.62, 14.0);
    }
    park(stage, pose, along * 0.9, apron, density, draws);
    hangars(stage, pose, along, [-across, apron[0]], density, draws);
    for _ in 0..(along * across / 1500.0 * density) as usize {
        let [x, y] = pose.place(
            draws.range(-1.0, 1.0) * along,
            -across + draws.range(0.0, 12.0),
        );
        tree::tree(stage, x, y, draws.range(1.5, 3.5), draws);
    }
}

/// The joints of the concrete.
fn slabs(stage: &mut Stage, pose: &crate::geometry::Pose, along: f64, [from, to]: [f64; 2]) {
    let line = 0.12_f64.max(0.25 * stage.gsd) / 2.0;
    let paint = Plain {
        opacity: 0.35,
        ..Plain::flat([0.36, 0.36, 0.36])
    };
    let mut u = -along;
    while u < along {
        stage.detail(
            order::LOT,
            &[span(pose, [u - line, from], [u + line, to])],
            0.1,
            paint,
        );
        u += 7.5;
    }
    let mut v = from;
    while v < to {
        stage.detail(
            order::LOT,
            &[span(pose, [-along, v - line], [along, v + line])],
            0.1,
            paint,
        );
        v += 7.5;
    }
}

/// Aircraft side by side on the apron: airliners with their noses to the hangars, or light ones in
/// rows.
fn park(
    stage: &mut Stage,
    pose: &crate::geometry::Pose,
    along: f64,
    [from, to]: [f64; 2],
    density: f64,
    draws: &mut Draws,
) {
    let turn = -std::f64::consts::FRAC_PI_2;
    let mut u = -along;
    while u < along {
        if draws.chance(0.6) {
            let half: f64 = draws.pick(&[13.0, 17.0, 19.0, 22.0]);
            let half = half.min((to - from) * 0.42);
            u += half + 5.0;
            if u + half > along {
                break;
            }
            let line = [span(
                &pose.child(u, 0.0, 0.0),
                [-0.15, from + 2.0],
                [0.15, to],
            )];
            stage.detail(
                order::LOT,
                &line,
                0.1,
                Plain::marking([0.85, 0.70, 0.28], 0.9),
            );
            if draws.chance(0.85 * density.min(1.1)) {
                let at = pose.child(u, from + half + 7.0, turn + draws.around(0.01));
                aircraft::aircraft(stage, &at, half, draws);
                for _ in 0..draws.below(4) {
                    let v = from + draws.range(2.0, 7.0 + half);
                    let cart = pose.child(
                        u + draws.pick(&[-1.0, 1.0]) * draws.range(5.0, 9.0),
                        v,
                        draws.angle(),
                    );
                    vehicle::car(stage, &cart, draws);
                }
            }
            u += half + 3.0;
        } else {
            for row in 0..2 {
                for column in 0..3 {
                    let half = draws.range(3.8, 5.2);
                    let v = to - 9.0 - 15.0 * f64::from(row);
                    let at = u + 8.0 + 14.5 * f64::from(column);
                    if at + 7.0 < along && draws.chance(0.75 * density.min(1.2)) {
                        let plane = pose.child(at, v, turn + draws.around(0.12));
                        aircraft::aircraft(stage, &plane, half, draws);
                    }
                }
            }
            u += 46.0;
        }
    }
}

/// Hangars and halls behind the apron, then a car park.
fn hangars(
    stage: &mut Stage,
    pose: &crate::geometry::Pose,
    along: f64,
    [from, to]: [f64; 2],
    density: f64,
    draws: &mut Draws,
) {
    let mut u = -along;
    while u < along {
        let half = draws.range(14.0, 30.0);
        let across = draws.range(9.0, 17.0).min((to - from) * 0.45);
        u += half + 4.0;
        if u + half > along {
            break;
        }
        if across > 5.0 && draws.chance(0.8 * density.min(1.2)) {
            let at = pose.child(u, to - across - 3.0, 0.0);
            if draws.chance(0.6) {
                building::barn(stage, &at, half, across, draws);
            } else {
                building::hall(stage, &at, half, across, draws);
            }
        }
        u += half + 4.0;
    }
    let road = to - 46.0;
    if road - 6.0 > from {
        let street = pose.child(0.0, road, 0.0);
        road::street(stage, &street, along, 7.4, true, draws);
        road::traffic(stage, &street, along, 7.4, 1.5 * density, draws);
    }
    let lot = road - 24.0;
    if lot - 16.0 > from {
        let at = pose.child(0.0, lot, 0.0);
        vehicle::car_park(
            stage,
            &at,
            along * 0.8,
            15.0,
            draws.range(0.3, 0.8) * density.min(1.2),
            draws,
        );
    }
}
