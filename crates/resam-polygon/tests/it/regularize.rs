//! Buildings get their right angles back, and what has none is left alone.

use std::f64::consts::TAU;

use geo::{
    Area, BooleanOps, Contains, Distance, Euclidean, LineString, MultiPolygon, Point, Polygon,
    Validation,
};
use proptest::prelude::*;
use resam_mask::Bitmap;
use resam_polygon::{Object, PolygonOptions, outlines, polygons};

use crate::{corners, label_image, masks_of, polygons_of, rings, simplified};

const RECTANGLE: &[[f64; 2]] = &[[0.0, 0.0], [1.0, 0.0], [1.0, 0.6], [0.0, 0.6]];
const SQUARE: &[[f64; 2]] = &[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
const COURTYARD: &[[f64; 2]] = &[[0.3, 0.3], [0.3, 0.65], [0.7, 0.65], [0.7, 0.3]];
const L: &[[f64; 2]] = &[
    [0.0, 0.0],
    [1.0, 0.0],
    [1.0, 0.4],
    [0.45, 0.4],
    [0.45, 1.0],
    [0.0, 1.0],
];
const U: &[[f64; 2]] = &[
    [0.0, 0.0],
    [1.0, 0.0],
    [1.0, 1.0],
    [0.7, 1.0],
    [0.7, 0.4],
    [0.3, 0.4],
    [0.3, 1.0],
    [0.0, 1.0],
];
const T: &[[f64; 2]] = &[
    [0.0, 0.0],
    [1.0, 0.0],
    [1.0, 0.35],
    [0.7, 0.35],
    [0.7, 1.0],
    [0.3, 1.0],
    [0.3, 0.35],
    [0.0, 0.35],
];

fn squaring() -> PolygonOptions {
    PolygonOptions {
        regularize: true,
        ..PolygonOptions::default()
    }
}

/// A shape of the unit square scaled to `size` pixels and turned, in an image that holds it.
fn place(exterior: &[[f64; 2]], hole: &[[f64; 2]], size: f64, angle: f64) -> (Polygon<f64>, u32) {
    let side = (1.5 * size) as u32 + 8;
    let centre = f64::from(side) / 2.0 + 0.2;
    let ring = |points: &[[f64; 2]]| -> LineString<f64> {
        let turned = points.iter().map(|point| {
            let [x, y] = point.map(|coordinate| (coordinate - 0.5) * size);
            let (sine, cosine) = angle.sin_cos();
            (
                centre + cosine * x - sine * y,
                centre + sine * x + cosine * y,
            )
        });
        turned.collect()
    };
    let holes = if hole.is_empty() {
        Vec::new()
    } else {
        vec![ring(hole)]
    };
    (Polygon::new(ring(exterior), holes), side)
}

fn pixels_of(shape: &Polygon<f64>, side: u32) -> Bitmap {
    let inside =
        |x: u32, y: u32| shape.contains(&Point::new(f64::from(x) + 0.5, f64::from(y) + 0.5));
    Bitmap::from_fn(side, side, inside).expect("a small size")
}

/// The mask with about one in seven of the pixels along its outline changed.
fn frayed(mask: &Bitmap, mut seed: u64) -> Bitmap {
    let mut frayed = mask.clone();
    for y in 1..mask.height() - 1 {
        for x in 1..mask.width() - 1 {
            let value = mask.get(x, y);
            let around = [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)];
            if around.iter().any(|&(x, y)| mask.get(x, y) != value) {
                // The constants of Knuth's MMIX generator.
                seed = seed
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                frayed.set(x, y, value != (seed >> 40).is_multiple_of(7));
            }
        }
    }
    // Pixels that came off are other parts, which are not what is asked about.
    let parts = resam_mask::components(&frayed, resam_mask::Connectivity::Four);
    parts
        .iter()
        .max_by_key(|part| part.area())
        .expect("an object")
        .to_bitmap()
}

/// How far the corners of all rings are from right angles at most, in degrees.
fn worst_angle(polygons: &MultiPolygon<f64>) -> f64 {
    let off = rings(polygons).into_iter().flat_map(|ring| {
        let corners = corners(ring);
        (0..corners.len()).map(move |index| {
            let [a, b, c] = [0, 1, 2].map(|step| corners[(index + step) % corners.len()]);
            let (one, other) = (b - a, c - b);
            let turn = f64::atan2(
                one.x * other.y - one.y * other.x,
                one.x * other.x + one.y * other.y,
            );
            (turn.abs().to_degrees() - 90.0).abs()
        })
    });
    off.fold(0.0, f64::max)
}

fn overlap(one: &MultiPolygon<f64>, other: &MultiPolygon<f64>) -> f64 {
    let shared = one.intersection(other).unsigned_area();
    shared / (one.unsigned_area() + other.unsigned_area() - shared)
}

