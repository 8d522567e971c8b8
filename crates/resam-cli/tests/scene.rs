//! `resam segment` on scenes, from outside: the built binary, made rasters, random weights.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use resam_crs::Crs;
use resam_geo::{
    GeoTiffSpec, GeoTiffWriter, GeoTransform, Photometric, Raster, SampleKind, Window,
};
use serde_json::Value;
use tempfile::TempDir;

const WIDTH: u32 = 300;
const HEIGHT: u32 = 200;

fn weights() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../resam-sam/tests/fixtures/golden/sam_7/model.safetensors")
}

/// A scene of bright squares in UTM zone 36 north, 0.5 m a pixel, written as 16-bit if asked.
fn scene(folder: &Path, name: &str, sample: SampleKind) {
    let spec = GeoTiffSpec {
        bands: 3,
        sample,
        tile: 64,
        geo_transform: Some(GeoTransform([450_000.0, 0.5, 0.0, 36_000.0, 0.0, -0.5])),
        crs: Some(Crs::from_epsg(32636).expect("a CRS")),
        photometric: Photometric::Rgb,
        ..GeoTiffSpec::new(WIDTH, HEIGHT)
    };
    let mut writer = GeoTiffWriter::create(folder.join(name), &spec).expect("a writer");
    for row in 0..HEIGHT.div_ceil(64) {
        for column in 0..WIDTH.div_ceil(64) {
            let mut bytes = Vec::new();
            for y in 64 * row..64 * row + 64 {
                for x in 64 * column..64 * column + 64 {
                    let bright = x % 80 < 40 && y % 60 < 30;
                    let value: u16 = if bright { 220 } else { 40 };
                    for _ in 0..3 {
                        match sample {
                            SampleKind::U8 => bytes.push(value as u8),
                            _ => bytes.extend((10 * value).to_le_bytes()),
                        }
                    }
                }
            }
            writer.write_tile(column, row, &bytes).expect("a tile");
        }
    }
    writer.finish().expect("a file");
}

/// Points in longitude and latitude, at these pixels.
fn points(folder: &Path, name: &str, pixels: &[[f64; 2]]) {
    let utm = Crs::from_epsg(32636).expect("a CRS");
    let transform = resam_crs::Transform::new(&utm, &Crs::wgs84()).expect("a transform");
    let features: Vec<Value> = pixels
        .iter()
        .enumerate()
        .map(|(at, [x, y])| {
            let (east, north) = (450_000.0 + 0.5 * x, 36_000.0 - 0.5 * y);
            let (lon, lat) = transform.forward(east, north).expect("a place");
            serde_json::json!({
                "type": "Feature",
                "properties": {"instance": format!("roof {at}"), "owner": "nobody"},
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
            })
        })
        .collect();
    let collection = serde_json::json!({"type": "FeatureCollection", "features": features});
    std::fs::write(folder.join(name), collection.to_string()).expect("written");
}

fn segment(folder: &TempDir, arguments: &[&str]) -> Output {
    Command::new(assert_cmd::cargo::cargo_bin!("resam"))
        .current_dir(folder)
        .args(["segment", "scene.tif", "--weights"])
        .arg(weights())
        .args(arguments)
        .output()
        .expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn made() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    scene(folder.path(), "scene.tif", SampleKind::U8);
    points(
        folder.path(),
        "points.geojson",
        &[[20.0, 15.0], [180.0, 75.0], [260.0, 140.0], [900.0, 10.0]],
    );
    folder
}

/// Random weights may find nothing for a point: then it is named and the exit code is 1.
fn ran(output: &Output) {
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1)), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains("panicked"));
}

