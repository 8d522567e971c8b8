//! What can go wrong with a run.

use std::path::PathBuf;

/// An error of a run.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The model or the adapter.
    #[error(transparent)]
    Sam(#[from] resam_sam::SamError),
    /// A checkpoint of the run.
    #[error(transparent)]
    State(#[from] resam_adapt::StateError),
    /// A file that is written whole or not at all.
    #[error(transparent)]
    Write(#[from] resam_files::FileError),
    /// The metrics or the report.
    #[error(transparent)]
    Report(#[from] resam_report::ReportError),
    /// Another run writes to the folder.
    #[error(transparent)]
    Lock(#[from] resam_files::LockError),
    /// A file or a folder.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// A recipe in a file that cannot be used.
    #[error("`{}`: {reason}", path.display())]
    Recipe {
        /// The file.
        path: PathBuf,
        /// What is wrong, with a hint.
        reason: String,
    },
    /// The folder holds a finished run.
    #[error(
        "`{}` holds a finished run already\n\nhint: name another folder, or begin afresh there",
        path.display()
    )]
    Finished {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds an unfinished run of other settings.
    #[error("`{}` holds an unfinished run of other settings: {difference}", path.display())]
    OtherSettings {
        /// The folder.
        path: PathBuf,
        /// What is different.
        difference: String,
    },
    /// There is no run to go on with.
    #[error("`{}` holds no checkpoint to go on from", path.display())]
    NothingToResume {
        /// The folder.
        path: PathBuf,
    },
    /// The state of a run does not fit the model.
    #[error("`{}` does not fit the model: {reason}", path.display())]
    Unfit {
        /// The checkpoint.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// True masks are asked for where there are none.
    #[error(
        "`labels.supervision = \"masks\"` needs true masks\n\nhint: give annotations, or learn from \
         points"
    )]
    NoMasks,
}
