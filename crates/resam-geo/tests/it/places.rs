//! Where rasters lie. Transforms are those that `make.py` gave to GDAL (corner convention);
//! longitudes and latitudes of the upper left corner are PROJ's, through pyproj 3.7.

use resam_geo::{GeoTransform, Raster, RasterError};

use crate::fixtures::open;
use crate::hand_made::HandMade;

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
    // GDAL reads ESRI:54009 from the text in a citation.
    (
        "place_esri_mollweide",
        [800000.0, 1.0, 0.0, 6000064.0, 0.0, -1.0],
        None,
        [10.69039132523834, 51.21456963323761],
        false,
    ),
    // A code of metres with `ProjLinearUnitsGeoKey` 9003: US survey feet, as GDAL has it.
    (
        "place_code_in_feet",
        [1500000.0, 1.0, 0.0, 600064.0, 0.0, -1.0],
        None,
        [-75.38478105258416, 1.6547103615624572],
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

#[test]
fn a_text_of_esri_in_a_citation_is_its_crs() {
    let raster = open("place_esri_mollweide");
    let crs = raster.crs().expect("a CRS");
    assert_eq!(crs.authority_code(), Some(("ESRI", 54009)));
    assert_eq!(crs.to_string(), "World_Mollweide (ESRI:54009)");
    let feet = open("place_code_in_feet");
    let feet = feet.crs().expect("a CRS").metres_per_unit();
    assert!((feet - 1200.0 / 3937.0).abs() < 1e-12);
}

/// A raster with these keys (all of them shorts) and doubles, at a place in UTM zone 33 unless the
/// model is geographic.
fn with_keys(keys: &[(u16, u16)], doubles: &[(u16, f64)]) -> Raster {
    let mut directory = vec![1, 1, 0, (keys.len() + doubles.len()) as u16];
    for &(key, value) in keys {
        directory.extend([key, 0, 1, value]);
    }
    for (at, &(key, _)) in doubles.iter().enumerate() {
        directory.extend([key, 34736, 1, at as u16]);
    }
    let geographic = keys.contains(&(1024, 2));
    let (size, x, y) = if geographic {
        (1e-5, 13.0, 52.0)
    } else {
        (1.0, 400_000.0, 5_700_000.0)
    };
    let numbers: Vec<f64> = doubles.iter().map(|(_, number)| *number).collect();
    let mut file = HandMade::grey(2, 2, &[0; 4]);
    file.doubles(33550, &[size, size, 0.0])
        .doubles(33922, &[0.0, 0.0, 0.0, x, y, 0.0])
        .shorts(34735, &directory);
    if !numbers.is_empty() {
        file.doubles(34736, &numbers);
    }
    Raster::from_bytes("made.tif", file.bytes()).expect("a raster")
}

/// Keys with short values.
type Keys<'a> = &'a [(u16, u16)];
/// Keys with numbers.
type Doubles<'a> = &'a [(u16, f64)];

/// Keys have no method for the Mercator projection of web maps: GDAL 3.10 and others write the
/// method 7 (Mercator) beside the code, or beside the text of ESRI.
#[test]
fn the_mercator_of_web_maps_has_the_method_of_the_ellipsoid_beside_it() {
    let zero = [
        (3080, 0.0),
        (3081, 0.0),
        (3082, 0.0),
        (3083, 0.0),
        (3092, 1.0),
    ];
    let keys = [(1024, 1), (3072, 3857), (3075, 7), (3076, 9001)];
    let raster = with_keys(&keys, &zero);
    let code = raster.crs().and_then(resam_crs::Crs::epsg);
    assert_eq!(code, Some(3857), "{:?}", raster.info().crs_problem);
    let mut elsewhere = zero;
    elsewhere[0].1 = 10.0;
    assert!(with_keys(&keys, &elsewhere).crs().is_none());
}

/// Every key is used or agrees with the others; else there is no CRS, and the key is named.
#[test]
fn keys_that_disagree_leave_no_crs() {
    let utm33 = [(1024, 1), (3072, 32633)];
    let and = |more: &[(u16, u16)]| [&utm33[..], more].concat();
    let agreeing: [(Keys, Doubles); 7] = [
        (&[], &[]),
        (
            &[(2048, 4326), (2050, 6326), (2054, 9102), (3076, 9001)],
            &[],
        ),
        (&[(2056, 7030), (2051, 8901)], &[(2057, 6_378_137.0)]),
        (&[(3074, 16033)], &[(2059, 298.257_223_563)]),
        (
            &[(3075, 1)],
            &[(3080, 15.0), (3092, 0.9996), (3082, 500_000.0)],
        ),
        (&[(4096, 5773), (4099, 9001)], &[]),
        (&[], &[(2061, 0.0)]),
    ];
    for (shorts, doubles) in agreeing {
        let raster = with_keys(&and(shorts), doubles);
        let code = raster.crs().and_then(resam_crs::Crs::epsg);
        assert_eq!(
            code,
            Some(32633),
            "{shorts:?} {:?}",
            raster.info().crs_problem
        );
    }
    let disagreeing: [(Keys, Doubles, &str); 12] = [
        (&[(2048, 4267)], &[], "GeographicTypeGeoKey"),
        (&[(2050, 6267)], &[], "GeogGeodeticDatumGeoKey"),
        (&[(2050, 6999)], &[], "GeogGeodeticDatumGeoKey"),
        (&[(2056, 7004)], &[], "GeogEllipsoidGeoKey"),
        (&[(2051, 8903)], &[], "GeogPrimeMeridian"),
        (&[], &[(2061, 2.337)], "GeogPrimeMeridianLongGeoKey"),
        (&[], &[(2057, 6_377_397.155)], "GeogSemiMajorAxisGeoKey"),
        (&[], &[(2059, 299.15)], "GeogInvFlatteningGeoKey"),
        (&[(3074, 16034)], &[], "ProjectionGeoKey"),
        (
            &[(3075, 1)],
            &[(3080, 21.0), (3092, 0.9996), (3082, 500_000.0)],
            "ProjCoordTransGeoKey",
        ),
        (&[(3076, 9999)], &[], "ProjLinearUnitsGeoKey"),
        (
            &[(3076, 9001)],
            &[(3077, 0.3048)],
            "ProjLinearUnitSizeGeoKey",
        ),
    ];
    for (shorts, doubles, key) in disagreeing {
        let raster = with_keys(&and(shorts), doubles);
        assert!(raster.crs().is_none(), "{shorts:?} {doubles:?}");
        let problem = raster.info().crs_problem.clone().unwrap_or_default();
        assert!(problem.contains(key), "{shorts:?} {doubles:?}: {problem}");
        assert!(raster.require_crs().is_err());
    }
    let whole: [(&[(u16, u16)], &str); 5] = [
        (&[(1024, 32767), (2050, 6326)], "GTModelTypeGeoKey"),
        (
            &[(1024, 2), (2048, 4326), (3072, 32633)],
            "GTModelTypeGeoKey",
        ),
        (
            &[(1024, 2), (2048, 4326), (2054, 9105)],
            "GeogAngularUnitsGeoKey",
        ),
        (&[(1024, 1), (3072, 4326)], "ProjectedCSTypeGeoKey"),
        (&[(1024, 3), (2048, 4978)], "geocentric"),
    ];
    for (shorts, words) in whole {
        let raster = with_keys(shorts, &[]);
        assert!(raster.crs().is_none(), "{shorts:?}");
        let problem = raster.info().crs_problem.clone().unwrap_or_default();
        assert!(problem.contains(words), "{shorts:?}: {problem}");
    }
}

#[test]
fn degrees_that_are_none_are_not_understood() {
    let mut file = HandMade::grey(2, 2, &[0; 4]);
    file.doubles(33550, &[1.0, 1.0, 0.0])
        .doubles(33922, &[0.0, 0.0, 0.0, 400_000.0, 5_700_000.0, 0.0])
        .shorts(34735, &[1, 1, 0, 2, 1024, 0, 1, 2, 2048, 0, 1, 4326]);
    let raster = Raster::from_bytes("made.tif", file.bytes()).expect("a raster");
    assert!(raster.crs().is_none());
    let problem = raster.info().crs_problem.clone().unwrap_or_default();
    assert!(problem.contains("400000, 5700000"), "{problem}");
    // What the caller says counts.
    let utm = resam_crs::Crs::from_epsg(32633).expect("a CRS");
    let raster = raster.with_crs(&utm);
    assert_eq!(raster.crs(), Some(&utm));
    assert!(raster.info().crs_problem.is_none());
    let longitude = raster.info().corners[0].longitude.expect("a longitude");
    // pyproj.Transformer.from_crs(32633, 4326, always_xy=True).transform(400000, 5700000)
    assert!((longitude - 13.561_123).abs() < 1e-4, "{longitude}");
}