#[test]
fn points_in_degrees_on_a_scene_in_metres_bring_every_format_and_the_users_attributes() {
    let folder = made();
    let output = segment(
        &folder,
        &[
            "--points",
            "points.geojson",
            "--json",
            "-o",
            "o.gpkg",
            "-o",
            "o.geojson",
            "-o",
            "o.fgb",
            "-o",
            "o.tif",
            "-o",
            "o.json",
            "-o",
            "o.png",
        ],
    );
    ran(&output);
    assert!(text(&output.stderr).contains("1 points lie outside the scene"));
    let result: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let objects = result["objects"].as_array().expect("objects");
    assert!(!objects.is_empty(), "{result:#}");

    let read = |name: &str| std::fs::read(folder.path().join(name)).expect(name);
    let layer: Value = serde_json::from_slice(&read("o.geojson")).expect("JSON");
    let features = layer["features"].as_array().expect("features");
    assert_eq!(features.len(), objects.len());
    for feature in features {
        let properties = &feature["properties"];
        assert_eq!(properties["owner"], "nobody");
        assert!(
            properties["prompt"]
                .as_str()
                .expect("a name")
                .starts_with("roof ")
        );
        assert!(properties["area_m2"].as_f64() > Some(0.0));
        let bounds = &feature["geometry"]["coordinates"][0][0][0];
        let (lon, lat) = (
            bounds[0].as_f64().expect("x"),
            bounds[1].as_f64().expect("y"),
        );
        assert!(
            (32.5..32.6).contains(&lon) && (0.3..0.35).contains(&lat),
            "{lon},{lat}"
        );
    }
    // The label image is on the scene's grid and has the objects' pixels.
    let labels = Raster::open(folder.path().join("o.tif")).expect("a raster");
    assert_eq!((labels.width(), labels.height()), (WIDTH, HEIGHT));
    assert_eq!(labels.crs().and_then(Crs::epsg), Some(32636));
    let all = Window {
        x: 0,
        y: 0,
        width: WIDTH,
        height: HEIGHT,
    };
    let seen = labels.read(all, &[1]).expect("pixels").values;
    let most = seen.iter().copied().fold(0.0, f64::max);
    assert!(most >= 1.0 && most <= objects.len() as f64);
    let coco: Value = serde_json::from_slice(&read("o.json")).expect("JSON");
    assert_eq!(
        coco["annotations"].as_array().map(Vec::len),
        Some(objects.len())
    );
    assert!(read("o.gpkg").starts_with(b"SQLite format 3"));
    assert!(read("o.fgb").starts_with(b"fgb"));
    assert!(image::load_from_memory(&read("o.png")).is_ok());
    let record: Value = serde_json::from_slice(&read("run.json")).expect("JSON");
    assert_eq!(record["result"]["stretch"], "none");
    let left = std::fs::read_dir(folder.path())
        .expect("the folder")
        .flatten();
    let journals =
        left.filter(|entry| text(entry.file_name().as_encoded_bytes()).contains("journal"));
    assert_eq!(journals.count(), 0, "the journal goes when all is written");
}

#[test]
fn a_second_run_with_the_cache_asks_the_model_nothing_and_other_answers_share_its_embeddings() {
    let folder = made();
    let run = |out: &str, more: &[&str]| {
        let fixed = [
            "--points",
            "points.geojson",
            "--cache",
            "cache",
            "--json",
            "-o",
            out,
        ];
        let output = segment(&folder, &[&fixed, more].concat());
        ran(&output);
        let result: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        let counts = &result["counts"];
        ["encoded", "cached", "resumed"].map(|name| counts[name].as_u64().expect("a count"))
    };
    let [encoded, cached, resumed] = run("a.geojson", &[]);
    assert!(encoded > 0 && cached == 0 && resumed == 0);
    assert_eq!(run("b.geojson", &[]), [0, encoded, 0]);
    // Layers are named after their files; their features are the same.
    let features = |name: &str| {
        let bytes = std::fs::read(folder.path().join(name)).expect("a file");
        let layer: Value = serde_json::from_slice(&bytes).expect("JSON");
        layer["features"].clone()
    };
    assert_eq!(features("a.geojson"), features("b.geojson"));
    // The same question, squared, or with duplicates as one: nothing is asked again.
    assert_eq!(run("c.geojson", &["--regularize"])[0], 0);
    assert_eq!(run("f.geojson", &["--dedup-iou", "0.5"]), [0, encoded, 0]);
    let [again, shared, _] = run("d.geojson", &["--multimask"]);
    assert!(shared > 0, "{again} windows were encoded again");
    let [_, _, afresh] = run("e.geojson", &["--restart"]);
    assert_eq!(afresh, 0);
}

#[test]
fn a_scene_of_16_bits_is_stretched_once_and_the_limits_are_written_down() {
    let folder = made();
    scene(folder.path(), "scene.tif", SampleKind::U16);
    let output = segment(&folder, &["--point", "20,15", "--json", "-o", "o.tif"]);
    ran(&output);
    let result: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(result["stretch"], "p2-p98");
    let limits = &result["stretch_limits"][0];
    assert_eq!(
        (limits["low"].as_f64(), limits["high"].as_f64()),
        (Some(400.0), Some(2200.0))
    );
}

