//! Clean masks: what is filled, what is removed, and what stays.

use proptest::prelude::*;
use resam_mask::{Bitmap, CleanRule, Connectivity, Parts, PlacedMask, components};

fn drawn(rows: &[&str]) -> PlacedMask {
    let set = |x: u32, y: u32| rows[y as usize].as_bytes()[x as usize] == b'#';
    let mask = Bitmap::from_fn(rows[0].len() as u32, rows.len() as u32, set).unwrap();
    PlacedMask::new(&mask, 100, 200).unwrap()
}

fn rule(parts: Parts) -> CleanRule {
    CleanRule {
        parts,
        ..CleanRule::default()
    }
}

/// Areas of the parts of a mask that was cleaned for points, counted from its corner.
fn left(mask: &PlacedMask, rule: &CleanRule, points: &[[f64; 2]]) -> Vec<u64> {
    let points: Vec<_> = points.iter().map(|[x, y]| [100.0 + x, 200.0 + y]).collect();
    let clean = mask.clean(rule, &points).mask;
    clean.map_or(Vec::new(), |mask| {
        let parts = components(&mask.bitmap(), Connectivity::Four);
        parts.iter().map(|part| part.area()).collect()
    })
}

#[test]
fn the_object_is_what_lies_under_the_point_and_what_is_large_and_near() {
    // 24 pixels, a gap of one, 8; far away 20; a speck.
    let mask = drawn(&[
        "######.##...............#####",
        "######.##...............#####",
        "######.##...............#####",
        "######.##...............#####",
        "...........#.................",
    ]);
    let on_the_first = [[2.5, 1.5]];
    assert_eq!(left(&mask, &rule(Parts::Main), &on_the_first), [24, 8]);
    assert_eq!(left(&mask, &rule(Parts::Point), &on_the_first), [24]);
    assert_eq!(left(&mask, &rule(Parts::Point), &[[25.0, 1.0]]), [20]);
    assert_eq!(left(&mask, &rule(Parts::Largest), &[[25.0, 1.0]]), [24]);
    assert_eq!(
        left(&mask, &rule(Parts::All), &on_the_first),
        [24, 8, 20, 1]
    );
    // Without a point on the mask the largest part stands for it.
    for nowhere in [&[][..], &[[15.5, 2.5]], &[[-40.0, 1e12]]] {
        assert_eq!(left(&mask, &rule(Parts::Main), nowhere), [24, 8]);
        assert_eq!(left(&mask, &rule(Parts::Point), nowhere), [24]);
    }
    // A point on a speck means the object too.
    assert_eq!(left(&mask, &rule(Parts::Main), &[[11.5, 4.5]]), [24, 8, 1]);
}

#[test]
fn a_pinhole_goes_by_the_size_of_its_object() {
    let with_hole = |side: u32, hole: u32| {
        let is_hole = |x: u32, y: u32| (2..2 + hole).contains(&x) && (2..2 + hole).contains(&y);
        let mask = Bitmap::from_fn(side, side, |x, y| !is_hole(x, y)).unwrap();
        let cleaned = PlacedMask::new(&mask, 0, 0).unwrap();
        let cleaned = cleaned.clean(&CleanRule::default(), &[]);
        assert_eq!(cleaned.removed_parts.count, 0);
        cleaned.filled_holes.pixels
    };
    assert_eq!(with_hole(10, 1), 1);
    assert_eq!(with_hole(9, 1), 0);
    assert_eq!(with_hole(20, 2), 4);
    assert_eq!(with_hole(20, 3), 0);
}

#[test]
fn holes_are_filled_with_what_lies_in_them_before_parts_are_measured() {
    let island = drawn(&["#####", "#...#", "#.#.#", "#...#", "#####"]);
    let filling = |largest, min_area| CleanRule {
        parts: Parts::All,
        fill_holes: largest,
        min_area,
    };
    assert_eq!(left(&island, &filling(Some(8.0), 0.0), &[]), [16, 1]);
    assert_eq!(left(&island, &filling(Some(9.0), 20.0), &[]), [25]);
    assert_eq!(left(&island, &filling(None, 2.0), &[]), [16]);
    assert_eq!(left(&island, &filling(None, 20.0), &[]), [0_u64; 0]);
    let all = left(&island, &filling(Some(f64::INFINITY), f64::NAN), &[]);
    assert_eq!(all, [25]);
}

/// Blobs, specks and holes of a few sizes.
fn masks() -> impl Strategy<Value = Bitmap> {
    let spots = prop::collection::vec((0..48_u32, 0..40_u32, 1..9_u32, 1..9_u32, 0..4_u32), 1..20);
    spots.prop_map(|spots| {
        let set = |x: u32, y: u32| {
            let covers = |&&(left, top, width, height, _): &&(u32, u32, u32, u32, u32)| {
                (left..left + width).contains(&x) && (top..top + height).contains(&y)
            };
            // The last spot says what a pixel is: one in four makes a hole.
            spots.iter().rfind(covers).is_some_and(|spot| spot.4 > 0)
        };
        Bitmap::from_fn(56, 48, set).unwrap()
    })
}

fn rules() -> impl Strategy<Value = CleanRule> {
    let parts = prop::sample::select(vec![Parts::Main, Parts::Point, Parts::Largest, Parts::All]);
    let holes = prop::option::of(0.0..30.0_f64);
    (parts, holes, prop_oneof![Just(0.0), 0.0..40.0_f64]).prop_map(
        |(parts, fill_holes, min_area)| CleanRule {
            parts,
            fill_holes,
            min_area,
        },
    )
}

proptest! {
    #[test]
    fn the_area_changes_by_what_is_reported_and_cleaning_twice_changes_nothing(
        mask in masks(),
        rule in rules(),
        points in prop::collection::vec((0.0..56.0_f64, 0.0..48.0_f64), 0..3),
    ) {
        let Some(mask) = PlacedMask::new(&mask, -3, 7) else {
            return Ok(());
        };
        let points: Vec<_> = points.into_iter().map(|(x, y)| [x - 3.0, y + 7.0]).collect();
        let cleaned = mask.clean(&rule, &points);
        let area = cleaned.mask.as_ref().map_or(0, PlacedMask::area);
        prop_assert_eq!(
            mask.area() + cleaned.filled_holes.pixels,
            area + cleaned.removed_parts.pixels
        );
        prop_assert_eq!(cleaned.filled_holes.pixels == 0, cleaned.filled_holes.count == 0);
        prop_assert_eq!(cleaned.removed_parts.pixels == 0, cleaned.removed_parts.count == 0);
        if let Some(clean) = cleaned.mask {
            let again = clean.clean(&rule, &points);
            prop_assert_eq!(again.mask, Some(clean));
            prop_assert_eq!(again.removed_parts.count + again.filled_holes.count, 0);
        }
    }
}
