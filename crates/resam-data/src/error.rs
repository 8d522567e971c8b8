//! The error of the crate.

use resam_image::ImageError;
use resam_prompt::PointsError;

use crate::coco::CocoError;
use crate::layouts::LayoutError;

/// Any error of this crate. All of them are errors of the input.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// An image file.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A COCO file.
    #[error(transparent)]
    Coco(#[from] CocoError),
    /// A folder.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A point file.
    #[error(transparent)]
    Points(#[from] PointsError),
}
