//! `resam adapt` from outside: what a run leaves behind, that it can be stopped and resumed at any
//! moment, and how it refuses.
//!
//! The model is a reduced SAM with random weights: what it learns means nothing, everything else
//! does.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

fn weights() -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../resam-sam/tests/fixtures");
    fixtures.join("golden/sam_7/model.safetensors")
}

/// Four images of two squares each, points on them, and their true masks.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let images = folder.path().join("images");
    std::fs::create_dir(&images).expect("a folder");
    let (mut points, mut coco_images, mut annotations) = (
        "image,instance,x,y,label\n".to_owned(),
        Vec::new(),
        Vec::new(),
    );
    for number in 0..4u32 {
        let (width, height) = (90 + 10 * number, 80);
        let corner = |square: u32| (10 + 40 * square, 20 + 5 * number);
        let image = image::RgbImage::from_fn(width, height, |x, y| {
            let inside = (0..2).any(|square| {
                let (left, top) = corner(square);
                (left..left + 24).contains(&x) && (top..top + 24).contains(&y)
            });
            image::Rgb(if inside { [220, 200, 90] } else { [40, 60, 50] })
        });
        let name = format!("{number}.png");
        image.save(images.join(&name)).expect("an image");
        coco_images.push(serde_json::json!({
            "id": number + 1, "file_name": name, "width": width, "height": height,
        }));
        for square in 0..2 {
            let id = 2 * number + square + 1;
            let (left, top) = corner(square);
            points += &format!("{name},{id},{},{},1\n", left + 12, top + 12);
            points += &format!("{name},{id},2,2,0\n");
            let (right, bottom) = (left + 24, top + 24);
            annotations.push(serde_json::json!({
                "id": id, "image_id": number + 1, "category_id": 1, "iscrowd": 0, "area": 576,
                "bbox": [left, top, 24, 24],
                "segmentation": [[left, top, right, top, right, bottom, left, bottom]],
            }));
        }
    }
    let coco = serde_json::json!({
        "images": coco_images,
        "annotations": annotations,
        "categories": [{ "id": 1, "name": "square" }],
    });
    // Random weights agree with nothing: every label is learnt from.
    let recipe = "[labels]\nmin_consistency = 0.0\n";
    std::fs::write(folder.path().join("recipe.toml"), recipe).expect("a recipe");
    std::fs::write(folder.path().join("points.csv"), points).expect("points");
    std::fs::write(folder.path().join("coco.json"), coco.to_string()).expect("masks");
    folder
}

fn command(folder: &TempDir, arguments: &[&str]) -> std::process::Command {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("resam"));
    command
        .current_dir(folder.path())
        .args(arguments)
        .args(["--device", "cpu", "--threads", "1"]);
    command
}

fn resam(folder: &TempDir, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("it runs")
}

/// `resam adapt` on the images with these arguments more.
fn adapt<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    static WEIGHTS: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let weights = WEIGHTS.get_or_init(|| weights().display().to_string());
    let mut all = vec!["adapt", "--images", "images", "--weights", weights.as_str()];
    all.extend(arguments);
    all
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", text(&output.stderr));
}

fn refused(output: &Output, words: &[&str]) {
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("error: "), "{message}");
    for words in words {
        assert!(message.contains(words), "no `{words}` in: {message}");
    }
    assert!(!message.contains("panicked"), "{message}");
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
}

/// Files of a folder, and of those in it, have the permissions of any new file.
#[cfg(unix)]
fn others_may_read_what_they_may_read_of_any_file(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| {
        let metadata = std::fs::metadata(path).expect("a file");
        metadata.permissions().mode()
    };
    let ordinary = tempfile::tempdir().expect("a folder");
    let ordinary = ordinary.path().join("ordinary");
    std::fs::write(&ordinary, "").expect("a file");
    let ordinary = mode(&ordinary);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            match entry.path() {
                folder if folder.is_dir() => folders.push(folder),
                file => assert_eq!(mode(&file), ordinary, "{}", file.display()),
            }
        }
    }
}

