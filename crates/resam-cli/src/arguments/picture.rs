//! What the caller knows better than an image file.

use clap::Args;
use resam::{Exif, Nodata, PictureOptions};

/// What the caller knows better than an image file.
#[derive(Debug, Clone, Args)]
pub(crate) struct PictureArguments {
    /// Values that are no data, whatever the file says: one number for all bands, one a band, or
    /// `none` [default: what the file says]
    #[arg(long, value_name = "V,V|none", allow_hyphen_values = true)]
    pub(crate) nodata: Option<Nodata>,
    /// Whether images are turned as their EXIF orientation says: `apply`, or `ignore` for the
    /// pixels as they are stored [default: ignore; with COCO annotations, what their sizes fit]
    #[arg(long, value_name = "apply|ignore")]
    pub(crate) exif: Option<Exif>,
}

impl PictureArguments {
    /// As the engine takes them.
    pub(crate) fn options(&self) -> PictureOptions {
        PictureOptions {
            exif: self.exif,
            nodata: self.nodata.clone(),
        }
    }
}
