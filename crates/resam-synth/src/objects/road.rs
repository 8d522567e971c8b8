//! Roads, tracks and runways.

use crate::geometry::{Frame, Point, Pose, Ring, rectangle, span, stroke};
use crate::layer::{Paint, Place};
use crate::noise::{scaled, step};
use crate::paints::{Plain, with_opacity};
use crate::random::Draws;
use crate::scene::Class;
use crate::stage::{Stage, order};

const WHITE: [f32; 3] = [0.86, 0.86, 0.84];
const YELLOW: [f32; 3] = [0.82, 0.68, 0.30];

/// Asphalt, darker where wheels have polished it, with patches.
struct Asphalt {
    frame: Frame,
    colour: [f32; 3],
    /// Distance of the lanes' middles from the middle of the road.
    lane: f32,
}

impl Paint for Asphalt {
    fn at(&self, place: &Place) -> [f32; 4] {
        let [_, across] = self.frame.local(place.x, place.y);
        let in_lane = (across.abs() - self.lane).abs();
        let wheels = 1.0 - step(0.15, 0.55, (in_lane - 0.8).abs());
        let patch = step(0.35, 0.5, place.medium + 0.3 * place.broad);
        let factor = 1.0 - 0.05 * wheels - 0.06 * patch
            + 0.05 * place.broad
            + 0.03 * place.medium
            + 0.03 * place.fine
            + 0.03 * place.grain;
        with_opacity(scaled(self.colour, factor), 1.0)
    }
}

/// A straight road along the pose with kerbs and lines; pavements if it is in a town.
pub(crate) fn street(
    stage: &mut Stage,
    pose: &Pose,
    along: f64,
    width: f64,
    town: bool,
    draws: &mut Draws,
) {
    let half = width / 2.0;
    if town {
        let ring = [rectangle(pose, along, half + 2.2)];
        let stone = draws.tint([0.60, 0.59, 0.56], 0.05, 0.01);
        stage.ground(order::PAVEMENT, &ring, 0.2, Plain::hard(stone));
    } else {
        let ring = [rectangle(pose, along, half + 1.0)];
        stage.ground(
            order::PAVEMENT,
            &ring,
            0.2,
            Plain::noisy([0.52, 0.49, 0.40], [0.08, 0.1, 0.1, 0.05]),
        );
    }
    let base = draws.pick(&[
        [0.37, 0.37, 0.38],
        [0.43, 0.43, 0.43],
        [0.33, 0.33, 0.34],
        [0.49, 0.48, 0.47],
    ]);
    let paint = Asphalt {
        frame: pose.frame(),
        colour: draws.tint(base, 0.05, 0.01),
        lane: (half / 2.0) as f32,
    };
    // Wider roads run on top of narrower ones.
    let level = order::ROAD + width as f32 / 1000.0;
    let ring = [rectangle(pose, along, half)];
    stage.object(Class::Road, level, &ring, 0.09, paint);
    let middle = draws.pick(&[WHITE, WHITE, YELLOW]);
    let line = 0.14_f64.max(0.3 * stage.gsd);
    let marking = |stage: &mut Stage, from: f64, to: f64, at: f64, colour| {
        let ring = [span(pose, [from, at - line / 2.0], [to, at + line / 2.0])];
        stage.detail(level, &ring, 0.12, Plain::marking(colour, 0.8));
    };
    if width >= 8.0 {
        for side in [-1.0, 1.0] {
            marking(stage, -along, along, side * (half - 0.5), WHITE);
        }
    }
    if width >= 12.0 {
        for offset in [-0.2, 0.2] {
            marking(stage, -along, along, offset, middle);
        }
    }
    if width >= 6.0 {
        let rows: &[f64] = if width >= 12.0 {
            &[-half / 2.0, half / 2.0]
        } else {
            &[0.0]
        };
        let mut u = -along;
        while u < along {
            for &row in rows {
                marking(
                    stage,
                    u,
                    (u + 3.0).min(along),
                    row,
                    if width >= 12.0 { WHITE } else { middle },
                );
            }
            u += 9.0;
        }
    }
}

/// A zebra crossing over a road that runs along the pose.
pub(crate) fn crossing(stage: &mut Stage, pose: &Pose, width: f64) {
    let level = order::ROAD + width as f32 / 1000.0;
    let mut v = -width / 2.0 + 0.5;
    while v + 0.5 < width / 2.0 {
        let ring = [span(pose, [-1.5, v], [1.5, v + 0.5])];
        stage.detail(level, &ring, 0.12, Plain::marking(WHITE, 0.85));
        v += 1.0;
    }
}

/// Traffic on a road of this width along the pose; on the right-hand side.
pub(crate) fn traffic(
    stage: &mut Stage,
    pose: &Pose,
    along: f64,
    width: f64,
    per_hundred_metres: f64,
    draws: &mut Draws,
) {
    let lanes = ((width / 3.4) as usize / 2).max(1);
    let count =
        (along * 2.0 / 100.0 * per_hundred_metres) as usize + usize::from(draws.chance(0.5));
    let mut taken: Vec<(usize, f64)> = Vec::new();
    for _ in 0..count {
        let lane = draws.below(2 * lanes);
        let u = draws.range(-along, along);
        if taken
            .iter()
            .any(|&(other, at)| other == lane && (at - u).abs() < 17.0)
        {
            continue;
        }
        taken.push((lane, u));
        let side = if lane.is_multiple_of(2) { 1.0 } else { -1.0 };
        let pitch = width / (2 * lanes) as f64;
        let v = side * pitch * ((lane / 2) as f64 + 0.5);
        let turn = if side > 0.0 {
            0.0
        } else {
            std::f64::consts::PI
        };
        let at = pose.child(u, v + draws.around(0.15), turn + draws.around(0.01));
        if width >= 7.0 && draws.chance(0.14) {
            super::vehicle::lorry(stage, &at, draws);
        } else {
            super::vehicle::car(stage, &at, draws);
        }
    }
}

