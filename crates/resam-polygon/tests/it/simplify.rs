//! Simplified polygons stay near, stay valid, and share what they shared.

use std::collections::HashSet;

use geo::{Area, Coord, LineString, MultiPolygon, Polygon, Validation};
use proptest::prelude::*;
use resam_mask::Bitmap;
use resam_polygon::{Object, PolygonOptions, polygons};

use crate::{corners, draw, label_image, masks, masks_of, objects, polygons_of, rings, simplified};

/// Distance of a point from a line.
fn distance(point: Coord<f64>, line: &LineString<f64>) -> f64 {
    let distances = line.lines().map(|side| {
        let (way, away) = (side.delta(), point - side.start);
        let along =
            ((way.x * away.x + way.y * away.y) / (way.x * way.x + way.y * way.y)).clamp(0.0, 1.0);
        (away.x - along * way.x).hypot(away.y - along * way.y)
    });
    distances.fold(f64::INFINITY, f64::min)
}

/// Farthest that points along a line, an eighth of a pixel apart at most, are from another.
fn farthest(line: &LineString<f64>, other: &LineString<f64>) -> f64 {
    let points = line.lines().flat_map(|side| {
        let pieces = (8.0 * side.delta().x.hypot(side.delta().y)).ceil() as usize;
        (0..pieces).map(move |piece| side.start + side.delta() * (piece as f64 / pieces as f64))
    });
    points
        .map(|point| distance(point, other))
        .fold(0.0, f64::max)
}

/// The sides of rings with their direction, in whole pixels.
fn sides(polygons: &[MultiPolygon<f64>]) -> Vec<[[i64; 2]; 2]> {
    let whole = |point: Coord<f64>| [point.x as i64, point.y as i64];
    let lines = polygons.iter().flat_map(rings).flat_map(LineString::lines);
    lines
        .map(|side| [whole(side.start), whole(side.end)])
        .collect()
}

const TOLERANCES: [f64; 5] = [0.5, 1.0, 2.0, 4.0, 50.0];

proptest! {
    #[test]
    fn simplified_polygons_are_valid_whether_objects_overlap_or_not(
        (width, labels) in label_image(5),
        (other_width, other_labels) in label_image(3),
        tolerance in prop::sample::select(&TOLERANCES[..]),
    ) {
        let mut masks = masks_of(width, &labels);
        masks.extend(masks_of(other_width, &other_labels));
        let objects = objects(&masks);
        let exact = polygons(&objects, &PolygonOptions::default());
        for (found, exact) in polygons(&objects, &simplified(tolerance)).iter().zip(&exact) {
            prop_assert!(found.is_valid());
            // No part and no hole is lost.
            let holes = |polygons: &MultiPolygon<f64>| -> Vec<usize> {
                polygons.iter().map(|polygon| polygon.interiors().len()).collect()
            };
            prop_assert_eq!(holes(found), holes(exact));
        }
    }

    #[test]
    fn no_ring_is_farther_from_the_exact_one_than_the_tolerance_or_changes_its_area_by_a_twentieth(
        (width, labels) in label_image(3),
        tolerance in 0.3..6.0_f64,
    ) {
        for mask in masks_of(width, &labels) {
            let exact = polygons_of(&mask, &PolygonOptions::default());
            let found = polygons_of(&mask, &simplified(tolerance));
            for (found, exact) in rings(&found).into_iter().zip(rings(&exact)) {
                prop_assert!(farthest(exact, found) <= tolerance + 1e-9);
                prop_assert!(farthest(found, exact) <= tolerance + 1e-9);
                let [now, before] = [found, exact].map(|ring| Polygon::new(ring.clone(), Vec::new()).unsigned_area());
                prop_assert!((now - before).abs() <= before / 20.0);
            }
        }
    }

    #[test]
    fn neighbours_still_tile_without_overlaps_or_gaps(
        (width, labels) in label_image(6),
        tolerance in prop::sample::select(&TOLERANCES[..]),
    ) {
        let masks = masks_of(width, &labels);
        let found = polygons(&objects(&masks), &simplified(tolerance));
        let sides = sides(&found);
        let all: HashSet<_> = sides.iter().copied().collect();
        prop_assert_eq!(all.len(), sides.len());
        // Sides that only one polygon has are the border of the raster, one simple ring. Inside it
        // the windings of all rings then add up to one, and each polygon, being valid, adds zero or
        // one: every point lies in exactly one polygon.
        let mut border: Vec<_> = all.iter().filter(|&&[from, to]| !all.contains(&[to, from])).collect();
        let first = *border.pop().expect("a raster has a border");
        let mut ring = vec![first];
        while let Some(next) = border.iter().position(|side| side[0] == ring[ring.len() - 1][1]) {
            ring.push(*border.swap_remove(next));
        }
        prop_assert!(border.is_empty());
        let points = ring.iter().map(|[[x, y], _]| (*x as f64, *y as f64));
        let border = Polygon::new(points.collect(), Vec::new());
        prop_assert!(border.is_valid());
        let area: f64 = found.iter().map(Area::unsigned_area).sum();
        prop_assert!((area - border.unsigned_area()).abs() < 1e-6);
    }

    #[test]
    fn an_offset_moves_polygons_and_nothing_else(mask in masks(), x in -99..99_i64, y in -99..99_i64) {
        let here = polygons_of(&mask, &simplified(1.5));
        let there = polygons(&[Object { mask: &mask, x, y }], &simplified(1.5)).remove(0);
        let moved = |points: &[Coord<f64>]| -> Vec<Coord<f64>> {
            points.iter().map(|point| *point + (x as f64, y as f64).into()).collect()
        };
        for (here, there) in rings(&here).into_iter().zip(rings(&there)) {
            prop_assert_eq!(moved(&here.0), there.0.clone());
        }
    }
}

