//! Ships, boats and their wakes.

use crate::geometry::{Frame, Point, Pose, polygon, rounded, span};
use crate::layer::{Paint, Place};
use crate::noise::{fractal, step};
use crate::paints::{Plain, with_opacity};
use crate::random::Draws;
use crate::scene::Class;
use crate::stage::{Stage, order};

/// Foam behind a ship: a white trail and the arms of the bow wave.
struct Wake {
    frame: Frame,
    /// Half the ship's length and width.
    along: f32,
    across: f32,
    /// How far it reaches behind the stern.
    reach: f32,
    strength: f32,
    seed: u32,
}

impl Paint for Wake {
    fn at(&self, place: &Place) -> [f32; 4] {
        let [u, v] = self.frame.local(place.x, place.y);
        let behind = -self.along - u;
        let from_bow = self.along - u;
        let side = v.abs();
        let churn = fractal(u * 0.12, v * 0.6, 3, self.seed);
        // The trail widens and fades.
        let fade = 1.0 - step(0.0, self.reach, behind);
        let half = self.across * (0.7 + 0.9 * (behind / self.reach).max(0.0));
        let trail = step(-1.0, 1.5, behind)
            * (1.0 - step(0.35 * half, half, side))
            * fade
            * (0.75 + 0.5 * churn);
        // The arms open by about eleven degrees each.
        let arm_at = self.across * 0.8 + 0.2 * from_bow;
        let width = 0.5 + 0.035 * from_bow.max(0.0);
        let off = (side - arm_at).abs() / width;
        let arm_fade = 1.0 - step(0.0, self.reach * 0.9 + 2.0 * self.along, from_bow);
        let arm = (1.0 - off).max(0.0) * arm_fade * (0.55 + 0.6 * churn) * step(0.0, 2.0, from_bow);
        let foam = (trail + 0.6 * arm) * self.strength;
        with_opacity([0.84, 0.88, 0.88], foam.clamp(0.0, 0.92))
    }
}

/// The wake of a ship under way.
fn wake(stage: &mut Stage, pose: &Pose, along: f64, across: f64, draws: &mut Draws) {
    let reach = along * draws.range(3.0, 7.0) + 10.0;
    let open = across * 1.2 + 0.24 * (reach + 2.0 * along);
    let ring = [polygon(
        pose,
        &[
            [along, -across * 0.4],
            [along, across * 0.4],
            [-along - reach, open],
            [-along - reach, -open],
        ],
    )];
    let paint = Wake {
        frame: pose.frame(),
        along: along as f32,
        across: across as f32,
        reach: reach as f32,
        strength: draws.range(0.6, 1.0) as f32,
        seed: draws.bits(),
    };
    stage.detail(order::WAKE, &ring, 0.35, paint);
}

/// The outline of a hull: a pointed bow, straight sides, a stern.
fn hull(along: f64, across: f64, bow: f64, stern: f64) -> Vec<Point> {
    let mut half: Vec<Point> = Vec::new();
    for step in 0..=7 {
        let part = f64::from(step) / 7.0;
        // A parabola from the tip to the full width.
        half.push([
            along - bow * part,
            across * (1.0 - (1.0 - part) * (1.0 - part)),
        ]);
    }
    half.push([-along + stern * 0.6, across]);
    half.push([-along, across * 0.78]);
    let mirrored: Vec<Point> = half.iter().skip(1).rev().map(|&[u, v]| [u, -v]).collect();
    half.extend(mirrored);
    half
}

