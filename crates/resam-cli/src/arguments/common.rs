//! Options that every subcommand understands.

use std::num::NonZeroUsize;

use clap::Args;

/// What every subcommand understands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Common {
    /// Where the network runs: `auto`, `cpu` or, in builds that have them, `cuda:N`, `vulkan:N`,
    /// `metal:N`; `resam doctor` lists what there is
    #[arg(long, global = true, default_value = "auto", value_name = "DEVICE")]
    pub(crate) device: String,
    /// Threads to use [default: one for each core]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Seed of everything random
    #[arg(long, global = true, default_value_t = 0, value_name = "S")]
    pub(crate) seed: u64,
    /// Print one JSON object on standard output instead of a table
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print no progress and no notes
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Refuse inputs of which something would be left out, and name it
    #[arg(long, global = true)]
    pub(crate) strict: bool,
    /// Print more notes
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}
