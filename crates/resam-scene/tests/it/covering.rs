//! Windows are few: compared with a search that finds the fewest, and with a solver's optima.

use proptest::prelude::*;
use resam_geo::{RasterError, Tile, Window};
use resam_scene::{Plan, PointedObject, SegmentOptions, Source, plan};

use crate::synthetic_scene::{ExactModel, Sight};
use crate::{Draws, object, positive};

const SIDE: f64 = 1024.0;
const MARGIN: f64 = 64.0;

/// A raster of a size, without pixels.
struct Size(u32, u32);

impl Source for Size {
    fn width(&self) -> u32 {
        self.0
    }

    fn height(&self) -> u32 {
        self.1
    }

    fn read(&self, _: Window, _: u32, _: u32) -> Result<Tile, RasterError> {
        unreachable!("a plan reads nothing")
    }
}

fn planned(raster: (u32, u32), objects: &[PointedObject]) -> Plan {
    let model = ExactModel::new(SIDE as u32, Sight::Exact);
    plan(
        &Size(raster.0, raster.1),
        objects,
        &SegmentOptions::default(),
        &model,
    )
    .unwrap()
}

/// Whether a window holds a point well.
fn holds(window: Window, (x, y): (f64, f64), raster: (u32, u32)) -> bool {
    let axis = |at: f64, origin: i64, side: u32, raster: u32| {
        let (from, to) = (origin as f64, origin as f64 + f64::from(side));
        (from <= 0.0 || at >= from + MARGIN) && (to >= f64::from(raster) || at <= to - MARGIN)
    };
    axis(x, window.x, window.width, raster.0) && axis(y, window.y, window.height, raster.1)
}

/// The fewest windows that hold all points, by trying: every window may be moved right and down
/// until a point holds it back, so origins are taken from those positions.
fn fewest(points: &[(f64, f64)], raster: (u32, u32)) -> usize {
    let last = |side: u32| (i64::from(side) - SIDE as i64).max(0);
    let along = |at: f64, side: u32| ((at - MARGIN).floor() as i64).clamp(0, last(side));
    let mut sets: Vec<u64> = Vec::new();
    for &(x, _) in points {
        for &(_, y) in points {
            let window = Window {
                x: along(x, raster.0),
                y: along(y, raster.1),
                width: raster.0.min(SIDE as u32),
                height: raster.1.min(SIDE as u32),
            };
            let held = |(at, &point)| u64::from(holds(window, point, raster)) << at;
            sets.push(points.iter().enumerate().map(held).sum());
        }
    }
    sets.sort_unstable();
    sets.dedup();
    let all = sets.clone();
    sets.retain(|set| !all.iter().any(|other| other != set && other & set == *set));
    let everything = (1_u64 << points.len()) - 1;
    (1..)
        .find(|&count| can(&sets, everything, count))
        .unwrap_or(0)
}

/// Whether `count` sets hold what is left: one of them has to hold the point that the fewest hold.
fn can(sets: &[u64], left: u64, count: usize) -> bool {
    if left == 0 {
        return true;
    }
    let largest = sets
        .iter()
        .map(|set| (set & left).count_ones())
        .max()
        .unwrap_or(0);
    if count == 0 || largest as usize * count < left.count_ones() as usize {
        return false;
    }
    let points = (0..64).filter(|point| left >> point & 1 == 1);
    let rarest =
        points.min_by_key(|point| sets.iter().filter(|&set| set >> point & 1 == 1).count());
    let rarest = rarest.expect("something is left");
    let holding = sets.iter().filter(|&set| set >> rarest & 1 == 1);
    holding
        .into_iter()
        .any(|set| can(sets, left & !set, count - 1))
}

fn draw(draws: &mut Draws, kind: usize, count: usize, side: f64) -> Vec<(f64, f64)> {
    let inside = |at: f64| at.clamp(0.0, side - 0.001);
    let ends: Vec<[f64; 4]> = (0..3)
        .map(|_| [(); 4].map(|()| draws.between(0.0, side)))
        .collect();
    let point = |at: usize| match kind {
        0 => (draws.between(0.0, side), draws.between(0.0, side)),
        1 => {
            let [x, y, ..] = ends[at % 3];
            let mut near = || draws.between(-900.0, 900.0) * draws.between(0.0, 1.0);
            (inside(x + near()), inside(y + near()))
        }
        2 => {
            let ([x0, y0, x1, y1], part) = (ends[at % 3], draws.between(0.0, 1.0));
            (x0 + part * (x1 - x0), y0 + part * (y1 - y0))
        }
        // Along the edges of the raster, where there is no margin.
        _ => {
            let (along, across) = (draws.between(0.0, side), draws.between(0.0, 60.0));
            let across = if at.is_multiple_of(2) {
                across
            } else {
                side - 0.001 - across
            };
            if at % 4 < 2 {
                (along, across)
            } else {
                (across, along)
            }
        }
    };
    (0..count).map(point).collect()
}

fn objects(points: &[(f64, f64)]) -> Vec<PointedObject> {
    points
        .iter()
        .enumerate()
        .map(|(at, &(x, y))| object(at, x, y))
        .collect()
}

