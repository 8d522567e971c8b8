//! Rasters as they are looked at.

use resam_geo::{
    GeoTiffSpec, GeoTiffWriter, Raster, RasterError, SampleKind, Scene, SceneOptions, Stretch,
    StretchLimits, Tile,
};

use crate::fixtures::{HEIGHT, WIDTH, fixture, value, window};

fn scene(name: &str, options: &SceneOptions) -> Scene {
    Scene::open(fixture(&format!("{name}.tif")), options).unwrap()
}

fn whole(name: &str) -> Tile {
    scene(name, &SceneOptions::default())
        .read(window(0, 0, WIDTH, HEIGHT), WIDTH, HEIGHT)
        .unwrap()
}

fn places() -> impl Iterator<Item = (u32, u32)> {
    (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)))
}

fn in_hole(x: u32, y: u32) -> bool {
    (5..15).contains(&x) && (5..15).contains(&y)
}

#[test]
fn eight_bits_are_shown_as_they_are() {
    for (name, channels) in [
        ("u8_rgb_tiles_lzw_predictor2", [0, 1, 2]),
        ("u8_strips_uncompressed", [0, 0, 0]),
    ] {
        let tile = whole(name);
        for (x, y) in places() {
            let expected = channels.map(|band| value(SampleKind::U8, x, y, band) as u8);
            assert_eq!(tile.image.get_pixel(x, y).0, expected, "{name} {x} {y}");
        }
        assert_eq!(tile.valid.area(), u64::from(WIDTH * HEIGHT));
    }
}

#[test]
fn bands_are_chosen_and_outside_is_black_and_not_valid() {
    let options = SceneOptions {
        bands: Some(vec![12, 3, 7]),
        ..SceneOptions::default()
    };
    let scene = scene("u8_12bands_planar_tiles_zstd", &options);
    assert_eq!(scene.bands(), [12, 3, 7]);
    let tile = scene.read(window(-2, 25, 10, 8), 10, 8).unwrap();
    for (x, y) in (0..10).flat_map(|x| (0..8).map(move |y| (x, y))) {
        let inside = x >= 2 && y + 25 < HEIGHT;
        let expected = if inside {
            [11, 2, 6].map(|band| value(SampleKind::U8, x - 2, y + 25, band) as u8)
        } else {
            [0; 3]
        };
        assert_eq!(tile.image.get_pixel(x, y).0, expected);
        assert_eq!(tile.valid.get(x, y), inside);
    }
}

#[test]
fn a_scene_that_is_opened_again_is_seen_as_before() {
    let names = [
        "nodata_i16",
        "nodata_nan_f32",
        "u8_rgb_tiles_lzw_predictor2",
    ];
    let all = window(0, 0, WIDTH, HEIGHT);
    for name in names {
        let before = scene(name, &SceneOptions::default());
        let raster = Raster::open(fixture(&format!("{name}.tif"))).unwrap();
        let limits = before.stretch_limits().to_vec();
        let again = Scene::seen_as(raster, before.stretch(), limits).unwrap();
        assert_eq!(again.bands(), before.bands());
        let [before, again] = [before, again].map(|scene| scene.read(all, WIDTH, HEIGHT).unwrap());
        assert_eq!(again.image, before.image, "{name}");
        assert_eq!(again.valid, before.valid, "{name}");
    }
    // The limits are those that are given, not those that would be found.
    let raster = || Raster::open(fixture("nodata_i16.tif")).unwrap();
    let limits = |band| StretchLimits {
        band,
        low: 1e6,
        high: 2e6,
    };
    let dark = Scene::seen_as(raster(), Stretch::Range(1e6, 2e6), vec![limits(1)]).unwrap();
    let dark = dark.read(all, WIDTH, HEIGHT).unwrap();
    assert!(dark.image.pixels().all(|pixel| pixel.0 == [0; 3]));
    let missing = Scene::seen_as(raster(), Stretch::MinMax, vec![limits(99)]);
    assert!(matches!(
        missing,
        Err(RasterError::NoSuchBand { asked: 99, .. })
    ));
    let none = Scene::seen_as(raster(), Stretch::MinMax, Vec::new());
    assert!(matches!(none, Err(RasterError::BandCount { count: 0, .. })));
}

#[test]
fn masks_opacity_and_nodata_say_what_is_valid() {
    for name in [
        "mask_inside_tiles",
        "alpha_band_tiles",
        "alpha_band_planar_grey",
        "nodata_i16",
        "nodata_lowest_f32",
        "nodata_nan_f32",
    ] {
        let tile = whole(name);
        for (x, y) in places() {
            assert_eq!(tile.valid.get(x, y), !in_hole(x, y), "{name} {x} {y}");
            if in_hole(x, y) {
                assert_eq!(tile.image.get_pixel(x, y).0, [0; 3], "{name}");
            }
        }
    }
}

