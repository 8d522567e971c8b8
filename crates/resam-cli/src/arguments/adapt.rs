//! The arguments of `resam adapt`.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::Args;
use resam::adapt::recipe::{self, Supervision};
use resam::{AdaptOptions, Budget, DatasetOptions, Recipe, Start, TrainingSource};

use super::values::{gigabytes, minutes};
use super::{BenchmarkArguments, Common, SceneInput, WeightsArgument};
use crate::commands::note;

/// Adapt a model to images from points on their objects.
#[derive(Debug, Args)]
pub(crate) struct Adapt {
    /// Folder of the images; or a scene, or a folder of scenes: GeoTIFF and the like
    #[arg(
        long,
        value_name = "DIR|SCENE",
        required_unless_present = "print_config"
    )]
    pub(crate) images: Option<PathBuf>,
    /// Points: CSV with columns image, x, y in pixels and, where wanted, instance, label (1 on the
    /// object, 0 not); or, on scenes, GeoJSON, GeoPackage or CSV of lon, lat in any CRS
    #[arg(long, value_name = "FILE", group = "pointed", required_unless_present_any = ["coco", "split", "print_config"])]
    pub(crate) points: Option<PathBuf>,
    /// COCO instance annotations: points are drawn from the masks, unless `--points` gives them,
    /// and validation images are scored with them
    #[arg(long, value_name = "FILE")]
    pub(crate) coco: Option<PathBuf>,
    /// The part of a benchmark
    #[command(flatten)]
    pub(crate) part: BenchmarkArguments,
    /// Points to draw for each instance: so many positive and as many negative ones
    #[arg(long, value_name = "N", default_value = "1", conflicts_with = "points")]
    pub(crate) points_per_instance: NonZeroUsize,
    /// The weights
    #[command(flatten)]
    pub(crate) weights: WeightsArgument,
    /// Folder of the run: adapter, checkpoints, metrics, report
    #[arg(
        short,
        long,
        value_name = "DIR",
        required_unless_present = "print_config"
    )]
    pub(crate) output: Option<PathBuf>,
    /// The recipe that the run begins from
    #[arg(long, value_enum, default_value_t = RecipeName::Default, value_name = "RECIPE")]
    pub(crate) recipe: RecipeName,
    /// TOML file whose values take the place of the recipe's
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print the recipe as TOML and do nothing
    #[arg(long)]
    pub(crate) print_config: bool,
    /// What labels are made of
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) supervision: Option<SupervisionKind>,
    /// Passes over the images
    #[arg(long, value_name = "E", conflicts_with = "iterations")]
    pub(crate) epochs: Option<NonZeroUsize>,
    /// Iterations in all, each of one image
    #[arg(long, alias = "steps", value_name = "N")]
    pub(crate) iterations: Option<NonZeroU64>,
    /// Learn for so long, validation included, instead of a number of images
    #[arg(long, value_name = "M", conflicts_with_all = ["epochs", "iterations"], value_parser = minutes)]
    pub(crate) minutes: Option<f64>,
    /// Gigabytes on disk, inside the output folder and for the time of the run, for features that
    /// are the same at each view of an image; 0 computes them each time, to the same result
    #[arg(
        long,
        alias = "keep-looks",
        value_name = "GB",
        default_value = "16",
        value_parser = gigabytes
    )]
    pub(crate) feature_cache: u64,
    /// Validation images, or windows of scenes: they are not learnt from, and tell how the model
    /// does on others [default: of 20 images or more a tenth, at most 8; else see `--val-points`]
    #[arg(long, alias = "hold-out", value_name = "N")]
    pub(crate) val_images: Option<usize>,
    /// On a scene, and with few images: objects that are kept for validation. The seed picks
    /// places, which are kept whole [default: an eighth of the objects, none of fewer than 20]
    #[arg(
        long,
        alias = "val-objects",
        value_name = "N",
        conflicts_with = "val_images"
    )]
    pub(crate) val_points: Option<usize>,
    /// Side of the network's input in pixels, a multiple of 16 [default: the model's own, 1024]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) input_size: Option<usize>,
    /// Compute the encoder's blocks again in the backward pass: less memory, more time
    #[arg(long)]
    pub(crate) checkpoint_activations: bool,
    /// Refuse to begin: the output folder must hold an unfinished run to go on with
    #[arg(long, conflicts_with = "restart")]
    pub(crate) resume: bool,
    /// Begin afresh where an unfinished run of the same settings would go on; removes the old run
    #[arg(long)]
    pub(crate) restart: bool,
    /// Updates between two checkpoints
    #[arg(long, value_name = "N", default_value = "25")]
    pub(crate) checkpoint_every: NonZeroU64,
    /// Checkpoints to keep, beside the best
    #[arg(long, alias = "keep", value_name = "N", default_value = "2")]
    pub(crate) keep_checkpoints: NonZeroUsize,
    /// How scenes are given to the network
    #[command(flatten, next_help_heading = "Scenes")]
    pub(crate) scenes: SceneInput,
}