#[test]
fn a_run_leaves_an_adapter_that_segment_eval_and_merge_take_and_a_report() {
    let folder = folder();
    let output = resam(
        &folder,
        &adapt(&[
            "--points",
            "points.csv",
            "--coco",
            "coco.json",
            "-o",
            "run",
            "--iterations",
            "8",
            "--val-images",
            "1",
            // Random weights find no pseudo-label that two prompts agree on.
            "--supervision",
            "masks",
            "--json",
        ]),
    );
    succeeded(&output);
    let result: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(result["iterations"], 8);
    assert_eq!(result["before"]["instances"], 2);
    assert!(result["after"]["iou"].is_f64(), "{result:#}");

    let run = folder.path().join("run");
    let described = resam(&folder, &["info", "run", "--json"]);
    succeeded(&described);
    let described: Value = serde_json::from_slice(&described.stdout).expect("one JSON object");
    assert_eq!(described["kind"], "adapter");
    assert_eq!(described["mask_selection"]["mode"], "requery");
    assert_eq!(described["mask_selection"]["zoom"], true);
    assert!(described["input"]["input_size"].is_u64(), "{described:#}");
    assert_eq!(described["base_sha256"].as_str().map(str::len), Some(64));
    let config = json(run.join("adapter_config.json"));
    assert_eq!(config["peft_type"], "LORA");
    // Four images are too few for a size prior.
    let selection = &config["resam_mask_selection"];
    assert!(selection.is_object() && selection.get("size_prior_px").is_none());
    assert_eq!(json(run.join("run.json"))["result"]["iterations"], 8);
    let metrics = std::fs::read_to_string(run.join("metrics.jsonl")).expect("metrics");
    let lines: Vec<Value> = metrics
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let iterations = lines
        .iter()
        .filter(|line| line.get("iteration").is_some())
        .count();
    assert_eq!(iterations, 8);
    let report = std::fs::read_to_string(run.join("report.html")).expect("a report");
    assert!(report.contains("</html>") && report.contains("data:image/"));
    let begins = |start: &str| {
        let entries = std::fs::read_dir(&run).expect("the folder").flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with(start)).count()
    };
    assert_eq!(begins("events.out.tfevents."), 1);
    assert_eq!(begins("."), 0, "nothing half-written is left");
    assert_eq!(
        begins("features"),
        0,
        "what was kept for the run goes with it"
    );
    #[cfg(unix)]
    others_may_read_what_they_may_read_of_any_file(&run);

    // The adapted model answers alike beside the weights and baked into them.
    let weights = weights();
    let weights = weights.to_str().expect("a path");
    succeeded(&resam(
        &folder,
        &[
            "weights",
            "merge",
            weights,
            "--adapter",
            "run",
            "-o",
            "merged.safetensors",
        ],
    ));
    let score = |arguments: &[&str]| {
        let fixed = [
            "segment",
            "images/0.png",
            "--point",
            "20,30",
            "-o",
            "out.json",
            "--json",
        ];
        let output = resam(&folder, &[&fixed, arguments].concat());
        succeeded(&output);
        let printed: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        printed["objects"][0]["score"].as_f64().expect("a score")
    };
    let plain = score(&["--weights", weights]);
    let beside = score(&["--weights", weights, "--adapter", "run"]);
    let baked = score(&["--weights", "merged.safetensors"]);
    assert!((beside - baked).abs() < 1e-4, "{beside} and {baked}");
    assert!(
        (beside - plain).abs() > 1e-4,
        "the adapter changes something"
    );

    let output = resam(
        &folder,
        &[
            "eval",
            "--images",
            "images",
            "--coco",
            "coco.json",
            "--points",
            "points.csv",
            "--weights",
            weights,
            "--adapter",
            "run",
            "--json",
        ],
    );
    succeeded(&output);

    // An adapter knows its weights.
    refused(
        &resam(
            &folder,
            &[
                "segment",
                "images/0.png",
                "--point",
                "20,30",
                "-o",
                "out.json",
                "--weights",
                "merged.safetensors",
                "--adapter",
                "run",
            ],
        ),
        &["trained on weights", "hint:"],
    );
}

/// A run of twelve iterations with a checkpoint after each.
fn twelve_iterations(output: &str) -> Vec<&str> {
    let mut all = adapt(&[
        "--points",
        "points.csv",
        "--config",
        "recipe.toml",
        "--quiet",
    ]);
    all.extend([
        "-o",
        output,
        "--iterations",
        "12",
        "--checkpoint-every",
        "1",
    ]);
    all
}