/// A dirt track through points.
pub(crate) fn track(stage: &mut Stage, points: &[Point], width: f64, draws: &mut Draws) {
    let base = draws.pick(&[[0.58, 0.51, 0.40], [0.54, 0.47, 0.38], [0.62, 0.58, 0.50]]);
    let ring: Ring = stroke(points, width);
    stage.ground(
        order::PAVEMENT,
        &[ring],
        0.2,
        Plain::noisy(base, [0.08, 0.1, 0.08, 0.05]),
    );
    let ring = stroke(points, width * 0.22);
    let green = Plain {
        opacity: 0.5,
        ..Plain::noisy([0.40, 0.43, 0.27], [0.1, 0.3, 0.2, 0.1])
    };
    stage.detail(order::PAVEMENT, &[ring], 0.25, green);
}

/// A runway with its markings.
pub(crate) fn runway(stage: &mut Stage, pose: &Pose, along: f64, width: f64, draws: &mut Draws) {
    let half = width / 2.0;
    let ring = [rectangle(pose, along + 6.0, half + 7.0)];
    stage.ground(
        order::PAVEMENT,
        &ring,
        0.12,
        Plain::noisy([0.50, 0.49, 0.45], [0.06, 0.08, 0.06, 0.04]),
    );
    let base = draws.pick(&[[0.36, 0.36, 0.37], [0.44, 0.44, 0.44], [0.52, 0.52, 0.51]]);
    let paint = Rubber {
        frame: pose.frame(),
        colour: base,
        along: along as f32,
    };
    let level = order::ROAD + width as f32 / 1000.0;
    let ring = [rectangle(pose, along, half)];
    stage.object(Class::Road, level, &ring, 0.08, paint);
    let paint = |stage: &mut Stage, from: Point, to: Point| {
        stage.detail(
            level,
            &[span(pose, from, to)],
            0.12,
            Plain::marking(WHITE, 0.85),
        );
    };
    for side in [-1.0, 1.0] {
        paint(
            stage,
            [-along, side * (half - 1.2)],
            [along, side * (half - 0.3)],
        );
        // Threshold stripes and aiming points.
        let mut v = 1.5;
        while v + 1.8 < half - 2.0 {
            for end in [-1.0, 1.0] {
                paint(
                    stage,
                    [end * (along - 36.0), side * v],
                    [end * (along - 6.0), side * (v + 1.8)],
                );
            }
            v += 3.6;
        }
        // Short runways have no aiming points.
        let ends: &[f64] = if along > 260.0 { &[-1.0, 1.0] } else { &[] };
        for end in ends {
            paint(
                stage,
                [end * (along - 190.0), side * half * 0.3],
                [end * (along - 145.0), side * half * 0.6],
            );
        }
    }
    let mut u = -along + 60.0;
    while u + 30.0 < along - 60.0 {
        paint(stage, [u, -0.45], [u + 30.0, 0.45]);
        u += 50.0;
    }
}

/// Runway asphalt with the rubber that wheels leave where they touch down.
struct Rubber {
    frame: Frame,
    colour: [f32; 3],
    along: f32,
}

impl Paint for Rubber {
    fn at(&self, place: &Place) -> [f32; 4] {
        let [u, v] = self.frame.local(place.x, place.y);
        let from_end = self.along - u.abs();
        let touched = step(60.0, 160.0, from_end) * (1.0 - step(300.0, 480.0, from_end));
        let rubber = touched * (1.0 - step(2.0, 8.0, v.abs())) * (0.7 + 0.3 * place.medium);
        let slabs = if crate::noise::wave(u / 15.0) > 0.985 {
            0.05
        } else {
            0.0
        };
        let factor = 1.0 - 0.32 * rubber - slabs
            + 0.05 * place.broad
            + 0.03 * place.medium
            + 0.02 * place.fine
            + 0.02 * place.grain;
        with_opacity(scaled(self.colour, factor), 1.0)
    }
}

/// A taxiway with a yellow line along its middle.
pub(crate) fn taxiway(stage: &mut Stage, pose: &Pose, along: f64, width: f64) {
    let ring = [rectangle(pose, along, width / 2.0)];
    stage.ground(
        order::PAVEMENT + 0.1,
        &ring,
        0.08,
        Plain::hard([0.46, 0.46, 0.46]),
    );
    let line = 0.2_f64.max(0.35 * stage.gsd);
    let ring = [span(pose, [-along, -line / 2.0], [along, line / 2.0])];
    stage.detail(
        order::PAVEMENT + 0.2,
        &ring,
        0.12,
        Plain::marking(YELLOW, 0.9),
    );
}
