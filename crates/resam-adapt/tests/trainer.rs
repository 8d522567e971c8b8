//! Runs: that they learn, go on bit for bit, and depend on nothing but their seed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use burn::tensor::Device;
use resam_adapt::draws::{Purpose, stream, uniform};
use resam_adapt::feature_cache::FeatureCache;
use resam_adapt::optimizer_state::Number;
use resam_adapt::recipe::{Decay, Supervision, Teacher};
use resam_adapt::trained::trained;
use resam_adapt::views::View;
use resam_adapt::{
    Example, ExampleInstance, Examples, IterationError, LabelContext, PseudoLabels, Recipe, State,
    StateError, Trainer, TrainerOptions, TrainingPlan,
};
use resam_checkpoint::{Checkpoint, TensorToWrite, write_safetensors};
use resam_mask::Bitmap;
use resam_sam::{EncoderLayers, PromptPoint, Sam, SamConfig};
use resam_testing::golden_folders;

const SIZE: usize = 128;
const SEED: u64 = 5;

fn model() -> Sam {
    let folder = golden_folders()
        .into_iter()
        .next()
        .expect("the fixture is always there");
    let checkpoint = Checkpoint::open(&folder.join("model.safetensors")).expect("weights");
    let mut config = SamConfig::detect(&checkpoint).expect("a SAM");
    config.decoder.heads = 4;
    Sam::load_with(&checkpoint, &config, &Device::flex()).expect("a model")
}

/// Bright squares on a dark ground, one image wider than the next.
struct Squares(usize);

impl Examples for Squares {
    fn len(&self) -> usize {
        self.0
    }

    fn instances(&self) -> usize {
        2 * self.0
    }

    fn name(&self, index: usize) -> String {
        format!("square {index}")
    }

    fn read(&self, index: usize) -> Result<Example, String> {
        let (width, height) = (60 + 20 * index, 64);
        let inside = |place: usize, x: usize, y: usize| {
            (10 + 24 * place..26 + 24 * place).contains(&x) && (20..40).contains(&y)
        };
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let value = |(x, y)| {
            if inside(0, x, y) || inside(1, x, y) {
                220
            } else {
                40
            }
        };
        let rgb = pixels.flat_map(|place| [value(place); 3]).collect();
        let instance = |place: usize| ExampleInstance {
            name: place.to_string(),
            class: None,
            points: [(18.0 + 24.0 * place as f64, 30.0, true), (5.0, 5.0, false)]
                .map(|(x, y, positive)| PromptPoint { x, y, positive })
                .to_vec(),
            truth: Bitmap::from_fn(width as u32, height as u32, |x, y| {
                inside(place, x as usize, y as usize)
            })
            .ok(),
        };
        Ok(Example {
            image: View { width, height, rgb },
            instances: vec![instance(0), instance(1)],
        })
    }
}

fn recipe(supervision: Supervision) -> Recipe {
    let mut recipe = Recipe::default();
    recipe.labels.supervision = supervision;
    recipe.labels.teacher = Teacher::Ema;
    recipe.labels.min_consistency = 0.0;
    recipe.schedule.batch = 2;
    recipe.alignment.queue = 4;
    recipe.adapter.encoder_rank = 2;
    recipe.adapter.encoder_layers = EncoderLayers::All;
    recipe.adapter.start_block = 1;
    recipe.adapter.decoder_rank = 2;
    recipe.adapter.decoder_tokens = true;
    recipe.optimizer.warmup = 2;
    recipe.optimizer.max_updates_per_instance = 0.0;
    recipe.optimizer.full_rate_min_instances = 0;
    recipe
}

fn trainer(recipe: &Recipe, seed: u64, iterations: u64) -> Trainer {
    let options = TrainerOptions {
        device: Device::flex(),
        input_size: SIZE,
        seed,
        iterations,
        instances: 6,
    };
    Trainer::new(model(), recipe.clone(), options).expect("a trainer")
}

/// The labels that a model makes of an example.
fn labels_of(model: &Sam, recipe: &Recipe, example: &Example) -> PseudoLabels {
    let context = LabelContext {
        model,
        input_size: SIZE,
        device: &Device::flex(),
        labels: &recipe.labels,
        size_prior_px: None,
        batch: 1,
    };
    context.label(example).expect("labels").1
}

