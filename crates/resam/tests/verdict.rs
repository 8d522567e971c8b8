//! What a run says of itself: a verdict, and never a silent nothing.

use std::path::Path;

use resam::adapt::TrainingSource;
use resam::{
    AdaptOptions, Budget, DatasetOptions, InputSettings, Observer, Progress, Recipe, TrainingResult,
};

/// Keeps what was told.
#[derive(Default)]
struct Told {
    notes: Vec<String>,
    units: Vec<&'static str>,
}

impl Observer for Told {
    fn progress(&mut self, progress: &Progress<'_>) {
        if self.units.last() != Some(&progress.unit) {
            self.units.push(progress.unit);
        }
        assert!(progress.done <= progress.total, "{progress:?}");
    }

    fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }
}

impl Told {
    fn says(&self, words: &str) -> bool {
        self.notes.iter().any(|note| note.contains(words))
    }
}

fn quick(budget: Budget) -> AdaptOptions {
    let mut recipe = Recipe::default();
    recipe.labels.selection.zoom = false;
    AdaptOptions {
        recipe,
        budget,
        input: InputSettings {
            input_size: Some(128),
            ..InputSettings::default()
        },
        feature_cache: 0,
        ..AdaptOptions::default()
    }
}

fn on_images(train: &Path) -> TrainingSource {
    TrainingSource {
        dataset: DatasetOptions {
            images: train.join("images"),
            coco: Some(train.join("instances.json")),
            part: None,
            seen_as: resam::PictureOptions::default(),
        },
        points: Some(train.join("points.csv")),
        ..TrainingSource::default()
    }
}

fn adapt(source: &TrainingSource, options: &AdaptOptions, folder: &Path) -> (TrainingResult, Told) {
    let mut told = Told::default();
    let result = resam::adapt(source, options, folder, &mut told).expect("an adapter");
    (result, told)
}

#[test]
fn a_scene_and_few_images_keep_places_for_a_verdict() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = resam::demo::prepare(folder.path(), 8).expect("synthetic data");
    let scene = TrainingSource {
        dataset: DatasetOptions {
            images: data.scene.image.clone(),
            ..DatasetOptions::default()
        },
        points: Some(data.scene.points.clone()),
        ..TrainingSource::default()
    };
    let options = AdaptOptions {
        val_points: Some(4),
        ..quick(Budget::Iterations(2))
    };
    for (name, source) in [("scene", &scene), ("images", &on_images(&data.train))] {
        let (result, told) = adapt(source, &options, &folder.path().join(name));
        assert!(told.says("objects are kept for validation, in places of their own"));
        let before = result.before.expect("a validation");
        assert!((4..12).contains(&before.instances), "{before:?}");
        let single = result.before_single.expect("of the single mask");
        assert_eq!(single.instances, before.instances);
        assert_eq!(
            result.after.expect("a validation").instances,
            before.instances
        );
        // True masks are there for the images only.
        assert_eq!(before.iou.is_some(), name == "images");
        let gain = result.gain.expect("a gain");
        let difference = result.after.expect("a validation").value() - before.value();
        assert!((gain.mean - difference).abs() < 1e-9);
        let word = ["learning helped", "no clear gain", "learning did harm"];
        let verdict = result.verdict();
        assert!(
            word.iter().any(|word| verdict.starts_with(word)),
            "{verdict}"
        );
        assert!(told.units.contains(&"iterations") && told.units.contains(&"validation images"));
    }
}

#[test]
fn minutes_that_are_shorter_than_an_update_make_one_and_say_so_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = resam::demo::prepare(folder.path(), 9).expect("synthetic data");
    let options = AdaptOptions {
        val_images: Some(3),
        ..quick(Budget::Minutes(1e-4))
    };
    let (result, told) = adapt(
        &on_images(&data.train),
        &options,
        &folder.path().join("adapted"),
    );
    assert_eq!(result.updates, 1);
    assert!(result.has_learnt());
    assert!(
        told.says("one update is made all the same"),
        "{:?}",
        told.notes
    );
    // What there was no time for is said.
    assert!(told.says("no size prior"), "{:?}", told.notes);
    assert!(told.says("no validation"), "{:?}", told.notes);
    assert!(result.verdict().contains("nothing is known"));
}

#[test]
fn a_run_without_an_update_says_that_its_adapter_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = resam::demo::prepare(folder.path(), 9).expect("synthetic data");
    let mut options = AdaptOptions {
        val_images: Some(0),
        ..quick(Budget::Iterations(1))
    };
    options.recipe.schedule.batch = 4;
    let (result, _) = adapt(
        &on_images(&data.train),
        &options,
        &folder.path().join("adapted"),
    );
    assert!(!result.has_learnt());
    assert!(result.verdict().contains("This adapter changes nothing"));
}
