//! Where rasters lie. Transforms are those that `make.py` gave to GDAL (corner convention);
//! longitudes and latitudes of the upper left corner are PROJ's, through pyproj 3.7.

use resam_geo::{GeoTransform, RasterError};

use crate::fixtures::open;

type Place = (&'static str, [f64; 6], Option<u32>, [f64; 2], bool);

const PLACES: &[Place] = &[
    (
        "place_area_utm_north",
        [440000.0, 0.5, 0.0, 36000.0, 0.0, -0.5],
        Some(32636),
        [32.46079450691353, 0.3256887380485063],
        false,
    ),
    (
        "place_point_utm_south",
        [300000.0, 0.25, 0.0, 9000000.0, 0.0, -0.25],
        Some(32735),
        [25.18047749123268, -9.042047066406315],
        true,
    ),
    (
        "place_point_rotated",
        [440000.0, 0.4, 0.3, 36000.0, 0.3, -0.4],
        Some(32636),
        [32.46079450691353, 0.3256887380485063],
        true,
    ),
    (
        "place_rotated",
        [3600000.0, 0.4, 0.3, 40000.0, 0.3, -0.4],
        Some(3857),
        [32.33935022830277, 0.35932375824301116],
        false,
    ),
    (
        "place_geographic",
        [32.5, 1e-5, 0.0, 0.3, 0.0, -1e-5],
        Some(4326),
        [32.5, 0.3],
        false,
    ),
    (
        "place_south_up",
        [440000.0, 0.5, 0.0, 36000.0, 0.0, 0.5],
        Some(32636),
        [32.46079450691353, 0.3256887380485063],
        false,
    ),
    (
        "place_user_lambert",
        [652000.0, 10.0, 0.0, 6862000.0, 0.0, -10.0],
        None,
        [2.345811958680679, 48.85624814096273],
        false,
    ),
    (
        "place_user_tmerc_feet",
        [600000.0, 2.0, 0.0, 1300000.0, 0.0, -2.0],
        None,
        [-84.1844102904315, 33.57371545714967],
        false,
    ),
];

#[test]
fn transforms_and_systems_are_those_of_gdal_and_proj() {
    for (name, transform, epsg, [longitude, latitude], is_point) in PLACES {
        let raster = open(name);
        let found = raster.geo_transform().unwrap();
        for (found, expected) in found.0.iter().zip(transform) {
            assert!(
                (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
                "{name} {found}"
            );
        }
        let crs = raster
            .crs()
            .unwrap_or_else(|| panic!("{name}: {:?}", raster.info()));
        assert_eq!(crs.epsg(), *epsg, "{name} {crs:?}");
        assert_eq!(raster.info().pixel_is_point, *is_point, "{name}");
        let corner = raster.info().corners[0];
        let off = [
            corner.longitude.unwrap() - longitude,
            corner.latitude.unwrap() - latitude,
        ];
        // 1e-9 degrees are a tenth of a millimetre.
        assert!(off.iter().all(|off| off.abs() < 1e-9), "{name} {corner:?}");
    }
}

#[test]
fn a_raster_without_a_place_works_in_pixels_and_says_so() {
    let raster = open("place_unknown_nowhere");
    assert!(raster.geo_transform().is_none() && raster.crs().is_none());
    assert!(raster.info().corners.is_empty());
    let error = raster.require_crs().unwrap_err();
    assert!(matches!(error, RasterError::NoCrs { .. }));
    assert!(
        raster
            .info()
            .to_string()
            .contains("none: positions are pixels")
    );
}

#[test]
fn a_transform_takes_points_there_and_back() {
    let rotated = GeoTransform([440000.0, 0.4, 0.3, 36000.0, 0.3, -0.4]);
    let (x, y) = rotated.apply(10.0, 20.0);
    assert_eq!((x, y), (440010.0, 35995.0));
    let (column, row) = rotated.invert(x, y).unwrap();
    assert!((column - 10.0).abs() < 1e-9 && (row - 20.0).abs() < 1e-9);
    assert_eq!(rotated.pixel_size(), (0.5, 0.5));
    assert!(rotated.is_rotated());
    assert_eq!(
        GeoTransform([0.0, 1.0, 2.0, 0.0, 2.0, 4.0]).invert(1.0, 1.0),
        None
    );
}
