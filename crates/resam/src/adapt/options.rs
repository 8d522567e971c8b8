//! How a model is adapted, beside the recipe.

use std::path::PathBuf;

use resam_adapt::Recipe;
use resam_train::Start;

use crate::input::InputSettings;

/// How long a run learns.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Budget {
    /// The epochs of the recipe.
    #[default]
    Epochs,
    /// So many iterations, each of one image.
    Iterations(u64),
    /// So many minutes, validation included.
    Minutes(f64),
}

/// How a model is adapted.
#[derive(Debug, Clone)]
pub struct AdaptOptions {
    /// A checkpoint, the name of weights that were fetched, or `nano`. Default: `nano`.
    pub weights: PathBuf,
    /// Devices by name, with commas between; a batch has an image for each. Default: `auto`.
    pub devices: String,
    /// Every number and switch of the method. Default: ours.
    pub recipe: Recipe,
    /// The seed of everything random. Default: 0.
    pub seed: u64,
    /// How long it learns. Default: the recipe's epochs.
    pub budget: Budget,
    /// How images are given to the network; kept in the adapter.
    pub input: InputSettings,
    /// Images, or windows of scenes, that are kept for validation. Default: of 20 images or more a
    /// tenth, at most 8; of scenes and of fewer images none, but objects.
    pub val_images: Option<usize>,
    /// Objects that are kept for validation where `val_images` does not say it, of scenes and of
    /// few images: those of whole places, so many or somewhat more. Default: an eighth, in at most
    /// 8 places, none of fewer than 20 objects.
    pub val_points: Option<usize>,
    /// Bytes on disk, in the run's folder and for the time of the run, for features that are the
    /// same at each view of an image. Default: 16 GB.
    pub feature_cache: u64,
    /// What becomes of a run that the folder holds. Default: an unfinished one of the same settings
    /// goes on.
    pub start: Start,
    /// Updates between two checkpoints. Default: 25.
    pub checkpoint_every: u64,
    /// Checkpoints that are kept, beside the best. Default: 2.
    pub keep_checkpoints: usize,
}

impl Default for AdaptOptions {
    fn default() -> Self {
        Self {
            weights: PathBuf::from(resam_nano::NAME),
            devices: "auto".to_owned(),
            recipe: Recipe::default(),
            seed: 0,
            budget: Budget::default(),
            input: InputSettings::default(),
            val_images: None,
            val_points: None,
            feature_cache: 16_000_000_000,
            start: Start::default(),
            checkpoint_every: 25,
            keep_checkpoints: 2,
        }
    }
}
