//! Scenes whose pixels are not square on the ground.

use resam_geo::{GeoTiffSpec, GeoTiffWriter, GeoTransform, Raster, Scene, SceneOptions};

use crate::fixtures::window;

/// A disc with a radius of 14 m in pixels of 1 x 4 m, dark around it.
fn disc(folder: &std::path::Path, transform: GeoTransform) -> Scene {
    let path = folder.join("disc.tif");
    let spec = GeoTiffSpec {
        tile: 64,
        geo_transform: Some(transform),
        ..GeoTiffSpec::new(64, 16)
    };
    let mut writer = GeoTiffWriter::create(&path, &spec).unwrap();
    let pixels = (0..64 * 64).map(|at| {
        let (x, y) = (f64::from(at % 64) + 0.5, (f64::from(at / 64) + 0.5) * 4.0);
        if (x - 32.0).hypot(y - 32.0) < 14.0 {
            200
        } else {
            20
        }
    });
    writer
        .write_tile(0, 0, &pixels.collect::<Vec<u8>>())
        .unwrap();
    writer.finish().unwrap();
    let raster = Raster::open(&path).unwrap();
    Scene::of_raster(raster, &SceneOptions::default())
        .unwrap()
        .seen_square()
}

#[test]
fn a_disc_is_as_wide_as_it_is_high() {
    let folder = tempfile::tempdir().unwrap();
    // As it is, and turned by a quarter: the sides of a pixel keep their lengths.
    for transform in [
        [440_000.0, 1.0, 0.0, 36_000.0, 0.0, -4.0],
        [440_000.0, 0.0, 4.0, 36_000.0, 1.0, 0.0],
    ] {
        let scene = disc(folder.path(), GeoTransform(transform));
        assert_eq!((scene.width(), scene.height()), (64, 64));
        assert!(scene.shape_note().is_some());
        let tile = scene.read(window(0, 0, 64, 64), 64, 64).unwrap();
        let bright = |x: u32, y: u32| tile.image.get_pixel(x, y).0[0] > 110;
        let across = (0..64).filter(|&x| bright(x, 32)).count();
        let down = (0..64).filter(|&y| bright(32, y)).count();
        // 28 m, and a row of 4 m more or less.
        assert!((24..=32).contains(&across), "{across}");
        assert!((24..=32).contains(&down), "{down}");
        let (x, y) = scene.seen_transform().unwrap().apply(64.0, 64.0);
        let (own_x, own_y) = GeoTransform(transform).apply(64.0, 16.0);
        assert!((x - own_x).abs() < 1e-9 && (y - own_y).abs() < 1e-9);
    }
}

#[test]
fn square_pixels_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let square = GeoTransform([440_000.0, 0.5, 0.0, 36_000.0, 0.0, -0.5]);
    let scene = disc(folder.path(), square);
    assert_eq!((scene.width(), scene.height()), (64, 16));
    assert!(!scene.is_reshaped() && scene.shape_note().is_none());
}
