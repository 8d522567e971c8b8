//! The arguments of `resam train-nano`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

/// Train the built-in model again, from nothing.
///
/// On synthetic photographs, with points and boxes as people give them. Takes an hour on 2 cores;
/// Ctrl-C ends it early with the model as it is then. A record is written beside.
#[derive(Debug, Args)]
pub(crate) struct TrainNano {
    /// The checkpoint to write, `.safetensors`
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Updates, each of a few pictures; the rate of learning falls to nothing at the last
    #[arg(long, value_name = "N", default_value = "6000")]
    pub(crate) updates: NonZeroUsize,
    /// End after so many, whatever is planned
    #[arg(long, value_name = "N")]
    pub(crate) until: Option<NonZeroUsize>,
    /// The highest rate of learning
    #[arg(long, value_name = "RATE", default_value = "1e-3")]
    pub(crate) rate: f64,
    /// The share of pictures whose textures are toned down, 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0")]
    pub(crate) plain: f64,
    /// Pictures of an update
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) batch: NonZeroUsize,
    /// Side of the pictures, in 16 pixels
    #[arg(long, value_name = "N", default_value = "16")]
    pub(crate) side: NonZeroUsize,
    /// Go on from the model of another training
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
}
