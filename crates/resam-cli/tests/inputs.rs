//! Files that people have, from outside: the built binary. What is right was found with GDAL 3.10
//! and 3.11 (pyogrio, rasterio), pycocotools, RFC 7946 and RFC 8142; `fixtures/cases` are small
//! files made after public reports of users of GIS and annotation tools.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/cases")
        .join(name)
}

fn resam(arguments: &[&str]) -> Output {
    Command::new(assert_cmd::cargo::cargo_bin!("resam"))
        .current_dir(case("."))
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", said(output));
    })
}

/// What `info` says of a file, and its exit code.
fn info(name: &str) -> (Value, i32, String) {
    let output = resam(&["info", name, "--json"]);
    (
        json(&output),
        output.status.code().expect("a code"),
        said(&output),
    )
}

/// The properties of the objects of points in a scene, as GeoJSON has them.
fn segment(scene: &str, points: &str, more: &[&str]) -> (Vec<Value>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("objects.geojson");
    let out = out.to_string_lossy();
    let fixed = [
        "segment",
        scene,
        "--weights",
        "nano",
        "-o",
        &*out,
        "--points",
        points,
    ];
    let output = resam(&[&fixed[..], more].concat());
    let text = std::fs::read_to_string(&*out).unwrap_or_else(|_| panic!("{}", said(&output)));
    let all: Value = serde_json::from_str(&text).expect("GeoJSON");
    let features = all["features"].as_array().expect("features").iter();
    let properties = features.map(|feature| feature["properties"].clone());
    (properties.collect(), said(&output))
}

fn eval(images: &str, coco: &str, more: &[&str]) -> (Output, String) {
    let fixed = [
        "eval",
        "--images",
        images,
        "--coco",
        coco,
        "--weights",
        "nano",
        "--json",
    ];
    let output = resam(&[&fixed[..], more].concat());
    let text = said(&output);
    (output, text)
}