#[test]
fn a_pixel_is_nodata_only_if_all_its_bands_are() {
    // The formula gives zero here and there, in one band of three.
    let tile = whole("nodata_0_u8_rgb");
    for (x, y) in places() {
        assert_eq!(tile.valid.get(x, y), !in_hole(x, y), "{x} {y}");
    }
}

/// As `make.py` asserts of GDAL.
#[test]
fn tiles_that_were_never_written_are_nodata_or_else_zeros_that_are_valid() {
    let written = |x: u32, y: u32| (16..32).contains(&x) && y >= 16;
    let valid = |name: &str, x: u32, y: u32| match name {
        "sparse_u8_nodata_9" => written(x, y),
        "sparse_mask_u8" => x >= 8,
        "sparse_alpha_planar_grey" => x < 32 && y >= 16,
        _ => true,
    };
    for name in [
        "sparse_u8_rgb",
        "sparse_u8_nodata_9",
        "sparse_mask_u8",
        "sparse_alpha_planar_grey",
    ] {
        // As bytes, and through the numbers that a stretch needs.
        for stretch in [None, Some(Stretch::Range(0.0, 256.0))] {
            let options = SceneOptions {
                stretch,
                ..SceneOptions::default()
            };
            let scene = scene(name, &options);
            let tile = scene
                .read(window(0, 0, WIDTH, HEIGHT), WIDTH, HEIGHT)
                .unwrap();
            for (x, y) in places() {
                assert_eq!(tile.valid.get(x, y), valid(name, x, y), "{name} {x} {y}");
                let found = tile.image.get_pixel(x, y).0[0];
                let stored = value(SampleKind::U8, x, y, 0);
                let is_nodata = name.ends_with("nodata_9") && stored == 9.0;
                let expected = if written(x, y) && !is_nodata {
                    stored
                } else {
                    0.0
                };
                assert!(
                    (f64::from(found) - expected).abs() <= 1.0,
                    "{name} {x} {y}: {found}"
                );
            }
        }
    }
}

#[test]
fn tiles_that_were_never_written_count_as_zeros_at_every_scale() {
    let folder = tempfile::tempdir().unwrap();
    let spec = GeoTiffSpec {
        sample: SampleKind::U16,
        tile: 16,
        ..GeoTiffSpec::new(100, 70)
    };
    let samples: Vec<u8> = (0..256u16).flat_map(|n| (n * 199).to_le_bytes()).collect();
    let scenes = [false, true].map(|is_dense| {
        let path = folder.path().join(format!("{is_dense}.tif"));
        let mut writer = GeoTiffWriter::create(&path, &spec).unwrap();
        for (column, row) in (0..5).flat_map(|row| (0..7).map(move |column| (column, row))) {
            if matches!((column, row), (2 | 6, 1) | (3, 3)) {
                writer.write_tile(column, row, &samples).unwrap();
            } else if is_dense {
                writer.write_tile(column, row, &[0; 512]).unwrap();
            }
        }
        writer.finish().unwrap();
        let options = SceneOptions {
            stretch: Some(Stretch::Range(0.0, 60000.0)),
            ..SceneOptions::default()
        };
        Scene::open(path, &options).unwrap()
    });
    for (asked, width, height) in [
        (window(0, 0, 100, 70), 100, 70),
        (window(0, 0, 100, 70), 33, 21),
        (window(-7, -9, 120, 90), 11, 13),
        (window(20, 5, 31, 43), 90, 101),
        (window(40, 30, 50, 50), 20, 130),
    ] {
        let [sparse, dense] = scenes
            .each_ref()
            .map(|scene| scene.read(asked, width, height).unwrap());
        assert_eq!(sparse.valid, dense.valid, "{asked}");
        for (found, expected) in sparse.image.iter().zip(dense.image.iter()) {
            assert!(found.abs_diff(*expected) <= 1, "{asked} {width}x{height}");
        }
    }
}

#[test]
fn a_palette_is_shown_in_its_colours() {
    let tile = whole("u8_palette");
    for (x, y) in places() {
        let number = (value(SampleKind::U8, x, y, 0) as u32 % 5) as u8;
        let expected = match number {
            4 => [0; 3],
            number => [50 * number, 255 - 50 * number, 3 * number],
        };
        assert_eq!(tile.image.get_pixel(x, y).0, expected);
        assert_eq!(tile.valid.get(x, y), number != 4);
    }
}

#[test]
fn where_white_is_zero_low_values_are_bright() {
    let tile = whole("u8_white_is_zero");
    for (x, y) in places() {
        let expected = 255 - value(SampleKind::U8, x, y, 0) as u8;
        assert_eq!(tile.image.get_pixel(x, y).0, [expected; 3]);
    }
}

