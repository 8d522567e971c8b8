//! One file a subcommand.

pub mod eval;
pub mod info;
pub mod inspect;
pub mod segment;

use std::time::Instant;

use anyhow::Result;
use resam_checkpoint::Checkpoint;
use resam_sam::{Device, Predictor, Sam, SamConfig};
use serde_json::json;

use crate::arguments::{Common, Model};
use crate::failure::WrongInput;

/// How a run ended that did not fail.
pub enum Outcome {
    /// Everything was done.
    Done,
    /// Everything was tried, and what failed was named.
    SomeFailed,
}

/// The device of `--device`.
pub fn device(common: &Common) -> Result<Device, WrongInput> {
    match common.device.as_str() {
        "auto" | "cpu" => Ok(Device::flex()),
        other => Err(WrongInput::new(
            format!("there is no device `{other}` in this build"),
            "`--device cpu` runs everywhere",
        )),
    }
}

/// A model ready to be asked, and what is worth writing down about it.
pub struct LoadedModel {
    pub predictor: Predictor,
    pub name: String,
    pub sha256: String,
    pub seconds: f64,
}

/// Loads the model of `--weights`.
pub fn load(model: &Model, common: &Common) -> Result<LoadedModel> {
    let started = Instant::now();
    let device = device(common)?;
    let checkpoint = Checkpoint::open(&model.weights)?;
    let config = SamConfig::detect(&checkpoint)?;
    let sam = Sam::load_with(&checkpoint, &config, &device)?;
    let predictor = Predictor::new(sam, &device, model.input_size)?;
    Ok(LoadedModel {
        predictor,
        name: config.describe(),
        sha256: checkpoint.sha256(),
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// The part of `run.json` that is the same for every run with a model.
pub fn run_record(
    model: &Model,
    loaded: &LoadedModel,
    common: &Common,
    seconds: serde_json::Value,
    result: serde_json::Value,
) -> serde_json::Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "command": std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect::<Vec<_>>(),
        "seed": common.seed,
        "weights": {
            "file": model.weights.display().to_string(),
            "model": loaded.name,
            "sha256": loaded.sha256,
        },
        "input_size": loaded.predictor.input_size(),
        "device": "cpu",
        "threads": rayon::current_num_threads(),
        "seconds": seconds,
        "result": result,
    })
}

/// A note on standard error, unless the run is quiet.
pub fn note(common: &Common, text: &str) {
    if !common.quiet {
        eprintln!("note: {text}");
    }
}
