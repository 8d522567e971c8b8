//! `resam adapt`: from points to a better model.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use resam_adapt::recipe::Supervision;
use resam_adapt::{Examples, Recipe, Step, step_memory};
use resam_data::layouts::files_below;
use resam_geo::{Raster, SceneOptions};
use resam_sam::{ComputeDevice, ImageEncoderConfig, Predictor, Sam, SamConfig};
use resam_train::picture::is_tiff;
use resam_train::scene_points::are_in_pixels;
use resam_train::{
    Observer, Outcome as RunOutcome, PointedImages, PointedScenes, Points, Progress, Settings,
};
use serde_json::{Value, json};

use super::{Outcome, note};
use crate::arguments::{Adapt, Common, RecipeName, SupervisionKind};
use crate::failure::WrongInput;
use crate::interrupt::asked_to_stop;
use crate::progress::Progress as Bar;

/// Images below which none is held out unless asked.
const FEWEST_TO_HOLD_OUT: usize = 20;
/// Images held out at the most unless asked.
const MOST_HELD_OUT: usize = 8;

pub(crate) fn run(arguments: &Adapt, common: &Common) -> Result<Outcome> {
    let recipe = recipe(arguments)?;
    if arguments.print_config {
        print!("{}", resam_train::settings::to_toml(&recipe));
        return Ok(Outcome::Done);
    }
    let needed = "needed unless the recipe is only printed";
    let output = arguments.output.as_deref().context(needed)?;
    let outcome = learn(arguments, recipe, output, common)?;
    if common.json {
        println!("{:#}", result(&outcome, output));
    } else {
        print_result(&outcome, output);
    }
    for (image, reason) in &outcome.failed {
        eprintln!("failed: {image}: {reason}");
    }
    Ok(match outcome.failed.is_empty() && !outcome.interrupted {
        true => Outcome::Done,
        false => Outcome::SomeFailed,
    })
}

/// Runs a recipe in the folder `output`; prints nothing but progress.
pub(crate) fn learn(
    arguments: &Adapt,
    mut recipe: Recipe,
    output: &Path,
    common: &Common,
) -> Result<RunOutcome> {
    let checkpoint = super::open::open_for_work(&arguments.weights, common)?;
    let weights = checkpoint.path().to_owned();
    let config = SamConfig::detect(&checkpoint)?;
    begin_in_reach(&mut recipe, &config, common);

    let input_size = arguments.input_size.unwrap_or(config.image_size);
    let lessons = lessons(arguments, input_size, common)?;
    let started = Instant::now();
    let devices = devices(&mut recipe, common)?;
    let compute = &devices[0];
    let sam = Sam::load_with(&checkpoint, &config, &compute.device)?;
    // Refuses a size that the network cannot run at.
    let predictor = Predictor::new(sam, &compute.device, arguments.input_size)?;
    let input_size = predictor.input_size();
    let sam = predictor.sam().clone();
    let settings = Settings {
        seed: common.seed,
        input_size,
        steps: arguments.steps.map(std::num::NonZeroU64::get),
        minutes: arguments.minutes,
        keep_looks: arguments.keep_looks,
        resume: arguments.resume,
        checkpoint_every: arguments.checkpoint_every.get(),
        keep: arguments.keep.get(),
        weights: [weights.display().to_string(), checkpoint.sha256()],
        recipe,
    };
    drop(checkpoint);
    say_memory(&config, &settings, common);
    let loading = started.elapsed().as_secs_f64();

    let mut watch = Watch::new(common)?;
    let outcome = resam_train::adapt(
        sam,
        &devices
            .iter()
            .map(|found| found.device.clone())
            .collect::<Vec<_>>(),
        &*lessons.images,
        lessons.held_out.as_deref(),
        output,
        &settings,
        &mut watch,
    )?;
    watch.bar.finish();
    if !outcome.interrupted {
        let record = super::record(
            &weights,
            &settings.weights[1],
            (&compute.name, "f32"),
            common,
            &[("load", loading), ("adapt", outcome.seconds)],
            record_of(&outcome, output, lessons.scenes),
        );
        record.write_beside(&output.join("adapter_config.json"))?;
    }
    Ok(outcome)
}

