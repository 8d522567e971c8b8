//! How a run ended.

use std::collections::BTreeMap;

use crate::validation::Validation;

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingResult {
    /// It was interrupted: it can be gone on with, and has no adapter yet.
    pub interrupted: bool,
    /// Why it ended before its plan, if it did.
    pub ended_early: Option<String>,
    /// Updates made.
    pub updates: u64,
    /// Iterations done.
    pub iterations: u64,
    /// Iterations without a confident pseudo-label, or left out by the loss-spike filter.
    pub skipped: u64,
    /// Images that could not be read, with the reason.
    pub failed: BTreeMap<String, String>,
    /// How the pretrained model did on the validation images, with the same mask selection.
    pub before: Option<Validation>,
    /// How the chosen model does.
    pub after: Option<Validation>,
    /// The update whose model the adapter is.
    pub chosen: u64,
    /// Seconds of learning, without validation.
    pub seconds: f64,
}
