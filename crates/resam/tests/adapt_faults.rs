//! A run of `adapt` that is stopped at any write, rename, sync, creation or removal goes on to the
//! same result, to the byte; and so does one whose disk was full.

use std::path::{Path, PathBuf};

use resam::adapt::{AdaptOptions, Budget, TrainingSource};
use resam::files::disk::Operation;
use resam::files::faults::{Fault, Injection};
use resam::{DatasetOptions, InputSettings, Silent, TrainingResult};
use serde_json::Value;

/// Three images of a bright square, and points on them.
fn images(folder: &Path) -> TrainingSource {
    let images = folder.join("images");
    std::fs::create_dir(&images).expect("a folder");
    let mut points = "image,instance,x,y,label\n".to_owned();
    for number in 0..3u32 {
        let corner = 10 + 4 * number;
        let image = image::RgbImage::from_fn(64, 64, |x, y| {
            let square = corner..corner + 24;
            let inside = square.contains(&x) && square.contains(&y);
            image::Rgb(if inside { [220, 200, 90] } else { [40, 60, 50] })
        });
        image
            .save(images.join(format!("{number}.png")))
            .expect("an image");
        points += &format!("{number}.png,a,{0},{0},1\n", corner + 12);
    }
    let file = folder.join("points.csv");
    std::fs::write(&file, points).expect("points");
    TrainingSource {
        dataset: DatasetOptions {
            images,
            ..DatasetOptions::default()
        },
        points: Some(file),
        ..TrainingSource::default()
    }
}

/// Six iterations, with a checkpoint after every two updates and a validation after every three.
fn options() -> AdaptOptions {
    let mut options = AdaptOptions {
        devices: "cpu".to_owned(),
        budget: Budget::Iterations(5),
        input: InputSettings {
            input_size: Some(64),
            ..InputSettings::default()
        },
        val_images: Some(1),
        checkpoint_every: 2,
        ..AdaptOptions::default()
    };
    options.recipe.labels.min_consistency = 0.0;
    options.recipe.labels.top_fraction = 1.0;
    options.recipe.schedule.batch = 1;
    options.recipe.schedule.validate_every = 2;
    options
}

fn adapt(source: &TrainingSource, folder: &Path) -> resam::Result<TrainingResult> {
    resam::adapt(source, &options(), folder, &mut Silent)
}

/// What a run leaves behind, without times: each file with what it holds.
fn products(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut names: Vec<PathBuf> = vec![];
    for below in [folder.to_owned(), folder.join("checkpoints")] {
        let entries = std::fs::read_dir(below).expect("a folder");
        names.extend(entries.map(|entry| entry.expect("an entry").path()));
    }
    names.sort();
    let mut products = Vec::new();
    for path in names {
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        // When TensorBoard's files were begun is in their names.
        if path.is_dir() && name == "checkpoints" || name.starts_with("events.") {
            continue;
        }
        let content = std::fs::read(&path).unwrap_or_else(|_| panic!("{name} is a stray"));
        let content = match &*name {
            "metrics.jsonl" => {
                let lines = content.split_inclusive(|&byte| byte == b'\n');
                lines.flat_map(|line| timeless(line).into_bytes()).collect()
            }
            "run.json" => timeless(&content).into_bytes(),
            // Pictures and curves over the time; and states that say how long they took.
            "report.html" => content[content.len() - 8..].to_vec(),
            _ if name.starts_with("update-") => Vec::new(),
            _ => content,
        };
        products.push((name, content));
    }
    products
}

/// JSON without the fields that tell a time.
fn timeless(json: &[u8]) -> String {
    fn remove(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for name in ["seconds", "elapsed", "started", "output"] {
                    fields.remove(name);
                }
                fields.values_mut().for_each(remove);
            }
            Value::Array(values) => values.iter_mut().for_each(remove),
            _ => {}
        }
    }
    let mut value: Value = serde_json::from_slice(json).expect("JSON");
    remove(&mut value);
    format!("{value}\n")
}

fn compare(found: &[(String, Vec<u8>)], whole: &[(String, Vec<u8>)], what: &str) {
    let names = |products: &[(String, Vec<u8>)]| {
        let names = products.iter().map(|(name, _)| name.clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(found), names(whole), "{what}");
    for ((name, found), (_, whole)) in found.iter().zip(whole) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if name.ends_with(".safetensors") {
            assert!(found == whole, "{what}: {name} differs");
        } else {
            assert_eq!(text(found), text(whole), "{what}: {name}");
        }
    }
}

/// The files of a run by their names.
type Products = Vec<(String, Vec<u8>)>;

/// A folder with a whole run, what it left behind, and its operations.
fn whole_run(folder: &Path) -> (TrainingSource, Products, Vec<(Operation, PathBuf)>) {
    let source = images(folder);
    let whole = folder.join("whole");
    std::fs::create_dir(&whole).expect("a folder");
    let counted = Injection::count(&whole);
    let result = adapt(&source, &whole).expect("a run");
    assert!(result.updates == 5 && result.after.is_some(), "{result:?}");
    let operations = counted.operations();
    drop(counted);
    let products = products(&whole);
    assert!(products.iter().any(|(name, _)| name == "best.safetensors"));
    (source, products, operations)
}

/// The same command once more: it comes to its end, or finds the run finished.
fn go_on(source: &TrainingSource, run: &Path, was_finished: bool, what: &str) {
    match adapt(source, run) {
        Ok(_) => assert!(!was_finished, "{what}: it was finished"),
        Err(error) => {
            let finished = error.to_string().contains("holds a finished run");
            assert!(finished, "{what}: {error}");
        }
    }
}

#[test]
fn a_run_that_is_killed_at_any_operation_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, whole, operations) = whole_run(folder.path());
    for (at, (operation, _)) in operations.iter().enumerate() {
        let torn = *operation == Operation::Write && at % 2 == 0;
        let fault = if torn { Fault::DieTorn } else { Fault::Die };
        let run = folder.path().join("killed");
        std::fs::create_dir(&run).expect("a folder");
        let killed = Injection::new(&run, at, fault);
        let outcome = adapt(&source, &run);
        assert!(killed.happened(), "operation {at}");
        drop(killed);
        let (kind, path) = &operations[at];
        let what = format!("killed at operation {at}, {kind:?} of {}", path.display());
        go_on(&source, &run, outcome.is_ok(), &what);
        compare(&products(&run), &whole, &what);
        std::fs::remove_dir_all(&run).expect("removed");
    }
}

#[test]
fn a_run_whose_disk_is_full_from_any_operation_on_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, whole, operations) = whole_run(folder.path());
    for at in 0..operations.len() {
        let run = folder.path().join("full");
        std::fs::create_dir(&run).expect("a folder");
        // Each way to fail at a third of the operations.
        let fault = [Fault::Full, Fault::EIO, Fault::EROFS][at % 3];
        let full = Injection::new(&run, at, fault);
        let outcome = adapt(&source, &run);
        drop(full);
        let (kind, path) = &operations[at];
        let what = format!(
            "{fault:?} at operation {at}, {kind:?} of {}",
            path.display()
        );
        if let Err(error) = &outcome {
            // It names what could not be written.
            let words = error.to_string();
            assert!(words.contains("full"), "{what}: {words}");
        }
        go_on(&source, &run, outcome.is_ok(), &what);
        compare(&products(&run), &whole, &what);
        std::fs::remove_dir_all(&run).expect("removed");
    }
}
