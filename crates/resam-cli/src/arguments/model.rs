//! The model, where it runs, and which of its masks answers.

use std::path::PathBuf;

use clap::Args;
use resam::{ModelOptions, Precision, SelectionMode, SelectionOptions};

use super::Common;
use crate::terminal::warn;

/// The model and how it runs.
#[derive(Debug, Args)]
pub(crate) struct ModelArguments {
    /// The weights
    #[command(flatten)]
    pub(crate) weights: WeightsArgument,
    /// What `resam adapt` made of these weights: its output folder, or any PEFT directory for them
    #[arg(long, value_name = "DIR")]
    pub(crate) adapter: Option<PathBuf>,
    /// Which of the model's masks answers a point
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// Side of the network's input in pixels, a multiple of 16 [default: the adapter's, else
    /// the model's own, 1024]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) input_size: Option<usize>,
    /// Numbers that the image encoder computes with; half precision needs a GPU that has it
    #[arg(long, value_enum, default_value_t = PrecisionKind::F32)]
    pub(crate) precision: PrecisionKind,
}

impl ModelArguments {
    /// As the engine takes them.
    pub(crate) fn options(&self, common: &Common) -> ModelOptions {
        ModelOptions {
            weights: self.weights.chosen(),
            adapter: self.adapter.clone(),
            device: common.device.clone(),
            precision: self.precision.precision(),
            input_size: self.input_size,
        }
    }
}

/// The weights of a model.
#[derive(Debug, Args)]
pub(crate) struct WeightsArgument {
    /// Checkpoint of a Segment Anything model: `.pth` or `.safetensors`, SAM or MobileSAM; or the
    /// name of one that `resam weights pull` brought [default: nano, which is built in, to try
    /// things with]
    #[arg(long, value_name = "FILE|NAME")]
    weights: Option<PathBuf>,
}

impl WeightsArgument {
    /// The weights that are named; else the built-in ones, which are no model for work: nobody gets
    /// them unawares.
    pub(crate) fn chosen(&self) -> PathBuf {
        self.weights.clone().unwrap_or_else(|| {
            warn(&format!(
                "no weights are named, and the built-in `nano` is a toy: {}",
                real_weights()
            ));
            crate::watch::is_news(resam_nano::NOTICE);
            PathBuf::from(resam::BUILT_IN)
        })
    }
}

/// How to get weights for work: those that are here, else the smallest that can be fetched.
fn real_weights() -> String {
    let home = resam_hub::home().ok();
    let pulled = home.and_then(|home| resam_hub::pulled(&home).ok());
    match pulled.iter().flatten().find(|here| here.complete) {
        Some(here) => format!("`--weights {}` is on this computer", here.entry.name),
        None => "`resam weights pull mobile-sam` (41 MB), then `--weights mobile-sam`".to_owned(),
    }
}

/// Which of the model's masks answers a point.
#[derive(Debug, Args)]
pub(crate) struct SelectionArguments {
    /// Which of the model's masks answers a point [default: as the adapter says; without an adapter
    /// requery in `segment`, and single, the published protocol, in `eval`]
    #[arg(
        long,
        value_enum,
        value_name = "MODE",
        conflicts_with_all = ["requery", "single", "multimask"]
    )]
    pub(crate) mask_selection: Option<ModeName>,
    /// Short for `--mask-selection requery`, which is the default of `segment`
    #[arg(long)]
    pub(crate) requery: bool,
    /// Old name of `--mask-selection single`
    #[arg(long, hide = true)]
    pub(crate) single: bool,
    /// Old name of `--mask-selection best-score`
    #[arg(long, hide = true, conflicts_with = "requery")]
    pub(crate) multimask: bool,
    /// Without the zoom: mask selection does not ask about small objects again in enlarged parts of
    /// the image, each of which takes an encoding
    #[arg(long, alias = "no-closer")]
    pub(crate) no_zoom: bool,
}

impl SelectionArguments {
    /// As the engine takes them.
    pub(crate) fn options(&self) -> SelectionOptions {
        let mode = match self.mask_selection {
            Some(name) => Some(name.mode()),
            None if self.requery => Some(SelectionMode::Requery),
            None if self.multimask => Some(SelectionMode::BestScore),
            None if self.single => Some(SelectionMode::Single),
            None => None,
        };
        SelectionOptions {
            mode,
            no_zoom: self.no_zoom,
        }
    }
}

/// How a mask is selected for a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ModeName {
    /// The mask that a point most likely means: its box brings it back, it has the size of the
    /// others, and it holds no other object's point
    Requery,
    /// The single mask of the decoder
    Single,
    /// Of the three masks for an ambiguous prompt, the one with the highest score
    BestScore,
}

impl ModeName {
    fn mode(self) -> SelectionMode {
        match self {
            Self::Requery => SelectionMode::Requery,
            Self::Single => SelectionMode::Single,
            Self::BestScore => SelectionMode::BestScore,
        }
    }
}

/// Numbers that the image encoder computes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PrecisionKind {
    /// Half precision where the device has it, else single
    Auto,
    /// Single precision
    F32,
    /// Half precision
    F16,
    /// Half precision with the range of single
    Bf16,
}

impl PrecisionKind {
    /// As the engine takes it.
    fn precision(self) -> Option<Precision> {
        match self {
            Self::Auto => None,
            Self::F32 => Some(Precision::F32),
            Self::F16 => Some(Precision::F16),
            Self::Bf16 => Some(Precision::Bf16),
        }
    }
}