#[test]
fn without_points_objects_are_found_by_themselves_and_none_is_a_valid_answer() {
    let folder = made();
    // Random weights are never sure: nothing passes, and the layer is empty and whole.
    let output = segment(
        &folder,
        &[
            "--auto",
            "--points-per-side",
            "4",
            "--min-area",
            "2",
            "-o",
            "o.geojson",
            "-o",
            "o.gpkg",
        ],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let layer = std::fs::read(folder.path().join("o.geojson")).expect("a file");
    let layer: Value = serde_json::from_slice(&layer).expect("JSON");
    assert!(layer["features"].is_array());
}

#[test]
fn bad_input_about_scenes_is_refused_in_words_and_nothing_is_left_behind() {
    let folder = made();
    points(folder.path(), "far.geojson", &[[90_000.0, 9_000.0]]);
    std::fs::write(folder.path().join("not.gpkg"), b"no database").expect("written");
    let bytes = std::fs::read(folder.path().join("scene.tif")).expect("the scene");
    std::fs::write(folder.path().join("cut.tif"), &bytes[..bytes.len() / 3]).expect("written");
    let refused = |arguments: &[&str], words: &[&str]| {
        let output = segment(&folder, &[arguments, &["-o", "o.gpkg"]].concat());
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        for words in words {
            assert!(message.contains(words), "no `{words}` in: {message}");
        }
        assert!(!message.contains("panicked"), "{message}");
        assert!(!folder.path().join("o.gpkg").exists());
    };
    refused(
        &["--points", "far.geojson"],
        &["none of its 1 points lies in", "pixel 9", "hint:"],
    );
    refused(&["--points", "not.gpkg"], &["not.gpkg"]);
    refused(&["--points", "absent.geojson"], &["absent.geojson"]);
    refused(
        &["--points", "points.geojson", "--out-crs", "EPSG:999999"],
        &["999999"],
    );
    refused(&["--point", "20,15", "--bands", "1,2,9"], &["9"]);
    refused(&["--point", "20,15", "--stretch", "p98-p2"], &["p98-p2"]);
    refused(&["--point", "20,15", "--window", "20000"], &["20000"]);
}

#[test]
fn a_model_is_adapted_on_the_scene_and_the_points_that_it_is_then_asked_about() {
    let folder = tempfile::tempdir().expect("a folder");
    scene(folder.path(), "scene.tif", SampleKind::U16);
    let pixels = [[20.0, 15.0], [100.0, 75.0], [180.0, 135.0], [250.0, 15.0]];
    points(folder.path(), "points.geojson", &pixels);
    std::fs::write(
        folder.path().join("recipe.toml"),
        "[labels]\nleast_agreement = 0.0\n",
    )
    .expect("a recipe");
    let run = |arguments: &[&str]| {
        Command::new(assert_cmd::cargo::cargo_bin!("resam"))
            .current_dir(folder.path())
            .args(arguments)
            .args(["--device", "cpu", "--threads", "1", "--weights"])
            .arg(weights())
            .output()
            .expect("it runs")
    };
    let adapt = [
        "adapt",
        "--images",
        "scene.tif",
        "--points",
        "points.geojson",
        "--stretch",
        "0,2550",
        "--config",
        "recipe.toml",
        "--iterations",
        "3",
        "--json",
        "-o",
    ];
    let output = run(&[&adapt[..], &["run"]].concat());
    let words = text(&output.stderr);
    assert!(output.status.success(), "{words}");
    assert!(words.contains("4 objects in "), "{words}");
    let result: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(result["iterations"], 3);
    let record = std::fs::read(folder.path().join("run/run.json")).expect("a record");
    let record: Value = serde_json::from_slice(&record).expect("JSON");
    let shown = &record["result"]["scenes"][0];
    assert_eq!(shown["scene"], "scene.tif");
    assert_eq!(shown["stretch"], "0,2550");

    let output = run(&[
        "segment",
        "scene.tif",
        "--points",
        "points.geojson",
        "--adapter",
        "run",
        "-o",
        "objects.gpkg",
    ]);
    ran(&output);
    assert!(folder.path().join("objects.gpkg").exists());

    // Points elsewhere, and what is about scenes only beside masks.
    points(folder.path(), "far.geojson", &[[90_000.0, 15.0]]);
    let far = [
        "adapt",
        "--images",
        "scene.tif",
        "--points",
        "far.geojson",
        "-o",
        "other",
    ];
    let beside_masks = [
        "adapt",
        "--images",
        ".",
        "--coco",
        "masks.json",
        "--window",
        "64",
        "-o",
        "other",
    ];
    for (arguments, words) in [
        (&far[..], "none of its points lies in `scene.tif`"),
        (&beside_masks[..], "settings of scenes"),
    ] {
        let output = run(arguments);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(words), "{message}");
        assert!(!folder.path().join("other").exists());
    }
}