/// Begins a run in `output` and kills it as soon as there is a checkpoint.
fn kill_after_a_checkpoint(folder: &TempDir, arguments: &[&str], output: &str) {
    let mut child = command(folder, arguments)
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("it runs");
    let deadline = Instant::now() + Duration::from_secs(120);
    while !states(folder, output)
        .iter()
        .any(|name| name.starts_with("update-"))
    {
        assert!(Instant::now() < deadline, "no checkpoint came");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
}

/// The files in a run's folder of checkpoints.
fn states(folder: &TempDir, output: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path().join(output).join("checkpoints"));
    let entries = entries.into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.collect()
}

#[test]
fn a_run_that_was_killed_goes_on_to_the_same_adapter() {
    let folder = folder();
    succeeded(&resam(&folder, &twelve_iterations("whole")));

    kill_after_a_checkpoint(&folder, &twelve_iterations("killed"), "killed");

    // Other settings are refused; the same command goes on, and then the run is finished.
    let mut other = twelve_iterations("killed");
    other.extend(["--seed", "7"]);
    let words = ["`seed` was 0 and is 7", "--restart"];
    refused(&resam(&folder, &other), &words);
    succeeded(&resam(&folder, &twelve_iterations("killed")));
    let again = resam(&folder, &twelve_iterations("killed"));
    refused(&again, &["holds a finished run", "--restart"]);
    let factors = |run: &str| {
        std::fs::read(folder.path().join(run).join("adapter_model.safetensors")).expect("factors")
    };
    assert!(factors("killed") == factors("whole"), "the adapters differ");
}

/// A limit on the size of files does what a full disk does: a write comes back with an error.
#[cfg(unix)]
#[test]
fn a_checkpoint_that_cannot_be_written_loses_nothing_of_the_one_before() {
    let folder = folder();
    succeeded(&resam(&folder, &twelve_iterations("whole")));
    kill_after_a_checkpoint(&folder, &twelve_iterations("full"), "full");
    let before = states(&folder, "full");
    let mut resumed = twelve_iterations("full");
    resumed.push("--resume");
    let output = std::process::Command::new("sh")
        .current_dir(folder.path())
        .args(["-c", "ulimit -f 16; exec \"$@\"", "sh"])
        .arg(assert_cmd::cargo::cargo_bin!("resam"))
        .args(&resumed)
        .args(["--device", "cpu", "--threads", "1"])
        .output()
        .expect("it runs");
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("full/checkpoints/update-"), "{message}");
    assert!(!message.contains("panicked"), "{message}");
    let after = states(&folder, "full");
    assert!(after.iter().all(|name| before.contains(name)), "{after:?}");
    assert!(after.iter().any(|name| name.starts_with("update-")));
    succeeded(&resam(&folder, &resumed));
    let factors = |run: &str| {
        std::fs::read(folder.path().join(run).join("adapter_model.safetensors")).expect("factors")
    };
    assert!(factors("full") == factors("whole"), "the adapters differ");
}

#[test]
fn a_run_does_not_go_on_with_other_images_or_points() {
    let folder = folder();
    kill_after_a_checkpoint(&folder, &twelve_iterations("killed"), "killed");
    let changed = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let path = folder.path().join(name);
        let before = std::fs::read(&path).expect("a file");
        let mut after = before.clone();
        change(&mut after);
        std::fs::write(&path, after).expect("written");
        let file = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        for more in [None, Some("--resume")] {
            let mut arguments = twelve_iterations("killed");
            arguments.extend(more);
            let words = [&*format!("`{file}` has changed"), "`killed`", "--restart"];
            refused(&resam(&folder, &arguments), &words);
        }
        // The same bytes are the same file, whenever they were written.
        std::fs::write(&path, before).expect("written");
    };
    changed("points.csv", &|bytes| {
        let text = String::from_utf8(bytes.clone()).expect("text");
        *bytes = text
            .replacen("0.png,1,22,32,1", "0.png,1,23,32,1", 1)
            .into_bytes();
    });
    changed("images/2.png", &|bytes| bytes.push(0));
    succeeded(&resam(&folder, &twelve_iterations("killed")));
}