/// The ramp of `cog_mask_ramp`: 2 x + y, but 2 x in the second band, at a continuous position.
fn ramp(x: f64, y: f64, band: usize) -> f64 {
    2.0 * (x - 0.5) + if band == 1 { 0.0 } else { y - 0.5 }
}

/// At any scale, a pixel of a ramp has the value of the ramp at its centre.
#[test]
fn a_ramp_stays_a_ramp_at_every_scale() {
    let scene = scene("cog_mask_ramp", &SceneOptions::default());
    for (width, height) in [
        (60, 40),
        (30, 20),
        (20, 20),
        (15, 10),
        (13, 17),
        (120, 80),
        (67, 200),
    ] {
        let tile = scene.read(window(10, 14, 60, 40), width, height).unwrap();
        let (scale_x, scale_y) = (60.0 / f64::from(width), 40.0 / f64::from(height));
        // Overviews are rounded, and so is the result.
        for (x, y) in (0..width).flat_map(|x| (0..height).map(move |y| (x, y))) {
            let at = (
                10.0 + (f64::from(x) + 0.5) * scale_x,
                14.0 + (f64::from(y) + 0.5) * scale_y,
            );
            for band in 0..3 {
                let found = f64::from(tile.image.get_pixel(x, y).0[band]);
                let off = found - ramp(at.0, at.1, band);
                assert!(off.abs() <= 2.01, "{width}x{height} {x} {y} {band}: {off}");
            }
            assert!(tile.valid.get(x, y));
        }
    }
}

#[test]
fn averages_leave_out_what_is_not_valid() {
    // Columns from 80 on are masked: two of the four source columns of each pixel of column 1.
    let scene = scene("cog_mask_ramp", &SceneOptions::default());
    let tile = scene.read(window(76, 0, 12, 66), 2, 33).unwrap();
    let tile_of_three = scene.read(window(75, 10, 10, 2), 1, 1).unwrap();
    // Columns 75 to 79 and rows 10 and 11: 2 * 77 + 10.5, rounded up.
    assert_eq!(tile_of_three.image.get_pixel(0, 0).0[0], 165);
    assert!(tile.valid.get(0, 3) && !tile.valid.get(1, 3));
}

#[test]
fn a_coarse_read_takes_the_overview() {
    // Averages of 4 x 4 pixels, from all pixels and from the overview, which is rounded.
    let scene = scene(
        "overviews_u16",
        &SceneOptions {
            stretch: Some(Stretch::Range(0.0, 65535.0)),
            ..SceneOptions::default()
        },
    );
    let tile = scene.read(window(0, 0, 64, 48), 16, 12).unwrap();
    for (x, y) in (0..16).flat_map(|x| (0..12).map(move |y| (x, y))) {
        let under = (0..16).map(|n| value(SampleKind::U16, 4 * x + n % 4, 4 * y + n / 4, 0));
        let mean = under.sum::<f64>() / 16.0;
        let found = f64::from(tile.image.get_pixel(x, y).0[0]);
        assert!(
            (found - mean / 257.0).abs() < 0.51,
            "{x} {y} {found} {}",
            mean / 257.0
        );
    }
}

#[test]
fn a_finer_read_keeps_the_edges_of_the_raster() {
    let scene = scene("u8_rgb_strips_lzw", &SceneOptions::default());
    let tile = scene.read(window(-2, -2, 8, 8), 32, 32).unwrap();
    for (x, y) in (0..32).flat_map(|x| (0..32).map(move |y| (x, y))) {
        assert_eq!(tile.valid.get(x, y), x >= 8 && y >= 8, "{x} {y}");
    }
    // The corner pixel of the raster is itself at its centre and outwards of it.
    assert_eq!(tile.image.get_pixel(8, 8).0, [0, 31, 62]);
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let open = |name: &str, bands: &[usize]| {
        let options = SceneOptions {
            bands: Some(bands.to_vec()),
            ..SceneOptions::default()
        };
        Scene::open(fixture(name), &options).map(|_| ())
    };
    let name = "u8_rgb_strips_lzw.tif";
    assert!(matches!(
        open(name, &[1, 4, 2]),
        Err(RasterError::NoSuchBand { asked: 4, .. })
    ));
    assert!(matches!(
        open(name, &[0]),
        Err(RasterError::NoSuchBand { asked: 0, .. })
    ));
    assert!(matches!(
        open(name, &[1, 2]),
        Err(RasterError::BandCount { count: 2, .. })
    ));
    let scene = Scene::open(fixture(name), &SceneOptions::default()).unwrap();
    for (window, width, height) in [
        (window(0, 0, 0, 5), 3, 3),
        (window(0, 0, 5, 5), 0, 3),
        (window(0, 0, 5, 5), 1 << 16, 1 << 16),
    ] {
        let error = scene.read(window, width, height).unwrap_err();
        assert!(matches!(error, RasterError::WindowSize { .. }));
    }
}