#[test]
fn a_disc_needs_few_corners() {
    let disc = Bitmap::from_fn(200, 200, |x, y| {
        (x as f64 - 99.5).hypot(y as f64 - 99.5) < 90.0
    })
    .unwrap();
    let count =
        |options: &PolygonOptions| corners(polygons_of(&disc, options).0[0].exterior()).len();
    let counts = [
        PolygonOptions::default(),
        simplified(1.0),
        simplified(1.5),
        simplified(5.0),
    ];
    let counts = counts.map(|options| count(&options));
    assert!(counts[0] > 400, "{counts:?}");
    assert!(
        counts[1] < 80 && counts[2] < 40 && counts[3] < 16,
        "{counts:?}"
    );
}

#[test]
fn what_is_too_small_to_lose_a_corner_keeps_them_all() {
    for shape in [&["#"][..], &["##"], &["##", "#."], &["###", "###", "##."]] {
        let mask = draw(shape);
        let exact = polygons_of(&mask, &PolygonOptions::default());
        assert_eq!(polygons_of(&mask, &simplified(10.0)), exact, "{shape:?}");
    }
}

#[test]
fn an_island_and_the_hole_it_fills_stay_the_same_ring() {
    let inside = |x: u32, y: u32| (x as f64 - 29.5).hypot(y as f64 - 30.5) < 15.0;
    let island = Bitmap::from_fn(60, 60, inside).unwrap();
    let around = Bitmap::from_fn(60, 60, |x, y| !inside(x, y)).unwrap();
    let found = polygons(&objects(&[around, island]), &simplified(2.0));
    let mut hole = corners(&found[0].0[0].interiors()[0]).to_vec();
    let exterior = corners(found[1].0[0].exterior());
    hole.reverse();
    let start = hole
        .iter()
        .position(|corner| corner == &exterior[0])
        .unwrap();
    hole.rotate_left(start);
    assert_eq!(hole, exterior);
    assert!(hole.len() < 30);
}

#[test]
fn a_tolerance_of_nothing_keeps_outlines_exact() {
    let mask = Bitmap::from_fn(20, 20, |x, y| (x * y) % 7 < 4).unwrap();
    let exact = polygons_of(&mask, &PolygonOptions::default());
    for tolerance in [0.0, -1.0, f64::NAN] {
        assert_eq!(polygons_of(&mask, &simplified(tolerance)), exact);
    }
}
