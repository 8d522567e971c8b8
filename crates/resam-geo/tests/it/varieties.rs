//! Every variety of GeoTIFF gives the samples that were written.

use resam_geo::{ChunkLayout, Colour, SampleKind, ValidFrom};

use crate::fixtures::{HEIGHT, WIDTH, fixture, open, value, window};

use SampleKind::{F32, F64, I8, I16, I32, U8, U16, U32};

const VARIETIES: &[(&str, SampleKind, usize)] = &[
    ("u8_strips_uncompressed", U8, 1),
    ("u8_rgb_strips_packbits", U8, 3),
    ("u8_rgb_tiles_lzw_predictor2", U8, 3),
    ("u8_rgb_strips_lzw", U8, 3),
    ("u8_4bands_tiles_deflate_predictor2", U8, 4),
    ("u8_12bands_planar_tiles_zstd", U8, 12),
    ("i8_strips_deflate", I8, 1),
    ("u16_tiles_uncompressed_bigendian", U16, 2),
    ("u16_planar_deflate_predictor2_bigendian_big", U16, 3),
    ("u16_8bands_strips_zstd_predictor2_big", U16, 8),
    ("i16_tiles_lzw_predictor2_bigendian", I16, 3),
    ("u32_strips_deflate_predictor2", U32, 1),
    ("i32_tiles_packbits_bigendian", I32, 1),
    ("f32_tiles_deflate_predictor3", F32, 2),
    ("f32_strips_zstd_predictor3_bigendian", F32, 1),
    ("f32_tiles_lzw_predictor2", F32, 1),
    ("f64_planar_tiles_lzw_predictor3", F64, 2),
    ("f64_strips_deflate_predictor2_bigendian", F64, 1),
];

#[test]
fn every_sample_of_every_variety_is_the_one_that_was_written() {
    for &(name, kind, bands) in VARIETIES {
        let raster = open(name);
        assert_eq!((raster.width(), raster.height()), (WIDTH, HEIGHT), "{name}");
        assert_eq!(raster.bands(), bands, "{name}");
        assert_eq!(raster.info().bands[0].kind, kind, "{name}");
        let all: Vec<usize> = (1..=bands).collect();
        let samples = raster.read(window(0, 0, WIDTH, HEIGHT), &all).unwrap();
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                for band in 0..bands {
                    let expected = value(kind, x, y, band as u32);
                    assert_eq!(samples.get(x, y, band), expected, "{name} {x} {y} {band}");
                }
            }
        }
    }
}

#[test]
fn windows_cut_the_raster_and_bands_come_in_the_order_asked_for() {
    for &(name, kind, bands) in VARIETIES {
        let raster = open(name);
        let last = bands as u32 - 1;
        let samples = raster.read(window(-3, 10, 25, 40), &[bands, 1]).unwrap();
        for (x, y) in (0..25).flat_map(|x| (0..40).map(move |y| (x, y))) {
            let inside = x >= 3 && y + 10 < HEIGHT;
            for (place, band) in [(0, last), (1, 0)] {
                let expected = if inside {
                    value(kind, x - 3, y + 10, band)
                } else {
                    0.0
                };
                assert_eq!(samples.get(x, y, place), expected, "{name} {x} {y}");
            }
        }
    }
}

#[test]
fn a_window_beside_the_raster_is_empty() {
    let raster = open("u8_rgb_strips_lzw");
    for corner in [(1000, 0), (0, -1000), (i64::MAX, i64::MAX), (i64::MIN, 0)] {
        let samples = raster
            .read(window(corner.0, corner.1, 3, 2), &[1, 2])
            .unwrap();
        assert_eq!(samples.values, [0.0; 12]);
    }
}

#[test]
fn samples_of_fewer_bits_than_a_byte_are_read() {
    for (name, modulus) in [
        ("u8_4bits_strips_deflate", 16.0),
        ("u8_2bits_tiles_lzw", 4.0),
    ] {
        let raster = open(name);
        let samples = raster.read(window(0, 0, WIDTH, HEIGHT), &[1]).unwrap();
        for (x, y) in (0..WIDTH).flat_map(|x| (0..HEIGHT).map(move |y| (x, y))) {
            assert_eq!(samples.get(x, y, 0), value(U8, x, y, 0) % modulus, "{name}");
        }
    }
}

