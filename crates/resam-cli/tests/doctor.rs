//! `resam doctor`, from outside: it works on every machine, with a GPU or without. What it measures
//! is tested for being there, not for its values.

use std::fs::File;
use std::path::Path;
use std::process::Output;
use std::sync::OnceLock;

use assert_cmd::Command;
use image::RgbImage;
use resam_geo::{RasterError, Tile, Window};
use resam_scene::{
    Answer, Model, ModelError, PointedObject, Prompt, PromptPoint, SegmentOptions, Source,
};
use serde_json::Value;
use tempfile::TempDir;

/// Lengths of the files of `mobile-sam` and `sam-vit-b`.
const MOBILE_SAM: u64 = 40_728_226;
const SAM_VIT_B: u64 = 375_042_383;

/// A home folder in which resam keeps one model whole and half of another.
fn home() -> TempDir {
    let home = tempfile::tempdir().expect("a folder");
    let weights = home.path().join(".cache/resam/weights");
    std::fs::create_dir_all(&weights).expect("a folder");
    let file = |name: &str, length| {
        let file = File::create(weights.join(name)).expect("a file");
        // Nothing is in it: no disk is taken.
        file.set_len(length).expect("a length");
    };
    file("mobile_sam.pt", MOBILE_SAM);
    file("sam_vit_b_01ec64.pth", SAM_VIT_B / 2);
    home
}

fn doctor(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("resam").expect("the binary");
    // A Vulkan loader without a driver, as on many servers.
    command.env("VK_DRIVER_FILES", "/nowhere.json");
    command
        .env("HOME", home)
        .env("RESAM_HOME", home.join(".cache/resam"))
        .arg("doctor")
        .args(arguments)
        .output()
        .expect("it runs")
}

/// The report, made once: it takes its time.
fn report() -> &'static Value {
    static REPORT: OnceLock<Value> = OnceLock::new();
    REPORT.get_or_init(|| {
        let home = home();
        let output = doctor(home.path(), &["--json", "--threads", "1"]);
        assert!(output.status.success());
        let text = String::from_utf8_lossy(&output.stdout);
        let own = home.path().display().to_string();
        assert!(!text.contains(&own), "`{own}` in: {text}");
        serde_json::from_slice(&output.stdout).expect("one JSON object")
    })
}

#[test]
fn doctor_names_the_versions_the_machine_and_the_speed_of_its_cpu() {
    let report = report();
    assert_eq!(report["resam"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["architecture"], std::env::consts::ARCH);
    assert_eq!(report["threads"], 1);
    let number = |name: &str| report[name].as_u64().expect("a number");
    assert!(number("memory_bytes") >= number("available_memory_bytes"));
    let cpu = &report["devices"][0];
    assert_eq!(cpu["device"], "cpu");
    let rate = cpu["matrix_product_gflops"].as_f64().expect("a rate");
    assert!(rate > 0.0 && rate.is_finite());
}

#[test]
fn doctor_names_the_burn_that_it_was_built_with() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"))
        .expect("the lock file");
    let burn = report()["burn"].as_str().expect("a version").to_owned();
    assert!(lock.contains(&format!("name = \"burn\"\nversion = \"{burn}\"\n")));
}

#[test]
fn doctor_names_the_folder_and_the_weights_that_are_in_it() {
    let kept = &report()["kept"];
    assert_eq!(kept["folder"], "~/.cache/resam");
    assert_eq!(kept["exists"], true);
    assert_eq!(kept["writable"], true);
    assert_eq!(kept["bytes"], MOBILE_SAM + SAM_VIT_B / 2);
    let weights = kept["weights"].as_array().expect("weights");
    let found = |at: usize| (&weights[at]["name"], &weights[at]["complete"]);
    assert_eq!(weights.len(), 2);
    assert_eq!(found(0), (&"mobile-sam".into(), &true.into()));
    assert_eq!(found(1), (&"sam-vit-b".into(), &false.into()));
}

