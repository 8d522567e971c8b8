//! How a result came about.

use std::path::Path;
use std::time::{Duration, SystemTime};

use resam_export::{RunRecord, Weights};
use serde_json::Value;

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

/// The command line of this process, as one would type it.
pub fn command_line() -> String {
    let words = std::env::args_os().enumerate().map(|(index, word)| {
        let word = word.to_string_lossy();
        let word = match index {
            0 => word.rsplit(['/', '\\']).next().unwrap_or(&word).to_owned(),
            _ => word.into_owned(),
        };
        quoted(&word)
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A word as one would type it.
pub fn quoted(word: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "-_./:,=".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The day, as `2026-03-14`, in UTC.
pub(crate) fn today() -> String {
    let now = jiff::Timestamp::now();
    now.to_string().chars().take(10).collect()
}
