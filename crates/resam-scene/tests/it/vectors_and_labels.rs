//! Objects as features and as labels. Areas and perimeters are those of pyproj 3.7.2 (`Geod` on WGS 84
//! after `Transformer` to EPSG:4326) for the corners of the same pixels.

use resam_crs::Crs;
use resam_geo::{GeoTransform, Raster, Window};
use resam_mask::Bitmap;
use resam_polygon::PolygonOptions;
use resam_scene::{
    Ground, LayerOptions, PlacedMask, PointedObject, SceneObject, gather_points, layer,
    write_labels,
};
use resam_vector::{Feature, FieldKind, PointFeature, Value};

use crate::object;

const UTM: GeoTransform = GeoTransform([440_000.0, 0.3, 0.0, 36_000.0, 0.0, -0.3]);

fn rectangle(id: u32, [x, y, width, height]: [i64; 4], score: f32) -> SceneObject {
    let mask = Bitmap::from_fn(width as u32, height as u32, |_, _| true).unwrap();
    SceneObject {
        id,
        prompts: vec![id as usize - 1],
        mask: PlacedMask::new(&mask, x, y).unwrap(),
        score,
        stability: 1.0,
        scale: 1.0,
        cut: false,
    }
}

fn options() -> LayerOptions {
    LayerOptions {
        name: "objects".into(),
        source: "scene.tif".into(),
        model: "exact".into(),
        polygons: PolygonOptions::default(),
    }
}

fn ground(crs: &str, transform: GeoTransform) -> Ground {
    Ground {
        crs: Some(Crs::parse(crs).unwrap()),
        transform: Some(transform),
    }
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
        let layer = layer(&objects, &[], &ground, &options()).unwrap();
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
    let layer = layer(
        &objects,
        &[object("house 7", 0.0, 0.0)],
        &ground("EPSG:32636", UTM),
        &options(),
    );
    let layer = layer.unwrap();
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
    assert_eq!(text(feature, "source"), "scene.tif");
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
        let layer = layer(&objects, &[], &ground, &options()).unwrap();
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
    let prompt = |attributes| PointedObject {
        attributes,
        ..object("a", 0.0, 0.0)
    };
    let prompts = [
        prompt(attributes(70, Value::Integer(3))),
        prompt(attributes(71, Value::Real(4.5))),
        prompt(Vec::new()),
    ];
    let objects = [1, 2, 3].map(|id| rectangle(id, [100 * i64::from(id), 0, 10, 10], 0.9));
    let layer = layer(&objects, &prompts, &Ground::default(), &options()).unwrap();
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
fn merged_objects_name_all_their_prompts_and_what_is_filtered_out_keeps_its_id() {
    let mut objects = [1, 2, 3].map(|id| rectangle(id, [100 * i64::from(id), 0, 10, 10], 0.9));
    objects[1] = rectangle(2, [200, 0, 2, 2], 0.9);
    objects[2].prompts = vec![0, 2];
    let prompts = ["a", "b", "c"].map(|id| object(id, 0.0, 0.0));
    let polygons = PolygonOptions {
        min_area: 20.0,
        ..PolygonOptions::default()
    };
    let options = LayerOptions {
        polygons,
        ..options()
    };
    let layer = layer(&objects, &prompts, &Ground::default(), &options).unwrap();
    assert_eq!(layer.features.len(), 2);
    assert_eq!(value(&layer.features[1], "id"), &Value::Integer(3));
    assert_eq!(text(&layer.features[1], "prompt"), "a;c");
}

#[test]
fn an_empty_result_is_a_layer_without_features() {
    let layer = layer(&[], &[], &ground("EPSG:32636", UTM), &options()).unwrap();
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
    let options = LayerOptions {
        polygons,
        ..options()
    };
    let layer = layer(&objects, &[], &Ground::default(), &options).unwrap();
    let areas: f64 = layer
        .features
        .iter()
        .map(|feature| real(feature, "area_px"))
        .sum();
    assert!((areas - 2400.0).abs() < 1e-6, "{areas}");
}

#[test]
fn labels_are_the_ids_where_the_better_object_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels.tif");
    let objects = [
        rectangle(1, [250, 240, 40, 30], 0.9),
        rectangle(2, [280, 250, 300, 10], 0.8),
        rectangle(70_000, [30_000, 39_990, 5, 10], 0.7),
    ];
    let size = (40_000, 40_000);
    write_labels(&path, size, &objects, &ground("EPSG:32636", UTM)).unwrap();
    let raster = Raster::open(&path).unwrap();
    assert_eq!((raster.width(), raster.height()), size);
    assert_eq!(raster.geo_transform(), Some(UTM));
    assert_eq!(raster.crs().unwrap().epsg(), Some(32636));
    let read = |x: i64, y: i64, width: u32, height: u32| {
        raster
            .read(
                Window {
                    x,
                    y,
                    width,
                    height,
                },
                &[1],
            )
            .unwrap()
    };
    let samples = read(200, 200, 500, 100);
    for y in 0..100 {
        for x in 0..500 {
            let (column, row) = (200 + i64::from(x), 200 + i64::from(y));
            let holding = objects.iter().find(|object| object.mask.holds(column, row));
            let expected = holding.map_or(0, |object| object.id);
            assert_eq!(samples.get(x, y, 0), f64::from(expected), "{column}, {row}");
        }
    }
    assert_eq!(read(30_004, 39_999, 1, 1).values, [70_000.0]);
    // Only the tiles with an object take space.
    let bytes = fs_err::metadata(&path).unwrap().len();
    assert!(bytes < 600_000, "{bytes}");
}

#[test]
fn points_of_an_instance_are_one_object_and_what_is_outside_is_told() {
    let point = |row: usize, x: f64, y: f64, instance: Option<&str>, label: bool| PointFeature {
        x: 440_000.0 + 0.3 * x,
        y: 36_000.0 - 0.3 * y,
        instance: instance.map(ToOwned::to_owned),
        label,
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
    let gathered = gather_points(&points, Some(&UTM), (100, 100));
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
