//! One file a subcommand.

pub(crate) mod adapt;
pub(crate) mod bench;
pub(crate) mod convert;
pub(crate) mod dataset;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod expect;
pub(crate) mod info;
pub(crate) mod inspect;
pub(crate) mod kept;
pub(crate) mod manual;
pub(crate) mod merge;
pub(crate) mod open;
pub(crate) mod pull;
pub(crate) mod scene;
pub(crate) mod segment;
pub(crate) mod train_nano;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;
use resam_checkpoint::Checkpoint;
use resam_export::{RunRecord, Weights};
use resam_prompt::PointFile;
use resam_sam::{Adapter, ComputeDevice, Device, Precision, Predictor, Sam, SamConfig};
use resam_select::{MaskSelection, SelectionMode};

use crate::arguments::{Common, Model, PrecisionKind};

/// How a run ended that did not fail.
pub(crate) enum Outcome {
    /// Everything was done.
    Done,
    /// Everything was tried, and what failed was named.
    SomeFailed,
}

/// A model ready to be asked, and what is worth writing down about it.
pub(crate) struct LoadedModel {
    pub(crate) predictor: Predictor,
    /// The file of the weights.
    pub(crate) weights: PathBuf,
    pub(crate) config: SamConfig,
    pub(crate) name: String,
    pub(crate) device: String,
    /// The device itself.
    pub(crate) compute: Device,
    /// Checksum of the adapter, if there is one.
    pub(crate) adapter_sha256: Option<String>,
    /// The adapter was trained for answers by the loop.
    pub(crate) requery: bool,
    /// The size prior: the area in pixels of objects in the images that the adapter was trained on.
    pub(crate) size_prior_px: Option<f64>,
    /// Small objects are asked about again.
    pub(crate) zoom: bool,
    pub(crate) precision: Precision,
    pub(crate) sha256: String,
    pub(crate) seconds: f64,
}

impl LoadedModel {
    /// How masks are selected: among the candidates where that was asked for, or the adapter was made for
    /// it, and the model is not to choose by itself.
    pub(crate) fn selection(&self, requery: bool, multimask: bool) -> MaskSelection {
        let mode = if multimask {
            SelectionMode::BestScore
        } else if requery || self.requery {
            SelectionMode::Requery
        } else {
            SelectionMode::Single
        };
        MaskSelection {
            mode,
            zoom: self.zoom,
            size_prior_px: self.size_prior_px,
            ..MaskSelection::default()
        }
    }
}

/// Loads the model of `--weights`.
pub(crate) fn load(model: &Model, common: &Common) -> Result<LoadedModel> {
    let started = Instant::now();
    let compute = ComputeDevice::find(&common.device)?;
    let precision = match model.precision {
        PrecisionKind::F32 => Precision::F32,
        PrecisionKind::F16 => Precision::F16,
        PrecisionKind::Bf16 => Precision::Bf16,
        PrecisionKind::Auto => {
            let found = Precision::of_device(&compute);
            found.get(1).copied().unwrap_or(Precision::F32)
        }
    };
    precision.check(&compute)?;
    let device = compute.device;
    let checkpoint = open::open_for_work(&model.weights, common)?;
    let weights = checkpoint.path().to_owned();
    let config = SamConfig::detect(&checkpoint)?;
    let mut sam = Sam::load_with(&checkpoint, &config, &device)?;
    let sha256 = checkpoint.sha256();
    let (mut adapter_sha256, mut requery, mut zoom) = (None, false, !model.no_closer);
    let mut size_prior_px = None;
    if let Some(folder) = &model.adapter {
        let adapter = Adapter::load(folder)?;
        adapter.check_base(&sha256)?;
        adapter.attach(&mut sam)?;
        let factors = Checkpoint::open(&folder.join(resam_sam::adapter::FACTORS))?;
        adapter_sha256 = Some(factors.sha256());
        requery = adapter.requery && !model.single;
        size_prior_px = adapter.usual_area;
        // An adapter without a word about the loop says nothing about its looks.
        zoom &= !(adapter.requery && adapter.once);
    }
    if precision != Precision::F32 {
        sam.image_encoder = sam.image_encoder.in_precision(precision);
    }
    let predictor = Predictor::new(sam, &device, model.input_size)?;
    Ok(LoadedModel {
        predictor,
        weights,
        name: config.describe(),
        config,
        device: compute.name,
        compute: device.clone(),
        adapter_sha256,
        requery,
        size_prior_px,
        zoom,
        precision,
        sha256,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// What `run.json` says of a run with a model.
pub(crate) fn run_record(
    loaded: &LoadedModel,
    common: &Common,
    stages: &[(&str, f64)],
    result: serde_json::Value,
) -> RunRecord {
    let device = (loaded.device.as_str(), loaded.precision.name());
    record(
        &loaded.weights,
        &loaded.sha256,
        device,
        common,
        stages,
        result,
    )
}

/// The same of a run with these weights on a device in a precision.
pub(crate) fn record(
    weights: &Path,
    sha256: &str,
    (device, precision): (&str, &str),
    common: &Common,
    stages: &[(&str, f64)],
    result: serde_json::Value,
) -> RunRecord {
    let total: f64 = stages.iter().map(|(_, seconds)| seconds).sum();
    let now = SystemTime::now();
    RunRecord {
        version: env!("CARGO_PKG_VERSION").into(),
        command_line: std::env::args_os()
            .map(|a| a.to_string_lossy().into_owned())
            .collect(),
        seed: Some(common.seed),
        weights: Some(Weights {
            path: weights.display().to_string(),
            sha256: sha256.to_owned(),
        }),
        device: device.to_owned(),
        precision: precision.to_owned(),
        threads: rayon::current_num_threads(),
        started: now
            .checked_sub(Duration::from_secs_f64(total))
            .unwrap_or(now),
        seconds: stages
            .iter()
            .map(|&(stage, seconds)| (stage.to_owned(), seconds))
            .collect(),
        result,
    }
}

/// Reads points in pixels, and says what was passed over.
pub(crate) fn read_point_file(path: &Path, common: &Common) -> Result<PointFile> {
    let points = PointFile::read(path)?;
    for text in &points.notes {
        note(common, text);
    }
    Ok(points)
}

/// A note on standard error, unless the run is quiet.
pub(crate) fn note(common: &Common, text: &str) {
    if !common.quiet {
        eprintln!("note: {text}");
    }
}
