//! The arguments of `resam weights`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Inspect;

/// Look into weights.
#[derive(Debug, Args)]
pub(crate) struct Weights {
    /// The subcommand.
    #[command(subcommand)]
    pub(crate) command: WeightsCommand,
}

/// What can be done with weights.
#[derive(Debug, Subcommand)]
pub(crate) enum WeightsCommand {
    /// List the weights that can be fetched by name, and those that are here
    List,
    /// Fetch pretrained weights from their publisher, checked, and resumed where it stopped
    Pull(Pull),
    /// List the tensors of a checkpoint and say which model it is
    Inspect(Inspect),
    /// Write a checkpoint with numbers of another width, by default in half of the space
    ///
    /// Every model loads from the result as from the original; the arithmetic stays f32.
    Convert(Convert),
    /// Merge an adapter into the weights that it was trained on
    ///
    /// The published Python modules load the result, and so does everything that took the weights:
    /// `sam_model_registry` takes the `.pth`.
    Merge(Merge),
}

/// Fetch pretrained weights from their publisher.
#[derive(Debug, Args)]
pub(crate) struct Pull {
    /// The name; `resam weights list` has them
    pub(crate) name: String,
    /// Take the file from here instead, an address or a path: it has to be the same to the last
    /// byte
    #[arg(long, value_name = "URL|FILE")]
    pub(crate) from: Option<String>,
    /// Use no network: only say whether the weights are here, or take them `--from` a file
    #[arg(long)]
    pub(crate) offline: bool,
}

/// Merge an adapter into the weights that it was trained on.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The weights
    pub(crate) file: PathBuf,
    /// The adapter: a PEFT directory
    #[arg(long, value_name = "DIR")]
    pub(crate) adapter: PathBuf,
    /// What to write, with the published names: `.safetensors`, or `.pth` or `.pt` as PyTorch does
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,
}

/// Write a checkpoint with numbers of another width, by default in half of the space.
#[derive(Debug, Args)]
pub(crate) struct Convert {
    /// The checkpoint
    pub(crate) file: PathBuf,
    /// What to write, with the published names: `.safetensors`, or `.pth` or `.pt` as PyTorch does
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// The numbers: f16 has 11 bits of precision up to 65504, bf16 has 8 up to 3e38, f32 has 24
    #[arg(long, value_enum, default_value_t = Width::F16, value_name = "DTYPE")]
    pub(crate) dtype: Width,
}

/// How wide numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Width {
    /// IEEE half precision
    F16,
    /// The upper half of single precision
    Bf16,
    /// Single precision
    F32,
}