/// A cargo ship, tanker or ferry; half length 20 to 90 m.
pub(crate) fn cargo(
    stage: &mut Stage,
    pose: &Pose,
    along: f64,
    under_way: bool,
    draws: &mut Draws,
) {
    let across = along * draws.range(0.13, 0.17);
    let height = 6.0 + along * 0.09;
    let order = height as f32;
    if under_way {
        wake(stage, pose, along, across, draws);
    }
    let ring = [polygon(
        pose,
        &hull(along, across, along * 0.36, along * 0.12),
    )];
    stage.shadow(order, &ring, 0.0, height);
    let base = draws.pick(&[
        [0.48, 0.26, 0.20],
        [0.35, 0.42, 0.38],
        [0.44, 0.45, 0.47],
        [0.55, 0.52, 0.47],
        [0.27, 0.33, 0.42],
    ]);
    let deck = draws.tint(base, 0.07, 0.02);
    let paint = Plain::noisy(deck, [0.04, 0.08, 0.05, 0.03]);
    stage.object(Class::Ship, order, &ring, 2.2, paint);
    // The rail, a little brighter, by painting the deck once more inside.
    let inner = [polygon(
        pose,
        &hull(along - 1.0, across - 0.8, along * 0.36, along * 0.12),
    )];
    stage.detail(
        order,
        &inner,
        2.0,
        Plain::noisy(deck.map(|c| c * 0.88), [0.04, 0.08, 0.05, 0.03]),
    );
    let house = along * 0.16;
    let front = -along + house * 2.1;
    if draws.chance(0.55) {
        super::container::stowed(
            stage,
            pose,
            [front + 2.0, along * 0.58],
            across * 0.86,
            order,
            draws,
        );
    } else {
        // Hatches of a bulk carrier, or the pipes of a tanker.
        let hatches = 3 + draws.below(4);
        let pitch = (along * 0.58 - front) / hatches as f64;
        let lid = draws.tint([0.52, 0.42, 0.36], 0.15, 0.04);
        for hatch in 0..hatches {
            let u = front + pitch * (hatch as f64 + 0.55);
            let ring = [rounded(
                &pose.child(u, 0.0, 0.0),
                pitch * 0.38,
                across * 0.58,
                0.4,
            )];
            stage.detail(
                order,
                &ring,
                2.4,
                Plain::noisy(lid, [0.0, 0.06, 0.05, 0.03]),
            );
        }
        let pipe = [span(pose, [front, -0.4], [along * 0.6, 0.4])];
        stage.detail(order, &pipe, 2.0, Plain::flat([0.62, 0.60, 0.55]));
    }
    let bridge = pose.child(-along + house, 0.0, 0.0);
    box_on_deck(
        stage,
        &bridge,
        house * 0.62,
        across * 0.86,
        order,
        [0.88, 0.88, 0.86],
    );
    let top = pose.child(-along + house * 1.2, 0.0, 0.0);
    box_on_deck(
        stage,
        &top,
        house * 0.3,
        across * 0.98,
        order,
        [0.93, 0.93, 0.92],
    );
    let funnel = pose.child(-along + house * 0.6, 0.0, 0.0);
    let colour = draws.pick(&[
        [0.65, 0.2, 0.16],
        [0.2, 0.3, 0.5],
        [0.2, 0.2, 0.2],
        [0.75, 0.6, 0.2],
    ]);
    box_on_deck(stage, &funnel, house * 0.16, across * 0.22, order, colour);
}

/// Something on deck with its shadow; it is part of the ship.
fn box_on_deck(
    stage: &mut Stage,
    pose: &Pose,
    along: f64,
    across: f64,
    order: f32,
    colour: [f32; 3],
) {
    let ring = [rounded(pose, along, across, 0.3)];
    let [right, down] = stage.light.shadow;
    let height = along.min(across) * 0.9;
    let reach = [right * height, down * height];
    // Kept on deck: on the water the ship's own shadow is longer.
    let shadow = crate::geometry::swept(&ring, [0.0, 0.0], reach.map(|r| r.clamp(-2.5, 2.5)));
    stage.detail(order, &shadow, 1.0, Plain::glaze([0.08, 0.09, 0.11], 0.5));
    stage.detail(
        order,
        &ring,
        2.8,
        Plain::noisy(colour, [0.0, 0.04, 0.04, 0.02]),
    );
}

/// A yacht, a sailing boat or a fishing boat; half length 3 to 12 m.
pub(crate) fn boat(stage: &mut Stage, pose: &Pose, along: f64, under_way: bool, draws: &mut Draws) {
    let across = along * draws.range(0.26, 0.36);
    if under_way {
        wake(stage, pose, along, across, draws);
    }
    let height = 1.0 + along * 0.15;
    let order = height as f32;
    let ring = [polygon(
        pose,
        &hull(along, across, along * 1.1, along * 0.2),
    )];
    stage.shadow(order, &ring, 0.0, height);
    let base = draws.pick(&[
        [0.92, 0.92, 0.91],
        [0.90, 0.90, 0.87],
        [0.86, 0.84, 0.80],
        [0.22, 0.30, 0.44],
        [0.55, 0.24, 0.2],
    ]);
    let colour = draws.tint(base, 0.04, 0.01);
    let paint = Plain::noisy(colour, [0.0, 0.03, 0.04, 0.02]);
    stage.object(Class::Ship, order, &ring, 1.8, paint);
    let deck = draws.pick(&[[0.62, 0.50, 0.36], [0.80, 0.80, 0.78], [0.45, 0.50, 0.55]]);
    let ring = [polygon(
        pose,
        &hull(along * 0.84, across * 0.72, along * 0.95, along * 0.1),
    )];
    stage.detail(
        order,
        &ring,
        1.8,
        Plain::noisy(deck, [0.0, 0.04, 0.04, 0.02]),
    );
    let cabin = pose.child(along * draws.range(-0.15, 0.2), 0.0, 0.0);
    let ring = [rounded(&cabin, along * 0.3, across * 0.55, 0.4)];
    stage.detail(order, &ring, 2.0, Plain::flat([0.90, 0.90, 0.89]));
    let screen = cabin.child(along * 0.24, 0.0, 0.0);
    let ring = [rounded(&screen, along * 0.07, across * 0.5, 0.1)];
    stage.detail(order, &ring, 2.0, Plain::flat([0.16, 0.19, 0.23]));
}
