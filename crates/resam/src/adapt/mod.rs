//! From points to a better model.

mod data;
mod error;
mod fingerprint;
pub mod images;
mod options;
mod places;
pub mod recipe;
pub mod scenes;

pub use data::TrainingSource;
pub use error::SourceError;
pub use options::{AdaptOptions, Budget};

use std::path::Path;
use std::time::Instant;

use resam_adapt::{Recipe, Step, step_memory};
use resam_sam::{ComputeDevice, Device, ImageEncoderConfig, Predictor, Sam, SamConfig};
pub use resam_train::Validation;
use resam_train::{About, Folder, RunProgress, Settings, TrainingInput, TrainingResult, train};
use serde_json::{Value, json};

use crate::error::Result;
use crate::model::open_weights_for_work;
use crate::observer::{Observer, Progress};
use crate::pace::pace;
use crate::record::{Computed, command_line, record, today};

/// Adapts a model to imagery from points on its objects: ReSAM (arXiv 2511.21606).
///
/// The folder gets the adapter, a PEFT directory that [`Model::load`](crate::Model::load) takes;
/// the recipe, metrics, checkpoints and a report. An unfinished run of the same settings goes on,
/// to the same result.
///
/// # Errors
/// When the images, the points or the weights cannot be read, when nothing is left to learn from,
/// when the folder holds another run, or when the device fails. What the folder holds then is
/// whole, and the run goes on when it is called again.
pub fn adapt(
    source: &TrainingSource,
    options: &AdaptOptions,
    folder: &Path,
    observer: &mut dyn Observer,
) -> Result<TrainingResult> {
    let mut recipe = options.recipe.clone();
    let checkpoint = open_weights_for_work(&options.weights, observer)?;
    let weights = checkpoint.path().to_owned();
    let config = SamConfig::detect(&checkpoint)?;
    begin_in_reach(&mut recipe, &config, observer);
    let input_size = options.input.input_size.unwrap_or(config.image_size);
    let data = source.open(options, input_size, observer)?;
    // Held until the record is written, which ends the run.
    let folder = Folder::lock(folder)?;

    let started = Instant::now();
    let devices = devices(&options.devices, &mut recipe, observer)?;
    let compute = &devices[0];
    let sam = Sam::load_with(&checkpoint, &config, &compute.device)?;
    // Refuses a size that the network cannot run at.
    let predictor = Predictor::new(sam, &compute.device, options.input.input_size)?;
    let input_size = predictor.input_size();
    let sam = predictor.sam().clone();
    let mut input = options.input.clone();
    input.input_size = Some(input_size);
    let (iterations, minutes) = match options.budget {
        Budget::Epochs => (None, None),
        Budget::Iterations(count) => (Some(count), None),
        Budget::Minutes(minutes) => (None, Some(minutes)),
    };
    let settings = Settings {
        recipe,
        seed: options.seed,
        input_size,
        input: input.to_adapter(),
        iterations,
        minutes,
        encode_seconds: minutes
            .and_then(|_| pace(&config, input_size, &compute.device))
            .map(|pace| pace.encode),
        feature_cache: options.feature_cache,
        start: options.start,
        checkpoint_every: options.checkpoint_every,
        keep_checkpoints: options.keep_checkpoints,
        inputs: data.inputs,
        weights: [weights.display().to_string(), checkpoint.sha256()?],
        about: about(source, &config, &devices),
    };
    drop(checkpoint);
    say_memory(&config, &settings, observer);
    let loading = started.elapsed().as_secs_f64();

    let used: Vec<Device> = devices.iter().map(|found| found.device.clone()).collect();
    let input = TrainingInput {
        devices: &used,
        images: &*data.images,
        validation: data.validation.as_deref(),
    };
    let watch = &mut Watch {
        observer,
        loss: None,
    };
    let learning = Instant::now();
    let result = train(sam, input, &folder, &settings, watch)?;
    let folder = folder.path();
    let took = learning.elapsed().as_secs_f64();
    if !result.interrupted {
        let computed = Computed {
            weights: &weights,
            sha256: &settings.weights[1],
            adapter_sha256: None,
            device: &compute.name,
            precision: "f32",
            seed: options.seed,
        };
        let stages = [("load", loading), ("adapt", took)];
        let record = record(computed, &stages, with_scenes(&result, folder, data.scenes));
        record.write_beside(&folder.join(resam_sam::adapter::CONFIG))?;
    }
    Ok(result)
}

/// What the report says of the run.
fn about(source: &TrainingSource, config: &SamConfig, devices: &[ComputeDevice]) -> About {
    let mut data = vec![(
        "images".to_owned(),
        source.dataset.images.display().to_string(),
    )];
    let points = source.points.as_ref();
    let points = points.map_or("drawn from the true masks".to_owned(), |file| {
        file.display().to_string()
    });
    data.push(("points".to_owned(), points));
    if let Some(coco) = &source.dataset.coco {
        data.push(("true masks".to_owned(), coco.display().to_string()));
    }
    let names: Vec<&str> = devices.iter().map(|device| device.name.as_str()).collect();
    About {
        command: command_line(),
        date: today(),
        model: config.describe(),
        device: names.join(", "),
        data,
    }
}

