use resam_export::Format;
use resam_mask::{Bitmap, rasterize_ring};
use serde_json::{Value, json};

use crate::{answer, mask, object, written_json};

fn features(shapes: &[&[&str]]) -> Value {
    let objects = (1..)
        .zip(shapes)
        .map(|(id, rows)| object(id, 0.5, mask(rows)));
    written_json(Format::GeoJson, &answer(objects.collect()))["features"].take()
}

/// Twice the area, positive if the ring is counter-clockwise with `y` upwards.
fn signed_area(ring: &Value) -> f64 {
    let points: Vec<[f64; 2]> = serde_json::from_value(ring.clone()).unwrap();
    let sides = points.windows(2);
    sides
        .map(|side| side[0][0] * side[1][1] - side[1][0] * side[0][1])
        .sum()
}

#[test]
fn the_file_says_that_coordinates_are_pixels() {
    let file = written_json(Format::GeoJson, &answer(vec![]));
    assert_eq!(file["type"], "FeatureCollection");
    assert_eq!(
        file["coordinate_system"],
        "pixels, x right, y down, origin at the top-left corner of the image"
    );
    assert_eq!(file["features"], json!([]));
}

#[test]
fn a_feature_carries_id_name_score_and_area() {
    let features = features(&[&["#.", "##"]]);
    assert_eq!(features[0]["type"], "Feature");
    let expected = json!({"id": 1, "instance": "name 1", "score": 0.5, "area_px": 3});
    assert_eq!(features[0]["properties"], expected);
}

#[test]
fn a_polygon_follows_the_sides_of_the_pixels_and_is_closed() {
    let features = features(&[&["....", ".##.", "...."]]);
    assert_eq!(features[0]["geometry"]["type"], "Polygon");
    let rings = features[0]["geometry"]["coordinates"].as_array().unwrap();
    assert_eq!(rings.len(), 1);
    let ring: Vec<[u32; 2]> = serde_json::from_value(rings[0].clone()).unwrap();
    assert_eq!(ring.first(), ring.last());
    let mut corners = ring[1..].to_vec();
    corners.sort();
    assert_eq!(corners, [[1, 1], [1, 2], [3, 1], [3, 2]]);
}

#[test]
fn outer_rings_wind_counter_clockwise_by_the_numbers_and_holes_clockwise() {
    let features = features(&[&["###", "#.#", "###"]]);
    let rings = &features[0]["geometry"]["coordinates"];
    assert_eq!(signed_area(&rings[0]), 18.0);
    assert_eq!(signed_area(&rings[1]), -2.0);
}

#[test]
fn parts_that_share_no_side_make_a_multipolygon_and_fill_to_the_same_mask() {
    let rows: &[&str] = &["##...", "##...", "..##.", "....#"];
    let features = features(&[rows]);
    assert_eq!(features[0]["geometry"]["type"], "MultiPolygon");
    let parts = features[0]["geometry"]["coordinates"].as_array().unwrap();
    assert_eq!(parts.len(), 3);
    let mut filled = Bitmap::new(5, 4).unwrap();
    for part in parts {
        let ring: Vec<[f64; 2]> = serde_json::from_value(part[0].clone()).unwrap();
        filled
            .or_assign(&rasterize_ring(&ring, 5, 4).unwrap().decode())
            .unwrap();
    }
    assert_eq!(filled, mask(rows));
}

#[test]
fn an_object_without_pixels_keeps_its_feature() {
    let features = features(&[&["..", ".."], &["#.", ".."]]);
    assert!(features[0]["geometry"].is_null());
    assert_eq!(features[0]["properties"]["area_px"], 0);
    assert_eq!(features[1]["geometry"]["type"], "Polygon");
}
