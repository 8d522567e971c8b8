use resam_crs::Crs;
use resam_vector::{Field, FieldKind, ReadOptions, Value, read_points};

use crate::{fixture, points_in, text, to, utm};

fn feature(geometry: &str) -> String {
    format!(r#"{{"type":"Feature","properties":{{}},"geometry":{geometry}}}"#)
}

fn collection(features: &[String]) -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{}]}}"#,
        features.join(",")
    )
}

fn refused(content: &str) -> String {
    points_in("points.geojson", content, &to(&utm()))
        .unwrap_err()
        .to_string()
}

/// The points of the fixtures in longitude and latitude, by PROJ.
fn expected() -> Vec<(f64, f64)> {
    let text = fs_err::read_to_string(fixture("expected.csv")).unwrap();
    let numbers = |line: &str| {
        let (x, y) = line.split_once(',').unwrap();
        (x.parse().unwrap(), y.parse().unwrap())
    };
    text.lines().skip(1).map(numbers).collect()
}

#[test]
fn the_same_points_come_out_of_every_format_that_gdal_writes() {
    for name in [
        "points.gpkg",
        "points_member.geojson",
        "points_degrees.geojson",
    ] {
        let wgs84 = Crs::wgs84();
        let file = read_points(fixture(name), &to(&wgs84)).unwrap();
        assert_eq!(file.points.len(), 4, "{name}");
        assert_eq!(file.caution, None);
        for (point, (x, y)) in file.points.iter().zip(expected()) {
            let off = (point.x - x).hypot(point.y - y) * 111_319.0;
            assert!(off < 1e-3, "{name}: {off} m");
        }
        let fields = [
            Field::new("kind", FieldKind::Text),
            Field::new("height", FieldKind::Real),
            Field::new("floors", FieldKind::Integer),
        ];
        assert_eq!(file.fields, fields, "{name}");
        let instances: Vec<_> = file
            .points
            .iter()
            .map(|point| (point.instance.as_deref().unwrap(), point.label))
            .collect();
        assert_eq!(
            instances,
            [("7", true), ("7", false), ("8", true), ("9", true)]
        );
        assert_eq!(
            file.points[2].attributes[0],
            ("kind".to_owned(), text("tank"))
        );
        assert_eq!(file.points[2].attributes[1].1, Value::Real(12.25));
        assert_eq!(file.points[3].row, 4, "{name}");
    }
}

