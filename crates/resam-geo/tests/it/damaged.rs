//! Bad files give errors that say what is wrong, and no panic.

use resam_geo::{Raster, RasterError, Scene, SceneOptions, Stretch};

use crate::fixtures::{all, fixture, window};
use crate::hand_made::HandMade;

fn open(bytes: Vec<u8>) -> Result<Raster, RasterError> {
    Raster::from_bytes("made.tif", bytes)
}

fn message(bytes: Vec<u8>) -> String {
    let error = open(bytes).unwrap_err().to_string();
    assert!(
        error.starts_with("made.tif: ") && error.contains("\n\nhint: "),
        "{error}"
    );
    error
}

fn grey() -> HandMade {
    HandMade::grey(4, 4, &[9; 16])
}

#[test]
fn the_hand_made_file_itself_is_good() {
    let samples = open(grey().bytes())
        .unwrap()
        .read(window(0, 0, 4, 4), &[1])
        .unwrap();
    assert_eq!(samples.values, [9.0; 16]);
}

#[test]
fn what_is_wrong_is_said() {
    for (made, expected) in [
        (grey().long(256, 0), "its width is 0 pixels"),
        (grey().short(277, 0), "it has zero bands"),
        (grey().short(259, 50002), "JPEG XL compression is not read"),
        (
            grey().short(259, 4711),
            "unknown (code 4711) compression is not read",
        ),
        (grey().short(258, 33), "samples of 33 bits is not read"),
        (
            grey().short(339, 5),
            "complex samples of 8 bits is not read",
        ),
        (
            grey().shorts(258, &[8, 16]),
            "bands of different size is not read",
        ),
        (grey().short(284, 3), "its planar configuration is 3"),
        (grey().long(278, 0), "its strips have no rows"),
        (
            grey().without(273),
            "does not say where its strips or tiles are",
        ),
        (grey().short(262, 6), "YCbCr without JPEG is not read"),
        (grey().long(322, 0), "its tile width is 0 pixels"),
        (
            grey().short(259, 5).short(317, 7),
            "predictor 7 is not read",
        ),
        (
            grey().short(259, 5).short(317, 3),
            "its predictor does not go with samples of 8 bits",
        ),
    ]
    .map(|(made, expected)| (made.bytes(), expected))
    {
        let error = message(made);
        assert!(error.contains(expected), "{expected}\n{error}");
    }
}

#[test]
fn sizes_that_no_file_can_hold_are_refused_at_once() {
    let huge = 1 << 31;
    let error = message(grey().long(256, huge).long(257, huge).long(278, 1).bytes());
    assert!(
        error.contains("2147483648 strips or tiles, and places for 1"),
        "{error}"
    );
    let tiles = message(
        grey()
            .long(256, huge)
            .long(257, huge)
            .long(322, 16)
            .long(323, 16)
            .long(324, 8)
            .long(325, 9)
            .bytes(),
    );
    assert!(
        tiles.contains("18014398509481984 strips or tiles, and places for 1"),
        "{tiles}"
    );
    // One strip for all of it, which nobody could read piece by piece.
    let raster = open(
        grey()
            .long(256, huge)
            .long(257, huge)
            .long(278, huge)
            .bytes(),
    )
    .unwrap();
    let error = raster.read(window(0, 0, 8, 8), &[1]).unwrap_err();
    assert!(
        matches!(error, RasterError::ChunkTooLarge { .. }),
        "{error}"
    );
    let scene = Scene::of_raster(raster, &SceneOptions::default()).unwrap();
    assert!(scene.read(window(0, 0, u32::MAX, u32::MAX), 9, 9).is_err());
    let stretched = SceneOptions {
        stretch: Some(Stretch::MinMax),
        ..SceneOptions::default()
    };
    let raster = open(
        grey()
            .long(256, huge)
            .long(257, huge)
            .long(278, huge)
            .bytes(),
    )
    .unwrap();
    assert!(Scene::of_raster(raster, &stretched).is_err());
    // The same, never written.
    let sparse = open(
        grey()
            .long(256, huge)
            .long(257, huge)
            .long(278, huge)
            .long(273, 0)
            .bytes(),
    );
    let scene = Scene::of_raster(sparse.unwrap(), &SceneOptions::default()).unwrap();
    let tile = scene.read(window(0, 0, u32::MAX, u32::MAX), 9, 9).unwrap();
    // Zeros, about 2^62 of them.
    assert_eq!(tile.valid.area(), 25);
}

#[test]
fn a_compressed_chunk_over_the_limit_says_to_tile_the_raster() {
    let raster = open(
        grey()
            .long(256, 1 << 16)
            .long(257, 1 << 16)
            .long(278, 1 << 16)
            .short(259, 8)
            .bytes(),
    );
    let error = raster.unwrap().read(window(0, 0, 1, 1), &[1]).unwrap_err();
    assert!(matches!(
        error,
        RasterError::ChunkTooLarge {
            bytes: 4_294_967_296,
            ..
        }
    ));
    assert!(
        error.to_string().contains("gdal_translate -co TILED=YES"),
        "{error}"
    );
}

