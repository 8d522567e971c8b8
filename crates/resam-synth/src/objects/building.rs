//! Houses, halls and sheds.

use crate::geometry::{Point, Pose, Ring, polygon, rectangle, span};
use crate::objects::roof::{Flat, Pitched, Wing};
use crate::paints::Plain;
use crate::random::Draws;
use crate::scene::Class;
use crate::stage::Stage;

/// Colours of tiled roofs, common ones more than once.
const TILES: [[f32; 3]; 11] = [
    [0.60, 0.34, 0.25],
    [0.55, 0.31, 0.23],
    [0.66, 0.42, 0.31],
    [0.44, 0.33, 0.27],
    [0.50, 0.41, 0.34],
    [0.40, 0.40, 0.42],
    [0.47, 0.47, 0.47],
    [0.33, 0.34, 0.37],
    [0.28, 0.28, 0.30],
    [0.58, 0.54, 0.48],
    [0.36, 0.30, 0.26],
];

/// Colours of flat roofs and sheets.
const SHEETS: [[f32; 3]; 10] = [
    [0.76, 0.76, 0.74],
    [0.71, 0.71, 0.69],
    [0.66, 0.65, 0.62],
    [0.58, 0.58, 0.57],
    [0.79, 0.80, 0.80],
    [0.48, 0.48, 0.49],
    [0.36, 0.48, 0.60],
    [0.55, 0.38, 0.33],
    [0.45, 0.53, 0.47],
    [0.62, 0.58, 0.50],
];

/// A house of some of the usual plans around the pose: gable, hip, L-shaped with either, or flat.
pub(crate) fn house(stage: &mut Stage, pose: &Pose, along: f64, across: f64, draws: &mut Draws) {
    let base = draws.pick(&TILES);
    let colour = draws.tint(base, 0.09, 0.02);
    let height = draws.range(4.5, 8.0);
    let pitch = draws.range(0.45, 0.8) as f32;
    let hipped = draws.chance(0.45);
    let weather = draws.range(0.04, 0.11);
    let shape = draws.unit();
    if shape < 0.12 {
        return flat_house(stage, pose, along, across, height, draws);
    }
    let wing = |pose: &Pose, along: f64, across: f64, light| {
        Wing::new(pose, along, across, hipped, pitch, light)
    };
    let (ring, wings) = if shape < 0.58 {
        let main = wing(pose, along, across, &stage.light);
        (rectangle(pose, along, across), vec![main])
    } else {
        // A second wing at one end, as wide as the first or narrower, sticks out to one side.
        let side = if draws.chance(0.5) { 1.0 } else { -1.0 };
        let end = if draws.chance(0.5) { 1.0 } else { -1.0 };
        let narrow = across * draws.range(0.75, 1.0);
        let reach = across * draws.range(0.7, 1.4);
        let inner = along - 2.0 * narrow;
        let points: [Point; 6] = [
            [-along, -across],
            [along, -across],
            [along, across + reach],
            [inner, across + reach],
            [inner, across],
            [-along, across],
        ];
        let points = points.map(|[u, v]| [u * end, v * side]);
        let (from, to) = (-across, across + reach);
        let middle = 0.5 * (from + to);
        let turned = pose.child(
            end * (along - narrow),
            side * middle,
            std::f64::consts::FRAC_PI_2,
        );
        let wings = vec![
            wing(pose, along, across, &stage.light),
            wing(&turned, 0.5 * (to - from), narrow, &stage.light),
        ];
        (polygon(pose, &points), wings)
    };
    let paint = Pitched::new(wings, colour, stage.gsd, weather);
    let rings = [ring];
    body(stage, &rings, height, 0.55, paint);
    if draws.chance(0.6) {
        let chimney = pose.child(
            along * draws.range(-0.6, 0.6),
            across * draws.range(-0.3, 0.3),
            0.0,
        );
        let ring = [rectangle(&chimney, 0.45, 0.4)];
        chimney_like(
            stage,
            &ring,
            height,
            draws.pick(&[[0.42, 0.28, 0.22], [0.62, 0.6, 0.57]]),
        );
    }
    if draws.chance(0.14) {
        // Panels on one slope, with room around them.
        let side = if draws.chance(0.5) { 0.5 } else { -0.5 };
        let panel = pose.child(0.0, across * side, 0.0);
        let ring = [rectangle(&panel, along * 0.45, across * 0.28)];
        let paint = Plain::noisy([0.13, 0.16, 0.25], [0.0, 0.04, 0.04, 0.04]);
        stage.detail(height as f32, &ring, 0.5, paint);
    }
}

fn flat_house(
    stage: &mut Stage,
    pose: &Pose,
    along: f64,
    across: f64,
    height: f64,
    draws: &mut Draws,
) {
    let base = draws.pick(&SHEETS[..6]);
    let colour = draws.tint(base, 0.06, 0.01);
    let paint = Flat::new(pose, [along, across], colour, 3.0, &stage.light, stage.gsd);
    let rings = [rectangle(pose, along, across)];
    body(stage, &rings, height, 0.5, paint);
    let inner = pose.child(
        along * draws.range(-0.4, 0.4),
        across * draws.range(-0.3, 0.3),
        0.0,
    );
    let ring = [rectangle(
        &inner,
        draws.range(0.8, 1.8),
        draws.range(0.7, 1.2),
    )];
    chimney_like(stage, &ring, height, [0.6, 0.6, 0.58]);
}

