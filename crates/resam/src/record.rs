//! How a result came about.

use std::path::Path;
use std::time::{Duration, SystemTime};

use resam_export::{RunRecord, Weights};
use serde_json::Value;

use crate::error::Result;
use crate::model::Model;

/// What computed a result.
#[derive(Debug, Clone, Copy)]
pub struct Computed<'a> {
    /// The file of the weights.
    pub weights: &'a Path,
    /// Their SHA-256.
    pub sha256: &'a str,
    /// The SHA-256 of the adapter's factors, if there is an adapter.
    pub adapter_sha256: Option<&'a str>,
    /// The device's name.
    pub device: &'a str,
    /// The numbers that the image encoder computes with.
    pub precision: &'a str,
    /// The seed of everything random.
    pub seed: u64,
}

impl<'a> Computed<'a> {
    /// By a model.
    pub fn by(model: &'a Model, seed: u64) -> Self {
        Self {
            weights: model.weights(),
            sha256: model.sha256(),
            adapter_sha256: model.adapter_sha256(),
            device: model.device_name(),
            precision: model.precision().name(),
            seed,
        }
    }
}

/// The record of a run of this process: its command line, what computed, the seconds of each stage,
/// and the result.
pub fn record(computed: Computed<'_>, stages: &[(&str, f64)], result: Value) -> RunRecord {
    let total: f64 = stages.iter().map(|(_, seconds)| seconds).sum();
    let now = SystemTime::now();
    RunRecord {
        version: env!("CARGO_PKG_VERSION").into(),
        command_line: std::env::args_os()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect(),
        seed: Some(computed.seed),
        weights: Some(Weights {
            path: computed.weights.display().to_string(),
            sha256: computed.sha256.to_owned(),
            adapter_sha256: computed.adapter_sha256.map(str::to_owned),
        }),
        device: computed.device.to_owned(),
        precision: computed.precision.to_owned(),
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

/// Writes a record beside each output, once a folder.
pub(crate) fn write_beside<'a>(
    record: &RunRecord,
    outputs: impl IntoIterator<Item = &'a Path>,
) -> Result<()> {
    let mut folders = std::collections::BTreeSet::new();
    for path in outputs {
        if folders.insert(path.parent()) {
            record.write_beside(path)?;
        }
    }
    Ok(())
}