#[test]
fn jpeg_decodes_to_the_bytes_of_gdal_with_libjpeg_turbo() {
    for (name, bands) in [
        ("jpeg_ycbcr_tiles", 3),
        ("jpeg_ycbcr_strips", 3),
        ("jpeg_rgb_tiles", 3),
        ("jpeg_grey_strips", 1),
        ("jpeg_planar_tiles", 3),
        ("jpeg_4bands_tiles", 4),
    ] {
        let raster = open(name);
        let all: Vec<usize> = (1..=bands).collect();
        let samples = raster.read(window(0, 0, WIDTH, HEIGHT), &all).unwrap();
        let expected = fs_err::read(fixture(&format!("{name}.raw"))).unwrap();
        let expected: Vec<f64> = expected.into_iter().map(f64::from).collect();
        assert!(samples.values == expected, "{name}");
    }
}

#[test]
fn what_was_never_written_reads_as_nodata_or_zero() {
    for (name, empty) in [("sparse_u8_rgb", 0.0), ("sparse_u8_nodata_9", 9.0)] {
        let samples = open(name)
            .read(window(0, 0, WIDTH, HEIGHT), &[1, 2, 3])
            .unwrap();
        for (x, y) in (0..WIDTH).flat_map(|x| (0..HEIGHT).map(move |y| (x, y))) {
            let written = (16..32).contains(&x) && y >= 16;
            let expected = if written { value(U8, x, y, 2) } else { empty };
            assert_eq!(samples.get(x, y, 2), expected, "{name} {x} {y}");
        }
    }
}

#[test]
fn what_a_file_says_about_itself_is_told() {
    let raster = open("u16_planar_deflate_predictor2_bigendian_big");
    let info = raster.info();
    assert_eq!(info.format, "GeoTIFF");
    assert_eq!(info.compression, "Deflate");
    assert_eq!(info.predictor.as_deref(), Some("horizontal differences"));
    assert_eq!(info.byte_order.as_deref(), Some("big endian"));
    assert!(info.big && info.planar);
    let tiles = ChunkLayout::Tiles {
        width: 16,
        height: 16,
    };
    assert_eq!(info.chunks, tiles);

    let cog = open("cog_mask_ramp");
    assert_eq!(cog.info().overviews, [[45, 33], [22, 16]]);
    assert_eq!(cog.info().valid_from, [ValidFrom::Mask]);
    let colours: Vec<Colour> = cog.info().bands.iter().map(|band| band.colour).collect();
    assert_eq!(colours, [Colour::Red, Colour::Green, Colour::Blue]);

    let alpha = open("alpha_band_tiles");
    assert_eq!(alpha.info().valid_from, [ValidFrom::Alpha { band: 4 }]);
    assert_eq!(alpha.info().bands[3].colour, Colour::Alpha);
    assert_eq!(open("nodata_nan_f32").info().nodata.as_deref(), Some("nan"));
    assert_eq!(open("u8_palette").info().bands[0].colour, Colour::Palette);
    let strips = open("u8_rgb_strips_packbits").info().chunks;
    assert_eq!(strips, ChunkLayout::Strips { rows: 7 });
}

#[test]
fn colours_that_are_not_said_are_the_first_three_bands_and_that_is_told() {
    let raster = open("u8_12bands_planar_tiles_zstd");
    assert_eq!(raster.info().default_bands, [1, 2, 3]);
    let told = raster
        .info()
        .notes
        .iter()
        .any(|note| note.contains("the first three"));
    assert!(told);
    assert_eq!(
        open("u16_tiles_uncompressed_bigendian")
            .info()
            .default_bands,
        [1]
    );
}

#[test]
fn what_a_file_says_comes_as_text_and_as_json() {
    let cog = open("cog_mask_ramp");
    let text = cog.info().to_string();
    for line in [
        "format       GeoTIFF, little endian",
        "size         90 x 66 pixels",
        "band 2       u8, green",
        "overviews    45 x 33, 22 x 16",
        "valid        pixels that are in the mask of the file",
        "pixel        0.5 x 0.5, corners of pixels are tied (pixel is area)",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let json = serde_json::to_value(cog.info()).unwrap();
    assert_eq!(json["crs"]["epsg"], 32636);
    assert_eq!(json["bands"][0]["kind"], "u8");
    assert_eq!(json["geo_transform"][0], 440_000.0);
}

#[test]
fn threads_read_the_same_raster_at_once() {
    let raster = open("u8_rgb_tiles_lzw_predictor2");
    std::thread::scope(|scope| {
        for first in 0..4 {
            let raster = &raster;
            scope.spawn(move || {
                for y in first..HEIGHT {
                    let row = raster.read(window(0, y.into(), WIDTH, 1), &[2]).unwrap();
                    let expected: Vec<f64> = (0..WIDTH).map(|x| value(U8, x, y, 1)).collect();
                    assert_eq!(row.values, expected);
                }
            });
        }
    });
}
