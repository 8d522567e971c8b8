//! The faults of a TIFF. The caller adds the name of the file.

use std::sync::Arc;

use resam_image::ImageError;

/// What is wrong with a TIFF.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] std::io::Error),
    /// The file is truncated or corrupt.
    #[error("{0}")]
    Broken(String),
    /// A valid file of a kind that is not supported.
    #[error("{0}")]
    Unsupported(String),
    /// The message of GDAL about a file that only GDAL reads.
    #[cfg(feature = "gdal")]
    #[error("{0}")]
    Gdal(String),
    /// A fault of a plain image; it names the file.
    #[error(transparent)]
    Image(Arc<ImageError>),
    /// A fault of a file that a mosaic is made of; it names the file.
    #[error(transparent)]
    Part(Box<crate::error::RasterError>),
    /// A chunk whose decoded size in bytes, given here, is over the limit.
    #[error("a chunk of {0} bytes")]
    ChunkTooLarge(u64),
}

impl Fault {
    pub(crate) fn broken(detail: impl Into<String>) -> Self {
        Self::Broken(detail.into())
    }
}