/// The stairs of pixels in polygons: three sides along the axes, none longer than a pixel, that
/// turn one way and then the other.
fn stairs(polygons: &MultiPolygon<f64>) -> usize {
    let is_short = |[x, y]: [f64; 2]| (x == 0.0) != (y == 0.0) && x.abs() + y.abs() <= 1.0;
    let turn = |a: [f64; 2], b: [f64; 2]| a[0] * b[1] - a[1] * b[0];
    let stairs = rings(polygons).into_iter().map(|ring| {
        let corners = corners(ring);
        let count = corners.len();
        let side = |at: usize| {
            let way = corners[(at + 1) % count] - corners[at % count];
            [way.x, way.y]
        };
        (0..count)
            .filter(|&at| {
                let [a, b, c] = [side(at), side(at + 1), side(at + 2)];
                [a, b, c].into_iter().all(is_short) && turn(a, b) * turn(b, c) < 0.0
            })
            .count()
    });
    stairs.sum()
}

/// Asserts that the parts of a mask come out without stairs, a pixel from the mask at most.
fn assert_smooth(mask: &Bitmap, options: &PolygonOptions, what: &str) {
    let found = outlines(&[Object { mask, x: 0, y: 0 }], options).remove(0);
    let exact = polygons_of(mask, &PolygonOptions::default());
    // A tip of a pixel may be a part of its own, and square.
    assert!(found.smoothed > 0, "{what}");
    assert!(found.polygons.is_valid(), "{what}");
    assert_eq!(stairs(&found.polygons), 0, "{what}");
    for (found, exact) in [(&found.polygons, &exact), (&exact, &found.polygons)] {
        for ring in rings(found) {
            for &corner in corners(ring) {
                let nearest = rings(exact).into_iter().map(|ring| {
                    let corner = Point::from(corner);
                    Euclidean.distance(&corner, ring)
                });
                let distance = nearest.fold(f64::INFINITY, f64::min);
                assert!(distance <= 1.0 + 1e-9, "{what}: {distance} pixels away");
            }
        }
    }
}

/// Asserts that a mask comes out with the corners of the shape, closer to it than the pixels are.
fn assert_squared(shape: &Polygon<f64>, mask: &Bitmap, what: &str) {
    let truth = MultiPolygon(vec![shape.clone()]);
    let exact = polygons_of(mask, &PolygonOptions::default());
    let found = polygons_of(mask, &squaring());
    assert!(found.is_valid(), "{what}");
    assert!(
        worst_angle(&found) < 0.01,
        "{what}: {} degrees off",
        worst_angle(&found)
    );
    let count = |polygons: &MultiPolygon<f64>| -> Vec<usize> {
        rings(polygons)
            .into_iter()
            .map(|ring| corners(ring).len())
            .collect()
    };
    assert_eq!(count(&found), count(&truth), "{what}");
    let (ours, pixels) = (overlap(&found, &truth), overlap(&exact, &truth));
    assert!(
        ours >= pixels - 0.01,
        "{what}: {ours} is less than {pixels}"
    );
    let area = found.unsigned_area() / exact.unsigned_area();
    assert!((0.95..=1.05).contains(&area), "{what}: area times {area}");
}

#[test]
fn buildings_of_all_shapes_sizes_and_angles_come_out_square() {
    let shapes = [
        ("rectangle", RECTANGLE, &[][..]),
        ("L", L, &[]),
        ("U", U, &[]),
        ("T", T, &[]),
        ("courtyard", SQUARE, COURTYARD),
    ];
    for (name, exterior, hole) in shapes {
        for size in [20.0, 33.0, 70.0, 150.0] {
            for degrees in [0.0, 0.6, 7.0, 22.5, 30.0, 45.0, 61.0, 89.0] {
                let (shape, side) = place(exterior, hole, size, f64::to_radians(degrees));
                let mask = pixels_of(&shape, side);
                let what = format!("{name} of {size} pixels at {degrees} degrees");
                assert_squared(&shape, &mask, &what);
                if size > 30.0 {
                    let frayed = frayed(&mask, degrees as u64 + size as u64);
                    assert_squared(&shape, &frayed, &format!("frayed {what}"));
                }
            }
        }
    }
}

#[test]
fn a_rectangle_along_the_pixels_is_found_exactly() {
    let mask =
        Bitmap::from_fn(40, 30, |x, y| (5..33).contains(&x) && (4..21).contains(&y)).unwrap();
    let found = polygons_of(&mask, &squaring());
    assert_eq!(corners(found.0[0].exterior()).len(), 4);
    let exact = polygons_of(&mask, &PolygonOptions::default());
    assert!(overlap(&found, &exact) > 1.0 - 1e-9);
}

