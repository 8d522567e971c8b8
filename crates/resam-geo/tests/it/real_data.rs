//! Statements about real data, which lie beside the project and not in it.

use resam_geo::{Raster, Scene, SceneOptions, Stretch};
use resam_testing::shared;

use crate::fixtures::window;

#[test]
fn the_kampala_scene_lies_where_gdal_puts_it() {
    let Some(folder) = shared("data/kampala_a") else {
        return;
    };
    for (name, width, height, pixel) in [
        ("kampala_A_z20.tif", 1536, 1024, 0.14929107086948487),
        ("kampala_A_z21.tif", 3072, 2048, 0.07464553543474244),
    ] {
        let raster = Raster::open(folder.join(name)).unwrap();
        assert_eq!(
            (raster.width(), raster.height(), raster.bands()),
            (width, height, 3)
        );
        assert_eq!(raster.require_crs().unwrap().epsg(), Some(3857));
        let transform = raster.geo_transform().unwrap();
        let expected = [
            3628312.8586407453,
            pixel,
            0.0,
            39135.75848200917,
            0.0,
            -pixel,
        ];
        assert_eq!(transform.0, expected);
        let corner = raster.info().corners[0];
        assert!((corner.longitude.unwrap() - 32.59368896484374).abs() < 1e-9);
        assert!((corner.latitude.unwrap() - 0.3515602939922627).abs() < 1e-9);
    }
}

#[test]
fn the_atlanta_scene_of_sixteen_bits_is_stretched_and_has_nodata() {
    let Some(folder) = shared("data/atlanta_16bit") else {
        return;
    };
    let scene = Scene::open(folder.join("atlanta_16bit.tif"), &SceneOptions::default()).unwrap();
    let raster = scene.raster();
    assert_eq!(
        (raster.width(), raster.height(), raster.bands()),
        (900, 900, 1)
    );
    assert_eq!(raster.require_crs().unwrap().epsg(), Some(32616));
    assert_eq!(
        raster.geo_transform().unwrap().0,
        [733601.0, 0.5, 0.0, 3725139.0, 0.0, -0.5]
    );
    assert_eq!(raster.nodata(), Some(0.0));
    assert_eq!(scene.stretch(), Stretch::Percentiles(2.0, 98.0));
    let tile = scene.read(window(0, 0, 900, 900), 900, 900).unwrap();
    let dark = tile.image.pixels().filter(|pixel| pixel[0] == 0).count();
    let bright = tile.image.pixels().filter(|pixel| pixel[0] == 255).count();
    // Two percent at each end, and some more of equal values.
    for share in [dark, bright].map(|count| count as f64 / 810_000.0) {
        assert!((0.019..0.04).contains(&share), "{share}");
    }
}