/// A shed or a garage.
pub(crate) fn shed(stage: &mut Stage, pose: &Pose, along: f64, across: f64, draws: &mut Draws) {
    let base = draws.pick(&[
        [0.5, 0.5, 0.5],
        [0.45, 0.36, 0.29],
        [0.62, 0.6, 0.56],
        [0.36, 0.37, 0.4],
    ]);
    let colour = draws.tint(base, 0.1, 0.02);
    let wing = Wing::new(pose, along, across, false, 0.35, &stage.light);
    let paint = Pitched::new(vec![wing], colour, stage.gsd, 0.06);
    let rings = [rectangle(pose, along, across)];
    body(stage, &rings, 2.8, 0.45, paint);
}

/// A long barn or a hangar under two slopes of sheets.
pub(crate) fn barn(stage: &mut Stage, pose: &Pose, along: f64, across: f64, draws: &mut Draws) {
    let base = draws.pick(&SHEETS[1..]);
    let colour = draws.tint(base, 0.08, 0.015);
    let pitch = draws.range(0.2, 0.45) as f32;
    let wing = Wing::new(pose, along, across, false, pitch, &stage.light);
    let paint = Pitched::new(vec![wing], colour, stage.gsd, 0.07);
    let rings = [rectangle(pose, along, across)];
    body(stage, &rings, draws.range(6.0, 10.0), 0.8, paint);
}

/// A large flat hall with skylights, vents and plant on its roof.
pub(crate) fn hall(stage: &mut Stage, pose: &Pose, along: f64, across: f64, draws: &mut Draws) {
    let base = draws.pick(&SHEETS);
    let colour = draws.tint(base, 0.05, 0.01);
    let height = draws.range(7.0, 13.0);
    let seams = draws.pick(&[2.5, 4.0, 6.0]);
    let paint = Flat::new(
        pose,
        [along, across],
        colour,
        seams,
        &stage.light,
        stage.gsd,
    );
    let rings = [rectangle(pose, along, across)];
    body(stage, &rings, height, 0.8, paint);
    let order = height as f32;
    if draws.chance(0.55) {
        // Rows of skylights.
        let bays = ((along / 5.0) as usize).clamp(1, 24);
        let rows = ((across / 7.0) as usize).clamp(1, 6);
        let light = draws.pick(&[[0.80, 0.86, 0.90], [0.45, 0.52, 0.58]]);
        for (bay, row) in grid(bays, rows) {
            let u = along * (2.0 * (bay as f64 + 0.5) / bays as f64 - 1.0);
            let v = across * (2.0 * (row as f64 + 0.5) / rows as f64 - 1.0);
            let ring = [rectangle(
                &pose.child(u, v, 0.0),
                0.8,
                (across / rows as f64 * 0.45).min(3.0),
            )];
            stage.detail(
                order,
                &ring,
                0.6,
                Plain::noisy(light, [0.0, 0.05, 0.05, 0.0]),
            );
        }
    }
    for _ in 0..draws.below(7) {
        let unit = pose.child(
            along * draws.range(-0.85, 0.85),
            across * draws.range(-0.8, 0.8),
            0.0,
        );
        let ring = [rectangle(
            &unit,
            draws.range(0.8, 2.2),
            draws.range(0.8, 1.8),
        )];
        chimney_like(stage, &ring, height, [0.68, 0.69, 0.70]);
    }
    if draws.chance(0.5) {
        // Loading docks along one side.
        let docks = ((along / 4.0) as usize).min(20);
        for dock in 0..docks {
            let u = along * (2.0 * (dock as f64 + 0.5) / docks as f64 - 1.0);
            let ring = [span(pose, [u - 1.3, across], [u + 1.3, across + 1.4])];
            stage.detail(1.2, &ring, 0.5, Plain::flat([0.33, 0.33, 0.34]));
        }
    }
}

fn grid(columns: usize, rows: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..columns).flat_map(move |column| (0..rows).map(move |row| (column, row)))
}

/// The shadow, the roof, and what a radar sees of the walls.
fn body(
    stage: &mut Stage,
    rings: &[Ring],
    height: f64,
    echo: f32,
    paint: impl crate::layer::Paint + 'static,
) {
    let order = height as f32;
    stage.shadow(order, rings, 0.0, height);
    stage.corner_echo(order, rings, 4.0);
    stage.object(Class::Building, order, rings, echo, paint);
}

/// A small box on a roof with its shadow; it is part of the building.
fn chimney_like(stage: &mut Stage, rings: &[Ring], height: f64, colour: [f32; 3]) {
    let order = height as f32;
    let [right, down] = stage.light.shadow;
    let shadow = crate::geometry::swept(rings, [0.0, 0.0], [right * 1.1, down * 1.1]);
    // Painted rather than cast: a cast shadow would fall off the roof.
    stage.detail(order, &shadow, 0.3, Plain::glaze([0.10, 0.11, 0.14], 0.55));
    stage.detail(order, rings, 1.2, Plain::flat(colour));
}
