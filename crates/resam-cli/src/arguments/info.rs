//! The arguments of `resam info`.

use std::path::PathBuf;

use clap::Args;

/// Say what an image or a checkpoint is.
#[derive(Debug, Args)]
pub(crate) struct Info {
    /// The file, or the folder of an adapter
    pub(crate) file: PathBuf,
}
