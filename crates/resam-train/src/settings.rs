//! How a run goes, beside its recipe.

use std::collections::BTreeMap;

use resam_adapt::Recipe;
use resam_sam::adapter::StoredInput;

/// How a run goes.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The recipe.
    pub recipe: Recipe,
    /// The seed of everything random.
    pub seed: u64,
    /// Side of the network's input, in pixels.
    pub input_size: usize,
    /// How images are given to the network, for the adapter to keep.
    pub input: StoredInput,
    /// Iterations in all, each of one image; the recipe's epochs when `None`.
    pub iterations: Option<u64>,
    /// Minutes that the run may take, from its start to its last validation; in place of a number
    /// of iterations.
    pub minutes: Option<f64>,
    /// Seconds that an encoding is thought to take, for what is said of the minutes before
    /// something was timed. Not known: none.
    pub encode_seconds: Option<f64>,
    /// Bytes on disk for features that are the same at each view of an image; see
    /// [`resam_adapt::feature_cache`].
    pub feature_cache: u64,
    /// What becomes of a run that the folder holds.
    pub start: Start,
    /// Updates between two checkpoints.
    pub checkpoint_every: u64,
    /// Checkpoints that are kept, beside the best.
    pub keep_checkpoints: usize,
    /// What is learnt from: a fingerprint of each image, file of annotations and set of points, by
    /// name. A run goes on only where all are the same.
    pub inputs: BTreeMap<String, String>,
    /// What the weights are called, and their SHA-256.
    pub weights: [String; 2],
    /// What the report says of the run.
    pub about: About,
}

/// What the report says of a run, beside its settings.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The command line.
    pub command: String,
    /// The day of the run.
    pub date: String,
    /// The model, in words.
    pub model: String,
    /// The devices, in words.
    pub device: String,
    /// Where images and points come from, as names and values.
    pub data: Vec<(String, String)>,
}

/// What becomes of a run that the folder holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// An unfinished run of the same settings goes on; one of other settings, and a finished one,
    /// is refused; without a run a new one begins.
    #[default]
    Continue,
    /// The run that the folder holds goes on. Without one the call is refused.
    Resume,
    /// The run that the folder holds is removed, and a new one begins.
    Restart,
}