#[test]
fn info_says_layers_crs_fields_count_and_extent() {
    // `pyogrio.read_info` of the same files.
    for (name, format, rows, crs) in [
        ("b27_dates.gpkg", "GeoPackage", 2, Some("EPSG:32633")),
        ("h13_wal.gpkg", "GeoPackage", 5, Some("EPSG:32633")),
        ("h14.geojson", "GeoJSON", 5, Some("EPSG:32633")),
        ("h16lines.geojsonl", "GeoJSON", 5, None),
        ("b24_x_lonlat.csv", "CSV", 2, Some("EPSG:4326")),
    ] {
        let (found, code, text) = info(name);
        assert_eq!(code, 0, "{name}: {text}");
        assert_eq!(found["kind"], "vector");
        assert_eq!(found["format"], format);
        let layer = &found["layers"][0];
        assert_eq!(layer["points"], rows, "{name}");
        match crs {
            Some(crs) => assert!(layer["crs"].as_str().expect("a CRS").starts_with(crs)),
            None => assert_eq!(layer["crs"], Value::Null),
        }
        assert!(layer["extent"][0].is_number());
    }
    let (found, _, _) = info("b27_dates.gpkg");
    let fields = &found["layers"][0]["fields"];
    assert!(
        fields
            .to_string()
            .contains(r#"{"name":"when","type":"date and time"}"#),
        "{fields}"
    );
    let (found, code, _) = info("good.json");
    assert_eq!((&found["kind"], code), (&Value::from("coco"), 0));
    assert_eq!(found["annotations"], 5);
}

#[test]
fn reading_a_geopackage_leaves_nothing_beside_it() {
    let before = std::fs::read_dir(case(".")).expect("a folder").count();
    info("h13_wal.gpkg");
    assert_eq!(
        std::fs::read_dir(case(".")).expect("a folder").count(),
        before
    );
}

#[test]
fn rows_without_a_geometry_are_counted() {
    let (found, code, text) = info("b18_nulls.gpkg");
    assert_eq!(code, 0, "there was nothing in them");
    // Two nulls and one `POINT EMPTY`, as GDAL has it.
    assert_eq!(found["layers"][0]["without_geometry"], 3);
    assert!(
        text.contains("3 rows without geometry are passed over, the first: feature 2"),
        "{text}"
    );
    let (objects, text) = segment("scene.tif", "b18_nulls.gpkg", &[]);
    assert_eq!(objects.len(), 1);
    assert!(text.contains("3 rows without geometry"), "{text}");
    let (_, code, text) = info("h16null.geojson");
    assert!(
        code == 0 && text.contains("2 rows without geometry"),
        "{text}"
    );
}

#[test]
fn blank_rows_are_counted_and_lon_lat_beside_x_are_the_place() {
    let (objects, text) = segment("scene.tif", "b25_excel.csv", &[]);
    assert_eq!(objects.len(), 2);
    assert!(
        text.contains("2 blank rows are passed over, the first: line 4"),
        "{text}"
    );
    let (objects, _) = segment("scene.tif", "b24_x_lonlat.csv", &[]);
    assert_eq!(objects.len(), 2);
    assert_eq!(objects[0]["x"], 0);
}

#[test]
fn attributes_stay_text_unless_every_value_prints_back_the_same() {
    let (objects, _) = segment("scene.tif", "b13_ids.csv", &[]);
    let columns = |name: &str| {
        objects
            .iter()
            .map(|one| one[name].clone())
            .collect::<Vec<_>>()
    };
    for (name, values) in [
        ("plot", ["12E3", "13E3"]),
        ("parcel", ["09999999999999999999", "15999999999999999998"]),
        ("code", ["1E5", "2E5"]),
        ("ver", ["1.10", "1.20"]),
    ] {
        assert_eq!(columns(name), values.map(Value::from));
    }
}

#[test]
fn labels_that_are_class_names_are_classes_and_said() {
    let (objects, text) = segment("good.tif", "h16class.geojson", &[]);
    assert_eq!(objects.len(), 5);
    assert!(text.contains("its values are classes"), "{text}");
    let (objects, text) = segment("good.tif", "h16class.geojson", &["--class-field", "label"]);
    assert_eq!(objects.len(), 5);
    assert!(!text.contains("its values are classes"), "{text}");
    let output = resam(&[
        "segment",
        "good.tif",
        "--weights",
        "nano",
        "-o",
        "/dev/null.geojson",
        "--points",
        "h16class.geojson",
        "--class-field",
        "kind",
    ]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn not_a_number_in_a_property_is_no_value() {
    let (objects, text) = segment("good.tif", "h16nan.geojson", &[]);
    assert_eq!(objects.len(), 5);
    assert!(text.contains("which is read as no value"), "{text}");
}

#[test]
fn coco_with_numbers_of_other_kinds_scores_as_the_plain_one_does() {
    let (output, _) = eval("images", "good.json", &["--prompt", "box"]);
    assert_eq!(output.status.code(), Some(0));
    let iou = json(&output)["iou"].clone();
    assert!(iou.is_number());
    for name in [
        "h10crowdfloat.json",
        "h10floatid.json",
        "h10stringid.json",
        "h10nocategories.json",
        "h11backslash.json",
        "h11case.json",
    ] {
        let (output, text) = eval("images", name, &["--prompt", "box"]);
        assert_eq!(output.status.code(), Some(0), "{name}: {text}");
        assert_eq!(json(&output)["iou"], iou, "{name}");
        let is_said = name.starts_with("h11") || name.contains("nocategories");
        assert_eq!(
            text.contains(&format!("note: {name}: ")),
            is_said,
            "{name}: {text}"
        );
    }
}

#[test]
fn coco_records_without_meaning_are_left_out_and_refused_when_asked() {
    for name in ["h10null.json", "h10odd.json"] {
        let (output, text) = eval("images", name, &["--prompt", "box"]);
        assert_eq!(output.status.code(), Some(1), "{name}: {text}");
        assert_eq!(json(&output)["instances"], 4);
        assert!(
            text.contains("1 record has no meaning and is left out: annotation 1"),
            "{text}"
        );
        let (output, text) = eval("images", name, &["--prompt", "box", "--strict"]);
        assert_eq!(output.status.code(), Some(2), "{name}: {text}");
    }
}

#[test]
fn an_image_that_is_not_there_is_left_out_and_named() {
    let (output, text) = eval("b17", "b17.json", &["--prompt", "box"]);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(json(&output)["images"], 1);
    assert!(text.contains("not_copied.png"), "{text}");
    let (output, _) = eval("b17", "b17.json", &["--prompt", "box", "--strict"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn one_reader_reads_tables_in_pixels_and_on_the_map() {
    for name in ["h15semicolon.csv", "h15empty.csv", "h15bom.csv"] {
        let (output, text) = eval("images", "good.json", &["--points", name]);
        assert_eq!(output.status.code(), Some(0), "{name}: {text}");
        assert_eq!(json(&output)["instances"], 5, "{name}");
    }
}

#[test]
fn boxes_of_a_table_and_polygons_of_a_file_are_prompts() {
    let folder = tempfile::tempdir().expect("a folder");
    let boxes = folder.path().join("boxes.csv");
    let rows = "instance,xmin,ymin,xmax,ymax\n1,46,46,74,74\n2,176,46,204,74\n";
    std::fs::write(&boxes, rows).expect("written");
    let boxes = boxes.to_string_lossy();
    let (output, text) = eval("images", "good.json", &["--boxes", &boxes]);
    assert!(json(&output)["instances"] == 2, "{text}");
    let out = folder.path().join("objects.geojson");
    let out = out.to_string_lossy();
    let image = ["segment", "images/a.png", "--weights", "nano", "-o", &*out];
    let output = resam(&[&image[..], &["--boxes", &boxes]].concat());
    assert_ne!(output.status.code(), Some(2), "{}", said(&output));
    let output = resam(&[&image[..], &["--boxes", "h15bom.csv"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("a point where a box is wanted"),
        "{}",
        said(&output)
    );

    let polygon = folder.path().join("areas.csv");
    let text = "WKT,name\n\"POLYGON((400046 5700182,400074 5700182,400074 5700210,400046 5700210,400046 5700182))\",tank\n";
    std::fs::write(&polygon, text).expect("written");
    let polygon = polygon.to_string_lossy();
    for option in ["--points", "--boxes"] {
        let scene = [
            "segment",
            "good.tif",
            "--weights",
            "nano",
            "-o",
            &*out,
            option,
            &polygon,
        ];
        let output = resam(&scene);
        assert_ne!(output.status.code(), Some(2), "{option}: {}", said(&output));
        let found: Value =
            serde_json::from_slice(&std::fs::read(&*out).expect("objects")).expect("JSON");
        assert_eq!(
            found["features"][0]["properties"]["name"], "tank",
            "{option}"
        );
    }
}

#[test]
fn hostile_geopackages_are_refused_with_their_names() {
    for name in ["gpkg_infinite_view.gpkg", "gpkg_hex_memory.gpkg"] {
        let output = resam(&[
            "segment",
            "good.tif",
            "--weights",
            "nano",
            "-o",
            "/dev/null.gpkg",
            "--points",
            name,
        ]);
        assert_eq!(output.status.code(), Some(2));
        let text = said(&output);
        assert!(
            text.contains(name) && text.contains("calls functions, or itself"),
            "{text}"
        );
    }
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_no_inputs() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe.csv");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .expect("mkfifo")
            .success()
    );
    let pipe = pipe.to_string_lossy();
    let out = folder.path().join("out.geojson");
    let out = out.to_string_lossy();
    for input in [&*pipe, "/dev/zero"] {
        for arguments in [
            vec!["info", input],
            vec![
                "segment",
                "good.tif",
                "--weights",
                "nano",
                "-o",
                &*out,
                "--points",
                input,
            ],
            vec![
                "eval",
                "--images",
                "images",
                "--coco",
                input,
                "--weights",
                "nano",
            ],
            vec![
                "eval",
                "--images",
                "images",
                "--coco",
                "good.json",
                "--weights",
                "nano",
                "--points",
                input,
            ],
        ] {
            let output = resam(&arguments);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
            assert!(
                said(&output).contains("a pipe or a device"),
                "{arguments:?}: {}",
                said(&output)
            );
        }
    }
}
