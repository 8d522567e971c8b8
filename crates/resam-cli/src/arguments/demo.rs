//! The arguments of `resam demo`.

use std::path::PathBuf;

use clap::Args;

/// See the whole loop in a minute.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Folder for everything that is made; it must be empty or not be there yet
    #[arg(value_name = "DIR", default_value = "resam-demo")]
    pub(crate) folder: PathBuf,
}