/// The recipe that is named, with the values of the file and of the command line in it.
pub(crate) fn recipe(arguments: &Adapt) -> Result<Recipe> {
    let name = match arguments.recipe {
        RecipeName::Default => "default",
        RecipeName::Published => "published",
        RecipeName::Whu => "whu",
        RecipeName::Hrsid => "hrsid",
        RecipeName::Nwpu => "nwpu",
    };
    let mut recipe = Recipe::preset(name).unwrap_or_default();
    if let Some(file) = &arguments.config {
        recipe = resam_train::settings::read_over(&recipe, file)?;
    }
    if let Some(epochs) = arguments.epochs {
        recipe.schedule.epochs = epochs.get();
    }
    recipe.schedule.checkpoint_activations |= arguments.checkpoint_activations;
    match arguments.supervision {
        Some(SupervisionKind::Points) => recipe.labels.supervision = Supervision::Points,
        Some(SupervisionKind::Masks) => recipe.labels.supervision = Supervision::Masks,
        None => {}
    }
    Ok(recipe)
}

/// The devices that are named, with commas between; a batch has a lesson for each.
fn devices(recipe: &mut Recipe, common: &Common) -> Result<Vec<ComputeDevice>> {
    let names = common.device.split(',');
    let found: Result<Vec<_>, _> = names.map(ComputeDevice::find).collect();
    let found = found?;
    if recipe.schedule.batch < found.len() {
        recipe.schedule.batch = found.len();
        note(
            common,
            &format!("a batch has {} images, one for each device", found.len()),
        );
    }
    Ok(found)
}

/// What is learnt from.
struct Lessons {
    images: Box<dyn Examples>,
    /// What is kept back.
    held_out: Option<Box<dyn Examples>>,
    /// How scenes are seen, if they are scenes.
    scenes: Vec<Value>,
}

/// Images, or windows of scenes, and those of them that are kept back.
fn lessons(arguments: &Adapt, input_size: usize, common: &Common) -> Result<Lessons> {
    let folder = arguments.images.as_deref().unwrap_or(Path::new("."));
    let with_masks = arguments.coco.is_some() || arguments.part.split.is_some();
    match &arguments.points {
        Some(points) if !with_masks && are_scenes_meant(folder, points, arguments)? => {
            of_scenes(folder, points, arguments, input_size, common)
        }
        _ if arguments.scenes.asks_for_a_scene() => Err(WrongInput::new(
            "how scenes are seen is asked for, and images with masks are given",
            "leave out `--bands`, `--stretch`, `--window`, `--points-crs` and `--points-layer`; or give \
             scenes and `--points` alone",
        )
        .into()),
        _ => of_images(folder, arguments, common),
    }
}

/// Whether the images are scenes: one file, points on the map, something asked for that only scenes have,
/// or rasters that `segment` would take for scenes, so that both see the same.
fn are_scenes_meant(folder: &Path, points: &Path, arguments: &Adapt) -> Result<bool> {
    if folder.is_file() || arguments.scenes.asks_for_a_scene() || !are_in_pixels(points) {
        return Ok(true);
    }
    let files = files_below(folder).map_err(resam_data::DataError::from)?;
    let mut tiffs = files.iter().filter(|file| is_tiff(file));
    Ok(tiffs.any(|file| Raster::open(file).is_ok_and(|raster| super::scene::is_scene(&raster))))
}

fn of_scenes(
    path: &Path,
    points: &Path,
    arguments: &Adapt,
    input_size: usize,
    common: &Common,
) -> Result<Lessons> {
    let asked = &arguments.scenes;
    let options = SceneOptions {
        bands: asked.bands.clone(),
        stretch: asked.stretch,
    };
    let input = input_size as u32;
    let layout = super::scene::windows_of(asked, input);
    let mut points = super::scene::points_of(points, asked)?;
    let (scenes, unused) = PointedScenes::new(path, &options, &mut points, &layout, input)?;
    for text in &unused.notes {
        note(common, text);
    }
    if unused.scenes > 0 {
        note(
            common,
            &format!("{} scenes have no point and are left out", unused.scenes),
        );
    }
    if unused.outside > 0 {
        note(
            common,
            &format!("{} points lie in no scene and are skipped", unused.outside),
        );
    }
    for (names, why) in [
        (&unused.without_positive, "have no point on the object"),
        (
            &unused.without_data,
            "have points only where there is no data",
        ),
    ] {
        super::scene::note_left_out(names, why, common);
    }
    let shown = scenes.shown();
    let of = match shown.len() {
        1 => "the scene".to_owned(),
        many => format!("{many} scenes"),
    };
    let (objects, windows) = (scenes.objects(), scenes.len());
    note(
        common,
        &format!("{objects} objects in {windows} windows of {of} are learnt from"),
    );
    let count = to_hold_out(arguments, scenes.len(), "windows")?;
    let hold_out = |scenes: PointedScenes, count| scenes.hold_out(count, common.seed);
    let (images, held_out) = with_held_out(scenes, count, hold_out);
    if images.is_empty() {
        return Err(WrongInput::new(
            "every object lies in a window that is held out",
            "hold out fewer, or none with `--hold-out 0`",
        )
        .into());
    }
    Ok(Lessons {
        images,
        held_out,
        scenes: shown,
    })
}

