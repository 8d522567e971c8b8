//! Points against PROJ's.

use proptest::prelude::*;
use resam_crs::{Crs, CrsError, Transform};

use crate::{number, rows};

fn crs(text: &str) -> Crs {
    Crs::parse(text).unwrap()
}

/// Metres on the ground or nearly so: degrees are taken for those of the equator.
fn distance(crs: &Crs, one: (f64, f64), other: (f64, f64)) -> f64 {
    (one.0 - other.0).hypot(one.1 - other.1) * crs.metres_per_unit()
}

/// The worst distance from PROJ's points there and back, in metres.
fn worst(fixture: &str) -> f64 {
    let mut worst: f64 = 0.0;
    for row in rows(fixture) {
        let (from, to) = (crs(&row[0]), crs(&row[1]));
        let (here, there) = (
            (number(&row[2]), number(&row[3])),
            (number(&row[4]), number(&row[5])),
        );
        let transform = Transform::new(&from, &to).unwrap();
        let found = transform.forward(here.0, here.1).unwrap();
        let off = distance(&to, found, there);
        assert!(off < 0.05, "{row:?}: {found:?}, {off} m away");
        let back = transform.inverse(found.0, found.1).unwrap();
        // Longitudes beyond the antimeridian come back as those within.
        let turned = (back.0 - 360.0 * ((back.0 - here.0) / 360.0).round(), back.1);
        let back = if from.is_geographic() { turned } else { back };
        let off_back = distance(&from, back, here);
        assert!(
            off_back < 0.05,
            "{row:?}: back at {back:?}, {off_back} m away"
        );
        worst = worst.max(off).max(off_back);
    }
    worst
}

#[test]
fn points_between_systems_on_the_datums_of_today_agree_with_proj_to_half_a_millimetre() {
    // GRS 80 and WGS 84 differ by a part of that.
    let worst = worst("points.csv");
    assert!(worst < 5e-4, "{worst} m");
}

#[test]
fn shifts_between_datums_agree_with_proj_to_two_millimetres_where_the_parameters_are_the_same() {
    // The way back begins on the other ellipsoid, some tens of metres above or below.
    let worst = worst("datum_shifts.csv");
    assert!(worst < 2e-3, "{worst} m");
}

#[test]
fn the_british_grid_is_within_a_decimetre_of_projs_helmert_transformation_by_its_code_too() {
    // The registry rounds the parameters differently.
    let row = &rows("datum_shifts.csv")[0];
    let transform = Transform::new(&crs("EPSG:27700"), &crs("EPSG:4326")).unwrap();
    let found = transform.forward(number(&row[2]), number(&row[3])).unwrap();
    let off = distance(transform.to(), found, (number(&row[4]), number(&row[5])));
    assert!(off < 0.1, "{off} m");
    let caution = transform.caution().unwrap();
    assert!(caution.contains("different datums"), "{caution}");
}

#[test]
fn there_is_no_caution_where_points_are_exact() {
    for (one, other) in [
        ("EPSG:32636", "EPSG:4326"),
        ("EPSG:3857", "EPSG:2154"),
        ("EPSG:4269", "EPSG:3035"),
        ("EPSG:27700", "EPSG:4277"),
        ("EPSG:7855", "EPSG:4326"),
    ] {
        let transform = Transform::new(&crs(one), &crs(other)).unwrap();
        assert_eq!(transform.caution(), None, "{one} to {other}");
    }
}

#[test]
fn there_is_no_shift_within_a_datum_that_the_registry_ties_to_wgs_84_in_two_ways() {
    // Romania: the parameters of the two differ by 35 metres; the point is PROJ's.
    let transform = Transform::new(&crs("EPSG:4179"), &crs("EPSG:3844")).unwrap();
    let found = transform.forward(25.835, 45.855).unwrap();
    let wanted = (564_834.949_559_378, 484_226.441_230_843);
    let off = distance(transform.to(), found, wanted);
    assert!(off < 1e-3, "{off} m");
    assert_eq!(transform.caution(), None);
}

#[test]
fn a_datum_that_is_tied_to_nothing_is_told() {
    let local = Crs::from_proj("local", "+proj=utm +zone=36 +ellps=krass").unwrap();
    let caution = Transform::new(&local, &Crs::wgs84()).unwrap().caution();
    assert!(caution.unwrap().contains("local"));
}

#[test]
fn the_same_system_changes_nothing() {
    let transform = Transform::new(&crs("EPSG:32636"), &crs("EPSG:32636")).unwrap();
    assert_eq!(transform.forward(0.1, -7e9).unwrap(), (0.1, -7e9));
}

#[test]
fn a_point_without_a_place_is_an_error_that_names_it() {
    let web = Transform::new(&Crs::wgs84(), &crs("EPSG:3857")).unwrap();
    for (x, y) in [
        (0.0, 90.0),
        (12.0, -90.0),
        (0.0, 90.5),
        (f64::NAN, 0.0),
        (0.0, f64::INFINITY),
        (1e300, 0.0),
    ] {
        let error = web.forward(x, y).unwrap_err();
        assert!(matches!(error, CrsError::Point { .. }), "{error}");
        let message = error.to_string();
        assert!(
            message.starts_with(&format!("({x}, {y}) in WGS 84 ")),
            "{message}"
        );
        assert!(message.contains("hint: "), "{message}");
    }
    // 90 degrees beyond the central meridian of a transverse Mercator is infinitely far away.
    let utm = Transform::new(&Crs::wgs84(), &crs("EPSG:32636")).unwrap();
    assert!(utm.forward(123.0, 0.0).is_err());
}

#[test]
fn a_transform_can_be_used_from_several_threads() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Transform>();
    shared::<Crs>();
}

proptest! {
    #[test]
    fn every_point_near_a_utm_zone_survives_the_round_trip(
        zone in 1_u32..=60,
        south in any::<bool>(),
        off in -4.0..4.0,
        latitude in -84.0..84.0,
    ) {
        let code = if south { 32_700 } else { 32_600 } + zone;
        let transform = Transform::new(&Crs::wgs84(), &Crs::from_epsg(code).unwrap()).unwrap();
        let longitude = f64::from(zone) * 6.0 - 183.0 + off;
        let (x, y) = transform.forward(longitude, latitude).unwrap();
        let (back, latitude_back) = transform.inverse(x, y).unwrap();
        let turns = ((back - longitude) / 360.0).round() * 360.0;
        prop_assert!((back - turns - longitude).abs() < 1e-9);
        prop_assert!((latitude_back - latitude).abs() < 1e-9);
    }
}
