//! Why a run over a scene could not be done, or could not go on.

use std::path::PathBuf;

/// Why a run over a scene could not be done, or could not go on. A window or an object that fails
/// is no reason: it is a [`Failure`](crate::Failure) of the result, and the rest is done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SceneError {
    /// Options that contradict each other or the raster.
    #[error("{what}\n\nhint: {hint}")]
    Options {
        /// What is wrong.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// The observer wants the run to stop. What was done is in the journal.
    #[error("stopped before the end\n\nhint: the same command goes on where it was")]
    Stopped,
    /// The operating system refused; its reason names the file.
    #[error("{0}\n\nhint: see that the folder may be written to and that the disk has room")]
    File(#[from] std::io::Error),
    /// Another process writes the journal.
    #[error("{}: another run is writing this: {by}\n\nhint: wait for it or end it, or choose another output", path.display())]
    InUse {
        /// The journal.
        path: PathBuf,
        /// Which process it is, as far as is known.
        by: String,
    },
    /// The journal is that of another run.
    #[error("{}: a run that was stopped differs from this one: {difference}\n\nhint: run it as it was to go on, or start afresh", path.display())]
    Changed {
        /// The journal.
        path: PathBuf,
        /// What differs, and how.
        difference: String,
    },
    /// The file is not a journal of this version.
    #[error("{}: not the journal of a run, or one of another version\n\nhint: remove it, or start afresh", path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
}