fn plan(recipe: &Recipe) -> TrainingPlan {
    TrainingPlan {
        recipe: recipe.clone(),
        seed: SEED,
        input_size: SIZE,
        images: 9,
        instances: 18,
        validation_images: 0,
        input: String::new(),
        inputs: BTreeMap::from([("a.png".to_owned(), "17".to_owned())]),
        updates: 6,
        weights: "0".repeat(64),
    }
}

type Bits = BTreeMap<String, Vec<u32>>;

/// The state of a run.
fn state(trainer: &Trainer) -> State {
    let run = serde_json::json!({ "known": [1, 0.1] });
    trainer.state(plan(trainer.recipe()), run).expect("a state")
}

/// The bits of all that trains.
fn bits(trainer: &Trainer) -> Bits {
    let state = state(trainer);
    let students = state.student.into_iter();
    students
        .map(|(name, (_, values))| (name, values.into_iter().map(f32::to_bits).collect()))
        .collect()
}

#[test]
fn a_run_that_goes_on_is_the_run_that_never_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.safetensors");
    for supervision in [Supervision::Points, Supervision::Masks] {
        let recipe = recipe(supervision);
        let images = Squares(9);
        let mut whole = trainer(&recipe, SEED, 12);
        whole.calibrate(&images, &|| true).expect("a calibration");
        for _ in 0..12 {
            whole.iterate(&images).expect("an iteration");
        }

        // Stopped in the middle of a batch: the iteration after the last update is done again.
        let mut first = trainer(&recipe, SEED, 12);
        first.calibrate(&images, &|| true).expect("a calibration");
        for _ in 0..5 {
            first.iterate(&images).expect("an iteration");
        }
        let written = state(&first);
        written.write(&file).expect("written");
        let state = State::read(&file).expect("read");
        assert_eq!(state, written);
        let mut second = trainer(&recipe, SEED, 12);
        second.restore(state).expect("it fits");
        // What is known is not asked again once something was learnt.
        second
            .calibrate(&images, &|| panic!("a calibration"))
            .expect("a calibration");
        assert!(second.position().iterations <= 5);
        while second.position().iterations < 12 {
            second.iterate(&images).expect("an iteration");
        }
        assert_eq!(bits(&second), bits(&whole));
        assert_eq!(second.position(), whole.position());
    }
}

#[test]
fn the_same_seed_is_the_same_run_whatever_the_number_of_threads_and_another_seed_is_another() {
    let recipe = recipe(Supervision::Points);
    let run = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("threads").install(|| {
            let mut trainer = trainer(&recipe, seed, 6);
            for _ in 0..6 {
                trainer.iterate(&Squares(3)).expect("an iteration");
            }
            bits(&trainer)
        })
    };
    let one = run(1, SEED);
    assert_eq!(run(3, SEED), one);
    assert_ne!(run(1, SEED + 1), one);
}

#[test]
fn fresh_adapters_answer_as_the_model_and_learning_moves_all_that_trains() {
    let recipe = recipe(Supervision::Masks);
    let mut trainer = trainer(&recipe, SEED, 40);
    let begun = bits(&trainer);
    let mut losses = Vec::new();
    for _ in 0..40 {
        let iteration = trainer.iterate(&Squares(3)).expect("an iteration");
        assert_eq!((iteration.asked, iteration.skipped), (2, None));
        losses.push(iteration.losses.expect("losses").total);
    }
    for (name, values) in bits(&trainer) {
        assert_ne!(values, begun[&name], "{name} did not move");
    }
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    assert!(mean(&losses[30..]) < mean(&losses[..10]), "{losses:?}");
    assert!(
        trained(&trainer.model()).expect("values").is_empty(),
        "nothing trains in an answer"
    );
}