#[cfg(unix)]
#[test]
fn one_run_at_a_time_writes_to_a_folder_and_a_dead_one_holds_nothing() {
    let folder = folder();
    let mut long = adapt(&["--points", "points.csv", "-o", "run"]);
    long.extend(["--iterations", "100000", "--quiet"]);
    let mut first = command(&folder, &long).spawn().expect("it runs");
    let deadline = Instant::now() + Duration::from_secs(120);
    while states(&folder, "run").is_empty() {
        assert!(Instant::now() < deadline, "no checkpoint came");
        std::thread::sleep(Duration::from_millis(5));
    }
    let holder = format!("process {}", first.id());
    for more in [None, Some("--restart"), Some("--resume")] {
        let mut second = long.clone();
        second.extend(more);
        refused(&resam(&folder, &second), &["run: another run", &holder]);
    }
    assert!(!states(&folder, "run").is_empty(), "nothing was removed");
    first.kill().expect("killed");
    first.wait().expect("gone");
    let mut again = twelve_iterations("run");
    again.push("--restart");
    succeeded(&resam(&folder, &again));
    let entries = std::fs::read_dir(folder.path().join("run")).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let hidden = |name: &std::ffi::OsString| name.to_string_lossy().starts_with('.');
    assert_eq!(names.filter(hidden).count(), 0, "no stray");
}

#[test]
fn a_run_that_was_stopped_before_its_first_checkpoint_is_no_dead_end() {
    let folder = folder();
    for more in [None, Some("--resume")] {
        let run = folder.path().join("run");
        std::fs::create_dir_all(run.join("checkpoints")).expect("a folder");
        std::fs::write(run.join("config.toml"), "# a recipe").expect("written");
        for stray in [".resam-1.part", "checkpoints/.resam-2.part"] {
            std::fs::write(run.join(stray), "half").expect("written");
        }
        let mut arguments = twelve_iterations("run");
        arguments.retain(|argument| *argument != "--quiet");
        arguments.extend(more);
        let output = resam(&folder, &arguments);
        succeeded(&output);
        let message = text(&output.stderr);
        assert!(message.contains("before its first checkpoint"), "{message}");
        assert!(!run.join(".resam-1.part").exists());
        assert!(!run.join("checkpoints/.resam-2.part").exists());
        std::fs::remove_dir_all(run).expect("removed");
    }
}

#[test]
fn a_damaged_checkpoint_is_passed_over_and_said() {
    let folder = folder();
    succeeded(&resam(&folder, &twelve_iterations("whole")));
    let run = folder.path().join("whole");
    let factors = std::fs::read(run.join("adapter_model.safetensors")).expect("factors");
    let newest = run.join("checkpoints/update-000012.safetensors");
    let mut bytes = std::fs::read(&newest).expect("a state");
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0);
    std::fs::write(&newest, bytes).expect("written");
    // As if it was killed before its last file.
    std::fs::remove_file(run.join("run.json")).expect("removed");
    let mut arguments = twelve_iterations("whole");
    arguments.retain(|argument| *argument != "--quiet");
    let output = resam(&folder, &arguments);
    succeeded(&output);
    let message = text(&output.stderr);
    assert!(
        message.contains("`update-000012.safetensors` is passed over"),
        "{message}"
    );
    assert!(message.contains("after image 11 of 12"), "{message}");
    let again = std::fs::read(run.join("adapter_model.safetensors")).expect("factors");
    assert!(again == factors, "the adapters differ");

    // Where none is whole, nothing begins anew unasked.
    std::fs::remove_file(run.join("run.json")).expect("removed");
    for name in states(&folder, "whole") {
        std::fs::write(run.join("checkpoints").join(name), "nothing").expect("written");
    }
    let again = resam(&folder, &twelve_iterations("whole"));
    refused(&again, &["update-0000", "--restart"]);
}

#[test]
fn a_run_that_gets_no_better_ends_when_its_patience_does() {
    let folder = folder();
    // A rate of zero leaves the model as it is: no measure can be better than another.
    let recipe = "[schedule]\nvalidate_every = 1\npatience = 2\n[labels]\nmin_consistency = 0.0\n\
                  [optimizer]\nlearning_rate = 0.0\n";
    std::fs::write(folder.path().join("recipe.toml"), recipe).expect("written");
    for labels in [["--points", "points.csv"], ["--coco", "coco.json"]] {
        let output = format!("run{}", labels[0]);
        let mut arguments = adapt(&labels);
        arguments.extend([
            "--config",
            "recipe.toml",
            "--val-images",
            "1",
            "--iterations",
            "50",
        ]);
        arguments.extend(["-o", &output]);
        let run = resam(&folder, &arguments);
        succeeded(&run);
        let record = json(folder.path().join(&output).join("run.json"));
        let result = &record["result"];
        // The first look has none before it to be better than.
        assert_eq!(result["updates"], 3, "{result:#}");
        let said = result["ended_early"].as_str().expect("a reason");
        assert!(said.contains("no better result in 2 validations"), "{said}");
    }
}

