//! Warehouses, yards, storage tanks, car parks.

use super::District;
use crate::geometry::{rectangle, span};
use crate::objects::{building, container, road, tank, tree, vehicle};
use crate::paints::{Mottled, Plain};
use crate::random::Draws;
use crate::stage::{Stage, order};

/// Fills a district with plots between service roads.
pub(super) fn fill(stage: &mut Stage, district: &District, density: f64, draws: &mut Draws) {
    let base = draws.pick(&[[0.50, 0.49, 0.46], [0.56, 0.54, 0.50], [0.46, 0.46, 0.45]]);
    let ring = [rectangle(&district.pose, district.along, district.across)];
    let paint = Mottled {
        one: draws.tint(base, 0.04, 0.01),
        other: [0.45, 0.46, 0.34],
        scales: [0.5, 0.4, 0.15],
        balance: -0.5,
        grain: 0.05,
    };
    stage.ground(order::GROUND + 0.5, &ring, 0.16, paint);
    let mut roads = Vec::new();
    let largest = draws.range(95.0, 150.0);
    let plots = district.split(largest, &|_| 9.0, 0, draws, &mut |pose, along, _| {
        roads.push((pose, along));
    });
    for (pose, along) in roads {
        road::street(stage, &pose, along + 3.0, 7.4, true, draws);
        road::traffic(stage, &pose, along, 7.4, 1.4 * density, draws);
    }
    for plot in plots {
        fill_plot(stage, &plot.inset(3.0), density, draws);
    }
}

/// One plot: a hall, tanks, containers or a yard.
pub(super) fn fill_plot(stage: &mut Stage, plot: &District, density: f64, draws: &mut Draws) {
    if plot.along < 9.0 || plot.across < 9.0 {
        return;
    }
    paved(stage, plot, draws);
    match draws.unit() {
        share if share < 0.24 => tank::farm(stage, &plot.pose, plot.along, plot.across, draws),
        share if share < 0.36 => {
            container::yard(
                stage,
                &plot.pose,
                plot.along - 2.0,
                plot.across - 2.0,
                draws,
            );
        }
        share if share < 0.86 => works(stage, plot, density, draws),
        _ => yard(stage, plot, density, draws),
    }
}

fn paved(stage: &mut Stage, plot: &District, draws: &mut Draws) {
    let base = draws.pick(&[
        [0.55, 0.54, 0.51],
        [0.48, 0.48, 0.47],
        [0.62, 0.60, 0.56],
        [0.42, 0.42, 0.42],
    ]);
    let ring = [rectangle(&plot.pose, plot.along, plot.across)];
    stage.ground(
        order::LOT,
        &ring,
        0.14,
        Plain::hard(draws.tint(base, 0.04, 0.01)),
    );
}

/// A hall or two with a car park, lorries at the docks and a strip of trees.
fn works(stage: &mut Stage, plot: &District, density: f64, draws: &mut Draws) {
    let (along, across) = (plot.along, plot.across);
    let parking = if across > 22.0 {
        draws.range(14.0, 19.0)
    } else {
        0.0
    };
    let hall = plot.part(
        [-along + 2.0, along - 2.0],
        [-across + 2.0, across - parking - 13.0],
    );
    if hall.across < 6.0 {
        return yard(stage, plot, density, draws);
    }
    let halls = if hall.along > 34.0 && draws.chance(0.6) {
        2
    } else {
        1
    };
    for number in 0..halls {
        let share = 2.0 * hall.along / f64::from(halls);
        let from = -hall.along + share * f64::from(number);
        let one = hall.part(
            [from, from + share - if halls > 1 { 6.0 } else { 0.0 }],
            [-hall.across, hall.across],
        );
        if draws.chance(0.75) {
            building::hall(stage, &one.pose, one.along, one.across, draws);
        } else {
            building::barn(stage, &one.pose, one.along, one.across, draws);
        }
        // Lorries back up to the docks.
        let mut u = -one.along + 3.0;
        while u + 3.0 < one.along {
            if draws.chance(0.22 * density) {
                let turn = std::f64::consts::FRAC_PI_2 + draws.around(0.02);
                let at = one.pose.child(u, one.across + 8.6, turn);
                vehicle::lorry(stage, &at, draws);
            }
            u += 4.2;
        }
    }
    if parking > 0.0 {
        let lot = plot.part(
            [-along + 1.0, along - 1.0],
            [across - parking, across - 1.0],
        );
        let share = draws.range(0.3, 0.85) * density.min(1.15);
        vehicle::car_park(stage, &lot.pose, lot.along, lot.across, share, draws);
        tree::avenue(
            stage,
            &plot.pose,
            [-along, along],
            across - 0.5,
            11.0,
            draws,
        );
    }
}

/// An open yard with heaps, stacks and parked lorries.
fn yard(stage: &mut Stage, plot: &District, density: f64, draws: &mut Draws) {
    let count = (plot.along * plot.across / 70.0 * density) as usize;
    for _ in 0..count.min(60) {
        let u = draws.range(-0.85, 0.85) * plot.along;
        let v = draws.range(-0.85, 0.85) * plot.across;
        let at = plot
            .pose
            .child(u, v, draws.pick(&[0.0, std::f64::consts::FRAC_PI_2]));
        if draws.chance(0.3) {
            vehicle::lorry(stage, &at, draws);
        } else {
            let ring = [rectangle(&at, draws.range(1.0, 5.0), draws.range(0.8, 2.0))];
            let base = draws.pick(&[
                [0.55, 0.45, 0.33],
                [0.60, 0.60, 0.58],
                [0.42, 0.38, 0.34],
                [0.68, 0.62, 0.50],
            ]);
            stage.shadow(1.8, &ring, 0.0, 1.8);
            stage.ground(
                1.8,
                &ring,
                0.9,
                Plain::noisy(draws.tint(base, 0.1, 0.02), [0.0, 0.1, 0.12, 0.06]),
            );
        }
    }
    let shed = plot
        .pose
        .child(draws.range(-0.4, 0.4) * plot.along, -plot.across + 6.0, 0.0);
    building::barn(stage, &shed, (plot.along * 0.4).min(18.0), 5.0, draws);
    let fence = [span(
        &plot.pose,
        [-plot.along, plot.across - 0.3],
        [plot.along, plot.across],
    )];
    stage.detail(order::DRIVE, &fence, 0.4, Plain::flat([0.36, 0.36, 0.35]));
}