#[test]
fn few_instances_move_a_model_no_further_than_they_are_good_for() {
    // Updates at the full rate that a run of so many iterations makes, six instances in all.
    let updates = |iterations: u64, decay: Decay, most: f64, few: usize| {
        let mut recipe = recipe(Supervision::Masks);
        recipe.schedule.batch = 1;
        recipe.optimizer.decay = decay;
        recipe.optimizer.warmup = 0;
        recipe.optimizer.max_updates_per_instance = most;
        recipe.optimizer.full_rate_min_instances = few;
        let mut trainer = trainer(&recipe, SEED, iterations);
        let rate = |_| {
            trainer
                .iterate(&Squares(3))
                .expect("an iteration")
                .learning_rate
        };
        let sum: f64 = (0..iterations).map(rate).sum();
        sum / recipe.optimizer.learning_rate
    };
    let is = |found: f64, right: f64| assert!((found - right).abs() < 1e-9, "{found}, not {right}");
    // A rate that falls in a straight line from 1 makes (n + 1) / 2 of n updates count.
    is(updates(8, Decay::Linear, 0.0, 0), 4.5);
    is(updates(8, Decay::Linear, 1.0, 6), 4.5);
    is(updates(8, Decay::Linear, 0.25, 0), 4.5 * 1.5 / 4.0);
    is(updates(16, Decay::Linear, 0.25, 0), 8.5 * 1.5 / 8.0);
    is(updates(8, Decay::Steps, 0.25, 0), 1.5);
    is(updates(16, Decay::Steps, 0.25, 0), 1.5);
    is(updates(8, Decay::Linear, 0.0, 24), 4.5 / 4.0);
    is(updates(16, Decay::Steps, 0.25, 24), 1.5 / 4.0);
}

#[test]
fn an_image_that_cannot_be_read_is_named_and_the_others_are_learnt_from() {
    struct OneTorn;
    impl Examples for OneTorn {
        fn len(&self) -> usize {
            3
        }
        fn instances(&self) -> usize {
            6
        }
        fn name(&self, index: usize) -> String {
            index.to_string()
        }
        fn read(&self, index: usize) -> Result<Example, String> {
            match index {
                1 => Err("cut short".to_owned()),
                other => Squares(3).read(other),
            }
        }
    }
    let mut trainer = trainer(&recipe(Supervision::Masks), SEED, 6);
    let mut failed = Vec::new();
    for _ in 0..6 {
        match trainer.iterate(&OneTorn) {
            Ok(_) => {}
            Err(IterationError::Unreadable { image, reason }) => failed.push((image, reason)),
            Err(error) => panic!("{error}"),
        }
    }
    let torn = (1, "cut short".to_owned());
    assert_eq!(failed, [torn.clone(), torn]);
    assert_eq!(
        (trainer.position().iterations, trainer.position().updates),
        (6, 2)
    );
}

/// Images that know one of their instances each.
struct Alone(Squares);

impl Examples for Alone {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn instances(&self) -> usize {
        self.0.len()
    }

    fn name(&self, index: usize) -> String {
        self.0.name(index)
    }

    fn read(&self, index: usize) -> Result<Example, String> {
        let mut example = self.0.read(index)?;
        example.instances.truncate(1);
        Ok(example)
    }
}

#[test]
fn the_size_prior_is_the_median_of_the_labels_in_pixels_of_the_images() {
    let recipe = recipe(Supervision::Points);
    let images = Alone(Squares(9));
    let model = model();
    let mut sizes: Vec<f64> = Vec::new();
    for index in 0..images.len() {
        let example = images.read(index).expect("an image");
        let labels = labels_of(&model, &recipe, &example);
        // The image's longer side is that of the input.
        let enlarged = SIZE as f64 / example.image.width.max(example.image.height) as f64;
        let area = labels.masks.first().map(Bitmap::area);
        sizes.extend(area.map(|area| (area as f64 + 1.0) / (enlarged * enlarged)));
    }
    sizes.sort_by(f64::total_cmp);
    assert!(!sizes.is_empty());
    let half = sizes.len() / 2;
    let middle = match sizes.len() % 2 {
        1 => sizes[half],
        _ => (sizes[half - 1] * sizes[half]).sqrt(),
    };
    let mut trainer = trainer(&recipe, SEED, 2);
    trainer.calibrate(&images, &|| true).expect("a calibration");
    let prior = trainer.position().size_prior_px.expect("there are labels");
    assert!(
        (prior / middle - 1.0).abs() < 0.03,
        "{prior} is not {middle}"
    );
}