#[test]
fn an_adapter_whose_objects_have_no_pixels_is_refused_by_name() {
    let folder = folder();
    let points = ["--points", "points.csv", "-o", "run", "--iterations", "1"];
    let points = [&points[..], &["--config", "recipe.toml"]].concat();
    succeeded(&resam(&folder, &adapt(&points)));
    let file = folder.path().join("run/adapter_config.json");
    let with = |area: f64| {
        let mut config = json(file.clone());
        config["resam_mask_selection"]["size_prior_px"] = area.into();
        std::fs::write(&file, config.to_string()).expect("written");
        // What was changed, on purpose or not, is noticed.
        if config.get("resam_crc32c").is_some() {
            let words = [
                "adapter_config.json",
                "checksum",
                "remove the line `resam_crc32c`",
            ];
            refused(&resam(&folder, &["info", "run", "--json"]), &words);
            config
                .as_object_mut()
                .expect("an object")
                .remove("resam_crc32c");
            std::fs::write(&file, config.to_string()).expect("written");
        }
        resam(&folder, &["info", "run", "--json"])
    };
    let described = with(250.5);
    succeeded(&described);
    let described: Value = serde_json::from_slice(&described.stdout).expect("one JSON object");
    assert_eq!(described["mask_selection"]["size_prior_px"], 250.5);
    refused(&with(-3.5), &["adapter_config.json", "size prior", "-3.5"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_checkpoint_and_a_word_about_going_on() {
    let folder = folder();
    let arguments = adapt(&[
        "--points",
        "points.csv",
        "-o",
        "run",
        "--iterations",
        "100000",
    ]);
    let child = command(&folder, &arguments)
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let metrics = folder.path().join("run/metrics.jsonl");
    let deadline = Instant::now() + Duration::from_secs(120);
    while std::fs::metadata(&metrics).map_or(0, |file| file.len()) == 0 {
        assert!(Instant::now() < deadline, "no visit came");
        std::thread::sleep(Duration::from_millis(5));
    }
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("the same command goes on"));
    let states = std::fs::read_dir(folder.path().join("run/checkpoints")).expect("the folder");
    assert!(states.count() > 0);
    assert!(!folder.path().join("run/adapter_config.json").exists());
}

#[test]
fn an_image_that_stops_decoding_is_passed_over_and_named() {
    let folder = folder();
    let image = folder.path().join("images/2.png");
    let bytes = std::fs::read(&image).expect("an image");
    std::fs::write(&image, &bytes[..bytes.len() / 2]).expect("cut");
    let output = resam(
        &folder,
        &adapt(&["--points", "points.csv", "-o", "run", "--epochs", "1"]),
    );
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("failed: 2.png"), "{message}");
    assert!(folder.path().join("run/adapter_config.json").exists());
}

#[test]
fn the_recipe_is_printed_read_back_and_refused_by_name() {
    let folder = folder();
    for recipe in ["default", "published", "whu", "hrsid", "nwpu"] {
        let output = resam(&folder, &["adapt", "--recipe", recipe, "--print-config"]);
        succeeded(&output);
        std::fs::write(folder.path().join("config.toml"), &output.stdout).expect("written");
        let arguments = ["adapt", "--config", "config.toml", "--print-config"];
        let again = resam(&folder, &arguments);
        succeeded(&again);
        assert_eq!(text(&again.stdout), text(&output.stdout));
    }
    std::fs::write(
        folder.path().join("config.toml"),
        "[labels]\nentropy_limit = 0.2\n",
    )
    .expect("written");
    let arguments = ["adapt", "--config", "config.toml", "--print-config"];
    refused(
        &resam(&folder, &arguments),
        &[
            "config.toml",
            "`labels.entropy_limit`",
            "`entropy_threshold`",
        ],
    );
}

#[test]
fn bad_input_is_refused_in_words_and_nothing_is_left_behind() {
    let folder = folder();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("written");
    };
    write(
        "outside.csv",
        "image,instance,x,y,label\n0.png,1,20,30,1\n0.png,1,500,30,1\n",
    );
    write(
        "negative.csv",
        "image,instance,x,y,label\n0.png,1,20,30,0\n",
    );
    write(
        "unknown.csv",
        "image,instance,x,y,label\nnone.png,1,20,30,1\n",
    );
    write("empty.csv", "image,instance,x,y,label\n");
    for (arguments, words) in [
        (["--points", "outside.csv"], "500"),
        (["--points", "negative.csv"], "negative.csv"),
        (["--points", "unknown.csv"], "none.png"),
        (["--points", "empty.csv"], "empty.csv"),
        (["--points", "nowhere.csv"], "nowhere.csv"),
        (["--coco", "nowhere.json"], "nowhere.json"),
    ] {
        let mut all = adapt(&arguments);
        all.extend(["-o", "run"]);
        refused(&resam(&folder, &all), &[words]);
    }
    let masks = adapt(&[
        "--points",
        "points.csv",
        "--supervision",
        "masks",
        "-o",
        "run",
    ]);
    refused(&resam(&folder, &masks), &["true masks", "--coco"]);
    let all_held = adapt(&["--points", "points.csv", "--val-images", "4", "-o", "run"]);
    refused(
        &resam(&folder, &all_held),
        &["4 of 4 images", "--val-images"],
    );
    let resume = adapt(&["--points", "points.csv", "--resume", "-o", "run"]);
    refused(&resam(&folder, &resume), &["no checkpoint"]);
    assert!(!folder.path().join("run").exists());
}