fn of_images(folder: &Path, arguments: &Adapt, common: &Common) -> Result<Lessons> {
    let dataset = super::dataset::open(folder, arguments.coco.as_deref(), &arguments.part)?;
    let points = match &arguments.points {
        Some(file) => Points::File(super::read_point_file(file, common)?),
        None => Points::Drawn {
            points_per_instance: arguments.points_per_instance.get(),
            seed: common.seed,
        },
    };
    let (images, without) = PointedImages::new(dataset, points)?;
    if without > 0 {
        note(
            common,
            &format!("{without} images have no point and are left out"),
        );
    }
    let count = to_hold_out(arguments, images.len(), "images")?;
    let hold_out = |images: PointedImages, count| images.hold_out(count, common.seed);
    let (images, held_out) = with_held_out(images, count, hold_out);
    Ok(Lessons {
        images,
        held_out,
        scenes: Vec::new(),
    })
}

/// What is learnt from, and what is kept back of it: so many, as `hold_out` cuts them off.
fn with_held_out<E: Examples + 'static>(
    all: E,
    count: usize,
    hold_out: impl FnOnce(E, usize) -> (E, E),
) -> (Box<dyn Examples>, Option<Box<dyn Examples>>) {
    if count == 0 {
        return (Box::new(all), None);
    }
    let (images, held_out) = hold_out(all, count);
    (Box::new(images), Some(Box::new(held_out)))
}

/// How many of so many images or windows are kept back.
fn to_hold_out(arguments: &Adapt, count: usize, what: &str) -> Result<usize> {
    let hold_out = arguments.hold_out.unwrap_or(match count {
        0..FEWEST_TO_HOLD_OUT => 0,
        _ => (count / 10).min(MOST_HELD_OUT),
    });
    if hold_out > 0 && hold_out >= count {
        return Err(WrongInput::new(
            format!("`--hold-out {hold_out}` of {count} {what} leaves none to learn from"),
            "hold out fewer, or none with `--hold-out 0`",
        )
        .into());
    }
    Ok(hold_out)
}

/// Recipes are made for encoders of ten blocks and more: in a smaller one that ends before the first
/// adapter, the last two blocks have them.
fn begin_in_reach(recipe: &mut Recipe, config: &SamConfig, common: &Common) {
    let blocks = match &config.image_encoder {
        ImageEncoderConfig::Vit(vit) => vit.depth,
        ImageEncoderConfig::TinyVit(tiny) => tiny.depths.iter().skip(1).sum(),
    };
    let adapter = &mut recipe.adapter;
    if adapter.encoder_rank > 0 && adapter.start_block >= blocks {
        let first = blocks.saturating_sub(2);
        note(
            common,
            &format!(
                "the encoder has {blocks} attention blocks: adapters begin at block {first}, not at \
                 `adapter.start_block = {}`",
                adapter.start_block
            ),
        );
        adapter.start_block = first;
    }
}

/// Says what a step will take, before it does.
fn say_memory(config: &SamConfig, settings: &Settings, common: &Common) {
    let recipe = &settings.recipe;
    let instances = match recipe.schedule.instances {
        0 => recipe.schedule.chunk,
        asked => asked.min(recipe.schedule.chunk),
    };
    let step = Step {
        input_size: settings.input_size,
        first_block: (recipe.adapter.encoder_rank > 0).then_some(recipe.adapter.start_block),
        instances,
        activation_checkpoints: recipe.schedule.checkpoint_activations,
    };
    let bytes = step_memory(config, &step).total();
    note(
        common,
        &format!(
            "{}, {instances} instances at a time: a step takes about {:.1} GB at its peak",
            config.describe(),
            bytes as f64 / 1e9
        ),
    );
}

