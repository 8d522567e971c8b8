//! Why an image file could not be used.

use std::path::PathBuf;

use crate::info::MAX_PIXELS;

/// Why an image file could not be used. All of these are faults of the input.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// Nothing lies at the path.
    #[error("{}: no such image file\n\nhint: check the spelling and the folder", path.display())]
    Missing {
        /// The path asked for.
        path: PathBuf,
    },
    /// The path is a folder, a pipe or a device.
    #[error("{}: not a file but {kind}\n\nhint: name one image file", path.display())]
    NotAFile {
        /// The path asked for.
        path: PathBuf,
        /// What it is instead.
        kind: &'static str,
    },
    /// The operating system refused to read the file; the reason names it.
    #[error("cannot read an image: {0}")]
    Read(#[from] std::io::Error),
    /// The content is of no known image format.
    #[error("{}: not an image of a known format\n\nhint: convert it to PNG, JPEG, TIFF, WebP, BMP or GIF", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// Width or height is zero.
    #[error("{}: image of {width} x {height} pixels has no pixels\n\nhint: the file is damaged; export it again", path.display())]
    NoPixels {
        /// The file.
        path: PathBuf,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// More than [`MAX_PIXELS`].
    #[error("{}: image of {width} x {height} pixels is over the limit of {MAX_PIXELS} pixels\n\nhint: save it as a GeoTIFF, which is read by window, or cut it into tiles", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The file is truncated, corrupt or of a variety that is not decoded.
    #[error("{}: {format} cannot be decoded: {detail}\n\nhint: the file may be truncated or of a rare variety; export it again as 8-bit RGB PNG", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// The name of its format.
        format: &'static str,
        /// What the decoder says.
        detail: String,
    },
    /// It may be annotated as it is stored or as viewers turn it: its size fits both.
    #[error("{}: EXIF orientation {orientation}: the annotations fit the stored pixels and the turned ones alike\n\nhint: say whether the orientation is to be applied", path.display())]
    Orientation {
        /// The file.
        path: PathBuf,
        /// The orientation, 2 to 8.
        orientation: u8,
    },
    /// What another reader of images says.
    #[error("{message}")]
    Other {
        /// It names the file.
        message: String,
    },
    /// The file's size is not the one that annotations promised.
    #[error("{}: image is {width} x {height} pixels but the annotations say {expected_width} x {expected_height}\n\nhint: use the images that the annotations were drawn on, unscaled", path.display())]
    OtherSize {
        /// The file.
        path: PathBuf,
        /// Width of the file in pixels.
        width: u32,
        /// Height of the file in pixels.
        height: u32,
        /// Width that was promised.
        expected_width: u32,
        /// Height that was promised.
        expected_height: u32,
    },
}

impl ImageError {
    /// Whether the file is there but of no known image format, so that it may be something else.
    pub fn is_unknown_format(&self) -> bool {
        matches!(self, Self::UnknownFormat { .. })
    }
}
