//! Outputs of `resam segment` and `resam eval`, from outside: no file is lost, and every file of a
//! run has the same objects.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use resam_geo::{Raster, Window};
use serde_json::Value;
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    folder.join(name)
}

/// A folder with the scene and its points.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (from, to) in [("b11_scene.tif", "scene.tif"), ("b11_px.csv", "points.csv")] {
        std::fs::copy(fixture(from), folder.path().join(to)).expect("a copy");
    }
    folder
}

fn resam(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_resam"))
        .args(words)
        .args(["--device", "cpu"])
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

fn segment(folder: &Path, more: &[&str]) -> Output {
    let words = [
        "segment",
        "scene.tif",
        "--points",
        "points.csv",
        "--weights",
        "nano",
    ];
    resam(folder, &[&words[..], more].concat())
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(path: impl AsRef<Path>) -> Value {
    let bytes = std::fs::read(path).expect("a file");
    serde_json::from_slice(&bytes).expect("JSON")
}

#[test]
fn all_outputs_of_a_run_have_the_same_objects_and_who_is_missing_is_named() {
    let folder = folder();
    let run = segment(
        folder.path(),
        &[
            "--overlap",
            "resolve",
            "--fill-holes",
            "20",
            "--min-area",
            "40",
            "--dedup-iou",
            "none",
            "-o",
            "a.gpkg",
            "-o",
            "a.geojson",
            "-o",
            "a.tif",
            "-o",
            "a.json",
        ],
    );
    assert!(matches!(run.status.code(), Some(0 | 1)), "{}", text(&run));
    let at = |name: &str| folder.path().join(name);
    let record = json(at("a.gpkg.run.json"));
    let result = &record["result"];
    let ids = |list: &Value, id: &dyn Fn(&Value) -> u64| -> BTreeSet<u64> {
        list.as_array().expect("a list").iter().map(id).collect()
    };
    let number = |value: &Value| value.as_u64().expect("a number");
    let stated = ids(&result["objects"], &|one| number(&one["id"]));
    let polygons = ids(&json(at("a.geojson"))["features"], &|one| {
        number(&one["properties"]["id"])
    });
    let annotations = ids(&json(at("a.json"))["annotations"], &|one| {
        number(&one["id"])
    });
    let raster = Raster::open(at("a.tif")).expect("labels");
    let all = Window {
        x: 0,
        y: 0,
        width: raster.width(),
        height: raster.height(),
    };
    let labels = raster.read(all, &[1]).expect("values");
    let labels: BTreeSet<u64> = labels
        .values
        .iter()
        .map(|&id| id as u64)
        .filter(|&id| id > 0)
        .collect();
    assert!(!stated.is_empty());
    assert_eq!(polygons, stated);
    assert_eq!(annotations, stated);
    assert_eq!(labels, stated);
    let read = resam_vector::read_polygons(at("a.gpkg"), &Default::default()).expect("a layer");
    assert_eq!(read.layer.features.len(), stated.len());

    // Every prompt is of an object, removed with a reason, or a failure.
    let names = |list: &Value| -> usize {
        let prompts = list.as_array().expect("a list").iter();
        prompts
            .map(|one| one["prompts"].as_array().map_or(0, Vec::len))
            .sum()
    };
    let covered = |one: &&Value| one["reason"] == "covered";
    let removed = &result["cleaning"]["removed"];
    let twice = removed
        .as_array()
        .expect("a list")
        .iter()
        .filter(covered)
        .count();
    let failures = result["failures"].as_array().expect("a list").len();
    let asked = std::fs::read_to_string(at("points.csv"))
        .expect("points")
        .lines()
        .count()
        - 1;
    assert_eq!(
        names(&result["objects"]) + names(removed) + failures - twice,
        asked
    );
}

#[test]
fn no_output_is_an_input_by_any_path() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    std::fs::hard_link(at("scene.tif"), at("hard.tif")).expect("a link");
    std::fs::create_dir(at("deep")).expect("a folder");
    let weights = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../resam-sam/tests/fixtures/golden/sam_7/model.safetensors");
    std::fs::copy(weights, at("weights.tif")).expect("a copy");
    let before = std::fs::read(at("scene.tif")).expect("a file");
    let mut cases = vec!["scene.tif", "deep/../scene.tif", "hard.tif"];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("scene.tif", at("soft.tif")).expect("a link");
        cases.push("soft.tif");
    }
    for output in cases {
        let run = segment(
            folder.path(),
            &["-o", "first.gpkg", "-o", output, "--overwrite"],
        );
        assert_eq!(run.status.code(), Some(2), "{output}");
        assert!(
            text(&run).contains("the output is an input of the run"),
            "{}",
            text(&run)
        );
    }
    let run = segment(
        folder.path(),
        &[
            "-o",
            "weights.tif",
            "--overwrite",
            "--weights",
            "weights.tif",
        ],
    );
    assert_eq!(run.status.code(), Some(2));
    for pair in [["a.gpkg", "a.gpkg"], ["a.gpkg", "deep/../a.gpkg"]] {
        let run = segment(folder.path(), &["-o", pair[0], "-o", pair[1]]);
        assert_eq!(run.status.code(), Some(2));
        assert!(
            text(&run).contains("two outputs are the same file"),
            "{}",
            text(&run)
        );
    }
    assert_eq!(std::fs::read(at("scene.tif")).expect("a file"), before);
    assert!(!at("first.gpkg").exists() && !at("a.gpkg").exists());
}

