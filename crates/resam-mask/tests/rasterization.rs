//! Polygons are filled as pycocotools fills them.

use std::error::Error;

use proptest::prelude::*;
use resam_mask::{MAX_COORDINATE, MaskError, Rle, rasterize_polygon, rasterize_ring};
use serde_json::Value;

fn number(value: &Value) -> u32 {
    value
        .as_u64()
        .and_then(|number| number.try_into().ok())
        .expect("a 32-bit number")
}

fn points(flat: &Value) -> Vec<[f64; 2]> {
    let flat: Vec<f64> = serde_json::from_value(flat.clone()).expect("a list of coordinates");
    flat.chunks_exact(2)
        .map(|pair| [pair[0], pair[1]])
        .collect()
}

#[test]
fn every_polygon_has_the_mask_of_pycocotools_byte_for_byte() -> Result<(), Box<dyn Error>> {
    let cases: Vec<Value> = serde_json::from_str(include_str!("fixtures/polygons.json"))?;
    for case in cases {
        let (width, height) = (number(&case["width"]), number(&case["height"]));
        let rings: Vec<_> = case["rings"]
            .as_array()
            .ok_or("no rings")?
            .iter()
            .map(points)
            .collect();
        for (index, ring) in rings.iter().enumerate() {
            let mask = rasterize_ring(ring, width, height)?;
            assert_eq!(mask.to_compressed_string(), case["texts"][index], "{case}");
        }
        let union = rasterize_polygon(&rings, width, height)?;
        assert_eq!(union.to_compressed_string(), case["union"], "{case}");
    }
    Ok(())
}

#[test]
fn a_rectangle_along_pixel_sides_fills_exactly_its_pixels() -> Result<(), MaskError> {
    let mask = rasterize_ring(&[[2.0, 1.0], [2.0, 4.0], [7.0, 4.0], [7.0, 1.0]], 10, 6)?.decode();
    let pixels: Vec<_> = mask.pixels().collect();
    let expected: Vec<_> = (1..4).flat_map(|y| (2..7).map(move |x| (x, y))).collect();
    assert_eq!(pixels, expected);
    Ok(())
}

#[test]
fn a_ring_of_fewer_than_three_points_is_refused() {
    for found in 0..3 {
        let refusal = rasterize_ring(&vec![[1.0, 1.0]; found], 4, 4);
        assert_eq!(refusal, Err(MaskError::TooFewPoints { found }));
    }
    assert_eq!(
        rasterize_polygon::<Vec<_>>(&[], 4, 4),
        Err(MaskError::NothingToMerge)
    );
}

#[test]
fn coordinates_that_are_not_finite_or_too_large_are_refused() {
    for value in [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        1e300,
        -1.001 * MAX_COORDINATE,
    ] {
        for ring in [
            [[value, 1.0], [2.0, 2.0], [3.0, 1.0]],
            [[1.0, 1.0], [2.0, 2.0], [3.0, value]],
        ] {
            let refusal = rasterize_ring(&ring, 4, 4);
            assert!(
                matches!(refusal, Err(MaskError::InvalidCoordinate { .. })),
                "{value}"
            );
        }
    }
}

#[test]
fn a_ring_that_crosses_the_image_too_often_is_refused() {
    let zigzag: Vec<[f64; 2]> = (0..5_000)
        .map(|index| [f64::from(index % 2) * 20_000.0, f64::from(index)])
        .collect();
    let refusal = rasterize_ring(&zigzag, 20_000, 100);
    assert_eq!(refusal, Err(MaskError::TooManyCrossings { points: 5_000 }));
}

#[test]
fn the_union_of_rings_does_not_depend_on_their_order() -> Result<(), MaskError> {
    let rings = [0.0, 2.0, 1.0].map(|x| vec![[x, x], [x + 2.0, x], [x + 2.0, x + 2.0]]);
    let mask = rasterize_polygon(&rings, 6, 6)?;
    let mut reversed = rings.clone();
    reversed.reverse();
    assert_eq!(rasterize_polygon(&reversed, 6, 6)?, mask);
    let masks = rings.iter().map(|ring| rasterize_ring(ring, 6, 6));
    assert_eq!(Rle::union(&masks.collect::<Result<Vec<_>, _>>()?)?, mask);

    let none: [Vec<[f64; 2]>; 0] = [];
    assert_eq!(
        rasterize_polygon(&none, 6, 6),
        Err(MaskError::NothingToMerge)
    );
    Ok(())
}

proptest! {
    #[test]
    fn no_ring_makes_rasterizing_panic(
        ring in prop::collection::vec((any::<f64>(), -100.0..100.0_f64), 0..8),
        scale in prop_oneof![Just(1.0), Just(0.0), Just(1e-300)],
        width in 0..40_u32,
        height in 0..40_u32,
    ) {
        let ring: Vec<_> = ring.into_iter().map(|(x, y)| [x * scale, y]).collect();
        if let Ok(mask) = rasterize_ring(&ring, width, height) {
            prop_assert_eq!((mask.width(), mask.height()), (width, height));
            prop_assert_eq!(mask.decode().area(), mask.area());
        }
    }

    #[test]
    fn a_ring_and_its_reverse_have_the_same_mask(
        ring in prop::collection::vec([-20.0..60.0, -20.0..60.0], 3..12),
    ) {
        let reversed: Vec<_> = ring.iter().rev().copied().collect();
        prop_assert_eq!(rasterize_ring(&ring, 40, 40)?, rasterize_ring(&reversed, 40, 40)?);
    }
}
