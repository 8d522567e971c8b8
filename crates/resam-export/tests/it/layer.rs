//! Objects as features and as labels. Areas and perimeters are those of pyproj 3.7.2 (`Geod` on WGS
//! 84 after `Transformer` to EPSG:4326) for the corners of the same pixels.

use resam_crs::Crs;
use resam_export::{Segmentation, WriteOptions};
use resam_geo::GeoTransform;
use resam_mask::Bitmap;
use resam_polygon::PolygonOptions;
use resam_scene::{Ground, PlacedMask, PointedObject, SegmentedObject};
use resam_vector::{Feature, FieldKind, Layer, Value};
use serde_json::Value as Json;

use crate::{UTM, ground, prompt, rectangle, segmentation};

/// The layer of objects on a large image.
fn layer(objects: &[SegmentedObject], prompts: &[PointedObject], ground: &Ground) -> Layer {
    layer_with(objects, prompts, ground, &PolygonOptions::default())
}

fn layer_with(
    objects: &[SegmentedObject],
    prompts: &[PointedObject],
    ground: &Ground,
    polygons: &PolygonOptions,
) -> Layer {
    let mut segmentation = segmentation((1000, 1000), objects.to_vec());
    segmentation.prompts = prompts.to_vec();
    segmentation.image.ground = ground.clone();
    resam_export::layer(&segmentation, "objects", polygons).unwrap()
}

fn value<'a>(feature: &'a Feature, name: &str) -> &'a Value {
    let found = feature.attributes.iter().find(|(own, _)| own == name);
    found.map_or(&Value::Null, |(_, value)| value)
}

fn real(feature: &Feature, name: &str) -> f64 {
    match value(feature, name) {
        Value::Real(value) => *value,
        other => panic!("{name} is {other:?}"),
    }
}

