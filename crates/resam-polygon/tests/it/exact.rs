//! Without options, polygons are the mask, and holes and parts go when asked.

use geo::{Area, Validation, Winding};
use proptest::prelude::*;
use resam_mask::{Bitmap, CleanRule, Connectivity, Parts, PlacedMask, components};
use resam_polygon::{Object, PolygonOptions, polygons, rasterize};

use crate::{draw, masks, polygons_of, rings};

/// The mask with its holes of up to so many pixels filled.
fn filled(mask: &Bitmap, largest: f64) -> Bitmap {
    let rule = CleanRule {
        parts: Parts::All,
        fill_holes: Some(largest),
        min_area: 0.0,
    };
    let Some(placed) = PlacedMask::new(mask, 0, 0) else {
        return mask.clone();
    };
    let cleaned = placed.clean(&rule, &[]).mask.expect("all parts stay");
    let raster = cleaned.in_raster(mask.width(), mask.height());
    raster.expect("a small size").decode()
}

proptest! {
    #[test]
    fn a_raster_of_the_polygons_is_the_mask_bit_for_bit(
        mask in masks(),
        x in -100_000..100_000_i64,
        y in -100_000..100_000_i64,
    ) {
        let found = polygons(&[Object { mask: &mask, x, y }], &PolygonOptions::default());
        prop_assert_eq!(rasterize(&found[0], x, y, mask.width(), mask.height())?, mask.clone());
        prop_assert_eq!(found[0].unsigned_area(), mask.area() as f64);
    }

    #[test]
    fn exact_polygons_are_valid_one_for_each_part_and_run_the_way_that_is_promised(mask in masks()) {
        let found = polygons_of(&mask, &PolygonOptions::default());
        prop_assert!(found.is_valid());
        prop_assert_eq!(found.0.len(), components(&mask, Connectivity::Four).len());
        for polygon in &found {
            // Where `y` grows downwards, what looks counter-clockwise is clockwise in numbers.
            prop_assert!(polygon.exterior().is_cw());
            prop_assert!(polygon.interiors().iter().all(geo::Winding::is_ccw));
        }
    }

    #[test]
    fn filling_holes_adds_what_the_holes_and_the_parts_in_them_cover(
        mask in masks(),
        largest in 0.5..30.0_f64,
    ) {
        let exact = polygons_of(&mask, &PolygonOptions::default());
        let mut expected = mask.clone();
        for hole in exact.iter().flat_map(geo::Polygon::interiors) {
            let hole = geo::Polygon::new(hole.clone(), Vec::new());
            if hole.unsigned_area() <= largest {
                let pixels = rasterize(&hole.into(), 0, 0, mask.width(), mask.height())?;
                expected.or_assign(&pixels)?;
            }
        }
        prop_assert_eq!(&filled(&mask, largest), &expected);
        for hole in polygons_of(&expected, &PolygonOptions::default()).iter().flat_map(geo::Polygon::interiors) {
            prop_assert!(geo::Polygon::new(hole.clone(), Vec::new()).unsigned_area() > largest);
        }
        let solid = polygons_of(&filled(&mask, f64::INFINITY), &PolygonOptions::default());
        prop_assert!(solid.iter().all(|polygon| polygon.interiors().is_empty()));
    }
}

#[test]
fn every_object_has_an_answer_even_if_nothing_is_left_of_it() {
    let (empty, dot) = (draw(&["...", "..."]), draw(&["..", ".#"]));
    let objects = [&empty, &dot, &empty].map(|mask| Object { mask, x: 5, y: 7 });
    let found = polygons(&objects, &PolygonOptions::default());
    assert_eq!(
        found.iter().map(|found| found.0.len()).collect::<Vec<_>>(),
        [0, 1, 0]
    );
    assert_eq!(rings(&found[1])[0].0[1], (6.0, 9.0).into());
    assert!(polygons(&[], &PolygonOptions::default()).is_empty());
}

#[test]
fn absurd_offsets_and_options_do_no_harm() {
    let mask = Bitmap::from_fn(30, 20, |x, y| (x / 3 + y / 2) % 3 > 0).expect("a small size");
    for value in [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        -1.0,
        0.0,
        f64::MAX,
    ] {
        for (x, y) in [(i64::MAX, i64::MIN), (0, 0)] {
            let options = PolygonOptions {
                simplify: Some(value),
                regularize: true,
                min_iou: value,
            };
            for found in polygons(&[Object { mask: &mask, x, y }; 2], &options) {
                assert!(found.is_valid(), "{options:?}");
            }
        }
    }
}
