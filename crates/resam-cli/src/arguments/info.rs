//! The arguments of `resam info`.

use std::path::PathBuf;

use clap::Args;

use super::PictureArguments;

/// Say what an image or a checkpoint is.
#[derive(Debug, Args)]
pub(crate) struct Info {
    /// The file, or the folder of an adapter; or several rasters, or a folder of them, that are one
    /// scene
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// What the caller knows better than an image file
    #[command(flatten)]
    pub(crate) picture: PictureArguments,
    /// CRS of a raster, whatever its file says, such as EPSG:32636
    #[arg(long, value_name = "CRS")]
    pub(crate) scene_crs: Option<String>,
}

/// Say what a checkpoint is, and list its tensors.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The file
    pub(crate) file: PathBuf,
}
