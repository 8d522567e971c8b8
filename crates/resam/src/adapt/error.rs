//! What can be wrong with images and points.

use std::path::PathBuf;

/// Images and points that cannot be learnt from.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Nothing says where objects are.
    #[error("no image has a point on an object")]
    NoPoints,
    /// No point lies on a scene.
    #[error(
        "`{}`: none of its points lies in {among}: {landed}\n\nhint: see `resam info` of a scene for \
         where it lies, and say the CRS of the points if their file does not",
        path.display()
    )]
    NoneInScenes {
        /// The points.
        path: PathBuf,
        /// The scenes.
        among: String,
        /// Where a point lies instead, or what else is wrong.
        landed: String,
    },
    /// A folder without scenes.
    #[error(
        "`{}` holds no raster that can be read\n\nhint: name a raster or a folder of rasters",
        path.display()
    )]
    NoScenes {
        /// The folder.
        path: PathBuf,
    },
    /// Nothing is left to learn from.
    #[error(
        "{kept} of {count} {what} for validation leave no object to learn from\n\nhint: keep fewer for \
         validation, or none"
    )]
    AllForValidation {
        /// How many are kept for validation.
        kept: usize,
        /// How many there are.
        count: usize,
        /// Images or windows.
        what: &'static str,
    },
}
