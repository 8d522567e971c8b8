//! Where points lie, from outside: pixels only where the file says pixels or nothing else can be
//! meant. The expected pixels follow from the geotransforms of the fixtures (`gdalinfo`), from RFC
//! 7946 and, for UTM, from PROJ (`pyproj.Transformer.from_crs(4326, 32633, always_xy=True)`).

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/place")
        .join(name)
}

/// Exit code, messages and the centres of the boxes of the objects, in pixels.
fn segment(scene: &str, arguments: &[&str]) -> (i32, String, Vec<[f64; 2]>) {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = arguments.iter().map(|argument| {
        let file = fixture(argument);
        if file.is_file() {
            file
        } else {
            argument.into()
        }
    });
    let output = Command::new(assert_cmd::cargo::cargo_bin!("resam"))
        .arg("segment")
        .arg(fixture(scene))
        .args(arguments)
        .args(["--weights", "nano", "-o"])
        .arg(folder.path().join("o.json"))
        .output()
        .expect("it runs");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut centres = Vec::new();
    if let Ok(text) = std::fs::read(folder.path().join("o.json")) {
        let coco: Value = serde_json::from_slice(&text).expect("JSON");
        for object in coco["annotations"].as_array().expect("a list") {
            let number = |at: usize| object["bbox"][at].as_f64().expect("a number");
            centres.push([number(0) + number(2) / 2.0, number(1) + number(3) / 2.0]);
        }
    }
    (
        output.status.code().expect("an exit code"),
        messages,
        centres,
    )
}

/// The discs of the scenes of 64 x 64 pixels.
const MIDDLE: [f64; 2] = [32.5, 32.5];
const LOWER_LEFT: [f64; 2] = [12.5, 52.5];

#[track_caller]
fn found(scene: &str, arguments: &[&str], places: &[[f64; 2]], words: &str) {
    let (code, messages, centres) = segment(scene, arguments);
    assert_eq!(code, 0, "{messages}");
    assert!(messages.contains(words), "{messages}");
    assert_eq!(centres.len(), places.len(), "{messages}");
    for (centre, place) in centres.iter().zip(places) {
        let off = (centre[0] - place[0]).hypot(centre[1] - place[1]);
        assert!(off < 3.0, "{centres:?}");
    }
}

#[track_caller]
fn refused(scene: &str, arguments: &[&str], words: &[&str]) {
    let (code, messages, centres) = segment(scene, arguments);
    assert_eq!(code, 2, "{messages}");
    assert!(centres.is_empty());
    for words in words {
        assert!(messages.contains(words), "`{words}`: {messages}");
    }
}

#[test]
fn columns_x_and_y_that_may_be_degrees_are_asked_about() {
    let file = "b03_xy_degrees.csv";
    refused(
        "scene.tif",
        &["--points", file],
        &[file, "`--points-crs", "`--pixel`"],
    );
    let places = [MIDDLE, LOWER_LEFT];
    found(
        "scene.tif",
        &["--points", file, "--points-crs", "EPSG:4326"],
        &places,
        "",
    );
    // The pixel 13.56,51.44 lies on the disc of the lower left.
    let pixels = [LOWER_LEFT; 2];
    let both = ["--points", file, "--pixel", "--dedup-iou", "none"];
    found("scene.tif", &both, &pixels, "");
    // A raster without a place has nothing but pixels.
    let both = ["--points", file, "--dedup-iou", "none"];
    found("bare.tif", &both, &pixels, "");
}

#[test]
fn points_on_the_map_are_no_pixels_of_a_raster_without_a_place() {
    for file in ["b04_degrees.gpkg", "points.geojson"] {
        refused(
            "bare.tif",
            &["--points", file],
            &[file, "bare.tif", "`--pixel`"],
        );
        let with_crs = ["--points", file, "--points-crs", "EPSG:4326"];
        refused("bare.tif", &with_crs, &[file, "does not say where"]);
    }
}

#[test]
fn control_points_that_an_affine_fits_are_used_and_said() {
    let places = [MIDDLE, [12.5, 52.5]];
    let points = ["--points", "b05_gcp.geojson"];
    found("b05_gcp.tif", &points, &places, "fits its 4 control points");
}

#[test]
fn the_crs_that_is_said_overrules_the_file() {
    let file = "b12_undefined.gpkg";
    refused("scene.tif", &["--points", file], &["undefined"]);
    let places = [MIDDLE, LOWER_LEFT];
    found(
        "scene.tif",
        &["--points", file, "--points-crs", "EPSG:32633"],
        &places,
        "",
    );
    refused(
        "scene.tif",
        &["--points", "points.geojson", "--scene-crs", "EPSG:32634"],
        &["none of its"],
    );
    refused(
        "bare.tif",
        &["--point", "3,3", "--scene-crs", "EPSG:32634"],
        &["does not say where"],
    );
}

#[test]
fn typed_coordinates_are_on_the_map_where_they_can_be_nothing_else() {
    let own = ["--point", "400032.5,5700031.5"];
    found(
        "scene.tif",
        &own,
        &[MIDDLE],
        "taken for coordinates in WGS 84 / UTM zone 33N",
    );
    let degrees = ["--point", "13.5615818,51.4426412"];
    refused("scene.tif", &degrees, &["`--pixel`", "`--points-crs"]);
    let [point, place] = degrees;
    found(
        "scene.tif",
        &[point, place, "--points-crs", "EPSG:4326"],
        &[MIDDLE],
        "",
    );
    found("scene.tif", &[point, place, "--pixel"], &[LOWER_LEFT], "");
    // As degrees they lie elsewhere.
    found("scene.tif", &["--point", "13.5,52.1"], &[LOWER_LEFT], "");
    let bounds = ["--box", "400020,5700019,400045,5700044"];
    found("scene.tif", &bounds, &[MIDDLE], "taken for coordinates");
}

#[test]
fn a_turn_of_longitude_is_no_other_place() {
    let points = ["--points", "b19_lon360.geojson"];
    found("b19_lon360.tif", &points, &[MIDDLE], "");
}
