//! Well-known text read and written.

use resam_crs::{Crs, Transform};

use crate::{number, rows};

#[test]
fn text_without_any_code_gives_the_points_that_proj_gives_for_it() {
    for row in rows("wkt.csv") {
        let crs = Crs::parse(&row[2]).unwrap_or_else(|error| panic!("{row:?}: {error}"));
        let of_registry = Crs::parse(&row[0]).unwrap();
        // Through the registry's datum, which must be recognised by its name alone.
        let geographic = if row[0] == "EPSG:2263" || row[0] == "EPSG:5070" {
            "EPSG:4269"
        } else {
            "EPSG:4326"
        };
        let to_degrees = Transform::new(&crs, &Crs::parse(geographic).unwrap()).unwrap();
        let (x, y) = (number(&row[3]), number(&row[4]));
        let found = to_degrees.forward(x, y).unwrap();
        let off = (found.0 - number(&row[5])).hypot(found.1 - number(&row[6]));
        // A tenth of a millimetre, and two for the US foot, which ESRI writes with fewer digits.
        assert!(off * 111_319.0 < 2e-3, "{row:?}: {found:?}");
        assert_eq!(to_degrees.caution(), None, "{row:?}");
        assert_eq!(crs.is_geographic(), of_registry.is_geographic());
    }
}

#[test]
fn text_with_a_code_is_the_registrys() {
    for code in [4326, 3857, 32636, 2154, 27700, 2263] {
        let crs = Crs::from_epsg(code).unwrap();
        assert_eq!(Crs::parse(&crs.wkt()).unwrap().epsg(), Some(code));
    }
}

#[test]
fn the_text_made_of_parameters_says_the_same_as_they() {
    for (proj_string, x, y) in [
        (
            "+proj=tmerc +lat_0=10 +lon_0=20 +k=0.9999 +x_0=1000 +y_0=2000 +ellps=GRS80",
            1500.0,
            99_000.0,
        ),
        (
            "+proj=utm +zone=36 +south +ellps=krass +towgs84=1,2,3",
            453_000.0,
            9_000_000.0,
        ),
        (
            "+proj=utm +zone=36 +datum=WGS84 +units=us-ft",
            1_453_000.0,
            90_000.0,
        ),
        (
            "+proj=lcc +lat_1=49 +lat_2=44 +lat_0=46.5 +lon_0=3 +x_0=700000 +y_0=6600000 +ellps=bessel +towgs84=1,2,3,0.1,0.2,0.3,4",
            652_469.0,
            6_862_035.0,
        ),
        (
            "+proj=lcc +lat_1=46.5 +lat_0=46.5 +lon_0=3 +k_0=0.999 +x_0=700000 +y_0=6600000 +ellps=bessel +towgs84=1,2,3",
            652_469.0,
            6_862_035.0,
        ),
        (
            "+proj=aea +lat_1=29.5 +lat_2=45.5 +lat_0=23 +lon_0=-96 +datum=NAD83 +units=m",
            -1e6,
            2e6,
        ),
        (
            "+proj=laea +lat_0=5 +lon_0=10 +x_0=0 +y_0=0 +datum=WGS84",
            1e5,
            2e5,
        ),
        (
            "+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-40 +datum=WGS84",
            -5e5,
            -1.5e6,
        ),
        (
            "+proj=stere +lat_0=-90 +lon_0=10 +k=0.994 +datum=WGS84",
            -5e5,
            1.5e6,
        ),
        (
            "+proj=sterea +lat_0=52 +lon_0=5 +k=0.9999 +x_0=155000 +y_0=463000 +ellps=bessel +towgs84=0,0,1",
            121_000.0,
            487_000.0,
        ),
        ("+proj=merc +lon_0=10 +k=0.9 +datum=WGS84", 1e5, 2e5),
        ("+proj=merc +lat_ts=30 +lon_0=10 +datum=WGS84", 1e5, 2e5),
        (
            "+proj=omerc +lat_0=4 +lonc=102.25 +alpha=323.02 +k=0.99984 +x_0=804671 +no_uoff +gamma=323.13 +ellps=GRS80",
            410_000.0,
            350_000.0,
        ),
        ("+proj=longlat +ellps=bessel +towgs84=10,20,30", 10.0, 50.0),
        (
            "+proj=tmerc +lon_0=34 +y_0=-5000000 +ellps=bessel +towgs84=10,20,30 +pm=ferro",
            1e5,
            9e4,
        ),
        // These have no name in the first version: the text carries the PROJ string.
        (
            "+proj=somerc +lat_0=46.95 +lon_0=7.44 +x_0=600000 +y_0=200000 +ellps=bessel +towgs84=1,2,3",
            683_000.0,
            248_000.0,
        ),
        (
            "+proj=omerc +lat_0=4 +lonc=102.25 +alpha=323.02 +ellps=GRS80",
            410_000.0,
            350_000.0,
        ),
        (
            "+proj=utm +zone=36 +datum=WGS84 +axis=wsu",
            -453_000.0,
            -35_000.0,
        ),
    ] {
        let crs = Crs::from_proj("made up", proj_string).unwrap();
        let wkt = crs.wkt();
        let read = Crs::parse(&wkt).unwrap_or_else(|error| panic!("{wkt}: {error}"));
        let to_degrees = |crs: &Crs| {
            let transform = Transform::new(crs, &Crs::wgs84()).unwrap();
            transform.forward(x, y).unwrap()
        };
        let (one, other) = (to_degrees(&crs), to_degrees(&read));
        let off = (one.0 - other.0).hypot(one.1 - other.1) * 111_319.0;
        assert!(off < 1e-4, "{proj_string}: {off} m\n{wkt}");
        assert_eq!(read.metres_per_unit(), crs.metres_per_unit(), "{wkt}");
    }
}