#[test]
fn a_calibration_says_nothing_where_it_may_not_run_or_does_not_matter() {
    let mut recipe = recipe(Supervision::Points);
    let calibrated = |recipe: &Recipe, images: usize, goes_on: bool| {
        let mut trainer = trainer(recipe, SEED, 2);
        trainer
            .calibrate(&Squares(images), &|| goes_on)
            .expect("a calibration");
        trainer.position().size_prior_px
    };
    assert!(calibrated(&recipe, 9, true).is_some());
    assert_eq!(calibrated(&recipe, 9, false), None);
    // A handful of images may all be of one kind.
    assert_eq!(calibrated(&recipe, 5, true), None);
    recipe.labels.selection.size_prior_weight = 0.0;
    assert_eq!(calibrated(&recipe, 9, true), None);
    assert_eq!(calibrated(&Recipe::published(), 9, true), None);
}

#[test]
fn only_the_top_fraction_is_learnt_from_once_it_is_known_which_they_are() {
    let mut recipe = recipe(Supervision::Points);
    // Labels of an iteration are those of the calibration.
    recipe.labels.teacher = Teacher::Frozen;
    recipe.labels.selection.size_prior_weight = 0.0;
    recipe.labels.selection.zoom = false;
    recipe.views.flip = false;
    let images = Alone(Squares(12));
    let model = model();
    let consistency = |index: usize| {
        let example = images.read(index).expect("an image");
        let labels = labels_of(&model, &recipe, &example);
        labels.consistency.first().copied()
    };
    let consistencies: Vec<Option<f64>> = (0..images.len()).map(consistency).collect();
    let mut sorted: Vec<f64> = consistencies.iter().copied().flatten().collect();
    sorted.sort_by(f64::total_cmp);
    let learnt = |in_top: f64| {
        let mut recipe = recipe.clone();
        recipe.labels.top_fraction = in_top;
        let mut trainer = trainer(&recipe, SEED, images.len() as u64);
        trainer.calibrate(&images, &|| true).expect("a calibration");
        let bound = trainer.position().top_consistency;
        let mut learnt = vec![false; images.len()];
        for _ in 0..images.len() {
            let iteration = trainer.iterate(&images).expect("an iteration");
            learnt[iteration.image] = iteration.learnt > 0;
        }
        (bound, learnt)
    };
    let half = sorted[sorted.len().div_ceil(2)];
    assert!(sorted[0] < half, "{sorted:?}");
    let in_top = |bound: f64| {
        let of_each = consistencies.iter();
        let in_top = of_each.map(|consistency| consistency.is_some_and(|value| value >= bound));
        in_top.collect::<Vec<bool>>()
    };
    let share = (sorted.len() / 2) as f64 / sorted.len() as f64;
    assert_eq!(learnt(share), (Some(half), in_top(half)));
    assert_eq!(learnt(1.0), (None, in_top(0.0)));
}

/// A state in the middle of a run with a moving average, and its file.
fn state_of_a_run(folder: &Path) -> (Recipe, PathBuf, State) {
    let recipe = recipe(Supervision::Points);
    let mut trainer = trainer(&recipe, SEED, 12);
    for _ in 0..6 {
        trainer.iterate(&Squares(9)).expect("an iteration");
    }
    let state = state(&trainer);
    assert!(state.ema.is_some() && state.position.iterations > 0);
    assert!(
        state
            .optimizers
            .iter()
            .all(|state| !state.tensors.is_empty())
    );
    assert!(!state.queues.pairs.is_empty());
    let file = folder.join("state.safetensors");
    state.write(&file).expect("written");
    (recipe, file, state)
}

#[test]
fn a_damaged_state_is_what_was_written_or_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, file, whole) = state_of_a_run(folder.path());
    let bytes = std::fs::read(&file).expect("a file");
    let mut random = stream(11, Purpose::Order, 0);
    let mut below =
        |bound: usize| (uniform(&mut random, 0.0, bound as f64) as usize).min(bound - 1);
    let mut refused = 0;
    for trial in 0..400 {
        let mut damaged = bytes.clone();
        let at = below(bytes.len());
        match trial % 4 {
            0 => damaged.truncate(at),
            1 => damaged[at] ^= 1 << below(8),
            2 => {
                let end = bytes.len().min(at + 1 + below(4096));
                damaged[at..end].fill(0);
            }
            _ => {
                let other = below(bytes.len());
                let length = 512.min(bytes.len() - at.max(other));
                for offset in 0..length {
                    damaged.swap(at + offset, other + offset);
                }
            }
        }
        std::fs::write(&file, &damaged).expect("written");
        match State::read(&file) {
            Ok(state) => assert_eq!(state, whole, "trial {trial}"),
            Err(error) => {
                refused += 1;
                let text = error.to_string();
                assert!(text.contains("state.safetensors"), "{text}");
            }
        }
    }
    assert!(refused > 380, "{refused}");
}