#[test]
fn a_small_file_cannot_ask_for_much_memory() {
    for compression in [5, 8, 32773, 50000] {
        let mut made = grey();
        made.long(256, 16384)
            .long(257, 16384)
            .long(278, 16384)
            .short(259, compression);
        let error = open(made.bytes())
            .unwrap()
            .read(window(0, 0, 1, 1), &[1])
            .unwrap_err();
        assert!(error.to_string().contains("and not 268435456"), "{error}");
    }
}

#[test]
fn tiles_that_lie_about_their_length_are_told() {
    let mut made = grey();
    made.long(322, 16).long(323, 16).long(324, 8).long(325, 16);
    let error = open(made.bytes())
        .unwrap()
        .read(window(0, 0, 1, 1), &[1])
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("tile 0: it holds 16 bytes and not 256"),
        "{error}"
    );
    made.long(324, 1 << 30);
    let error = open(made.bytes())
        .unwrap()
        .read(window(0, 0, 1, 1), &[1])
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("at position 1073741824 lies beyond the end"),
        "{error}"
    );
}

#[test]
fn directories_in_a_circle_are_told() {
    let mut bytes = grey().bytes();
    let start = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let next = start + 2 + usize::from(bytes[start]) * 12;
    let link = bytes[4..8].to_vec();
    bytes[next..next + 4].copy_from_slice(&link);
    assert!(message(bytes).contains("run in a circle"));
}

#[test]
fn a_large_strip_without_compression_is_read_piece_by_piece() {
    // 2000 x 700 bytes: several pieces, the last of them short.
    let data: Vec<u8> = (0..1_400_000u32).map(|place| (place % 251) as u8).collect();
    let raster = open(HandMade::grey(2000, 700, &data).bytes()).unwrap();
    let samples = raster.read(window(100, 0, 3, 700), &[1]).unwrap();
    for y in 0..700 {
        for x in 0..3 {
            assert_eq!(samples.get(x, y, 0), f64::from((y * 2000 + 100 + x) % 251));
        }
    }
}

#[test]
fn a_code_that_is_not_known_is_an_error_only_where_the_system_is_needed() {
    let mut made = grey();
    made.doubles(33550, &[1.0, 1.0, 0.0]);
    made.doubles(33922, &[0.0, 0.0, 0.0, 100.0, 200.0, 0.0]);
    made.shorts(34735, &[1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 29999]);
    let raster = open(made.bytes()).unwrap();
    assert!(raster.crs().is_none());
    assert_eq!(
        raster.geo_transform().unwrap().apply(0.0, 0.0),
        (100.0, 200.0)
    );
    assert!(
        raster.info().to_string().contains("29999"),
        "{}",
        raster.info()
    );
    let error = raster.require_crs().unwrap_err().to_string();
    assert!(
        error.contains("29999") && error.contains("gdal_edit.py"),
        "{error}"
    );
}

#[test]
fn tags_of_nonsense_do_not_keep_a_raster_from_opening() {
    let mut made = grey();
    made.shorts(34735, &[1, 1, 0, 9000, 1026, 34737, 60000, 60000, 3072]);
    made.doubles(34264, &[f64::NAN; 16]);
    made.text(42113, "no number");
    let raster = open(made.bytes()).unwrap();
    assert!(raster.geo_transform().is_none() && raster.crs().is_none());
    assert_eq!(raster.nodata(), None);
    assert_eq!(raster.info().notes.len(), 2, "{:?}", raster.info().notes);
}

#[test]
fn what_is_no_raster_is_told() {
    let open = |path: &std::path::Path| Raster::open(path).unwrap_err();
    assert!(matches!(
        open(&fixture("none.tif")),
        RasterError::Missing { .. }
    ));
    assert!(matches!(open(&fixture("")), RasterError::NotAFile { .. }));
    let error = open(&fixture("make.py"));
    assert!(error.to_string().contains("make.py: "), "{error}");
    #[cfg(not(feature = "gdal"))]
    {
        assert!(matches!(error, RasterError::UnknownFormat { .. }));
        assert!(error.to_string().contains("feature `gdal`"), "{error}");
    }
}

/// Opens and reads whatever can be; returns whether all of it could.
pub(crate) fn read_all(bytes: Vec<u8>) -> bool {
    let Ok(raster) = open(bytes) else {
        return false;
    };
    let _ = (raster.info().to_string(), raster.require_crs());
    let small = window(3, 3, 20, 20);
    let first = raster.read(small, &[1]).is_ok();
    let Ok(scene) = Scene::of_raster(raster, &SceneOptions::default()) else {
        return false;
    };
    first && scene.read(small, 20, 20).is_ok() && scene.read(small, 7, 5).is_ok()
}

#[test]
fn a_file_cut_anywhere_is_an_error_or_what_is_left_of_it() {
    for (name, bytes) in all() {
        for length in (0..bytes.len()).step_by(bytes.len() / 60 + 1) {
            read_all(bytes[..length].to_vec());
        }
        let whole = read_all(bytes.clone());
        assert_eq!(whole, !name.starts_with("all_"), "{name}");
        // Half of a file lacks a strip or a tile, or the directory that tells of them.
        let half = open(bytes[..bytes.len() / 2].to_vec());
        let rest = half.and_then(|raster| {
            let all: Vec<usize> = (1..=raster.bands()).collect();
            raster.read(window(0, 0, raster.width(), raster.height()), &all)
        });
        assert!(rest.is_err(), "{name}");
    }
}