#[test]
fn a_plan_has_at_most_a_quarter_more_windows_than_the_fewest_and_nearly_always_the_fewest() {
    let mut draws = Draws(5);
    let (mut worst, mut sum, mut cases) = (1.0_f64, 0.0, 0);
    for round in 0..160 {
        let count = 6 + round % 23;
        let side = 2000 + 500 * (round % 5) as u32;
        let points = draw(&mut draws, round % 4, count, side.into());
        let windows = planned((side, side), &objects(&points)).windows.len();
        let ratio = windows as f64 / fewest(&points, (side, side)) as f64;
        worst = worst.max(ratio);
        sum += ratio;
        cases += 1;
    }
    let mean = sum / f64::from(cases);
    println!("windows over the fewest: mean {mean:.4}, most {worst:.4}, {cases} cases");
    assert!(worst <= 1.25, "{worst}");
    assert!(mean <= 1.01, "{mean}");
}

#[test]
fn a_plan_is_near_the_optimum_that_a_solver_proved() {
    let text = include_str!("../fixtures/window_optima.txt");
    let (mut worst, mut cases) = (1.0_f64, 0);
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let numbers: Vec<f64> = line
            .split(' ')
            .map(|number| number.parse().unwrap())
            .collect();
        let (side, optimum) = (numbers[0] as u32, numbers[1]);
        let points: Vec<(f64, f64)> = numbers[2..].chunks(2).map(|at| (at[0], at[1])).collect();
        let windows = planned((side, side), &objects(&points)).windows.len() as f64;
        assert!(
            windows >= optimum,
            "{windows} windows, and the optimum is {optimum}"
        );
        worst = worst.max(windows / optimum);
        cases += 1;
    }
    println!("windows over the solver's optimum: most {worst:.4}, {cases} cases");
    assert!(cases >= 8 && worst <= 1.25, "{worst}");
}

#[test]
fn points_of_one_object_stay_together_and_a_wide_object_gets_a_coarser_window() {
    let mut wide = object("wide", 3000.0, 3000.0);
    wide.points.push(positive(4500.0, 3100.0));
    let plan = planned((20_000, 20_000), &[object("a", 3000.0, 3000.0), wide]);
    assert_eq!(plan.windows.len(), 2);
    let coarse = plan
        .windows
        .iter()
        .find(|window| window.objects == [1])
        .unwrap();
    assert_eq!(
        (coarse.window.width, coarse.tile, coarse.level),
        (2048, (1024, 1024), 1)
    );
}

#[test]
fn a_negative_point_far_away_does_not_make_a_window_coarser() {
    let mut far = object("a", 3000.0, 3000.0);
    let point = positive(9000.0, 3000.0);
    far.points.push(resam_scene::PromptPoint {
        positive: false,
        ..point
    });
    let plan = planned((20_000, 20_000), &[far]);
    assert_eq!(plan.windows[0].level, 0);
}

#[test]
fn an_object_alone_is_in_the_middle_of_its_window() {
    let plan = planned((20_000, 20_000), &[object("a", 5000.0, 7000.0)]);
    let Window { x, y, .. } = plan.windows[0].window;
    assert_eq!((x, y), (5000 - 512, 7000 - 512));
}

#[test]
fn a_raster_smaller_than_a_window_is_one_window() {
    let points = objects(&[(0.0, 0.0), (799.0, 3.0), (400.0, 299.0)]);
    let plan = planned((800, 300), &points);
    assert_eq!(plan.windows.len(), 1);
    let whole = Window {
        x: 0,
        y: 0,
        width: 800,
        height: 300,
    };
    assert_eq!(
        (plan.windows[0].window, plan.windows[0].tile),
        (whole, (800, 300))
    );
}

#[test]
fn many_points_all_over_a_raster_take_no_more_windows_than_a_lattice() {
    let mut draws = Draws(7);
    let points = draw(&mut draws, 0, 20_000, 20_000.0);
    let plan = planned((20_000, 20_000), &objects(&points));
    // 896 pixels between the margins: no windows can hold all with fewer than this, if points were
    // everywhere.
    let least = (30_000.0_f64 / 896.0).powi(2);
    assert!(
        (plan.windows.len() as f64) < 1.25 * least,
        "{}",
        plan.windows.len()
    );
}

proptest! {
    #[test]
    fn every_point_is_once_in_a_window_away_from_its_edges(
        places in prop::collection::vec((0.0..6000.0_f64, 0.0..3000.0_f64), 1..80),
        raster in (500..6000_u32, 500..3000_u32),
    ) {
        let inside = |&(x, y): &(f64, f64)| x < raster.0.into() && y < raster.1.into();
        let points: Vec<(f64, f64)> = places.into_iter().filter(inside).collect();
        let plan = planned(raster, &objects(&points));
        let mut asked = Vec::new();
        for window in &plan.windows {
            let Window { x, y, width, height } = window.window;
            prop_assert!(x >= 0 && x + i64::from(width) <= i64::from(raster.0));
            prop_assert!(y >= 0 && y + i64::from(height) <= i64::from(raster.1));
            for &object in &window.objects {
                prop_assert!(holds(window.window, points[object], raster));
                asked.push(object);
            }
        }
        asked.sort_unstable();
        prop_assert!(asked.into_iter().eq(0..points.len()));
    }
}
