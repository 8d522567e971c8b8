//! `resam demo`, run as a user runs it and looked at from outside.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use geo::{Area, BooleanOps, Coord, LineString, MultiPolygon, Polygon};
use serde_json::Value;

fn read(path: &Path) -> Value {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// The polygons of a GeoJSON file by the number that `attribute` holds, read without any of our
/// code.
fn polygons(path: &Path, attribute: &str) -> HashMap<u64, MultiPolygon<f64>> {
    let ring = |ring: &Value| -> LineString<f64> {
        let at = |place: &Value| Coord {
            x: place[0].as_f64().expect("a longitude"),
            y: place[1].as_f64().expect("a latitude"),
        };
        ring.as_array().expect("a ring").iter().map(at).collect()
    };
    let polygon = |rings: &Value| {
        let mut rings = rings.as_array().expect("rings").iter().map(ring);
        Polygon::new(rings.next().expect("an outline"), rings.collect())
    };
    let features = read(path);
    let features = features["features"].as_array().expect("features").iter();
    let found = features.map(|feature| {
        let id = &feature["properties"][attribute];
        let id = id.as_str().map(|text| text.parse().expect("a number"));
        let id = id.or(feature["properties"][attribute].as_u64());
        let geometry = &feature["geometry"];
        let coordinates = &geometry["coordinates"];
        let shape = if let Some("Polygon") = geometry["type"].as_str() {
            MultiPolygon(vec![polygon(coordinates)])
        } else {
            let parts = coordinates.as_array().expect("polygons").iter();
            MultiPolygon(parts.map(polygon).collect())
        };
        (id.expect("a number"), shape)
    });
    found.collect()
}

/// Mean IoU of the true polygons with those found for their points.
fn mean_iou(
    truth: &HashMap<u64, MultiPolygon<f64>>,
    found: &HashMap<u64, MultiPolygon<f64>>,
) -> f64 {
    let iou = |(id, shape): (&u64, &MultiPolygon<f64>)| {
        found.get(id).map_or(0.0, |other| {
            let common = shape.intersection(other).unsigned_area();
            common / (shape.unsigned_area() + other.unsigned_area() - common)
        })
    };
    truth.iter().map(iou).sum::<f64>() / truth.len() as f64
}

#[test]
fn the_demo_makes_a_model_better_from_points_and_its_numbers_are_true() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = folder.path().join("demo");
    let run = Command::cargo_bin("resam")
        .expect("the program")
        .args(["demo", "demo", "-q", "--json"])
        .current_dir(folder.path())
        .env("RESAM_HOME", folder.path().join("home"))
        .output()
        .expect("it runs");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let told: Value = serde_json::from_slice(&run.stdout).expect("JSON");

    // What it says it made is there.
    for file in [
        "run.json",
        "train/points.csv",
        "val/instances.json",
        "scene/scene.tif",
        "scene/points.geojson",
        "adapted/adapter_model.safetensors",
        "adapted/report.html",
        "before/tanks.png",
        "selected/tanks.png",
        "after/tanks.png",
        "after/tanks.gpkg",
    ] {
        assert!(demo.join(file).is_file(), "{file}");
    }

    // Its polygons are as good as it says, and better than before, measured on the map.
    let truth = polygons(&demo.join("scene/truth.geojson"), "instance");
    let [before, selected, after] = ["before", "selected", "after"].map(|name| {
        let found = polygons(&demo.join(format!("{name}/tanks.geojson")), "prompt");
        mean_iou(&truth, &found)
    });
    let said = |key: &str| told[key].as_f64().expect("a number");
    assert_eq!(said("scene_objects") as usize, truth.len());
    assert!(
        (said("scene_iou_before") - before).abs() < 0.01,
        "{before} {told:#}"
    );
    assert!(
        (said("scene_iou_after") - after).abs() < 0.01,
        "{after} {told:#}"
    );
    assert!(
        (said("scene_iou_selected") - selected).abs() < 0.01,
        "{selected} {told:#}"
    );
    assert!(after > before + 0.05, "{before} {after}");
    // Learning adds to mask selection, on the images.
    assert!(said("iou_after") > said("iou_selected"), "{told:#}");
    assert!(said("iou_after") > said("iou_before") + 0.05, "{told:#}");

    // The commands that it names do what it did.
    let commands = told["commands"].as_array().expect("commands");
    let evaluation = commands[1].as_str().expect("a command");
    let words = evaluation.split(' ').skip(1);
    let again = Command::cargo_bin("resam")
        .expect("the program")
        .args(words)
        .arg("--json")
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    let again: Value = serde_json::from_slice(&again.stdout).expect("JSON");
    assert_eq!(again["iou"], told["iou_after"]);
    assert_eq!(again["pretrained"]["iou"], told["iou_selected"]);
    assert_eq!(again["mask_selection"], told["mask_selection"]);

    // A folder with something in it is left alone.
    let refused = Command::cargo_bin("resam")
        .expect("the program")
        .args(["demo", "demo"])
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is not empty"));
}
