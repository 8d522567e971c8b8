use resam_crs::Crs;
use resam_vector::{ReadOptions, Value, read_polygons};

use crate::{file, fixture, text, to, utm};

#[test]
fn footprints_with_heights_in_a_crs_without_a_code_are_read() {
    let read = read_polygons(fixture("footprints.gpkg"), &ReadOptions::default()).unwrap();
    assert_eq!((read.layer.features.len(), read.without_geometry), (2, 1));
    assert_eq!(read.layer.name, "footprints");
    assert_eq!(read.rows, [1, 2]);
    let crs = read.layer.crs.unwrap();
    let same = Crs::parse("+proj=laea +lat_0=0.5 +lon_0=32.5 +datum=WGS84 +units=m").unwrap();
    assert_eq!(crs.epsg(), None);
    let area = |crs: &Crs| {
        let square = [(10.0, 20.0), (40.0, 20.0), (40.0, 50.0), (10.0, 50.0)];
        resam_crs::area_and_perimeter(crs, &square, &[]).unwrap().0
    };
    assert!((area(&crs) - area(&same)).abs() < 1e-3);
    let first = &read.layer.features[0];
    assert_eq!(first.attributes[0], ("name".to_owned(), text("one")));
    assert_eq!(first.attributes[1].1, Value::Integer(1));
    let polygon = &first.geometry.0[0];
    assert_eq!(polygon.exterior().0.len(), 5);
    assert_eq!(
        polygon.interiors()[0].0[0],
        geo_types::coord! { x: 15.0, y: 25.0 }
    );
}

#[test]
fn polygons_are_taken_to_the_crs_of_the_scene() {
    let content = r#"{"type":"Feature","properties":{"a":1},"geometry":{"type":"Polygon","coordinates":[[[32.578,0.317],[32.579,0.317],[32.579,0.318],[32.578,0.317]]]}}"#;
    let (_folder, path) = file("roi.geojson", content);
    let read = read_polygons(path, &to(&utm())).unwrap();
    assert_eq!(read.layer.name, "roi");
    let first = read.layer.features[0].geometry.0[0].exterior().0[0];
    assert!((first.x - 453_042.252).abs() < 0.001 && (first.y - 35_038.985).abs() < 0.001);
}

#[test]
fn points_in_the_place_of_polygons_are_an_error() {
    let message = read_polygons(fixture("points.gpkg"), &to(&utm()))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("feature 1: a point where a polygon is wanted"),
        "{message}"
    );
    let (_folder, path) = file("points.csv", "x,y\n1,2\n");
    assert!(read_polygons(path, &to(&utm())).is_err());
}