/// A result as JSON.
pub fn result_as_json(result: &TrainingResult, folder: &Path) -> Value {
    json!({
        "output": folder.display().to_string(),
        "interrupted": result.interrupted,
        "ended_early": result.ended_early,
        "iterations": result.iterations,
        "updates": result.updates,
        "skipped": result.skipped,
        "chosen_update": result.chosen,
        "before_single": result.before_single,
        "before": result.before,
        "after": result.after,
        "gain": result.gain,
        "learnt": result.has_learnt(),
        "verdict": result.verdict(),
        "failed": result.failed,
        "seconds": result.seconds,
    })
}

/// The result, with how scenes were seen.
fn with_scenes(result: &TrainingResult, folder: &Path, scenes: Vec<Value>) -> Value {
    let mut record = result_as_json(result, folder);
    if !scenes.is_empty() {
        record["scenes"] = Value::Array(scenes);
    }
    record
}

/// The devices that are named, with commas between; a batch has an image for each.
fn devices(
    names: &str,
    recipe: &mut Recipe,
    observer: &mut dyn Observer,
) -> Result<Vec<ComputeDevice>> {
    let found: std::result::Result<Vec<_>, _> = names.split(',').map(ComputeDevice::find).collect();
    let found = found?;
    if recipe.schedule.batch < found.len() {
        recipe.schedule.batch = found.len();
        let count = found.len();
        observer.note(&format!("a batch has {count} images, one for each device"));
    }
    Ok(found)
}

/// Recipes are made for encoders of ten blocks and more: in a smaller one that ends before the
/// first adapter, the last two blocks have them.
fn begin_in_reach(recipe: &mut Recipe, config: &SamConfig, observer: &mut dyn Observer) {
    let blocks = match &config.image_encoder {
        ImageEncoderConfig::Vit(vit) => vit.depth,
        ImageEncoderConfig::TinyVit(tiny) => tiny.depths.iter().skip(1).sum(),
    };
    let adapter = &mut recipe.adapter;
    if adapter.encoder_rank > 0 && adapter.start_block >= blocks {
        let first = blocks.saturating_sub(2);
        observer.note(&format!(
            "the encoder has {blocks} attention blocks: adapters begin at block {first}, not at \
             `adapter.start_block = {}`",
            adapter.start_block
        ));
        adapter.start_block = first;
    }
}

/// Says what a step will take, before it does.
fn say_memory(config: &SamConfig, settings: &Settings, observer: &mut dyn Observer) {
    let recipe = &settings.recipe;
    let together = recipe.schedule.decoder_batch_size;
    let instances = match recipe.schedule.max_instances_per_image {
        0 => together,
        asked => asked.min(together),
    };
    let step = Step {
        input_size: settings.input_size,
        first_block: (recipe.adapter.encoder_rank > 0).then_some(recipe.adapter.start_block),
        instances,
        activation_checkpoints: recipe.schedule.checkpoint_activations,
    };
    let bytes = step_memory(config, &step).total();
    observer.note(&format!(
        "{}, {instances} instances at a time: an iteration takes about {:.1} GB at its peak",
        config.describe(),
        bytes as f64 / 1e9
    ));
}

/// Tells the observer of the engine what a run tells its own.
struct Watch<'a> {
    observer: &'a mut dyn Observer,
    /// The loss, as a running mean.
    loss: Option<f64>,
}

/// A running mean.
fn follow(mean: &mut Option<f64>, value: f64) -> f64 {
    let next = mean.map_or(value, |mean| 0.9 * mean + 0.1 * value);
    *mean = Some(next);
    next
}

impl resam_train::Observer for Watch<'_> {
    fn iterated(&mut self, progress: &RunProgress<'_>) {
        let [done, total] = progress.iterations;
        let mut detail = format!("{:.1} s each", progress.pace);
        if let Some(losses) = &progress.last.losses {
            let loss = follow(&mut self.loss, losses.total);
            detail += &format!(", loss {loss:.3}");
        }
        if let Some(consistency) = progress.last.consistency {
            detail += &format!(", consistency {consistency:.2}");
        }
        if let Some(memory) = resam_ops::memory::peak() {
            detail += &format!(", {:.1} GB", memory as f64 / 1e9);
        }
        self.observer.progress(&Progress {
            unit: "iterations",
            done,
            total,
            seconds_left: Some(progress.seconds_left),
            detail: &detail,
        });
    }

    fn step(&mut self, what: &'static str, done: usize, total: usize) {
        self.observer.progress(&Progress {
            unit: what,
            done: done as u64,
            total: total as u64,
            seconds_left: None,
            detail: "",
        });
    }

    fn drawn(&mut self, done: usize, total: usize) {
        self.observer.progress(&Progress {
            unit: "pictures",
            done: done as u64,
            total: total as u64,
            seconds_left: None,
            detail: "",
        });
    }

    fn note(&mut self, text: &str) {
        self.observer.note(text);
    }

    fn interrupted(&self) -> bool {
        self.observer.interrupted()
    }
}
