//! One stretch for the whole scene.

use proptest::prelude::*;
use resam_geo::{RasterError, SampleKind, Scene, SceneOptions, Stretch};

use crate::fixtures::{HEIGHT, WIDTH, fixture, value, window};

fn with(stretch: Stretch) -> SceneOptions {
    SceneOptions {
        stretch: Some(stretch),
        ..SceneOptions::default()
    }
}

#[test]
fn percentiles_are_those_of_numpy_over_valid_values() {
    // numpy.percentile(values, [2, 98]) of the bands without the hole, see make.py.
    let scene = Scene::open(fixture("nodata_i16.tif"), &SceneOptions::default()).unwrap();
    assert_eq!(scene.stretch(), Stretch::Percentiles(2.0, 98.0));
    let found: Vec<[f64; 2]> = scene
        .stretch_limits()
        .iter()
        .map(|one| [one.low, one.high])
        .collect();
    for (found, expected) in found.iter().zip(NUMPY) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 0.01, "{found} {expected}");
        }
    }
}

const NUMPY: [[f64; 2]; 3] = include!("../fixtures/nodata_i16.percentiles");

#[test]
fn values_between_the_limits_spread_over_eight_bits() {
    let scene = Scene::open(
        fixture("u16_8bands_strips_zstd_predictor2_big.tif"),
        &with(Stretch::Range(10_000.0, 30_000.0)),
    )
    .unwrap();
    let tile = scene
        .read(window(0, 0, WIDTH, HEIGHT), WIDTH, HEIGHT)
        .unwrap();
    for (x, y) in (0..WIDTH).flat_map(|x| (0..HEIGHT).map(move |y| (x, y))) {
        for band in 0..3 {
            let stored = value(SampleKind::U16, x, y, band);
            let expected = ((stored - 10_000.0) * 255.0 / 20_000.0)
                .round()
                .clamp(0.0, 255.0);
            assert_eq!(
                f64::from(tile.image.get_pixel(x, y).0[band as usize]),
                expected
            );
        }
    }
}

#[test]
fn the_smallest_and_the_largest_value_are_black_and_white() {
    let scene = Scene::open(
        fixture("u8_strips_uncompressed.tif"),
        &with(Stretch::MinMax),
    )
    .unwrap();
    let all = (0..WIDTH).flat_map(|x| (0..HEIGHT).map(move |y| value(SampleKind::U8, x, y, 0)));
    let limits = scene.stretch_limits()[0];
    assert_eq!(limits.low, all.clone().fold(f64::MAX, f64::min));
    assert_eq!(limits.high, all.fold(f64::MIN, f64::max));
}

#[test]
fn a_raster_without_a_valid_pixel_has_no_stretch_but_can_be_shown_with_limits() {
    for name in ["all_nodata_u16.tif", "all_nan_f32.tif"] {
        let error = Scene::open(fixture(name), &SceneOptions::default()).unwrap_err();
        assert!(matches!(error, RasterError::NothingValid { .. }), "{error}");
        let scene = Scene::open(fixture(name), &with(Stretch::Range(0.0, 1.0))).unwrap();
        let tile = scene.read(window(0, 0, 9, 9), 9, 9).unwrap();
        assert!(tile.valid.is_empty());
        assert!(tile.image.iter().all(|&sample| sample == 0));
    }
}

#[test]
fn the_default_leaves_bytes_alone_and_stretches_the_rest() {
    let stretch = |name: &str| {
        let scene = Scene::open(fixture(name), &SceneOptions::default()).unwrap();
        scene.stretch().to_string()
    };
    assert_eq!(stretch("u8_rgb_strips_lzw.tif"), "none");
    assert_eq!(stretch("f32_tiles_deflate_predictor3.tif"), "p2-p98");
}

#[test]
fn stretches_are_read_from_text() {
    for (text, expected) in [
        ("none", Stretch::None),
        ("minmax", Stretch::MinMax),
        ("p2-p98", Stretch::Percentiles(2.0, 98.0)),
        ("p0.5-p99.5", Stretch::Percentiles(0.5, 99.5)),
        ("0,3000", Stretch::Range(0.0, 3000.0)),
        ("-1.5,2e3", Stretch::Range(-1.5, 2000.0)),
    ] {
        assert_eq!(text.parse(), Ok(expected));
        assert_eq!(expected.to_string().parse(), Ok(expected));
    }
    for text in [
        "", "p98-p2", "p2-98", "p-1-p98", "p2-p101", "5,5", "3,1", "nan,1", "0,inf", "MinMax",
    ] {
        let error = text.parse::<Stretch>().unwrap_err().to_string();
        assert!(
            error.contains(&format!("`{text}`")) && error.contains("hint:"),
            "{error}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "[p0-9.,a-z-]{0,12}") {
        if let Ok(stretch) = text.parse::<Stretch>() {
            prop_assert_eq!(stretch.to_string().parse(), Ok(stretch));
        }
    }
}
