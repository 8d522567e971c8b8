//! What can be wrong with a TIFF; the name of the file is added further up.

/// What is wrong with a TIFF.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The operating system refused.
    #[error(transparent)]
    Read(#[from] std::io::Error),
    /// Truncated, corrupt or hostile.
    #[error("{0}")]
    Broken(String),
    /// Valid, but of a variety that is not read.
    #[error("{0}")]
    Unsupported(String),
    /// What GDAL says of a file that is no TIFF, or one that only GDAL reads.
    #[cfg(feature = "gdal")]
    #[error("{0}")]
    Gdal(String),
    /// A chunk of so many decoded bytes, over the limit.
    #[error("a chunk of {0} bytes")]
    ChunkTooLarge(u64),
}

impl Fault {
    pub(crate) fn broken(detail: impl Into<String>) -> Self {
        Self::Broken(detail.into())
    }
}
