//! What an adapter keeps is what it is asked by, and what a run reports is what the adapter
//! answers.

use std::path::Path;

use resam::adapt::TrainingSource;
use resam::evaluate::Prepared;
use resam::{
    AdaptOptions, Budget, DatasetOptions, EvaluateOptions, InputSettings, MaskSelection, Model,
    ModelOptions, PromptSource, Recipe, Scene, SegmentOptions, SelectionMode, SelectionOptions,
    Silent, Start, Stretch, points,
};

/// Two updates of the built-in model, of a recipe with a mask selection of its own.
fn options() -> AdaptOptions {
    let mut recipe = Recipe::default();
    recipe.labels.selection = MaskSelection {
        stability_weight: 0.75,
        size_weight: 0.05,
        zoom: false,
        ..MaskSelection::default()
    };
    AdaptOptions {
        recipe,
        budget: Budget::Iterations(2),
        val_images: Some(3),
        feature_cache: 0,
        ..AdaptOptions::default()
    }
}

fn images(data: &Path) -> DatasetOptions {
    DatasetOptions {
        images: data.join("images"),
        coco: Some(data.join("instances.json")),
        ..DatasetOptions::default()
    }
}

#[test]
fn an_adapter_answers_by_the_selection_and_the_input_that_it_was_trained_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = resam::demo::prepare(folder.path(), 3).expect("synthetic data");
    let input = InputSettings {
        bands: Some(vec![3, 2, 1]),
        stretch: Some("p2-p98".parse::<Stretch>().expect("a stretch")),
        window: Some(160),
        input_size: Some(256),
        ..InputSettings::default()
    };
    let source = TrainingSource {
        dataset: DatasetOptions {
            images: data.scene.image.clone(),
            ..DatasetOptions::default()
        },
        points: Some(data.scene.points.clone()),
        ..TrainingSource::default()
    };
    let options = AdaptOptions {
        input: input.clone(),
        val_images: Some(0),
        ..options()
    };
    let adapter = folder.path().join("adapted");
    resam::adapt(&source, &options, &adapter, &mut Silent).expect("an adapter");

    let model = Model::load("nano", Some(&adapter)).expect("a model");
    assert_eq!(model.input_settings(), &input);
    let trained = options.recipe.labels.selection;
    let selection = model.selection(&SelectionOptions::default(), SelectionMode::Single);
    assert_eq!(
        selection.with_size_prior(None),
        trained.with_size_prior(None)
    );

    // Nothing is typed, or everything is: the same masks.
    let points = points::read(&data.scene.points).expect("points");
    let segment = |scene: &Scene, options: &SegmentOptions| {
        let found = model.segment(scene, &points, options, &mut Silent);
        let found = found.expect("objects").objects;
        found
            .into_iter()
            .map(|object| object.mask)
            .collect::<Vec<_>>()
    };
    let by_itself = Scene::open(&data.scene.image).expect("a scene");
    let typed = Scene::open_with(&data.scene.image, input).expect("a scene");
    let requery = SegmentOptions {
        selection: SelectionOptions {
            mode: Some(SelectionMode::Requery),
            no_zoom: true,
        },
        ..SegmentOptions::default()
    };
    let found = segment(&by_itself, &SegmentOptions::default());
    assert!(!found.is_empty());
    assert_eq!(found, segment(&typed, &requery));

    // What is typed overrules the adapter.
    let other = InputSettings {
        window: Some(256),
        ..InputSettings::default()
    };
    let other = Scene::open_with(&data.scene.image, other).expect("a scene");
    assert_ne!(found, segment(&other, &SegmentOptions::default()));
}