#[test]
fn what_has_no_right_angles_gets_a_smooth_outline_within_a_pixel() {
    let round = |corners: u32| -> Vec<[f64; 2]> {
        let angles = (0..corners).map(|corner| f64::from(corner) * TAU / f64::from(corners));
        angles
            .map(|angle| [0.5 + 0.5 * angle.cos(), 0.5 + 0.5 * angle.sin()])
            .collect()
    };
    let shapes = [
        ("triangle", vec![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]),
        ("hexagon", round(6)),
        ("octagon", round(8)),
        ("disc", round(64)),
        (
            "parallelogram",
            vec![[0.0, 0.2], [0.75, 0.2], [1.0, 0.7], [0.25, 0.7]],
        ),
        (
            "cut corner",
            vec![[0.0, 0.0], [1.0, 0.0], [1.0, 0.5], [0.6, 0.9], [0.0, 0.9]],
        ),
        (
            "oblique wing",
            vec![
                [0.0, 0.0],
                [1.0, 0.0],
                [1.0, 0.4],
                [0.7, 0.4],
                [0.95, 0.9],
                [0.7, 1.0],
                [0.35, 0.4],
                [0.0, 0.4],
            ],
        ),
    ];
    for (name, shape) in shapes {
        for size in [50.0, 90.0, 200.0] {
            for degrees in [0.0, 11.0, 37.0, 80.0] {
                let (shape, side) = place(&shape, &[], size, f64::to_radians(degrees));
                let mask = pixels_of(&shape, side);
                let what = format!("{name} of {size} pixels at {degrees} degrees");
                assert_smooth(&mask, &squaring(), &what);
            }
        }
    }
}

#[test]
fn the_bound_on_the_overlap_is_kept() {
    let (shape, side) = place(L, &[], 40.0, 0.4);
    let mask = frayed(&pixels_of(&shape, side), 3);
    let smoothed = |options: &PolygonOptions| {
        let object = Object {
            mask: &mask,
            x: 0,
            y: 0,
        };
        outlines(&[object], options)[0].smoothed
    };
    assert_eq!(smoothed(&squaring()), 0);
    let strict = PolygonOptions {
        min_iou: 1.0,
        ..squaring()
    };
    assert_eq!(smoothed(&strict), 1);
}

#[test]
fn details_below_the_tolerance_are_levelled() {
    let bay = |x: u32, y: u32| {
        (10..70).contains(&x) && (10..40).contains(&y)
            || (30..40).contains(&x) && (40..44).contains(&y)
    };
    let mask = Bitmap::from_fn(80, 50, bay).unwrap();
    let count = |simplify| {
        let options = PolygonOptions {
            simplify,
            ..squaring()
        };
        corners(polygons_of(&mask, &options).0[0].exterior()).len()
    };
    assert_eq!((count(None), count(Some(1.0)), count(Some(3.0))), (8, 8, 4));
}

#[test]
fn parts_that_touch_at_a_corner_may_not_come_to_overlap() {
    let steps = Bitmap::from_fn(60, 60, |x, y| (x < 30) == (y < 30)).unwrap();
    // Bays and dents that squaring levels, on both sides of the corner at which the parts touch.
    for (x, y) in [(30, 28), (31, 28), (29, 31), (28, 31), (30, 10), (31, 10)] {
        let mut mask = steps.clone();
        mask.set(x, y, !mask.get(x, y));
        let found = polygons_of(&mask, &squaring());
        assert!(found.is_valid(), "{x}, {y}");
    }
}

proptest! {
    #[test]
    fn whatever_the_mask_parts_are_square_or_smooth_and_valid_in_any_case(
        (width, labels) in label_image(3),
        min_iou in 0.2..1.0_f64,
        tolerance in 0.5..3.0_f64,
    ) {
        for mask in masks_of(width, &labels) {
            let options = PolygonOptions { regularize: true, min_iou, ..simplified(tolerance) };
            let object = Object { mask: &mask, x: -20, y: 1_000_000 };
            let found = outlines(&[object], &options).remove(0);
            let exact = polygons(&[object], &PolygonOptions::default()).remove(0);
            prop_assert!(found.polygons.is_valid());
            prop_assert_eq!(stairs(&found.polygons), 0);
            prop_assert_eq!(found.polygons.0.len(), exact.0.len());
            let squared = found.polygons.iter().filter(|part| worst_angle(&(*part).clone().into()) < 0.01);
            prop_assert!(squared.count() + found.smoothed >= exact.0.len());
            for (found, exact) in found.polygons.iter().zip(&exact) {
                let (now, before) = (found.unsigned_area(), exact.unsigned_area());
                // A smooth ring loses half a pixel, and then at most a twentieth of what it
                // encloses.
                let rings = std::iter::once(exact.exterior()).chain(exact.interiors());
                let slack: f64 = rings
                    .map(|ring| 0.5 + 0.05 * Polygon::new(ring.clone(), Vec::new()).unsigned_area())
                    .sum();
                prop_assert!((now - before).abs() <= slack + 1e-6);
            }
        }
    }
}