/// Watches a run for the command line.
struct Watch<'a> {
    bar: Bar,
    begun: bool,
    common: &'a Common,
    interrupted: Arc<AtomicBool>,
    /// Seconds of a visit and loss, as running means.
    pace: Option<f64>,
    loss: Option<f64>,
}

impl<'a> Watch<'a> {
    fn new(common: &'a Common) -> Result<Self> {
        let interrupted = asked_to_stop("image")?;
        Ok(Self {
            bar: Bar::new("images", 0, common),
            begun: false,
            common,
            interrupted,
            pace: None,
            loss: None,
        })
    }
}

/// A running mean.
fn follow(mean: &mut Option<f64>, value: f64) -> f64 {
    let next = mean.map_or(value, |mean| 0.9 * mean + 0.1 * value);
    *mean = Some(next);
    next
}

impl Observer for Watch<'_> {
    fn visited(&mut self, progress: &Progress<'_>) {
        let [done, all] = progress.visits;
        // By the clock the number of images is known at the end.
        let all = match progress.seconds_left {
            Some(left) => done + (left / progress.seconds.max(1e-3)) as u64,
            None => all,
        };
        let pace = follow(&mut self.pace, progress.seconds);
        if !self.begun {
            self.begun = true;
            self.bar.begin(done, all);
        }
        self.bar.expect(all);
        let mut text = format!("{pace:.1} s an image");
        if let Some(losses) = &progress.visit.losses {
            let loss = follow(&mut self.loss, losses.total);
            text += &format!(
                ", loss {loss:.3} (focal {:.4}, dice {:.3}, quality {:.3}, alignment {:.4})",
                losses.focal, losses.dice, losses.quality, losses.alignment
            );
        }
        if let Some(agreement) = progress.visit.agreement {
            text += &format!(", agreement {agreement:.2}");
        }
        if let Some(memory) = resam_ops::memory::peak() {
            text += &format!(", {:.1} GB", memory as f64 / 1e9);
        }
        let left = match progress.seconds_left {
            Some(left) => left,
            None => pace * all.saturating_sub(done) as f64,
        };
        self.bar.say(done, Some(left), &text);
    }

    fn note(&mut self, text: &str) {
        self.bar.pause(|| note(self.common, text));
    }

    fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }
}

/// The result, with how scenes were seen.
fn record_of(outcome: &RunOutcome, output: &Path, scenes: Vec<Value>) -> Value {
    let mut record = result(outcome, output);
    if !scenes.is_empty() {
        record["scenes"] = Value::Array(scenes);
    }
    record
}

fn result(outcome: &RunOutcome, output: &Path) -> Value {
    json!({
        "output": output.display().to_string(),
        "interrupted": outcome.interrupted,
        "ended_early": outcome.ended_early,
        "visits": outcome.visits,
        "updates": outcome.updates,
        "skipped": outcome.skipped,
        "chosen_update": outcome.chosen,
        "before": outcome.before,
        "after": outcome.after,
        "failed": outcome.failed,
        "seconds": outcome.seconds,
    })
}

fn print_result(outcome: &RunOutcome, output: &Path) {
    let folder = output.display();
    if outcome.interrupted {
        println!(
            "stopped after {} images; the same command with `--resume` goes on",
            outcome.visits
        );
        return;
    }
    println!(
        "{} images, {} updates in {:.1} min; {} taught nothing",
        outcome.visits,
        outcome.updates,
        outcome.seconds / 60.0,
        outcome.skipped
    );
    if let (Some(before), Some(after)) = (outcome.before, outcome.after) {
        println!(
            "\n{:<28} {:>8} {:>8}",
            format!("{} held-out images", before.images),
            "before",
            "after"
        );
        println!(
            "{:<28} {:>8.4} {:>8.4}",
            "agreement", before.agreement, after.agreement
        );
        if let (Some(before), Some(after)) = (before.iou, after.iou) {
            println!("{:<28} {before:>8.4} {after:>8.4}", "IoU");
        }
    }
    println!("\nadapter   {folder}  (--adapter {folder})");
    println!("report    {}", output.join("report.html").display());
}