/// Whatever a file says whose checksum is right: it fits, or it is refused.
#[test]
fn a_state_that_cannot_be_is_refused_and_nothing_panics() {
    let folder = tempfile::tempdir().expect("a folder");
    let (recipe, file, whole) = state_of_a_run(folder.path());
    let mut again = trainer(&recipe, SEED, 12);
    again
        .restore(State::read(&file).expect("whole"))
        .expect("it fits");
    let refused = |change: &dyn Fn(&mut State), words: &str| {
        let mut state = whole.clone();
        change(&mut state);
        state.write(&file).expect("written");
        let mut trainer = trainer(&recipe, SEED, 12);
        let before = bits(&trainer);
        let error = match State::read(&file) {
            Err(error) => error.to_string(),
            Ok(state) => trainer.restore(state).expect_err(words),
        };
        assert!(error.contains(words), "{words}: {error}");
        assert_eq!(bits(&trainer), before, "what is refused changes nothing");
    };
    let of_encoder = || {
        let mut tensors = whole.optimizers[0].tensors.keys();
        tensors.next().expect("a moment").clone()
    };
    refused(
        &|state| state.position.iterations_of_epoch = 9,
        "is not iteration",
    );
    refused(
        &|state| state.position.iterations_of_epoch = usize::MAX,
        "is not iteration",
    );
    refused(
        &|state| state.position.epoch = usize::MAX / 2,
        "is not iteration",
    );
    refused(&|state| state.position.iterations += 1, "is not iteration");
    refused(&|state| state.position.skipped = 1000, "skipped");
    refused(
        &|state| state.position.losses = [0.5; 10_000].into(),
        "losses",
    );
    refused(
        &|state| state.position.size_prior_px = Some(-1.0),
        "size prior",
    );
    refused(
        &|state| state.position.top_consistency = Some(7.0),
        "consistency",
    );
    refused(&|state| state.ema = None, "trains");
    refused(&|state| state.student.clear(), "trains");
    refused(
        &|state| {
            state
                .queues
                .pairs
                .iter_mut()
                .flatten()
                .for_each(|row| row.truncate(3));
        },
        "channels",
    );
    refused(
        &|state| {
            let moment = state.optimizers[0].tensors.get_mut(&of_encoder());
            *moment.expect("it is there") = (vec![1, 1, 1], vec![0.0]);
        },
        "fits no parameter",
    );
    refused(
        &|state| {
            let moment = state.optimizers[0].tensors.remove(&of_encoder());
            let moment = moment.expect("it is there");
            state.optimizers[0]
                .tensors
                .insert("999.moment".to_owned(), moment);
        },
        "fits no parameter",
    );
    refused(
        &|state| {
            state.optimizers[0].tensors.remove(&of_encoder());
        },
        "not whole",
    );
    refused(
        &|state| {
            let (_, rank) = first_rank(state);
            *rank = Number::UInt(7);
        },
        "is not 2",
    );
    refused(
        &|state| {
            let (name, _) = first_rank(state);
            state.optimizers[0].numbers.remove(&name);
        },
        "not whole",
    );
    refused(&|state| state.optimizers[0].numbers.clear(), "not whole");
    refused(
        &|state| {
            let numbers = state.optimizers[0].numbers.iter_mut();
            let times = numbers.filter(|(name, _)| !name.ends_with("__rank"));
            times.for_each(|(_, time)| *time = Number::Float(0.5));
        },
        "optimizer",
    );
}

fn first_rank(state: &mut State) -> (String, &mut Number) {
    let mut numbers = state.optimizers[0].numbers.iter_mut();
    let (name, number) = numbers
        .find(|(name, _)| name.ends_with("__rank"))
        .expect("it is there");
    (name.clone(), number)
}