#[test]
fn minutes_are_a_budget_and_the_parts_of_a_benchmark_are_found_in_its_folder() {
    let folder = folder();
    // NWPU's layout: one annotation file that belongs to no part.
    std::fs::create_dir_all(folder.path().join("nwpu")).expect("a folder");
    std::fs::rename(
        folder.path().join("images"),
        folder.path().join("nwpu/positive image set"),
    )
    .expect("moved");
    std::fs::rename(
        folder.path().join("coco.json"),
        folder.path().join("nwpu/instances.json"),
    )
    .expect("moved");
    let weights = weights();
    let weights = weights.to_str().expect("a path");
    let part = ["--images", "nwpu", "--split", "all", "--weights", weights];
    let output = resam(
        &folder,
        &[
            &["adapt", "-o", "run", "--minutes", "0.05", "--json"],
            &part[..],
        ]
        .concat(),
    );
    succeeded(&output);
    let result: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert!(result["iterations"].as_u64() > Some(0), "{result:#}");
    let output = resam(&folder, &[&["eval"], &part[..]].concat());
    succeeded(&output);
    let printed = text(&output.stdout);
    assert!(
        printed.contains("as a row of the paper, in per cent: | IoU "),
        "{printed}"
    );

    for wrong in ["0", "-1", "soon"] {
        let minutes = format!("--minutes={wrong}");
        refused(
            &resam(
                &folder,
                &[&["adapt", "-o", "other", &minutes], &part[..]].concat(),
            ),
            &[wrong],
        );
    }
}

#[test]
fn a_run_that_learnt_nothing_says_so_and_ends_with_exit_code_1() {
    let folder = folder();
    // A batch that is never full.
    std::fs::write(folder.path().join("batch.toml"), "[schedule]\nbatch = 4\n").expect("a recipe");
    let of = |iterations: &str, more: &[&str]| {
        let words = [
            "--points",
            "points.csv",
            "--config",
            "batch.toml",
            "-o",
            "run",
        ];
        let words = [&words[..], &["--restart", "--iterations", iterations], more].concat();
        resam(&folder, &adapt(&words))
    };
    let nothing = of("1", &[]);
    assert_eq!(nothing.status.code(), Some(1), "{}", text(&nothing.stderr));
    let words = "This adapter changes nothing; what you see is mask selection";
    assert!(
        text(&nothing.stdout).contains(words),
        "{}",
        text(&nothing.stdout)
    );
    let told = of("1", &["--json"]);
    let told: Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!(told["learnt"], false);
    assert!(told["verdict"].as_str().expect("words").contains(words));
}
