//! What pixels mean, from outside: orientations, bit depths, formats, files elsewhere.
//!
//! The files are in `fixtures/pixels`. Their discs were drawn by a formula, the annotations are the
//! circles of the same formula.

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pixels")
}

fn weights() -> String {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let model = crates.join("resam-sam/tests/fixtures/golden/sam_7/model.safetensors");
    model.to_string_lossy().into_owned()
}

fn resam(arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("resam").expect("the binary");
    command
        .current_dir(fixtures())
        .args(arguments)
        .output()
        .expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The IoU of `eval` on a data set, with what it said.
fn score(images: &str, coco: &str, more: &[&str]) -> (Option<f64>, String) {
    let weights = weights();
    let mut arguments = vec![
        "eval",
        "--images",
        images,
        "--coco",
        coco,
        "--weights",
        &weights,
        "--json",
    ];
    arguments.extend(more);
    let output = resam(&arguments);
    let json: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    let iou = json.and_then(|json| json["iou"].as_f64().or(json["mean_iou"].as_f64()));
    (iou, text(&output.stderr))
}

#[test]
fn values_of_12_bits_score_the_same_in_a_png_and_in_a_tiff() {
    let weights = weights();
    let rows = |images: &str, coco: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        let csv = folder.path().join("rows.csv");
        let csv = csv.to_str().expect("a path");
        let output = resam(&[
            "eval",
            "--images",
            images,
            "--coco",
            coco,
            "--weights",
            &weights,
            "--csv",
            csv,
        ]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let rows = std::fs::read_to_string(csv).expect("rows");
        rows.replace("a.tif", "a").replace("a.png", "a")
    };
    assert_eq!(rows("b26", "b26.json"), rows("b26t", "b26t.json"));
}

#[test]
fn an_orientation_that_may_be_meant_or_not_is_asked_about() {
    let (_, said) = score("b08", "b08.json", &[]);
    assert!(
        said.contains("EXIF orientation 3") && said.contains("--exif apply"),
        "{said}"
    );
    let (_, said) = score("b08", "b08.json", &["--exif", "apply"]);
    assert!(said.contains("orientation 3 is applied"), "{said}");
    let (_, said) = score("b08", "b08.json", &["--exif", "ignore"]);
    assert!(said.contains("orientation 3 is not applied"), "{said}");
}

#[test]
fn info_says_what_a_raster_is_that_is_not_read_and_how_to_convert_it() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, start, format) in [
        ("a.jp2", &b"\0\0\0\x0cjP  \r\n\x87\n"[..], "JPEG 2000"),
        ("a.avif", b"\0\0\0\x20ftypavif\0\0\0\0", "AVIF"),
        ("a.nc", b"CDF\x01\0\0\0\0", "NetCDF"),
        ("a.ecw", b"\x01\x02\x03\x04", "ECW"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, start).expect("written");
        let path = path.to_str().expect("a path");
        let said = text(&resam(&["info", path]).stdout);
        assert!(
            said.contains(format) && said.contains("gdal_translate"),
            "{name}: {said}"
        );
        let output = resam(&[
            "segment",
            path,
            "--weights",
            &weights(),
            "--point",
            "1,1",
            "-o",
            "x.json",
        ]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        let said = text(&output.stderr);
        assert!(
            said.contains(format) && said.contains("gdal_translate"),
            "{name}: {said}"
        );
    }
}

#[test]
fn files_elsewhere_are_refused_by_name_in_every_command() {
    let weights = weights();
    let remote = "https://example.org/a.tif";
    for arguments in [
        &["info", remote][..],
        &["info", "/vsicurl/https://example.org/a.tif"],
        &[
            "segment",
            "s3://bucket/a.tif",
            "--point",
            "1,1",
            "-o",
            "x.json",
        ],
        &[
            "segment",
            "h12.png",
            "--points",
            remote,
            "-o",
            "x.json",
            "--weights",
            &weights,
        ],
        &[
            "eval",
            "--images",
            remote,
            "--coco",
            "b08.json",
            "--weights",
            &weights,
        ],
        &[
            "adapt",
            "--images=https://example.org/a.tif",
            "--points",
            "p.csv",
            "-o",
            "x",
        ],
    ] {
        let output = resam(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(
            said.contains("files elsewhere are not read"),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn a_fax_is_read_by_the_same_reader_in_info_and_in_segment() {
    let info = text(&resam(&["info", "b07_fax4.tif"]).stdout);
    assert!(
        info.contains("CCITT fax 4") && info.contains("EPSG:"),
        "{info}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("objects.geojson");
    let output = output.to_str().expect("a path");
    let run = resam(&[
        "segment",
        "b07_fax4.tif",
        "--weights",
        &weights(),
        "--point",
        "32,32",
        "-o",
        output,
    ]);
    let said = text(&run.stderr);
    assert!(run.status.code() < Some(2), "{said}");
    assert!(!said.contains("has no CRS"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe.tif");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo");
    let pipe = pipe.to_str().expect("a path");
    for arguments in [
        vec!["info", pipe],
        vec!["segment", pipe, "--point", "1,1", "-o", "x.json"],
    ] {
        let output = resam(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            text(&output.stderr).contains("a pipe or a device"),
            "{arguments:?}"
        );
    }
}
