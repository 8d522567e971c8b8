//! Areas and lengths against those of GeographicLib by way of `pyproj`.

use resam_crs::{Crs, area_and_perimeter};

use crate::{number, rows};

type Ring = Vec<(f64, f64)>;

fn rings(text: &str) -> Vec<Ring> {
    let ring = |text: &str| {
        let numbers: Vec<f64> = text.split(' ').map(number).collect();
        numbers.chunks(2).map(|at| (at[0], at[1])).collect()
    };
    text.split(';').map(ring).collect()
}

#[test]
fn areas_and_perimeters_are_those_of_the_ellipsoid_in_every_system() {
    for row in rows("areas.csv") {
        let crs = Crs::parse(&row[0]).unwrap();
        let rings = rings(&row[1]);
        let (area, perimeter) = area_and_perimeter(&crs, &rings[0], &rings[1..]).unwrap();
        let (wanted_area, wanted_perimeter) = (number(&row[2]), number(&row[3]));
        // A few square centimetres, or what double precision leaves of a country; around a pole
        // the sum begins with half the Earth and loses digits by it.
        let slack = if row[0] == "EPSG:3031" {
            0.1
        } else {
            (wanted_area * 1e-9).max(1e-3)
        };
        assert!((area - wanted_area).abs() < slack, "{row:?}: {area} m2");
        assert!(
            (perimeter - wanted_perimeter).abs() < 1e-5 * (1.0 + wanted_perimeter * 1e-3),
            "{row:?}: {perimeter} m"
        );
    }
}

#[test]
fn closing_turning_and_beginning_elsewhere_do_not_change_a_measure() {
    let crs = Crs::from_epsg(32636).unwrap();
    let ring = vec![
        (453_000.0, 35_000.0),
        (453_100.0, 35_000.0),
        (453_120.0, 35_090.0),
        (453_010.0, 35_080.0),
    ];
    let (area, perimeter) = area_and_perimeter(&crs, &ring, &[]).unwrap();
    let mut closed = ring.clone();
    closed.push(ring[0]);
    let mut backwards = closed.clone();
    backwards.reverse();
    let mut elsewhere = ring.clone();
    elsewhere.rotate_left(2);
    for other in [closed, backwards, elsewhere] {
        let (same_area, same_perimeter) = area_and_perimeter(&crs, &other, &[]).unwrap();
        assert!((same_area - area).abs() < 1e-4);
        assert!((same_perimeter - perimeter).abs() < 1e-6);
    }
}

#[test]
fn rings_that_enclose_nothing_have_no_area() {
    let crs = Crs::wgs84();
    assert_eq!(area_and_perimeter(&crs, &[], &[]).unwrap(), (0.0, 0.0));
    let (area, perimeter) = area_and_perimeter(&crs, &[(10.0, 10.0); 4], &[]).unwrap();
    assert_eq!((area, perimeter), (0.0, 0.0));
    let (area, perimeter) = area_and_perimeter(&crs, &[(10.0, 10.0), (10.0, 11.0)], &[]).unwrap();
    assert!(area < 1.0 && perimeter > 220_000.0, "{area} {perimeter}");
}

#[test]
fn a_vertex_without_longitude_and_latitude_is_an_error() {
    let crs = Crs::from_epsg(3035).unwrap();
    assert!(area_and_perimeter(&crs, &[(f64::NAN, 0.0)], &[]).is_err());
    assert!(area_and_perimeter(&crs, &[(1e12, 1e12), (0.0, 0.0)], &[]).is_err());
}