#[test]
fn silence_means_longitude_and_latitude() {
    let content = feature(r#"{"type":"Point","coordinates":[32.578,0.317,1200]}"#);
    let utm = utm();
    let file = points_in("points.geojson", &content, &to(&utm)).unwrap();
    assert!((file.points[0].x - 453_042.252).abs() < 0.001);
    assert_eq!(file.source_crs, Some(Crs::wgs84()));
    assert_eq!(file.crs, Some(utm));
}

#[test]
fn a_scene_without_a_crs_takes_coordinates_as_they_are() {
    let content = feature(r#"{"type":"Point","coordinates":[1532.5,817]}"#);
    let file = points_in("points.geojson", &content, &ReadOptions::default()).unwrap();
    assert_eq!((file.points[0].x, file.points[0].y), (1532.5, 817.0));
    assert_eq!((file.crs, file.source_crs), (None, None));
}

#[test]
fn numbers_that_cannot_be_degrees_are_not_taken_for_degrees() {
    let content = collection(&[
        feature(r#"{"type":"Point","coordinates":[32.5,0.3]}"#),
        feature(r#"{"type":"Point","coordinates":[453042,35038]}"#),
    ]);
    let message = refused(&content);
    assert!(
        message.contains("feature 2: (453042, 35038) is no longitude and latitude"),
        "{message}"
    );
    assert!(message.contains("say which CRS"), "{message}");
    let (target, source) = (utm(), utm());
    let options = ReadOptions {
        target: Some(&target),
        source_crs: Some(&source),
        layer: None,
        ..ReadOptions::default()
    };
    let file = points_in("points.geojson", &content, &options).unwrap();
    assert_eq!(file.points[1].x, 453_042.0);
}

#[test]
fn pixels_that_resam_wrote_are_not_taken_for_degrees() {
    let content = r#"{"type":"FeatureCollection","coordinate_system":"pixels, x right, y down","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[3,4]}}]}"#;
    let message = refused(content);
    assert!(message.contains("CRS is undefined"), "{message}");
    let file = points_in("points.geojson", content, &ReadOptions::default()).unwrap();
    assert_eq!(file.points[0].x, 3.0);
}

#[test]
fn bare_geometries_multipoints_and_collections_give_points() {
    for (content, count) in [
        (r#"{"type":"Point","coordinates":[1,2]}"#.to_owned(), 1),
        (r#"{"coordinates":[[1,2],[3,4]],"type":"MultiPoint"}"#.to_owned(), 2),
        (r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"MultiPoint","coordinates":[[3,4]]}]}"#.to_owned(), 2),
        (feature(r#"{"type":"MultiPoint","coordinates":[[1,2],[3,4],[5,6]]}"#), 3),
        (format!("\u{feff}\n {}", feature(r#"{"type":"Point","coordinates":[1,2]}"#)), 1),
    ] {
        let file = points_in("points.json", &content, &ReadOptions::default()).unwrap();
        assert_eq!(file.points.len(), count, "{content}");
        assert!(file.points.iter().all(|point| point.label && point.row == 1));
    }
}

#[test]
fn rows_without_a_geometry_are_skipped_and_counted() {
    let content = collection(&[
        feature("null"),
        feature(r#"{"type":"Point","coordinates":[]}"#),
        feature(r#"{"type":"Point","coordinates":[1,2]}"#),
        r#"{"type":"Feature","properties":null}"#.to_owned(),
    ]);
    let file = points_in("points.geojson", &content, &ReadOptions::default()).unwrap();
    assert_eq!((file.points.len(), file.without_geometry), (1, 3));
    assert_eq!(file.points[0].row, 3);
}

#[test]
fn properties_keep_their_order_and_what_has_no_column_elsewhere_becomes_text() {
    let content = r#"{"type":"Feature","properties":{"zebra":1,"apple":"x","list":[1,{"a":2}],"big":18446744073709551615,"zebra":2},"geometry":{"type":"Point","coordinates":[1,2]}}"#;
    let file = points_in("points.geojson", content, &ReadOptions::default()).unwrap();
    let expected = [
        ("zebra".to_owned(), Value::Integer(2)),
        ("apple".to_owned(), text("x")),
        ("list".to_owned(), text(r#"[1,{"a":2}]"#)),
        ("big".to_owned(), Value::Real(18_446_744_073_709_551_615.0)),
    ];
    assert_eq!(file.points[0].attributes, expected);
}

#[test]
fn faults_name_file_feature_and_value() {
    let point = r#"{"type":"Point","coordinates":[1,2]}"#;
    let with = |properties: &str| {
        format!(r#"{{"type":"Feature","properties":{properties},"geometry":{point}}}"#)
    };
    for (content, words) in [
        (feature(r#"{"type":"Point","coordinates":[1]}"#), "feature 1: invalid length 1, expected a position of two numbers"),
        (feature(r#"{"type":"Point","coordinates":["1","2"]}"#), "feature 1: invalid type: string"),
        (feature(r#"{"type":"Point","coordinates":[1e999,2]}"#), "feature 1: number out of range"),
        (feature(r#"{"type":"Pont","coordinates":[1,2]}"#), "feature 1: unknown variant `Pont`"),
        (feature(r#"{"type":"LineString","coordinates":[[1,2],[3,4]]}"#), "feature 1: a line where a point or a polygon is wanted"),
        (feature(r#"{"type":"Polygon","coordinates":[[[1,2],[1,2],[1,2],[1,2]]]}"#), "feature 1: a polygon that encloses nothing"),
        (collection(&[r#"{"type":"Point"}"#.to_owned(), feature("7")]), "feature 1: its `type` is `Point`"),
        (with(r#"{"instance":true}"#), "feature 1: `instance` is `true`"),
        (collection(&[]), "no points"),
        (r#"{"type":"FeatureCollection"}"#.to_owned(), "the list `features` is missing"),
        (r#"{"type":"FeatureCollection","features":[{"#.to_owned(), "not GeoJSON: EOF"),
        (r#"{"features":[]}"#.to_owned(), "missing field `type`"),
        (r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:1"}},"features":[]}"#.to_owned(), "EPSG:1: no such"),
        (r#"{"type":"FeatureCollection","crs":{"type":"link","properties":{"href":"x"}},"features":[]}"#.to_owned(), "not a coordinate reference system"),
    ] {
        let message = refused(&content);
        assert!(message.contains("points.geojson: "), "{message}");
        assert!(message.contains(words), "{content}: {message}");
        assert!(message.contains("\n\nhint: "), "{message}");
    }
}