impl Adapt {
    /// The recipe that is named, with the values of the file and of the command line in it.
    pub(crate) fn recipe(&self, common: &Common) -> resam::Result<Recipe> {
        let mut recipe = self.recipe.recipe();
        if let Some(file) = &self.config {
            let (read, renamed) = recipe::read_over(&recipe, file)?;
            for name in renamed {
                note(common, &format!("`{}`: {name}", file.display()));
            }
            recipe = read;
        }
        if let Some(epochs) = self.epochs {
            recipe.schedule.epochs = epochs.get();
        }
        recipe.schedule.checkpoint_activations |= self.checkpoint_activations;
        match self.supervision {
            Some(SupervisionKind::Points) => recipe.labels.supervision = Supervision::Points,
            Some(SupervisionKind::Masks) => recipe.labels.supervision = Supervision::Masks,
            None => {}
        }
        Ok(recipe)
    }

    /// Where images and points lie.
    pub(crate) fn source(&self, common: &Common) -> resam::Result<TrainingSource> {
        Ok(TrainingSource {
            dataset: DatasetOptions {
                images: self.images.clone().unwrap_or_else(|| PathBuf::from(".")),
                coco: self.coco.clone(),
                part: self.part.part(),
                strict: common.strict,
                seen_as: self.scenes.picture.options(),
            },
            points: self.points.clone(),
            points_options: self.scenes.points(common)?,
            points_per_instance: self.points_per_instance.get(),
        })
    }

    /// How the model is adapted.
    pub(crate) fn options(&self, common: &Common) -> resam::Result<AdaptOptions> {
        Ok(AdaptOptions {
            weights: self.weights.chosen(),
            devices: common.device.clone(),
            recipe: self.recipe(common)?,
            seed: common.seed,
            budget: match (self.iterations, self.minutes) {
                (Some(count), _) => Budget::Iterations(count.get()),
                (None, Some(minutes)) => Budget::Minutes(minutes),
                (None, None) => Budget::Epochs,
            },
            input: self.scenes.settings(self.input_size)?,
            val_images: self.val_images,
            val_points: self.val_points,
            feature_cache: self.feature_cache,
            start: if self.restart {
                Start::Restart
            } else if self.resume {
                Start::Resume
            } else {
                Start::Continue
            },
            checkpoint_every: self.checkpoint_every.get(),
            keep_checkpoints: self.keep_checkpoints.get(),
        })
    }
}

/// The recipes that come with resam.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RecipeName {
    /// Ours
    Default,
    /// The published code's behaviour, on NWPU VHR-10
    Published,
    /// The published one as the paper runs it on WHU buildings
    Whu,
    /// The published one as the paper runs it on HRSID
    Hrsid,
    /// The published one as the paper runs it on NWPU VHR-10
    Nwpu,
}

impl RecipeName {
    fn recipe(self) -> Recipe {
        let name = match self {
            Self::Default => "default",
            Self::Published => "published",
            Self::Whu => "whu",
            Self::Hrsid => "hrsid",
            Self::Nwpu => "nwpu",
        };
        Recipe::preset(name).unwrap_or_default()
    }
}

/// What labels are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SupervisionKind {
    /// Pseudo-labels from points: the method
    Points,
    /// True masks: the method's upper bound
    Masks,
}