#[test]
fn the_scores_of_eval_do_not_replace_what_they_are_made_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("images")).expect("a folder");
    for name in ["points.csv", "instances.json", "images/a.png"] {
        std::fs::write(at(name), b"precious").expect("written");
        let run = resam(
            folder.path(),
            &[
                "eval",
                "--images",
                "images",
                "--coco",
                "instances.json",
                "--points",
                "points.csv",
                "--csv",
                name,
            ],
        );
        assert_eq!(run.status.code(), Some(2), "{name}: {}", text(&run));
        assert!(
            text(&run).contains("the output is an input of the run"),
            "{}",
            text(&run)
        );
        assert_eq!(std::fs::read(at(name)).expect("a file"), b"precious");
    }
}

#[test]
fn a_run_replaces_its_own_outputs_and_no_others() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("theirs.geojson"), b"{}").expect("written");
    std::fs::write(at("run.json"), b"{\"mine\": true}").expect("written");
    let run = segment(folder.path(), &["-o", "theirs.geojson"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(
        text(&run).contains("no run of resam wrote it"),
        "{}",
        text(&run)
    );
    assert_eq!(std::fs::read(at("theirs.geojson")).expect("a file"), b"{}");

    for _ in 0..2 {
        let run = segment(folder.path(), &["-o", "ours.geojson"]);
        assert!(matches!(run.status.code(), Some(0 | 1)), "{}", text(&run));
    }
    assert_eq!(json(at("run.json"))["mine"], true, "another's record stays");
    assert!(json(at("ours.geojson.run.json"))["result"]["objects"].is_array());
    let run = segment(folder.path(), &["-o", "theirs.geojson", "--overwrite"]);
    assert!(matches!(run.status.code(), Some(0 | 1)), "{}", text(&run));
    assert!(json(at("theirs.geojson"))["features"].is_array());
}

#[test]
fn a_geopackage_keeps_its_other_layers_unless_it_is_overwritten() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let layers = || resam_vector::geopackage_layers(at("all.gpkg")).expect("layers");
    let done = |more: &[&str]| {
        let run = segment(folder.path(), &[&["-o", "all.gpkg"], more].concat());
        assert!(matches!(run.status.code(), Some(0 | 1)), "{}", text(&run));
    };
    done(&["--layer", "first"]);
    done(&["--layer", "second"]);
    done(&["--layer", "second"]);
    assert_eq!(layers(), ["first", "second"]);
    // Without a record the layers are another's.
    std::fs::remove_file(at("all.gpkg.run.json")).expect("removed");
    std::fs::remove_file(at("run.json")).expect("removed");
    let run = segment(folder.path(), &["-o", "all.gpkg", "--layer", "first"]);
    assert_eq!(run.status.code(), Some(2));
    done(&["--layer", "third"]);
    assert_eq!(layers(), ["first", "second", "third"]);
    done(&["--layer", "first", "--overwrite"]);
    assert_eq!(layers(), ["first"]);
}