#[test]
fn doctor_says_what_to_expect_of_each_kind_of_model() {
    let expected = &report()["expected"];
    assert_eq!(expected["device"], "cpu");
    let models = expected["models"].as_array().expect("models");
    let names: Vec<_> = models.iter().map(|one| &one["model"]).collect();
    assert_eq!(names, ["mobile-sam", "sam-vit-b", "sam-vit-l", "sam-vit-h"]);
    for column in [
        "image_seconds",
        "scene_seconds",
        "step_seconds",
        "step_memory_bytes",
    ] {
        let values = models
            .iter()
            .map(|one| one[column].as_f64().expect("a number"));
        let values: Vec<f64> = values.collect();
        assert!(values[0] > 0.0, "{column}: {values:?}");
        // A ViT's times follow from its operations alone, so that the larger one takes longer.
        assert!(values[1..].is_sorted(), "{column}: {values:?}");
    }
    assert_eq!(models[0]["measured"], true);
    assert_eq!(models[1]["measured"], false);
}

#[test]
fn the_windows_that_doctor_reckons_with_are_about_those_of_the_plan() {
    let scene = &report()["expected"]["scene"];
    let number = |name: &str| scene[name].as_u64().expect("a number");
    let side = number("side") as u32;
    // Places at random, the same each time.
    let mut drawn = 1_u64;
    let mut draw = || {
        drawn = drawn
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from(side) * ((drawn >> 33) as f64 / f64::from(1u32 << 31))
    };
    let prompts: Vec<PointedObject> = (0..number("prompts"))
        .map(|at| PointedObject::new(at.to_string(), vec![PromptPoint::positive(draw(), draw())]))
        .collect();
    let options = SegmentOptions::default();
    let plan = resam_scene::plan(&Square(side), &prompts, &options, &Nobody).expect("a plan");
    let (planned, said) = (plan.windows.len() as f64, number("windows") as f64);
    assert!(
        (planned - said).abs() <= 0.05 * planned,
        "{planned} windows"
    );
}

#[test]
fn doctor_is_plain_text_that_can_be_pasted() {
    let home = home();
    let output = doctor(home.path(), &[]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        text.lines()
            .all(|line| line.chars().count() <= 120 && !line.contains('\x1b'))
    );
    assert!(!text.contains(&home.path().display().to_string()), "{text}");
    for words in [
        "resam ",
        "burn ",
        "processor ",
        "threads used",
        "GFLOP/s",
        "~/.cache/resam",
        "mobile-sam, sam-vit-b (187.5 MB of 375.0 MB so far)",
        "what to expect on cpu",
        "measured",
    ] {
        assert!(text.contains(words), "no `{words}` in: {text}");
    }
}

#[test]
fn what_does_not_work_is_a_line_of_the_report() {
    let home = tempfile::tempdir().expect("a folder");
    let output = doctor(home.path(), &["--device", "cuda:7"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.contains("not there yet, can be made"), "{text}");
    assert!(text.contains("none of the 4 of"), "{text}");
    assert!(text.contains("what to expect is not known"), "{text}");
    assert!(text.contains("cuda:7"), "{text}");
    let left = std::fs::read_dir(home.path()).expect("the folder").count();
    assert_eq!(left, 0, "looking leaves nothing behind");
}

/// A raster that nobody reads.
struct Square(u32);

impl Source for Square {
    fn width(&self) -> u32 {
        self.0
    }

    fn height(&self) -> u32 {
        self.0
    }

    fn read(&self, _: Window, _: u32, _: u32) -> Result<Tile, RasterError> {
        unreachable!("a plan reads no pixels")
    }
}

/// A model that nobody asks.
struct Nobody;

impl Model for Nobody {
    type Embedding = ();

    fn input_size(&self) -> u32 {
        1024
    }

    fn identity(&self) -> String {
        String::new()
    }

    fn encode(&self, _: &RgbImage) -> Result<(), ModelError> {
        unreachable!("a plan encodes nothing")
    }

    fn decode(
        &self,
        (): &(),
        _: &[Prompt],
        _: &[PromptPoint],
        _: Option<f64>,
    ) -> Result<Vec<Answer>, ModelError> {
        unreachable!("a plan asks nothing")
    }

    fn embedding_to_bytes(&self, (): &()) -> Result<Vec<u8>, ModelError> {
        Ok(Vec::new())
    }

    fn embedding_from_bytes(&self, _: &[u8], _: (u32, u32)) -> Result<(), ModelError> {
        Ok(())
    }

    fn bytes(&self) -> u64 {
        0
    }
}
