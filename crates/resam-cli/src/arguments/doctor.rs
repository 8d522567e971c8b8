//! The arguments of `resam doctor`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use resam::workload::{Published, Workload};

/// Say what this machine and this build can do, to be pasted into an issue.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The times of the network.
    #[command(flatten)]
    pub(crate) bench: Bench,
}

/// The published model whose size is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum BenchModel {
    /// MobileSAM, TinyViT-5M
    TinyVit,
    /// SAM, ViT-B
    VitB,
}

impl BenchModel {
    pub(crate) fn published(self) -> Published {
        match self {
            Self::TinyVit => Published::TinyVit,
            Self::VitB => Published::VitB,
        }
    }
}

/// The times of the network on this machine.
#[derive(Debug, Args)]
#[command(next_help_heading = "Times of the network")]
pub(crate) struct Bench {
    /// Time the network instead: an image encoded, 1 and 50 prompts decoded, one adaptation step
    /// on 10 instances; with the memory that each takes
    #[arg(long)]
    pub(crate) bench: bool,
    /// Checkpoint to time [default: random weights, which take the same time]
    #[arg(long, value_name = "FILE", requires = "bench", conflicts_with_all = ["model", "keep_weights"])]
    pub(crate) weights: Option<PathBuf>,
    /// The size of the random weights
    #[arg(
        long,
        value_enum,
        default_value_t = BenchModel::TinyVit,
        value_name = "MODEL",
        requires = "bench"
    )]
    pub(crate) model: BenchModel,
    /// What to time, separated by commas: `encode`, `decode-1`, `decode-50`, `adapt`
    #[arg(
        long,
        value_name = "WORK",
        value_delimiter = ',',
        value_parser = workload,
        requires = "bench"
    )]
    pub(crate) only: Vec<Workload>,
    /// Times that each is done, after once to warm up
    #[arg(long, value_name = "N", default_value = "3", requires = "bench")]
    pub(crate) rounds: NonZeroUsize,
    /// Side of the network's input in pixels, a multiple of 16 [default: the model's own, 1024]
    #[arg(long, value_name = "PIXELS", requires = "bench")]
    pub(crate) input_size: Option<usize>,
    /// The first attention block that the adaptation step trains [default: 0 in a TinyViT, the
    /// middle one in a ViT]
    #[arg(long, value_name = "BLOCK", requires = "bench")]
    pub(crate) start_block: Option<usize>,
    /// Do one round for each line of standard input and answer with a line of JSON, for programs
    /// that take turns; with one `--only`
    #[arg(long, requires_all = ["bench", "only"], conflicts_with = "rounds")]
    pub(crate) on_request: bool,
    /// Write what was given and what came out as safetensors, to compare with another program
    #[arg(long, value_name = "FILE", requires = "bench")]
    pub(crate) answers: Option<PathBuf>,
    /// Write the random weights, for another program to use
    #[arg(long, value_name = "FILE", requires = "bench")]
    pub(crate) keep_weights: Option<PathBuf>,
}

/// The workload of a name.
fn workload(name: &str) -> Result<Workload, String> {
    let named = Workload::ALL.into_iter().find(|one| one.name() == name);
    named.ok_or_else(|| {
        let names = Workload::ALL.map(Workload::name).join("`, `");
        format!("it is one of `{names}`")
    })
}
