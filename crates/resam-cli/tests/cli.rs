//! The built binary, from outside: what it writes, what it prints, and how it refuses.
//!
//! The model is a reduced SAM with random weights: its masks mean nothing, everything else does.

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use resam_geo::{Raster, Window};
use serde_json::Value;
use tempfile::TempDir;

fn weights() -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../resam-sam/tests/fixtures");
    fixtures.join("golden/sam_7/model.safetensors")
}

/// A folder with an image of 100 x 80 pixels in it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    scene()
        .save(folder.path().join("scene.png"))
        .expect("an image");
    folder
}

fn scene() -> image::RgbImage {
    image::RgbImage::from_fn(100, 80, |x, y| {
        let roof = (30..60).contains(&x) && (20..50).contains(&y);
        if roof {
            image::Rgb([190, 80, 60])
        } else {
            image::Rgb([60, (90 + x / 4) as u8, 70])
        }
    })
}

fn resam(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("resam").expect("the binary");
    command
        .current_dir(folder.path())
        .args(arguments)
        .output()
        .expect("it runs")
}

/// `resam segment scene.png` with the model, plus `arguments`.
fn segment(folder: &TempDir, arguments: &[&str]) -> Output {
    let weights = weights();
    let weights = weights.to_str().expect("a path");
    let mut all = vec!["segment", "scene.png", "--weights", weights];
    all.extend(arguments);
    resam(folder, &all)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Checks that a run was refused for its input: exit code 2, `words` in the message, a hint,
/// no result on standard output and nothing written.
fn refused(folder: &TempDir, output: &Output, words: &str) {
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.starts_with("error: "), "{message}");
    assert!(message.contains(words), "no `{words}` in: {message}");
    assert!(!message.contains("panicked"), "{message}");
    // With `--json` the error is on standard output too, as an object.
    if !output.stdout.is_empty() {
        let object: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        assert!(
            object["error"]
                .as_str()
                .is_some_and(|error| error.contains(words))
        );
    }
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .expect("the folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("out") || name.starts_with('.') || name == "run.json")
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
}

#[test]
fn segment_writes_every_format_and_a_record_of_the_run() {
    let folder = folder();
    let outputs = [
        "-o",
        "out.png",
        "-o",
        "out.json",
        "-o",
        "out.geojson",
        "-o",
        "out.tif",
    ];
    let mut arguments = vec![
        "--point", "45,35", "--point", "10.5,70", "--not", "90,5", "--json", "--device", "cpu",
    ];
    arguments.extend(outputs);
    let output = segment(&folder, &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));

    let printed: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let objects = printed["objects"].as_array().expect("objects");
    assert_eq!(objects.len(), 2, "each point is an object of its own");

    let overlay = image::open(folder.path().join("out.png")).expect("an overlay");
    assert_eq!((overlay.width(), overlay.height()), (100, 80));
    let coco = json(folder.path().join("out.json"));
    let geojson = json(folder.path().join("out.geojson"));
    assert_eq!(geojson["features"].as_array().expect("features").len(), 2);
    let labels = Raster::open(folder.path().join("out.tif")).expect("labels");
    let all = Window {
        x: 0,
        y: 0,
        width: 100,
        height: 80,
    };
    let labels = labels.read(all, &[1]).expect("pixels").values;
    for (index, object) in objects.iter().enumerate() {
        let area = object["area"].as_u64().expect("an area");
        assert_eq!(coco["annotations"][index]["area"].as_u64(), Some(area));
        assert_eq!(
            geojson["features"][index]["properties"]["area_px"].as_f64(),
            Some(area as f64)
        );
        let labelled = labels.iter().filter(|&&id| id == index as f64 + 1.0);
        let labelled = labelled.count();
        assert!(labelled as u64 <= area);
    }
    let run = json(folder.path().join("run.json"));
    assert_eq!(run["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(run["seed"], 0);
    assert_eq!(run["device"], "cpu");
    assert_eq!(run["result"], printed);
    assert_eq!(run["weights"]["sha256"].as_str().map(str::len), Some(64));
}

#[test]
fn the_same_command_gives_the_same_bytes_on_any_number_of_threads() {
    let folder = folder();
    let bytes = |name: &str, threads: &str| {
        let output = segment(
            &folder,
            &["--box", "30,20,60,50", "--threads", threads, "-o", name],
        );
        assert!(output.status.success(), "{}", text(&output.stderr));
        std::fs::read(folder.path().join(name)).expect("an output")
    };
    assert_eq!(bytes("a.geojson", "1"), bytes("a.geojson", "1"));
    assert_eq!(bytes("a.png", "1"), bytes("b.png", "2"));
}

#[test]
fn points_given_with_one_box_are_about_the_object_in_it() {
    let folder = folder();
    let output = segment(
        &folder,
        &[
            "--box",
            "30,20,60,50",
            "--point",
            "45,35",
            "--json",
            "-o",
            "out.json",
        ],
    );
    let printed: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(printed["objects"].as_array().expect("objects").len(), 1);
}

#[test]
fn a_point_file_of_many_images_gives_its_points_of_this_one() {
    let folder = folder();
    let csv = "image,instance,x,y,label\nscene.png,roof,45,35,1\nscene.png,roof,5,5,0\n\
               other.png,tree,999,999,1\nscene.png,yard,80,60,1\n";
    std::fs::write(folder.path().join("points.csv"), csv).expect("written");
    let output = segment(
        &folder,
        &["--points", "points.csv", "--json", "-o", "out.json"],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let names: Vec<&str> = printed["objects"]
        .as_array()
        .expect("objects")
        .iter()
        .filter_map(|o| o["prompts"][0].as_str())
        .collect();
    assert_eq!(names, ["roof", "yard"]);
}

#[test]
fn wrong_prompts_are_refused_with_the_value() {
    let folder = folder();
    for (arguments, words) in [
        (
            vec!["--point", "100,10"],
            "point 100,10 is outside the image",
        ),
        (vec!["--point", "-1,10"], "point -1,10 is outside the image"),
        (
            vec!["--point", "NaN,10"],
            "`--point NaN,10` is not 2 numbers",
        ),
        (vec!["--point", "1;2"], "`--point 1;2` is not 2 numbers"),
        (
            vec!["--point", "1e999,2"],
            "`--point 1e999,2` is not 2 numbers",
        ),
        (vec!["--box", "5,5,5,9"], "box 5,5,5,9 has no inside"),
        (
            vec!["--box", "200,5,210,9"],
            "box 200,5,210,9 is outside the image",
        ),
        (vec!["--box", "1,2,3"], "`--box 1,2,3` is not 4 numbers"),
        (
            vec!["--negative", "5,5"],
            "nothing says where the objects are",
        ),
        (vec![], "nothing says where the objects are"),
    ] {
        let mut all = arguments;
        all.extend(["-o", "out.png"]);
        refused(&folder, &segment(&folder, &all), words);
    }
}

#[test]
fn wrong_images_are_refused_by_name() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let mut jpeg = Vec::new();
    scene()
        .write_to(
            &mut std::io::Cursor::new(&mut jpeg),
            image::ImageFormat::Jpeg,
        )
        .expect("a JPEG");
    std::fs::write(path("half.jpg"), &jpeg[..jpeg.len() / 2]).expect("written");
    std::fs::write(path("empty.png"), b"").expect("written");
    std::fs::write(path("letter.png"), b"Dear Sir or Madam").expect("written");
    std::fs::write(path("none.png"), png_of_size(0, 0)).expect("written");
    std::fs::write(path("huge.png"), png_of_size(60_000, 60_000)).expect("written");
    std::fs::create_dir(path("folder.png")).expect("made");
    let weights = weights();
    for (name, words) in [
        ("half.jpg", "half.jpg"),
        ("empty.png", "empty.png"),
        ("letter.png", "letter.png"),
        ("none.png", "none.png"),
        ("huge.png", "60000 x 60000"),
        ("folder.png", "folder.png"),
        ("missing.png", "missing.png"),
    ] {
        let weights = weights.to_str().expect("a path");
        let arguments = [
            "segment",
            name,
            "--weights",
            weights,
            "--point",
            "5,5",
            "-o",
            "out.png",
        ];
        refused(&folder, &resam(&folder, &arguments), words);
    }
}

/// The signature and header of a PNG that says it has this size.
fn png_of_size(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut checksum = u32::MAX;
    for byte in &header {
        checksum ^= u32::from(*byte);
        for _ in 0..8 {
            checksum = (checksum >> 1) ^ (0xEDB8_8320 & (checksum & 1).wrapping_neg());
        }
    }
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(header);
    png.extend((!checksum).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xaeB`\x82");
    png
}

#[test]
fn wrong_weights_are_refused_by_name() {
    let folder = folder();
    let mut bytes = std::fs::read(weights()).expect("weights");
    bytes.truncate(bytes.len() / 2);
    std::fs::write(folder.path().join("cut.safetensors"), bytes).expect("written");
    std::fs::create_dir(folder.path().join("folder.pth")).expect("made");
    scene()
        .save(folder.path().join("renamed.jpg"))
        .expect("a JPEG");
    std::fs::rename(
        folder.path().join("renamed.jpg"),
        folder.path().join("renamed.pth"),
    )
    .expect("renamed");
    for (name, words) in [
        ("cut.safetensors", "cut.safetensors"),
        ("folder.pth", "folder.pth"),
        ("renamed.pth", "looks like a JPEG"),
        ("missing.pth", "missing.pth"),
    ] {
        let arguments = [
            "segment",
            "scene.png",
            "--weights",
            name,
            "--point",
            "5,5",
            "-o",
            "out.png",
        ];
        refused(&folder, &resam(&folder, &arguments), words);
    }
    for size in ["0", "100", "16000000000"] {
        let arguments = ["--point", "5,5", "--input-size", size, "-o", "out.png"];
        refused(&folder, &segment(&folder, &arguments), "input size");
    }
}

#[test]
fn places_that_cannot_be_written_are_found_before_the_work() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("taken.png")).expect("made");
    for (name, words) in [
        ("no/such/folder.png", "folder"),
        ("taken.png", "taken.png"),
        ("out.docx", "docx"),
        ("out", "out"),
    ] {
        refused(
            &folder,
            &segment(&folder, &["--point", "5,5", "-o", name]),
            words,
        );
    }
}

#[test]
fn usage_errors_and_unknown_devices_exit_with_2() {
    let folder = folder();
    assert_eq!(resam(&folder, &["segment"]).status.code(), Some(2));
    assert_eq!(resam(&folder, &["paint"]).status.code(), Some(2));
    for (device, words) in [
        ("cuda:9", "no device `cuda:9`"),
        ("vulkan:77", "no device `vulkan:77`"),
        ("metal:65535", "no device `metal:65535`"),
        ("vulkan:-1", "a device is `auto`, `cpu`, `cuda:N`"),
        ("vulkan:1e9", "no device `vulkan:1e9`"),
        ("cpu:0", "no device `cpu:0`"),
        ("tpu", "no device `tpu`"),
        ("", "no device ``"),
    ] {
        let arguments = ["--point", "5,5", "-o", "out.png", "--device", device];
        refused(&folder, &segment(&folder, &arguments), words);
    }
    for precision in ["f16", "bf16"] {
        let mut arguments = vec!["--point", "5,5", "-o", "out.png", "--device", "cpu"];
        arguments.extend(["--precision", precision]);
        let words = format!("`cpu` does not compute in {precision}");
        refused(&folder, &segment(&folder, &arguments), &words);
    }
}

/// Two images with two squares each, as a COCO data set.
fn dataset(folder: &TempDir) {
    let images = folder.path().join("images");
    std::fs::create_dir(&images).expect("made");
    let square = |x: i32, y: i32| serde_json::json!([[x, y, x + 20, y, x + 20, y + 20, x, y + 20]]);
    let mut annotations = Vec::new();
    let mut records = Vec::new();
    for image in 1..=2 {
        scene()
            .save(images.join(format!("{image}.png")))
            .expect("an image");
        records.push(serde_json::json!({ "id": image, "file_name": format!("{image}.png"), "width": 100, "height": 80 }));
        for (index, (x, y)) in [(30, 20), (60, 50)].into_iter().enumerate() {
            annotations.push(serde_json::json!({
                "id": image * 10 + index as i32, "image_id": image, "category_id": index + 1,
                "segmentation": square(x, y), "iscrowd": 0, "area": 400, "bbox": [x, y, 20, 20],
            }));
        }
    }
    let categories = serde_json::json!([{ "id": 1, "name": "roof" }, { "id": 2, "name": "yard" }]);
    let coco = serde_json::json!({ "images": records, "annotations": annotations, "categories": categories });
    std::fs::write(folder.path().join("coco.json"), coco.to_string()).expect("written");
}

fn eval(folder: &TempDir, arguments: &[&str]) -> Output {
    let weights = weights();
    let weights = weights.to_str().expect("a path");
    let mut all = vec![
        "eval",
        "--images",
        "images",
        "--coco",
        "coco.json",
        "--weights",
        weights,
        "--json",
    ];
    all.extend(arguments);
    resam(folder, &all)
}

#[test]
fn eval_prints_the_agreed_object_and_a_row_for_each_instance() {
    let folder = folder();
    dataset(&folder);
    let output = eval(
        &folder,
        &["--prompt", "box", "--csv", "rows.csv", "--per-class"],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let scores: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    for name in [
        "iou",
        "f1",
        "precision",
        "recall",
        "iou_instances",
        "seconds",
    ] {
        assert!(scores[name].is_number(), "no `{name}` in {scores}");
    }
    assert_eq!(
        (scores["images"].as_u64(), scores["instances"].as_u64()),
        (Some(2), Some(4))
    );
    let rows = std::fs::read_to_string(folder.path().join("rows.csv")).expect("rows");
    assert_eq!(
        rows.lines().count(),
        5,
        "a header and a row for each instance"
    );
    // The mean over all instances can be had from the rows.
    let ious: Vec<f64> = rows
        .lines()
        .skip(1)
        .map(|row| {
            row.split(',')
                .nth(6)
                .expect("an IoU")
                .parse()
                .expect("a number")
        })
        .collect();
    let mean = ious.iter().sum::<f64>() / 4.0;
    assert!((scores["iou_instances"].as_f64().expect("a score") - mean).abs() < 1e-12);
    assert_eq!(scores["classes"].as_array().expect("classes").len(), 2);
    assert!(folder.path().join("run.json").exists());
}

#[test]
fn eval_says_how_it_asked_and_that_segment_asks_otherwise() {
    let folder = folder();
    dataset(&folder);
    let told = |how: &[&str]| {
        let output = eval(&folder, &[how, &["--csv", "rows.csv"]].concat());
        let told: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        let rows = std::fs::read_to_string(folder.path().join("rows.csv")).expect("rows");
        let row = rows.lines().nth(1).expect("a row").to_owned();
        let selection = &told["mask_selection"];
        let mode = selection["mode"].as_str().expect("a mode").to_owned();
        (mode, selection["zoom"].clone(), row)
    };
    for (how, mode, zoom) in [
        (&[][..], "single", false),
        (&["--requery"], "requery", true),
        (&["--requery", "--no-zoom"], "requery", false),
        (&["--mask-selection", "best-score"], "best-score", false),
        (&["--prompt", "box", "--requery"], "single", false),
    ] {
        let (of_json, zooms, row) = told(how);
        assert_eq!((&*of_json, zooms), (mode, Value::Bool(zoom)), "{how:?}");
        assert!(row.ends_with(&format!(",{mode},{zoom}")), "{row}");
    }
    let printed = |how: &[&str]| {
        let weights = weights();
        let weights = weights.to_str().expect("a path");
        let words = ["eval", "--images", "images", "--coco", "coco.json"];
        let words = [&words[..], &["--weights", weights], how].concat();
        text(&resam(&folder, &words).stdout)
    };
    let published = printed(&[]);
    assert!(published.contains("single mask, the published protocol"));
    assert!(published.contains("`--mask-selection requery`"));
    let selected = printed(&["--requery"]);
    assert!(selected.contains("answered with: requery, with zoom"));
    assert!(!selected.contains("--mask-selection"));
}

#[test]
fn eval_takes_the_first_images_by_id() {
    let folder = folder();
    dataset(&folder);
    let output = eval(&folder, &["--limit", "1"]);
    let scores: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(
        (scores["images"].as_u64(), scores["instances"].as_u64()),
        (Some(1), Some(2))
    );
}

#[test]
fn eval_draws_the_same_points_from_the_same_seed() {
    let folder = folder();
    dataset(&folder);
    let rows = |seed: &str, name: &str| {
        let output = eval(&folder, &["--seed", seed, "--csv", name]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        std::fs::read_to_string(folder.path().join(name)).expect("rows")
    };
    assert_eq!(rows("3", "a.csv"), rows("3", "b.csv"));
    assert_ne!(rows("3", "a.csv"), rows("4", "c.csv"));
}

#[test]
fn eval_goes_on_past_an_image_that_does_not_decode_and_names_it() {
    let folder = folder();
    dataset(&folder);
    let path = folder.path().join("images/1.png");
    let bytes = std::fs::read(&path).expect("an image");
    std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("written");
    let output = eval(&folder, &["--prompt", "box"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("failed: 1.png"),
        "{}",
        text(&output.stderr)
    );
    let scores: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(scores["images"].as_u64(), Some(1));
    assert_eq!(scores["failed"], serde_json::json!(["1.png"]));
}

#[test]
fn eval_refuses_annotations_that_contradict_themselves() {
    let folder = folder();
    dataset(&folder);
    let whole = std::fs::read_to_string(folder.path().join("coco.json")).expect("annotations");
    for (from, to, words) in [
        ("\"id\":21", "\"id\":20", "20"),
        ("\"category_id\":2", "\"category_id\":7", "7"),
        (
            "\"file_name\":\"2.png\"",
            "\"file_name\":\"3.png\"",
            "3.png",
        ),
        ("[[60,50,80,50,80,70,60,70]]", "[[60,50,80,50]]", "21"),
        ("\"images\"", "\"pictures\"", "images"),
    ] {
        assert!(whole.contains(from), "{from} in {whole}");
        std::fs::write(folder.path().join("coco.json"), whole.replace(from, to)).expect("written");
        refused(
            &folder,
            &eval(&folder, &["--prompt", "box", "--strict"]),
            words,
        );
    }
    std::fs::write(folder.path().join("coco.json"), &whole).expect("written");
    let csv = "image,instance,x,y,label\n1.png,77,5,5,1\n";
    std::fs::write(folder.path().join("points.csv"), csv).expect("written");
    refused(
        &folder,
        &eval(&folder, &["--points", "points.csv"]),
        "instance `77`",
    );
}

#[test]
fn info_and_inspect_say_what_a_file_is() {
    let folder = folder();
    let weights = weights();
    let weights = weights.to_str().expect("a path");
    let read = |arguments: &[&str]| -> Value {
        let output = resam(&folder, arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("one JSON object")
    };
    let image = read(&["info", "scene.png", "--json"]);
    assert_eq!(
        (&image["width"], &image["height"]),
        (&100.into(), &80.into())
    );
    let model = read(&["info", weights, "--json"]);
    assert_eq!(model["model"], "SAM, a ViT of 4 blocks and 48 channels");
    assert!(model.get("tensors").is_none());
    let tensors = read(&["weights", "inspect", weights, "--json"]);
    assert_eq!(tensors["tensors"].as_array().expect("tensors").len(), 202);
    let output = resam(&folder, &["info", "nothing.tif"]);
    refused(&folder, &output, "nothing.tif");
}

#[test]
fn weights_in_half_the_space_give_nearly_the_same_masks() {
    let folder = folder();
    let weights = weights();
    let weights = weights.to_str().expect("a path");
    // Random weights make masks of noise, whose pixels turn over more easily than a roof's.
    for (dtype, most_rounded, most_turned) in [
        ("f16", 1e-3, 1e-2),
        ("bf16", 1e-2, 8e-2),
        ("f32", 1e-12, 0.0),
    ] {
        let half = format!("{dtype}.safetensors");
        let converted = resam(
            &folder,
            &[
                "weights", "convert", weights, "-o", &half, "--dtype", dtype, "--json",
            ],
        );
        assert!(converted.status.success(), "{}", text(&converted.stderr));
        let said: Value = serde_json::from_slice(&converted.stdout).expect("one JSON object");
        let number = |key: &str| said[key].as_f64().expect("a number");
        assert!(number("largest_rounding") < most_rounded);
        if dtype != "f32" {
            let ratio = number("bytes_after") / number("bytes_before");
            assert!((0.5..0.55).contains(&ratio), "{dtype}: {ratio} of the size");
        }

        let mut masks = Vec::new();
        for (weights, out) in [(weights, "whole.tif"), (half.as_str(), "half.tif")] {
            let output = resam(
                &folder,
                &[
                    "segment",
                    "scene.png",
                    "--weights",
                    weights,
                    "--point",
                    "45,35",
                    // A selection may turn by a rounding.
                    "--mask-selection",
                    "single",
                    // Nor is a part left out for a rounding.
                    "--parts",
                    "all",
                    "-o",
                    out,
                ],
            );
            assert!(output.status.success(), "{}", text(&output.stderr));
            let labels = Raster::open(folder.path().join(out)).expect("labels");
            let (width, height) = (labels.width(), labels.height());
            let all = Window {
                x: 0,
                y: 0,
                width,
                height,
            };
            masks.push(labels.read(all, &[1]).expect("labels").values);
        }
        let pairs = masks[0].iter().zip(&masks[1]);
        let different = pairs.filter(|(whole, half)| whole != half).count();
        let share = different as f64 / masks[0].len() as f64;
        assert!(
            share <= most_turned,
            "{dtype}: {share} of the pixels differ"
        );
    }
}

#[test]
fn weights_are_never_converted_onto_themselves_or_into_something_else() {
    let folder = folder();
    std::fs::copy(weights(), folder.path().join("model.safetensors")).expect("a copy");
    let before = std::fs::read(folder.path().join("model.safetensors")).expect("bytes");
    let convert = |out: &str| {
        resam(
            &folder,
            &["weights", "convert", "model.safetensors", "-o", out],
        )
    };
    refused(&folder, &convert("model.safetensors"), "is an input");
    refused(&folder, &convert("out.txt"), "written as `.safetensors`");
    // The sizes of nano are in metadata, which a PyTorch file does not have.
    let nano = ["weights", "convert", "nano", "-o", "out.pth"];
    refused(&folder, &resam(&folder, &nano), "no place for the metadata");
    refused(&folder, &convert("nowhere/out.safetensors"), "nowhere");
    let after = std::fs::read(folder.path().join("model.safetensors")).expect("bytes");
    assert_eq!(before, after);
}

/// The masks of a run of `segment`, as the numbers of a label raster.
fn labels(folder: &TempDir, arguments: &[&str]) -> Vec<f64> {
    let output = segment(folder, &[arguments, &["-o", "out.tif"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let labels = Raster::open(folder.path().join("out.tif")).expect("labels");
    let (width, height) = (labels.width(), labels.height());
    let all = Window {
        x: 0,
        y: 0,
        width,
        height,
    };
    labels.read(all, &[1]).expect("labels").values
}

#[test]
fn segment_answers_points_with_requery_and_boxes_with_the_single_mask() {
    let folder = folder();
    let of = |what: &[&str], how: &[&str]| labels(&folder, &[what, how].concat());
    let single = ["--mask-selection", "single"];
    let point = ["--point", "45,35"];
    assert_eq!(of(&point, &[]), of(&point, &["--requery"]));
    assert_ne!(of(&point, &[]), of(&point, &single));
    // A box says what is meant: nothing is selected, and nothing is zoomed in on.
    for what in [
        &["--box", "28,18,62,52"][..],
        &["--box", "28,18,62,52", "--point", "45,35"],
    ] {
        assert_eq!(of(what, &[]), of(what, &single));
    }
}

#[test]
fn the_toy_among_the_models_is_never_used_unawares() {
    let folder = folder();
    let told = |how: &[&str]| {
        let words = ["segment", "scene.png", "--point", "45,35", "-o", "out.png"];
        let mut command = Command::cargo_bin("resam").expect("the binary");
        command.env("RESAM_HOME", folder.path().join("home"));
        let output = command.current_dir(folder.path()).args(words).args(how);
        let output = output.output().expect("it runs");
        assert!(output.status.success());
        text(&output.stderr)
    };
    for how in [&[][..], &["-q"]] {
        let told = told(how);
        let warning = "warning: no weights are named, and the built-in `nano` is a toy";
        assert!(told.contains(warning), "{told}");
        assert!(told.contains("`resam weights pull mobile-sam`"), "{told}");
    }
    let named = told(&["--weights", "nano"]);
    assert!(!named.contains("warning"), "{named}");
}

#[test]
fn segment_requeries_when_asked_and_not_beside_another_choice() {
    let folder = folder();
    let points = ["--point", "45,35", "--point", "10.5,70"];
    let output = segment(
        &folder,
        &[&points[..], &["--requery", "-o", "out.json", "--json"]].concat(),
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(printed["objects"].as_array().expect("objects").len(), 2);
    let both = segment(
        &folder,
        &[
            &points[..],
            &["--requery", "--multimask", "-o", "out2.json"],
        ]
        .concat(),
    );
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn weights_have_names_and_come_from_a_mirror_only_if_they_are_the_same_to_the_last_byte() {
    let folder = folder();
    let with_home = |arguments: &[&str]| {
        std::process::Command::new(assert_cmd::cargo::cargo_bin!("resam"))
            .current_dir(&folder)
            .env("RESAM_HOME", folder.path().join("home"))
            .args(arguments)
            .output()
            .expect("it runs")
    };
    let listed = with_home(&["weights", "list"]);
    assert!(listed.status.success());
    let words = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(
        words.contains("sam-vit-b") && words.contains("mobile-sam"),
        "{words}"
    );

    // A name that was not pulled is no missing file.
    let segment = [
        "segment",
        "scene.png",
        "--point",
        "5,5",
        "-o",
        "out.png",
        "--weights",
    ];
    let refused = |arguments: &[&str], code: i32, word: &str| {
        let output = with_home(arguments);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{message}");
        assert!(message.contains(word), "no `{word}` in: {message}");
    };
    refused(
        &[&segment[..], &["mobile-sam"]].concat(),
        2,
        "resam weights pull mobile-sam",
    );
    refused(
        &["weights", "pull", "mobile-sam", "--offline"],
        2,
        "--offline",
    );
    refused(&["weights", "pull", "no-such-model"], 2, "hint:");
    std::fs::write(folder.path().join("other.pt"), b"not these weights").expect("written");
    refused(
        &["weights", "pull", "mobile-sam", "--from", "other.pt"],
        2,
        "other.pt",
    );
}
