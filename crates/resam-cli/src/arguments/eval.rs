//! The arguments of `resam eval`, and the part of a benchmark.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use resam::evaluate::{EvaluateOptions, PromptSource};
use resam::{BenchmarkPart, DatasetOptions, Split, Subset};

use super::{Common, ModelArguments, PictureArguments};

/// Score a model on a COCO data set, with fixed points or true boxes.
#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// Folder of the images
    #[arg(long, value_name = "DIR")]
    pub(crate) images: PathBuf,
    /// COCO instance annotations
    #[arg(long, value_name = "FILE", required_unless_present = "split")]
    pub(crate) coco: Option<PathBuf>,
    /// The part of a benchmark
    #[command(flatten)]
    pub(crate) part: BenchmarkArguments,
    /// What the caller knows better than the images
    #[command(flatten)]
    pub(crate) picture: PictureArguments,
    /// The model
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    /// CSV of points (x, y) or boxes (x0, y0, x1, y1) whose `instance` is the id of the annotation
    #[arg(
        long,
        visible_alias = "boxes",
        value_name = "FILE",
        conflicts_with = "prompt"
    )]
    pub(crate) points: Option<PathBuf>,
    /// What to prompt with when there is no point file
    #[arg(long, value_enum, default_value_t = PromptKind::Points)]
    pub(crate) prompt: PromptKind,
    /// Points to draw for each instance: so many positive and as many negative ones
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) points_per_instance: NonZeroUsize,
    /// A pixel is on the object when its logit is above this; SAM's own is 0, ReSAM's scorer took
    /// 0.5
    #[arg(
        long,
        default_value_t = 0.0,
        value_name = "LOGIT",
        allow_hyphen_values = true
    )]
    pub(crate) threshold: f32,
    /// Only the first N images by id
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<NonZeroUsize>,
    /// A row for each category
    #[arg(long)]
    pub(crate) per_class: bool,
    /// With `--adapter`: do not score the pretrained model under the same mask selection. Its
    /// images are encoded too, so it takes twice the time
    #[arg(long)]
    pub(crate) no_baseline: bool,
    /// Write a CSV with a row for each instance
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
}

impl Eval {
    /// As the engine takes them.
    pub(crate) fn options(&self, common: &Common) -> EvaluateOptions {
        EvaluateOptions {
            dataset: DatasetOptions {
                images: self.images.clone(),
                coco: self.coco.clone(),
                part: self.part.part(),
                strict: common.strict,
                seen_as: self.picture.options(),
            },
            prompts: match (&self.points, self.prompt) {
                (Some(file), _) => PromptSource::Points(file.clone()),
                (None, PromptKind::Box) => PromptSource::TrueBox,
                (None, PromptKind::Points) => PromptSource::Drawn {
                    points_per_instance: self.points_per_instance.get(),
                    seed: common.seed,
                },
            },
            selection: self.model.selection.options(),
            threshold: self.threshold,
            limit: self.limit.map(NonZeroUsize::get),
            strict: common.strict,
        }
    }
}

/// How `eval` prompts the model when no point file is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PromptKind {
    /// Points drawn from the true masks with the seed
    Points,
    /// The box of the true mask
    Box,
}

/// A part of a benchmark whose folder `--images` is, in place of `--coco`.
#[derive(Debug, Clone, Args)]
pub(crate) struct BenchmarkArguments {
    /// A part of WHU buildings, HRSID or NWPU VHR-10, as they are unpacked: `--images` is the
    /// folder of the whole benchmark
    #[arg(long, value_enum, value_name = "PART", conflicts_with = "coco")]
    pub(crate) split: Option<SplitName>,
    /// Of HRSID only images of this kind
    #[arg(
        long,
        alias = "scene",
        value_enum,
        value_name = "KIND",
        requires = "split"
    )]
    pub(crate) subset: Option<SubsetName>,
}

impl BenchmarkArguments {
    /// As the engine takes them.
    pub(crate) fn part(&self) -> Option<BenchmarkPart> {
        let split = match self.split? {
            SplitName::Train => Some(Split::Train),
            SplitName::Val => Some(Split::Val),
            SplitName::Test => Some(Split::Test),
            SplitName::All => None,
        };
        let subset = self.subset.map(|subset| match subset {
            SubsetName::Inshore => Subset::Inshore,
            SubsetName::Offshore => Subset::Offshore,
        });
        Some(BenchmarkPart { split, subset })
    }
}

/// The parts of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SplitName {
    /// For training
    Train,
    /// For choosing
    Val,
    /// For the final score
    Test,
    /// The one annotation file that belongs to no part
    All,
}

/// The kinds of HRSID's images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SubsetName {
    /// With land in the picture
    Inshore,
    /// Open sea
    Offshore,
}
