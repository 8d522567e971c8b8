//! The one error of the engine: what went wrong, and of which kind it is.

use std::error::Error as StdError;
use std::fmt;

use resam_eval::evaluate::EvaluateError;
use resam_sam::SamError;
use resam_scene::SceneError;
use resam_train::TrainError;

/// The kind of an error. It decides the exit code of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A file, a value or an option is wrong. Exit code 2.
    Input,
    /// The operating system could not read or write: a full disk, a failing one. Exit code 3.
    Io,
    /// The device did not come to the end of its work. Exit code 3.
    Device,
    /// The observer asked for a stop. The same call goes on. Exit code 1.
    Interrupted,
}

impl ErrorKind {
    /// The exit code of a program that ends with such an error.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupted => 1,
            Self::Input => 2,
            Self::Device | Self::Io => 3,
        }
    }
}

/// Why the engine could not do what it was asked.
///
/// Its text names the file, the value and what to do. [`kind`](Self::kind) says of which kind it
/// is; [`downcast_ref`](Self::downcast_ref) gives the error of the library that found it.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    source: Box<dyn StdError + Send + Sync>,
}

/// The result of a call of the engine.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of a kind.
    pub fn new(kind: ErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into();
        Self { kind, source }
    }

    /// Wrong input: what is wrong, and how to put it right.
    pub fn input(message: impl Into<String>, hint: impl Into<String>) -> Self {
        let (message, hint) = (message.into(), hint.into());
        Self::new(ErrorKind::Input, InputError { message, hint })
    }

    /// The kind. What is the machine's is no fault of the input, whoever found it.
    pub fn kind(&self) -> ErrorKind {
        if self.kind == ErrorKind::Input && is_of_the_machine(&*self.source) {
            ErrorKind::Io
        } else {
            self.kind
        }
    }

    /// The error of the library that found it, if it is an `E`.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.source.downcast_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(formatter)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.source()
    }
}

/// Wrong input that the engine itself found.
#[derive(Debug, thiserror::Error)]
#[error("{message}\n\nhint: {hint}")]
pub struct InputError {
    /// What is wrong.
    pub message: String,
    /// How to put it right.
    pub hint: String,
}

/// Whether an error, or one of its causes, is of the operating system and not of what was asked: no
/// room, no more files, a failing disk.
fn is_of_the_machine(error: &(dyn StdError + 'static)) -> bool {
    use std::io::ErrorKind::{FileTooLarge, OutOfMemory, QuotaExceeded, StorageFull, WriteZero};
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<std::io::Error>()
            && (matches!(
                error.kind(),
                FileTooLarge | OutOfMemory | QuotaExceeded | StorageFull | WriteZero
            ) || cfg!(unix) && matches!(error.raw_os_error(), Some(EIO | ENFILE | EMFILE)))
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Numbers of errors that have no [`std::io::ErrorKind`].
const EIO: i32 = 5;
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;

/// Of the model's errors only a device that failed is not about the input.
fn kind_of_model(error: &SamError) -> ErrorKind {
    match error {
        SamError::Failed(_) => ErrorKind::Device,
        _ => ErrorKind::Input,
    }
}

impl From<SamError> for Error {
    fn from(error: SamError) -> Self {
        Self::new(kind_of_model(&error), error)
    }
}

impl From<SceneError> for Error {
    fn from(error: SceneError) -> Self {
        let kind = match &error {
            SceneError::Stopped => ErrorKind::Interrupted,
            _ => ErrorKind::Input,
        };
        Self::new(kind, error)
    }
}

impl From<EvaluateError> for Error {
    fn from(error: EvaluateError) -> Self {
        let kind = match &error {
            EvaluateError::Sam(error) => kind_of_model(error),
            EvaluateError::Interrupted => ErrorKind::Interrupted,
            _ => ErrorKind::Input,
        };
        Self::new(kind, error)
    }
}

impl From<TrainError> for Error {
    fn from(error: TrainError) -> Self {
        let kind = match &error {
            TrainError::Sam(error) => kind_of_model(error),
            _ => ErrorKind::Input,
        };
        Self::new(kind, error)
    }
}

/// Errors that are always about the input.
macro_rules! input_errors {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::new(ErrorKind::Input, error)
            }
        }
    )*};
}

input_errors!(
    resam_checkpoint::CheckpointError,
    resam_crs::CrsError,
    resam_data::DataError,
    resam_export::OutputError,
    resam_files::FileError,
    resam_geo::RasterError,
    resam_hub::NoHome,
    resam_hub::PullError,
    resam_hub::ResolveError,
    resam_image::ImageError,
    resam_mask::MaskError,
    resam_nano::TrainingError,
    resam_prompt::PointsError,
    resam_synth::SynthError,
    crate::adapt::SourceError,
    std::io::Error,
    resam_vector::VectorError,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_device_is_no_fault_of_the_input() {
        let failed = || SamError::Failed("out of memory".to_owned());
        let errors = [
            Error::from(failed()),
            Error::from(TrainError::Sam(failed())),
            Error::from(EvaluateError::Sam(failed())),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Device);
            assert_eq!(error.kind().exit_code(), 3);
        }
    }

    #[test]
    fn a_full_disk_is_no_fault_of_the_input_and_a_missing_file_is() {
        let of = |kind: std::io::ErrorKind| {
            let error = resam_files::FileError::write("out.gpkg", kind.into());
            Error::from(error).kind()
        };
        assert_eq!(of(std::io::ErrorKind::StorageFull), ErrorKind::Io);
        assert_eq!(of(std::io::ErrorKind::QuotaExceeded), ErrorKind::Io);
        assert_eq!(of(std::io::ErrorKind::PermissionDenied), ErrorKind::Input);
        assert_eq!(ErrorKind::Io.exit_code(), 3);
    }

    #[test]
    fn wrong_input_says_what_to_do() {
        let error = Error::input("`x` is wrong", "write `y`");
        assert_eq!(error.kind().exit_code(), 2);
        assert_eq!(error.to_string(), "`x` is wrong\n\nhint: write `y`");
        assert!(error.downcast_ref::<InputError>().is_some());
    }
}