fn text<'a>(feature: &'a Feature, name: &str) -> &'a str {
    match value(feature, name) {
        Value::Text(text) => text,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn areas_and_perimeters_are_those_of_pyproj() {
    let objects = [rectangle(1, [100, 200, 60, 40], 0.9)];
    let rotated = GeoTransform([440_000.0, 0.3, 0.1, 36_000.0, 0.1, -0.3]);
    for (ground, area, perimeter) in [
        (ground("EPSG:32636", UTM), 216.1537, 60.0213),
        (
            ground(
                "EPSG:4326",
                GeoTransform([32.5, 3e-6, 0.0, 60.1, 0.0, -3e-6]),
            ),
            133.8822,
            46.7671,
        ),
        (ground("EPSG:32636", rotated), 240.1707, 63.2680),
    ] {
        let layer = layer(&objects, &[], &ground);
        let feature = &layer.features[0];
        assert!(
            (real(feature, "area_m2") - area).abs() < 0.02,
            "{feature:?}"
        );
        assert!(
            (real(feature, "perimeter_m") - perimeter).abs() < 0.002,
            "{feature:?}"
        );
        let pixel = ground.pixel_area(130.0, 220.0).unwrap();
        assert!((pixel * 2400.0 / area - 1.0).abs() < 1e-3, "{pixel}");
    }
}

#[test]
fn a_feature_lies_where_its_pixels_do_and_says_where_it_comes_from() {
    let objects = [rectangle(1, [100, 200, 60, 40], 0.876_54)];
    let prompts = [prompt("house 7")];
    let layer = layer(&objects, &prompts, &ground("EPSG:32636", UTM));
    assert_eq!(layer.crs, Some(Crs::from_epsg(32636).unwrap()));
    let names: Vec<&str> = layer
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    let expected = [
        "id",
        "score",
        "area_m2",
        "perimeter_m",
        "bbox",
        "source",
        "model",
        "prompt",
    ];
    assert_eq!(names, expected);
    let feature = &layer.features[0];
    assert_eq!(value(feature, "id"), &Value::Integer(1));
    assert_eq!(real(feature, "score"), 0.8765);
    assert_eq!(text(feature, "bbox"), "440030,35928,440048,35940");
    assert_eq!(text(feature, "source"), "harbour.jpg");
    assert_eq!(text(feature, "model"), "exact");
    assert_eq!(text(feature, "prompt"), "house 7");
    let corners = &feature.geometry.0[0].exterior().0;
    assert!(
        corners
            .iter()
            .any(|corner| (corner.x, corner.y) == (440_030.0, 35_940.0))
    );
}

#[test]
fn without_a_crs_everything_is_pixels_and_the_names_say_so() {
    let objects = [rectangle(1, [100, 200, 60, 40], 0.9)];
    let only_placed = Ground {
        crs: None,
        transform: Some(UTM),
    };
    for ground in [Ground::default(), only_placed] {
        let layer = layer(&objects, &[], &ground);
        assert_eq!(layer.crs, None);
        let feature = &layer.features[0];
        assert!((real(feature, "area_px") - 2400.0).abs() < 1e-3);
        assert!((real(feature, "perimeter_px") - 200.0).abs() < 1e-3);
    }
}

#[test]
fn the_users_attributes_come_along_and_keep_out_of_the_way_of_ours() {
    let attributes = |id: i64, height: Value| {
        vec![
            ("ID".to_owned(), Value::Integer(id)),
            ("height".to_owned(), height),
        ]
    };
    let with = |attributes| PointedObject {
        attributes,
        ..prompt("a")
    };
    let prompts = [
        with(attributes(70, Value::Integer(3))),
        with(attributes(71, Value::Real(4.5))),
        with(Vec::new()),
    ];
    let objects = [1, 2, 3].map(|id| rectangle(id, [100 * i64::from(id), 0, 10, 10], 0.9));
    let layer = layer(&objects, &prompts, &Ground::default());
    let height = layer
        .fields
        .iter()
        .find(|field| field.name == "height")
        .unwrap();
    assert_eq!(height.kind, FieldKind::Real);
    assert!(layer.fields.iter().any(|field| field.name == "prompt_ID"));
    assert_eq!(value(&layer.features[0], "prompt_ID"), &Value::Integer(70));
    assert_eq!(value(&layer.features[0], "height"), &Value::Real(3.0));
    assert_eq!(value(&layer.features[1], "height"), &Value::Real(4.5));
    assert_eq!(value(&layer.features[2], "height"), &Value::Null);
}

#[test]
fn merged_objects_name_all_their_prompts() {
    let mut objects = [1, 2].map(|id| rectangle(id, [100 * i64::from(id), 0, 10, 10], 0.9));
    objects[1].prompts = vec![0, 2];
    let prompts = ["a", "b", "c"].map(prompt);
    let layer = layer(&objects, &prompts, &Ground::default());
    assert_eq!(text(&layer.features[1], "prompt"), "a;c");
}

#[test]
fn an_empty_result_is_a_layer_without_features() {
    let layer = layer(&[], &[], &ground("EPSG:32636", UTM));
    assert!(layer.features.is_empty() && layer.fields.len() == 8);
}

#[test]
fn neighbours_simplified_apart_in_memory_still_share_their_edges() {
    // Steps along a common border; the objects touch, so they are simplified together.
    let step = |x: u32, y: u32| x < 30 + y % 2;
    let left = Bitmap::from_fn(60, 40, step).unwrap();
    let right = Bitmap::from_fn(60, 40, |x, y| !step(x, y)).unwrap();
    let mut objects = [
        rectangle(1, [0, 0, 1, 1], 0.9),
        rectangle(2, [0, 0, 1, 1], 0.9),
    ];
    objects[0].mask = PlacedMask::new(&left, 500, 500).unwrap();
    objects[1].mask = PlacedMask::new(&right, 500, 500).unwrap();
    let polygons = PolygonOptions {
        simplify: Some(1.5),
        ..PolygonOptions::default()
    };
    let layer = layer_with(&objects, &[], &Ground::default(), &polygons);
    let areas: f64 = layer
        .features
        .iter()
        .map(|feature| real(feature, "area_px"))
        .sum();
    assert!((areas - 2400.0).abs() < 1e-6, "{areas}");
}

/// The features of a plain image in GeoJSON.
fn features(segmentation: &Segmentation) -> Vec<Json> {
    let file = crate::written_json("a.geojson", segmentation);
    file["features"].as_array().unwrap().clone()
}

#[test]
fn a_plain_image_has_the_fields_of_a_scene_in_pixels() {
    let mut plain = segmentation((4, 3), vec![rectangle(1, [1, 1, 2, 1], 0.5)]);
    plain.prompts = vec![prompt("roof")];
    let features = features(&plain);
    let properties = &features[0]["properties"];
    assert_eq!(properties["id"], 1);
    assert_eq!(properties["area_px"].as_f64(), Some(2.0));
    assert_eq!(properties["perimeter_px"].as_f64(), Some(6.0));
    assert_eq!(properties["prompt"], "roof");
    assert_eq!(properties["source"], "harbour.jpg");
    assert_eq!(features[0]["geometry"]["type"], "MultiPolygon");
    let ring: Vec<[f64; 2]> =
        serde_json::from_value(features[0]["geometry"]["coordinates"][0][0].clone()).unwrap();
    assert_eq!(ring.first(), ring.last());
    for corner in [[1.0, 1.0], [3.0, 1.0], [3.0, 2.0], [1.0, 2.0]] {
        assert!(ring.contains(&corner), "{ring:?}");
    }
}

#[test]
fn a_layer_is_named_after_its_file_unless_it_has_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roofs.geojson");
    let name = |options: &WriteOptions| {
        segmentation((4, 3), Vec::new())
            .write_with(&path, options)
            .unwrap();
        let file: Json = serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
        file["name"].clone()
    };
    assert_eq!(name(&WriteOptions::default()), "roofs");
    let named = WriteOptions {
        layer: Some("houses".into()),
        ..WriteOptions::default()
    };
    assert_eq!(name(&named), "houses");
}

/// The field `bbox` is that of the polygons as the file has them, in whatever CRS.
#[test]
fn the_bounding_box_is_in_the_crs_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut segmentation = segmentation((1000, 1000), vec![rectangle(1, [100, 200, 60, 40], 0.9)]);
    segmentation.image.ground = ground("EPSG:32636", UTM);
    let path = folder.path().join("objects.geojson");
    segmentation
        .write_with(&path, &WriteOptions::default())
        .unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let collection: Json = serde_json::from_str(&text).unwrap();
    let feature = &collection["features"][0];
    let edges: Vec<f64> = feature["properties"]["bbox"]
        .as_str()
        .unwrap()
        .split(',')
        .map(|edge| edge.parse().unwrap())
        .collect();
    let ring = feature["geometry"]["coordinates"][0][0].as_array().unwrap();
    for axis in 0..2 {
        let places = ring.iter().map(|place| place[axis].as_f64().unwrap());
        let (low, high) = places.fold((f64::MAX, f64::MIN), |(low, high), place| {
            (low.min(place), high.max(place))
        });
        assert!((edges[axis] - low).abs() < 2e-7 && (edges[axis + 2] - high).abs() < 2e-7);
    }
}