#[test]
fn a_state_of_an_earlier_layout_is_refused_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, file, _) = state_of_a_run(folder.path());
    let mut metadata = Checkpoint::open(&file).expect("a file").metadata().clone();
    metadata.insert("resam_state".to_owned(), "4".to_owned());
    let tensor = TensorToWrite::from_f32("student.any", &[1], &[0.0]);
    write_safetensors(&file, &[tensor], &metadata).expect("written");
    let error = State::read(&file).expect_err("an earlier one").to_string();
    assert!(error.contains("its layout is 4, not 5"), "{error}");
}

#[test]
fn true_masks_are_all_consistent() {
    let mut recipe = recipe(Supervision::Masks);
    recipe.labels.top_fraction = 0.1;
    let images = Squares(9);
    let mut trainer = trainer(&recipe, SEED, 9);
    trainer.calibrate(&images, &|| true).expect("a calibration");
    assert_eq!(trainer.position().top_consistency, None);
    for _ in 0..images.len() {
        assert_eq!(trainer.iterate(&images).expect("an iteration").learnt, 2);
    }
}

#[test]
fn an_iteration_without_a_label_is_skipped_and_says_so() {
    let mut recipe = recipe(Supervision::Points);
    // No logit is that certain, so that every refined mask is empty.
    recipe.labels.entropy_threshold = 1.0;
    recipe.labels.selection.mode = resam_select::SelectionMode::Single;
    let mut trainer = trainer(&recipe, SEED, 2);
    let begun = bits(&trainer);
    let iteration = trainer.iterate(&Squares(3)).expect("an iteration");
    assert_eq!(
        (iteration.asked, iteration.empty, iteration.learnt),
        (2, 2, 0)
    );
    assert!(iteration.skipped.expect("a reason").contains("empty"));
    assert_eq!(bits(&trainer), begun);
    assert_eq!(trainer.position().skipped, 1);
}

#[test]
fn a_step_with_a_loss_far_above_the_last_ones_is_left_out() {
    let mut recipe = recipe(Supervision::Masks);
    recipe.loss_spike_filter.window = 2;
    recipe.loss_spike_filter.factor = 1e-6;
    let mut trainer = trainer(&recipe, SEED, 6);
    for number in 0..4 {
        let iteration = trainer.iterate(&Squares(3)).expect("an iteration");
        assert_eq!(iteration.skipped.is_some(), number >= 2, "{iteration:?}");
    }
    assert_eq!(trainer.position().skipped, 2);
}

#[test]
fn a_state_of_another_run_is_refused_with_what_differs() {
    let recipe = recipe(Supervision::Points);
    let (then, mut now) = (plan(&recipe), plan(&recipe));
    then.check_same(&now).expect("the same");
    now.seed = 6;
    now.recipe.optimizer.learning_rate = 0.25;
    let error = then.check_same(&now).expect_err("another").to_string();
    assert!(error.contains("`seed` was 5 and is 6"), "{error}");
    assert!(error.contains("`recipe.optimizer.learning_rate`") && error.contains("0.25"));
    let mut now = then.clone();
    now.inputs.insert("a.png".to_owned(), "18".to_owned());
    now.inputs.insert("b.png".to_owned(), "1".to_owned());
    let error = then.check_same(&now).expect_err("other images").to_string();
    assert!(
        error.contains("`a.png` has changed; `b.png` was not there"),
        "{error}"
    );
}

#[test]
fn a_state_from_before_a_setting_is_not_gone_on_from_with_this_versions_value() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.safetensors");
    let recipe = recipe(Supervision::Points);
    let state = state(&trainer(&recipe, SEED, 2));
    state.write(&file).expect("written");
    let mut metadata = Checkpoint::open(&file).expect("a file").metadata().clone();
    let stored = metadata.get_mut("plan").expect("a plan");
    let setting = r#""max_updates_per_instance":0.0"#;
    assert!(stored.contains(setting), "{stored}");
    *stored = stored.replace(&format!(",{setting}"), "");
    let tensor = TensorToWrite::from_f32("student.any", &[1], &[0.0]);
    write_safetensors(&file, &[tensor], &metadata).expect("written");
    let error = State::read(&file)
        .expect_err("of an earlier version")
        .to_string();
    let name = "`recipe.optimizer.max_updates_per_instance`";
    assert!(error.contains(name), "{error}");
    assert!(error.contains("state.safetensors"), "{error}");
}

