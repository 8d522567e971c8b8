//! Points of a file become objects.

use resam_crs::Crs;
use resam_geo::GeoTransform;
use resam_prompt::PromptPoint;
use resam_scene::{Ground, gather_points};
use resam_vector::{PointFeature, Value};

const UTM: GeoTransform = GeoTransform([440_000.0, 0.3, 0.0, 36_000.0, 0.0, -0.3]);

#[test]
fn points_of_an_instance_are_one_object_and_what_is_outside_is_told() {
    let point = |row: usize, x: f64, y: f64, instance: Option<&str>, label: bool| PointFeature {
        x: 440_000.0 + 0.3 * x,
        y: 36_000.0 - 0.3 * y,
        instance: instance.map(ToOwned::to_owned),
        label,
        class: None,
        outline: None,
        attributes: vec![("row".into(), Value::Integer(row as i64))],
        row,
    };
    let points = [
        point(1, 10.0, 20.0, None, true),
        point(2, 50.0, 60.0, Some("b"), false),
        point(3, 30.0, 40.0, Some("b"), true),
        point(4, -5.0, 20.0, None, true),
        point(5, 70.0, 80.0, Some("c"), false),
        point(6, 100.0, 20.0, Some("b"), true),
    ];
    let ground = Ground {
        crs: None,
        transform: Some(UTM),
    };
    let gathered = gather_points(&points, &ground, (100, 100));
    assert_eq!(gathered.objects.len(), 2);
    let [first, second] = &gathered.objects[..] else {
        unreachable!()
    };
    assert_eq!((first.id.as_str(), second.id.as_str()), ("1", "b"));
    assert!((first.points[0].x - 10.0).abs() < 1e-6 && (first.points[0].y - 20.0).abs() < 1e-6);
    assert_eq!(second.points.len(), 2);
    assert_eq!(
        second.attributes,
        [("row".into(), Value::Integer(3))],
        "those of a positive point"
    );
    let outside: Vec<usize> = gathered.outside.iter().map(|(row, _)| *row).collect();
    assert_eq!(outside, [4, 6]);
    assert!((gathered.outside[0].1[0] + 5.0).abs() < 1e-6);
    assert_eq!(gathered.without_positive, ["c"]);
}

#[test]
fn a_polygon_is_a_point_with_the_box_of_its_outline_in_pixels() {
    // North up, two map units a pixel, from (100, 200).
    let ground = Ground {
        crs: None,
        transform: Some(GeoTransform([100.0, 2.0, 0.0, 200.0, 0.0, -2.0])),
    };
    let point = PointFeature {
        x: 110.0,
        y: 190.0,
        instance: None,
        label: true,
        class: Some("roof".to_owned()),
        outline: Some(vec![[104.0, 196.0], [120.0, 196.0], [104.0, 180.0]]),
        attributes: Vec::new(),
        row: 1,
    };
    let gathered = gather_points(&[point], &ground, (50, 50));
    let object = &gathered.objects[0];
    assert_eq!(object.bounds, Some([2.0, 2.0, 10.0, 10.0]));
    assert_eq!(object.points, [PromptPoint::positive(5.0, 5.0)]);
    assert_eq!(object.class.as_deref(), Some("roof"));
}

/// A whole turn in longitude is no other place: rasters go from 0 to 360, or over 180.
#[test]
fn longitudes_count_modulo_a_turn() {
    let point = |row: usize, x: f64| PointFeature {
        x,
        y: -16.0001,
        instance: None,
        label: true,
        class: None,
        outline: None,
        attributes: Vec::new(),
        row,
    };
    let ground = Ground {
        crs: Some(Crs::wgs84()),
        transform: Some(GeoTransform([179.98, 0.0002, 0.0, -16.0, 0.0, -0.0002])),
    };
    let points = [point(1, 179.9921), point(2, -179.9819), point(3, 10.0)];
    let gathered = gather_points(&points, &ground, (256, 256));
    let columns: Vec<f64> = gathered
        .objects
        .iter()
        .map(|object| object.points[0].x)
        .collect();
    assert_eq!(columns.len(), 2);
    // (179.9921 - 179.98) / 0.0002 and (360 - 179.9819 - 179.98) / 0.0002
    assert!((columns[0] - 60.5).abs() < 1e-6 && (columns[1] - 190.5).abs() < 1e-6);
    assert_eq!(gathered.outside.len(), 1);
    let projected = Ground {
        crs: Some(Crs::from_epsg(32633).expect("a CRS")),
        ..ground
    };
    let gathered = gather_points(&points[1..2], &projected, (256, 256));
    assert!(gathered.objects.is_empty(), "metres have no turn");
}
