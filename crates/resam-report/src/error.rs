//! The error type of this crate.

use std::io;
use std::path::PathBuf;

use resam_files::FileError;

/// Why a record or a report could not be read or written. Errors of the operating system name their
/// file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A metrics file could not be opened or read.
    #[error("the metrics cannot be read: {0}")]
    ReadMetrics(#[source] io::Error),
    /// A line of a metrics file is not JSON.
    #[error("{}: line {line} is not JSON: {source}\n\nhint: remove this line, or start the run anew", path.display())]
    MetricsLine {
        /// The metrics file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A record cannot be expressed in JSON.
    #[error("{}: a record of metrics cannot be written as JSON: {source}", path.display())]
    MetricsRecord {
        /// The metrics file.
        path: PathBuf,
        /// The error of the encoder.
        source: serde_json::Error,
    },
    /// A line could not be appended to a metrics file.
    #[error("the metrics cannot be written: {0}\n\nhint: see that the disk has room")]
    AppendMetrics(#[source] io::Error),
    /// An event file could not be created or written.
    #[error(
        "the events for TensorBoard cannot be written: {0}\n\nhint: see that the folder may be written to and that the disk has room"
    )]
    WriteEvents(#[source] io::Error),
    /// A picture could not be encoded.
    #[error("picture `{item}`: it cannot be encoded: {source}")]
    EncodePicture {
        /// Title of the picture.
        item: String,
        /// The error of the encoder.
        source: image::ImageError,
    },
    /// A whole file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}