#[test]
fn a_state_that_is_cut_short_or_of_another_kind_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.safetensors");
    let recipe = recipe(Supervision::Points);
    state(&trainer(&recipe, SEED, 2))
        .write(&file)
        .expect("written");
    let bytes = std::fs::read(&file).expect("bytes");
    for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&file, &bytes[..length]).expect("cut");
        State::read(&file).expect_err("cut short");
    }
    let model = golden_folders().remove(0).join("model.safetensors");
    let error = State::read(&model).expect_err("a model");
    assert!(matches!(error, StateError::NotAState { .. }), "{error}");
}

/// Examples that count how often they are read.
struct Counted(Squares, AtomicUsize);

impl Examples for Counted {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn instances(&self) -> usize {
        self.0.instances()
    }

    fn name(&self, index: usize) -> String {
        self.0.name(index)
    }

    fn read(&self, index: usize) -> Result<Example, String> {
        self.1.fetch_add(1, Relaxed);
        self.0.read(index)
    }
}

#[test]
fn cached_features_save_work_and_change_no_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    for supervision in [Supervision::Points, Supervision::Masks] {
        let mut recipe = recipe(supervision);
        recipe.labels.teacher = Teacher::Frozen;
        recipe.views.distinct = 2;
        let iterations = 12;
        let mut plain = trainer(&recipe, SEED, iterations);
        let every_time = Counted(Squares(3), Default::default());
        for _ in 0..iterations {
            plain.iterate(&every_time).expect("an iteration");
        }
        assert_eq!(every_time.1.load(Relaxed), 12);

        // Four passes over three images that have two views each.
        let views = folder.path().join(format!("{supervision:?}"));
        let images = Counted(Squares(3), Default::default());
        let mut keeping = trainer(&recipe, SEED, iterations);
        keeping
            .cache_features(FeatureCache::new(&views, u64::MAX, &plan(&recipe)).expect("a folder"));
        for _ in 0..iterations {
            keeping.iterate(&images).expect("an iteration");
        }
        assert_eq!(images.1.load(Relaxed), 6);
        assert_eq!(bits(&keeping), bits(&plain));
        assert_eq!(keeping.position(), plain.position());

        // A run that goes on finds them; one that is damaged is made again.
        let first = std::fs::read_dir(&views).expect("the folder").next();
        let first = first.expect("a view").expect("an entry").path();
        std::fs::write(&first, b"no view").expect("written");
        let mut again = trainer(&recipe, SEED, iterations);
        again
            .cache_features(FeatureCache::new(&views, u64::MAX, &plan(&recipe)).expect("a folder"));
        for _ in 0..iterations {
            again.iterate(&images).expect("an iteration");
        }
        assert_eq!(images.1.load(Relaxed), 7);
        assert_eq!(bits(&again), bits(&plain));

        // Without room nothing is kept, and nothing else changes.
        let empty = folder.path().join(format!("{supervision:?} without room"));
        let mut without = trainer(&recipe, SEED, iterations);
        without.cache_features(FeatureCache::new(&empty, 0, &plan(&recipe)).expect("a folder"));
        for _ in 0..iterations {
            without.iterate(&images).expect("an iteration");
        }
        assert_eq!(std::fs::read_dir(&empty).expect("the folder").count(), 0);
        assert_eq!(bits(&without), bits(&plain));
    }
}

#[test]
fn several_devices_make_the_run_of_one() {
    for supervision in [Supervision::Points, Supervision::Masks] {
        for (teacher, distinct) in [(Teacher::Ema, 0), (Teacher::Frozen, 1)] {
            let mut recipe = recipe(supervision);
            recipe.labels.teacher = teacher;
            recipe.views.distinct = distinct;
            recipe.schedule.batch = 3;
            let iterations = 9;
            let mut one = trainer(&recipe, SEED, iterations);
            // More devices than a batch has samples, and fewer.
            for devices in [2, 4] {
                let mut several = trainer(&recipe, SEED, iterations);
                several.spread_over(vec![Device::flex(); devices]);
                while one.position().iterations < iterations {
                    one.iterate(&Squares(3)).expect("an iteration");
                }
                while several.position().iterations < iterations {
                    several.iterate(&Squares(3)).expect("an iteration");
                }
                assert!(bits(&several) == bits(&one), "{devices} devices");
                assert_eq!(several.position(), one.position());
            }
        }
    }
}
