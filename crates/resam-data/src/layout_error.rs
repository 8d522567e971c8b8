//! Why a folder could not be used.

use std::path::PathBuf;

use crate::layouts::Layout;

/// Why a folder could not be used. All of these are errors of the input.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// The folder is not there.
    #[error("{}: no such folder\n\nhint: check the spelling", path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The folder cannot be listed.
    #[error("cannot list a folder: {0}")]
    List(#[from] std::io::Error),
    /// The folder holds no image.
    #[error("{}: no image files in this folder\n\nhint: PNG, JPEG, TIFF, WebP, BMP and GIF are read", path.display())]
    NoImages {
        /// The folder.
        path: PathBuf,
    },
    /// An image has no label image.
    #[error("{}: no label image of this name in `{}`\n\nhint: image and label share their name up to the extension", image.display(), labels.display())]
    NoLabel {
        /// The image.
        image: PathBuf,
        /// The folder of label images.
        labels: PathBuf,
    },
    /// No known layout.
    #[error("{}: not the layout of a known benchmark\n\nhint: expected `train/image` and `train/label` (WHU), `JPEGImages` and `annotations` (HRSID), `positive image set` and a JSON file (NWPU VHR-10), or `images` and a JSON file", path.display())]
    Unknown {
        /// The folder.
        path: PathBuf,
    },
    /// No annotations for what was asked.
    #[error("{}: no annotations for {wanted} in this {layout} folder, which has {found}\n\nhint: name the images folder and the COCO file directly", path.display())]
    NoAnnotations {
        /// The folder.
        path: PathBuf,
        /// Its layout.
        layout: Layout,
        /// What was asked for.
        wanted: String,
        /// The JSON files that are there.
        found: String,
    },
    /// Several files fit.
    #[error("{}: several annotation files fit {wanted}: {found}\n\nhint: name the images folder and the COCO file directly", path.display())]
    Ambiguous {
        /// The folder.
        path: PathBuf,
        /// What was asked for.
        wanted: String,
        /// The files that fit.
        found: String,
    },
}