#[test]
fn validation_scores_the_answer_that_the_adapter_gives_at_the_size_of_the_image() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = resam::demo::prepare(folder.path(), 4).expect("synthetic data");
    let source = TrainingSource {
        dataset: images(&data.train),
        points: Some(data.train.join("points.csv")),
        ..TrainingSource::default()
    };
    let evaluate = EvaluateOptions {
        prompts: PromptSource::Points(data.train.join("points.csv")),
        ..EvaluateOptions::of(images(&data.train))
    };
    let prepared = Prepared::new(&evaluate).expect("a data set");
    let score = |adapter: Option<&Path>| {
        let options = ModelOptions {
            adapter: adapter.map(Path::to_owned),
            ..ModelOptions::default()
        };
        let model = Model::load_with(&options, &mut Silent).expect("a model");
        let scored = prepared.compare(&model, &evaluate, Some(&options), &mut Silent);
        scored.expect("scores")
    };
    let pretrained = score(None);
    assert_eq!(pretrained.selection.mode, SelectionMode::Single);
    assert!(pretrained.baseline.is_none() && pretrained.gain().is_none());
    let count = pretrained.evaluation.scores.images().len();
    // All but one image are for validation, and the network's input has half the side of an image.
    let options = AdaptOptions {
        input: InputSettings {
            input_size: Some(128),
            ..InputSettings::default()
        },
        val_images: Some(count - 1),
        budget: Budget::Iterations(1),
        ..options()
    };
    let adapter = folder.path().join("adapted");
    let result = resam::adapt(&source, &options, &adapter, &mut Silent).expect("an adapter");
    let after = result.after.expect("validation images");
    let before = result.before.expect("validation images");
    assert_eq!([before.images, after.images], [count - 1; 2]);

    // The scorer of data sets is another crate. Without the image that was learnt from, whichever
    // it is, its means over the images are the reported ones: of the adapted model, and of the
    // pretrained one under the mask selection of the adapter.
    let scored = score(Some(&adapter));
    assert_eq!(scored.selection.mode, SelectionMode::Requery);
    let baseline = scored.baseline.as_ref().expect("the pretrained model's");
    for (evaluation, reported) in [(&scored.evaluation, after), (baseline, before)] {
        let images = evaluation.scores.images().into_iter();
        let scores: Vec<f64> = images.map(|image| image.scores.iou).collect();
        let reported = reported.iou.expect("true masks");
        let all: f64 = scores.iter().sum();
        let means = scores.iter().map(|one| (all - one) / (count - 1) as f64);
        let closest = means
            .map(|mean| (mean - reported).abs())
            .fold(f64::INFINITY, f64::min);
        assert!(closest < 1e-9, "{closest}");
    }
    // The gain is the difference of what was scored.
    let told = scored.to_json(false);
    let iou = |value: &serde_json::Value| value["iou"].as_f64().expect("a score");
    let gain = told["gain"]["mean"].as_f64().expect("a gain");
    assert!((gain - (iou(&told) - iou(&told["pretrained"]))).abs() < 1e-9);
    assert_eq!(told["mask_selection"]["mode"], "requery");
}

#[test]
fn an_unfinished_run_goes_on_by_itself_and_a_finished_one_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = resam::demo::prepare(folder.path(), 5).expect("synthetic data");
    let source = TrainingSource {
        dataset: images(&data.train),
        points: Some(data.train.join("points.csv")),
        ..TrainingSource::default()
    };
    let options = AdaptOptions {
        budget: Budget::Iterations(4),
        val_images: Some(0),
        checkpoint_every: 1,
        ..options()
    };
    let run = |name: &str, options: &AdaptOptions, stop: Option<u32>| {
        let mut observer = StopAfter(stop);
        resam::adapt(&source, options, &folder.path().join(name), &mut observer)
    };
    let factors = |name: &str| {
        let file = folder.path().join(name).join("adapter_model.safetensors");
        std::fs::read(file).expect("an adapter")
    };
    run("whole", &options, None).expect("a run");
    // Nothing to resume yet.
    let resume = AdaptOptions {
        start: Start::Resume,
        ..options.clone()
    };
    assert!(run("parts", &resume, None).is_err());
    assert!(run("parts", &options, Some(2)).expect("a run").interrupted);
    // Other settings are refused, the same go on.
    let mut other = options.clone();
    other.seed = 7;
    assert!(run("parts", &other, None).is_err());
    assert!(!run("parts", &options, None).expect("a run").interrupted);
    assert_eq!(factors("parts"), factors("whole"));
    // A finished run is not overwritten, unless that is asked for.
    assert!(run("parts", &options, None).is_err());
    let restart = AdaptOptions {
        start: Start::Restart,
        ..other
    };
    run("parts", &restart, None).expect("a run");
    assert_ne!(factors("parts"), factors("whole"));
}

/// Stops a run after so many images.
struct StopAfter(Option<u32>);

impl resam::Observer for StopAfter {
    fn progress(&mut self, _progress: &resam::Progress<'_>) {
        if let Some(left) = &mut self.0 {
            *left = left.saturating_sub(1);
        }
    }

    fn interrupted(&self) -> bool {
        self.0 == Some(0)
    }
}