#[test]
fn heights_and_bounds_around_a_system_are_looked_through() {
    let utm = Crs::from_epsg(32636).unwrap().wkt();
    let compound = format!(
        "COMPD_CS[\"with heights\",{utm},VERT_CS[\"EGM96 height\",VERT_DATUM[\"EGM96 geoid\",2005],UNIT[\"metre\",1]]]"
    );
    assert_eq!(Crs::parse(&compound).unwrap().epsg(), Some(32636));
    let bound = r#"BOUNDCRS[SOURCECRS[GEOGCRS["local",DATUM["local",ELLIPSOID["Bessel 1841",6377397.155,299.1528128,LENGTHUNIT["metre",1]]],CS[ellipsoidal,2],AXIS["longitude",east,ORDER[1]],AXIS["latitude",north,ORDER[2]],ANGLEUNIT["degree",0.0174532925199433]]],TARGETCRS[GEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563,LENGTHUNIT["metre",1]]],CS[ellipsoidal,2],AXIS["latitude",north],AXIS["longitude",east],ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",4326]]],ABRIDGEDTRANSFORMATION["shift",METHOD["Position Vector transformation (geog2D domain)",ID["EPSG",9606]],PARAMETER["X-axis translation",598.1,ID["EPSG",8605]],PARAMETER["Y-axis translation",73.7,ID["EPSG",8606]],PARAMETER["Z-axis translation",418.2,ID["EPSG",8607]],PARAMETER["X-axis rotation",0.202,ID["EPSG",8608]],PARAMETER["Y-axis rotation",0.045,ID["EPSG",8609]],PARAMETER["Z-axis rotation",-2.455,ID["EPSG",8610]],PARAMETER["Scale difference",1.0000067,ID["EPSG",8611]]]]"#;
    let local = Crs::parse(bound).unwrap();
    let potsdam = Crs::from_epsg(4314).unwrap();
    let at = |crs: &Crs| {
        let transform = Transform::new(crs, &Crs::wgs84()).unwrap();
        transform.forward(9.0, 50.0).unwrap()
    };
    let ((x, y), (wanted_x, wanted_y)) = (at(&local), at(&potsdam));
    assert!((x - wanted_x).hypot(y - wanted_y) < 1e-9);
}

#[test]
fn quotes_in_names_survive() {
    let crs = Crs::from_proj("the \"best\" one", "+proj=laea +lat_0=1 +datum=WGS84").unwrap();
    assert_eq!(Crs::parse(&crs.wkt()).unwrap().name(), "the \"best\" one");
}
